//! What needs eyes, and what was dealt with.

use crate::{problems::OrProblem as _, wire};
use access::Bearer;
use axum::extract::State;
use domain::{
    ChatbotId, ConfigVersionId, MessageFeedbackId, MessageId, SessionId, feedback::REVIEW_REASONS, limits,
};
use http::StatusCode;
use insight::Insight;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::reviews::{Dislike, Waiting, Which};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, paging};

/// The first second of the year 1: before it, Postgres and RFC 3339 count years differently.
const YEAR_ONE: i64 = -62_135_596_800;

/// An answer that needs eyes.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingView {
    #[schema(value_type = uuid::Uuid)]
    message_id: MessageId,
    #[schema(value_type = uuid::Uuid)]
    session_id: SessionId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    /// The settings that made it.
    #[schema(value_type = Option<uuid::Uuid>)]
    config_version_id: Option<ConfigVersionId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    question_id: Option<MessageId>,
    question: Option<String>,
    answer: String,
    confidence: Option<f32>,
    /// Below it, those settings abstain.
    confidence_threshold: Option<f32>,
    abstained: bool,
    /// Why it is here: `disliked`, `low_confidence`, `abstained`, `risk`.
    reasons: Vec<&'static str>,
    /// What they say who dislike it, newest first.
    feedback: Vec<DislikeView>,
    /// When it was dealt with, by whom, and what was noted.
    #[schema(value_type = Option<String>, format = DateTime)]
    handled_at: Option<Timestamp>,
    handled_by: Option<String>,
    note: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A thumb that is down.
#[derive(Debug, Serialize, ToSchema)]
pub struct DislikeView {
    #[schema(value_type = uuid::Uuid)]
    id: MessageFeedbackId,
    reason: Option<String>,
    /// What should have been answered.
    correction: Option<String>,
    /// Whether the correction was made a curated answer.
    is_accepted: bool,
}

impl From<Dislike> for DislikeView {
    fn from(said: Dislike) -> Self {
        Self { id: said.id, reason: said.reason, correction: said.correction, is_accepted: said.is_accepted }
    }
}

impl From<Waiting> for WaitingView {
    fn from(waiting: Waiting) -> Self {
        let why = [waiting.is_disliked, waiting.is_unsure, waiting.abstained, waiting.is_risky];
        let reasons = REVIEW_REASONS.into_iter().zip(why).filter(|(_, holds)| *holds);
        let (question_id, question) = waiting.question.unzip();
        Self {
            message_id: waiting.message,
            session_id: waiting.session,
            chatbot_id: waiting.chatbot,
            config_version_id: waiting.config,
            question_id,
            question,
            answer: waiting.content,
            confidence: waiting.confidence,
            confidence_threshold: waiting.confidence_threshold,
            abstained: waiting.abstained,
            reasons: reasons.map(|(reason, _)| reason).collect(),
            feedback: waiting.dislikes.into_iter().map(DislikeView::from).collect(),
            handled_at: waiting.handled_at,
            handled_by: waiting.handled_by,
            note: waiting.note,
            created_at: waiting.created_at,
        }
    }
}

/// Which answers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReviewQuery {
    /// Of this chatbot.
    #[param(value_type = Option<uuid::Uuid>)]
    chatbot: Option<ChatbotId>,
    /// `disliked`, `low_confidence` or `abstained`.
    reason: Option<String>,
    /// Those that were dealt with; not said, or false: those that were not.
    handled: Option<bool>,
    /// Given then or later; 30 days back when not said.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// What needs eyes, newest first: thumbs down, a confidence less than 0.1 above the bot's threshold, no answer,
/// a question that bears a risk. Scope
/// `feedback:read`.
#[utoipa::path(get, path = "/api/v1/review-queue", tag = "review", params(ReviewQuery),
    responses((status = 200, body = Page<WaitingView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn review_queue(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    Query(query): Query<ReviewQuery>,
) -> Result<axum::Json<Page<WaitingView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    wire::one_of("reason", query.reason.as_deref(), &REVIEW_REASONS)?;
    if query.from.is_some_and(|from| from.as_second() < YEAR_ONE) {
        let detail = "A moment lies in the years 1 to 9999.";
        return Err(Problem::invalid("invalid-query", "?from", detail));
    }
    let days = SignedDuration::from_hours(24 * limits::REVIEW_DAYS);
    let which = Which {
        since: query.from.unwrap_or_else(|| Timestamp::now() - days),
        before: paging::cursor(query.cursor.as_deref())?,
        chatbot: query.chatbot,
        reason: query.reason.as_deref(),
        margin: limits::REVIEW_MARGIN,
        handled: query.handled.unwrap_or_default(),
    };
    let rows = insight.review_queue(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(WaitingView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &WaitingView| view.message_id)))
}

/// Whether an answer was dealt with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewMessage {
    /// False puts it back into the queue.
    handled: bool,
    /// For other reviewers.
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Say that an answer was dealt with, or was not. Disliked anew, it comes back by itself. Scope `improvement:write`.
#[utoipa::path(put, path = "/api/v1/messages/{id}/review", tag = "review", params(("id" = uuid::Uuid, Path, description = "The answer")),
    request_body = ReviewMessage,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn review_message(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<MessageId>,
    Json(body): Json<ReviewMessage>,
) -> Result<StatusCode, Problem> {
    if body.handled {
        insight.mark_handled(&caller, id, body.note.as_deref()).await.or_problem()?;
    } else {
        insight.mark_unhandled(&caller, id).await.or_problem()?;
    }
    Ok(StatusCode::NO_CONTENT)
}
