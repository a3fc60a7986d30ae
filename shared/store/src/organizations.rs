//! Tenants themselves: found through a door, made by the operator.

use crate::{Database, Result, TenantTx, sql, tenant::Params};
use domain::{OrganizationId, limits};
use tokio_postgres::types::Type;

/// The organization of a slug, asked before a tenant is known: one of the doors.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_slug(database: &Database, slug: &str) -> Result<Option<OrganizationId>> {
    let client = database.client().await?;
    let rows = client.query_typed(sql!("organizations/of_slug"), &[(&slug, Type::TEXT)]).await;
    database.put_back(client);
    Ok(rows?.first().and_then(|row| row.get::<_, Option<uuid::Uuid>>(0)).map(OrganizationId))
}

/// Makes an organization. Works only on the owner's connection; the rest of the transaction goes on as the
/// application's role, so that what the operator makes obeys the same walls as everything else.
///
/// # Errors
/// [`crate::Error::Refused`] with `organizations_slug_key` when the slug is taken.
pub async fn create(tx: &TenantTx, name: &str, slug: &str) -> Result<()> {
    let id = tx.organization().0;
    tx.execute(sql!("organizations/create"), &[(&id, Type::UUID), (&name, Type::TEXT), (&slug, Type::TEXT)])
        .await?;
    tx.execute(sql!("organizations/act_as_application"), &[]).await?;
    Ok(())
}

/// All organizations, for what a clock starts: one of the doors.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(database: &Database) -> Result<Vec<OrganizationId>> {
    let client = database.client().await?;
    let rows = client.query_typed(sql!("organizations/list"), &[]).await;
    database.put_back(client);
    Ok(rows?.iter().map(|row| OrganizationId(row.get(0))).collect())
}

/// The tenant's own slug.
///
/// # Errors
/// [`crate::Error`].
pub async fn slug(tx: &TenantTx) -> Result<String> {
    Ok(tx.query_one(sql!("organizations/slug"), &[]).await?.get("slug"))
}

/// The tenant as it is called: slug, and name for people.
///
/// # Errors
/// [`crate::Error`].
pub async fn about(tx: &TenantTx) -> Result<(String, String)> {
    let row = tx.query_one(sql!("organizations/about"), &[]).await?;
    Ok((row.get("slug"), row.get("name")))
}

/// Hours for which a session's token is good, 0 to [`limits::SESSION_TOKEN_HOURS_MOST`].
///
/// # Errors
/// [`crate::Error`].
pub async fn session_hours(tx: &TenantTx) -> Result<f64> {
    let (usual, most) = (f64::from(limits::SESSION_TOKEN_HOURS), f64::from(limits::SESSION_TOKEN_HOURS_MOST));
    let params: Params<'_> = &[(&usual, Type::FLOAT8), (&most, Type::FLOAT8)];
    Ok(tx.query_one(sql!("organizations/session_hours"), params).await?.get("hours"))
}
