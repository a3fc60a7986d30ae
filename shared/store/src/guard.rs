//! A function does not serve behind a wall with a hole: it checks the database's side of tenancy before its
//! first statement, and says what does not hold.

use crate::{Error, Result};
use tokio_postgres::Client;

/// Checks that the connected role bypasses nothing, owns nothing, belongs to no other role, and that every
/// table it can touch has row-level security enabled and forced.
pub(crate) async fn check(client: &Client) -> Result<()> {
    let rows = client.query_typed(include_str!("sql/guard.sql"), &[]).await?;
    let holes: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    if holes.is_empty() { Ok(()) } else { Err(Error::Unguarded(holes.join("; "))) }
}
