//! People of an organization, known by the identity provider's subject.

use crate::{Database, Error, Result, TenantTx, api_keys::Exceeded, sql, tenant::Params};
use domain::{OrganizationId, Role, SessionId, UserId, limits};
use jiff::Timestamp;
use tokio_postgres::{Row, types::Type};

/// What is known of a person who calls.
#[derive(Debug)]
pub struct KnownPerson {
    /// Their row.
    pub id: UserId,
    /// What they may do.
    pub role: Role,
    /// Whether the session that was asked about is theirs.
    pub owns_session: bool,
    /// Whether whoever opened the session that the call is about shared it with the organization.
    pub is_shared: bool,
    /// Set when this call is one too many.
    pub exceeded: Option<Exceeded>,
}

/// The organizations that a subject belongs to, asked before a tenant is known: one of the doors.
///
/// # Errors
/// [`Error`].
pub async fn organizations_of_subject(database: &Database, subject: &str) -> Result<Vec<OrganizationId>> {
    let client = database.client().await?;
    let rows = client.query_typed(sql!("users/organizations"), &[(&subject, Type::TEXT)]).await;
    database.put_back(client);
    Ok(rows?.iter().map(|row| OrganizationId(row.get(0))).collect())
}

/// Looks a person up, notes that they were here, at most once a minute, and takes a token of their bucket.
///
/// # Errors
/// [`Error`].
pub async fn check(tx: &TenantTx, subject: &str, session: Option<SessionId>) -> Result<Option<KnownPerson>> {
    let params: Params<'_> = &[
        (&subject, Type::TEXT),
        (&session.map(|session| session.0), Type::UUID),
        (&limits::PERSON_CALLS_PER_MINUTE, Type::INT4),
    ];
    let Some(row) = tx.query_opt(sql!("users/check"), params).await? else { return Ok(None) };
    Ok(Some(KnownPerson {
        id: UserId(row.get("user_id")),
        role: role(&row)?,
        owns_session: row.get("owns_session"),
        is_shared: row.get("is_shared"),
        exceeded: Exceeded::of(&row, limits::PERSON_CALLS_PER_MINUTE),
    }))
}

/// The user of a subject.
///
/// # Errors
/// [`Error`].
pub async fn of_subject(tx: &TenantTx, subject: &str) -> Result<Option<UserId>> {
    let row = tx.query_opt(sql!("users/of_subject"), &[(&subject, Type::TEXT)]).await?;
    Ok(row.map(|row| UserId(row.get("id"))))
}

/// A person as the organization's keepers see them.
#[derive(Debug, Clone)]
pub struct User {
    /// Their row.
    pub id: UserId,
    /// Their address, sealed at its place; none where there was no key to seal it.
    pub email_sealed: Option<Vec<u8>>,
    /// What they may do.
    pub role: Role,
    /// What they are called.
    pub display_name: Option<String>,
    /// Where in the organization they belong.
    pub org_unit: Option<String>,
    /// To the minute.
    pub last_login: Option<Timestamp>,
    /// When they joined.
    pub created_at: Timestamp,
    /// When they were changed.
    pub updated_at: Timestamp,
}

/// Users, who joined last first: of a role, and older than `before`.
///
/// # Errors
/// [`Error`].
pub async fn list(
    tx: &TenantTx,
    role: Option<Role>,
    before: Option<UserId>,
    limit: u32,
) -> Result<Vec<User>> {
    find(tx, None, role, before, limit).await
}

/// One user.
///
/// # Errors
/// [`Error`].
pub async fn get(tx: &TenantTx, id: UserId) -> Result<Option<User>> {
    Ok(find(tx, Some(id), None, None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<UserId>,
    role: Option<Role>,
    before: Option<UserId>,
    limit: u32,
) -> Result<Vec<User>> {
    let params: Params<'_> = &[
        (&id.map(|id| id.0), Type::UUID),
        (&role.map(Role::as_str), Type::TEXT),
        (&before.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
    ];
    tx.query(sql!("users/list"), params).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<User> {
    Ok(User {
        id: UserId(row.get("id")),
        email_sealed: row.get("email_ciphertext"),
        role: role(row)?,
        display_name: row.get("display_name"),
        org_unit: row.get("org_unit"),
        last_login: row.get("last_login"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

/// A row's column `role`.
pub(crate) fn role(row: &Row) -> Result<Role> {
    row.get::<_, &str>("role").parse().map_err(|error| Error::Unexpected(format!("role: {error}")))
}

/// What is to be changed of a user; what is not named stays, an inner `None` takes away.
#[derive(Debug, Default)]
pub struct Changes {
    /// What they may do.
    pub role: Option<Role>,
    /// What they are called.
    pub display_name: Option<Option<String>>,
    /// Where they belong.
    pub org_unit: Option<Option<String>>,
}

/// Changes a user; `false` when there is none.
///
/// # Errors
/// [`Error`].
pub async fn change(tx: &TenantTx, id: UserId, changes: &Changes) -> Result<bool> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&changes.role.map(Role::as_str), Type::TEXT),
        (&changes.display_name.is_some(), Type::BOOL),
        (&changes.display_name.as_ref().and_then(Option::as_ref), Type::TEXT),
        (&changes.org_unit.is_some(), Type::BOOL),
        (&changes.org_unit.as_ref().and_then(Option::as_ref), Type::TEXT),
    ];
    Ok(tx.execute(sql!("users/change"), params).await? > 0)
}

/// Removes a user: their next call is refused. `false` when there is none.
///
/// # Errors
/// [`Error`].
pub async fn delete(tx: &TenantTx, id: UserId) -> Result<bool> {
    Ok(tx.execute(sql!("users/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}

/// Those who may do everything; their rows are held until the transaction ends.
///
/// # Errors
/// [`Error`].
pub async fn administrators(tx: &TenantTx) -> Result<Vec<UserId>> {
    let rows = tx.query(sql!("users/administrators"), &[]).await?;
    Ok(rows.iter().map(|row| UserId(row.get("id"))).collect())
}
