//! Retrieval in one statement, through the search function of migration 0008.

use crate::{Result, TenantTx, sql};
use domain::{ChatbotId, ChunkId, DocumentId, SpaceId, limits};
use pgvector::Vector;
use serde::Serialize;
use tokio_postgres::types::Type;

/// Narrows a search; empty lists narrow nothing.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filter {
    /// Slugs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// Ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentId>,
    /// Document types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub document_types: Vec<String>,
    /// ISO 639-1 codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
}

/// A search, ready for the database.
#[derive(Debug)]
pub struct Search<'a> {
    /// Where the vector lives.
    pub space: SpaceId,
    /// The question's vector; `None`: words alone.
    pub vector: Option<&'a Vector>,
    /// The question's words, segmented like the chunks'.
    pub words: &'a [String],
    /// Whose knowledge is read; `None`: all of the organization's.
    pub chatbot: Option<ChatbotId>,
    /// Narrows it further.
    pub filter: &'a Filter,
    /// Weight of vectors beside words (1).
    pub dense_weight: f64,
    /// Rows wanted at most.
    pub limit: u32,
}

/// A passage that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its row.
    pub chunk: ChunkId,
    /// Its document.
    pub document: DocumentId,
    /// The document's title.
    pub title: String,
    /// The document's key.
    pub key: String,
    /// Where the format has pages.
    pub page: Option<i32>,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// The passage.
    pub content: String,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// Cosine similarity, −1..1; `None` without vectors.
    pub dense: Option<f64>,
    /// BM25, 0 and up.
    pub lexical: f64,
    /// Share of the question's word weight (IDF) that the passage holds, 0..1.
    pub coverage: f64,
    /// Both legs, scaled among the candidates of this search and added, 0..1: the order.
    pub fused: f64,
}

/// The best passages, best first.
///
/// # Errors
/// [`crate::Error`].
pub async fn search(tx: &TenantTx, search: &Search<'_>) -> Result<Vec<Hit>> {
    let vector = search.vector.map(Vector::as_slice);
    let filter = serde_json::json!(search.filter);
    let chatbot = search.chatbot.map(|id| id.0);
    let candidates = i32::try_from(limits::SEARCH_CANDIDATES.max(search.limit)).unwrap_or(i32::MAX);
    let limit = i32::try_from(search.limit).unwrap_or(i32::MAX);
    let rows = tx
        .query(
            sql!("chunks/search"),
            &[
                (&search.space.0, Type::UUID),
                (&vector, Type::FLOAT4_ARRAY),
                (&search.words, Type::TEXT_ARRAY),
                (&chatbot, Type::UUID),
                (&filter, Type::JSONB),
                (&search.dense_weight, Type::FLOAT8),
                (&candidates, Type::INT4),
                (&limit, Type::INT4),
            ],
        )
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Hit {
            chunk: ChunkId(row.get("chunk_id")),
            document: DocumentId(row.get("document_id")),
            title: row.get("document_title"),
            key: row.get("document_key"),
            page: row.get("page_number"),
            headings: row.get("headings"),
            content: row.get("content"),
            language: row.get("language"),
            dense: row.get("dense"),
            lexical: row.get("lexical"),
            coverage: row.get("coverage"),
            fused: row.get("fused"),
        })
        .collect())
}
