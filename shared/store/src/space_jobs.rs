//! Jobs that bring a collection into one more embedding space, or out of one.

use crate::{Result, TenantTx, spaces, sql};
use domain::{ChunkId, CollectionId, DocumentVersionId, IngestionJobId, SpaceId, embedding::Space};
use pgvector::Vector;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Embeds every chunk of the collection in the space.
    Reembed,
    /// Removes the collection's vectors of the space.
    Cleanup,
}

/// A job under this transaction's row lock.
#[derive(Debug)]
pub struct SpaceJob {
    /// What it does.
    pub kind: Kind,
    /// Where.
    pub collection: CollectionId,
    /// In which space.
    pub space: Space,
    /// Whether it is over.
    pub is_settled: bool,
}

/// Queues a job that embeds a collection in one more space. New documents go there at once.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin_reembed(
    tx: &TenantTx,
    collection: CollectionId,
    space: SpaceId,
) -> Result<IngestionJobId> {
    begin(tx, sql!("space_jobs/begin_reembed"), collection, space).await
}

/// Retires a space of a collection, and queues the job that removes its vectors.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin_cleanup(
    tx: &TenantTx,
    collection: CollectionId,
    space: SpaceId,
) -> Result<IngestionJobId> {
    begin(tx, sql!("space_jobs/begin_cleanup"), collection, space).await
}

async fn begin(tx: &TenantTx, sql: &str, collection: CollectionId, space: SpaceId) -> Result<IngestionJobId> {
    let id = IngestionJobId::generate();
    let params: crate::tenant::Params<'_> =
        &[(&id.0, Type::UUID), (&collection.0, Type::UUID), (&space.0, Type::UUID)];
    tx.execute(sql, params).await?;
    Ok(id)
}

/// Collections with a space that nobody searches any more.
///
/// # Errors
/// [`crate::Error`].
pub async fn unused(tx: &TenantTx) -> Result<Vec<(CollectionId, SpaceId)>> {
    let rows = tx.query(sql!("space_jobs/unused"), &[]).await?;
    Ok(rows
        .iter()
        .map(|row| (CollectionId(row.get("collection_id")), SpaceId(row.get("space_id"))))
        .collect())
}

/// A job, locked; `None` when there is none of this id.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &TenantTx, id: IngestionJobId) -> Result<Option<SpaceJob>> {
    let Some(row) = tx.query_opt(sql!("space_jobs/get"), &[(&id.0, Type::UUID)]).await? else {
        return Ok(None);
    };
    let status: &str = row.get("status");
    Ok(Some(SpaceJob {
        kind: if row.get::<_, &str>("kind") == "reembed" { Kind::Reembed } else { Kind::Cleanup },
        collection: CollectionId(row.get("collection_id")),
        space: spaces::from_row(&row)?,
        is_settled: matches!(status, "completed" | "cleanup_completed" | "failed"),
    }))
}

/// Notes progress.
///
/// # Errors
/// [`crate::Error`].
pub async fn advance(tx: &TenantTx, id: IngestionJobId, done: i32) -> Result<()> {
    tx.execute(sql!("space_jobs/advance"), &[(&id.0, Type::UUID), (&done, Type::INT4)]).await?;
    Ok(())
}

/// Settles a job: a space that was built is ready and new documents are cut for it, one that was cleaned up is gone.
///
/// # Errors
/// [`crate::Error`].
pub async fn settle(tx: &TenantTx, id: IngestionJobId) -> Result<()> {
    tx.execute(sql!("space_jobs/settle"), &[(&id.0, Type::UUID)]).await?;
    Ok(())
}

/// Jobs that are not over and were begun so many seconds ago or before, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn open(tx: &TenantTx, seconds: f64) -> Result<Vec<IngestionJobId>> {
    let rows = tx.query(sql!("space_jobs/open"), &[(&seconds, Type::FLOAT8)]).await?;
    Ok(rows.iter().map(|row| IngestionJobId(row.get("id"))).collect())
}

/// Whether a chatbot searches a space at present.
///
/// # Errors
/// [`crate::Error`].
pub async fn is_searched(tx: &TenantTx, space: SpaceId) -> Result<bool> {
    Ok(tx.query_one(sql!("space_jobs/is_searched"), &[(&space.0, Type::UUID)]).await?.get("is_searched"))
}

/// A passage that a space does not hold yet.
#[derive(Debug)]
pub struct Missing {
    /// Its row.
    pub chunk: ChunkId,
    /// Whose it is.
    pub version: DocumentVersionId,
    /// Its document's title.
    pub title: String,
    /// Outermost first.
    pub headings: Vec<String>,
    /// Carried for embedding, never quoted.
    pub context: Option<String>,
    /// The text.
    pub content: String,
}

/// Passages of a collection's active versions without a vector in a space.
///
/// # Errors
/// [`crate::Error`].
pub async fn missing(
    tx: &TenantTx,
    collection: CollectionId,
    space: SpaceId,
    limit: usize,
) -> Result<Vec<Missing>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params: crate::tenant::Params<'_> =
        &[(&collection.0, Type::UUID), (&space.0, Type::UUID), (&limit, Type::INT8)];
    let rows = tx.query(sql!("chunks/without_vector"), params).await?;
    Ok(rows
        .iter()
        .map(|row| Missing {
            chunk: ChunkId(row.get("id")),
            version: DocumentVersionId(row.get("document_version_id")),
            title: row.get("title"),
            headings: row.get("headings"),
            context: row.get("context"),
            content: row.get("content"),
        })
        .collect())
}

/// Writes vectors of passages that still stand.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert_vectors(
    tx: &TenantTx,
    space: SpaceId,
    chunks: &[ChunkId],
    vectors: &[Vector],
) -> Result<()> {
    let ids: Vec<Uuid> = chunks.iter().map(|chunk| chunk.0).collect();
    let dimension = vectors.first().map_or(0, |vector| vector.as_slice().len());
    let dimension = i32::try_from(dimension).unwrap_or(i32::MAX);
    let numbers: Vec<f32> = vectors.iter().flat_map(|vector| vector.as_slice()).copied().collect();
    let params: crate::tenant::Params<'_> = &[
        (&space.0, Type::UUID),
        (&ids, Type::UUID_ARRAY),
        (&numbers, Type::FLOAT4_ARRAY),
        (&dimension, Type::INT4),
    ];
    tx.execute(sql!("chunks/insert_missing_embeddings"), params).await?;
    Ok(())
}

/// Removes some of a collection's vectors of a space; how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_vectors(
    tx: &TenantTx,
    collection: CollectionId,
    space: SpaceId,
    limit: usize,
) -> Result<u64> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params: crate::tenant::Params<'_> =
        &[(&collection.0, Type::UUID), (&space.0, Type::UUID), (&limit, Type::INT8)];
    tx.execute(sql!("chunks/delete_embeddings"), params).await
}
