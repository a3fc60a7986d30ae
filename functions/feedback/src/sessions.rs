//! What is said of a conversation.

use crate::{problems::OrProblem as _, wire::Paging};
use access::Bearer;
use axum::extract::State;
use domain::{ChatbotId, SessionFeedbackId, SessionId};
use insight::{Insight, feedback::Score};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::feedback::SessionFeedback;
use utoipa::ToSchema;
use web::{Json, Page, PathId, Problem, Query, paging};

/// What a conversation was worth to somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionFeedbackView {
    #[schema(value_type = uuid::Uuid)]
    id: SessionFeedbackId,
    #[schema(value_type = uuid::Uuid)]
    session_id: SessionId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    /// Who says it: `key`, `user` or `session`, and its id.
    caller_kind: String,
    caller_id: uuid::Uuid,
    /// Whether one would recommend, 0 to 10.
    nps_score: Option<i32>,
    /// How content one is, 1 to 5.
    rating: Option<i32>,
    comments: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<SessionFeedback> for SessionFeedbackView {
    fn from(said: SessionFeedback) -> Self {
        Self {
            id: said.id,
            session_id: said.session,
            chatbot_id: said.chatbot,
            caller_kind: said.caller_kind,
            caller_id: said.caller,
            nps_score: said.nps,
            rating: said.rating,
            comments: said.comments,
            created_at: said.created_at,
            updated_at: said.updated_at,
        }
    }
}

/// What is said of a conversation: at least one of the three.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgeSession {
    /// Whether one would recommend, 0 to 10.
    #[schema(minimum = 0, maximum = 10)]
    nps_score: Option<i64>,
    /// How content one is, 1 to 5.
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<i64>,
    #[schema(max_length = 2000)]
    comments: Option<String>,
}

/// Say what a conversation was worth; said again by the same caller, what is named takes the place of what was said before.
/// The session shows what was said last; what a person says of somebody else's stands beside it and counts in no figure. Scope `feedback:write`.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/feedback", tag = "feedback", params(("id" = uuid::Uuid, Path, description = "The session")),
    request_body = JudgeSession,
    responses((status = 200, body = SessionFeedbackView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn judge_session(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<SessionId>,
    Json(body): Json<JudgeSession>,
) -> Result<axum::Json<SessionFeedbackView>, Problem> {
    let score = Score { nps: body.nps_score, rating: body.rating, comments: body.comments };
    Ok(axum::Json(insight.judge_session(&caller, id, score).await.or_problem()?.into()))
}

/// What is said of a conversation, newest first. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/feedback", tag = "feedback", params(("id" = uuid::Uuid, Path, description = "The session"), Paging),
    responses((status = 200, body = Page<SessionFeedbackView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list_session_feedback(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<SessionId>,
    Query(query): Query<Paging>,
) -> Result<axum::Json<Page<SessionFeedbackView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let rows = insight.session_feedback(&caller, id, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(SessionFeedbackView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &SessionFeedbackView| view.id)))
}
