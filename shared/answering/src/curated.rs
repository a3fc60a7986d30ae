//! Whether people answered this very question themselves: then their answer is given, word for word, and no model
//! is asked. Nothing checks such an answer against the question afterwards, so a near miss must stay a miss.

use crate::{
    content::{is_content, stands},
    ground::{Verdict, inert},
};
use domain::{chatbot::AllowedHosts, document::clip, embedding::Space, limits};
use std::collections::BTreeSet;
use store::{
    curated_search::Candidate,
    messages::{Citation, Source},
};

/// What a curated answer's message names as its model.
pub const MODEL: &str = "curated";

/// Cosine from which two questions are one, where the words that say something of one are all in the other.
/// Measured with MiniLM on `curated/pairs.tsv`: the nearest two of different meaning are at .906.
const SAME_WORDS: f64 = 0.92;
/// The same where each has words that the other lacks: another word for the same, or for its opposite. Nearest of
/// different meaning: .946 (Spanish, which the model does not read; English .932).
const OTHER_WORDS: f64 = 0.95;

/// An answer of people to the asked question.
#[derive(Debug, Clone)]
pub struct Match {
    /// Theirs.
    pub answer: Candidate,
    /// 0..1: 1 for the same words.
    pub similarity: f32,
}

/// The best of the candidates that answer the question: the nearest, and of equally near ones the chatbot's own.
pub(crate) fn best(space: &Space, asked: &[String], candidates: Vec<Candidate>) -> Option<Match> {
    let matching = candidates.into_iter().filter_map(|answer| {
        let cosine = answer.cosine.filter(|_| space.reads(&answer.language));
        let similarity = similarity(asked, &language::words(&answer.question), cosine)?;
        Some(Match { answer, similarity })
    });
    matching.max_by(|a, b| {
        a.similarity
            .total_cmp(&b.similarity)
            .then(a.answer.is_own.cmp(&b.answer.is_own))
            .then(b.answer.id.cmp(&a.answer.id))
    })
}

/// How sure it is that two questions are one; `None`: they are not, or nobody can tell.
fn similarity(asked: &[String], known: &[String], cosine: Option<f64>) -> Option<f32> {
    if !asked.is_empty() && asked == known {
        return Some(1.0);
    }
    let cosine = cosine?;
    let least = if holds(asked, known) || holds(known, asked) { SAME_WORDS } else { OTHER_WORDS };
    let same = cosine >= least && turns(asked) == turns(known);
    #[expect(clippy::cast_possible_truncation, reason = "0.92 to 1")]
    same.then_some(cosine.min(1.0) as f32)
}

/// Whether all words of one question that say something stand in the other.
fn holds(words: &[String], others: &[String]) -> bool {
    others.iter().filter(|word| is_content(word)).all(|word| stands(word, words))
}

/// The words that turn a question into another one, and that vectors hardly see: numbers, negations, and who, where,
/// when, why, must.
fn turns(words: &[String]) -> BTreeSet<&str> {
    const TURNING: &[&str] = &[
        "who", "whom", "whose", "where", "when", "why", "must", "not", "no", "never", "without", "cannot",
        "nicht", "kein", "keine", "ohne", "sin", "nunca", "pas", "sans", "jamais", "non", "senza", "sem",
        "não",
    ];
    words
        .iter()
        .map(String::as_str)
        .filter_map(|word| {
            if word.ends_with("n't") || word.ends_with("n’t") {
                return Some("not");
            }
            (TURNING.contains(&word) || word.chars().any(char::is_numeric)).then_some(word)
        })
        .collect()
}

/// An answer as it may be given: one that a file brought is made inert, for whoever may upload files may not write answers
/// that act. `None`: nothing is left of it.
pub(crate) fn harmless(mut found: Match, allowed: &AllowedHosts) -> Option<Match> {
    if found.answer.document.is_some() {
        found.answer.answer = inert(&found.answer.answer, allowed).trim().to_owned();
    }
    (!found.answer.answer.is_empty()).then_some(found)
}

/// The answer as it is given: verbatim, cited as a whole, so that no marker stands in it.
pub(crate) fn verdict(found: &Match) -> Verdict {
    let Match { answer, similarity } = found;
    let document = answer.document.as_ref();
    let citation = Citation {
        marker: 1,
        source: Source::Curated(answer.id),
        document: document.map(|document| document.id),
        title: document.map_or_else(
            || clip(&answer.question, limits::TITLE_CHARACTERS),
            |document| document.title.clone(),
        ),
        key: document.map(|document| document.key.clone()),
        page: None,
        quoted_span: clip(&answer.answer, limits::QUOTED_CHARACTERS),
        score: *similarity,
        is_there: document.is_some_and(|document| document.has_original),
    };
    Verdict {
        text: answer.answer.clone(),
        citations: vec![citation],
        confidence: *similarity,
        released: true,
    }
}

#[cfg(test)]
mod tests;
