//! What answers spend, by day: of an organization and of a chatbot.

use crate::{Result, TenantTx, sql, tenant::Params};
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

/// Whether a chatbot's answers are limited, and whether there is anything left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// There is a budget, of the chatbot or of the organization.
    pub is_limited: bool,
    /// Today's is used up.
    pub is_used_up: bool,
}

/// How a chatbot's budget stands at this moment.
///
/// # Errors
/// [`crate::Error`].
pub async fn standing(tx: &TenantTx, chatbot: ChatbotId) -> Result<Standing> {
    let row = tx.query_one(sql!("budgets/standing"), &[(&chatbot.0, Type::UUID)]).await?;
    Ok(Standing { is_limited: row.get("is_limited"), is_used_up: row.get("is_used_up") })
}
