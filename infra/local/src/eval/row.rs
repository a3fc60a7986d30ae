//! What one question gave.

use super::set::{Question, Set};
use language::{holds, token_f1};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A question's outcome, as it is written to the report.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Row {
    /// The question's id in its set.
    pub id: String,
    /// Whether the documents hold the answer.
    pub answerable: bool,
    /// Place of the gold document among the documents found, from 1.
    pub rank: Option<usize>,
    /// The same by each leg alone, where that was asked for.
    pub legs: Option<LegRanks>,
    /// Place of the first passage that holds the answer, from 1.
    pub answer_rank: Option<usize>,
    /// Milliseconds of the search as its caller saw it.
    pub search_ms: f64,
    /// What was answered, where it was asked.
    pub answer: Option<Answered>,
    /// Why it could not be searched or answered: such a question counts in no other figure.
    #[serde(default)]
    pub failed: Option<String>,
}

/// The gold document's places by one leg alone.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct LegRanks {
    /// By words.
    pub lexical: Option<usize>,
    /// By vectors.
    pub dense: Option<usize>,
}

/// An answer against what is known.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answered {
    /// Whether it is the fallback message.
    pub abstained: bool,
    /// 0..1.
    pub confidence: f64,
    /// Whether it can be answered and a spelling of the answer stands in what was said.
    pub right: bool,
    /// Best word overlap with a spelling of the answer.
    pub f1: f64,
    /// Citations shown.
    pub citations: usize,
    /// Those of the gold document, or whose words hold the answer.
    pub citations_right: usize,
    /// Milliseconds to the first word.
    pub first_word_ms: f64,
    /// Milliseconds to the last.
    pub total_ms: f64,
    /// Tokens, as the provider counted them.
    pub tokens: u64,
    /// US dollars, where the model's price is known.
    pub cost: Option<f64>,
    /// What the answer's confidence was made of, as the retrieval log kept it.
    pub evidence: Option<Value>,
}

impl Row {
    /// The row of a search's passages (`items` of the API).
    #[must_use]
    pub fn of_search(question: &Question, found: &Value, search_ms: f64) -> Self {
        let items = found["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names = items.iter().filter_map(|item| item["document_key"].as_str());
        let answer_rank = items
            .iter()
            .position(|item| holds_any(item["content"].as_str().unwrap_or_default(), &question.answers));
        Self {
            id: question.id.clone(),
            answerable: question.answerable,
            rank: rank(names, question),
            answer_rank: answer_rank.map(|place| place + 1),
            search_ms,
            ..Self::default()
        }
    }

    /// The row of a question of which nothing came.
    #[must_use]
    pub fn failed(question: &Question, why: String) -> Self {
        Self {
            id: question.id.clone(),
            answerable: question.answerable,
            failed: Some(why),
            ..Self::default()
        }
    }
}

impl Answered {
    /// Of a `done` event's JSON.
    #[must_use]
    pub fn of(question: &Question, done: &Value, first_word_ms: f64, total_ms: f64) -> Self {
        let text = done["message"]["content"].as_str().unwrap_or_default();
        let abstained = done["abstained"].as_bool().unwrap_or_default();
        let said = question.answerable && !abstained;
        let gold = Set::file_name(&question.gold_doc);
        let citations = done["citations"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_right = |citation: &&Value| {
            let of_gold = citation["document_key"].as_str().is_some_and(|key| file_of(key) == gold);
            of_gold || holds_any(citation["quoted_span"].as_str().unwrap_or_default(), &question.answers)
        };
        let best = question.answers.iter().map(|answer| token_f1(text, answer)).fold(0.0, f64::max);
        Self {
            abstained,
            confidence: done["confidence"].as_f64().unwrap_or_default(),
            right: said && holds_any(text, &question.answers),
            f1: if said { best } else { 0.0 },
            citations: citations.len(),
            citations_right: citations.iter().filter(is_right).count(),
            first_word_ms,
            total_ms,
            tokens: done["usage"]["total_tokens"].as_u64().unwrap_or_default(),
            cost: done["cost"].as_str().and_then(|cost| cost.parse().ok()),
            evidence: None,
        }
    }
}

/// Place of the gold document among documents by the keys of their passages, best first, each document once.
pub fn rank<'a>(keys: impl Iterator<Item = &'a str>, question: &Question) -> Option<usize> {
    let gold = Set::file_name(&question.gold_doc);
    let mut seen: Vec<&str> = Vec::new();
    for key in keys {
        let name = file_of(key);
        if name == gold {
            return Some(seen.len() + 1);
        }
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    None
}

fn file_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

fn holds_any(text: &str, phrases: &[String]) -> bool {
    phrases.iter().any(|phrase| holds(text, phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn question(answerable: bool) -> Question {
        Question {
            id: "1".into(),
            question: "Which grade?".into(),
            answers: vec!["grade 46".into()],
            gold_doc: "en:7".into(),
            answerable,
        }
    }

    #[test]
    fn documents_count_once_and_the_answer_by_passage() {
        let item = |key: &str, content: &str| json!({ "document_key": key, "content": content });
        let found = json!({ "items": [
            item("demo/s/en-1.txt", "x"), item("demo/s/en-1.txt", "y"), item("demo/s/en-7.txt", "Use Grade  46."),
        ] });
        let row = Row::of_search(&question(true), &found, 1.0);
        assert_eq!((row.rank, row.answer_rank), (Some(2), Some(3)));
        assert_eq!(Row::of_search(&question(true), &json!({ "items": [] }), 1.0).rank, None);
    }

    #[test]
    fn an_answer_to_what_has_none_is_never_right() {
        let done = json!({
            "message": { "content": "Use grade 46. [1] [2]" }, "abstained": false, "confidence": 0.75,
            "citations": [
                { "document_key": "demo/s/en-7.txt", "quoted_span": "x" },
                { "document_key": "demo/s/en-8.txt", "quoted_span": "y" },
            ],
            "usage": { "total_tokens": 9 }, "cost": "0.25",
        });
        let answered = Answered::of(&question(true), &done, 1.0, 2.0);
        assert!(answered.right && answered.f1 > 0.5);
        assert_eq!((answered.citations, answered.citations_right), (2, 1));
        assert_eq!((answered.tokens, answered.cost), (9, Some(0.25)));
        let answered = Answered::of(&question(false), &done, 1.0, 2.0);
        assert!(!answered.right && answered.f1 == 0.0);
    }
}
