//! Models and their prices: read, and an organization's own terms written.

use crate::{Management, Refusal, check};
use domain::{Caller, Scope, limits, metadata::listed};
use jiff::civil::Date;
use store::{
    TenantTx,
    ai_models::{self, AiModel},
};

/// What models do.
pub const KINDS: [&str; 3] = ["chat", "embedding", "rerank"];
/// Digits before and behind the point of a price.
const PRICE_DIGITS: (usize, usize) = (8, 6);

impl Management {
    /// Models, by provider and id, of one kind or all.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn ai_models(&self, caller: &Caller, kind: Option<&str>) -> Result<Vec<AiModel>, Refusal> {
        self.admitted(caller, Scope::AiModelsRead, async |tx: &TenantTx| ai_models::list(tx, kind).await)
            .await
    }

    /// Keeps the organization's own terms of models. All of what it can choose from.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is kept when one of them is wrong.
    pub async fn put_ai_models(
        &self,
        caller: &Caller,
        models: Vec<AiModel>,
    ) -> Result<Vec<AiModel>, Refusal> {
        let tx = self.enter(caller, Scope::AiModelsWrite).await?;
        if models.is_empty() || models.len() > limits::AI_MODELS {
            let detail = format!("1 to {} models are kept at once, not {}.", limits::AI_MODELS, models.len());
            return Err(Refusal::invalid("/models", detail));
        }
        let models: Vec<AiModel> = models
            .into_iter()
            .enumerate()
            .map(|(place, model)| checked(&format!("/models/{place}"), model))
            .collect::<Result<_, _>>()?;
        for (place, model) in models.iter().enumerate() {
            let twice =
                |other: &AiModel| (&other.provider, &other.model_id) == (&model.provider, &model.model_id);
            if models[..place].iter().any(twice) {
                return Err(Refusal::invalid(
                    format!("/models/{place}"),
                    "The same model stands here twice.",
                ));
            }
        }
        ai_models::put(&tx, &models).await?;
        let known = ai_models::list(&tx, None).await?;
        tx.finish().await?;
        Ok(known)
    }
}

fn checked(pointer: &str, model: AiModel) -> Result<AiModel, Refusal> {
    let at = |field: &str| format!("{pointer}/{field}");
    if !KINDS.contains(&model.kind.as_str()) {
        let detail = format!("A model is for {}.", listed(KINDS.into_iter()));
        return Err(Refusal::invalid(at("kind"), detail));
    }
    for (field, tokens) in
        [("max_context_tokens", model.max_context_tokens), ("max_output_tokens", model.max_output_tokens)]
    {
        if tokens.is_some_and(|tokens| tokens <= 0) {
            return Err(Refusal::invalid(at(field), "It is a number of tokens, 1 at least."));
        }
    }
    for (field, price) in [
        ("input_price", &model.input_price),
        ("output_price", &model.output_price),
        ("cache_read_price", &model.cache_read_price),
        ("cache_write_price", &model.cache_write_price),
    ] {
        if price.as_deref().is_some_and(|price| !is_price(price)) {
            return Err(Refusal::invalid(
                at(field),
                "It is US dollars a million tokens as in \"0.25\", with at most 6 decimals.",
            ));
        }
    }
    if model.prices_read_on.as_deref().is_some_and(|day| day.parse::<Date>().is_err()) {
        return Err(Refusal::invalid(at("prices_read_on"), "It is a day, as in 2026-11-27."));
    }
    Ok(AiModel {
        provider: check::text(&at("provider"), &model.provider, limits::PROVIDER_CHARACTERS)?,
        model_id: check::text(&at("model_id"), &model.model_id, limits::MODEL_ID_CHARACTERS)?,
        display_name: check::text(&at("display_name"), &model.display_name, limits::MODEL_NAME_CHARACTERS)?,
        ..model
    })
}

/// Digits with a point, none of them lost in the database.
fn is_price(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    digits(whole, PRICE_DIGITS.0) && digits(part, PRICE_DIGITS.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_decimals_that_are_kept_whole() {
        for price in ["0", "0.25", "12345678.123456"] {
            assert!(is_price(price), "{price}");
        }
        for wrong in ["", ".5", "1.", "-1", "1e3", "1,5", "123456789", "0.1234567", "NaN"] {
            assert!(!is_price(wrong), "{wrong}");
        }
    }
}
