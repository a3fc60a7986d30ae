//! FIGURES: how many ask, how well they are served, what it costs.
//!
//! Sessions and messages mark the days that they are written on; a day is counted anew in one transaction, by the daily
//! schedule, or by whoever looks at a dashboard first. Dashboards read what was counted, never the messages themselves, but
//! for lists of single answers. Every use case begins with the caller's key and the scope `dashboards:read`.

mod refusal;
pub mod period;
pub mod executive;
pub mod technical;
pub mod client_service;
pub mod behind;
pub mod chatbots;
pub mod documents;
pub mod export;
pub mod daily;

pub use refusal::Refusal;

use domain::{Caller, OrganizationId, Scope, limits};
use futures_util::try_join;
use jiff::civil::Date;
use period::Asked;
use std::time::{Duration, Instant};
use store::{
    Database, TenantTx,
    audit::Read,
    caller::{self, Need},
    metrics::{self, Calendar, Period},
    retention,
};

/// What figures are made with.
pub struct Metrics {
    /// Where keys are checked and days are counted.
    pub database: Database,
    /// Where figures are read: a replica, where there is one.
    pub reading: Database,
}

/// A caller who was let in, and what of the calendar they asked about.
struct Admitted {
    calendar: Calendar,
    period: Period,
    /// Of the caller's organization, where figures are read.
    tx: TenantTx,
}

impl Metrics {
    /// Lets a caller in and counts anew what they look at, as far as it was written to for some seconds. `widened`: from
    /// when on they look beside their period.
    async fn admitted(
        &self,
        caller: &Caller,
        asked: Asked,
        widened: impl FnOnce(&Calendar, Period) -> Date,
    ) -> Result<Admitted, Refusal> {
        self.admitted_to(caller, Scope::DashboardsRead.into(), asked, widened).await
    }

    /// The same, to read what people asked and were answered.
    async fn admitted_to_questions(&self, caller: &Caller, asked: Asked) -> Result<Admitted, Refusal> {
        let need = Need::reading(Scope::DashboardsRead, Read::Questions);
        self.admitted_to(caller, need, asked, only).await
    }

    async fn admitted_to(
        &self,
        caller: &Caller,
        need: Need,
        asked: Asked,
        widened: impl FnOnce(&Calendar, Period) -> Date,
    ) -> Result<Admitted, Refusal> {
        let tx = caller::enter(&self.database, caller, need).await?;
        self.counted(tx, asked, widened).await
    }

    /// Counts anew what somebody who was let in looks at.
    async fn counted(
        &self,
        tx: TenantTx,
        asked: Asked,
        widened: impl FnOnce(&Calendar, Period) -> Date,
    ) -> Result<Admitted, Refusal> {
        let organization = tx.organization();
        let (_, calendar) =
            try_join!(retention::expire_sessions(&tx, limits::SWEPT_AT_ONCE), metrics::calendar(&tx))?;
        let period = asked.within(calendar.today)?;
        let looked = Period { from: widened(&calendar, period), to: period.to.max(calendar.today) };
        let dirty = metrics::dirty_days(
            &tx,
            Some(looked),
            limits::DASHBOARD_LAG_SECONDS,
            limits::DASHBOARD_REFRESHED_DAYS,
        );
        let dirty = dirty.await?;
        tx.finish().await?;
        self.refresh(organization, &dirty).await?;
        Ok(Admitted { calendar, period, tx: self.reading.tenant(organization).await? })
    }

    async fn refresh(&self, organization: OrganizationId, days: &[Date]) -> Result<(), Refusal> {
        let until = Instant::now() + Duration::from_secs(limits::DASHBOARD_REFRESH_SECONDS);
        for (place, day) in days.iter().enumerate() {
            if Instant::now() > until {
                tracing::warn!(
                    days.left = days.len() - place,
                    "figures of older days wait for the daily schedule"
                );
                break;
            }
            self.count_day(organization, *day).await?;
        }
        Ok(())
    }

    /// Counts a day anew; its sessions that are over keep what their quality was.
    async fn count_day(&self, organization: OrganizationId, day: Date) -> store::Result<Counted> {
        let tx = self.database.tenant(organization).await?;
        // In this order: who counts holds the day's lock, so that no two write to the same sessions.
        let is_whole = metrics::roll_up(&tx, day).await?;
        let scored = if is_whole { metrics::score(&tx, day).await? } else { 0 };
        tx.finish().await?;
        Ok(Counted { is_whole, scored })
    }
}

/// What came of counting a day.
struct Counted {
    /// Otherwise its messages are no longer whole, and it stays as it was counted.
    is_whole: bool,
    /// Sessions whose quality was written down.
    scored: u64,
}

/// A period is looked at, and nothing beside it.
fn only(_: &Calendar, period: Period) -> Date {
    period.from
}
