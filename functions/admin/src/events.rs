//! Events: what happened, and the audit log.

use crate::{problems::OrProblem as _, wire};
use access::Bearer;
use axum::extract::State;
use domain::{ApiKeyId, EventId, SessionId, UserId};
use jiff::Timestamp;
use management::Management;
use serde::{Deserialize, Serialize};
use std::{net::IpAddr, sync::Arc};
use store::events::{Category, Fact, Which};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{Page, Problem, Query, one_of, paging};

/// What `GET /api/v1/events` tells; audit has a route and a scope of its own.
const CATEGORIES: [Category; 4] =
    [Category::System, Category::UserAction, Category::Error, Category::Performance];
const SEVERITIES: [&str; 5] = ["debug", "info", "warning", "error", "critical"];
/// Seconds of 0001-01-01T00:00:00Z: what the database can hold begins not long before.
const YEAR_ONE: i64 = -62_135_596_800;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListEvents {
    /// `system`, `user_action`, `error` or `performance`.
    category: Option<String>,
    /// As in `event_type`: `llm_call`, `document_uploaded` and so on, at most 200 characters.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<String>,
    /// `debug`, `info`, `warning`, `error` or `critical`.
    severity: Option<String>,
    /// About a thing of this kind: `document`, `message` and so on, at most 200 characters.
    resource_type: Option<String>,
    /// About the thing of this id.
    resource: Option<Uuid>,
    /// In this session.
    #[param(value_type = Option<uuid::Uuid>)]
    session: Option<SessionId>,
    /// Then or later.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Before.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// A fact.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    #[schema(value_type = uuid::Uuid)]
    id: EventId,
    /// What happened.
    #[schema(example = "llm_call")]
    event_type: String,
    /// `system`, `user_action`, `error` or `performance`.
    category: String,
    /// `debug`, `info`, `warning`, `error` or `critical`.
    severity: String,
    /// `pending`, `completed` or `failed`.
    status: String,
    /// What kind of thing it is about.
    #[schema(example = "message")]
    resource_type: Option<String>,
    resource_id: Option<Uuid>,
    #[schema(value_type = Option<uuid::Uuid>)]
    session_id: Option<SessionId>,
    /// Figures and ids, by the type of the event.
    #[schema(value_type = Object)]
    payload: serde_json::Value,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Fact> for EventView {
    fn from(fact: Fact) -> Self {
        Self {
            id: fact.id,
            event_type: fact.kind,
            category: fact.category,
            severity: fact.severity,
            status: fact.status,
            resource_type: fact.resource_type,
            resource_id: fact.resource,
            session_id: fact.session,
            payload: fact.payload,
            created_at: fact.created_at,
        }
    }
}

/// What happened, newest first: conversations, model calls, documents, failures. Scope `events:read`.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(ListEvents),
    responses((status = 200, body = Page<EventView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_events(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListEvents>,
) -> Result<axum::Json<Page<EventView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    one_of("category", query.category.as_deref(), &CATEGORIES.map(Category::as_str))?;
    one_of("severity", query.severity.as_deref(), &SEVERITIES)?;
    let wanted = |category: &Category| query.category.as_deref().is_none_or(|only| category.as_str() == only);
    let categories: Vec<Category> = CATEGORIES.into_iter().filter(wanted).collect();
    let (kind, resource_type) =
        (wire::words("type", query.kind)?, wire::words("resource_type", query.resource_type)?);
    let which = Which {
        categories: &categories,
        kind: kind.as_deref(),
        severity: query.severity.as_deref(),
        resource_type: resource_type.as_deref(),
        resource: query.resource,
        session: query.session,
        user: None,
        api_key: None,
        from: moment("from", query.from)?,
        to: moment("to", query.to)?,
        before: paging::cursor(query.cursor.as_deref())?,
    };
    let rows = management.events(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(EventView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &EventView| view.id)))
}

/// Which rows of the audit log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAudit {
    /// As in `event_type`: `chunks_read`, `transcript_read`, `create_api_key` and so on, at most 200 characters.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<String>,
    /// About a thing of this kind: `document`, `user` and so on, at most 200 characters.
    resource_type: Option<String>,
    /// About the thing of this id.
    resource: Option<Uuid>,
    /// About this session.
    #[param(value_type = Option<uuid::Uuid>)]
    session: Option<SessionId>,
    /// By this person.
    #[param(value_type = Option<uuid::Uuid>)]
    user: Option<UserId>,
    /// With this key.
    #[param(value_type = Option<uuid::Uuid>)]
    api_key: Option<ApiKeyId>,
    /// Then or later.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Before.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Who read or changed what.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    #[schema(value_type = uuid::Uuid)]
    id: EventId,
    /// Of a read, what was read: `chunks_read`, `original_read`, `transcript_read`, `attachment_read`, `retrieval_read`,
    /// `ticket_read`, `credentials_read`, `addresses_read`, `identifiers_read` or `audit_read`. Of a change, the operation's id
    /// in the OpenAPI document.
    #[schema(example = "create_api_key")]
    event_type: String,
    /// The person, unless a machine did it.
    #[schema(value_type = Option<uuid::Uuid>)]
    user_id: Option<UserId>,
    /// The key, unless a person did it.
    #[schema(value_type = Option<uuid::Uuid>)]
    api_key_id: Option<ApiKeyId>,
    /// What kind of thing it is about.
    #[schema(example = "api_key")]
    resource_type: Option<String>,
    /// Null: about several of them, or the organization itself.
    resource_id: Option<Uuid>,
    #[schema(value_type = Option<uuid::Uuid>)]
    session_id: Option<SessionId>,
    /// Where the request came from.
    #[schema(value_type = Option<String>, example = "203.0.113.7")]
    ip_address: Option<IpAddr>,
    /// What the calling program said of itself, its first 255 characters.
    user_agent: Option<String>,
    /// By which scope, and what else is named by the path.
    #[schema(value_type = Object)]
    payload: serde_json::Value,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Fact> for AuditView {
    fn from(fact: Fact) -> Self {
        Self {
            id: fact.id,
            event_type: fact.kind,
            user_id: fact.user,
            api_key_id: fact.api_key,
            resource_type: fact.resource_type,
            resource_id: fact.resource,
            session_id: fact.session,
            ip_address: fact.address,
            user_agent: fact.user_agent,
            payload: fact.payload,
            created_at: fact.created_at,
        }
    }
}

/// Who read passages, conversations and credentials, and who changed anything, newest first. Reading it is told as well. Scope
/// `audit:read`.
#[utoipa::path(get, path = "/api/v1/audit", tag = "events", params(ListAudit),
    responses((status = 200, body = Page<AuditView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_audit(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListAudit>,
) -> Result<axum::Json<Page<AuditView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let (kind, resource_type) =
        (wire::words("type", query.kind)?, wire::words("resource_type", query.resource_type)?);
    let which = Which {
        kind: kind.as_deref(),
        resource_type: resource_type.as_deref(),
        resource: query.resource,
        session: query.session,
        user: query.user,
        api_key: query.api_key,
        from: moment("from", query.from)?,
        to: moment("to", query.to)?,
        before: paging::cursor(query.cursor.as_deref())?,
        ..Which::default()
    };
    let rows = management.audit(&caller, which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(AuditView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &AuditView| view.id)))
}

fn moment(name: &str, given: Option<Timestamp>) -> Result<Option<Timestamp>, Problem> {
    if given.is_some_and(|moment| moment.as_second() < YEAR_ONE) {
        let detail = "A moment lies in the years 1 to 9999.";
        return Err(Problem::invalid("invalid-query", format!("?{name}"), detail));
    }
    Ok(given)
}
