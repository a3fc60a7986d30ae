//! The only way to a row: a transaction that is bound to one organization.

use crate::{Database, Result, audit, wakes};
use domain::OrganizationId;
use futures_util::FutureExt as _;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::{
    Client, Row,
    types::{ToSql, Type},
};

/// A statement's parameters with their types: named, so that no round trip asks for them (`query_typed`),
/// and no statement is prepared by name (poolers in transaction mode).
pub(crate) type Params<'a> = &'a [(&'a (dyn ToSql + Sync), Type)];

/// Milliseconds that a statement may run, and that a transaction may idle.
const STATEMENT_MS: u32 = 30_000;
const IDLE_MS: u32 = 60_000;

/// A transaction bound to one organization. Statements that are polled together (`try_join!`) travel in one
/// flush. Dropped without [`TenantTx::commit`], it rolls back.
pub struct TenantTx {
    database: Database,
    client: Arc<Client>,
    /// One of the connections that the process may use at once; free again after this is dropped.
    _permit: OwnedSemaphorePermit,
    organization: OrganizationId,
    committed: bool,
    /// Whether its commit waits for the answer.
    is_kept: AtomicBool,
    /// Whether what the request changes is told with its commit.
    is_telling: AtomicBool,
}

impl TenantTx {
    pub(crate) fn begin(
        database: Database,
        client: Arc<Client>,
        permit: OwnedSemaphorePermit,
        organization: OrganizationId,
    ) -> Self {
        // Enqueued by the first poll and answered before whatever comes next on this connection. Its own
        // result need not be awaited: without the setting, every statement after it is an error.
        let begin = format!(
            "BEGIN; SELECT set_config('app.organization_id', '{organization}', true), \
             set_config('statement_timeout', '{STATEMENT_MS}', true), \
             set_config('idle_in_transaction_session_timeout', '{IDLE_MS}', true)"
        );
        let _ = client.batch_execute(&begin).now_or_never();
        Self {
            database,
            client,
            _permit: permit,
            organization,
            committed: false,
            is_kept: AtomicBool::new(false),
            is_telling: AtomicBool::new(false),
        }
    }

    /// The tenant.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Commits. Polled together with the last statements, it travels in their flush; when one of them failed,
    /// Postgres answers this with a rollback and the failed statement's error is the one to look at.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn commit(&self) -> Result<()> {
        let Some(change) = audit::untold().filter(|_| self.is_telling.load(Relaxed)) else {
            self.client.batch_execute("COMMIT").await?;
            return Ok(());
        };
        let committed = async { Ok(self.client.batch_execute("COMMIT").await?) };
        futures_util::try_join!(change.tell(self), committed)?;
        change.done();
        Ok(())
    }

    /// Commits what a later transaction of the same turn makes durable: the write-ahead log is one sequence, so
    /// the next [`TenantTx::commit`] flushes this one too. A server that crashes in between loses both, and the
    /// turn ends in an error.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn commit_before_the_next(&self) -> Result<()> {
        self.client.batch_execute("SET LOCAL synchronous_commit = off; COMMIT").await?;
        Ok(())
    }

    /// Commits what a crash of the server may lose, without waiting for its disk: when a key was used, what is left of
    /// its bucket.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn commit_what_may_be_lost(&self) -> Result<()> {
        self.commit_before_the_next().await
    }

    /// [`TenantTx::commit`] of what an organization did, in the same flush; `true` when the caller is to tell of it, after
    /// this returned (`queue::Bell`).
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn commit_activity(&self) -> Result<bool> {
        let (is_claimed, ()) = futures_util::try_join!(wakes::claim(self), self.commit())?;
        Ok(is_claimed)
    }

    /// [`TenantTx::commit_activity`] and [`TenantTx::close`] in one.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn finish_activity(self) -> Result<bool> {
        if self.is_kept.load(Relaxed) {
            // Told of a moment before the commit; whoever is told looks a minute later.
            let is_claimed = wakes::claim(&self).await?;
            self.finish().await?;
            return Ok(is_claimed);
        }
        let is_claimed = self.commit_activity().await?;
        self.close();
        Ok(is_claimed)
    }

    /// Gives the connection back after a successful [`TenantTx::commit`].
    pub fn close(mut self) {
        self.committed = true;
    }

    /// [`TenantTx::commit`] and [`TenantTx::close`] in one, for callers without statements to send along. Where a request is
    /// to be done once ([`crate::demands`]), the commit waits for its answer.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn finish(mut self) -> Result<()> {
        if self.is_kept.load(Relaxed) {
            match crate::demands::keep(self) {
                None => return Ok(()),
                Some(unkept) => self = unkept,
            }
        }
        self.commit().await?;
        self.close();
        Ok(())
    }

    /// Has [`TenantTx::commit`] tell what the request changes ([`crate::audit`]).
    pub(crate) fn tell_of_changes(&self) {
        self.is_telling.store(true, Relaxed);
    }

    /// Has [`TenantTx::finish`] wait for the answer.
    pub(crate) fn keep_for_the_answer(&self) {
        self.is_kept.store(true, Relaxed);
    }

    pub(crate) async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        Ok(self.client.query_typed(sql, params).await?)
    }

    pub(crate) async fn query_opt(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    pub(crate) async fn query_one(&self, sql: &str, params: Params<'_>) -> Result<Row> {
        self.query_opt(sql, params).await?.ok_or_else(|| {
            crate::Error::Unexpected(format!("no row from: {}", sql.lines().next().unwrap_or_default()))
        })
    }

    /// Rows that a statement touched.
    pub(crate) async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64> {
        Ok(self.client.execute_typed(sql, params).await?)
    }
}

impl Drop for TenantTx {
    fn drop(&mut self) {
        if !self.committed {
            let _ = self.client.batch_execute("ROLLBACK").now_or_never();
        }
        self.database.put_back(Arc::clone(&self.client));
    }
}
