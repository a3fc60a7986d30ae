//! What must hold of documents whenever no message is under way.

use crate::Pipeline;
use std::collections::BTreeSet;

/// One thing that must not be, by a query that counts it.
const NEVER: [(&str, &str); 9] = [
    (
        "a document neither completed nor failed",
        "SELECT count(*) FROM docent.documents WHERE processing_status NOT IN ('completed', 'failed')",
    ),
    (
        "a completed document without an active version, or a failed one with one",
        "SELECT count(*) FROM docent.documents d LEFT JOIN docent.document_versions v ON v.id = d.active_version_id
          WHERE (d.processing_status = 'completed') <> (coalesce(v.state, '') = 'active')",
    ),
    (
        "a failed document without a typed reason",
        "SELECT count(*) FROM docent.documents WHERE processing_status = 'failed' AND failure ->> 'code' IS NULL",
    ),
    (
        "a completed document that tells of a failure, or whose newest bytes failed by their own fault",
        "SELECT count(*) FROM docent.documents d JOIN docent.document_versions v ON v.id = d.active_version_id
          WHERE d.failure IS NOT NULL
             OR EXISTS (SELECT FROM docent.document_versions f
                         WHERE f.document_id = d.id AND f.state = 'failed' AND f.created_at > v.created_at
                           AND (f.etag <> v.etag OR f.reason ->> 'code' NOT IN ('internal', 'too_slow')))",
    ),
    ("a version left under construction", "SELECT count(*) FROM docent.document_versions WHERE state = 'building'"),
    (
        "chunks that are not the manifest's number, or not numbered from 0 without gaps",
        "SELECT count(*) FROM docent.documents d JOIN docent.document_versions v ON v.id = d.active_version_id
          WHERE (SELECT (count(*), coalesce(max(chunk_index) + 1, 0)) FROM docent.chunks c WHERE c.document_version_id = v.id)
             IS DISTINCT FROM ((v.manifest ->> 'chunks')::bigint, (v.manifest ->> 'chunks')::integer)
             OR d.chunk_count <> (v.manifest ->> 'chunks')::integer",
    ),
    (
        "a chunk or a vector of a version that nobody reads",
        "SELECT (SELECT count(*) FROM docent.chunks c JOIN docent.document_versions v ON v.id = c.document_version_id
                  WHERE v.state <> 'active')
              + (SELECT count(*) FROM docent.embeddings e JOIN docent.document_versions v ON v.id = e.document_version_id
                  WHERE v.state <> 'active')",
    ),
    (
        "a chunk without a vector, or with two in a space",
        "SELECT count(*) FROM docent.chunks c
          WHERE (SELECT count(*) FROM docent.embeddings e WHERE e.chunk_id = c.id) <> 1",
    ),
    (
        "a vector without its chunk",
        "SELECT count(*) FROM docent.embeddings e WHERE NOT EXISTS (SELECT FROM docent.chunks c WHERE c.id = e.chunk_id)",
    ),
];

/// Checks all of it, that documents are of exactly the objects in the bucket, each made from the bytes that lie there now,
/// and derived objects of exactly the active versions.
///
/// # Panics
/// With what does not hold. Skipped, and said so, without a superuser.
pub async fn check(pipeline: &Pipeline, after: &str) {
    let Some(admin) = pipeline.database.admin().await else { return };
    for (what, query) in NEVER {
        let count: i64 = admin.query_one(query, &[]).await.expect("count").get(0);
        assert_eq!(count, 0, "after {after}: {what}");
    }
    let documents = "SELECT d.s3_key, coalesce((SELECT v.etag FROM docent.document_versions v
                              WHERE v.document_id = d.id AND (v.id = d.active_version_id OR v.state = 'failed')
                              ORDER BY v.id = d.active_version_id DESC NULLS LAST, v.created_at DESC LIMIT 1), '')
                       FROM docent.documents d";
    let rows = admin.query(documents, &[]).await.expect("read documents");
    let documents: BTreeSet<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let objects = pipeline.listed(&format!("{}/", pipeline.organization.slug)).await;
    let objects: BTreeSet<(String, String)> =
        objects.into_iter().map(|object| (object.key, object.etag)).collect();
    assert_eq!(documents, objects, "after {after}: documents and objects");
    let rows = admin
        .query("SELECT id::text FROM docent.document_versions WHERE state = 'active'", &[])
        .await
        .expect("read versions");
    let versions: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let derived: Vec<String> = pipeline.objects("_derived/").await;
    let texts: BTreeSet<String> = derived
        .iter()
        .map(|key| key.rsplit('/').next().unwrap_or_default().trim_end_matches(".txt").to_owned())
        .collect();
    assert_eq!(texts, versions, "after {after}: derived objects and active versions");
    assert_eq!(derived.len(), versions.len(), "after {after}: derived objects");
}
