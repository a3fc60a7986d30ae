//! Chunks as people look at them, disable and correct them.

use crate::{Result, TenantTx, chunks, spaces, sql, tenant::Params};
use domain::{ChunkId, DocumentId, DocumentVersionId, SpaceId, embedding::Space};
use jiff::Timestamp;
use pgvector::Vector;
use std::ops::Range;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// A chunk of a document's active version.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Its row.
    pub id: ChunkId,
    /// Its document.
    pub document: DocumentId,
    /// Place in that, from 0.
    pub index: i32,
    /// As it is quoted.
    pub content: String,
    /// `general`, or by the collection's rules.
    pub chunk_type: String,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// Where the format has pages.
    pub page: Option<i32>,
    /// Bytes of the extracted text.
    pub bytes: Range<i64>,
    /// Of its content.
    pub tokens: i32,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// How sure its reader was of the letters, 0..1.
    pub confidence: Option<f32>,
    /// By the collection's schema.
    pub metadata: serde_json::Value,
    /// Written by a model for embedding and search.
    pub context: Option<String>,
    /// False: disabled by a person.
    pub is_active: bool,
    /// Whether a person wrote its content.
    pub is_corrected: bool,
    /// When a person said something of it; else, when its document was read.
    pub updated_at: Timestamp,
}

/// Passages of a document in their order, after a place; from −1, all.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(
    tx: &TenantTx,
    bucket: &str,
    document: DocumentId,
    after: i32,
    limit: u32,
) -> Result<Vec<Passage>> {
    find(tx, bucket, None, Some(document), after, limit).await
}

/// One passage.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, bucket: &str, id: ChunkId) -> Result<Option<Passage>> {
    Ok(find(tx, bucket, Some(id), None, -1, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    bucket: &str,
    id: Option<ChunkId>,
    document: Option<DocumentId>,
    after: i32,
    limit: u32,
) -> Result<Vec<Passage>> {
    let (id, document, limit) = (id.map(|id| id.0), document.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[
        (&bucket, Type::TEXT),
        (&id, Type::UUID),
        (&document, Type::UUID),
        (&after, Type::INT4),
        (&limit, Type::INT8),
    ];
    Ok(tx.query(sql!("chunks/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Passage {
    Passage {
        id: ChunkId(row.get("id")),
        document: DocumentId(row.get("document_id")),
        index: row.get("chunk_index"),
        content: row.get("content"),
        chunk_type: row.get("chunk_type"),
        headings: row.get("headings"),
        page: row.get("page_number"),
        bytes: row.get("byte_from")..row.get("byte_to"),
        tokens: row.get("token_count"),
        language: row.get("language"),
        confidence: row.get("confidence_score"),
        metadata: row.get("metadata"),
        context: row.get("context"),
        is_active: row.get("is_active"),
        is_corrected: row.get("is_corrected"),
        updated_at: row.get("updated_at"),
    }
}

/// A passage with what it takes to write it anew.
#[derive(Debug)]
pub struct Alike {
    /// Its row.
    pub id: ChunkId,
    /// Its document.
    pub document: DocumentId,
    /// Which is active.
    pub version: DocumentVersionId,
    /// SHA-256 of its text as it was read.
    pub source_hash: Vec<u8>,
    /// As it is quoted now.
    pub content: String,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// Written by a model for embedding and search.
    pub context: Option<String>,
    /// Bytes of the extracted text.
    pub bytes: Range<i64>,
    /// Of its document.
    pub title: String,
    /// What people said before: whether it may be found.
    pub is_active: bool,
    /// What people said before: its text.
    pub corrected: Option<String>,
}

/// The passages of the same active version that were read as the same text as this one, itself included; none when
/// there is no such passage.
///
/// # Errors
/// [`crate::Error`].
pub async fn alike(tx: &TenantTx, bucket: &str, id: ChunkId, limit: usize) -> Result<Vec<Alike>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params: Params<'_> = &[(&id.0, Type::UUID), (&bucket, Type::TEXT), (&limit, Type::INT8)];
    let rows = tx.query(sql!("chunks/alike"), params).await?;
    Ok(rows
        .iter()
        .map(|row| Alike {
            id: ChunkId(row.get("id")),
            document: DocumentId(row.get("document_id")),
            version: DocumentVersionId(row.get("document_version_id")),
            source_hash: row.get("source_hash"),
            content: row.get("content"),
            headings: row.get("headings"),
            context: row.get("context"),
            bytes: row.get("byte_from")..row.get("byte_to"),
            title: row.get("title"),
            is_active: row.get("is_active"),
            corrected: row.get("corrected"),
        })
        .collect())
}

/// The spaces that a passage has a vector in.
///
/// # Errors
/// [`crate::Error`].
pub async fn spaces(tx: &TenantTx, id: ChunkId) -> Result<Vec<Space>> {
    tx.query(sql!("spaces/of_chunk"), &[(&id.0, Type::UUID)]).await?.iter().map(spaces::from_row).collect()
}

/// How a document stands, under this transaction's row lock: nobody begins a version of it meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// A version of it is being built, which may have read what people said before.
    Building,
    /// Nobody is at it.
    Still,
}

/// Locks a document's row; `None`: it is gone.
///
/// # Errors
/// [`crate::Error`].
pub async fn hold(tx: &TenantTx, document: DocumentId) -> Result<Option<Held>> {
    if tx.query_opt(sql!("documents/hold"), &[(&document.0, Type::UUID)]).await?.is_none() {
        return Ok(None);
    }
    let row = tx.query_one(sql!("documents/is_building"), &[(&document.0, Type::UUID)]).await?;
    Ok(Some(if row.get("is_building") { Held::Building } else { Held::Still }))
}

/// A person's word on passages that read the same.
#[derive(Debug)]
pub struct Word<'a> {
    /// Their document.
    pub document: DocumentId,
    /// Which is active.
    pub version: DocumentVersionId,
    /// SHA-256 of their text as it was read.
    pub source_hash: &'a [u8],
    /// False: not to be found.
    pub is_active: bool,
    /// Instead of what was read.
    pub content: Option<&'a str>,
    /// Who says so.
    pub changed_by: &'a str,
}

/// Keeps a person's word, and disables or enables the passages. A word that says nothing is no longer kept.
///
/// # Errors
/// [`crate::Error`].
pub async fn keep(tx: &TenantTx, word: &Word<'_>) -> Result<()> {
    let (document, version) = (word.document.0, word.version.0);
    if word.is_active && word.content.is_none() {
        let params: Params<'_> = &[(&document, Type::UUID), (&word.source_hash, Type::BYTEA)];
        tx.execute(sql!("chunk_overrides/remove"), params).await?;
    } else {
        let params: Params<'_> = &[
            (&document, Type::UUID),
            (&word.source_hash, Type::BYTEA),
            (&word.is_active, Type::BOOL),
            (&word.content, Type::TEXT),
            (&word.changed_by, Type::TEXT),
        ];
        tx.execute(sql!("chunk_overrides/set"), params).await?;
    }
    let params: Params<'_> =
        &[(&version, Type::UUID), (&word.source_hash, Type::BYTEA), (&word.is_active, Type::BOOL)];
    tx.execute(sql!("chunks/set_active"), params).await?;
    Ok(())
}

/// A passage as it is to read.
#[derive(Debug)]
pub struct Rewritten<'a> {
    /// Its row.
    pub id: ChunkId,
    /// As it is to be quoted.
    pub content: &'a str,
    /// Of that.
    pub tokens: i32,
    /// Of title, headings and content.
    pub words: Vec<String>,
    /// One in each space, in their order.
    pub vectors: Vec<Vector>,
}

/// Writes passages anew with their vectors, in the order of `spaces`. An embedding is never updated: the old ones go
/// and new ones come.
///
/// # Errors
/// [`crate::Error`].
pub async fn rewrite(
    tx: &TenantTx,
    version: DocumentVersionId,
    spaces: &[SpaceId],
    passages: &[Rewritten<'_>],
) -> Result<()> {
    for passage in passages {
        let (words, count) =
            (passage.words.join(" "), i32::try_from(passage.words.len()).unwrap_or(i32::MAX));
        let params: Params<'_> = &[
            (&passage.id.0, Type::UUID),
            (&passage.content, Type::TEXT),
            (&passage.tokens, Type::INT4),
            (&words, Type::TEXT),
            (&count, Type::INT4),
        ];
        tx.execute(sql!("chunks/correct"), params).await?;
    }
    let ids: Vec<Uuid> = passages.iter().map(|passage| passage.id.0).collect();
    tx.execute(sql!("chunks/remove_embeddings"), &[(&ids, Type::UUID_ARRAY)]).await?;
    for (place, space) in spaces.iter().enumerate() {
        let vectors = passages.iter().filter_map(|passage| passage.vectors.get(place));
        chunks::insert_vectors(tx, *space, version, &ids, vectors.map(Vector::as_slice).collect()).await?;
    }
    Ok(())
}
