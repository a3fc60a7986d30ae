//! Reviewers' criticism: said, analysed, applied or put aside, and what came of it.

use crate::{problems::OrProblem as _, wire};
use access::Bearer;
use axum::extract::State;
use domain::{AdminFeedbackId, ChatbotId, ConfigVersionId, MessageId, feedback::CRITICISM_STATUSES};
use http::StatusCode;
use insight::{
    Insight,
    impact::{Impact, Side},
    measure::Measured,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use store::admin_feedback::{Criticism, Said};
use utoipa::{IntoParams, ToSchema};
use web::{Json, JsonOrNothing, Page, PathId, Problem, Query, paging};

/// A reviewer's criticism.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminFeedbackView {
    #[schema(value_type = uuid::Uuid)]
    id: AdminFeedbackId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    /// The answer that it is about; null: the chatbot as a whole.
    #[schema(value_type = Option<uuid::Uuid>)]
    message_id: Option<MessageId>,
    feedback_text: String,
    /// `accuracy`, `tone`, `completeness`, `relevance` or `other`.
    feedback_type: String,
    /// `low`, `medium`, `high` or `critical`.
    severity: String,
    context: Option<String>,
    /// `pending`, `completed` (analysed), `applied`, `rejected`, or `rolled_back`: applied, and a version without it answers again.
    status: String,
    /// What was looked at, and by which `method`: `rules`, or `model` where a language model was asked beside them and
    /// answered. `model` says which, its tokens, what it cost, and, where nothing came of it, why (`failed`: `too_slow`,
    /// `unavailable`, `refused`, `unreadable` or `over_budget`); `dropped`, what it said that was out of bounds.
    #[schema(value_type = Object)]
    analysis_results: Value,
    /// Each with `kind`, `from`, `to`, `reason` and the `method` that made it; their places are what is applied.
    #[schema(value_type = Vec<Object>)]
    suggested_improvements: Value,
    /// Those that were followed.
    #[schema(value_type = Vec<Object>)]
    applied_changes: Value,
    /// The settings before the change.
    #[schema(value_type = Object)]
    before_snapshot: Value,
    /// The settings after it.
    #[schema(value_type = Object)]
    after_snapshot: Value,
    #[schema(value_type = Option<uuid::Uuid>)]
    before_config_version_id: Option<ConfigVersionId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    after_config_version_id: Option<ConfigVersionId>,
    /// Why nothing was done.
    rejection_reason: Option<String>,
    created_by: String,
    processed_by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    processed_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    applied_at: Option<Timestamp>,
    /// When it was undone, by whatever had an older version answer; null once its own answers again.
    #[schema(value_type = Option<String>, format = DateTime)]
    rolled_back_at: Option<Timestamp>,
    rolled_back_by: Option<String>,
    /// The version that answered from then on.
    #[schema(value_type = Option<uuid::Uuid>)]
    rolled_back_to_config_version_id: Option<ConfigVersionId>,
}

impl From<Criticism> for AdminFeedbackView {
    fn from(criticism: Criticism) -> Self {
        Self {
            id: criticism.id,
            chatbot_id: criticism.chatbot,
            message_id: criticism.message,
            feedback_text: criticism.text,
            feedback_type: criticism.kind,
            severity: criticism.severity,
            context: criticism.context,
            status: criticism.status,
            analysis_results: criticism.analysis,
            suggested_improvements: criticism.proposals,
            applied_changes: criticism.applied,
            before_snapshot: criticism.before,
            after_snapshot: criticism.after,
            before_config_version_id: criticism.before_config,
            after_config_version_id: criticism.after_config,
            rejection_reason: criticism.rejection,
            created_by: criticism.created_by,
            processed_by: criticism.processed_by,
            created_at: criticism.created_at,
            processed_at: criticism.processed_at,
            applied_at: criticism.applied_at,
            rolled_back_at: criticism.rolled_back_at,
            rolled_back_by: criticism.rolled_back_by,
            rolled_back_to_config_version_id: criticism.rolled_back_to,
        }
    }
}

/// What a reviewer says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Criticise {
    /// The answer that it is about, if it is about one.
    #[schema(value_type = Option<uuid::Uuid>)]
    message_id: Option<MessageId>,
    #[schema(min_length = 1, max_length = 4000)]
    feedback_text: String,
    /// `accuracy`, `tone`, `completeness`, `relevance` or `other` (when not said).
    feedback_type: Option<String>,
    /// `low`, `medium` (when not said), `high` or `critical`.
    severity: Option<String>,
    #[schema(max_length = 4000)]
    context: Option<String>,
}

/// Criticise an answer of a chatbot, or the chatbot as a whole. Scope `improvement:write`.
#[utoipa::path(post, path = "/api/v1/chatbots/{id}/admin-feedback", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    request_body = Criticise,
    responses((status = 201, body = AdminFeedbackView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn criticise(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Json(body): Json<Criticise>,
) -> Result<(StatusCode, axum::Json<AdminFeedbackView>), Problem> {
    let said = Said {
        message: body.message_id,
        text: body.feedback_text,
        kind: body.feedback_type.unwrap_or_else(|| "other".to_owned()),
        severity: body.severity.unwrap_or_else(|| "medium".to_owned()),
        context: body.context,
    };
    let criticism = insight.criticise(&caller, id, said).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(criticism.into())))
}

/// Which criticisms.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminFeedback {
    /// `pending`, `completed`, `applied`, `rejected` or `rolled_back`.
    status: Option<String>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Criticisms of a chatbot, newest first. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/admin-feedback", tag = "improvement",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ListAdminFeedback),
    responses((status = 200, body = Page<AdminFeedbackView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list_admin_feedback(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Query(query): Query<ListAdminFeedback>,
) -> Result<axum::Json<Page<AdminFeedbackView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    wire::one_of("status", query.status.as_deref(), &CRITICISM_STATUSES)?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let rows =
        insight.criticisms(&caller, id, query.status.as_deref(), before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(AdminFeedbackView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &AdminFeedbackView| view.id)))
}

/// One criticism. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/admin-feedback/{id}", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The criticism")),
    responses((status = 200, body = AdminFeedbackView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_admin_feedback(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AdminFeedbackId>,
) -> Result<axum::Json<AdminFeedbackView>, Problem> {
    Ok(axum::Json(insight.criticism(&caller, id).await.or_problem()?.into()))
}

/// Look at the evidence of a criticism (the answer, what was searched, the settings) and propose what would help. By rules, and
/// by a language model beside them where the deployment names one (`AnalysisModel`); where that fails, by rules alone, and it is
/// said why. Scope `improvement:write`.
#[utoipa::path(post, path = "/api/v1/admin-feedback/{id}/analyze", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The criticism")),
    responses((status = 200, body = AdminFeedbackView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn analyze(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AdminFeedbackId>,
) -> Result<axum::Json<AdminFeedbackView>, Problem> {
    Ok(axum::Json(insight.analyse(&caller, id).await.or_problem()?.into()))
}

/// Which proposals are followed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyProposals {
    /// Places in `suggested_improvements`, from 0.
    proposals: Vec<usize>,
    /// Whether they are applied although exactly they were not replayed, or their replay lowers a guarded figure.
    #[serde(default, rename = "override")]
    is_overriding: bool,
    /// Why that is right; kept with the version. Needed with `override`.
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

/// Follow proposals of an analysis: the config version that their replay tried answers from now on. Without a completed replay of
/// exactly these proposals (`not-replayed`), or where it lowers a guarded figure by more than 2 points (`lowers-quality`), only with
/// `override` and a reason. `rollback` undoes it.
/// Scope `chatbots:write`.
#[utoipa::path(post, path = "/api/v1/admin-feedback/{id}/apply", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The criticism")),
    request_body = ApplyProposals,
    responses((status = 200, body = AdminFeedbackView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn apply(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AdminFeedbackId>,
    Json(body): Json<ApplyProposals>,
) -> Result<axum::Json<AdminFeedbackView>, Problem> {
    let overriding = body.is_overriding.then(|| body.reason.unwrap_or_default());
    let applied = insight.apply(&caller, id, &body.proposals, overriding.as_deref()).await;
    Ok(axum::Json(applied.or_problem()?.into()))
}

/// Undo what was applied for a criticism: the version that answered before answers again. Once (`rolled-back-before`), and only while the
/// version that was applied answers (`config-changed`). Scope `chatbots:write`.
#[utoipa::path(post, path = "/api/v1/admin-feedback/{id}/rollback", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The criticism")),
    responses((status = 200, body = AdminFeedbackView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn roll_back_criticism(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AdminFeedbackId>,
) -> Result<axum::Json<AdminFeedbackView>, Problem> {
    Ok(axum::Json(insight.roll_back(&caller, id).await.or_problem()?.into()))
}

/// Why nothing is done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RejectCriticism {
    #[schema(max_length = 2000)]
    reason: Option<String>,
}

/// Put a criticism aside. Scope `improvement:write`.
#[utoipa::path(post, path = "/api/v1/admin-feedback/{id}/reject", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The criticism")),
    request_body = Option<RejectCriticism>,
    responses((status = 200, body = AdminFeedbackView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn reject(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AdminFeedbackId>,
    JsonOrNothing(body): JsonOrNothing<RejectCriticism>,
) -> Result<axum::Json<AdminFeedbackView>, Problem> {
    Ok(axum::Json(insight.reject(&caller, id, body.reason.as_deref()).await.or_problem()?.into()))
}

/// A figure and its 95 % confidence interval.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeasuredView {
    value: f64,
    low: f64,
    high: f64,
}

impl From<Measured> for MeasuredView {
    fn from(measured: Measured) -> Self {
        Self { value: measured.value, low: measured.low, high: measured.high }
    }
}

/// How one config version answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct SideView {
    #[schema(value_type = uuid::Uuid)]
    config_version_id: ConfigVersionId,
    /// Answers that did not break off, those included whose messages are no longer kept.
    answers: i64,
    /// Share that did not abstain, with Wilson's interval; null without answers.
    share_answered: Option<MeasuredView>,
    /// With 1.96 standard errors to either side; null without answers.
    mean_confidence: Option<MeasuredView>,
    /// Thumbs on these answers.
    thumbs: i64,
    /// Share of thumbs that are up, with Wilson's interval; null without thumbs.
    share_liked: Option<MeasuredView>,
}

impl From<Side> for SideView {
    fn from(side: Side) -> Self {
        Self {
            config_version_id: side.version,
            answers: side.answers,
            share_answered: side.answered.map(MeasuredView::from),
            mean_confidence: side.confidence.map(MeasuredView::from),
            thumbs: side.thumbs,
            share_liked: side.liked.map(MeasuredView::from),
        }
    }
}

/// What came of a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImpactView {
    before: SideView,
    after: SideView,
    /// Difference of the shares answered, with Newcombe's interval; null while one side has no answers.
    share_answered_change: Option<MeasuredView>,
    /// What that says: `better` or `worse` where the whole interval is above or below zero, else `no_clear_change`;
    /// `too_few_answers` while a side has fewer than 30.
    verdict: &'static str,
}

impl From<Impact> for ImpactView {
    fn from(impact: Impact) -> Self {
        Self {
            before: impact.before.into(),
            after: impact.after.into(),
            share_answered_change: impact.answered_change.map(MeasuredView::from),
            verdict: impact.verdict.as_str(),
        }
    }
}

/// What came of a criticism that was applied: answers by config version, before and after. Scope `feedback:read`.
#[utoipa::path(get, path = "/api/v1/admin-feedback/{id}/impact", tag = "improvement", params(("id" = uuid::Uuid, Path, description = "The criticism")),
    responses((status = 200, body = ImpactView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn impact(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AdminFeedbackId>,
) -> Result<axum::Json<ImpactView>, Problem> {
    Ok(axum::Json(insight.impact(&caller, id).await.or_problem()?.into()))
}
