//! What a criticism's evidence says, by rules: no model is asked. Pure: evidence in, proposals out, each with its reason.

use domain::{
    chatbot::RERANK_BY_SENTENCES,
    limits::{self, LEAST_SUPPORT},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::{
    admin_feedback::Figures,
    config_versions::Settings,
    retrievals::{Found, Retrieval},
};

/// How an analysis, or a proposal, was made; it is kept and shown with it.
pub const RULES: &str = "rules";
/// The same, where a language model was asked ([`crate::analyst`]).
pub const MODEL: &str = "model";

/// Share of a correction's words that a passage holds which could have carried it.
const CARRIES: f64 = 0.6;
/// Below this final score, a passage is about something else.
const PLAUSIBLE: f64 = 0.2;
/// How far below what was measured a threshold is put.
const SLACK: f64 = 0.02;
/// A wrong answer that was surer than this is not kept back by a threshold.
const SURE: f64 = 0.8;
/// Passages beyond which more of them do not make an answer more complete.
const MANY_PASSAGES: i32 = 20;
/// A rank from which ordering anew is worth its time.
const LOW_RANK: usize = 4;
/// Answers without which the figures of a version say nothing.
const FEW_ANSWERS: i64 = 10;
/// Share of answers held back, or not given, that is too much.
const TOO_MANY_HELD_BACK: f64 = 0.1;
const TOO_MANY_ABSTAINED: f64 = 0.3;

/// What is looked at.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The criticism in words.
    pub text: &'a str,
    /// One of [`domain::feedback::CRITICISM_TYPES`].
    pub kind: &'a str,
    /// The settings that answer at present.
    pub settings: &'a Settings,
    /// How they answer.
    pub figures: &'a Figures,
    /// The answer that is criticised.
    pub answer: Option<Answer<'a>>,
}

/// The answer that is criticised.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// 0..1.
    pub confidence: f64,
    /// Whether the fallback message was given.
    pub abstained: bool,
    /// What should have been answered.
    pub correction: Option<&'a str>,
    /// What was searched and found; `None`: no longer kept.
    pub log: Option<&'a Retrieval>,
}

/// A change that would help, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// A setting's name, or `system_prompt_addition`, `knowledge_gap`, `curated_answer`.
    pub kind: String,
    /// As it is.
    pub from: Value,
    /// As it would be.
    pub to: Value,
    /// In words.
    pub reason: String,
    /// [`RULES`] or [`MODEL`]; of those that were made before models were asked, rules.
    #[serde(default = "by_rules")]
    pub method: String,
}

fn by_rules() -> String {
    RULES.to_owned()
}

/// Proposals by rules, and behind them those of a model that say something else.
#[must_use]
pub fn together(mut rules: Vec<Proposal>, model: Vec<Proposal>) -> Vec<Proposal> {
    let is_said = |one: &Proposal| rules.iter().any(|known| known.kind == one.kind && known.to == one.to);
    let others: Vec<Proposal> = model.into_iter().filter(|one| !is_said(one)).collect();
    rules.extend(others);
    rules
}

/// What the evidence speaks for; one proposal of a kind, the strongest reason first.
#[must_use]
pub fn proposals(evidence: &Evidence<'_>) -> Vec<Proposal> {
    let mut found = Vec::new();
    match &evidence.answer {
        Some(answer) => {
            if answer.abstained {
                found.extend(of_silence(evidence.settings, answer));
            }
            found.extend(of_correction(evidence.settings, answer));
        }
        None => found.extend(of_figures(evidence.settings, evidence.figures)),
    }
    found.extend(of_kind(evidence));
    let mut kinds = BTreeSet::new();
    found.retain(|proposal| kinds.insert(proposal.kind.clone()));
    found
}

fn proposal(kind: &str, from: Value, to: Value, reason: String) -> Proposal {
    Proposal { kind: kind.to_owned(), from, to, reason, method: by_rules() }
}

/// Why nothing was answered.
fn of_silence(settings: &Settings, answer: &Answer<'_>) -> Option<Proposal> {
    let log = answer.log?;
    let best = log.passages.iter().map(|passage| passage.score).fold(0.0, f64::max);
    let (threshold, score_threshold) =
        (f64::from(settings.confidence_threshold), f64::from(settings.score_threshold));
    if best < score_threshold && best >= PLAUSIBLE {
        let reason = format!(
            "Nothing was used of what was found: the best of {} passages scored {best:.2}, and the threshold is \
             {score_threshold:.2}.",
            log.passages.len()
        );
        return Some(proposal("score_threshold", json!(short(score_threshold)), json!(below(best)), reason));
    }
    let support = answer.confidence;
    if support >= f64::from(LEAST_SUPPORT) && support < threshold {
        // Of an answer that is shown, the confidence is its support times the score of what it cites.
        let reason = format!(
            "An answer was written and held back: its sentences had a support of {support:.2}, the best passage scored \
             {best:.2}, and the threshold is {threshold:.2}."
        );
        let to = below(support * best.min(1.0));
        return Some(proposal("confidence_threshold", json!(short(threshold)), json!(to), reason));
    }
    let reason = format!(
        "No passage carries an answer: {} were found, the best scored {best:.2}. A document that says it is missing, or the \
         chatbot does not read it.",
        log.passages.len()
    );
    Some(proposal("knowledge_gap", Value::Null, json!({ "question": asked(log) }), reason))
}

/// What a correction says of the search: whether its words were there to be found.
fn of_correction(settings: &Settings, answer: &Answer<'_>) -> Vec<Proposal> {
    let (Some(correction), Some(log)) = (answer.correction, answer.log) else { return Vec::new() };
    let mut found = vec![proposal(
        "curated_answer",
        Value::Null,
        json!({ "question": asked(log), "answer": correction }),
        "Somebody said what should have been answered; accepted, it answers the next one who asks."
            .to_owned(),
    )];
    let words: BTreeSet<String> = language::words(correction).into_iter().collect();
    let share = |passage: &Found| {
        let held: BTreeSet<String> =
            language::words(passage.content.as_deref().unwrap_or_default()).into_iter().collect();
        let count = |set: usize| f64::from(u32::try_from(set).unwrap_or(u32::MAX));
        count(words.intersection(&held).count()) / count(words.len().max(1))
    };
    let carrying = log.passages.iter().enumerate().find(|(_, passage)| share(passage) >= CARRIES);
    let Some((place, passage)) = carrying else {
        let reason = format!(
            "None of the {} passages that were found says what should have been answered: a document is missing, or the \
             chatbot does not read it.",
            log.passages.len()
        );
        found.push(proposal("knowledge_gap", Value::Null, json!({ "question": asked(log) }), reason));
        return found;
    };
    let rank = place + 1;
    if passage.in_prompt == Some(false) {
        let k = settings.retrieval_k;
        let wanted = i32::try_from(rank).unwrap_or(i32::MAX);
        if wanted > k && i64::from(wanted) <= limits::RETRIEVAL_K {
            let reason = format!(
                "The passage that says what should have been answered was number {rank}; the model was given {k}."
            );
            found.push(proposal("retrieval_k", json!(k), json!(wanted), reason));
        } else if passage.score < f64::from(settings.score_threshold) {
            let threshold = short(f64::from(settings.score_threshold));
            let reason = format!(
                "The passage that says what should have been answered scored {:.2}, below the threshold {threshold:.2}.",
                passage.score
            );
            found.push(proposal("score_threshold", json!(threshold), json!(below(passage.score)), reason));
        }
    }
    if rank >= LOW_RANK && settings.reranker_model.is_none() {
        let reason = format!(
            "The passage that says what should have been answered was number {rank}: what is found should be ordered anew."
        );
        found.push(proposal("reranker_model", Value::Null, json!(RERANK_BY_SENTENCES), reason));
    }
    found
}

/// What the figures of the version say, where no answer is named.
fn of_figures(settings: &Settings, figures: &Figures) -> Option<Proposal> {
    if figures.answers < FEW_ANSWERS {
        return None;
    }
    let abstained = figures.answers - figures.answered;
    let share = |count: i64| ratio(count, figures.answers);
    let threshold = f64::from(settings.confidence_threshold);
    if let Some(quartile) = figures.held_back_quartile
        && share(figures.held_back) >= TOO_MANY_HELD_BACK
        && below(quartile) < threshold
    {
        let reason = format!(
            "{} of {} answers were written and held back although their sentences had support, three quarters of them \
             {quartile:.2} or more; the threshold is {threshold:.2}.",
            figures.held_back, figures.answers
        );
        let to = json!(below(quartile));
        return Some(proposal("confidence_threshold", json!(short(threshold)), to, reason));
    }
    (share(abstained) >= TOO_MANY_ABSTAINED).then(|| {
        let reason = format!(
            "{abstained} of {} questions found no answer, and little was held back: documents are missing, or the chatbot does \
             not read them. The review queue's abstained answers name the questions.",
            figures.answers
        );
        proposal("knowledge_gap", Value::Null, json!({ "question": Value::Null }), reason)
    })
}

/// What its type asks for, whatever the answer was.
fn of_kind(evidence: &Evidence<'_>) -> Option<Proposal> {
    let settings = evidence.settings;
    match evidence.kind {
        "tone" => Some(proposal(
            "system_prompt_addition",
            Value::Null,
            json!(evidence.text),
            "How a chatbot speaks is said in its instructions; the reviewer's words are added to them."
                .to_owned(),
        )),
        "relevance" if settings.reranker_model.is_none() => Some(proposal(
            "reranker_model",
            Value::Null,
            json!(RERANK_BY_SENTENCES),
            "What is found is used in the order of the search; ordered anew, what answers comes first."
                .to_owned(),
        )),
        "completeness" if settings.retrieval_k < MANY_PASSAGES => {
            let (k, to) = (settings.retrieval_k, (settings.retrieval_k * 2).min(MANY_PASSAGES));
            let reason =
                format!("The model was given {k} passages at most; what is missing may stand in others.");
            Some(proposal("retrieval_k", json!(k), json!(to), reason))
        }
        "accuracy" => {
            let answer = evidence.answer.filter(|answer| !answer.abstained)?;
            let threshold = f64::from(settings.confidence_threshold);
            let to = short(answer.confidence + SLACK);
            (answer.confidence < SURE && to > threshold).then(|| {
                let reason = format!(
                    "The wrong answer was given with a confidence of {:.2}; above it, it would have been held back.",
                    answer.confidence
                );
                proposal("confidence_threshold", json!(short(threshold)), json!(to), reason)
            })
        }
        _ => None,
    }
}

/// The question as it stands alone.
fn asked(log: &Retrieval) -> &str {
    log.rewritten.as_deref().unwrap_or(&log.query)
}

/// A threshold that what was measured passes.
fn below(measured: f64) -> f64 {
    // What is a hair below a whole hundredth is that hundredth: 0.56 − 0.02 is 0.54.
    ((measured - SLACK).max(0.0) * 100.0 + 1e-6).floor() / 100.0
}

/// Two decimals, which is what people set.
fn short(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// A share, 0..1.
pub(crate) fn ratio(part: i64, whole: i64) -> f64 {
    let number = |count: i64| f64::from(u32::try_from(count).unwrap_or_default());
    if whole <= 0 { 0.0 } else { number(part) / number(whole) }
}

#[cfg(test)]
mod tests;
