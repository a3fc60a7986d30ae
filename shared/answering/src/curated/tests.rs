//! Paraphrases against questions that only look alike, with the cosines of the local model
//! (`tests/bench/curated.py` measures them again).

use super::*;
use domain::{CuratedAnswerId, SpaceId, embedding};

/// `cosine, same | different, language, asked, known`.
const PAIRS: &str = include_str!("pairs.tsv");

fn space() -> Space {
    let (conventions, languages) = embedding::known(embedding::LOCAL_MODEL);
    Space {
        id: SpaceId::generate(),
        model: embedding::LOCAL_MODEL.into(),
        dimension: 384,
        conventions,
        languages,
    }
}

fn candidate(question: &str, cosine: Option<f64>) -> Candidate {
    Candidate {
        id: CuratedAnswerId::generate(),
        question: question.into(),
        answer: format!("The answer to: {question}"),
        language: language::language_of(question).into(),
        is_own: false,
        cosine,
        document: None,
    }
}

/// As a turn compares: without the vectors of a script that the model does not read.
fn matched(asked: &str, known: &str, cosine: f64) -> Option<Match> {
    let space = space();
    let is_read = crate::fuse::dense_weight(&space, asked, Some(&vec![1.0].into())) > 0.0;
    best(&space, &language::words(asked), vec![candidate(known, is_read.then_some(cosine))])
}

#[test]
fn paraphrases_match_and_what_only_looks_alike_does_not() {
    let (mut same, mut found, mut different) = (0, 0, 0);
    let mut wrong = Vec::new();
    for line in PAIRS.lines().skip(1) {
        let [cosine, kind, language, asked, known] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("five columns: {line}")
        };
        let answer = matched(asked, known, cosine.parse().expect("a number"));
        let verdict = if answer.is_some() { "match" } else { "-" };
        println!("{cosine} {kind:9} {language} {verdict:5} {asked} | {known}");
        match kind {
            "same" => (same, found) = (same + 1, found + usize::from(answer.is_some())),
            _ => {
                different += 1;
                wrong.extend(answer.map(|_| line));
            }
        }
    }
    println!(
        "paraphrases matched: {found} of {same}; different questions matched: {} of {different}",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(same > 30 && different > 60 && found * 10 >= same * 3, "{found} of {same}");
}

#[test]
fn the_same_words_match_in_any_language_and_without_vectors() {
    for (asked, known) in [
        ("ควรเปลี่ยนไส้กรองบ่อยแค่ไหน", "ควรเปลี่ยนไส้กรองบ่อยแค่ไหน?"),
        ("  what ARE your opening hours", "What are your opening hours?"),
        ("¿dónde está mi factura?", "Dónde está mi factura"),
    ] {
        let found = best(&space(), &language::words(asked), vec![candidate(known, None)]);
        assert!(found.is_some_and(|found| (found.similarity - 1.0).abs() < f32::EPSILON), "{asked}");
    }
    assert!(best(&space(), &[], vec![candidate("?!", None)]).is_none(), "no words are no question");
}

#[test]
fn a_number_a_negation_or_another_time_is_another_question() {
    for (asked, known) in [
        ("What is the warranty of the P-40?", "What is the warranty of the P-60?"),
        ("Can I bring my dog?", "Can't I bring my dog?"),
        ("When is it open?", "Where is it open?"),
    ] {
        assert!(matched(asked, known, 0.99).is_none(), "{asked} | {known}");
    }
}

#[test]
fn the_nearest_wins_and_the_chatbots_own_among_equals() {
    let question = "Where is my invoice?";
    let own = Candidate { is_own: true, ..candidate(question, None) };
    let near = candidate("Where can I find my invoice?", Some(0.96));
    let candidates = vec![near, candidate(question, Some(1.0)), own.clone(), candidate(question, None)];
    let found = best(&space(), &language::words(question), candidates).expect("a match");
    assert_eq!(found.answer.id, own.id);
}

#[test]
fn an_answer_is_given_verbatim_and_cited_as_a_whole() {
    let answer = Candidate { answer: "  *Yes.*\n\nSee [1]. ".into(), ..candidate("May I?", None) };
    let id = answer.id;
    let verdict = verdict(&Match { answer, similarity: 0.95 });
    assert_eq!((verdict.text.as_str(), verdict.released), ("  *Yes.*\n\nSee [1]. ", true));
    let [citation] = &verdict.citations[..] else { panic!("one citation") };
    assert_eq!((citation.source, citation.title.as_str()), (Source::Curated(id), "May I?"));
    assert!(citation.document.is_none() && citation.key.is_none());
}

#[test]
fn an_answer_that_a_file_brought_cannot_act() {
    let answer = "Ask [us](https://evil.example/p?q=1). ![x](https://evil.example/x.png)";
    let of = |document| {
        let answer =
            Candidate { answer: answer.into(), document, ..candidate("Where is the office?", Some(1.0)) };
        let found = harmless(Match { answer, similarity: 1.0 }, &AllowedHosts::default());
        verdict(&found.expect("something is left"))
    };
    let imported = store::curated_search::Imported {
        id: domain::DocumentId::generate(),
        title: "FAQ".into(),
        key: "a/b/faq.jsonl".into(),
        has_original: true,
    };
    let brought = of(Some(imported));
    assert!(!brought.text.contains("evil") && brought.text.contains("us"), "{}", brought.text);
    assert!(!brought.citations[0].quoted_span.contains("evil"));
    assert_eq!(of(None).text, answer, "who may write answers writes what they like");
}
