//! Machines' credentials: hashes only. A key's check takes a token of its bucket, in the same statement.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{ApiKey, ApiKeyId, Scope, limits};
use jiff::Timestamp;
use tokio_postgres::{Row, types::Type};

/// What is known of a presented key.
#[derive(Debug)]
pub struct KnownKey {
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Neither revoked nor expired.
    pub is_live: bool,
    /// Set when this call is one too many.
    pub exceeded: Option<Exceeded>,
}

/// A rate limit that a call went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Calls a minute, and at once.
    pub per_minute: u32,
    /// Seconds until another one is let in.
    pub retry_after_seconds: u32,
}

impl Exceeded {
    /// What a check says of the bucket that it took a token of.
    pub(crate) fn of(row: &Row, per_minute: i32) -> Option<Self> {
        let unsigned = |number: i32| u32::try_from(number).unwrap_or_default();
        row.get::<_, Option<bool>>("is_exceeded").unwrap_or_default().then(|| Self {
            per_minute: unsigned(per_minute),
            retry_after_seconds: unsigned(row.get("retry_after_seconds")),
        })
    }
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

/// Looks a key up, notes its use, at most once a minute, and takes a token of its bucket.
///
/// # Errors
/// [`crate::Error`].
pub async fn look_up(tx: &TenantTx, key: &ApiKey) -> Result<Option<KnownKey>> {
    let hash = key.hash().to_vec();
    let params: Params<'_> =
        &[(&key.id.0, Type::UUID), (&hash, Type::BYTEA), (&limits::KEY_CALLS_PER_MINUTE, Type::INT4)];
    let row = tx.query_opt(sql!("api_keys/look_up"), params).await?;
    Ok(row.map(|row| KnownKey {
        hash: row.get("hash"),
        scopes: row.get("scopes"),
        is_live: row.get("is_live"),
        exceeded: Exceeded::of(&row, row.get("per_minute")),
    }))
}

/// What is said of a new key.
#[derive(Debug, Clone, Default)]
pub struct NewKey<'a> {
    /// For people.
    pub name: &'a str,
    /// What it may do.
    pub scopes: &'a [Scope],
    /// Calls a minute; [`limits::KEY_CALLS_PER_MINUTE`] when not said.
    pub rate_limit_per_minute: Option<i32>,
    /// When it stops working; never when not said.
    pub expires_at: Option<Timestamp>,
}

/// Keeps a new key's hash.
///
/// # Errors
/// [`crate::Error`].
pub async fn create(tx: &TenantTx, key: &ApiKey, new: &NewKey<'_>) -> Result<()> {
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    tx.execute(
        sql!("api_keys/create"),
        &[
            (&key.id.0, Type::UUID),
            (&new.name, Type::TEXT),
            (&key.hash().to_vec(), Type::BYTEA),
            (&scopes, Type::TEXT_ARRAY),
            (&new.rate_limit_per_minute, Type::INT4),
            (&new.expires_at, Type::TIMESTAMPTZ),
        ],
    )
    .await?;
    audit::made("api_key", key.id.0);
    Ok(())
}

/// A key as its keepers see it: never its secret, of which a hash alone is kept.
#[derive(Debug, Clone)]
pub struct KeptKey {
    /// Its row; stands in the clear in the key.
    pub id: ApiKeyId,
    /// For people.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Calls a minute, as enforced.
    pub rate_limit_per_minute: i32,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
    /// Since when it does not work any more.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// Keys, newest first, older than `before`.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, before: Option<ApiKeyId>, limit: u32) -> Result<Vec<KeptKey>> {
    find(tx, None, before, limit).await
}

/// One key.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: ApiKeyId) -> Result<Option<KeptKey>> {
    Ok(find(tx, Some(id), None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<ApiKeyId>,
    before: Option<ApiKeyId>,
    limit: u32,
) -> Result<Vec<KeptKey>> {
    let (id, before, limit) = (id.map(|id| id.0), before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[
        (&id, Type::UUID),
        (&before, Type::UUID),
        (&limit, Type::INT8),
        (&limits::KEY_CALLS_PER_MINUTE, Type::INT4),
    ];
    Ok(tx.query(sql!("api_keys/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> KeptKey {
    KeptKey {
        id: ApiKeyId(row.get("id")),
        name: row.get("name"),
        scopes: row.get("scopes"),
        rate_limit_per_minute: row.get("rate_limit_per_minute"),
        expires_at: row.get("expires_at"),
        last_used_at: row.get("last_used_at"),
        revoked_at: row.get("revoked_at"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// Revokes a key at once. `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn revoke(tx: &TenantTx, id: ApiKeyId) -> Result<bool> {
    Ok(tx.execute(sql!("api_keys/revoke"), &[(&id.0, Type::UUID)]).await? > 0)
}
