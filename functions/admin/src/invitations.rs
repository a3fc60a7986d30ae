//! Invitations: list, make, take back.

use crate::{problems::OrProblem as _, wire::Paging};
use access::{Bearer, ShownOnce};
use axum::{Extension, extract::State};
use domain::{InvitationId, UserId};
use http::StatusCode;
use jiff::Timestamp;
use management::{Addressed, Management, invitations::Given};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::invitations::Invitation;
use utoipa::ToSchema;
use web::{Json, Page, PathId, Problem, Query, paging};

/// Who may become a user. The address is not shown: a keyed hash of it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    #[schema(value_type = uuid::Uuid)]
    id: InvitationId,
    /// What the user may do.
    role: &'static str,
    /// Null: there was no key to seal it, so that only a hash is kept; or the key does not answer at present.
    #[schema(example = "ann@example.org")]
    email: Option<String>,
    display_name: Option<String>,
    org_unit: Option<String>,
    /// `user:…` or `api_key:…`; null: the operator.
    invited_by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Null: not yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    accepted_at: Option<Timestamp>,
    /// Who accepted it, while they are a user.
    #[schema(value_type = Option<uuid::Uuid>)]
    user_id: Option<UserId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Addressed<Invitation>> for InvitationView {
    fn from(Addressed { row: invitation, email }: Addressed<Invitation>) -> Self {
        Self {
            id: invitation.id,
            role: invitation.role.as_str(),
            email,
            display_name: invitation.display_name,
            org_unit: invitation.org_unit,
            invited_by: invitation.invited_by,
            expires_at: invitation.expires_at,
            accepted_at: invitation.accepted_at,
            user_id: invitation.user,
            created_at: invitation.created_at,
        }
    }
}

/// Invitations, newest first; accepted and expired ones too. Scope `users:read`.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "users", params(Paging),
    responses((status = 200, body = Page<InvitationView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_invitations(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<InvitationView>>, Problem> {
    let limit = paging::limit(paging.limit)?;
    let before = paging::cursor(paging.cursor.as_deref())?;
    let rows = management.invitations(&caller, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(InvitationView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &InvitationView| view.id)))
}

/// Who is invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvitation {
    /// The address that the identity provider has verified when they sign in. A keyed hash of it is kept and, where the
    /// deployment has a key, the address itself, sealed.
    #[schema(max_length = 320, example = "ann@example.org")]
    email: String,
    /// A role that may do no more than whoever invites.
    #[schema(example = "member")]
    role: String,
    /// By what name the user is listed.
    #[schema(max_length = 255)]
    display_name: Option<String>,
    #[schema(max_length = 255)]
    org_unit: Option<String>,
    /// 1 to 90; 14 when not said.
    #[schema(minimum = 1, maximum = 90)]
    expires_in_days: Option<i64>,
}

/// Invite somebody: with their first valid token whose verified address is this one they are a user. No mail is sent.
/// Scope `users:write`, and every scope of the role.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "users", request_body = CreateInvitation,
    responses((status = 201, body = InvitationView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn create_invitation(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<CreateInvitation>,
) -> Result<(StatusCode, Extension<ShownOnce>, axum::Json<InvitationView>), Problem> {
    let given = Given {
        email: body.email,
        role: body.role,
        display_name: body.display_name,
        org_unit: body.org_unit,
        days: body.expires_in_days,
    };
    let invitation = management.invite(&caller, given, Timestamp::now()).await.or_problem()?;
    // The address is sealed where it lies, so it is not kept in the clear beside it.
    Ok((StatusCode::CREATED, Extension(ShownOnce("email")), axum::Json(invitation.into())))
}

/// Take an invitation back; who accepted it stays a user. Scope `users:write`.
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", tag = "users", params(("id" = uuid::Uuid, Path, description = "The invitation's id")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn withdraw_invitation(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<InvitationId>,
) -> Result<StatusCode, Problem> {
    management.withdraw_invitation(&caller, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
