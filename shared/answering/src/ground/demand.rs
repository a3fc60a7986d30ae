//! What a question demands of its answer, and how likely what was said meets it.
//!
//! A passage about the right thing need not answer: asked what was *not* ceded, it tells what was. Such near misses have the
//! question's words, so that neither ranks nor coverage tell them apart. What does: how near the sentence is to the question in
//! meaning, and whether the question's negation, names, numbers and extremes ("the first", "the largest") occur in it.

use super::names;
use language::{UNDETERMINED, language_of, words};
use std::collections::HashSet;

/// Weights of a logistic, fitted on the 3,039 questions of SQuAD 2.0's development set of which half are near misses, put to three
/// sentences of their paragraph; the truth is whether those hold an expected answer. Five-fold by paragraph: area under the curve
/// .73 (cosine alone .64, coverage of the question's words .55), every tenth of the scale within .09 of the truth.
const CONSTANT: f32 = -2.46;
const BY_MEANING: f32 = 4.31;
/// What is demanded by a negation, and what more is missing where nothing that was said negates.
const NEGATION: f32 = -1.48;
const UNANSWERED_NEGATION: f32 = -2.26;
/// For each name of the question that was not said.
const MISSING_NAME: f32 = -0.47;
/// For an extreme that the cited passages do not speak of.
const MISSING_EXTREME: f32 = -0.94;
/// For a number that was not said.
const MISSING_NUMBER: f32 = -1.38;
/// In place of a cosine that is not known: the mean of that sample.
const USUAL_MEANING: f32 = 0.58;

/// What a question demands.
#[derive(Debug)]
pub(super) struct Demand {
    negates: bool,
    names: Vec<String>,
    numbers: Vec<String>,
    extremes: Vec<String>,
}

/// What was said in answer to it.
pub(super) struct Said<'a> {
    /// Words of the sentences.
    pub(super) words: &'a HashSet<String>,
    /// Whether a sentence negates.
    pub(super) negates: bool,
    /// Cosine of the question and the sentence that is nearest to it, where vectors are at hand.
    pub(super) meaning: Option<f32>,
}

impl Demand {
    pub(super) fn of(question: &str) -> Self {
        let all = words(question);
        let numbered = |word: &&String| word.chars().any(|c| c.is_ascii_digit());
        Self {
            negates: negates(question),
            names: names(question),
            numbers: all.iter().filter(numbered).cloned().collect(),
            extremes: all.into_iter().filter(|word| is_extreme(word)).collect(),
        }
    }

    /// 0..1: how likely what was said answers; `stands` tells whether a word, in whatever form, stands in what is cited.
    pub(super) fn is_met(&self, said: &Said<'_>, stands: impl Fn(&str) -> bool) -> f32 {
        let is_said = |word: &String| said.words.contains(word) || super::said_by_stem(word, said.words);
        let mut logit = CONSTANT + BY_MEANING * said.meaning.unwrap_or(USUAL_MEANING);
        if self.negates {
            logit += NEGATION;
            if !said.negates {
                logit += UNANSWERED_NEGATION;
            }
        }
        for _ in self.names.iter().filter(|name| !is_said(name)) {
            logit += MISSING_NAME;
        }
        if self.extremes.iter().any(|word| !stands(word)) {
            logit += MISSING_EXTREME;
        }
        if self.numbers.iter().any(|number| !said.words.contains(number)) {
            logit += MISSING_NUMBER;
        }
        1.0 / (1.0 + (-logit).exp())
    }
}

/// Words that negate in whatever language of Latin or Thai script they stand: a short text does not always tell its own.
const NEGATORS: &[&str] = &[
    "not",
    "never",
    "cannot",
    "without",
    "except",
    "none",
    "nobody",
    "nothing",
    "neither",
    "nor",
    "nicht",
    "nie",
    "niemals",
    "kein",
    "keine",
    "keinen",
    "keinem",
    "keiner",
    "keines",
    "ohne",
    "nichts",
    "pas",
    "jamais",
    "aucun",
    "aucune",
    "rien",
    "nunca",
    "jamás",
    "ningún",
    "ninguna",
    "ninguno",
    "nadie",
    "tampoco",
    "senza",
    "nessun",
    "nessuna",
    "nessuno",
    "niente",
    "não",
    "nenhum",
    "nenhuma",
    "ninguém",
    "niet",
    "nooit",
    "geen",
    "zonder",
    "niemand",
    "niets",
    "ไม่",
    "มิ",
    "ไม่ได้",
    "ไม่มี",
    "ห้าม",
    "อย่า",
    "ไม่ใช่",
];
/// Words that negate in one language and mean something else in another: the "no" of Portuguese is "in the".
const NEGATORS_OF: [(&str, &[&str]); 7] = [
    ("en", &["no"]),
    ("es", &["no", "sin", "nada"]),
    ("fr", &["sans", "personne", "non"]),
    ("it", &["no", "non", "mai"]),
    ("pt", &["sem", "nada"]),
    ("nl", &["nee"]),
    (UNDETERMINED, &["no"]),
];

/// Whether a text negates anything.
pub(super) fn negates(text: &str) -> bool {
    let language = language_of(text);
    let more =
        NEGATORS_OF.iter().find(|(known, _)| *known == language).map_or::<&[&str], _>(&[], |(_, more)| more);
    words(text).iter().any(|word| {
        let word = word.as_str();
        NEGATORS.contains(&word) || more.contains(&word) || word.ends_with("n't") || word.ends_with("n’t")
    })
}

/// English words that pick one out of many.
fn is_extreme(word: &str) -> bool {
    const EXTREMES: [&str; 10] =
        ["first", "last", "second", "third", "most", "least", "only", "always", "all", "every"];
    const NONE: [&str; 8] = ["west", "test", "rest", "guest", "forest", "interest", "request", "protest"];
    EXTREMES.contains(&word) || word.len() > 4 && word.ends_with("est") && !NONE.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(question: &str, said: &str, meaning: f32) -> f32 {
        let all: HashSet<String> = words(said).into_iter().collect();
        let answer = Said { words: &all, negates: negates(said), meaning: Some(meaning) };
        Demand::of(question).is_met(&answer, |word| all.contains(word))
    }

    #[test]
    fn what_is_missing_makes_an_answer_less_likely() {
        let said = "Britain ceded Florida to Spain in 1783.";
        let plain = met("What did Britain cede to Spain?", said, 0.7);
        assert!((0.6..0.7).contains(&plain), "{plain}");
        for doubtful in [
            "What did Britain not cede to Spain?",
            "What wasn't ceded to Spain by Britain?",
            "What did Britain cede to Portugal?",
            "What did Britain cede to Spain in 1763?",
            "What was the first that Britain ceded to Spain?",
            "What was the largest part ceded to Spain?",
        ] {
            let less = met(doubtful, said, 0.7);
            assert!(less < plain - 0.08, "{doubtful}: {less} of {plain}");
        }
        let negation = met("What was not ceded?", "Louisiana was not ceded.", 0.7);
        assert!(negation > met("What was not ceded?", "Florida was ceded.", 0.7) + 0.2, "{negation}");
        assert!(met("What did Britain cede to Spain?", said, 0.2) < 0.2, "another matter");
    }

    #[test]
    fn negations_are_those_of_the_language() {
        for text in [
            "The pump must not run dry.",
            "It doesn’t stop.",
            "Die Pumpe darf nicht trocken laufen, sonst nimmt die Dichtung Schaden.",
            "La bomba no debe funcionar en seco, porque la junta se daña.",
            "La pompe ne doit pas tourner à sec, car le joint s'abîme.",
            "ห้ามเดินปั๊มโดยไม่มีน้ำ",
        ] {
            assert!(negates(text), "{text}");
        }
        for text in [
            "The pump runs until it is switched off.",
            "As bombas estão no armazém da empresa, que também tem uma oficina, e os técnicos fazem as reparações no local.",
            "The notch and the nor'wester are known.",
        ] {
            assert!(!negates(text), "{text}");
        }
    }
}
