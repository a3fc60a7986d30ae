//! What answers spend, by day: of an organization and of a chatbot.

use crate::{Result, TenantTx, sessions::OverBudget, sql, tenant::Params};
use domain::ChatbotId;
use tokio_postgres::types::Type;

/// What an answer spent.
#[derive(Debug, Clone, Copy)]
pub struct Spending<'a> {
    /// Who served the model.
    pub provider: &'a str,
    /// The model.
    pub model: &'a str,
    /// Tokens read.
    pub prompt: i64,
    /// Tokens written.
    pub completion: i64,
}

/// Adds an answer to today's spending of its chatbot and of the organization, in the transaction that keeps it.
///
/// # Errors
/// [`crate::Error`].
pub async fn spend(tx: &TenantTx, chatbot: ChatbotId, spent: &Spending<'_>) -> Result<()> {
    let tokens = spent.prompt + spent.completion;
    let params: Params<'_> = &[
        (&chatbot.0, Type::UUID),
        (&tokens, Type::INT8),
        (&spent.provider, Type::TEXT),
        (&spent.model, Type::TEXT),
        (&spent.prompt, Type::INT8),
        (&spent.completion, Type::INT8),
    ];
    tx.execute(sql!("budgets/spend"), params).await?;
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
    ];
    Ok(tx.query_one(sql!("budgets/cost"), params).await?.get("cost"))
}
