//! What is said of an answer, and a correction that is accepted.

use crate::{problems::OrProblem as _, wire::Paging};
use access::Bearer;
use axum::extract::State;
use domain::{ChatbotId, CuratedAnswerId, MessageFeedbackId, MessageId, SessionId};
use http::StatusCode;
use insight::{Insight, correct::Acceptance, feedback::Thumb};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{curated::Curated, feedback::MessageFeedback};
use utoipa::ToSchema;
use web::{Json, JsonOrNothing, Page, PathId, Problem, Query, paging};

/// Thumbs on one answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageFeedbackView {
    #[schema(value_type = uuid::Uuid)]
    id: MessageFeedbackId,
    #[schema(value_type = uuid::Uuid)]
    message_id: MessageId,
    #[schema(value_type = uuid::Uuid)]
    session_id: SessionId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    /// Who says it: `key`, `user` or `session`, and its id.
    caller_kind: String,
    caller_id: uuid::Uuid,
    /// `positive` or `negative`.
    rating: String,
    reason: Option<String>,
    /// What should have been answered.
    correction: Option<String>,
    /// What was made of the correction; null: nothing, or it was deleted since.
    #[schema(value_type = Option<uuid::Uuid>)]
    curated_answer_id: Option<CuratedAnswerId>,
    accepted_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    accepted_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<MessageFeedback> for MessageFeedbackView {
    fn from(said: MessageFeedback) -> Self {
        Self {
            id: said.id,
            message_id: said.message,
            session_id: said.session,
            chatbot_id: said.chatbot,
            caller_kind: said.caller_kind,
            caller_id: said.caller,
            rating: said.rating,
            reason: said.reason,
            correction: said.correction,
            curated_answer_id: said.curated_answer,
            accepted_by: said.accepted_by,
            accepted_at: said.accepted_at,
            created_at: said.created_at,
            updated_at: said.updated_at,
        }
    }
}

/// What is said of an answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgeMessage {
    /// `positive` or `negative`.
    #[schema(example = "negative")]
    rating: String,
    #[schema(max_length = 1000)]
    reason: Option<String>,
    /// What should have been answered; only with a negative rating.
    #[schema(max_length = 10000)]
    correction: Option<String>,
}

/// Say what an answer was worth; said again by the same caller, it takes the place of what was said before. Scope
/// `feedback:write`.
#[utoipa::path(post, path = "/api/v1/messages/{id}/feedback", tag = "feedback", params(("id" = uuid::Uuid, Path, description = "The answer")),
    request_body = JudgeMessage,
    responses((status = 200, body = MessageFeedbackView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn judge_message(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<MessageId>,
    Json(body): Json<JudgeMessage>,
) -> Result<axum::Json<MessageFeedbackView>, Problem> {
    let thumb = Thumb { rating: body.rating, reason: body.reason, correction: body.correction };
    Ok(axum::Json(insight.judge_message(&caller, id, thumb).await.or_problem()?.into()))
}

/// What is said of an answer, newest first. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/messages/{id}/feedback", tag = "feedback", params(("id" = uuid::Uuid, Path, description = "The answer"), Paging),
    responses((status = 200, body = Page<MessageFeedbackView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list_message_feedback(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<MessageId>,
    Query(query): Query<Paging>,
) -> Result<axum::Json<Page<MessageFeedbackView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let rows = insight.message_feedback(&caller, id, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(MessageFeedbackView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &MessageFeedbackView| view.id)))
}

/// Which correction is accepted, and how.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AcceptCorrection {
    /// Whose; the newest when not said.
    #[schema(value_type = Option<uuid::Uuid>)]
    feedback_id: Option<MessageFeedbackId>,
    /// As people ask; as it was asked when not said.
    #[schema(max_length = 2000)]
    question: Option<String>,
    /// As it is answered; as it was corrected when not said.
    #[schema(max_length = 10000)]
    answer: Option<String>,
}

/// What became of a correction.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcceptedCorrection {
    /// Kept and changed at `/api/v1/curated-answers`.
    #[schema(value_type = uuid::Uuid)]
    curated_answer_id: CuratedAnswerId,
    question: String,
    answer: String,
    /// Whose answer it is.
    #[schema(value_type = Option<uuid::Uuid>)]
    chatbot_id: Option<ChatbotId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Curated> for AcceptedCorrection {
    fn from(curated: Curated) -> Self {
        Self {
            curated_answer_id: curated.id,
            question: curated.question,
            answer: curated.answer,
            chatbot_id: curated.chatbot,
            created_at: curated.created_at,
        }
    }
}

/// Make a correction a curated answer, which the next one who asks is given. Scope `curated-answers:write`.
#[utoipa::path(post, path = "/api/v1/messages/{id}/feedback/accept-correction", tag = "feedback", params(("id" = uuid::Uuid, Path, description = "The answer")),
    request_body = Option<AcceptCorrection>,
    responses((status = 201, body = AcceptedCorrection), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 502, body = Problem), (status = 503, body = Problem)))]
pub async fn accept_correction(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<MessageId>,
    JsonOrNothing(body): JsonOrNothing<AcceptCorrection>,
) -> Result<(StatusCode, axum::Json<AcceptedCorrection>), Problem> {
    let acceptance = Acceptance { feedback: body.feedback_id, question: body.question, answer: body.answer };
    let curated = insight.accept_correction(&caller, id, acceptance).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(curated.into())))
}
