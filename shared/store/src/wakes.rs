//! Who tells of an organization's activity: once a minute, whoever comes first.

use crate::{Result, TenantTx, sql};
use domain::limits;
use tokio_postgres::types::Type;

/// Claims the minute; `false` when it is claimed, or being claimed at this moment.
pub(crate) async fn claim(tx: &TenantTx) -> Result<bool> {
    let row = tx.query_opt(sql!("aggregate_wakes/claim"), &[(&limits::WAKE_EVERY_SECONDS, Type::FLOAT8)]);
    Ok(row.await?.is_some())
}
