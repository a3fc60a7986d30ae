//! Models that can be called, and what they cost: those for all, and an organization's own terms.

use crate::{Result, TenantTx, sql};
use serde::Serialize;
use tokio_postgres::types::Type;

/// A model with its terms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AiModel {
    /// Whether these are the organization's own terms.
    #[serde(skip)]
    pub is_own: bool,
    /// Who serves it.
    pub provider: String,
    /// As the provider names it, without the prefix of an inference profile.
    pub model_id: String,
    /// `chat`, `embedding` or `rerank`.
    pub kind: String,
    /// For people.
    pub display_name: String,
    /// Whether it sees pictures.
    pub supports_vision: bool,
    /// Whether it calls functions.
    pub supports_function_calling: bool,
    /// Tokens that it reads.
    pub max_context_tokens: Option<i32>,
    /// Tokens that it writes.
    pub max_output_tokens: Option<i32>,
    /// US dollars a million tokens (of a reranker: searches), as decimal text; `None`: not known.
    pub input_price: Option<String>,
    /// US dollars a million tokens, as decimal text.
    pub output_price: Option<String>,
    /// The same of a prompt that the provider had kept; `None`: as any other.
    pub cache_read_price: Option<String>,
    /// The same of a prompt that it keeps from now on; `None`: as any other.
    pub cache_write_price: Option<String>,
    /// The day on which the prices were read, as in `2026-11-27`.
    pub prices_read_on: Option<String>,
    /// Whether it may be chosen.
    pub is_available: bool,
}

/// Models, by provider and id, of one kind or all.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, kind: Option<&str>) -> Result<Vec<AiModel>> {
    let rows = tx.query(sql!("ai_models/list"), &[(&kind, Type::TEXT)]).await?;
    Ok(rows
        .iter()
        .map(|row| AiModel {
            is_own: row.get("is_own"),
            provider: row.get("provider"),
            model_id: row.get("model_id"),
            kind: row.get("kind"),
            display_name: row.get("display_name"),
            supports_vision: row.get("supports_vision"),
            supports_function_calling: row.get("supports_function_calling"),
            max_context_tokens: row.get("max_context_tokens"),
            max_output_tokens: row.get("max_output_tokens"),
            input_price: row.get("input_price"),
            output_price: row.get("output_price"),
            cache_read_price: row.get("cache_read_price"),
            cache_write_price: row.get("cache_write_price"),
            prices_read_on: row.get("prices_read_on"),
            is_available: row.get("is_available"),
        })
        .collect())
}

/// Keeps an organization's own terms of models; what it had of them is replaced.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(tx: &TenantTx, models: &[AiModel]) -> Result<()> {
    tx.execute(sql!("ai_models/put"), &[(&serde_json::json!(models), Type::JSONB)]).await?;
    Ok(())
}
