//! What a period cost, by what it was paid for.

use serde::Serialize;
use store::side_costs::{Costs, PurposeCost};
use utoipa::ToSchema;

/// What models were paid in a period, all purposes of `by_purpose` together: answers, and what is asked of models beside them. What a
/// question's vector and a reranker cost is part of its answer, or of its replay.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostsView {
    /// US dollars.
    #[schema(example = "12.345678901")]
    total: String,
    /// Calls of a model whose price is not known: their cost is missing.
    unpriced_calls: i64,
    /// Dearest first; answers always.
    by_purpose: Vec<PurposeCostView>,
}

/// What models were paid for one purpose.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurposeCostView {
    /// `answers` (the rewriting of follow-ups included); `names`, looked for in questions; `readings` of messages after they were answered;
    /// `replays`; `analyses` of criticism; `ingestion` of documents; `reembedding` of collections.
    purpose: String,
    /// Calls of models; of answers, answers; of documents, steps of their jobs.
    calls: i64,
    /// In and out.
    tokens: i64,
    /// US dollars.
    #[schema(example = "0.000300000")]
    cost: String,
    /// Calls whose price is not known: their cost is missing.
    unpriced_calls: i64,
}

impl From<Costs> for CostsView {
    fn from(costs: Costs) -> Self {
        let purpose = |of: PurposeCost| PurposeCostView {
            purpose: of.purpose,
            calls: of.calls,
            tokens: of.tokens,
            cost: of.cost,
            unpriced_calls: of.unpriced,
        };
        Self {
            total: costs.total,
            unpriced_calls: costs.unpriced,
            by_purpose: costs.by_purpose.into_iter().map(purpose).collect(),
        }
    }
}
