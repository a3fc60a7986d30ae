//! What answers spend, by day: of an organization and of a chatbot.

use crate::{Result, TenantTx, sessions::OverBudget, sql, tenant::Params};
use domain::ChatbotId;
use futures_util::try_join;
use tokio_postgres::types::Type;

/// What an answer spent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spending<'a> {
    /// Who served the model.
    pub provider: &'a str,
    /// The model.
    pub model: &'a str,
    /// Tokens read.
    pub prompt: i64,
    /// Tokens written.
    pub completion: i64,
    /// Of those read, what the provider had kept.
    pub kept: i64,
    /// Of those read, what it keeps from now on.
    pub keeping: i64,
}

/// Adds a call of a model, and what was called beside it (vectors by tokens, a reranker by searches), to today's spending of a chatbot
/// and of the organization, in the transaction that keeps what came of it; nothing where nothing was paid. All of it travels in one
/// flush. Budgets of tokens count what models read and write alone.
///
/// # Errors
/// [`crate::Error`].
pub async fn spend(
    tx: &TenantTx,
    chatbot: ChatbotId,
    spent: &Spending<'_>,
    beside: &[(&str, i64)],
) -> Result<()> {
    try_join!(spend_call(tx, chatbot, spent), spend_beside(tx, chatbot, beside)).map(|_| ())
}

async fn spend_call(tx: &TenantTx, chatbot: ChatbotId, spent: &Spending<'_>) -> Result<()> {
    let tokens = spent.prompt + spent.completion;
    if tokens == 0 {
        return Ok(());
    }
    let params: Params<'_> = &[
        (&chatbot.0, Type::UUID),
        (&tokens, Type::INT8),
        (&spent.provider, Type::TEXT),
        (&spent.model, Type::TEXT),
        (&spent.prompt, Type::INT8),
        (&spent.completion, Type::INT8),
        (&spent.kept, Type::INT8),
        (&spent.keeping, Type::INT8),
    ];
    tx.execute(sql!("budgets/spend"), params).await?;
    Ok(())
}

async fn spend_beside(tx: &TenantTx, chatbot: ChatbotId, calls: &[(&str, i64)]) -> Result<()> {
    if calls.is_empty() {
        return Ok(());
    }
    let (models, units): (Vec<&str>, Vec<i64>) = calls.iter().copied().unzip();
    let params: Params<'_> =
        &[(&chatbot.0, Type::UUID), (&models, Type::TEXT_ARRAY), (&units, Type::INT8_ARRAY)];
    tx.execute(sql!("budgets/spend_beside"), params).await?;
    Ok(())
}

/// How a chatbot and its organization stand today.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Whether what is spent is counted.
    pub is_limited: bool,
    /// Whose budget of today is used up.
    pub exceeded: Option<OverBudget>,
}

/// How a chatbot and its organization stand today.
///
/// # Errors
/// [`crate::Error`].
pub async fn standing(tx: &TenantTx, chatbot: ChatbotId) -> Result<Standing> {
    let row = tx.query_one(sql!("budgets/standing"), &[(&chatbot.0, Type::UUID)]).await?;
    Ok(Standing { is_limited: row.get("is_limited"), exceeded: OverBudget::from_row(&row) })
}

/// What a call costs in US dollars, as decimal text; `None` while the model's price is not known.
///
/// # Errors
/// [`crate::Error`].
pub async fn cost(tx: &TenantTx, spent: &Spending<'_>) -> Result<Option<String>> {
    let params: Params<'_> = &[
        (&spent.provider, Type::TEXT),
        (&spent.model, Type::TEXT),
        (&spent.prompt, Type::INT8),
        (&spent.completion, Type::INT8),
        (&spent.kept, Type::INT8),
        (&spent.keeping, Type::INT8),
    ];
    Ok(tx.query_one(sql!("budgets/cost"), params).await?.get("cost"))
}
