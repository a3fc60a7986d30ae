//! Systems of others that the organization works with.

use crate::{
    problems::OrProblem as _,
    wire::{Paging, present},
};
use access::{Bearer, ShownOnce};
use axum::{Extension, extract::State};
use domain::{IntegrationId, ticketing::Adapter};
use http::StatusCode;
use jiff::Timestamp;
use management::{Management, integrations::Given};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::integrations::Integration;
use utoipa::ToSchema;
use web::{Json, Page, PathId, Problem, Query, paging};

/// A system of others. What was sent to it, and what came of that, `GET /api/v1/deliveries?integration_id=` says.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntegrationView {
    #[schema(value_type = uuid::Uuid)]
    id: IntegrationId,
    /// `ticket_webhook`.
    kind: String,
    name: String,
    /// As it was given.
    #[schema(value_type = Object)]
    settings: serde_json::Value,
    /// Whether it is sent a header `Authorization`, which nobody can read here.
    has_authorization: bool,
    is_enabled: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Integration> for IntegrationView {
    fn from(integration: Integration) -> Self {
        Self {
            id: integration.id,
            kind: integration.kind,
            name: integration.name,
            settings: integration.settings,
            has_authorization: integration.has_authorization,
            is_enabled: integration.is_enabled,
            created_at: integration.created_at,
            updated_at: integration.updated_at,
        }
    }
}

/// An integration that was made just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeIntegration {
    /// What its messages are signed with (Standard Webhooks): shown here, once.
    #[schema(example = "whsec_…")]
    secret: String,
    #[serde(flatten)]
    integration: IntegrationView,
}

/// Integrations, newest first. Scope `integrations:read`.
#[utoipa::path(get, path = "/api/v1/integrations", tag = "integrations", params(Paging),
    responses((status = 200, body = Page<IntegrationView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_integrations(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<IntegrationView>>, Problem> {
    let limit = paging::limit(paging.limit)?;
    let before = paging::cursor(paging.cursor.as_deref())?;
    let rows = management.integrations(&caller, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(IntegrationView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &IntegrationView| view.id)))
}

/// One integration. Scope `integrations:read`.
#[utoipa::path(get, path = "/api/v1/integrations/{id}", tag = "integrations", params(("id" = uuid::Uuid, Path, description = "The integration")),
    responses((status = 200, body = IntegrationView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_integration(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<IntegrationId>,
) -> Result<axum::Json<IntegrationView>, Problem> {
    Ok(axum::Json(management.integration(&caller, id).await.or_problem()?.into()))
}

/// What is said of an integration; of a change, what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntegrationBody {
    /// Must be given for a new one: `ticket_webhook`; it stays so.
    kind: Option<String>,
    /// Must be given for a new one.
    #[schema(max_length = 255, example = "Service desk")]
    name: Option<String>,
    /// Must be given for a new one: the requests that news of tickets become. `create` when one is opened, `comment` when an agent
    /// notes or says something, `status` when it is in another state; what is left out is not told. Each has `method` (POST, PUT or
    /// PATCH), `url` and `body`, JSON with variables: `ticket_id`, `external_id`, `session_id`, `chatbot_id`, `reason`, `summary`,
    /// `details`, `priority`, `owner_team`, `assigned_agent`, `status`, `opened_at`, `question` (what was asked last before the ticket
    /// was opened), `transcript` (what was said until then, the newest 20 messages); of a comment `content`, `author`, `is_public`.
    /// A text that is one variable becomes its value. `external_id` of `create`: where its answer names the ticket (a JSON pointer);
    /// `statuses` of `status`: what states are called there, and the only ones that are told.
    #[schema(value_type = Option<Object>, example = json!({
        "create": { "url": "https://desk.example/tickets", "external_id": "/ticket/id",
            "body": { "ticket": { "subject": "{{summary}}", "priority": "{{priority}}", "reference": "{{ticket_id}}" } } },
        "comment": { "method": "PUT", "url": "https://desk.example/tickets/{{external_id}}",
            "body": { "ticket": { "comment": { "body": "{{content}}", "public": "{{is_public}}" } } } },
        "status": { "method": "PUT", "url": "https://desk.example/tickets/{{external_id}}",
            "body": { "ticket": { "status": "{{status}}" } }, "statuses": { "in_progress": "open", "resolved": "solved" } } }))]
    settings: Option<Adapter>,
    /// What the system wants in the header `Authorization`; null takes it away. Sealed, and never shown.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 4096, example = "Bearer …")]
    authorization: Option<Option<String>>,
    /// Whether anything is sent; true when not said.
    is_enabled: Option<bool>,
}

impl From<IntegrationBody> for Given {
    fn from(body: IntegrationBody) -> Self {
        Self {
            kind: body.kind,
            name: body.name,
            settings: body.settings,
            authorization: body.authorization,
            is_enabled: body.is_enabled,
        }
    }
}

/// Make an integration: the system where the organization keeps its tickets. Scope `integrations:write`.
#[utoipa::path(post, path = "/api/v1/integrations", tag = "integrations", request_body = IntegrationBody,
    responses((status = 201, body = MadeIntegration), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_integration(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<IntegrationBody>,
) -> Result<(StatusCode, Extension<ShownOnce>, axum::Json<MadeIntegration>), Problem> {
    let (integration, secret) = management.create_integration(&caller, body.into()).await.or_problem()?;
    let made = MadeIntegration { secret, integration: integration.into() };
    Ok((StatusCode::CREATED, Extension(ShownOnce("secret")), axum::Json(made)))
}

/// Change an integration, or switch it off. Scope `integrations:write`.
#[utoipa::path(patch, path = "/api/v1/integrations/{id}", tag = "integrations", params(("id" = uuid::Uuid, Path, description = "The integration")),
    request_body = IntegrationBody,
    responses((status = 200, body = IntegrationView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change_integration(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<IntegrationId>,
    Json(body): Json<IntegrationBody>,
) -> Result<axum::Json<IntegrationView>, Problem> {
    Ok(axum::Json(management.change_integration(&caller, id, body.into()).await.or_problem()?.into()))
}

/// Delete an integration, with what was sent to it; tickets keep what they are called there. Scope `integrations:write`.
#[utoipa::path(delete, path = "/api/v1/integrations/{id}", tag = "integrations", params(("id" = uuid::Uuid, Path, description = "The integration")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_integration(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<IntegrationId>,
) -> Result<StatusCode, Problem> {
    management.delete_integration(&caller, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
