//! Gold questions of a chatbot: listed, read, written, imported, changed, deleted.

use crate::{problems::OrProblem as _, wire};
use access::Bearer;
use axum::extract::{Path, State, rejection::PathRejection};
use domain::{ChatbotId, GoldQuestionId};
use http::StatusCode;
use insight::{
    Insight,
    gold::{Change, Form, Given, Imported},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::gold_questions::GoldQuestion;
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, Text, paging};

/// A question of which it is known what should be answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoldQuestionView {
    #[schema(value_type = uuid::Uuid)]
    id: GoldQuestionId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    question: String,
    /// Stands in a right answer, or shares most words with it.
    expected_answer: Option<String>,
    /// What a right answer cites: a document's id, its key, or the last part of that.
    expected_source: Option<String>,
    /// False: the documents do not say it, and a right answer is none.
    answerable: bool,
    tags: Vec<String>,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<GoldQuestion> for GoldQuestionView {
    fn from(gold: GoldQuestion) -> Self {
        Self {
            id: gold.id,
            chatbot_id: gold.chatbot,
            question: gold.known.question,
            expected_answer: gold.known.expected_answer,
            expected_source: gold.known.expected_source,
            answerable: gold.known.is_answerable,
            tags: gold.known.tags,
            created_by: gold.created_by,
            created_at: gold.created_at,
            updated_at: gold.updated_at,
        }
    }
}

/// Which gold questions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListGoldQuestions {
    /// With this tag.
    tag: Option<String>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Gold questions of a chatbot, newest first. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/gold-questions", tag = "improvement",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ListGoldQuestions),
    responses((status = 200, body = Page<GoldQuestionView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list_gold_questions(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Query(query): Query<ListGoldQuestions>,
) -> Result<axum::Json<Page<GoldQuestionView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    wire::words("tag", query.tag.as_deref())?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let rows =
        insight.gold_questions(&caller, id, query.tag.as_deref(), before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(GoldQuestionView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &GoldQuestionView| view.id)))
}

/// What is known of a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateGoldQuestion {
    #[schema(min_length = 1, max_length = 2000)]
    question: String,
    /// Stands in a right answer, or shares most words with it.
    #[schema(max_length = 10000)]
    expected_answer: Option<String>,
    /// What a right answer cites: a document's id, its key, or the last part of that.
    #[schema(max_length = 1024)]
    expected_source: Option<String>,
    /// False, with neither answer nor source: a right answer is none.
    answerable: Option<bool>,
    /// At most 20, of 50 characters.
    #[serde(default)]
    tags: Vec<String>,
}

/// Write a gold question down. Scope `improvement:write`.
#[utoipa::path(post, path = "/api/v1/chatbots/{id}/gold-questions", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    request_body = CreateGoldQuestion,
    responses((status = 201, body = GoldQuestionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_gold_question(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Json(body): Json<CreateGoldQuestion>,
) -> Result<(StatusCode, axum::Json<GoldQuestionView>), Problem> {
    let given = Given {
        question: body.question,
        expected_answer: body.expected_answer,
        expected_source: body.expected_source,
        is_answerable: body.answerable,
        tags: body.tags,
    };
    let gold = insight.create_gold_question(&caller, id, given).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(gold.into())))
}

/// What was imported.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedGoldQuestions {
    /// New questions.
    created: usize,
    /// Known questions, of which it is said anew what is known.
    changed: usize,
}

impl From<Imported> for ImportedGoldQuestions {
    fn from(imported: Imported) -> Self {
        Self { created: imported.created, changed: imported.changed }
    }
}

/// Write up to 500 gold questions down, all of them or none: JSON lines with the fields of one, or with `Content-Type: text/csv` a
/// table whose first row names `question`, `expected_answer`, `expected_source`, `answerable` and `tags` (with `;` between them).
/// Scope `improvement:write`.
#[utoipa::path(post, path = "/api/v1/chatbots/{id}/gold-questions/import", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    request_body(content((String = "application/x-ndjson"), (String = "text/csv"))),
    responses((status = 200, body = ImportedGoldQuestions), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn import_gold_questions(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    text: Text,
) -> Result<axum::Json<ImportedGoldQuestions>, Problem> {
    let form = if text.is("text/csv") { Form::Csv } else { Form::JsonLines };
    Ok(axum::Json(insight.import_gold_questions(&caller, id, form, &text.body).await.or_problem()?.into()))
}

type GoldPath = Result<Path<(ChatbotId, GoldQuestionId)>, PathRejection>;

fn ids(path: GoldPath) -> Result<(ChatbotId, GoldQuestionId), Problem> {
    path.map(|Path(ids)| ids).map_err(|_| Problem::not_found("gold question"))
}

/// One gold question. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/gold-questions/{gold_id}", tag = "improvement",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ("gold_id" = uuid::Uuid, Path, description = "The gold question")),
    responses((status = 200, body = GoldQuestionView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_gold_question(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    path: GoldPath,
) -> Result<axum::Json<GoldQuestionView>, Problem> {
    let (chatbot, id) = ids(path)?;
    Ok(axum::Json(insight.gold_question(&caller, chatbot, id).await.or_problem()?.into()))
}

/// What is to be changed; what is not named stays, what is null is taken away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeGoldQuestion {
    #[schema(min_length = 1, max_length = 2000)]
    question: Option<String>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>, max_length = 10000)]
    expected_answer: Option<Option<String>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>, max_length = 1024)]
    expected_source: Option<Option<String>>,
    answerable: Option<bool>,
    tags: Option<Vec<String>>,
}

/// Change a gold question. Scope `improvement:write`.
#[utoipa::path(patch, path = "/api/v1/chatbots/{id}/gold-questions/{gold_id}", tag = "improvement",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ("gold_id" = uuid::Uuid, Path, description = "The gold question")),
    request_body = ChangeGoldQuestion,
    responses((status = 200, body = GoldQuestionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change_gold_question(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    path: GoldPath,
    Json(body): Json<ChangeGoldQuestion>,
) -> Result<axum::Json<GoldQuestionView>, Problem> {
    let (chatbot, id) = ids(path)?;
    let change = Change {
        question: body.question,
        expected_answer: body.expected_answer,
        expected_source: body.expected_source,
        is_answerable: body.answerable,
        tags: body.tags,
    };
    Ok(axum::Json(insight.change_gold_question(&caller, chatbot, id, change).await.or_problem()?.into()))
}

/// Delete a gold question; replays that asked it keep what they found. Scope `improvement:write`.
#[utoipa::path(delete, path = "/api/v1/chatbots/{id}/gold-questions/{gold_id}", tag = "improvement",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ("gold_id" = uuid::Uuid, Path, description = "The gold question")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_gold_question(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    path: GoldPath,
) -> Result<StatusCode, Problem> {
    let (chatbot, id) = ids(path)?;
    insight.delete_gold_question(&caller, chatbot, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
