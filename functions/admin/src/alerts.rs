//! Rules on what happens, and what they found.

use crate::{problems::OrProblem as _, wire::Paging};
use access::Bearer;
use alerting::{Alerting, GivenRule, Rule, Transition};
use axum::Extension;
use domain::{AlertId, AlertRuleId};
use http::StatusCode;
use jiff::Timestamp;
use queue::{ActivityQueue, Bell};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{
    alert_rules::AlertRule,
    alerts::{Alert, Which},
};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, one_of, paging};

/// A rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertRuleView {
    #[schema(value_type = uuid::Uuid)]
    id: AlertRuleId,
    name: String,
    /// As it was given, with its defaults.
    #[schema(value_type = Object)]
    rule: serde_json::Value,
    is_enabled: bool,
    /// Which of the rules that every organization has; null: the organization's own.
    builtin: Option<String>,
    /// Whether an alert of it is not resolved.
    is_firing: bool,
    /// Since when its condition holds, while it waits for `for_minutes`.
    #[schema(value_type = Option<String>, format = DateTime)]
    pending_since: Option<Timestamp>,
    /// What was measured last; null: nothing was known.
    last_value: Option<f64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    evaluated_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<AlertRule> for AlertRuleView {
    fn from(rule: AlertRule) -> Self {
        Self {
            id: rule.id,
            name: rule.name,
            rule: rule.rule,
            is_enabled: rule.is_enabled,
            builtin: rule.builtin,
            is_firing: rule.is_firing,
            pending_since: rule.pending_since,
            last_value: rule.last_value,
            evaluated_at: rule.evaluated_at,
            created_at: rule.created_at,
            updated_at: rule.updated_at,
        }
    }
}

/// Rules, newest first; those that every organization has are among them. Scope `alerts:read`.
#[utoipa::path(get, path = "/api/v1/alert-rules", tag = "alerts", params(Paging),
    responses((status = 200, body = Page<AlertRuleView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_alert_rules(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<AlertRuleView>>, Problem> {
    let limit = paging::limit(paging.limit)?;
    let before = paging::cursor(paging.cursor.as_deref())?;
    let rows = alerting.rules(&caller, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(AlertRuleView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &AlertRuleView| view.id)))
}

/// One rule. Scope `alerts:read`.
#[utoipa::path(get, path = "/api/v1/alert-rules/{id}", tag = "alerts", params(("id" = uuid::Uuid, Path, description = "The rule")),
    responses((status = 200, body = AlertRuleView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_alert_rule(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AlertRuleId>,
) -> Result<axum::Json<AlertRuleView>, Problem> {
    Ok(axum::Json(alerting.rule(&caller, id).await.or_problem()?.into()))
}

/// What is said of a rule; of a change, what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertRuleBody {
    /// Must be given for a new one.
    #[schema(max_length = 255, example = "Answers break off")]
    name: Option<String>,
    /// Must be given for a new one. `metric` with `aggregation`: `answers` count; `failed_answers`, `abstained_answers`,
    /// `negative_feedback`, `failed_documents` count or share; `response_ms` mean or p95; `confidence` mean; `cost`, `tokens` sum, or
    /// share of the daily budget. `comparison`: above, at_least, below, at_most. `severity`: info, warning, critical.
    #[schema(value_type = Option<Object>, example = json!({ "metric": "failed_answers", "aggregation": "share", "window_minutes": 15,
        "comparison": "above", "threshold": 0.2, "for_minutes": 5, "clear_at": 0.1, "clear_for_minutes": 5, "minimum": 5,
        "missing": "keep", "severity": "critical", "filter": { "chatbot_id": null } }))]
    rule: Option<Rule>,
    /// Whether it is evaluated; true when not said.
    is_enabled: Option<bool>,
}

impl From<AlertRuleBody> for GivenRule {
    fn from(body: AlertRuleBody) -> Self {
        Self { name: body.name, rule: body.rule, is_enabled: body.is_enabled }
    }
}

/// Make a rule. Scope `alerts:write`.
#[utoipa::path(post, path = "/api/v1/alert-rules", tag = "alerts", request_body = AlertRuleBody,
    responses((status = 201, body = AlertRuleView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_alert_rule(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    Json(body): Json<AlertRuleBody>,
) -> Result<(StatusCode, axum::Json<AlertRuleView>), Problem> {
    let rule = alerting.create_rule(&caller, body.into()).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(rule.into())))
}

/// Change a rule, or switch it off. Scope `alerts:write`.
#[utoipa::path(patch, path = "/api/v1/alert-rules/{id}", tag = "alerts", params(("id" = uuid::Uuid, Path, description = "The rule")),
    request_body = AlertRuleBody,
    responses((status = 200, body = AlertRuleView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn change_alert_rule(
    Extension(alerting): Extension<Arc<Alerting>>,
    Extension(activity): Extension<ActivityQueue>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AlertRuleId>,
    Json(body): Json<AlertRuleBody>,
) -> Result<axum::Json<AlertRuleView>, Problem> {
    let (rule, is_first) = alerting.change_rule(&caller, id, body.into()).await.or_problem()?;
    Bell::of(activity).ring(is_first, caller.organization()).await;
    Ok(axum::Json(rule.into()))
}

/// Delete a rule of the organization's own; its alerts stay. Scope `alerts:write`.
#[utoipa::path(delete, path = "/api/v1/alert-rules/{id}", tag = "alerts", params(("id" = uuid::Uuid, Path, description = "The rule")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub async fn delete_alert_rule(
    Extension(alerting): Extension<Arc<Alerting>>,
    Extension(activity): Extension<ActivityQueue>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AlertRuleId>,
) -> Result<StatusCode, Problem> {
    let is_first = alerting.delete_rule(&caller, id).await.or_problem()?;
    Bell::of(activity).ring(is_first, caller.organization()).await;
    Ok(StatusCode::NO_CONTENT)
}

/// A rule that is tried on what was.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewAlertRule {
    #[schema(value_type = Object)]
    rule: Rule,
    /// 1 to 7, for windows of 1, 2, 3 and 4 minutes 1, 2, 4 and 5 at most; as many as there may be when not said.
    #[schema(minimum = 1, maximum = 7)]
    days: Option<i64>,
}

/// What a rule would have found: looked at as often as its window is long, and every five minutes when that is longer; of a window
/// over a day every 288th part of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewView {
    transitions: Vec<TransitionView>,
    points: Vec<PointView>,
}

/// What would have changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitionView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `triggered` or `resolved`.
    status: &'static str,
}

/// What was measured.
#[derive(Debug, Serialize, ToSchema)]
pub struct PointView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Null: nothing was known.
    value: Option<f64>,
}

/// Try a rule on the last days; nothing is kept. Scope `alerts:read`.
#[utoipa::path(post, path = "/api/v1/alert-rules/preview", tag = "alerts", request_body = PreviewAlertRule,
    responses((status = 200, body = PreviewView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn preview_alert_rule(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    Json(body): Json<PreviewAlertRule>,
) -> Result<axum::Json<PreviewView>, Problem> {
    let preview = alerting.preview(&caller, &body.rule, body.days, Timestamp::now()).await.or_problem()?;
    let status = |transition| match transition {
        Transition::Triggered => "triggered",
        Transition::Resolved => "resolved",
    };
    let transitions = preview.transitions.into_iter();
    Ok(axum::Json(PreviewView {
        transitions: transitions.map(|(at, one)| TransitionView { at, status: status(one) }).collect(),
        points: preview.points.into_iter().map(|one| PointView { at: one.at, value: one.value }).collect(),
    }))
}

/// One firing of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertView {
    #[schema(value_type = uuid::Uuid)]
    id: AlertId,
    /// Null: the rule was deleted.
    #[schema(value_type = Option<uuid::Uuid>)]
    rule_id: Option<AlertRuleId>,
    /// The rule's name when it fired.
    name: String,
    /// The rule when it fired.
    #[schema(value_type = Object)]
    rule: serde_json::Value,
    /// `info`, `warning` or `critical`.
    severity: String,
    /// `triggered`, `acknowledged` or `resolved`.
    status: String,
    /// What was measured then.
    value: f64,
    #[schema(value_type = String, format = DateTime)]
    triggered_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    acknowledged_at: Option<Timestamp>,
    acknowledged_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    resolved_at: Option<Timestamp>,
    /// Null: nobody, its condition was over.
    resolved_by: Option<String>,
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        Self {
            id: alert.id,
            rule_id: alert.rule_id,
            name: alert.name,
            rule: alert.rule,
            severity: alert.severity,
            status: alert.status,
            value: alert.value,
            triggered_at: alert.triggered_at,
            acknowledged_at: alert.acknowledged_at,
            acknowledged_by: alert.acknowledged_by,
            resolved_at: alert.resolved_at,
            resolved_by: alert.resolved_by,
        }
    }
}

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAlerts {
    /// `triggered`, `acknowledged` or `resolved`.
    status: Option<String>,
    /// `info`, `warning` or `critical`.
    severity: Option<String>,
    /// Of the page before.
    cursor: Option<String>,
    /// 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Alerts, newest first. Scope `alerts:read`.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", params(ListAlerts),
    responses((status = 200, body = Page<AlertView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_alerts(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListAlerts>,
) -> Result<axum::Json<Page<AlertView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    one_of("status", query.status.as_deref(), &["triggered", "acknowledged", "resolved"])?;
    one_of("severity", query.severity.as_deref(), &["info", "warning", "critical"])?;
    let which = Which {
        id: None,
        status: query.status.as_deref(),
        severity: query.severity.as_deref(),
        before: paging::cursor(query.cursor.as_deref())?,
    };
    let rows = alerting.alerts(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(AlertView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &AlertView| view.id)))
}

/// Say that somebody deals with an alert. Scope `alerts:write`.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "alerts", params(("id" = uuid::Uuid, Path, description = "The alert")),
    responses((status = 200, body = AlertView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub async fn acknowledge_alert(
    Extension(alerting): Extension<Arc<Alerting>>,
    Extension(activity): Extension<ActivityQueue>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AlertId>,
) -> Result<axum::Json<AlertView>, Problem> {
    let (alert, is_first) = alerting.acknowledge(&caller, id).await.or_problem()?;
    Bell::of(activity).ring(is_first, caller.organization()).await;
    Ok(axum::Json(alert.into()))
}

/// Say that an alert is over; it begins anew when its condition still holds. Scope `alerts:write`.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/resolve", tag = "alerts", params(("id" = uuid::Uuid, Path, description = "The alert")),
    responses((status = 200, body = AlertView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn resolve_alert(
    Extension(alerting): Extension<Arc<Alerting>>,
    Extension(activity): Extension<ActivityQueue>,
    Bearer(caller): Bearer,
    PathId(id): PathId<AlertId>,
) -> Result<axum::Json<AlertView>, Problem> {
    let (alert, is_first) = alerting.resolve(&caller, id).await.or_problem()?;
    Bell::of(activity).ring(is_first, caller.organization()).await;
    Ok(axum::Json(alert.into()))
}
