//! An organization's data keys, sealed: they open nothing without the key management service.

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::DataKeyId;
use jiff::Timestamp;
use tokio_postgres::{Row, types::Type};

/// A data key as KMS gave it out.
#[derive(Debug, Clone)]
pub struct SealedKey {
    /// What sealed values name.
    pub id: DataKeyId,
    /// For KMS alone.
    pub sealed: Vec<u8>,
    /// The key of KMS that opens it.
    pub kms_key_arn: String,
    /// When it was made.
    pub created_at: Timestamp,
}

fn from_row(row: &Row) -> SealedKey {
    SealedKey {
        id: DataKeyId(row.get("id")),
        sealed: row.get("sealed"),
        kms_key_arn: row.get("kms_key_arn"),
        created_at: row.get("created_at"),
    }
}

/// The one that seals; `None` before the first.
///
/// # Errors
/// [`crate::Error`].
pub async fn active(tx: &TenantTx) -> Result<Option<SealedKey>> {
    Ok(tx.query_opt(sql!("data_keys/active"), &[]).await?.as_ref().map(from_row))
}

/// One of the organization's, active or retired.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: DataKeyId) -> Result<Option<SealedKey>> {
    Ok(tx.query_opt(sql!("data_keys/get"), &[(&id.0, Type::UUID)]).await?.as_ref().map(from_row))
}

/// Keeps a new one, which seals from now on; `false` while another does.
///
/// # Errors
/// [`crate::Error`].
pub async fn create(tx: &TenantTx, id: DataKeyId, sealed: &[u8], kms_key_arn: &str) -> Result<bool> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&sealed, Type::BYTEA), (&kms_key_arn, Type::TEXT)];
    Ok(tx.execute(sql!("data_keys/create"), params).await? > 0)
}

/// Has the active one seal no more; `false` when it does not any longer.
///
/// # Errors
/// [`crate::Error`].
pub async fn retire(tx: &TenantTx, id: DataKeyId) -> Result<bool> {
    Ok(tx.execute(sql!("data_keys/retire"), &[(&id.0, Type::UUID)]).await? > 0)
}

/// Whether there are retired ones.
///
/// # Errors
/// [`crate::Error`].
pub async fn has_retired(tx: &TenantTx) -> Result<bool> {
    Ok(tx.query_one(sql!("data_keys/has_retired"), &[]).await?.get("has_retired"))
}

/// Deletes the retired ones that nothing names, once they have been retired for so many hours; how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn destroy(tx: &TenantTx, after_hours: i32) -> Result<u64> {
    tx.execute(sql!("data_keys/destroy"), &[(&after_hours, Type::INT4)]).await
}
