//! Evidence and what it speaks for.

use super::*;
use domain::{ChunkId, MessageId, SpaceId};
use jiff::Timestamp;

fn settings() -> Settings {
    Settings {
        llm_provider: "bedrock".into(),
        llm_model: "m".into(),
        system_prompt: "Answer.".into(),
        model_config: json!({}),
        rag_enabled: true,
        space: SpaceId::generate(),
        reranker_model: None,
        retrieval_k: 2,
        score_threshold: 0.0,
        confidence_threshold: 0.9,
        context_window: 4_000,
        welcome_message: None,
        fallback_message: "I do not know.".into(),
        allowed_hosts: Vec::new(),
    }
}

fn log(passages: &[(&str, f64, bool)]) -> Retrieval {
    let found = |(content, score, in_prompt): &(&str, f64, bool)| Found {
        file_id: None,
        chunk_id: ChunkId::generate(),
        document_id: None,
        document_title: None,
        page_number: None,
        headings: None,
        content: Some((*content).to_owned()),
        dense: None,
        lexical: 0.0,
        coverage: 0.0,
        fused: *score,
        score: *score,
        reranked: None,
        found_rank: None,
        in_prompt: Some(*in_prompt),
        markers: Vec::new(),
    };
    Retrieval {
        question: MessageId::generate(),
        answer: None,
        query: "How long?".into(),
        rewritten: Some("How long does delivery take?".into()),
        rewritten_by: Some("rules".into()),
        space: None,
        has_vector: true,
        threshold: 0.0,
        k: 2,
        reranker: None,
        transcript: None,
        evidence: None,
        timings: json!({}),
        at: Timestamp::UNIX_EPOCH,
        passages: passages.iter().map(found).collect(),
    }
}

fn found(kind: &str, settings: &Settings, answer: Option<Answer<'_>>) -> Vec<(String, Value)> {
    let figures = Figures::default();
    let evidence = Evidence { text: "Be kind.", kind, settings, figures: &figures, answer };
    proposals(&evidence).into_iter().map(|one| (one.kind, one.to)).collect()
}

#[test]
fn what_was_held_back_is_let_out_and_what_is_missing_is_named() {
    let settings = settings();
    let log = log(&[("Delivery takes five days.", 0.8, true)]);
    let silent = |confidence| Answer { confidence, abstained: true, correction: None, log: Some(&log) };
    // 0.7 of support times 0.8 of the best passage, and a little less.
    assert_eq!(
        found("other", &settings, Some(silent(0.7))),
        [("confidence_threshold".to_owned(), json!(0.54))]
    );
    let gap = json!({ "question": "How long does delivery take?" });
    assert_eq!(found("other", &settings, Some(silent(0.1))), [("knowledge_gap".to_owned(), gap)]);
    let strict = Settings { score_threshold: 0.9, ..settings.clone() };
    assert_eq!(found("other", &strict, Some(silent(0.0))), [("score_threshold".to_owned(), json!(0.78))]);
    // Without the log nothing is known.
    let bare = Answer { log: None, ..silent(0.7) };
    assert_eq!(found("other", &settings, Some(bare)), []);
}

#[test]
fn a_correction_tells_where_its_passage_was() {
    let settings = settings();
    let others = [("a", 0.9, true), ("b", 0.8, true), ("c", 0.7, false), ("d", 0.6, false)];
    let mut passages = others.to_vec();
    passages.push(("Delivery to Spain takes five working days.", 0.5, false));
    let (with, without) = (log(&passages), log(&others));
    let given = |log| Answer {
        confidence: 0.95,
        abstained: false,
        correction: Some("Delivery to Spain takes five days."),
        log: Some(log),
    };
    let kinds = |answer| {
        let found = found("other", &settings, Some(answer));
        found
            .into_iter()
            .map(|(kind, to)| if kind == "curated_answer" { kind } else { format!("{kind} {to}") })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(given(&with)),
        ["curated_answer", "retrieval_k 5", "reranker_model \"docent.sentences\""]
    );
    assert_eq!(
        kinds(given(&without)),
        ["curated_answer", "knowledge_gap {\"question\":\"How long does delivery take?\"}"]
    );
}

#[test]
fn a_type_has_its_own_remedy() {
    let settings = Settings { confidence_threshold: 0.3, ..settings() };
    let given = |confidence| Some(Answer { confidence, abstained: false, correction: None, log: None });
    assert_eq!(found("tone", &settings, None), [("system_prompt_addition".to_owned(), json!("Be kind."))]);
    assert_eq!(
        found("relevance", &settings, None),
        [("reranker_model".to_owned(), json!("docent.sentences"))]
    );
    assert_eq!(found("completeness", &settings, None), [("retrieval_k".to_owned(), json!(4))]);
    assert_eq!(found("accuracy", &settings, given(0.5)), [("confidence_threshold".to_owned(), json!(0.52))]);
    assert_eq!(found("accuracy", &settings, given(0.95)), [], "no threshold keeps back what is sure");
    assert_eq!(found("other", &settings, given(0.5)), []);
}

#[test]
fn figures_speak_from_ten_answers_on() {
    let settings = settings();
    let of = |figures: &Figures| of_figures(&settings, figures).map(|one| (one.kind, one.to));
    let held = Figures {
        answers: 10,
        answered: 8,
        held_back: 2,
        held_back_quartile: Some(0.6),
        ..Figures::default()
    };
    assert_eq!(of(&held), Some(("confidence_threshold".to_owned(), json!(0.58))));
    assert_eq!(of(&Figures { answers: 9, answered: 7, ..held.clone() }), None);
    let lost = Figures { answers: 10, answered: 7, ..Figures::default() };
    assert_eq!(of(&lost).map(|(kind, _)| kind), Some("knowledge_gap".to_owned()));
    assert_eq!(of(&Figures { answered: 8, ..lost }), None);
}
