//! What a caller asks for under a key of its own is done once (draft-ietf-httpapi-idempotency-key-header).

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::{Caller, MessageId, limits};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio_postgres::types::Type;

/// A caller's key, and what it was sent with.
#[derive(Debug, Clone)]
pub struct Once {
    /// 1 to [`limits::IDEMPOTENCY_KEY_CHARACTERS`].
    pub key: String,
    /// SHA-256 of method, path and body.
    pub fingerprint: [u8; 32],
}

impl Once {
    /// The key as it is kept. Callers take orders' numbers and people's addresses for keys; to be known again, a hash is enough,
    /// and that of one caller says nothing about another's.
    fn kept(&self, caller: &Caller) -> String {
        let hash = Sha256::new().chain_update(caller.id()).chain_update(&self.key);
        hex::encode(hash.finalize())
    }
}

/// What is known of a key.
#[derive(Debug)]
pub enum Claim {
    /// Nothing: it is the caller's now, and is to be settled or released.
    Ours,
    /// What came of it.
    Settled(Value),
    /// The same is being done at this moment.
    UnderWay,
    /// It stands for something else.
    Other,
}

/// Claims a key for a caller who is known; any other claims nothing.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &TenantTx, caller: &Caller, once: &Once) -> Result<Claim> {
    let (hash, session) = match caller {
        Caller::Key(key) => (Some(key.hash().to_vec()), None),
        Caller::Person { .. } => (None, None),
        Caller::EndUser { session, .. } => (None, Some(session.0)),
    };
    let fingerprint = once.fingerprint.to_vec();
    let params: Params<'_> = &[
        (&caller.id(), Type::UUID),
        (&hash, Type::BYTEA),
        (&once.kept(caller), Type::TEXT),
        (&fingerprint, Type::BYTEA),
        (&limits::IDEMPOTENCY_LEASE_SECONDS, Type::FLOAT8),
        (&limits::IDEMPOTENCY_HOURS, Type::INT4),
        (&caller.subject(), Type::TEXT),
        (&session, Type::UUID),
    ];
    let row = tx.query_one(sql!("idempotency_keys/claim"), params).await?;
    let known: Option<Vec<u8>> = row.get("fingerprint");
    Ok(match (row.get("is_ours"), known, row.get("response")) {
        (true, _, _) => Claim::Ours,
        (false, Some(known), _) if known != fingerprint => Claim::Other,
        (false, Some(_), Some(response)) => Claim::Settled(response),
        (false, _, _) => Claim::UnderWay,
    })
}

/// Keeps what came of it.
///
/// # Errors
/// [`crate::Error`].
pub async fn settle(tx: &TenantTx, caller: &Caller, once: &Once, response: &Value) -> Result<()> {
    let params: Params<'_> =
        &[(&caller.id(), Type::UUID), (&once.kept(caller), Type::TEXT), (response, Type::JSONB)];
    tx.execute(sql!("idempotency_keys/settle"), params).await?;
    Ok(())
}

/// Keeps an answer, with what it cost as its message says.
///
/// # Errors
/// [`crate::Error`].
pub async fn settle_answer(
    tx: &TenantTx,
    caller: &Caller,
    once: &Once,
    answer: &Value,
    message: MessageId,
) -> Result<()> {
    let params: Params<'_> = &[
        (&caller.id(), Type::UUID),
        (&once.kept(caller), Type::TEXT),
        (answer, Type::JSONB),
        (&message.0, Type::UUID),
    ];
    tx.execute(sql!("idempotency_keys/settle_answer"), params).await?;
    Ok(())
}

/// Nothing came of it: the next one may try.
///
/// # Errors
/// [`crate::Error`].
pub async fn release(tx: &TenantTx, caller: &Caller, once: &Once) -> Result<()> {
    tx.execute(
        sql!("idempotency_keys/release"),
        &[(&caller.id(), Type::UUID), (&once.kept(caller), Type::TEXT)],
    )
    .await?;
    Ok(())
}
