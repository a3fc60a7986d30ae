//! What is let out, what is held back, and under which marker.

use super::*;
use crate::{Passage, prompt::tests::hit, retrieve::Beside};
use store::search::Side;

fn given(handle: &str, content: &str) -> HandedOut {
    HandedOut { handle: handle.into(), passage: Passage { hit: hit(content), score: 0.9, beside: None } }
}

const OIL: &str = "Check the level daily. Change the oil every 500 hours. Use grade 46.";

/// Feeds an answer one character at a time: no cut may make a difference.
fn ground(handed_out: &[HandedOut], answer: &str) -> (String, Verdict) {
    let mut grounder = Grounder::new(handed_out, 0.5);
    let mut shown = String::new();
    let mut show = |events: Vec<Event>| {
        for event in events {
            if let Event::Token(text) = event {
                shown.push_str(&text);
            }
        }
    };
    for c in answer.chars() {
        show(grounder.take(&c.to_string()));
    }
    show(grounder.finish());
    (shown, grounder.verdict())
}

#[test]
fn a_supported_sentence_is_shown_with_its_citation() {
    let (shown, verdict) = ground(&[given("a2b3c4", OIL)], "Change the oil every 500 hours. [a2b3c4]");
    assert_eq!(shown, "Change the oil every 500 hours. [1]");
    assert_eq!(verdict.text, shown);
    assert_eq!(verdict.citations[0].quoted_span, "Change the oil every 500 hours.");
    assert!(verdict.confidence > 0.85, "{}", verdict.confidence);
}

#[test]
fn what_a_neighbour_says_is_cited_by_the_neighbour_and_by_nobody_else() {
    let found = given("a2b3c4", "Check the level daily.");
    let beside = Some(Beside { of: found.passage.hit.chunk, side: Side::After });
    let mut next = given("d5e6f7", "Change the oil every 500 hours.");
    next.passage = Passage { score: 0.6, beside, ..next.passage };
    let handed_out = [found, next];
    let (shown, verdict) = ground(&handed_out, "Change the oil every 500 hours. [d5e6f7]");
    assert_eq!(shown, "Change the oil every 500 hours. [1]");
    assert_eq!(verdict.citations[0].source, Source::Chunk(handed_out[1].passage.hit.chunk));
    assert!(verdict.confidence < 0.7, "as sure as the neighbour's rank: {}", verdict.confidence);
    let (shown, _) = ground(&handed_out, "Change the oil every 500 hours. [a2b3c4]");
    assert_eq!(shown, "", "the passage that was found does not say it");
}

#[test]
fn a_forged_handle_supports_nothing() {
    let (shown, verdict) = ground(&[given("a2b3c4", OIL)], "Change the oil every 500 hours. [z9z9z9]");
    assert_eq!((shown.as_str(), verdict.released), ("", false));
}

#[test]
fn a_forged_handle_beside_a_real_one_is_dropped() {
    let (shown, verdict) =
        ground(&[given("a2b3c4", OIL)], "Change the oil every 500 hours. [a2b3c4][z9z9z9] [7]");
    assert_eq!((shown.as_str(), verdict.citations.len()), ("Change the oil every 500 hours. [1]", 1));
}

#[test]
fn a_wrong_number_is_not_let_out() {
    let (shown, verdict) = ground(&[given("a2b3c4", OIL)], "Change the oil every 900 hours. [a2b3c4]");
    assert_eq!((shown.as_str(), verdict.released), ("", false));
    assert!(verdict.confidence < 0.25);
}

#[test]
fn what_stands_nowhere_is_not_let_out() {
    let (shown, _) = ground(&[given("a2b3c4", OIL)], "Paris is the capital of France. [a2b3c4]");
    assert_eq!(shown, "");
}

#[test]
fn an_invention_beside_a_good_sentence_is_left_out() {
    let (shown, verdict) = ground(
        &[given("a2b3c4", OIL)],
        "Use grade 46. [a2b3c4] Paris is the capital of France. [z9z9z9] Check the level daily. [a2b3c4]",
    );
    assert_eq!(shown, "Use grade 46. [1] Check the level daily. [1]");
    assert!(verdict.confidence > 0.8);
}

#[test]
fn no_answer_is_no_answer() {
    let (shown, verdict) = ground(&[given("a2b3c4", OIL)], "NO_ANSWER");
    assert_eq!((shown.as_str(), verdict.released, verdict.confidence), ("", false, 0.0));
}

#[test]
fn sentences_share_markers_in_the_order_of_their_mention() {
    let handed_out = [given("a2b3c4", OIL), given("d5e6f7", "The pump weighs 12 kg.")];
    let (shown, verdict) = ground(
        &handed_out,
        "The pump weighs 12 kg. [d5e6f7] Use grade 46. [a2b3c4] Check the level daily. [a2b3c4]",
    );
    assert_eq!(shown, "The pump weighs 12 kg. [1] Use grade 46. [2] Check the level daily. [2]");
    assert_eq!(verdict.citations.iter().map(|c| c.marker).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn handles_may_stand_before_the_full_stop_and_in_one_bracket() {
    let handed_out = [given("a2b3c4", OIL), given("d5e6f7", OIL)];
    let (shown, verdict) = ground(&handed_out, "Use grade 46 [a2b3c4, d5e6f7].");
    assert_eq!((shown.as_str(), verdict.citations.len()), ("Use grade 46. [1] [2]", 2));
}

#[test]
fn images_are_removed() {
    assert_eq!(without_images("a ![x](http://evil/?q=1) b <IMG src=x> c"), "a  b  c");
}

#[test]
fn ordinary_brackets_stay() {
    assert_eq!(split_handles("see [the table] here"), ("see [the table] here".into(), Vec::new()));
}
