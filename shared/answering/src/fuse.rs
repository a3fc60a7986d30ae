//! How much each leg counts, and what the final score means.
//!
//! The order comes from both legs' scores, scaled to 0..1 among the candidates and added, the vectors with
//! [`DENSE_WEIGHT`] (migration 0045, steps 6 and 7): normalised scores beat ranks on SQuAD 2.0 and are flat in
//! the weight. The final score says how likely the passage is about the question at all; thresholds are on it.

use domain::embedding::Space;
use pgvector::Vector;
use store::search::Hit;

/// Weight of the dense leg beside the lexical one (1), where the model reads the language.
pub const DENSE_WEIGHT: f64 = 0.7;

/// The dense leg's weight for a question: none without a vector, and none where its script tells that the model cannot read it. Latin
/// languages are told apart by what the words find, inside the search.
#[must_use]
pub fn dense_weight(space: &Space, question: &str, vector: Option<&Vector>) -> f64 {
    if vector.is_none() {
        return 0.0;
    }
    match language::script_languages(question) {
        Some(languages) if !languages.iter().any(|language| space.reads(language)) => 0.0,
        _ => DENSE_WEIGHT,
    }
}

/// Logistic weights of the final score: constant, cosine, coverage. Fitted on the best passage of 400 questions of
/// SQuAD 2.0 whose articles were there (1) and of 400 whose articles were not (0): area under the curve .989.
const WITH_VECTORS: (f64, f64, f64) = (-11.93, 16.65, 11.05);
/// The same without vectors, or where they say nothing: .957.
const WORDS_ALONE: (f64, f64) = (-6.25, 12.37);
/// The same where no list of function words exists, whose share no passage covers. Fitted on Thai (XQuAD).
const WORDS_WITHOUT_DICTIONARY: (f64, f64) = (-7.11, 15.62);

/// 0..1: how likely a passage is about the question.
#[must_use]
pub fn final_score(hit: &Hit, dense_weight: f64, question: &str) -> f64 {
    let logit = match hit.dense {
        Some(cosine) if dense_weight > 0.0 => {
            let (constant, by_cosine, by_coverage) = WITH_VECTORS;
            constant + by_cosine * cosine + by_coverage * hit.coverage
        }
        _ => {
            let (constant, by_coverage) = if language::script_languages(question).is_some() {
                WORDS_WITHOUT_DICTIONARY
            } else {
                WORDS_ALONE
            };
            constant + by_coverage * hit.coverage
        }
    };
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::tests::hit;
    use proptest::prelude::*;

    fn score(dense: Option<f64>, coverage: f64, question: &str) -> f64 {
        final_score(&Hit { dense, coverage, ..hit("a passage") }, DENSE_WEIGHT, question)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn more_of_either_leg_is_never_less(
            cosine in -1.0..1.0_f64,
            coverage in 0.0..1.0_f64,
            more in 0.0..1.0_f64,
            question in prop::sample::select(vec!["How often is the oil changed?", "เปลี่ยนน้ำมันบ่อยแค่ไหน"]),
        ) {
            for dense in [Some(cosine), None] {
                let one = score(dense, coverage, question);
                prop_assert!((0.0..=1.0).contains(&one));
                prop_assert!(score(dense, (coverage + more).min(1.0), question) >= one);
                prop_assert!(score(dense.map(|cosine| (cosine + more).min(1.0)), coverage, question) >= one);
            }
            // A vector that counts for nothing says nothing.
            let silent = final_score(&Hit { dense: Some(cosine), coverage, ..hit("a passage") }, 0.0, question);
            prop_assert_eq!(silent, score(None, coverage, question));
        }
    }
}
