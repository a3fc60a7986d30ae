//! One chatbot's figures.

use crate::{Admitted, Metrics, Refusal, only, period::Asked};
use domain::{Caller, ChatbotId};
use futures_util::try_join;
use store::{
    metric_lists,
    metrics::{self, Day, Percentiles, Period, Share, Totals},
};

/// A chatbot's performance.
#[derive(Debug)]
pub struct Performance {
    /// For people.
    pub name: String,
    /// One of a chatbot's states.
    pub status: String,
    /// As asked for.
    pub period: Period,
    /// Of it; zeros where nobody asked.
    pub totals: Totals,
    /// Of its answers.
    pub latency: Percentiles,
    /// Where it was asked.
    pub platforms: Vec<Share>,
    /// Every day of the period.
    pub days: Vec<Day>,
}

impl Metrics {
    /// One chatbot's performance.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbot(
        &self,
        caller: &Caller,
        id: ChatbotId,
        asked: Asked,
    ) -> Result<Performance, Refusal> {
        let Admitted { period, tx, .. } = self.admitted(caller, asked, only).await?;
        let (known, totals, latency, platforms, days, ()) = try_join!(
            metric_lists::chatbot(&tx, id),
            metrics::totals(&tx, period, Some(id)),
            metrics::latency(&tx, period, Some(id)),
            metrics::platforms(&tx, period, Some(id)),
            metrics::days(&tx, period, Some(id)),
            tx.commit(),
        )?;
        tx.close();
        let (name, status) = known.ok_or(Refusal::NotFound("chatbot"))?;
        Ok(Performance { name, status, period, totals, latency, platforms, days })
    }
}
