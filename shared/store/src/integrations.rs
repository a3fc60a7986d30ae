//! Systems of others that an organization works with.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{IntegrationId, limits};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};

/// A system of others, without its credentials.
#[derive(Debug, Clone)]
pub struct Integration {
    /// Its row.
    pub id: IntegrationId,
    /// `ticket_webhook`.
    pub kind: String,
    /// For people.
    pub name: String,
    /// [`domain::ticketing::Adapter`].
    pub settings: Value,
    /// Whether it is told something of the header `Authorization`.
    pub has_authorization: bool,
    /// Whether anything is sent.
    pub is_enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// What can be said of one.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For people.
    pub name: String,
    /// [`domain::ticketing::Adapter`].
    pub settings: Value,
    /// Whether anything is sent.
    pub is_enabled: bool,
}

/// What it is given and nobody reads, sealed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// What messages are signed with; `None`: it is derived.
    pub secret: Option<&'a [u8]>,
    /// The header `Authorization`.
    pub authorization: Option<&'a [u8]>,
}

/// Integrations, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, before: Option<IntegrationId>, limit: u32) -> Result<Vec<Integration>> {
    find(tx, None, before, limit).await
}

/// One of them.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: IntegrationId) -> Result<Option<Integration>> {
    Ok(find(tx, Some(id), None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<IntegrationId>,
    before: Option<IntegrationId>,
    limit: u32,
) -> Result<Vec<Integration>> {
    let (id, before, limit) = (id.map(|id| id.0), before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[(&id, Type::UUID), (&before, Type::UUID), (&limit, Type::INT8)];
    let from_row = |row: &Row| Integration {
        id: IntegrationId(row.get("id")),
        kind: row.get("kind"),
        name: row.get("name"),
        settings: row.get("settings"),
        has_authorization: row.get("has_authorization"),
        is_enabled: row.get("is_enabled"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    };
    Ok(tx.query(sql!("integrations/list"), params).await?.iter().map(from_row).collect())
}

/// Makes one; `false` when there are as many as there may be.
///
/// # Errors
/// [`crate::Error::Refused`] with `integrations_one_ticket_system` when there is one that tickets go to.
pub async fn create(
    tx: &TenantTx,
    id: IntegrationId,
    kind: &str,
    settings: &Settings,
    credentials: Credentials<'_>,
) -> Result<bool> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&kind, Type::TEXT),
        (&settings.name, Type::TEXT),
        (&settings.settings, Type::JSONB),
        (&settings.is_enabled, Type::BOOL),
        (&credentials.secret, Type::BYTEA),
        (&credentials.authorization, Type::BYTEA),
        (&limits::INTEGRATIONS, Type::INT8),
    ];
    audit::made("integration", id.0);
    Ok(tx.execute(sql!("integrations/create"), params).await? > 0)
}

/// Changes one; of its credentials nothing where `authorization` is `None`.
///
/// # Errors
/// As [`create`].
pub async fn change(
    tx: &TenantTx,
    id: IntegrationId,
    settings: &Settings,
    authorization: Option<Option<&[u8]>>,
) -> Result<()> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&settings.name, Type::TEXT),
        (&settings.settings, Type::JSONB),
        (&settings.is_enabled, Type::BOOL),
        (&authorization.is_some(), Type::BOOL),
        (&authorization.flatten(), Type::BYTEA),
    ];
    tx.execute(sql!("integrations/change"), params).await?;
    Ok(())
}

/// Deletes one, with what was sent to it; `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, id: IntegrationId) -> Result<bool> {
    Ok(tx.execute(sql!("integrations/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}
