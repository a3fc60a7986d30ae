//! What is paid beside answers: a row a call, written with what came of it, and days of them. What answers cost stands in their
//! messages; steps of ingestion are told by their jobs.

use crate::{
    Result, TenantTx,
    budgets::{self, Spending},
    metrics::Period,
    sql,
    tenant::Params,
};
use domain::ChatbotId;
use futures_util::try_join;
use jiff::Timestamp;
use tokio_postgres::{Row, types::Type};

/// What a model was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Which names stand in a question.
    Names,
    /// What a message tells of whoever wrote it.
    Readings,
    /// How a version would answer.
    Replays,
    /// What would help against a criticism.
    Analyses,
}

impl Purpose {
    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Readings => "readings",
            Self::Replays => "replays",
            Self::Analyses => "analyses",
        }
    }
}

/// Writes down what a call was paid for, with what was called beside it (vectors and rerankers, by model), in the transaction that
/// keeps what came of it, and counts it where a budget limits; nothing where nothing was paid. All of it travels in one flush.
///
/// # Errors
/// [`crate::Error`].
pub async fn pay(
    tx: &TenantTx,
    purpose: Purpose,
    chatbot: ChatbotId,
    spent: &Spending<'_>,
    beside: &[(&str, i64)],
    is_limited: bool,
) -> Result<()> {
    let counted =
        async { if is_limited { budgets::spend(tx, chatbot, spent, beside).await } else { Ok(()) } };
    try_join!(record(tx, purpose, chatbot, spent, beside), counted).map(|_| ())
}

async fn record(
    tx: &TenantTx,
    purpose: Purpose,
    chatbot: ChatbotId,
    spent: &Spending<'_>,
    beside: &[(&str, i64)],
) -> Result<()> {
    let (models, units): (Vec<&str>, Vec<i64>) = beside.iter().copied().unzip();
    // Where no model wrote, the first of those beside it is what was called.
    let model = if spent.prompt + spent.completion > 0 { Some(spent.model) } else { models.first().copied() };
    let Some(model) = model else { return Ok(()) };
    let params: Params<'_> = &[
        (&purpose.as_str(), Type::TEXT),
        (&chatbot.0, Type::UUID),
        (&spent.provider, Type::TEXT),
        (&model, Type::TEXT),
        (&spent.prompt, Type::INT8),
        (&spent.completion, Type::INT8),
        (&spent.kept, Type::INT8),
        (&spent.keeping, Type::INT8),
        (&models, Type::TEXT_ARRAY),
        (&units, Type::INT8_ARRAY),
    ];
    tx.execute(sql!("side_costs/record"), params).await?;
    Ok(())
}

/// What one purpose cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurposeCost {
    /// `answers`, or what was paid beside them.
    pub purpose: String,
    /// Calls of models; of answers, answers.
    pub calls: i64,
    /// In and out.
    pub tokens: i64,
    /// US dollars, as decimal text; without the unpriced.
    pub cost: String,
    /// Calls of a model whose price is not known.
    pub unpriced: i64,
}

/// What a period cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Costs {
    /// US dollars, as decimal text: of all purposes together.
    pub total: String,
    /// Calls whose cost is missing from that.
    pub unpriced: i64,
    /// Dearest first; answers always.
    pub by_purpose: Vec<PurposeCost>,
}

/// What a period cost, with the answers and beside them.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_period(tx: &TenantTx, period: Period) -> Result<Costs> {
    let params: Params<'_> = &[(&period.from, Type::DATE), (&period.to, Type::DATE)];
    let rows = tx.query(sql!("side_costs/of_period"), params).await?;
    let Some((total, purposes)) = rows.split_first() else {
        return Err(crate::Error::Unexpected("no costs".into()));
    };
    let purpose = |row: &Row| PurposeCost {
        purpose: row.get("purpose"),
        calls: row.get("calls"),
        tokens: row.get("tokens"),
        cost: row.get("cost"),
        unpriced: row.get("unpriced"),
    };
    Ok(Costs {
        total: total.get("cost"),
        unpriced: total.get("unpriced"),
        by_purpose: purposes.iter().map(purpose).collect(),
    })
}

/// Deletes rows of days whose messages are no longer kept either; what was counted of them stays.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep(tx: &TenantTx, before: Timestamp, limit: i64) -> Result<u64> {
    let params: Params<'_> = &[(&before, Type::TIMESTAMPTZ), (&limit, Type::INT8)];
    tx.execute(sql!("side_costs/sweep"), params).await
}
