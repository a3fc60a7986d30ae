//! What is let out, what is held back, and under which marker.

use super::*;
use crate::{Passage, prompt::tests::hit, retrieve::Beside};
use store::search::Side;

fn given(handle: &str, content: &str) -> HandedOut {
    HandedOut {
        handle: handle.into(),
        passage: Passage { hit: hit(content), score: 0.9, beside: None, file: None, reranked: None },
    }
}

fn config(confidence_threshold: f32) -> Config {
    Config {
        reranker_model: None,
        transcript_share: 0.0,
        id: domain::ConfigVersionId::generate(),
        chatbot: domain::ChatbotId::generate(),
        llm_model: "m".into(),
        system_prompt: String::new(),
        model_config: domain::chatbot::ModelConfig::default(),
        retrieval_k: 5,
        score_threshold: 0.0,
        confidence_threshold,
        context_window: 4000,
        fallback_message: "I do not know.".into(),
        allowed_hosts: AllowedHosts::default(),
    }
}

const OIL: &str = "Check the level daily. Change the oil every 500 hours. Use grade 46.";

/// Feeds an answer one character at a time: no cut may make a difference.
fn ground(handed_out: &[HandedOut], answer: &str) -> (String, Verdict) {
    let config = config(0.5);
    let mut grounder = Grounder::new(handed_out, &config, "How often is the oil changed?");
    let mut shown = String::new();
    let mut show = |events: Vec<Event>| {
        for event in events {
            if let Event::Token(text) = event {
                shown.push_str(&text);
            }
        }
    };
    for c in answer.chars() {
        for unit in grounder.take(&c.to_string()) {
            show(grounder.judge(&unit, Some(1.0)));
        }
    }
    let rest = grounder.rest();
    show(grounder.judge(&rest, Some(1.0)));
    (shown, grounder.verdict())
}

#[test]
fn a_supported_sentence_is_shown_with_its_citation() {
    let (shown, verdict) = ground(&[given("a2b3c4", OIL)], "Change the oil every 500 hours. [a2b3c4]");
    assert_eq!(shown, "Change the oil every 500 hours. [1]");
    assert_eq!(verdict.text, shown);
    assert_eq!(verdict.citations[0].quoted_span, "Change the oil every 500 hours.");
    assert!(verdict.confidence > 0.75, "{}", verdict.confidence);
}

#[test]
fn what_a_neighbour_says_is_cited_by_the_neighbour_and_by_nobody_else() {
    let found = given("a2b3c4", "Check the level daily.");
    let beside = Some(Beside { of: found.passage.hit.chunk, side: Side::After });
    let mut next = given("d5e6f7", "Change the oil every 500 hours.");
    next.passage = Passage { score: 0.3, beside, ..next.passage };
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
    assert_eq!(shown, "Use grade 46. [1] Check the level daily. [2]");
    assert!(verdict.confidence > 0.75);
}

#[test]
fn no_answer_is_no_answer() {
    let (shown, verdict) = ground(&[given("a2b3c4", OIL)], "NO_ANSWER");
    assert_eq!((shown.as_str(), verdict.released, verdict.confidence), ("", false, 0.0));
}

#[test]
fn each_sentence_has_its_own_quotation_and_what_is_said_again_shares_it() {
    let handed_out = [given("a2b3c4", OIL), given("d5e6f7", "The pump weighs 12 kg.")];
    let (shown, verdict) = ground(
        &handed_out,
        "The pump weighs 12 kg. [d5e6f7] Use grade 46. [a2b3c4] Check the level daily. [a2b3c4] Weight: 12 kg. [d5e6f7]",
    );
    assert_eq!(
        shown,
        "The pump weighs 12 kg. [1] Use grade 46. [2] Check the level daily. [3] Weight: 12 kg. [1]"
    );
    let quoted: Vec<_> = verdict.citations.iter().map(|c| (c.marker, c.quoted_span.as_str())).collect();
    assert_eq!(quoted, [(1, "The pump weighs 12 kg."), (2, "Use grade 46."), (3, "Check the level daily.")]);
}

#[test]
fn handles_may_stand_before_the_full_stop_and_in_one_bracket() {
    let handed_out = [given("a2b3c4", OIL), given("d5e6f7", OIL)];
    let (shown, verdict) = ground(&handed_out, "Use grade 46 [a2b3c4, d5e6f7].");
    assert_eq!((shown.as_str(), verdict.citations.len()), ("Use grade 46. [1] [2]", 2));
}

#[test]
fn ordinary_brackets_stay() {
    assert_eq!(split_handles("see [the table] here"), ("see [the table] here".into(), Vec::new()));
}

#[test]
fn brackets_end_a_unit_only_around_handles() {
    let end = |text: &'static str| unit_end(text).map(|end| &text[..end]);
    assert_eq!(end("see [the table] here. [a2b3c4] More"), Some("see [the table] here. [a2b3c4]"));
    assert_eq!(end("see [the](http://evil.com) here"), None);
    assert_eq!(end("so. [a2b3c4] [the table] says"), Some("so. [a2b3c4]"));
    assert_eq!(end("so. [a2b3c4] ["), None);
}

#[test]
fn nothing_reads_like_a_marker_but_ours() {
    for forged in ["&#91;7&#93;", "[7\u{200b}]", "[[7]]", "[^7]", "[7-9]", "[７]", "[&#55;]", "[ 7 , 8 ]"] {
        let (shown, _) = ground(&[given("a2b3c4", OIL)], &format!("Use grade 46 {forged}. [a2b3c4]"));
        assert!(!shown.contains(['7', '７']), "{forged}: {shown}");
        assert!(shown.ends_with("[1]"), "{forged}: {shown}");
    }
}

#[test]
fn a_name_that_stands_nowhere_is_not_let_out() {
    let handed_out = [given("a2b3c4", "Anna keeps the key of the pump house and of the store.")];
    let (shown, _) = ground(&handed_out, "The key of the pump house and of the store keeps Berta. [a2b3c4]");
    assert_eq!(shown, "");
    let (shown, _) = ground(&handed_out, "The key of the pump house and of the store keeps Anna. [a2b3c4]");
    assert_eq!(shown, "The key of the pump house and of the store keeps Anna. [1]");
    // What the question names, and what stands in the title, are no inventions.
    let (shown, _) = ground(&handed_out, "The Oil and the Manual name Anna as keeper of the key. [a2b3c4]");
    assert!(shown.ends_with("[1]"), "{shown}");
}

#[test]
fn an_invented_sentence_is_not_shown_beside_true_ones() {
    let answer = "Change the oil every 500 hours. Use grade 46. Paris is the capital of France. [a2b3c4]";
    let (shown, verdict) = ground(&[given("a2b3c4", OIL)], answer);
    assert_eq!(shown, "Change the oil every 500 hours. Use grade 46. [1]");
    assert!(verdict.confidence > 0.75, "what was not shown does not count: {}", verdict.confidence);
    let (shown, _) =
        ground(&[given("a2b3c4", OIL)], "Paris is the capital of France. Use grade 46. [a2b3c4]");
    assert_eq!(shown, "Use grade 46. [1]");
}

#[test]
fn function_words_alone_are_not_shown_without_a_source() {
    let answer = "Use grade 46. [a2b3c4] You must not. [z9z9z9]";
    let (shown, _) = ground(&[given("a2b3c4", OIL)], answer);
    assert_eq!(shown, "Use grade 46. [1]");
}

#[test]
fn the_opposite_of_what_stands_there_is_not_shown() {
    let source = "The pump must not run dry. The oil is changed yearly and the filter is not washed.";
    for (answer, is_shown) in [
        ("The pump must run dry. [a2b3c4]", false),
        ("The pump must not run dry. [a2b3c4]", true),
        // A part of a sentence whose other part negates.
        ("The oil is changed yearly. [a2b3c4]", true),
    ] {
        let config = config(0.15);
        let handed_out = [given("a2b3c4", source)];
        let mut grounder = Grounder::new(&handed_out, &config, "What about the pump?");
        assert!(grounder.judge(answer, Some(0.8)).is_empty() != is_shown, "{answer}");
    }
}

#[test]
fn a_number_of_another_script_is_a_number() {
    let source = [given("a2b3c4", "เปลี่ยนน้ำมันทุก ๕๐๐ ชั่วโมง")];
    for right in ["เปลี่ยนน้ำมันทุก ๕๐๐ ชั่วโมง [a2b3c4]", "เปลี่ยนน้ำมันทุก 500 ชั่วโมง [a2b3c4]"]
    {
        assert!(ground(&source, right).1.released, "{right}");
    }
    for wrong in ["เปลี่ยนน้ำมันทุก ๙๐๐ ชั่วโมง [a2b3c4]", "เปลี่ยนน้ำมันทุก 900 ชั่วโมง [a2b3c4]"]
    {
        assert!(!ground(&source, wrong).1.released, "{wrong}");
    }
}

#[test]
fn another_name_at_the_beginning_is_not_shown() {
    let source =
        [given("a2b3c4", "Anna keeps the key of the pump house. Staff wear gloves; other staff do not.")];
    assert!(ground(&source, "Anna keeps the key of the pump house. [a2b3c4]").1.released);
    assert!(!ground(&source, "Berta keeps the key of the pump house. [a2b3c4]").1.released);
    // A synonym is no name.
    assert!(ground(&source, "Workers wear gloves. [a2b3c4]").1.released);
}

const FORTUNE: &str = "Change the oil every 500 lucky hours.";

/// What is shown of an answer of two sentences, of which the second has a word that the source lacks.
fn of_two(threshold: f32) -> Verdict {
    let (config, handed_out) = (config(threshold), [given("a2b3c4", OIL)]);
    let mut grounder = Grounder::new(&handed_out, &config, "How often is the oil changed?");
    for unit in ["Change the oil every 500 hours. [a2b3c4]", &format!(" {FORTUNE} [a2b3c4]")] {
        grounder.judge(unit, Some(0.9));
    }
    grounder.verdict()
}

#[test]
fn what_would_bring_an_answer_below_the_threshold_is_left_out() {
    let whole = of_two(0.74);
    assert!(whole.text.contains("lucky") && (0.74..0.78).contains(&whole.confidence), "{whole:?}");
    // Each is supported enough for .78, and both together are not.
    let first = of_two(0.78);
    assert_eq!(first.text, "Change the oil every 500 hours. [1]");
    assert!(first.confidence >= 0.78 && first.released, "{first:?}");
}

#[test]
fn what_the_confidence_was_computed_from_is_told() {
    let (config, handed_out) = (config(0.0), [given("a2b3c4", OIL)]);
    let evidence = |question: &str, said: &str| {
        let mut grounder = Grounder::new(&handed_out, &config, question);
        grounder.judge(said, Some(0.5));
        grounder.verdict().evidence
    };
    let said = "Change the oil every 500 hours. [a2b3c4]";
    let told = serde_json::json!(evidence("Which oil must not be changed in Boston?", said));
    assert_eq!(
        told["signs"],
        serde_json::json!(["negation", "unanswered_negation", "affirmed", "missing_name"])
    );
    assert_eq!((&told["support"], &told["meaning"]), (&1.0.into(), &0.5.into()));
    assert_eq!(evidence("How often is the oil changed?", said).expect("some").signs, []);
    assert_eq!(evidence("How often is the oil changed?", "Paris is the capital. [a2b3c4]"), None);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        failure_persistence: None,
        ..proptest::prelude::ProptestConfig::default()
    })]

    #[test]
    fn a_shown_answer_is_never_less_sure_than_the_threshold(
        threshold in 0.0..1.0_f32,
        units in proptest::collection::vec((0..6_usize, 0.0..1.0_f32), 0..6),
    ) {
        let sentences = [
            "Change the oil every 500 hours. [a2b3c4]",
            "Use grade 46. [d5e6f7]",
            "Check the level daily and with a good lamp. [a2b3c4]",
            "Change the oil every 900 hours. [a2b3c4]",
            FORTUNE,
            "NO_ANSWER",
        ];
        let mut second = given("d5e6f7", OIL);
        second.passage.score = 0.4;
        let (config, handed_out) = (config(threshold), [given("a2b3c4", OIL), second]);
        let mut grounder = Grounder::new(&handed_out, &config, "How often is the oil of grade 46 changed?");
        let mut shown = String::new();
        for (place, meaning) in units {
            for event in grounder.judge(&format!(" {}", sentences[place]), Some(meaning)) {
                if let Event::Token(text) = event {
                    shown.push_str(&text);
                }
            }
        }
        let verdict = grounder.verdict();
        proptest::prop_assert_eq!(&verdict.text, &shown);
        proptest::prop_assert!(!verdict.released || verdict.confidence >= threshold, "{:?}", verdict);
        proptest::prop_assert_eq!(verdict.released, !shown.is_empty());
    }
}
