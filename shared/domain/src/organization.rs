//! An organization's own settings: what is kept is what is enforced. Each has a default, and a row that says nothing of it
//! means that.

use crate::{limits, risk::Risk};
use serde::{Deserialize, Serialize};

/// The settings as they are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// By its name in the IANA database: a day of budgets and metrics begins there.
    pub time_zone: String,
    /// A language tag (BCP 47), for whoever shows numbers and dates.
    pub locale: String,
    /// 1 to 12.
    pub fiscal_year_start_month: u8,
    /// Milliseconds that an answer should take at most; latency is scored against it.
    pub sla_ms: u32,
    /// How the two parts of the quality of experience count.
    pub qoe_weights: QoeWeights,
    /// What personal data is taken out before anything is kept.
    pub pii_policy: PiiPolicy,
    /// What may be spent on answers in a day.
    pub budgets: Budgets,
    /// How long things are kept.
    pub retention_days: RetentionDays,
    /// Share of answers of which what the model was told and said is kept word for word, 0..1.
    pub transcript_sample_rate: f64,
    /// Hours for which the token of a session is good, 1 to [`limits::SESSION_TOKEN_HOURS_MOST`].
    pub session_expiry_hours: u32,
    /// Answers in a row that abstain, after which a conversation is handed to people; 0: never.
    pub escalate_after_abstentions: u32,
    /// The model that reads messages a second time, after they were answered; `None`: none does.
    pub understanding_model: Option<String>,
    /// Whether a conversation is handed to people when its user asks for them.
    pub escalate_on_wish: bool,
    /// The risks, by their words, that hand a conversation to people.
    pub escalate_on_risk: Vec<String>,
    /// The mood of a message, -1..0, at or below which its conversation is handed to people; `None`: whatever the mood.
    pub escalate_on_sentiment: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_zone: "UTC".into(),
            locale: "en".into(),
            fiscal_year_start_month: 7,
            sla_ms: 1_000,
            qoe_weights: QoeWeights::default(),
            pii_policy: PiiPolicy::default(),
            budgets: Budgets::default(),
            retention_days: RetentionDays::default(),
            transcript_sample_rate: 0.01,
            session_expiry_hours: limits::SESSION_TOKEN_HOURS,
            escalate_after_abstentions: limits::ESCALATE_AFTER_ABSTENTIONS,
            understanding_model: None,
            escalate_on_wish: true,
            escalate_on_risk: Risk::ESCALATED.map(|risk| risk.as_str().to_owned()).into(),
            escalate_on_sentiment: None,
        }
    }
}

/// Shares that add up to one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QoeWeights {
    /// Latency and errors.
    pub technical: f64,
    /// Resolution and sentiment.
    pub interaction: f64,
}

impl Default for QoeWeights {
    fn default() -> Self {
        Self { technical: 0.5, interaction: 0.5 }
    }
}

/// Kinds of personal data, by their words: `email`, `phone`, `card`, `iban`, `national_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PiiPolicy {
    /// Taken out of what people ask and what is answered, before it is kept.
    pub messages: Vec<String>,
    /// The model that says which names of persons stand in a question: they are taken out as well. `None`: names stay.
    pub names_model: Option<String>,
}

/// Limits of a day, in the organization's time zone; `None`: no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budgets {
    /// Tokens, read and written.
    pub daily_tokens: Option<i64>,
    /// US dollars, as decimal text.
    pub daily_cost: Option<String>,
}

/// Days after which things are removed; `None`: never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetentionDays {
    /// Messages, with their citations and feedback.
    pub messages: Option<u32>,
    /// Events.
    pub events: Option<u32>,
    /// What was searched and found for messages.
    pub retrieval_logs: Option<u32>,
    /// The objects of documents, from their upload on.
    pub originals: Option<u32>,
    /// What was read from documents: passages, their vectors, answers that a file brought.
    pub extracted_text: Option<u32>,
    /// Vectors of documents' passages.
    pub embeddings: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_says_nothing_means_the_defaults() {
        let settings: Settings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, Settings::default());
        let text = r#"{"budgets": {"daily_tokens": 5}, "of_a_later_version": 1}"#;
        let some: Settings = serde_json::from_str(text).unwrap();
        assert_eq!((some.budgets.daily_tokens, some.sla_ms), (Some(5), 1_000));
    }
}
