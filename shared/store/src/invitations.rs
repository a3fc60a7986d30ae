//! Invitations: who becomes a user with the first token whose verified address matches. Of the address a keyed hash is
//! kept, and beside it the sealed address where there is a key.

use crate::{Database, Error, Result, TenantTx, audit, sql, tenant::Params, users};
use domain::{InvitationId, OrganizationId, Role, UserId};
use jiff::Timestamp;
use tokio_postgres::{Row, types::Type};

/// What an address's keyed hash is bound to.
pub const EMAIL_PURPOSE: &str = "email";

/// The organizations with an open invitation for an address, asked before a tenant is known: one of the doors.
///
/// # Errors
/// [`Error`].
pub async fn organizations_inviting(database: &Database, email_hash: &[u8]) -> Result<Vec<OrganizationId>> {
    let client = database.client().await?;
    let rows = client.query_typed(sql!("invitations/organizations"), &[(&email_hash, Type::BYTEA)]).await;
    database.put_back(client);
    Ok(rows?.iter().map(|row| OrganizationId(row.get(0))).collect())
}

/// What is said of an invitation.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    /// Its row, which the sealed address is bound to.
    pub id: InvitationId,
    /// The address, sealed at its place.
    pub email_sealed: Option<&'a [u8]>,
    /// Keyed hash of the address, bound to [`EMAIL_PURPOSE`].
    pub email_hash: &'a [u8],
    /// What the user may do.
    pub role: Role,
    /// What the user is called.
    pub display_name: Option<&'a str>,
    /// Where the user belongs.
    pub org_unit: Option<&'a str>,
    /// Key or person; `None`: the operator.
    pub invited_by: Option<&'a str>,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// Invites; `false` when there is a user of this address, or an open invitation for it.
///
/// # Errors
/// [`Error`].
pub async fn create(tx: &TenantTx, new: &NewInvitation<'_>) -> Result<bool> {
    let params: Params<'_> = &[
        (&new.id.0, Type::UUID),
        (&new.email_hash, Type::BYTEA),
        (&new.role.as_str(), Type::TEXT),
        (&new.display_name, Type::TEXT),
        (&new.org_unit, Type::TEXT),
        (&new.invited_by, Type::TEXT),
        (&new.expires_at, Type::TIMESTAMPTZ),
        (&new.email_sealed, Type::BYTEA),
    ];
    audit::made("invitation", new.id.0);
    Ok(tx.execute(sql!("invitations/create"), params).await? > 0)
}

/// An invitation as the organization's keepers see it.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its row.
    pub id: InvitationId,
    /// The address, sealed at its place; none where there was no key to seal it.
    pub email_sealed: Option<Vec<u8>>,
    /// What the user may do.
    pub role: Role,
    /// What the user is called.
    pub display_name: Option<String>,
    /// Where the user belongs.
    pub org_unit: Option<String>,
    /// Key or person; `None`: the operator.
    pub invited_by: Option<String>,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// When it was.
    pub accepted_at: Option<Timestamp>,
    /// By whom, while they are a user.
    pub user: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Invitations, newest first, older than `before`; accepted and expired ones too.
///
/// # Errors
/// [`Error`].
pub async fn list(tx: &TenantTx, before: Option<InvitationId>, limit: u32) -> Result<Vec<Invitation>> {
    find(tx, None, before, limit).await
}

/// One invitation.
///
/// # Errors
/// [`Error`].
pub async fn get(tx: &TenantTx, id: InvitationId) -> Result<Option<Invitation>> {
    Ok(find(tx, Some(id), None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<InvitationId>,
    before: Option<InvitationId>,
    limit: u32,
) -> Result<Vec<Invitation>> {
    let params: Params<'_> = &[
        (&id.map(|id| id.0), Type::UUID),
        (&before.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
    ];
    tx.query(sql!("invitations/list"), params).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<Invitation> {
    Ok(Invitation {
        id: InvitationId(row.get("id")),
        email_sealed: row.get("email_ciphertext"),
        role: users::role(row)?,
        display_name: row.get("display_name"),
        org_unit: row.get("org_unit"),
        invited_by: row.get("invited_by"),
        expires_at: row.get("expires_at"),
        accepted_at: row.get("accepted_at"),
        user: row.get::<_, Option<uuid::Uuid>>("user_id").map(UserId),
        created_at: row.get("created_at"),
    })
}

/// Takes an invitation back; who accepted it stays a user. `false` when there is none.
///
/// # Errors
/// [`Error`].
pub async fn delete(tx: &TenantTx, id: InvitationId) -> Result<bool> {
    Ok(tx.execute(sql!("invitations/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}

/// Who accepts.
#[derive(Debug, Clone, Copy)]
pub struct Accepting<'a> {
    /// The row that they get, which the sealed address is bound to.
    pub user: UserId,
    /// The identity provider's name for them.
    pub subject: &'a str,
    /// Keyed hash of the address that it verified.
    pub email_hash: &'a [u8],
    /// That address, sealed at its place.
    pub email_sealed: Option<&'a [u8]>,
}

/// Makes a user of whom the open invitation for this address is for, once. `false` when there is none, or the subject
/// is a user already.
///
/// # Errors
/// [`Error`].
pub async fn accept(tx: &TenantTx, who: Accepting<'_>) -> Result<bool> {
    let params: Params<'_> = &[
        (&who.user.0, Type::UUID),
        (&who.email_hash, Type::BYTEA),
        (&who.subject, Type::TEXT),
        (&who.email_sealed, Type::BYTEA),
    ];
    match tx.execute(sql!("invitations/accept"), params).await {
        Ok(made) => Ok(made > 0),
        Err(Error::Refused { constraint, .. }) if constraint.starts_with("users_organization_id_") => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
