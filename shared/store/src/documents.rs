//! Documents: one live S3 object each, under a row lock whenever its state is changed.

use crate::{Result, TenantTx, sql};
use domain::{CollectionId, DocumentId, DocumentVersionId, Failure};
use tokio_postgres::types::Type;

/// A document under this transaction's row lock.
#[derive(Debug)]
pub struct Locked {
    /// Its row.
    pub id: DocumentId,
    /// `uploaded`, `processing`, `completed` or `failed`.
    pub status: String,
    /// ETag of the bytes that the present state was made from: the active version's, or the failed one's.
    pub settled_etag: Option<String>,
    /// ETag of the bytes that some function is building from right now.
    pub building_etag: Option<String>,
}

/// What an upload says of a document before anything of it is read.
#[derive(Debug)]
pub struct Upload<'a> {
    /// Collection by its key.
    pub collection: CollectionId,
    /// Bucket and key.
    pub bucket: &'a str,
    /// Decoded key.
    pub key: &'a str,
    /// Title by metadata or file name.
    pub title: &'a str,
    /// Last part of the key.
    pub filename: &'a str,
    /// Bytes.
    pub size: i64,
    /// As S3 knows it.
    pub mime_type: &'a str,
    /// One of the document types, if the object's metadata names one.
    pub document_type: Option<&'a str>,
    /// Where it came from, if the object's metadata says.
    pub source_url: Option<&'a str>,
}

/// Locks the document of a key, making its row when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_or_create(tx: &TenantTx, upload: &Upload<'_>) -> Result<Locked> {
    tx.execute(
        sql!("documents/create"),
        &[
            (&DocumentId::generate().0, Type::UUID),
            (&upload.collection.0, Type::UUID),
            (&upload.bucket, Type::TEXT),
            (&upload.key, Type::TEXT),
            (&upload.title, Type::TEXT),
            (&upload.filename, Type::TEXT),
            (&upload.size, Type::INT8),
            (&upload.mime_type, Type::TEXT),
            (&upload.document_type, Type::TEXT),
            (&upload.source_url, Type::TEXT),
        ],
    )
    .await?;
    let row = tx
        .query_one(
            sql!("documents/lock"),
            &[(&upload.bucket, Type::TEXT), (&upload.key, Type::TEXT), (&lease_seconds(), Type::FLOAT8)],
        )
        .await?;
    Ok(Locked {
        id: DocumentId(row.get("id")),
        status: row.get("processing_status"),
        settled_etag: row.get("settled_etag"),
        building_etag: row.get("building_etag"),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred")]
fn lease_seconds() -> f64 {
    domain::limits::BUILD_LEASE_SECONDS as f64
}

/// Notes that a version is being built.
///
/// # Errors
/// [`crate::Error`].
pub async fn mark_processing(tx: &TenantTx, id: DocumentId, size: i64, mime_type: &str) -> Result<()> {
    tx.execute(
        sql!("documents/mark_processing"),
        &[(&id.0, Type::UUID), (&size, Type::INT8), (&mime_type, Type::TEXT)],
    )
    .await?;
    Ok(())
}

/// What reading a document told about it.
#[derive(Debug)]
pub struct Reading<'a> {
    /// Its own title, or the one it had.
    pub title: &'a str,
    /// ISO 639-1 or `und`.
    pub language: &'a str,
    /// `pdf`, `docx`, `html`, `markdown` or `text`.
    pub source_format: &'a str,
    /// Where the format has pages.
    pub page_count: Option<i32>,
    /// SHA-256 of the bytes, in hex.
    pub content_hash: &'a str,
    /// Chunks of the version.
    pub chunk_count: i32,
}

/// The switch: from this statement's commit on, readers see the new version and no row of an older one.
/// `false` when another function took the document over in the meantime, or it was deleted.
///
/// # Errors
/// [`crate::Error`].
pub async fn switch(
    tx: &TenantTx,
    id: DocumentId,
    version: DocumentVersionId,
    reading: &Reading<'_>,
) -> Result<bool> {
    let switched = tx
        .execute(
            sql!("documents/switch"),
            &[
                (&id.0, Type::UUID),
                (&version.0, Type::UUID),
                (&reading.title, Type::TEXT),
                (&reading.language, Type::TEXT),
                (&reading.source_format, Type::TEXT),
                (&reading.page_count, Type::INT4),
                (&reading.content_hash, Type::TEXT),
                (&reading.chunk_count, Type::INT4),
            ],
        )
        .await?;
    Ok(switched > 0)
}

/// Settles a document as failed: nothing of it is found any more, and its row says why. `false` as in
/// [`switch`].
///
/// # Errors
/// [`crate::Error`].
pub async fn fail(
    tx: &TenantTx,
    id: DocumentId,
    version: DocumentVersionId,
    failure: &Failure,
) -> Result<bool> {
    let reason = serde_json::json!(failure);
    let failed = tx
        .execute(
            sql!("documents/fail"),
            &[(&id.0, Type::UUID), (&version.0, Type::UUID), (&reason, Type::JSONB)],
        )
        .await?;
    Ok(failed > 0)
}

/// Deletes the document of a key with all its versions, chunks and vectors. The ids of what was deleted.
///
/// # Errors
/// [`crate::Error`].
pub async fn forget(tx: &TenantTx, bucket: &str, key: &str) -> Result<Option<DocumentId>> {
    let row = tx.query_opt(sql!("documents/forget"), &[(&bucket, Type::TEXT), (&key, Type::TEXT)]).await?;
    Ok(row.map(|row| DocumentId(row.get("id"))))
}

/// ETag of the bytes that a document's present state was made from; `None` without a document, or while its
/// state is not settled.
///
/// # Errors
/// [`crate::Error`].
pub async fn settled_etag(tx: &TenantTx, bucket: &str, key: &str) -> Result<Option<String>> {
    let row =
        tx.query_opt(sql!("documents/settled_etag"), &[(&bucket, Type::TEXT), (&key, Type::TEXT)]).await?;
    Ok(row.map(|row| row.get("etag")))
}

/// A document's state, for whoever watches it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Status {
    /// Its row.
    pub id: DocumentId,
    /// Its key.
    pub key: String,
    /// Its title.
    pub title: String,
    /// `uploaded`, `processing`, `completed` or `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Chunks that can be found.
    pub chunk_count: i32,
    /// ETag of the bytes that the state is about; `None` before any were read.
    pub etag: Option<String>,
    /// Chunks embedded, and chunks to embed, of the run under way.
    pub progress: Option<(i32, i32)>,
}

/// The states of the documents of these keys, or of all with an empty list; at most 10,000, by key.
///
/// # Errors
/// [`crate::Error`].
pub async fn statuses(tx: &TenantTx, bucket: &str, keys: &[String]) -> Result<Vec<Status>> {
    let rows =
        tx.query(sql!("documents/statuses"), &[(&bucket, Type::TEXT), (&keys, Type::TEXT_ARRAY)]).await?;
    rows.into_iter()
        .map(|row| {
            let failure: Option<serde_json::Value> = row.get("failure");
            let done: Option<i32> = row.get("done");
            let total: Option<i32> = row.get("total");
            Ok(Status {
                id: DocumentId(row.get("id")),
                key: row.get("s3_key"),
                title: row.get("title"),
                status: row.get("processing_status"),
                failure: failure.and_then(|failure| serde_json::from_value(failure).ok()),
                chunk_count: row.get("chunk_count"),
                etag: row.get("etag"),
                progress: done.zip(total),
            })
        })
        .collect()
}
