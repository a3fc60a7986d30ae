//! Retrieval in one statement, through the search function of migration 0045.

use crate::{Result, TenantTx, curated_search::Candidate, sql};
use domain::{ChatbotId, ChunkId, DocumentId, SpaceId, limits};
use pgvector::Vector;
use serde::Serialize;
use std::collections::BTreeMap;
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};

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
    /// Products' ids or SKUs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Products' categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// ISO 639-1 codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Chunk types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chunk_types: Vec<String>,
    /// By field, the values of which a chunk has one: every field must hold.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Vec<String>>,
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
    /// Whether there is an object under it: the document may have outlived its original.
    pub has_original: bool,
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

/// A passage that stands beside one that was found, in the same section of the same document.
#[derive(Debug, Clone)]
pub struct Neighbour {
    /// The passage that was found.
    pub of: ChunkId,
    /// On which side of it.
    pub side: Side,
    /// The neighbour itself: nothing was compared, so its scores are empty.
    pub hit: Hit,
}

/// Where a neighbour stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Right before the passage that was found.
    Before,
    /// Right after it.
    After,
}

/// All that a turn looks up.
#[derive(Debug, Default)]
pub struct Found {
    /// The best passages, best first.
    pub hits: Vec<Hit>,
    /// What stands beside the first of them, in their order. One may have been found itself, or stand beside two.
    pub neighbours: Vec<Neighbour>,
    /// Answers of people that may be to this question, in no order.
    pub curated: Vec<Candidate>,
}

/// Answers of people with the question's words that are looked at, and as many near its vector.
const CURATED_CANDIDATES: i32 = 5;

/// The best passages, best first.
///
/// # Errors
/// [`crate::Error`].
pub async fn search(tx: &TenantTx, search: &Search<'_>) -> Result<Vec<Hit>> {
    let bound = Bound::of(search);
    Ok(tx.query(sql!("chunks/search"), &bound.params(search)).await?.iter().map(hit).collect())
}

/// The best passages, what stands beside the first `expanded` of them, and what people answered.
///
/// # Errors
/// [`crate::Error`].
pub async fn for_turn(tx: &TenantTx, search: &Search<'_>, expanded: u32) -> Result<Found> {
    let (bound, expanded) = (Bound::of(search), i64::from(expanded));
    let mut params = bound.params(search).to_vec();
    params.extend([(&expanded as &(dyn ToSql + Sync), Type::INT8), (&CURATED_CANDIDATES, Type::INT4)]);
    let mut found = Found::default();
    for row in &tx.query(sql!("chunks/search_for_turn"), &params).await? {
        if row.get::<_, Option<&str>>("question").is_some() {
            found.curated.push(Candidate::from_row(row));
        } else if let Some(of) = row.get::<_, Option<uuid::Uuid>>("neighbour_of") {
            let side = if row.get("is_after") { Side::After } else { Side::Before };
            found.neighbours.push(Neighbour { of: ChunkId(of), side, hit: hit(row) });
        } else {
            found.hits.push(hit(row));
        }
    }
    Ok(found)
}

/// A search's values as the database takes them.
struct Bound<'a> {
    vector: Option<&'a [f32]>,
    chatbot: Option<uuid::Uuid>,
    filter: serde_json::Value,
    candidates: i32,
    limit: i32,
}

impl<'a> Bound<'a> {
    fn of(search: &'a Search<'_>) -> Self {
        Self {
            vector: search.vector.map(Vector::as_slice),
            chatbot: search.chatbot.map(|id| id.0),
            filter: serde_json::json!(search.filter),
            candidates: i32::try_from(limits::SEARCH_CANDIDATES.max(search.limit)).unwrap_or(i32::MAX),
            limit: i32::try_from(search.limit).unwrap_or(i32::MAX),
        }
    }

    fn params<'b>(&'b self, search: &'b Search<'_>) -> [(&'b (dyn ToSql + Sync), Type); 8] {
        [
            (&search.space.0, Type::UUID),
            (&self.vector, Type::FLOAT4_ARRAY),
            (&search.words, Type::TEXT_ARRAY),
            (&self.chatbot, Type::UUID),
            (&self.filter, Type::JSONB),
            (&search.dense_weight, Type::FLOAT8),
            (&self.candidates, Type::INT4),
            (&self.limit, Type::INT4),
        ]
    }
}

fn hit(row: &Row) -> Hit {
    Hit {
        chunk: ChunkId(row.get("chunk_id")),
        document: DocumentId(row.get("document_id")),
        title: row.get("document_title"),
        key: row.get("document_key"),
        has_original: row.get("has_original"),
        page: row.get("page_number"),
        headings: row.get("headings"),
        content: row.get("content"),
        language: row.get("language"),
        dense: row.get("dense"),
        lexical: row.get("lexical"),
        coverage: row.get("coverage"),
        fused: row.get("fused"),
    }
}
