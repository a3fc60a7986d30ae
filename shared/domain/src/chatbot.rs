//! A chatbot's settings as one immutable version.

use crate::{ChatbotId, ConfigVersionId, limits};
use serde::{Deserialize, Serialize};

/// What a new chatbot is told to be, when nobody says otherwise.
pub const DEFAULT_SYSTEM_PROMPT: &str = "You answer questions of an organization's people and customers from its own \
     documents. Be exact, brief and friendly. Answer in the language of the question.";

/// What is said when there is no answer, when nobody says otherwise.
pub const DEFAULT_FALLBACK: &str = "I could not find an answer to that in the documents I have. Could you ask in other words, or tell me more?";
/// Who serves a model by its id, as it is kept with what the model wrote.
#[must_use]
pub fn provider_of(model: &str) -> &'static str {
    if model.starts_with(crate::embedding::COMPATIBLE_PREFIX) { "openai-compatible" } else { "bedrock" }
}

/// How sure an answer must be, 0..1, to be shown. Of right answers to SQuAD 2.0 3 % are less sure; of near misses, whose passages
/// hold all but the answer, 24 %.
pub const DEFAULT_CONFIDENCE_THRESHOLD: f32 = 0.15;

/// Variables that a system prompt may name, as in `{{organization}}`: the chatbot's name, its organization's, and the day in UTC
/// as `2026-11-27`.
pub const PROMPT_VARIABLES: [&str; 3] = ["chatbot", "organization", "today"];

/// The first variable that a system prompt names and that there is not.
#[must_use]
pub fn unknown_variable(prompt: &str) -> Option<&str> {
    parts(prompt).find_map(|part| match part {
        Part::Variable(name) if !PROMPT_VARIABLES.contains(&name) => Some(name),
        _ => None,
    })
}

/// A system prompt with the values of [`PROMPT_VARIABLES`], in their order, in their places. What a value holds is not read
/// again.
#[must_use]
pub fn fill(prompt: &str, values: [&str; PROMPT_VARIABLES.len()]) -> String {
    let filled = parts(prompt).map(|part| match part {
        Part::Text(text) => text,
        Part::Variable(name) => {
            PROMPT_VARIABLES.iter().position(|known| *known == name).map_or("", |place| values[place])
        }
    });
    filled.collect()
}

/// A part of a text with variables.
pub(crate) enum Part<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// Texts and variables in turns. Braces around anything but a name are text.
pub(crate) fn parts(prompt: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = prompt;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(inner) = rest.strip_prefix("{{")
            && let Some((name, after)) = inner.split_once("}}")
            && is_name(name.trim())
        {
            rest = after;
            return Some(Part::Variable(name.trim()));
        }
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..].find("{{").map_or(rest.len(), |place| first + place);
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Part::Text(text))
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// How a bot's model is called.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelConfig {
    /// 0: the likeliest word each time.
    pub temperature: f32,
    /// Tokens of the answer at most.
    pub max_tokens: u32,
    /// Who rewrites follow-ups.
    pub rewrite: Rewrite,
}

/// Who makes a question that stands alone of one that leans on those before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rewrite {
    /// Rules, which call nothing.
    #[default]
    Rules,
    /// The bot's own model; the rules, where it fails.
    Model,
}

impl Rewrite {
    /// Both, in the order in which they are told.
    pub const ALL: [Rewrite; 2] = [Rewrite::Rules, Rewrite::Model];

    /// As it is kept and told.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Rewrite::Rules => "rules",
            Rewrite::Model => "model",
        }
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self { temperature: 0.0, max_tokens: limits::ANSWER_TOKENS, rewrite: Rewrite::default() }
    }
}

/// The active config version of a chatbot, as a turn needs it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its row; every message names it.
    pub id: ConfigVersionId,
    /// Whose settings these are.
    pub chatbot: ChatbotId,
    /// Model that generates.
    pub llm_model: String,
    /// What the bot is told to be, its variables filled in.
    pub system_prompt: String,
    /// How the model is called.
    pub model_config: ModelConfig,
    /// Who orders what was found anew; `None`: nobody.
    pub reranker_model: Option<String>,
    /// Passages that go into the prompt.
    pub retrieval_k: u32,
    /// Passages below this final score are not used.
    pub score_threshold: f32,
    /// Answers below this confidence are not given.
    pub confidence_threshold: f32,
    /// Tokens of passages that go into the prompt.
    pub context_window: u32,
    /// What is said when there is no answer.
    pub fallback_message: String,
    /// Share of answers of which what the model was told and said is kept word for word, 0..1.
    pub transcript_share: f64,
    /// Where links of answers may lead.
    pub allowed_hosts: AllowedHosts,
}

/// The reranker that calls no model.
pub const RERANK_BY_SENTENCES: &str = "docent.sentences";

/// Whether a name is one of a reranker: [`RERANK_BY_SENTENCES`], or a model of Bedrock that reranks.
#[must_use]
pub fn is_reranker(model: &str) -> bool {
    model == RERANK_BY_SENTENCES || model.contains("cohere.rerank") || model.contains("amazon.rerank")
}

/// Hosts that an answer's links may lead to, their subdomains included. Empty: an answer holds no link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// By their names; case and a dot at the end make no difference.
    #[must_use]
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        let plain = hosts.into_iter().map(|host| host.trim_end_matches('.').to_lowercase());
        Self(plain.filter(|host| !host.is_empty()).collect())
    }

    /// Whether a host is one of them or below one.
    #[must_use]
    pub fn holds(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_lowercase();
        self.0.iter().any(|allowed| {
            host.strip_suffix(allowed.as_str()).is_some_and(|below| below.is_empty() || below.ends_with('.'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_a_prompt_are_filled_and_nothing_else_is() {
        let values = ["Pumpy", "Acme {{today}}", "2026-11-27"];
        let filled = |prompt: &str| fill(prompt, values);
        assert_eq!(filled("You are {{chatbot}} of {{ organization }}."), "You are Pumpy of Acme {{today}}.");
        assert_eq!(filled("{{{today}}}"), "{2026-11-27}");
        for plain in ["", "no braces", "{chatbot}", "{{", "{{}}", "{{ \"a\": 1 }}", "ก{{ข}}", "}}{{"] {
            assert_eq!(filled(plain), plain);
            assert_eq!(unknown_variable(plain), None, "{plain}");
        }
        assert_eq!(unknown_variable("{{today}} {{company}}"), Some("company"));
    }

    #[test]
    fn a_host_holds_what_is_below_it_and_nothing_that_only_ends_like_it() {
        let hosts = AllowedHosts::new(["Tarnwell.example.".to_owned(), String::new()]);
        for held in ["tarnwell.example", "docs.TARNWELL.example", "tarnwell.example."] {
            assert!(hosts.holds(held), "{held}");
        }
        for foreign in ["eviltarnwell.example", "tarnwell.example.evil.com", "example", ""] {
            assert!(!hosts.holds(foreign), "{foreign}");
        }
        assert!(!AllowedHosts::default().holds("tarnwell.example"));
    }
}
