//! API keys: list, get, make, revoke.

use crate::{problems::OrProblem as _, wire::Paging};
use access::{Bearer, ShownOnce};
use axum::{Extension, extract::State};
use domain::ApiKeyId;
use http::StatusCode;
use jiff::Timestamp;
use management::{Management, api_keys::Wanted};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::api_keys::KeptKey;
use utoipa::ToSchema;
use web::{Json, Page, PathId, Problem, Query, paging};

/// A machine's credential, as its keepers see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyView {
    #[schema(value_type = uuid::Uuid)]
    id: ApiKeyId,
    name: String,
    /// What it may do.
    #[schema(example = json!(["chat", "search"]))]
    scopes: Vec<String>,
    /// Calls a minute, and at once, that are let in; over it: 429.
    rate_limit_per_minute: i32,
    /// Null: it does not expire.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// To the minute; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// Null: it works.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<KeptKey> for ApiKeyView {
    fn from(key: KeptKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            scopes: key.scopes,
            rate_limit_per_minute: key.rate_limit_per_minute,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
            created_at: key.created_at,
            updated_at: key.updated_at,
        }
    }
}

/// A key that was made just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeApiKey {
    /// The key itself: shown here, once; only a hash of it is kept. Null when the same answer is given again under an
    /// `Idempotency-Key`.
    #[schema(example = "dk_…")]
    api_key: String,
    #[serde(flatten)]
    kept: ApiKeyView,
}

/// Keys, newest first, revoked ones too. Scope `api-keys:read`.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "api keys", params(Paging),
    responses((status = 200, body = Page<ApiKeyView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_api_keys(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<ApiKeyView>>, Problem> {
    let limit = paging::limit(paging.limit)?;
    let before = paging::cursor(paging.cursor.as_deref())?;
    let rows = management.api_keys(&caller, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(ApiKeyView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &ApiKeyView| view.id)))
}

/// One key. Scope `api-keys:read`.
#[utoipa::path(get, path = "/api/v1/api-keys/{id}", tag = "api keys", params(("id" = uuid::Uuid, Path, description = "The key's id")),
    responses((status = 200, body = ApiKeyView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_api_key(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ApiKeyId>,
) -> Result<axum::Json<ApiKeyView>, Problem> {
    Ok(axum::Json(management.api_key(&caller, id).await.or_problem()?.into()))
}

/// A new key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiKey {
    /// For people.
    #[schema(max_length = 255, example = "website")]
    name: String,
    /// What it may do: no more than the key that makes it.
    #[schema(example = json!(["chat", "search"]))]
    scopes: Vec<String>,
    /// Calls a minute, 1 to 1,000,000; 3,000 when not said.
    #[schema(minimum = 1, maximum = 1_000_000)]
    rate_limit_per_minute: Option<i64>,
    /// When it stops working; never when not said.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Make a key. Scope `api-keys:write`, and every scope that it is given.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "api keys", request_body = CreateApiKey,
    responses((status = 201, body = MadeApiKey), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn create_api_key(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<CreateApiKey>,
) -> Result<(StatusCode, Extension<ShownOnce>, axum::Json<MadeApiKey>), Problem> {
    let wanted = Wanted {
        name: body.name,
        scopes: body.scopes,
        rate_limit_per_minute: body.rate_limit_per_minute,
        expires_at: body.expires_at,
    };
    let (made, kept) = management.create_api_key(&caller, wanted, Timestamp::now()).await.or_problem()?;
    let shown = MadeApiKey { api_key: made.reveal(), kept: kept.into() };
    Ok((StatusCode::CREATED, Extension(ShownOnce("api_key")), axum::Json(shown)))
}

/// Revoke a key; its next call is refused. Scope `api-keys:write`.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "api keys", params(("id" = uuid::Uuid, Path, description = "The key's id")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn revoke_api_key(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    management.revoke_api_key(&caller, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
