//! Documents: one live S3 object each, under a row lock whenever its state is changed.

use crate::{
    Result, TenantTx, sql,
    versions::{self, Manifest, Worker},
};
use domain::{CollectionId, DocumentId, DocumentVersionId, Failure, ProductId, SpaceId};
use futures_util::try_join;
use jiff::Timestamp;
use tokio_postgres::types::Type;

/// Where a document stands, under this transaction's row lock.
#[derive(Debug)]
pub struct Standing {
    /// Its row.
    pub id: DocumentId,
    /// Fingerprint of the object that its present state was made from: completed, or failed for good.
    pub settled: Option<String>,
    /// The version that is being built.
    pub building: Option<Building>,
    /// Whether some of it has gone because its time had passed; it comes again by a new upload alone.
    pub has_expired: bool,
}

/// A version under construction.
#[derive(Debug)]
pub struct Building {
    /// Its row.
    pub id: DocumentVersionId,
    /// Of the object it is built from.
    pub fingerprint: String,
    /// Of all else that decides its chunks.
    pub recipe: Option<String>,
    /// The version that its chunks are copied from.
    pub copied_from: Option<DocumentVersionId>,
    /// Chunks that stand.
    pub done: i32,
    /// Of how many; `None` before it was read.
    pub total: Option<i32>,
    /// Claims after which nobody was heard of again, one after the other.
    pub deaths: i32,
    /// Whether its worker is still expected to be at it.
    pub is_leased: bool,
}

/// What an object says of a document before anything of it is read.
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
    /// When the object was written.
    pub uploaded_at: Timestamp,
}

/// Locks the document of a key, making its row when there is none, and says where it stands. One flush.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_or_create(tx: &TenantTx, upload: &Upload<'_>) -> Result<Standing> {
    let id = DocumentId::generate();
    let new: crate::tenant::Params<'_> = &[
        (&id.0, Type::UUID),
        (&upload.collection.0, Type::UUID),
        (&upload.bucket, Type::TEXT),
        (&upload.key, Type::TEXT),
        (&upload.title, Type::TEXT),
        (&upload.filename, Type::TEXT),
        (&upload.size, Type::INT8),
        (&upload.mime_type, Type::TEXT),
    ];
    let key: crate::tenant::Params<'_> = &[(&upload.bucket, Type::TEXT), (&upload.key, Type::TEXT)];
    let uploaded: crate::tenant::Params<'_> =
        &[(&upload.bucket, Type::TEXT), (&upload.key, Type::TEXT), (&upload.uploaded_at, Type::TIMESTAMPTZ)];
    let (_, _, _, row) = try_join!(
        tx.execute(sql!("documents/create"), new),
        tx.query_one(sql!("documents/lock"), key),
        tx.execute(sql!("documents/uploaded"), uploaded),
        tx.query_one(sql!("documents/standing"), key),
    )?;
    let building: Option<uuid::Uuid> = row.get("building");
    let building = building.map(|building| Building {
        id: DocumentVersionId(building),
        fingerprint: row.get("fingerprint"),
        recipe: row.get("recipe"),
        copied_from: row.get::<_, Option<uuid::Uuid>>("copied_from").map(DocumentVersionId),
        done: row.get("chunks_done"),
        total: row.get("chunks_total"),
        deaths: row.get("deaths"),
        is_leased: row.get("is_leased"),
    });
    Ok(Standing {
        id: DocumentId(row.get("id")),
        settled: row.get("settled"),
        building,
        has_expired: row.get("has_expired"),
    })
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
    /// Given, or its own, or its file's name.
    pub title: &'a str,
    /// SHA-256 of the bytes, in hex.
    pub content_hash: &'a str,
    /// One of the document types.
    pub document_type: &'a str,
    /// Where it came from, if its uploader said.
    pub source_url: Option<&'a str>,
    /// What it is about, if its uploader said.
    pub product: Option<ProductId>,
    /// By the collection's schema.
    pub metadata: &'a serde_json::Value,
    /// Spaces that its chunks have vectors in.
    pub spaces: &'a [SpaceId],
    /// All else.
    pub manifest: &'a Manifest,
}

/// The switch: from its commit on, readers see the new version and no row of an older one. `false` when another
/// worker took the document over in the meantime, or it was deleted.
///
/// # Errors
/// [`crate::Error`].
pub async fn switch(
    tx: &TenantTx,
    id: DocumentId,
    version: DocumentVersionId,
    worker: Worker,
    reading: &Reading<'_>,
) -> Result<bool> {
    // The old version makes room first: one version of a document is active.
    versions::clear_others(tx, id, Some(version)).await?;
    let manifest = reading.manifest;
    let switched = tx
        .execute(
            sql!("documents/switch"),
            &[
                (&id.0, Type::UUID),
                (&version.0, Type::UUID),
                (&worker.0, Type::UUID),
                (&reading.title, Type::TEXT),
                (&manifest.language, Type::TEXT),
                (&manifest.format, Type::TEXT),
                (&manifest.page_count, Type::INT4),
                (&reading.content_hash, Type::TEXT),
                (&manifest.chunks, Type::INT4),
                (&reading.document_type, Type::TEXT),
                (&reading.source_url, Type::TEXT),
                (reading.metadata, Type::JSONB),
                (&manifest.ocr_confidence, Type::FLOAT4),
                (&versions::space_ids(reading.spaces), Type::UUID_ARRAY),
                (&reading.product.map(|id| id.0), Type::UUID),
            ],
        )
        .await?;
    Ok(switched > 0)
}

/// Settles a document as failed: nothing of it is found any more, and its row says why. What is our fault, or only took too long,
/// takes nothing from readers who have a version of the same bytes: then that stays, and the failed version alone says why.
/// `false` as in [`switch`].
///
/// # Errors
/// [`crate::Error`].
pub async fn fail(
    tx: &TenantTx,
    id: DocumentId,
    version: DocumentVersionId,
    worker: Worker,
    failure: &Failure,
) -> Result<bool> {
    let reason = serde_json::json!(failure);
    let params: crate::tenant::Params<'_> =
        &[(&id.0, Type::UUID), (&version.0, Type::UUID), (&worker.0, Type::UUID), (&reason, Type::JSONB)];
    let Some(row) = tx.query_opt(sql!("documents/fail"), params).await? else { return Ok(false) };
    let kept = row.get::<_, Option<uuid::Uuid>>("active_version_id").map(DocumentVersionId);
    versions::clear_others(tx, id, kept).await?;
    Ok(true)
}

/// What becomes of a document whose object is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// Nobody finds it any more.
    Gone(DocumentId),
    /// Its original's time had passed: it goes on without.
    GoesOn,
}

/// Hides the document of a key: nobody finds it any more. `None`: there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn hide(tx: &TenantTx, bucket: &str, key: &str) -> Result<Option<Hidden>> {
    let row = tx.query_opt(sql!("documents/hide"), &[(&bucket, Type::TEXT), (&key, Type::TEXT)]).await?;
    Ok(row
        .map(|row| if row.get("goes_on") { Hidden::GoesOn } else { Hidden::Gone(DocumentId(row.get("id"))) }))
}

/// Lets documents go that went on without their originals, as if these were deleted just now; the keys of those that did.
///
/// # Errors
/// [`crate::Error`].
pub async fn let_go(tx: &TenantTx, bucket: &str, keys: &[String]) -> Result<Vec<String>> {
    let params: crate::tenant::Params<'_> = &[(&bucket, Type::TEXT), (&keys, Type::TEXT_ARRAY)];
    let rows = tx.query(sql!("documents/let_go"), params).await?;
    Ok(rows.iter().map(|row| row.get("s3_key")).collect())
}

/// The version that readers see.
///
/// # Errors
/// [`crate::Error`].
pub async fn active_version(tx: &TenantTx, id: DocumentId) -> Result<Option<DocumentVersionId>> {
    let row = tx.query_opt(sql!("documents/active_version"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.and_then(|row| row.get::<_, Option<uuid::Uuid>>("active_version_id")).map(DocumentVersionId))
}

/// Deletes a document with all its versions, chunks and vectors.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, id: DocumentId) -> Result<()> {
    tx.execute(sql!("documents/delete"), &[(&id.0, Type::UUID)]).await?;
    Ok(())
}

/// Fingerprint of the object that a document's present state was made from; `None` without a document, or while
/// its state is not settled.
///
/// # Errors
/// [`crate::Error`].
pub async fn settled_fingerprint(tx: &TenantTx, bucket: &str, key: &str) -> Result<Option<String>> {
    let params: crate::tenant::Params<'_> = &[(&bucket, Type::TEXT), (&key, Type::TEXT)];
    let row = tx.query_opt(sql!("documents/settled_fingerprint"), params).await?;
    Ok(row.map(|row| row.get("fingerprint")))
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

/// What is known of an object.
#[derive(Debug)]
pub struct Known {
    /// Its key.
    pub key: String,
    /// Of the bytes that the present state was made from.
    pub etag: Option<String>,
    /// When that began to be made.
    pub made_at: Option<Timestamp>,
    /// Completed or failed.
    pub is_settled: bool,
    /// Failed by our fault, or for want of time: worth another try.
    pub is_our_fault: bool,
    /// A worker is at it.
    pub is_leased: bool,
}

/// The documents of a bucket in the order of their keys' bytes: after one key, up to another, if one is given.
///
/// # Errors
/// [`crate::Error`].
pub async fn known(tx: &TenantTx, bucket: &str, after: &str, up_to: Option<&str>) -> Result<Vec<Known>> {
    let params: crate::tenant::Params<'_> =
        &[(&bucket, Type::TEXT), (&after, Type::TEXT), (&up_to, Type::TEXT)];
    let rows = tx.query(sql!("documents/known"), params).await?;
    Ok(rows
        .iter()
        .map(|row| Known {
            key: row.get("s3_key"),
            etag: row.get("etag"),
            made_at: row.get("made_at"),
            is_settled: row.get("is_settled"),
            is_our_fault: row.get("is_our_fault"),
            is_leased: row.get("is_leased"),
        })
        .collect())
}
