//! What executives look at: how much is asked, about what, from where, and how well it is answered.

use crate::{Admitted, Metrics, Refusal, only, period, period::Asked};
use domain::{Caller, limits};
use futures_util::try_join;
use store::{
    metric_parts::{self, Audience, Dimension, Part},
    metrics::{self, Day, Period, Place, Queries, Share, Totals},
};

/// The executive dashboard.
#[derive(Debug)]
pub struct Executive {
    /// Sessions of today, this month and this fiscal year, whatever the period.
    pub queries: Queries,
    /// Of the period.
    pub totals: Totals,
    /// Every day of it.
    pub days: Vec<Day>,
    /// The most frequent.
    pub categories: Vec<Share>,
    /// The most frequent.
    pub locations: Vec<Place>,
    /// The most frequent.
    pub devices: Vec<Share>,
}

/// Sessions by one thing that is known of who asks.
#[derive(Debug)]
pub struct Parted {
    /// As asked for.
    pub period: Period,
    /// In all parts together, the rare ones too.
    pub sessions: i64,
    /// The most frequent.
    pub parts: Vec<Part>,
}

/// A period beside the one before.
#[derive(Debug)]
pub struct Compared {
    /// As asked for.
    pub period: Period,
    /// Of it.
    pub current: Totals,
    /// As many days, right before.
    pub previous_period: Period,
    /// Of it.
    pub previous: Totals,
}

impl Metrics {
    /// The executive dashboard.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn executive(&self, caller: &Caller, asked: Asked) -> Result<Executive, Refusal> {
        // The fiscal year and the month are looked at besides.
        let widened = |calendar: &metrics::Calendar, period: Period| {
            period.from.min(calendar.fiscal_from).min(calendar.month_from)
        };
        let Admitted { calendar, period, tx } = self.admitted(caller, asked, widened).await?;
        let (queries, totals, days, categories, locations, devices, ()) = try_join!(
            metrics::queries(&tx, &calendar),
            metrics::totals(&tx, period, None),
            metrics::days(&tx, period, None),
            metrics::categories(&tx, period, limits::DASHBOARD_TOP),
            metrics::locations(&tx, period, limits::DASHBOARD_TOP),
            metrics::devices(&tx, period, limits::DASHBOARD_TOP),
            tx.commit(),
        )?;
        tx.close();
        Ok(Executive { queries, totals, days, categories, locations, devices })
    }

    /// A period's sessions by one thing that is known of who asks, within what is asked of the others.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn drill_down(
        &self,
        caller: &Caller,
        asked: Asked,
        by: Dimension,
        within: &Audience<'_>,
    ) -> Result<Parted, Refusal> {
        let Admitted { period, tx, .. } = self.admitted(caller, asked, only).await?;
        let ((sessions, parts), ()) =
            try_join!(metric_parts::audience(&tx, period, by, within, limits::DASHBOARD_PARTS), tx.commit())?;
        tx.close();
        Ok(Parted { period, sessions, parts })
    }

    /// A period's sums and means beside those of the period before.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn compared(&self, caller: &Caller, asked: Asked) -> Result<Compared, Refusal> {
        let widened = |_: &metrics::Calendar, period: Period| period::before(period).from;
        let Admitted { period, tx, .. } = self.admitted(caller, asked, widened).await?;
        let previous_period = period::before(period);
        let (current, previous, ()) = try_join!(
            metrics::totals(&tx, period, None),
            metrics::totals(&tx, previous_period, None),
            tx.commit(),
        )?;
        tx.close();
        Ok(Compared { period, current, previous_period, previous })
    }
}
