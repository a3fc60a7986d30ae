//! What those look at who keep it running: times, errors, tokens, money, what searches find, and documents on their way.

use crate::{Admitted, Metrics, Refusal, only, period::Asked};
use domain::{Caller, limits};
use futures_util::try_join;
use store::{
    metric_lists::{self, ChatbotCost, Health},
    metric_parts::{self, Retrieval},
    metrics::{self, ModelUse, Percentiles, Period, Totals},
    side_costs::{self, Costs},
};

/// The technical dashboard.
#[derive(Debug)]
pub struct Technical {
    /// As asked for.
    pub period: Period,
    /// Of it.
    pub totals: Totals,
    /// Of its answers.
    pub latency: Percentiles,
    /// Most used first.
    pub models: Vec<ModelUse>,
    /// Dearest first.
    pub chatbots: Vec<ChatbotCost>,
    /// How well searches found.
    pub retrieval: Retrieval,
    /// How long they took.
    pub retrieval_latency: Percentiles,
    /// Documents as they are, jobs of the period.
    pub ingestion: Vec<Health>,
    /// Of answers, and of what was paid beside them.
    pub costs: Costs,
}

impl Metrics {
    /// The technical dashboard.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn technical(&self, caller: &Caller, asked: Asked) -> Result<Technical, Refusal> {
        let Admitted { period, tx, .. } = self.admitted(caller, asked, only).await?;
        let (totals, latency, models, chatbots, retrieval, retrieval_latency, ingestion, costs, ()) = try_join!(
            metrics::totals(&tx, period, None),
            metrics::latency(&tx, period, None),
            metrics::models(&tx, period),
            metric_lists::chatbots(&tx, period, limits::DASHBOARD_CHATBOTS),
            metric_parts::retrieval(&tx, period),
            metric_parts::retrieval_latency(&tx, period),
            metric_lists::ingestion(&tx, period),
            side_costs::of_period(&tx, period),
            tx.commit(),
        )?;
        tx.close();
        Ok(Technical {
            period,
            totals,
            latency,
            models,
            chatbots,
            retrieval,
            retrieval_latency,
            ingestion,
            costs,
        })
    }
}
