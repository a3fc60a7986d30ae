//! Who tells of an organization's activity: once a minute, whoever comes first.

use crate::{Result, TenantTx, sql};
use domain::limits;
use tokio_postgres::types::Type;

/// Claims the minute; `false` when it is claimed, or being claimed at this moment.
pub(crate) async fn claim(tx: &TenantTx) -> Result<bool> {
    let row = tx.query_opt(sql!("aggregate_wakes/claim"), &[(&limits::WAKE_EVERY_SECONDS, Type::FLOAT8)]);
    Ok(row.await?.is_some())
}

/// Claims that an organization is looked at again after so many seconds, though nobody does anything; `false` when that is so
/// already.
///
/// # Errors
/// [`crate::Error`].
pub async fn follow(tx: &TenantTx, seconds: f64) -> Result<bool> {
    Ok(tx.query_opt(sql!("aggregate_wakes/follow"), &[(&seconds, Type::FLOAT8)]).await?.is_some())
}

/// Gives back what [`follow`] claimed.
///
/// # Errors
/// [`crate::Error`].
pub async fn follow_no_more(tx: &TenantTx) -> Result<()> {
    tx.execute(sql!("aggregate_wakes/follow_no_more"), &[]).await?;
    Ok(())
}
