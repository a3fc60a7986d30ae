//! Tenants themselves: found through a door, made by the operator.

use crate::{Database, Error, Result, TenantTx, sql};
use domain::{OrganizationId, organization::Settings};
use jiff::Timestamp;
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

/// The same for daily work that may not come to all of them: each day begins with another one, so that the last are not
/// always the same.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_today(database: &Database) -> Result<Vec<OrganizationId>> {
    let mut all = list(database).await?;
    if !all.is_empty() {
        let day = usize::try_from(Timestamp::now().as_second() / 86_400).unwrap_or_default();
        let first = day.wrapping_mul(7_919) % all.len();
        all.rotate_left(first);
    }
    Ok(all)
}

/// The tenant's own slug.
///
/// # Errors
/// [`crate::Error`].
pub async fn slug(tx: &TenantTx) -> Result<String> {
    Ok(tx.query_one(sql!("organizations/slug"), &[]).await?.get("slug"))
}

/// An organization as it sees itself.
#[derive(Debug, Clone)]
pub struct Organization {
    /// The tenant.
    pub id: OrganizationId,
    /// For people.
    pub name: String,
    /// The first part of its documents' keys.
    pub slug: String,
    /// As the operator says.
    pub subscription_tier: String,
    /// What can be changed.
    pub settings: Settings,
    /// What answers took today, since there is a budget.
    pub spent_tokens: i64,
    /// US dollars, as decimal text.
    pub spent_cost: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// The tenant's own row.
///
/// # Errors
/// [`Error::Unexpected`] when its settings cannot be read.
pub async fn get(tx: &TenantTx) -> Result<Organization> {
    let row = tx.query_one(sql!("organizations/get"), &[]).await?;
    Ok(Organization {
        id: OrganizationId(row.get("id")),
        name: row.get("name"),
        slug: row.get("slug"),
        subscription_tier: row.get("subscription_tier"),
        settings: serde_json::from_value(row.get("settings"))
            .map_err(|error| Error::Unexpected(format!("settings: {error}")))?,
        spent_tokens: row.get("spent_tokens"),
        spent_cost: row.get("spent_cost"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

/// Keeps others from changing the tenant's own row until this transaction ends.
///
/// # Errors
/// [`Error`].
pub async fn lock(tx: &TenantTx) -> Result<()> {
    tx.query_one(sql!("organizations/lock"), &[]).await?;
    Ok(())
}

/// Changes the tenant's own row.
///
/// # Errors
/// [`Error`].
pub async fn change(tx: &TenantTx, name: &str, settings: &Settings) -> Result<()> {
    let settings = serde_json::json!(settings);
    tx.execute(sql!("organizations/change"), &[(&name, Type::TEXT), (&settings, Type::JSONB)]).await?;
    Ok(())
}

/// Whether the database knows a time zone of this name.
///
/// # Errors
/// [`Error`].
pub async fn knows_time_zone(tx: &TenantTx, name: &str) -> Result<bool> {
    Ok(tx.query_one(sql!("organizations/knows_time_zone"), &[(&name, Type::TEXT)]).await?.get("is_known"))
}
