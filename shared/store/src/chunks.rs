//! Chunks with their vectors, written together in batches.

use crate::{Result, TenantTx, sql};
use domain::{ChunkId, DocumentId, DocumentVersionId, SpaceId};
use futures_util::try_join;
use pgvector::Vector;
use tokio_postgres::types::Type;

/// A chunk to be written.
#[derive(Debug)]
pub struct NewChunk {
    /// Place in its document.
    pub index: i32,
    /// The quoted text.
    pub content: String,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// Where the format has pages.
    pub page: Option<i32>,
    /// Bytes of the extracted text.
    pub bytes: std::ops::Range<i64>,
    /// Estimated, or as the provider counted.
    pub tokens: i32,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// Title, headings and content as words.
    pub words: Vec<String>,
    /// In the space that it is written to.
    pub vector: Vector,
}

/// Writes chunks and their vectors: one flush, two multi-row statements.
///
/// # Errors
/// [`crate::Error::Refused`] when the version is gone: another function took over, or the object was deleted.
pub async fn insert(
    tx: &TenantTx,
    document: DocumentId,
    version: DocumentVersionId,
    space: SpaceId,
    chunks: &[NewChunk],
) -> Result<()> {
    let ids: Vec<uuid::Uuid> = chunks.iter().map(|_| ChunkId::generate().0).collect();
    // Lists of lists are not rectangular, as arrays of arrays must be: they travel as JSON.
    let rows: Vec<serde_json::Value> = chunks
        .iter()
        .zip(&ids)
        .map(|(chunk, id)| {
            serde_json::json!({
                "id": id, "index": chunk.index, "content": chunk.content, "headings": chunk.headings,
                "page": chunk.page, "byte_from": chunk.bytes.start, "byte_to": chunk.bytes.end,
                "tokens": chunk.tokens, "language": chunk.language, "words": chunk.words,
                "word_count": chunk.words.len(),
            })
        })
        .collect();
    let rows = serde_json::Value::Array(rows);
    // All vectors in one flat array, sliced by the database: half the bytes of text, and no driver look-up
    // of the vector type.
    let dimension = chunks.first().map_or(0, |chunk| chunk.vector.as_slice().len());
    let numbers: Vec<f32> = chunks.iter().flat_map(|chunk| chunk.vector.as_slice()).copied().collect();
    let dimension = i32::try_from(dimension).unwrap_or(i32::MAX);
    let chunk_params: crate::tenant::Params<'_> =
        &[(&document.0, Type::UUID), (&version.0, Type::UUID), (&rows, Type::JSONB)];
    let vector_params: crate::tenant::Params<'_> = &[
        (&space.0, Type::UUID),
        (&version.0, Type::UUID),
        (&ids, Type::UUID_ARRAY),
        (&numbers, Type::FLOAT4_ARRAY),
        (&dimension, Type::INT4),
    ];
    try_join!(
        tx.execute(sql!("chunks/insert"), chunk_params),
        tx.execute(sql!("chunks/insert_embeddings"), vector_params)
    )?;
    Ok(())
}
