//! Who is told of alerts, and what was sent.

use crate::{problems::OrProblem as _, wire::Paging};
use access::{Bearer, ShownOnce};
use alerting::{Alerting, GivenTarget, Severity};
use axum::Extension;
use domain::{DeliveryId, EscalationId, IntegrationId, MessageId, NotificationTargetId, SessionId};
use http::StatusCode;
use jiff::Timestamp;
use queue::{ActivityQueue, Bell};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::deliveries::{Delivery, Target, Which};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, one_of, paging};

/// Who is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetView {
    #[schema(value_type = uuid::Uuid)]
    id: NotificationTargetId,
    name: String,
    /// `webhook` or `sns`.
    kind: String,
    /// Where to: a URL, or a topic's ARN.
    address: String,
    /// The least severity that it is told of.
    severity: String,
    is_enabled: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Target> for TargetView {
    fn from(target: Target) -> Self {
        Self {
            id: target.id,
            name: target.name,
            kind: target.kind,
            address: target.address,
            severity: target.severity,
            is_enabled: target.is_enabled,
            created_at: target.created_at,
            updated_at: target.updated_at,
        }
    }
}

/// A target that was made just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeTarget {
    /// What its messages are signed with (Standard Webhooks): shown here, once. Null: a topic, where AWS says who may publish.
    #[schema(example = "whsec_…")]
    secret: Option<String>,
    #[serde(flatten)]
    target: TargetView,
}

/// Targets, newest first. Scope `alerts:read`.
#[utoipa::path(get, path = "/api/v1/notification-targets", tag = "alerts", params(Paging),
    responses((status = 200, body = Page<TargetView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_notification_targets(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<TargetView>>, Problem> {
    let limit = paging::limit(paging.limit)?;
    let before = paging::cursor(paging.cursor.as_deref())?;
    let rows = alerting.targets(&caller, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(TargetView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &TargetView| view.id)))
}

/// One target. Scope `alerts:read`.
#[utoipa::path(get, path = "/api/v1/notification-targets/{id}", tag = "alerts", params(("id" = uuid::Uuid, Path, description = "The target")),
    responses((status = 200, body = TargetView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_notification_target(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<NotificationTargetId>,
) -> Result<axum::Json<TargetView>, Problem> {
    Ok(axum::Json(alerting.target(&caller, id).await.or_problem()?.into()))
}

/// What is said of a target; of a change, what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetBody {
    /// Must be given for a new one.
    #[schema(max_length = 255, example = "on call")]
    name: Option<String>,
    /// `webhook` (when not said) or `sns`; it stays so.
    kind: Option<String>,
    /// Must be given for a new one: an address of the public web; of `sns`, the ARN of the organization's topic.
    #[schema(example = "https://example.org/alerts")]
    address: Option<String>,
    /// The least severity that it is told of: `info` (when not said), `warning` or `critical`.
    #[schema(value_type = Option<String>)]
    severity: Option<Severity>,
    /// Whether anything is sent; true when not said.
    is_enabled: Option<bool>,
}

impl From<TargetBody> for GivenTarget {
    fn from(body: TargetBody) -> Self {
        Self {
            name: body.name,
            kind: body.kind,
            address: body.address,
            severity: body.severity,
            is_enabled: body.is_enabled,
        }
    }
}

/// Make a target: a webhook, or a topic of SNS. Scope `alerts:write`.
#[utoipa::path(post, path = "/api/v1/notification-targets", tag = "alerts", request_body = TargetBody,
    responses((status = 201, body = MadeTarget), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_notification_target(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    Json(body): Json<TargetBody>,
) -> Result<(StatusCode, Extension<ShownOnce>, axum::Json<MadeTarget>), Problem> {
    let (target, secret) = alerting.create_target(&caller, body.into()).await.or_problem()?;
    let made = MadeTarget { secret, target: target.into() };
    Ok((StatusCode::CREATED, Extension(ShownOnce("secret")), axum::Json(made)))
}

/// Change a target, or switch it off. Scope `alerts:write`.
#[utoipa::path(patch, path = "/api/v1/notification-targets/{id}", tag = "alerts", params(("id" = uuid::Uuid, Path, description = "The target")),
    request_body = TargetBody,
    responses((status = 200, body = TargetView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn change_notification_target(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<NotificationTargetId>,
    Json(body): Json<TargetBody>,
) -> Result<axum::Json<TargetView>, Problem> {
    Ok(axum::Json(alerting.change_target(&caller, id, body.into()).await.or_problem()?.into()))
}

/// Delete a target, with what was sent to it. Scope `alerts:write`.
#[utoipa::path(delete, path = "/api/v1/notification-targets/{id}", tag = "alerts", params(("id" = uuid::Uuid, Path, description = "The target")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_notification_target(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<NotificationTargetId>,
) -> Result<StatusCode, Problem> {
    alerting.delete_target(&caller, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}

/// Have something sent to a target, within a minute or two; `GET /api/v1/deliveries` says what came of it. Scope `alerts:write`.
#[utoipa::path(post, path = "/api/v1/notification-targets/{id}/test", tag = "alerts", params(("id" = uuid::Uuid, Path, description = "The target")),
    responses((status = 202), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub async fn test_notification_target(
    Extension(alerting): Extension<Arc<Alerting>>,
    Extension(activity): Extension<ActivityQueue>,
    Bearer(caller): Bearer,
    PathId(id): PathId<NotificationTargetId>,
) -> Result<StatusCode, Problem> {
    let is_first = alerting.test_target(&caller, id).await.or_problem()?;
    Bell::of(activity).ring(is_first, caller.organization()).await;
    Ok(StatusCode::ACCEPTED)
}

/// What was sent, or is to be.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// `webhook-id`; of a ticket, `Idempotency-Key` as well.
    #[schema(value_type = uuid::Uuid)]
    id: DeliveryId,
    /// `notification` of an alert, to a target; `channel`: an agent's reply, to where its conversation is had; `ticket`: news of a
    /// ticket, to the system where the organization keeps them.
    kind: String,
    #[schema(value_type = Option<uuid::Uuid>)]
    target_id: Option<NotificationTargetId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    integration_id: Option<IntegrationId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    escalation_id: Option<EscalationId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    session_id: Option<SessionId>,
    /// The conversation's platform, of an agent's reply.
    channel: Option<String>,
    #[schema(value_type = Option<uuid::Uuid>)]
    message_id: Option<MessageId>,
    /// `alert.triggered`, `alert.acknowledged`, `alert.resolved`, `test`; `agent.replied`; `ticket.create`, `ticket.comment`, `ticket.status`.
    event: String,
    /// The message's `data`; of a ticket nothing, and never anybody's words.
    #[schema(value_type = Object)]
    payload: serde_json::Value,
    /// `pending`, `delivered` or `failed`; `waiting` while nothing sends to the channel.
    status: String,
    attempts: i32,
    /// While it is pending.
    #[schema(value_type = String, format = DateTime)]
    next_attempt_at: Timestamp,
    /// HTTP status of the last answer.
    last_status: Option<i32>,
    last_error: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            kind: delivery.kind,
            target_id: delivery.target,
            integration_id: delivery.integration,
            escalation_id: delivery.escalation,
            session_id: delivery.session,
            channel: delivery.channel,
            message_id: delivery.message,
            event: delivery.event,
            payload: delivery.payload,
            status: delivery.status,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            last_status: delivery.last_status,
            last_error: delivery.last_error,
            delivered_at: delivery.delivered_at,
            created_at: delivery.created_at,
        }
    }
}

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDeliveries {
    /// To this target.
    #[param(value_type = Option<uuid::Uuid>)]
    target_id: Option<NotificationTargetId>,
    /// To this integration.
    #[param(value_type = Option<uuid::Uuid>)]
    integration_id: Option<IntegrationId>,
    /// Of this ticket.
    #[param(value_type = Option<uuid::Uuid>)]
    escalation_id: Option<EscalationId>,
    /// `notification`, `channel` or `ticket`.
    kind: Option<String>,
    /// `pending`, `waiting`, `delivered` or `failed`.
    status: Option<String>,
    /// Of the page before.
    cursor: Option<String>,
    /// 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Deliveries, newest first. Scope `alerts:read`.
#[utoipa::path(get, path = "/api/v1/deliveries", tag = "alerts", params(ListDeliveries),
    responses((status = 200, body = Page<DeliveryView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_deliveries(
    Extension(alerting): Extension<Arc<Alerting>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListDeliveries>,
) -> Result<axum::Json<Page<DeliveryView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    one_of("status", query.status.as_deref(), &["pending", "waiting", "delivered", "failed"])?;
    one_of("kind", query.kind.as_deref(), &["notification", "channel", "ticket"])?;
    let which = Which {
        target: query.target_id,
        integration: query.integration_id,
        escalation: query.escalation_id,
        kind: query.kind.as_deref(),
        status: query.status.as_deref(),
        before: paging::cursor(query.cursor.as_deref())?,
    };
    let rows = alerting.deliveries(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(DeliveryView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &DeliveryView| view.id)))
}
