//! Curated answers: list, get, write, import, change, delete.

use crate::{problems::OrProblem as _, wire};
use access::Bearer;
use axum::extract::State;
use domain::{ChatbotId, CollectionId, CuratedAnswerId, DocumentId};
use http::StatusCode;
use jiff::Timestamp;
use management::{
    Management,
    curated::{Change, Given},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::curated::{Curated, Which};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, paging};

/// A question that people answered themselves.
#[derive(Debug, Serialize, ToSchema)]
pub struct CuratedAnswerView {
    #[schema(value_type = uuid::Uuid)]
    id: CuratedAnswerId,
    question: String,
    answer: String,
    /// Null: of every chatbot that reads the collection, and with neither, of all.
    #[schema(value_type = Option<uuid::Uuid>)]
    chatbot_id: Option<ChatbotId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    collection_id: Option<CollectionId>,
    /// The collection's slug.
    collection: Option<String>,
    /// The document that it was imported by.
    #[schema(value_type = Option<uuid::Uuid>)]
    document_id: Option<DocumentId>,
    source_url: Option<String>,
    /// `import`, `api` or `correction`.
    source: String,
    /// ISO 639-1, or `und`.
    language: String,
    is_active: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Curated> for CuratedAnswerView {
    fn from(curated: Curated) -> Self {
        Self {
            id: curated.id,
            question: curated.question,
            answer: curated.answer,
            chatbot_id: curated.chatbot,
            collection_id: curated.collection,
            collection: curated.collection_slug,
            document_id: curated.document,
            source_url: curated.source_url,
            source: curated.source,
            language: curated.language,
            is_active: curated.is_active,
            created_at: curated.created_at,
            updated_at: curated.updated_at,
        }
    }
}

/// Which curated answers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CuratedQuery {
    /// One chatbot's own.
    #[param(value_type = Option<uuid::Uuid>)]
    chatbot: Option<ChatbotId>,
    /// A collection's slug.
    collection: Option<String>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Curated answers, newest first. Scope `curated-answers:read`.
#[utoipa::path(get, path = "/api/v1/curated-answers", tag = "curated answers", params(CuratedQuery),
    responses((status = 200, body = Page<CuratedAnswerView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_curated_answers(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<CuratedQuery>,
) -> Result<axum::Json<Page<CuratedAnswerView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let collection = wire::words("collection", query.collection)?;
    let which = Which {
        chatbot: query.chatbot,
        collection: collection.as_deref(),
        before: paging::cursor(query.cursor.as_deref())?,
    };
    let rows = management.curated_answers(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(CuratedAnswerView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &CuratedAnswerView| view.id)))
}

/// One curated answer. Scope `curated-answers:read`.
#[utoipa::path(get, path = "/api/v1/curated-answers/{id}", tag = "curated answers", params(("id" = uuid::Uuid, Path, description = "The curated answer")),
    responses((status = 200, body = CuratedAnswerView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_curated_answer(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<CuratedAnswerId>,
) -> Result<axum::Json<CuratedAnswerView>, Problem> {
    let curated = management.curated_answer(&caller, id).await.or_problem()?;
    Ok(axum::Json(curated.into()))
}

/// A new curated answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCuratedAnswer {
    /// As people ask.
    #[schema(min_length = 1, max_length = 2000)]
    question: String,
    #[schema(min_length = 1, max_length = 10000)]
    answer: String,
    /// Whose alone.
    #[schema(value_type = Option<uuid::Uuid>)]
    chatbot_id: Option<ChatbotId>,
    /// A collection's slug or id.
    collection: Option<String>,
    /// Where more stands.
    source_url: Option<String>,
    /// Yes when not said.
    is_active: Option<bool>,
}

impl From<CreateCuratedAnswer> for Given {
    fn from(body: CreateCuratedAnswer) -> Self {
        Self {
            question: body.question,
            answer: body.answer,
            chatbot: body.chatbot_id,
            collection: body.collection,
            source_url: body.source_url,
            is_active: body.is_active,
        }
    }
}

/// Write a curated answer. Scope `curated-answers:write`.
#[utoipa::path(post, path = "/api/v1/curated-answers", tag = "curated answers", request_body = CreateCuratedAnswer,
    responses((status = 201, body = CuratedAnswerView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem)))]
pub async fn create_curated_answer(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<CreateCuratedAnswer>,
) -> Result<(StatusCode, axum::Json<CuratedAnswerView>), Problem> {
    let curated = management.create_curated_answer(&caller, body.into()).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(curated.into())))
}

/// Many curated answers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportCuratedAnswers {
    /// 1 to 200.
    items: Vec<CreateCuratedAnswer>,
}

/// What was imported.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedCuratedAnswers {
    /// In the order of the items.
    #[schema(value_type = Vec<uuid::Uuid>)]
    ids: Vec<CuratedAnswerId>,
}

/// Write many curated answers, all of them or none. Scope `curated-answers:write`.
#[utoipa::path(post, path = "/api/v1/curated-answers/import", tag = "curated answers", request_body = ImportCuratedAnswers,
    responses((status = 201, body = ImportedCuratedAnswers), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem),
        (status = 502, body = Problem), (status = 503, body = Problem)))]
pub async fn import_curated_answers(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<ImportCuratedAnswers>,
) -> Result<(StatusCode, axum::Json<ImportedCuratedAnswers>), Problem> {
    let given = body.items.into_iter().map(Given::from).collect();
    let ids = management.import_curated_answers(&caller, given).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(ImportedCuratedAnswers { ids })))
}

/// What is to be changed; what is not named stays, what is null is taken away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeCuratedAnswer {
    #[schema(min_length = 1, max_length = 2000)]
    question: Option<String>,
    #[schema(min_length = 1, max_length = 10000)]
    answer: Option<String>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<uuid::Uuid>)]
    chatbot_id: Option<Option<ChatbotId>>,
    /// A collection's slug or id.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    collection: Option<Option<String>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>)]
    source_url: Option<Option<String>>,
    is_active: Option<bool>,
}

/// Change a curated answer. Scope `curated-answers:write`.
#[utoipa::path(patch, path = "/api/v1/curated-answers/{id}", tag = "curated answers", params(("id" = uuid::Uuid, Path, description = "The curated answer")),
    request_body = ChangeCuratedAnswer,
    responses((status = 200, body = CuratedAnswerView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem)))]
pub async fn change_curated_answer(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<CuratedAnswerId>,
    Json(body): Json<ChangeCuratedAnswer>,
) -> Result<axum::Json<CuratedAnswerView>, Problem> {
    let change = Change {
        question: body.question,
        answer: body.answer,
        chatbot: body.chatbot_id,
        collection: body.collection,
        source_url: body.source_url,
        is_active: body.is_active,
    };
    let curated = management.change_curated_answer(&caller, id, change).await.or_problem()?;
    Ok(axum::Json(curated.into()))
}

/// Delete a curated answer. Scope `curated-answers:write`.
#[utoipa::path(delete, path = "/api/v1/curated-answers/{id}", tag = "curated answers", params(("id" = uuid::Uuid, Path, description = "The curated answer")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_curated_answer(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<CuratedAnswerId>,
) -> Result<StatusCode, Problem> {
    management.delete_curated_answer(&caller, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
