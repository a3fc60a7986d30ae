//! Sealed values, column by column: found by the data key that sealed them, and replaced.

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::{DataKeyId, InvitationId, UserId, sealed::Column};
use tokio_postgres::types::Type;
use uuid::Uuid;

/// A sealed value where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// The row.
    pub row: Uuid,
    /// What it holds.
    pub sealed: Vec<u8>,
}

/// Values of a column that another data key than `current` sealed, in the order of their rows, after one.
///
/// # Errors
/// [`crate::Error`].
pub async fn stale(
    tx: &TenantTx,
    column: Column,
    current: DataKeyId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Lying>> {
    let params: Params<'_> = &[
        (&column.as_str(), Type::TEXT),
        (&current.0, Type::UUID),
        (&after, Type::UUID),
        (&i64::from(limit), Type::INT8),
    ];
    let rows = tx.query(sql!("sealed/stale"), params).await?;
    Ok(rows.iter().map(|row| Lying { row: row.get("id"), sealed: row.get("sealed") }).collect())
}

/// Puts new values (`.1`) where these still lie; how many did.
///
/// # Errors
/// [`crate::Error`].
pub async fn replace(tx: &TenantTx, column: Column, values: &[(Lying, Vec<u8>)]) -> Result<u64> {
    let rows: Vec<Uuid> = values.iter().map(|(lying, _)| lying.row).collect();
    let was: Vec<&[u8]> = values.iter().map(|(lying, _)| lying.sealed.as_slice()).collect();
    let becomes: Vec<&[u8]> = values.iter().map(|(_, sealed)| sealed.as_slice()).collect();
    let params: Params<'_> = &[
        (&column.as_str(), Type::TEXT),
        (&rows, Type::UUID_ARRAY),
        (&was, Type::BYTEA_ARRAY),
        (&becomes, Type::BYTEA_ARRAY),
    ];
    let replaced: i64 = tx.query_one(sql!("sealed/replace"), params).await?.get("replaced");
    Ok(replaced.unsigned_abs())
}

/// A user whose address lies sealed at their invitation alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Who lacks it.
    pub user: UserId,
    /// Where it lies.
    pub invitation: InvitationId,
    /// What lies there.
    pub sealed: Vec<u8>,
}

/// Users without a sealed address whose invitation has it.
///
/// # Errors
/// [`crate::Error`].
pub async fn missing(tx: &TenantTx, limit: u32) -> Result<Vec<Missing>> {
    let rows = tx.query(sql!("sealed/missing"), &[(&i64::from(limit), Type::INT8)]).await?;
    let of = |row: &tokio_postgres::Row| Missing {
        user: UserId(row.get("id")),
        invitation: InvitationId(row.get("invitation_id")),
        sealed: row.get("sealed"),
    };
    Ok(rows.iter().map(of).collect())
}

/// Keeps the sealed address of a user who has none; `false` when they have one, or are gone.
///
/// # Errors
/// [`crate::Error`].
pub async fn keep_email(tx: &TenantTx, user: UserId, sealed: &[u8]) -> Result<bool> {
    let params: Params<'_> = &[(&user.0, Type::UUID), (&sealed, Type::BYTEA)];
    Ok(tx.execute(sql!("users/keep_email"), params).await? > 0)
}
