//! Replays: a change tried on gold and recent questions, old and new side by side.

use crate::{problems::OrProblem as _, wire::Paging};
use access::Bearer;
use axum::extract::State;
use domain::{AdminFeedbackId, ChatbotId, ConfigVersionId, GoldQuestionId, MessageId, ReplayId};
use http::StatusCode;
use insight::{Insight, replay::Size};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use store::replays::{Answered, Compared, Replay};
use utoipa::ToSchema;
use web::{Json, Page, PathId, Problem, Query, paging};

/// A replay, as far as it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayView {
    #[schema(value_type = uuid::Uuid)]
    id: ReplayId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    /// The criticism whose proposals are tried; null: two versions are compared.
    #[schema(value_type = Option<uuid::Uuid>)]
    admin_feedback_id: Option<AdminFeedbackId>,
    /// Those proposals.
    #[schema(value_type = Vec<Object>)]
    proposals: Value,
    #[schema(value_type = uuid::Uuid)]
    before_config_version_id: ConfigVersionId,
    /// A version like any other; it answers once the proposals are applied.
    #[schema(value_type = uuid::Uuid)]
    after_config_version_id: ConfigVersionId,
    /// `queued`, `running`, `paused` (the day's budget is used up), `completed` or `failed`.
    status: String,
    /// Questions that are asked.
    total: i32,
    /// Those that both versions have answered.
    done: i64,
    /// US dollars that its answers have cost so far, as decimal text.
    cost: Option<String>,
    /// Once it is completed: `answer_correctness`, `citation_precision`, `share_answered` (shares of 1), `overlap`, `confidence` and
    /// `latency_ms`, each with `questions`, and `before`, `after` and `change` as `value`, `low` and `high` (95 %), or null where no
    /// question tells; and `lowered`, the guarded ones that the change lowers by more than 2 points.
    #[schema(value_type = Object)]
    summary: Value,
    /// Why it waits or failed.
    error: Option<String>,
    created_by: String,
    /// It asks as much as one does by default, so that a loss would be seen: only then its proposals can be applied without
    /// `override`.
    is_whole: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
}

impl From<Replay> for ReplayView {
    fn from(replay: Replay) -> Self {
        Self {
            id: replay.id,
            chatbot_id: replay.chatbot,
            admin_feedback_id: replay.criticism,
            proposals: replay.proposals,
            before_config_version_id: replay.before,
            after_config_version_id: replay.after,
            status: replay.status,
            total: replay.total,
            done: replay.done,
            cost: replay.cost,
            summary: replay.summary,
            error: replay.error,
            created_by: replay.created_by,
            is_whole: replay.is_whole,
            created_at: replay.created_at,
            started_at: replay.started_at,
            completed_at: replay.completed_at,
        }
    }
}

/// Which proposals are tried, on how many questions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayProposals {
    /// Places in `suggested_improvements`, from 0.
    proposals: Vec<usize>,
    /// The newest gold questions, 0 to 200; 30 when not said.
    gold: Option<i64>,
    /// The newest questions that people asked, each once, 0 to 200; 20 when not said.
    recent: Option<i64>,
}

/// Try proposals before they are applied: the chatbot's gold questions and recent ones are answered by the settings that answer now
/// and by those with the proposals. It costs what the answers cost, and counts in no figure. Scope `improvement:write`.
#[utoipa::path(post, path = "/api/v1/admin-feedback/{id}/replay", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The criticism")),
    request_body = ReplayProposals,
    responses((status = 202, body = ReplayView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn replay_proposals(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AdminFeedbackId>,
    Json(body): Json<ReplayProposals>,
) -> Result<(StatusCode, axum::Json<ReplayView>), Problem> {
    let size = Size { gold: body.gold, recent: body.recent };
    let replay = insight.replay_proposals(&caller, id, &body.proposals, size).await.or_problem()?;
    Ok((StatusCode::ACCEPTED, axum::Json(replay.into())))
}

/// Which versions are compared, on how many questions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayVersions {
    /// The one that answers when not said.
    #[schema(value_type = Option<uuid::Uuid>)]
    before_config_version_id: Option<ConfigVersionId>,
    #[schema(value_type = uuid::Uuid)]
    after_config_version_id: ConfigVersionId,
    /// The newest gold questions, 0 to 200; 30 when not said.
    gold: Option<i64>,
    /// The newest questions that people asked, each once, 0 to 200; 20 when not said.
    recent: Option<i64>,
}

/// Compare two config versions of a chatbot on its gold questions and recent ones. Scope `improvement:write`.
#[utoipa::path(post, path = "/api/v1/chatbots/{id}/replays", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    request_body = ReplayVersions,
    responses((status = 202, body = ReplayView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn replay_versions(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Json(body): Json<ReplayVersions>,
) -> Result<(StatusCode, axum::Json<ReplayView>), Problem> {
    let size = Size { gold: body.gold, recent: body.recent };
    let (before, after) = (body.before_config_version_id, body.after_config_version_id);
    let replay = insight.replay_versions(&caller, id, before, after, size).await.or_problem()?;
    Ok((StatusCode::ACCEPTED, axum::Json(replay.into())))
}

/// Replays of a criticism's proposals, newest first. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/admin-feedback/{id}/replays", tag = "improvement",
    params(("id" = uuid::Uuid, Path, description = "The criticism"), Paging),
    responses((status = 200, body = Page<ReplayView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list_replays(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AdminFeedbackId>,
    Query(query): Query<Paging>,
) -> Result<axum::Json<Page<ReplayView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let rows = insight.replays_of(&caller, id, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(ReplayView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &ReplayView| view.id)))
}

/// One replay, as far as it is. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/replays/{id}", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The replay")),
    responses((status = 200, body = ReplayView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_replay(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ReplayId>,
) -> Result<axum::Json<ReplayView>, Problem> {
    Ok(axum::Json(insight.replay(&caller, id).await.or_problem()?.into()))
}

/// Have a replay go on that is paused or failed: with the questions that are not answered yet. By itself a paused one goes on when
/// there is a budget again, a day later at most. Scope `improvement:write`.
#[utoipa::path(post, path = "/api/v1/replays/{id}/resume", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The replay")),
    responses((status = 202, body = ReplayView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 503, body = Problem)))]
pub async fn resume_replay(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ReplayId>,
) -> Result<(StatusCode, axum::Json<ReplayView>), Problem> {
    let replay = insight.resume_replay(&caller, id).await.or_problem()?;
    Ok((StatusCode::ACCEPTED, axum::Json(replay.into())))
}

/// What a version answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayAnswer {
    answer: String,
    abstained: bool,
    /// Why it broke off, if it did: `model_too_slow`, `internal`.
    broken: Option<String>,
    /// 0..1.
    confidence: f32,
    /// As an answer's, each with `is_right`, null where nobody knows.
    #[schema(value_type = Vec<Object>)]
    citations: Value,
    /// Null: nobody knows what would be right.
    correct: Option<bool>,
    /// Words shared with the expected answer, 0..1.
    overlap: Option<f64>,
    /// Share of its citations that are right, 0..1.
    citation_precision: Option<f64>,
    latency_ms: i32,
    prompt_tokens: i32,
    completion_tokens: i32,
    /// US dollars, as decimal text; null: the model's price is not known.
    cost: Option<String>,
}

impl From<Answered> for ReplayAnswer {
    fn from(answered: Answered) -> Self {
        Self {
            answer: answered.answer,
            abstained: answered.abstained,
            broken: answered.broken,
            confidence: answered.confidence,
            citations: answered.citations,
            correct: answered.is_correct,
            overlap: answered.overlap,
            citation_precision: answered.citation_precision,
            latency_ms: answered.latency_ms,
            prompt_tokens: answered.prompt_tokens,
            completion_tokens: answered.completion_tokens,
            cost: answered.cost,
        }
    }
}

/// A question with what both versions answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayResultView {
    /// From 0.
    place: i32,
    /// `gold` or `recent`.
    kind: String,
    #[schema(value_type = Option<uuid::Uuid>)]
    gold_question_id: Option<GoldQuestionId>,
    /// The message in which somebody asked it.
    #[schema(value_type = Option<uuid::Uuid>)]
    message_id: Option<MessageId>,
    question: String,
    expected_answer: Option<String>,
    expected_source: Option<String>,
    answerable: bool,
    /// Null: not yet.
    before: Option<ReplayAnswer>,
    /// Null: not yet.
    after: Option<ReplayAnswer>,
}

impl From<Compared> for ReplayResultView {
    fn from(Compared { asked, before, after }: Compared) -> Self {
        Self {
            place: asked.place,
            kind: asked.kind,
            gold_question_id: asked.gold_question_id,
            message_id: asked.message_id,
            question: asked.question,
            expected_answer: asked.expected_answer,
            expected_source: asked.expected_source,
            answerable: asked.is_answerable,
            before: before.map(ReplayAnswer::from),
            after: after.map(ReplayAnswer::from),
        }
    }
}

/// A replay's questions with what both versions answered, in their order. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/replays/{id}/results", tag = "improvement",
    params(("id" = uuid::Uuid, Path, description = "The replay"), Paging),
    responses((status = 200, body = Page<ReplayResultView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn replay_results(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ReplayId>,
    Query(query): Query<Paging>,
) -> Result<axum::Json<Page<ReplayResultView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let after = paging::cursor(query.cursor.as_deref())?.unwrap_or(-1);
    let rows = insight.replay_results(&caller, id, after, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(ReplayResultView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &ReplayResultView| view.place)))
}
