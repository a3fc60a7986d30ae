//! The daily work: sessions that nobody uses any more, days that were written to, and what has passed its time.
//!
//! Every step is a transaction of its own that can be done twice, so a run may die anywhere and the next one goes on. What
//! fails for one organization fails for no other.

use crate::Metrics;
use domain::{OrganizationId, limits};
use futures_util::try_join;
use jiff::civil::Date;
use std::time::{Duration, Instant};
use store::{
    Result, TenantTx, metrics, organizations,
    retention::{self, Class},
    side_costs,
};

/// What was done.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// That were looked at.
    pub organizations: u64,
    /// Where something failed; the log says what.
    pub failed: u64,
    /// That nobody came to any more: they are first another day.
    pub unfinished: u64,
    /// Sessions that expired.
    pub expired_sessions: u64,
    /// Days that were counted anew.
    pub days: u64,
    /// Days whose messages are no longer whole: they stay as they were counted.
    pub closed_days: u64,
    /// Sessions whose quality was written down.
    pub scored_sessions: u64,
    /// Rows whose time had passed.
    pub swept: Swept,
}

/// Rows that were deleted, by class.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Swept {
    /// What was said.
    pub messages: u64,
    /// Copies of questions in replays, with what was answered.
    pub replayed_questions: u64,
    /// Days of what persons cost.
    pub person_days: u64,
    /// Calls of models beside answers.
    pub side_costs: u64,
    /// What supported it.
    pub citations: u64,
    /// What was searched for it.
    pub retrieval_logs: u64,
    /// Conversations of which nothing was left.
    pub sessions: u64,
    /// Facts.
    pub events: u64,
    /// Answers under keys of the callers' own.
    pub idempotency_keys: u64,
    /// Token buckets.
    pub rate_limits: u64,
}

/// Until when something new may begin.
#[derive(Debug, Clone, Copy)]
struct Until(Instant);

impl Until {
    fn has_passed(self) -> bool {
        Instant::now() > self.0
    }
}

impl Metrics {
    /// The daily work for all organizations.
    ///
    /// # Errors
    /// When the list of organizations cannot be read.
    pub async fn daily(&self) -> Result<Report> {
        let until = Until(Instant::now() + Duration::from_secs(limits::DAILY_WORK_SECONDS));
        let mut report = Report::default();
        for organization in organizations::of_today(&self.database).await? {
            if until.has_passed() {
                report.unfinished += 1;
                continue;
            }
            self.of_one(organization, until, &mut report).await;
        }
        Ok(report)
    }

    /// The daily work for the organization of a slug; `None` when there is none.
    ///
    /// # Errors
    /// When the organization cannot be looked up.
    pub async fn daily_of(&self, slug: &str) -> Result<Option<Report>> {
        let Some(organization) = organizations::of_slug(&self.database, slug).await? else { return Ok(None) };
        let until = Until(Instant::now() + Duration::from_secs(limits::DAILY_WORK_SECONDS));
        let mut report = Report::default();
        self.of_one(organization, until, &mut report).await;
        Ok(Some(report))
    }

    /// Counts one day anew, whether it was written to or not; `None` when there is no such organization, `false` when the
    /// day's messages are no longer whole.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn recount(&self, slug: &str, day: Date) -> Result<Option<bool>> {
        let Some(organization) = organizations::of_slug(&self.database, slug).await? else { return Ok(None) };
        Ok(Some(self.count_day(organization, day).await?.is_whole))
    }

    /// Counts the days of an organization that were written to, once who was silent for long enough has gone; how many. What is
    /// more waits for the daily schedule.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn catch_up(&self, organization: OrganizationId) -> Result<u64> {
        let tx = self.database.tenant(organization).await?;
        let (_, days) = try_join!(
            retention::expire_sessions(&tx, limits::SWEPT_AT_ONCE),
            metrics::dirty_days(&tx, None, 0.0, limits::DASHBOARD_REFRESHED_DAYS)
        )?;
        tx.finish().await?;
        let mut counted = 0;
        for day in days {
            self.count_day(organization, day).await?;
            counted += 1;
        }
        Ok(counted)
    }

    async fn of_one(&self, organization: OrganizationId, until: Until, report: &mut Report) {
        report.organizations += 1;
        if let Err(error) = self.work(organization, until, report).await {
            report.failed += 1;
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(organization.id = %organization, error = %error, source, "daily work fails");
        }
    }

    async fn work(&self, organization: OrganizationId, until: Until, report: &mut Report) -> Result<()> {
        let expire = async |tx: &TenantTx| retention::expire_sessions(tx, limits::SWEPT_AT_ONCE).await;
        report.expired_sessions += self.in_batches(organization, until, expire).await?;
        let tx = self.database.tenant(organization).await?;
        let days = metrics::dirty_days(&tx, None, 0.0, limits::DAILY_WORK_DAYS).await?;
        tx.finish().await?;
        for day in days {
            if until.has_passed() {
                return Ok(());
            }
            let counted = self.count_day(organization, day).await?;
            report.scored_sessions += counted.scored;
            report.days += u64::from(counted.is_whole);
            report.closed_days += u64::from(!counted.is_whole);
        }
        self.sweep(organization, until, &mut report.swept).await
    }

    /// Deletes what the organization wants to keep no longer. That its days are closed is said before the first row goes.
    async fn sweep(&self, organization: OrganizationId, until: Until, swept: &mut Swept) -> Result<()> {
        let tx = self.database.tenant(organization).await?;
        let horizons = retention::horizons(&tx).await?;
        if horizons.messages.is_some() || horizons.logs.is_some() {
            retention::advance(&tx, &horizons).await?;
        }
        tx.finish().await?;
        let most = limits::SWEPT_AT_ONCE;
        let class = async |class: Class, before: uuid::Uuid| {
            let sweep = async |tx: &TenantTx| retention::sweep(tx, class, before, most).await;
            self.in_batches(organization, until, sweep).await
        };
        if let Some(logs) = horizons.logs {
            swept.retrieval_logs += class(Class::RetrievalLogs, logs.before).await?;
        }
        if let Some(messages) = horizons.messages {
            swept.citations += class(Class::Citations, messages.before).await?;
            swept.replayed_questions += class(Class::ReplayedQuestions, messages.before).await?;
            swept.messages += class(Class::Messages, messages.before).await?;
            let persons = async |tx: &TenantTx| retention::sweep_persons(tx, messages.day, most).await;
            swept.person_days += self.in_batches(organization, until, persons).await?;
            let costs = async |tx: &TenantTx| side_costs::sweep(tx, messages.instant, most).await;
            swept.side_costs += self.in_batches(organization, until, costs).await?;
            let sessions = async |tx: &TenantTx| retention::sweep_sessions(tx, messages.instant, most).await;
            swept.sessions += self.in_batches(organization, until, sessions).await?;
        }
        let events = async |tx: &TenantTx| retention::sweep_events(tx, most).await;
        swept.events += self.in_batches(organization, until, events).await?;
        let keys = async |tx: &TenantTx| retention::sweep_idempotency_keys(tx, most).await;
        swept.idempotency_keys += self.in_batches(organization, until, keys).await?;
        let buckets = async |tx: &TenantTx| retention::sweep_rate_limits(tx, most).await;
        swept.rate_limits += self.in_batches(organization, until, buckets).await?;
        Ok(())
    }

    /// One batch after the other, each in a transaction of its own, until one comes back short.
    async fn in_batches(
        &self,
        organization: OrganizationId,
        until: Until,
        batch: impl AsyncFn(&TenantTx) -> Result<u64>,
    ) -> Result<u64> {
        let mut done = 0;
        for _ in 0..limits::SWEEPS {
            if until.has_passed() {
                break;
            }
            let tx = self.database.tenant(organization).await?;
            let rows = batch(&tx).await?;
            tx.finish().await?;
            done += rows;
            if rows < limits::SWEPT_AT_ONCE.unsigned_abs() {
                break;
            }
        }
        Ok(done)
    }
}
