//! Machines' credentials: hashes only.

use crate::{Result, TenantTx, sql};
use domain::{ApiKey, Scope};
use tokio_postgres::types::Type;

/// What is known of a presented key.
#[derive(Debug)]
pub struct KnownKey {
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Neither revoked nor expired.
    pub is_live: bool,
}

impl KnownKey {
    /// Whether the key's bearer is who the key says.
    #[must_use]
    pub fn admits(&self, key: &ApiKey) -> bool {
        self.is_live && key.matches(&self.hash)
    }

    /// Whether it may do this.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|held| held == scope.as_str())
    }
}

/// Looks a key up and notes its use, at most once a minute.
///
/// # Errors
/// [`crate::Error`].
pub async fn look_up(tx: &TenantTx, key: &ApiKey) -> Result<Option<KnownKey>> {
    let row = tx
        .query_opt(sql!("api_keys/look_up"), &[(&key.id.0, Type::UUID), (&key.hash().to_vec(), Type::BYTEA)])
        .await?;
    Ok(row.map(|row| KnownKey {
        hash: row.get("hash"),
        scopes: row.get("scopes"),
        is_live: row.get("is_live"),
    }))
}

/// Keeps a new key's hash.
///
/// # Errors
/// [`crate::Error`].
pub async fn create(tx: &TenantTx, key: &ApiKey, name: &str, scopes: &[Scope]) -> Result<()> {
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    tx.execute(
        sql!("api_keys/create"),
        &[
            (&key.id.0, Type::UUID),
            (&name, Type::TEXT),
            (&key.hash().to_vec(), Type::BYTEA),
            (&scopes, Type::TEXT_ARRAY),
        ],
    )
    .await?;
    Ok(())
}

/// Revokes a key at once. `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn revoke(tx: &TenantTx, id: domain::ApiKeyId) -> Result<bool> {
    Ok(tx.execute(sql!("api_keys/revoke"), &[(&id.0, Type::UUID)]).await? > 0)
}
