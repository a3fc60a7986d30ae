//! Chunks with their vectors, written together in batches.

use crate::{Result, TenantTx, sql, versions};
use domain::{ChunkId, DocumentId, DocumentVersionId, SpaceId};
use futures_util::{future::try_join_all, try_join};
use pgvector::Vector;
use std::ops::Range;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Between the headings of a path while it travels: the unit separator, which no heading holds.
const BETWEEN_HEADINGS: &str = "\u{1f}";

/// A chunk to be written.
#[derive(Debug)]
pub struct NewChunk {
    /// Place in its document.
    pub index: i32,
    /// The quoted text.
    pub content: String,
    /// `general`, or by the collection's rules.
    pub chunk_type: &'static str,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// Where the format has pages.
    pub page: Option<i32>,
    /// Bytes of the extracted text.
    pub bytes: Range<i64>,
    /// Estimated, or as the provider counted.
    pub tokens: i32,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// Title, headings and content as words.
    pub words: Vec<String>,
    /// How sure its reader was of the letters, 0..1.
    pub confidence: f32,
    /// False: disabled by a person.
    pub is_active: bool,
    /// SHA-256 of the text as it was read.
    pub source_hash: [u8; 32],
    /// Written by a model for embedding and search, never quoted.
    pub context: Option<String>,
    /// One in each space that the batch is written to, in their order.
    pub vectors: Vec<Vector>,
}

/// Writes chunks and their vectors: one flush, one statement for the chunks and one a space.
///
/// # Errors
/// [`crate::Error::Refused`] when the version is gone.
pub async fn insert(
    tx: &TenantTx,
    document: DocumentId,
    version: DocumentVersionId,
    spaces: &[SpaceId],
    metadata: &serde_json::Value,
    chunks: &[NewChunk],
) -> Result<()> {
    let ids: Vec<Uuid> = chunks.iter().map(|_| ChunkId::generate().0).collect();
    let column = Columns::of(chunks);
    let chunk_params: crate::tenant::Params<'_> = &[
        (&document.0, Type::UUID),
        (&version.0, Type::UUID),
        (&ids, Type::UUID_ARRAY),
        (&column.index, Type::INT4_ARRAY),
        (&column.content, Type::TEXT_ARRAY),
        (&column.chunk_type, Type::TEXT_ARRAY),
        (&column.headings, Type::TEXT_ARRAY),
        (&column.page, Type::INT4_ARRAY),
        (&column.byte_from, Type::INT8_ARRAY),
        (&column.byte_to, Type::INT8_ARRAY),
        (&column.tokens, Type::INT4_ARRAY),
        (&column.language, Type::TEXT_ARRAY),
        (&column.words, Type::TEXT_ARRAY),
        (&column.word_count, Type::INT4_ARRAY),
        (&column.confidence, Type::FLOAT4_ARRAY),
        (&column.is_active, Type::BOOL_ARRAY),
        (&column.source_hash, Type::BYTEA_ARRAY),
        (&column.context, Type::TEXT_ARRAY),
        (metadata, Type::JSONB),
    ];
    let vectors = spaces.iter().enumerate().map(|(place, space)| {
        let vectors: Vec<&[f32]> =
            chunks.iter().filter_map(|chunk| chunk.vectors.get(place)).map(Vector::as_slice).collect();
        insert_vectors(tx, *space, version, &ids, vectors)
    });
    try_join!(tx.execute(sql!("chunks/insert"), chunk_params), try_join_all(vectors))?;
    Ok(())
}

/// Writes vectors of chunks that stand, in one space. All of them travel in one flat array that the database
/// slices: half the bytes of text, and no driver look-up of the vector type.
pub(crate) async fn insert_vectors(
    tx: &TenantTx,
    space: SpaceId,
    version: DocumentVersionId,
    chunks: &[Uuid],
    vectors: Vec<&[f32]>,
) -> Result<()> {
    let dimension = vectors.first().map_or(0, |vector| vector.len());
    let dimension = i32::try_from(dimension).unwrap_or(i32::MAX);
    let numbers: Vec<f32> = vectors.concat();
    let params: crate::tenant::Params<'_> = &[
        (&space.0, Type::UUID),
        (&version.0, Type::UUID),
        (&chunks, Type::UUID_ARRAY),
        (&numbers, Type::FLOAT4_ARRAY),
        (&dimension, Type::INT4),
    ];
    tx.execute(sql!("chunks/insert_embeddings"), params).await?;
    Ok(())
}

/// Copies chunks of another version by their places, with their vectors, under this document's metadata. How many
/// chunks, and how many vectors.
///
/// # Errors
/// [`crate::Error::Refused`] when the version is gone.
pub async fn copy(
    tx: &TenantTx,
    document: DocumentId,
    version: DocumentVersionId,
    donor: DocumentVersionId,
    places: Range<i32>,
    spaces: &[SpaceId],
    metadata: &serde_json::Value,
) -> Result<(i64, i64)> {
    let spaces = versions::space_ids(spaces);
    let params: crate::tenant::Params<'_> = &[
        (&document.0, Type::UUID),
        (&version.0, Type::UUID),
        (&donor.0, Type::UUID),
        (&places.start, Type::INT4),
        (&places.end, Type::INT4),
        (&spaces, Type::UUID_ARRAY),
        (metadata, Type::JSONB),
    ];
    let row = tx.query_one(sql!("chunks/copy"), params).await?;
    Ok((row.get("chunks"), row.get("vectors")))
}

/// Chunks, a column each: arrays travel in binary and are one parameter whatever their length.
struct Columns<'a> {
    index: Vec<i32>,
    content: Vec<&'a str>,
    chunk_type: Vec<&'a str>,
    headings: Vec<String>,
    page: Vec<Option<i32>>,
    byte_from: Vec<i64>,
    byte_to: Vec<i64>,
    tokens: Vec<i32>,
    language: Vec<&'a str>,
    words: Vec<String>,
    word_count: Vec<i32>,
    confidence: Vec<f32>,
    is_active: Vec<bool>,
    source_hash: Vec<&'a [u8]>,
    context: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn of(chunks: &'a [NewChunk]) -> Self {
        Self {
            index: chunks.iter().map(|chunk| chunk.index).collect(),
            content: chunks.iter().map(|chunk| chunk.content.as_str()).collect(),
            chunk_type: chunks.iter().map(|chunk| chunk.chunk_type).collect(),
            headings: chunks.iter().map(|chunk| chunk.headings.join(BETWEEN_HEADINGS)).collect(),
            page: chunks.iter().map(|chunk| chunk.page).collect(),
            byte_from: chunks.iter().map(|chunk| chunk.bytes.start).collect(),
            byte_to: chunks.iter().map(|chunk| chunk.bytes.end).collect(),
            tokens: chunks.iter().map(|chunk| chunk.tokens).collect(),
            language: chunks.iter().map(|chunk| chunk.language.as_str()).collect(),
            words: chunks.iter().map(|chunk| chunk.words.join(" ")).collect(),
            word_count: chunks
                .iter()
                .map(|chunk| i32::try_from(chunk.words.len()).unwrap_or(i32::MAX))
                .collect(),
            confidence: chunks.iter().map(|chunk| chunk.confidence).collect(),
            is_active: chunks.iter().map(|chunk| chunk.is_active).collect(),
            source_hash: chunks.iter().map(|chunk| chunk.source_hash.as_slice()).collect(),
            context: chunks.iter().map(|chunk| chunk.context.as_deref()).collect(),
        }
    }
}

/// A person's word on one passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// SHA-256 of the passage's text as it was read.
    pub source_hash: Vec<u8>,
    /// False: not to be found.
    pub is_active: bool,
    /// Instead of what was read.
    pub content: Option<String>,
}

/// What people changed in a document's passages.
///
/// # Errors
/// [`crate::Error`].
pub async fn overrides(tx: &TenantTx, document: DocumentId) -> Result<Vec<Override>> {
    let rows = tx.query(sql!("chunk_overrides/of_document"), &[(&document.0, Type::UUID)]).await?;
    Ok(rows
        .iter()
        .map(|row| Override {
            source_hash: row.get("source_hash"),
            is_active: row.get("is_active"),
            content: row.get("content"),
        })
        .collect())
}
