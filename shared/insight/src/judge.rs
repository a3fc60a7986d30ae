//! What an answer is worth against what is known: the measure of `local eval`, question by question. Pure.

use answering::Tried;
use language::{holds, token_f1};
use serde_json::{Value, json};
use store::{
    messages::Citation,
    replays::{Answered, Asked},
};

/// Words shared with the expected answer from which on an answer that does not hold it says the same.
const SAYS_THE_SAME: f64 = 0.5;

/// An answer of a replay, with what is known of it.
pub(crate) fn judged(asked: &Asked, tried: &Tried) -> Answered {
    let expected = asked.expected_answer.as_deref();
    let is_known = asked.is_answerable && (expected.is_some() || asked.expected_source.is_some());
    let right: Vec<bool> = tried.citations.iter().map(|citation| is_right(asked, citation)).collect();
    let is_given = !tried.abstained && tried.broken.is_none();
    let overlap = expected.map(|expected| if is_given { token_f1(&tried.content, expected) } else { 0.0 });
    let says =
        expected.is_none_or(|expected| holds(&tried.content, expected) || overlap >= Some(SAYS_THE_SAME));
    let of_source =
        |citation: &Citation| asked.expected_source.as_deref().is_some_and(|source| is_of(citation, source));
    let cites = asked.expected_source.is_none() || tried.citations.iter().any(of_source);
    let is_correct = match asked.kind.as_str() {
        "gold" if !asked.is_answerable => Some(tried.abstained),
        "gold" => Some(is_given && says && cites),
        _ => None,
    };
    Answered {
        answer: tried.content.clone(),
        abstained: tried.abstained,
        broken: tried.broken.map(|broken| broken.code().to_owned()),
        confidence: tried.confidence,
        citations: tried
            .citations
            .iter()
            .zip(&right)
            .map(|(citation, right)| row(citation, is_known.then_some(*right)))
            .collect(),
        is_correct,
        overlap,
        citation_precision: (is_known && is_given).then(|| share(&right)).flatten(),
        latency_ms: int(tried.took.as_millis()),
        prompt_tokens: int(tried.usage.prompt),
        completion_tokens: int(tried.usage.completion),
        cost: None,
    }
}

/// Whether a citation is of the expected source, or its words hold the expected answer.
fn is_right(asked: &Asked, citation: &Citation) -> bool {
    asked.expected_source.as_deref().is_some_and(|source| is_of(citation, source))
        || asked.expected_answer.as_deref().is_some_and(|answer| holds(&citation.quoted_span, answer))
}

/// Whether a citation is of a document, by its id, its key or the last part of that.
fn is_of(citation: &Citation, source: &str) -> bool {
    let by_id = citation.document.is_some_and(|document| source.parse() == Ok(document));
    let by_key = |key: &str| key == source || key.rsplit('/').next() == Some(source);
    by_id || citation.key.as_deref().is_some_and(by_key)
}

fn row(citation: &Citation, is_right: Option<bool>) -> Value {
    json!({ "marker": citation.marker, "document_id": citation.document, "title": citation.title, "key": citation.key,
            "page": citation.page, "quoted_span": citation.quoted_span, "score": citation.score, "is_right": is_right })
}

#[expect(clippy::cast_precision_loss, reason = "citations of an answer")]
fn share(right: &[bool]) -> Option<f64> {
    (!right.is_empty()).then(|| right.iter().filter(|right| **right).count() as f64 / right.len() as f64)
}

fn int(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ChunkId, DocumentId};
    use std::time::Duration;
    use store::messages::Source;

    fn asked(answer: Option<&str>, source: Option<&str>) -> Asked {
        Asked {
            place: 0,
            kind: "gold".into(),
            gold_question_id: None,
            message_id: None,
            question: "Which grade?".into(),
            expected_answer: answer.map(Into::into),
            expected_source: source.map(Into::into),
            is_answerable: answer.is_some() || source.is_some(),
        }
    }

    fn citation(key: &str, quoted_span: &str) -> Citation {
        Citation {
            marker: 1,
            source: Source::Chunk(ChunkId::generate()),
            document: Some(DocumentId::generate()),
            title: "A manual".into(),
            key: Some(key.into()),
            page: None,
            quoted_span: quoted_span.into(),
            score: 0.9,
            is_there: true,
        }
    }

    fn tried(content: &str, citations: Vec<Citation>) -> Tried {
        Tried {
            content: content.into(),
            citations,
            confidence: 0.9,
            abstained: false,
            broken: None,
            served: None,
            usage: models::Usage::default(),
            beside: Vec::new(),
            took: Duration::from_millis(12),
        }
    }

    #[test]
    fn a_right_answer_says_what_is_expected_and_cites_where_it_stands() {
        let both = asked(Some("grade 46"), Some("en-7.txt"));
        let said = |citations| tried("Use Grade  46. [1]", citations);
        let right =
            judged(&both, &said(vec![citation("demo/s/en-7.txt", "x"), citation("demo/s/en-8.txt", "y")]));
        assert_eq!((right.is_correct, right.citation_precision), (Some(true), Some(0.5)));
        assert_eq!(
            (&right.citations[0]["is_right"], &right.citations[1]["is_right"]),
            (&json!(true), &json!(false))
        );
        // Said, of the wrong document; and the right document, saying something else.
        assert_eq!(judged(&both, &said(vec![citation("demo/s/en-8.txt", "y")])).is_correct, Some(false));
        let other = tried("Use water. [1]", vec![citation("demo/s/en-7.txt", "x")]);
        assert_eq!(judged(&both, &other).is_correct, Some(false));
        // Nearly the same words say the same.
        let near = tried("Oil of grade 46 [1]", vec![]);
        assert_eq!(judged(&asked(Some("The oil grade 46"), None), &near).is_correct, Some(true));
        // A citation whose words hold the answer is right, whatever it is of.
        let held = judged(
            &asked(Some("grade 46"), None),
            &said(vec![citation("demo/s/en-8.txt", "oil of grade 46")]),
        );
        assert_eq!(held.citation_precision, Some(1.0));
        let document = citation("demo/s/en-9.txt", "z");
        let by_id = asked(None, document.document.map(|id| id.to_string()).as_deref());
        assert_eq!(judged(&by_id, &said(vec![document])).is_correct, Some(true));
    }

    #[test]
    fn silence_is_right_where_there_is_no_answer_and_there_alone() {
        let silent = Tried { abstained: true, ..tried("I do not know.", vec![]) };
        assert_eq!(judged(&asked(None, None), &silent).is_correct, Some(true));
        assert_eq!(judged(&asked(None, None), &tried("Grade 46.", vec![])).is_correct, Some(false));
        let missed = judged(&asked(Some("I do not know."), None), &silent);
        assert_eq!(
            (missed.is_correct, missed.overlap, missed.citation_precision),
            (Some(false), Some(0.0), None)
        );
        let recent = Asked { kind: "recent".into(), ..asked(None, None) };
        assert_eq!(judged(&recent, &silent).is_correct, None);
        let broken = Tried { broken: Some(answering::Broken::TooSlow), ..tried("grade 46", vec![]) };
        assert_eq!(judged(&asked(Some("grade 46"), None), &broken).is_correct, Some(false));
    }
}
