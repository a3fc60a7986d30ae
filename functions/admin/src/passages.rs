//! Chunks: list, get, disable, correct.

use crate::{
    problems::OrProblem as _,
    wire::{self, Paging},
};
use access::Bearer;
use axum::extract::State;
use domain::{ChunkId, DocumentId};
use jiff::Timestamp;
use management::{Management, passages::Change};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::passages::Passage;
use utoipa::ToSchema;
use web::{Json, Page, PathId, Problem, Query, paging};

/// A passage of a document.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChunkView {
    #[schema(value_type = uuid::Uuid)]
    id: ChunkId,
    #[schema(value_type = uuid::Uuid)]
    document_id: DocumentId,
    /// Place in the document, from 0.
    index: i32,
    /// As it is quoted.
    content: String,
    /// `general`, `product_level`, `formulation_level` or `ingredient_level`.
    chunk_type: String,
    /// Outermost first.
    headings: Vec<String>,
    page_number: Option<i32>,
    /// Bytes of the extracted text, from inclusive.
    byte_from: i64,
    /// To exclusive.
    byte_to: i64,
    token_count: i32,
    /// ISO 639-1, or `und`.
    language: String,
    /// How sure its reader was of the letters, 0..1.
    confidence: Option<f32>,
    #[schema(value_type = Object)]
    metadata: serde_json::Value,
    /// Written by a model for search, never quoted.
    context: Option<String>,
    /// False: disabled by a person.
    is_active: bool,
    /// Whether a person wrote its content.
    is_corrected: bool,
    /// When a person said something of it; else, when its document was read.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Passage> for ChunkView {
    fn from(passage: Passage) -> Self {
        Self {
            id: passage.id,
            document_id: passage.document,
            index: passage.index,
            content: passage.content,
            chunk_type: passage.chunk_type,
            headings: passage.headings,
            page_number: passage.page,
            byte_from: passage.bytes.start,
            byte_to: passage.bytes.end,
            token_count: passage.tokens,
            language: passage.language,
            confidence: passage.confidence,
            metadata: passage.metadata,
            context: passage.context,
            is_active: passage.is_active,
            is_corrected: passage.is_corrected,
            updated_at: passage.updated_at,
        }
    }
}

/// Passages of a document, in its order. Scope `documents:read`.
#[utoipa::path(get, path = "/api/v1/documents/{id}/chunks", tag = "documents",
    params(("id" = uuid::Uuid, Path, description = "The document"), Paging),
    responses((status = 200, body = Page<ChunkView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list_chunks(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<DocumentId>,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<ChunkView>>, Problem> {
    let limit = paging::limit(paging.limit)?;
    let after = paging::cursor(paging.cursor.as_deref())?.unwrap_or(-1);
    let rows = management.passages(&caller, id, after, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(ChunkView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &ChunkView| view.index)))
}

/// One passage. Scope `documents:read`.
#[utoipa::path(get, path = "/api/v1/chunks/{id}", tag = "documents", params(("id" = uuid::Uuid, Path, description = "The chunk")),
    responses((status = 200, body = ChunkView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_chunk(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChunkId>,
) -> Result<axum::Json<ChunkView>, Problem> {
    let passage = management.passage(&caller, id).await.or_problem()?;
    Ok(axum::Json(passage.into()))
}

/// What is to be changed; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeChunk {
    /// False: not to be found.
    is_active: Option<bool>,
    /// Instead of what was read, at most 10,000 characters; null: as it was read.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    content: Option<Option<String>>,
}

/// Disable or correct a passage, at once and for every reading of the document that finds the same text; passages of
/// the document that read the same change with it. Scope `documents:write`.
#[utoipa::path(patch, path = "/api/v1/chunks/{id}", tag = "documents", params(("id" = uuid::Uuid, Path, description = "The chunk")),
    request_body = ChangeChunk,
    responses((status = 200, body = ChunkView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 502, body = Problem), (status = 503, body = Problem)))]
pub async fn change_chunk(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChunkId>,
    Json(body): Json<ChangeChunk>,
) -> Result<axum::Json<ChunkView>, Problem> {
    let change = Change { is_active: body.is_active, content: body.content };
    let passage = management.change_passage(&caller, id, change).await.or_problem()?;
    Ok(axum::Json(passage.into()))
}
