//! A language model asked on the side, for a piece of JSON: what a criticism asks for, what a message means, which names it
//! holds. It has a time in which to answer, what it costs is known whatever comes of it, and what it is shown is data: nothing
//! that stands in it can end the part in which it stands. Who asks decides what of the answer is believed.

use crate::estimated;
use domain::chatbot::{ModelConfig, provider_of};
use futures_util::TryStreamExt as _;
use models::{Delta, Generator, Prompt, Usage};
use rand::RngExt as _;
use serde_json::Value;
use std::{
    pin::pin,
    time::{Duration, Instant},
};
use store::budgets::Spending;

/// What calls of a model spent.
#[must_use]
pub fn spending(model: &str, usage: Usage) -> Spending<'_> {
    Spending {
        provider: provider_of(model),
        model,
        prompt: usage.prompt.into(),
        completion: usage.completion.into(),
        kept: usage.kept.into(),
        keeping: usage.keeping.into(),
    }
}

/// Why a model said nothing that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silent {
    /// It did not finish in time.
    TooSlow,
    /// It is busy, away, or broke off.
    Unavailable,
    /// It refuses the call: its id or its access is wrong.
    Refused,
    /// What it said is not of the form that was asked for.
    Unreadable,
    /// It was not asked: the day's budget is used up.
    OverBudget,
}

impl Silent {
    /// As it is kept.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Silent::TooSlow => "too_slow",
            Silent::Unavailable => "unavailable",
            Silent::Refused => "refused",
            Silent::Unreadable => "unreadable",
            Silent::OverBudget => "over_budget",
        }
    }

    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Silent::TooSlow => "did not answer in time",
            Silent::Unavailable => "was busy or not reachable",
            Silent::Refused => "refused the call",
            Silent::Unreadable => "did not answer in the form that was asked for",
            Silent::OverBudget => "was not asked, because the day's budget is used up",
        }
    }
}

/// What came of asking.
#[derive(Debug)]
pub struct Consulted {
    /// The JSON object that it answered.
    pub said: Result<Value, Silent>,
    /// As the provider counted; by estimate where it broke off before its count.
    pub usage: Usage,
    /// How long it took.
    pub took: Duration,
}

impl Consulted {
    /// The model was not asked: there is nothing left to spend.
    #[must_use]
    pub fn not_asked() -> Self {
        Self { said: Err(Silent::OverBudget), usage: Usage::default(), took: Duration::ZERO }
    }
}

/// Asks a model for one JSON object.
pub async fn consult(
    generator: &Generator,
    model: &str,
    prompt: &Prompt,
    tokens: u32,
    patience: Duration,
) -> Consulted {
    let started = Instant::now();
    let (written, usage) = write(generator, model, prompt, tokens, patience).await;
    let said = written.and_then(|text| object(&text).ok_or(Silent::Unreadable));
    Consulted { said, usage, took: started.elapsed() }
}

/// The same for a text as it is written, whole or not at all; and what it cost.
pub(crate) async fn write(
    generator: &Generator,
    model: &str,
    prompt: &Prompt,
    tokens: u32,
    patience: Duration,
) -> (Result<String, Silent>, Usage) {
    let config = ModelConfig { temperature: 0.0, max_tokens: tokens, ..ModelConfig::default() };
    let (mut text, mut usage, mut is_read, mut is_cut) = (String::new(), Usage::default(), false, false);
    let asked = async {
        let deltas = generator.stream(model, prompt, config).await?;
        is_read = true;
        let mut deltas = pin!(deltas);
        while let Some(delta) = deltas.try_next().await? {
            match delta {
                Delta::Text(more) => text.push_str(&more),
                Delta::Usage(count) => usage = count,
                Delta::CutAtLimit | Delta::Blocked => is_cut = true,
            }
        }
        models::Result::Ok(())
    };
    let finished = tokio::time::timeout(patience, asked).await;
    let written = match finished {
        Ok(Ok(())) if is_cut => Err(Silent::Unreadable),
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, model, "a model that was asked on the side failed");
            Err(if error.is_retryable() { Silent::Unavailable } else { Silent::Refused })
        }
        Err(_) => {
            tracing::warn!(model, "a model that was asked on the side was too slow");
            Err(Silent::TooSlow)
        }
    };
    if is_read && usage == Usage::default() {
        // Broken off before its count came: it cost all the same.
        usage = estimated(prompt, language::estimate_tokens(&text));
    }
    (written.map(|()| text), usage)
}

/// The object in what a model said: models like to put a fence or a sentence around it.
fn object(text: &str) -> Option<Value> {
    let (from, to) = (text.find('{')?, text.rfind('}')?);
    let value: Value = serde_json::from_str(text.get(from..=to)?).ok()?;
    value.is_object().then_some(value)
}

/// A text that cannot end the part of a prompt in which it stands.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A name for the part of a prompt that is data, which nothing in it can have guessed.
#[must_use]
pub fn mark() -> String {
    format!("data-{:08x}", rand::rng().random::<u32>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_found_in_what_stands_around_it() {
        for text in ["{\"a\": {}}", "```json\n{\"a\": {}}\n```", "Here it is: {\"a\": {}} I hope it helps."] {
            assert_eq!(object(text), Some(json!({ "a": {} })), "{text}");
        }
        for text in ["", "NO_ANSWER", "[1]", "{", "}{", "{\"a\": 1", "{a}", "{\"a\": 1} {\"b\": 2}"] {
            assert_eq!(object(text), None, "{text}");
        }
    }
}
