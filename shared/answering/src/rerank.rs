//! A second opinion on the order of what was found: by a model on Bedrock, or by the passages' sentences without one. The
//! final score stays what it was, so a threshold means the same with and without.

use crate::{
    Answering, Passage,
    content::{is_content, stands},
};
use domain::{chatbot::RERANK_BY_SENTENCES, limits};
use language::{sentences, words};
use std::time::Duration;
use tokio::time::timeout;

/// How much the best sentence counts beside the order that stands (1).
const SENTENCE_WEIGHT: f64 = 0.5;

impl Answering {
    /// Puts passages in a reranker's order and notes its scores. When it fails or takes too long, they stay as they are: a
    /// busy reranker is no reason to be silent. Whether they were reranked.
    pub(crate) async fn rerank(&self, model: &str, question: &str, passages: &mut [Passage]) -> bool {
        let scores = match model {
            RERANK_BY_SENTENCES => Ok(by_sentences(question, passages)),
            _ => self.by_model(model, question, passages).await,
        };
        match scores {
            Ok(scores) => order(passages, scores),
            Err(why) => {
                let kept = "passages keep the order in which they were found";
                tracing::warn!(error = why, rerank.model = model, "{kept}");
                return false;
            }
        }
        true
    }

    async fn by_model(&self, model: &str, question: &str, passages: &[Passage]) -> Result<Vec<f64>, String> {
        let texts: Vec<&str> = passages.iter().map(|passage| passage.hit.content.as_str()).collect();
        let patience = Duration::from_secs(limits::RERANK_SECONDS);
        match timeout(patience, self.reranker.rerank(model, question, &texts)).await {
            Ok(scores) => scores.map_err(|error| error.to_string()),
            Err(elapsed) => Err(elapsed.to_string()),
        }
    }
}

/// Best first; equals keep their order.
fn order(passages: &mut [Passage], scores: Vec<f64>) {
    for (place, (passage, score)) in passages.iter_mut().zip(scores).enumerate() {
        passage.reranked = Some(Reranked { score, found: place + 1 });
    }
    passages.sort_by(|one, other| {
        let score = |passage: &Passage| passage.reranked.map_or(f64::MIN, |reranked| reranked.score);
        score(other).total_cmp(&score(one))
    });
}

/// What a reranker said of a passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reranked {
    /// Its score; each model has a scale of its own.
    pub score: f64,
    /// The passage's place before, from 1.
    pub found: usize,
}

fn by_sentences(question: &str, passages: &[Passage]) -> Vec<f64> {
    let asked: Vec<String> = words(question).into_iter().filter(|word| is_content(word)).collect();
    let said = |passage: &Passage| {
        let content = passage.hit.content.as_str();
        let best =
            sentences(content).into_iter().map(|range| share(&asked, &content[range])).fold(0.0, f64::max);
        (passage.hit.fused + SENTENCE_WEIGHT * best) / (1.0 + SENTENCE_WEIGHT)
    };
    passages.iter().map(said).collect()
}

/// The share of words that a sentence holds, in whatever form.
#[expect(clippy::cast_precision_loss, reason = "words of a question")]
fn share(asked: &[String], sentence: &str) -> f64 {
    let said = words(sentence);
    if asked.is_empty() {
        0.0
    } else {
        asked.iter().filter(|word| stands(word, &said)).count() as f64 / asked.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::tests::hit;

    fn passage(fused: f64, content: &str) -> Passage {
        let hit = store::search::Hit { fused, ..hit(content) };
        Passage { hit, score: 0.5, beside: None, file: None, reranked: None }
    }

    #[test]
    fn the_passage_comes_first_of_which_one_sentence_says_most_of_the_question() {
        let scattered = passage(0.62, "The pump is red. A seal is round. The filter is replaced in spring.");
        let together = passage(0.60, "The seals of the pump are replaced every year.");
        let mut passages = vec![scattered, together];
        let scores = by_sentences("When is the seal of the pump replaced?", &passages);
        order(&mut passages, scores);
        assert!(passages[0].hit.content.starts_with("The seals"));
        assert_eq!(passages[0].reranked.map(|reranked| reranked.found), Some(2));
        assert_eq!(passages[1].reranked.map(|reranked| reranked.found), Some(1));
    }

    #[test]
    fn equals_and_questions_of_function_words_keep_their_order() {
        let mut passages = vec![passage(0.5, "One."), passage(0.5, "Two."), passage(0.4, "Three.")];
        let scores = by_sentences("What is the?", &passages);
        order(&mut passages, scores);
        let found: Vec<_> =
            passages.iter().filter_map(|passage| passage.reranked.map(|one| one.found)).collect();
        assert_eq!(found, [1, 2, 3]);
    }
}
