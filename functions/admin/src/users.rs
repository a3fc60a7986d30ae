//! Users: who calls, and who belongs to the organization as what.

use crate::{problems::OrProblem as _, wire::present};
use access::Bearer;
use axum::extract::State;
use domain::{Caller, OrganizationId, Role, Scope, UserId};
use http::StatusCode;
use jiff::Timestamp;
use management::{Addressed, Management, users::Given};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::users::User;
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, paging};

/// Who calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    /// `api_key`, `person` or `end_user`.
    kind: &'static str,
    /// The key's id, the user's, or the session's.
    #[schema(value_type = uuid::Uuid)]
    id: uuid::Uuid,
    organization: MyOrganization,
    /// A person's; null for all others.
    #[schema(example = "member")]
    role: Option<&'static str>,
    /// What the caller may do; an end user may talk in the one session, and needs none for it.
    #[schema(example = json!(["chat", "search"]))]
    scopes: Vec<&'static str>,
}

/// The organization that the caller belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyOrganization {
    #[schema(value_type = uuid::Uuid)]
    id: OrganizationId,
    slug: String,
    name: String,
}

/// Who calls, of which organization, and what they may do. For every caller.
#[utoipa::path(get, path = "/api/v1/me", tag = "users",
    params(("Docent-Organization" = Option<String>, Header, description = "Slug; of a person who belongs to several organizations, here and on every other route")),
    responses((status = 200, body = MeView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn me(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
) -> Result<axum::Json<MeView>, Problem> {
    let me = management.me(&caller).await.or_problem()?;
    Ok(axum::Json(MeView {
        kind: match caller {
            Caller::Key(_) => "api_key",
            Caller::Person { .. } => "person",
            Caller::EndUser { .. } => "end_user",
        },
        id: me.id,
        organization: MyOrganization {
            id: caller.organization(),
            slug: me.organization_slug,
            name: me.organization_name,
        },
        role: me.role.map(Role::as_str),
        scopes: me.scopes.into_iter().map(Scope::as_str).collect(),
    }))
}

/// A person of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    #[schema(value_type = uuid::Uuid)]
    id: UserId,
    /// `admin`, `member`, `viewer`, `executive`, `technical`, `client_service`, `client` or `ingest_bot`.
    role: &'static str,
    /// Null: there was no key to seal it when they joined, so that only a hash is kept; or the key does not answer at present.
    #[schema(example = "ann@example.org")]
    email: Option<String>,
    display_name: Option<String>,
    org_unit: Option<String>,
    /// To the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Addressed<User>> for UserView {
    fn from(Addressed { row: user, email }: Addressed<User>) -> Self {
        Self {
            id: user.id,
            role: user.role.as_str(),
            email,
            display_name: user.display_name,
            org_unit: user.org_unit,
            last_login: user.last_login,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListUsers {
    /// One of the roles.
    role: Option<String>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Users, who joined last first. Scope `users:read`.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", params(ListUsers),
    responses((status = 200, body = Page<UserView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_users(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListUsers>,
) -> Result<axum::Json<Page<UserView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let role = query.role.map(|role| role.parse::<Role>()).transpose();
    let role = role.map_err(|_| {
        let known: Vec<&str> = Role::ALL.into_iter().map(Role::as_str).collect();
        Problem::invalid("invalid-query", "?role", format!("A role is one of {}.", known.join(", ")))
    })?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let rows = management.users(&caller, role, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(UserView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &UserView| view.id)))
}

/// One user. Scope `users:read`.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "users", params(("id" = uuid::Uuid, Path, description = "The user's id")),
    responses((status = 200, body = UserView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_user(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<UserId>,
) -> Result<axum::Json<UserView>, Problem> {
    Ok(axum::Json(management.user(&caller, id).await.or_problem()?.into()))
}

/// What is to be changed; what is not named stays, null takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    /// A role that may do no more than whoever gives it.
    #[schema(example = "member")]
    role: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 255)]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 255)]
    org_unit: Option<Option<String>>,
}

/// Change a user; another role counts from their next call on. The last administrator stays one. Scope `users:write`, and
/// every scope of the role that is given.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "users", params(("id" = uuid::Uuid, Path, description = "The user's id")),
    request_body = ChangeUser,
    responses((status = 200, body = UserView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change_user(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<UserId>,
    Json(body): Json<ChangeUser>,
) -> Result<axum::Json<UserView>, Problem> {
    let given = Given {
        role: body.role,
        display_name: body.display_name.map(Option::unwrap_or_default),
        org_unit: body.org_unit.map(Option::unwrap_or_default),
    };
    Ok(axum::Json(management.change_user(&caller, id, given).await.or_problem()?.into()))
}

/// Remove a user; their next call is refused, what they did stays. The last administrator stays. Scope `users:write`.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "users", params(("id" = uuid::Uuid, Path, description = "The user's id")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn remove_user(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<UserId>,
) -> Result<StatusCode, Problem> {
    management.remove_user(&caller, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
