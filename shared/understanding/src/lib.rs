//! What a message says between its lines: its language, its mood, risks that people should know of, a wish to speak with
//! people, and which category of the bot's own it belongs to. No model is called.
//!
//! Pure: text and vectors in, findings out. It must not know who asks, what is kept, or where vectors come from.
//!
//! What is not known is said to be unknown: no mood of a language without a lexicon, no risk of a language without rules, no
//! category of a question that lies near none.

mod tongue;
mod mood;
mod rules;
mod risks;
mod wish;
pub mod category;

pub use mood::{Mood, Sentiment};
pub use tongue::tongue;

use domain::Risk;

/// What a message was understood as.
#[derive(Debug, Clone, PartialEq)]
pub struct Understood {
    /// ISO 639-1; `None`: it cannot be told.
    pub language: Option<&'static str>,
    /// `None`: there is no lexicon of its language.
    pub sentiment: Option<Sentiment>,
    /// Those that were found; `None`: there are no rules of its language.
    pub risks: Option<Vec<Risk>>,
    /// Whether its user asks for a person in place of the bot.
    pub wants_people: bool,
}

/// Reads a message.
#[must_use]
pub fn understand(text: &str) -> Understood {
    let language = tongue(text);
    let words = rules::Words::of(text);
    Understood {
        language,
        sentiment: mood::sentiment(text, language),
        risks: risks::risks(text, &words, language),
        wants_people: wish::wants_people(&words, language),
    }
}

#[cfg(test)]
mod tests;
