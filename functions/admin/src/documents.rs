//! Documents: list, get, download, delete, reprocess.

use crate::{
    problems::OrProblem as _,
    wire::{self, LinkView},
};
use access::Bearer;
use axum::extract::State;
use domain::{CollectionId, DocumentId, Failure, ProductId};
use http::StatusCode;
use jiff::Timestamp;
use management::{Management, documents::Extent};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{
    collection_settings::Named,
    library::{Document, Which},
};
use utoipa::{IntoParams, ToSchema};
use web::{JsonOrNothing, Page, PathId, Problem, Query, paging};

/// A document's state.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    Uploaded,
    Processing,
    Completed,
    Failed,
}

impl DocumentStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// Which documents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DocumentQuery {
    /// A collection's slug.
    collection: Option<String>,
    /// `uploaded`, `processing`, `completed` or `failed`.
    #[param(inline)]
    status: Option<DocumentStatus>,
    /// Part of a title or key, in whichever case.
    q: Option<String>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentView {
    #[schema(value_type = uuid::Uuid)]
    id: DocumentId,
    #[schema(value_type = uuid::Uuid)]
    collection_id: CollectionId,
    /// The collection's slug.
    collection: String,
    title: String,
    filename: String,
    key: String,
    /// `uploaded`, `processing`, `completed` or `failed`.
    status: String,
    /// Of the latest run; null before it began.
    progress: Option<ProgressView>,
    /// Why it failed.
    failure: Option<FailureView>,
    /// Chunks that can be found.
    chunk_count: i32,
    /// Null where the format has no pages.
    page_count: Option<i32>,
    /// Pages with a picture and no text, or with damaged content, from 1: what stands there is not found.
    unread_pages: Vec<i32>,
    /// 0..1; null where nothing was read from pictures.
    ocr_confidence: Option<f32>,
    /// ISO 639-1, or `und`.
    language: String,
    document_type: String,
    /// `pdf`, `docx`, …; null before it was read.
    format: Option<String>,
    content_type: String,
    /// Bytes.
    size: i64,
    source_url: Option<String>,
    /// What it is about; null: nothing that has a name here.
    #[schema(value_type = Option<uuid::Uuid>)]
    product_id: Option<ProductId>,
    /// By the collection's schema.
    #[schema(value_type = Object)]
    metadata: serde_json::Value,
    /// Tokens that were embedded for it.
    embedding_tokens: i64,
    /// US dollars; null while the price is not known.
    embedding_cost: Option<String>,
    /// Whether the embedding model does not say how many tokens there were, and they were estimated.
    tokens_are_estimated: bool,
    /// Tokens, in and out, of the model that wrote contextual headers.
    header_tokens: i64,
    /// US dollars for those; null while the price is not known.
    header_cost: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When it was last completed or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    processed_at: Option<Timestamp>,
    /// When its file was deleted because its time had passed: the document is found and read as before.
    #[schema(value_type = Option<String>, format = DateTime)]
    original_removed_at: Option<Timestamp>,
    /// When its text was: it is found no more.
    #[schema(value_type = Option<String>, format = DateTime)]
    text_removed_at: Option<Timestamp>,
    /// When its vectors were: it is found by its words alone.
    #[schema(value_type = Option<String>, format = DateTime)]
    embeddings_removed_at: Option<Timestamp>,
}

/// How far a run is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressView {
    /// Chunks that stand.
    done: i32,
    /// Of how many.
    total: i32,
}

/// Why a document or a run failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureView {
    /// Stable, for programs.
    #[schema(value_type = String, example = "locked")]
    code: domain::FailureCode,
    /// What is wrong and what to do, for a person.
    detail: String,
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code, detail: failure.detail }
    }
}

impl From<Document> for DocumentView {
    fn from(document: Document) -> Self {
        Self {
            id: document.id,
            collection_id: document.collection,
            collection: document.collection_slug,
            title: document.title,
            filename: document.filename,
            key: document.key,
            status: document.status,
            progress: document.progress.map(|(done, total)| ProgressView { done, total }),
            failure: document.failure.map(FailureView::from),
            chunk_count: document.chunks,
            page_count: document.pages,
            unread_pages: document.unread_pages,
            ocr_confidence: document.ocr_confidence,
            language: document.language,
            document_type: document.document_type,
            format: document.format,
            content_type: document.mime_type,
            size: document.size,
            source_url: document.source_url,
            product_id: document.product,
            metadata: document.metadata,
            embedding_tokens: document.embedding_tokens,
            embedding_cost: document.embedding_cost,
            tokens_are_estimated: document.tokens_are_estimated,
            header_tokens: document.header_tokens,
            header_cost: document.header_cost,
            created_at: document.created_at,
            updated_at: document.updated_at,
            processed_at: document.processed_at,
            original_removed_at: document.original_removed_at,
            text_removed_at: document.text_removed_at,
            embeddings_removed_at: document.embeddings_removed_at,
        }
    }
}

/// Documents, newest first. Scope `documents:read`.
#[utoipa::path(get, path = "/api/v1/documents", tag = "documents", params(DocumentQuery),
    responses((status = 200, body = Page<DocumentView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_documents(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<DocumentQuery>,
) -> Result<axum::Json<Page<DocumentView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let (collection, text) = (wire::words("collection", query.collection)?, wire::words("q", query.q)?);
    let which = Which {
        collection: collection.as_deref(),
        status: query.status.map(DocumentStatus::as_str),
        text: text.as_deref(),
        before: paging::cursor(query.cursor.as_deref())?,
    };
    let rows = management.documents(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(DocumentView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &DocumentView| view.id)))
}

/// One document. Scope `documents:read`.
#[utoipa::path(get, path = "/api/v1/documents/{id}", tag = "documents", params(("id" = uuid::Uuid, Path, description = "The document")),
    responses((status = 200, body = DocumentView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_document(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<DocumentId>,
) -> Result<axum::Json<DocumentView>, Problem> {
    let document = management.document(&caller, id).await.or_problem()?;
    Ok(axum::Json(document.into()))
}

/// Delete a document: its object goes at once, what is known of it within seconds. Scope `documents:write`.
#[utoipa::path(delete, path = "/api/v1/documents/{id}", tag = "documents", params(("id" = uuid::Uuid, Path, description = "The document")),
    responses((status = 202), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub async fn delete_document(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<DocumentId>,
) -> Result<StatusCode, Problem> {
    management.delete_document(&caller, id).await.or_problem()?;
    Ok(StatusCode::ACCEPTED)
}

/// How many documents will be processed anew.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reprocessing {
    documents: usize,
}

/// Have a document read, cut and embedded anew; readers keep what they see until then. Scope `documents:write`.
#[utoipa::path(post, path = "/api/v1/documents/{id}/reprocess", tag = "documents", params(("id" = uuid::Uuid, Path, description = "The document")),
    responses((status = 202, body = Reprocessing), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 503, body = Problem)))]
pub async fn reprocess_document(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<DocumentId>,
) -> Result<(StatusCode, axum::Json<Reprocessing>), Problem> {
    management.reprocess(&caller, id).await.or_problem()?;
    Ok((StatusCode::ACCEPTED, axum::Json(Reprocessing { documents: 1 })))
}

/// Which documents of a collection.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReprocessCollection {
    /// Those that failed alone.
    failed_only: bool,
}

/// Have a collection's documents read, cut and embedded anew. Scope `documents:write`.
#[utoipa::path(post, path = "/api/v1/collections/{id}/reprocess", tag = "collections",
    params(("id" = String, Path, description = "The collection's id or slug")), request_body = ReprocessCollection,
    responses((status = 202, body = Reprocessing), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn reprocess_collection(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(collection): PathId<Named>,
    JsonOrNothing(body): JsonOrNothing<ReprocessCollection>,
) -> Result<(StatusCode, axum::Json<Reprocessing>), Problem> {
    let extent = if body.failed_only { Extent::Failed } else { Extent::All };
    let documents = management.reprocess_collection(&caller, &collection, extent).await.or_problem()?;
    Ok((StatusCode::ACCEPTED, axum::Json(Reprocessing { documents })))
}

/// A link to the document as it was uploaded, good for five minutes. Scope `documents:read`.
#[utoipa::path(get, path = "/api/v1/documents/{id}/download", tag = "documents", params(("id" = uuid::Uuid, Path, description = "The document")),
    responses((status = 200, body = LinkView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 410, body = Problem)))]
pub async fn download_document(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<DocumentId>,
) -> Result<axum::Json<LinkView>, Problem> {
    let link = management.original(&caller, id, Timestamp::now()).await.or_problem()?;
    Ok(axum::Json(link.into()))
}

/// A link to the text that was read from the document, good for five minutes. Scope `documents:read`.
#[utoipa::path(get, path = "/api/v1/documents/{id}/text", tag = "documents", params(("id" = uuid::Uuid, Path, description = "The document")),
    responses((status = 200, body = LinkView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 410, body = Problem)))]
pub async fn download_text(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<DocumentId>,
) -> Result<axum::Json<LinkView>, Problem> {
    let link = management.text(&caller, id, Timestamp::now()).await.or_problem()?;
    Ok(axum::Json(link.into()))
}
