//! The table of cases, and the invariants of the crate.

use crate::{Counts, Kind, find, redact};
use proptest::prelude::*;
use std::time::Instant;

/// A text and what is left of it, a tab between them; `\u{…}` is a character that nobody would see.
const CASES: &str = include_str!("cases.tsv");

fn unescaped(text: &str) -> String {
    let mut pieces = text.split("\\u{");
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (code, rest) = piece.split_once('}').expect("an escape that ends");
        whole.extend(char::from_u32(u32::from_str_radix(code, 16).expect("a code point")));
        whole.push_str(rest);
    }
    whole
}

#[test]
fn every_case_is_redacted_as_the_table_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in CASES.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        let (text, expected) = line.split_once('\t').expect("a text and its redaction");
        let (text, expected) = (unescaped(text), unescaped(expected));
        let redacted = redact(&text, &Kind::ALL).text;
        if redacted != expected {
            wrong.push(format!("{text}\n  expected {expected}\n  but was  {redacted}"));
        }
        count += 1;
    }
    assert!(count >= 120, "{count} cases");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn only_what_is_asked_for_is_looked_for() {
    let text = "ana@example.org, 4242 4242 4242 4242, +44 20 7946 0958";
    assert_eq!(redact(text, &[Kind::Card]).text, "ana@example.org, [card], +44 20 7946 0958");
    assert_eq!(redact(text, &[Kind::Phone]).text, "ana@example.org, 4242 4242 4242 4242, [phone]");
    assert_eq!(redact(text, &[]).text, text);
}

#[test]
fn what_was_found_is_counted() {
    let counts = redact("ana@example.org bo@example.org +44 20 7946 0958", &Kind::ALL).counts;
    assert_eq!(counts.iter().collect::<Vec<_>>(), [(Kind::Email, 2), (Kind::Phone, 1)]);
    assert_eq!((counts.total(), Counts::default().total()), (3, 0));
}

#[test]
fn kinds_have_one_word_everywhere() {
    for kind in Kind::ALL {
        let word = format!("\"{}\"", kind.as_str());
        assert_eq!(serde_json::to_string(&kind).expect("a word"), word);
        assert_eq!(serde_json::from_str::<Kind>(&word).expect("a kind"), kind);
    }
}

/// Texts dense with what numbers and addresses are made of.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[0-9]{1,5}",
        3 => "[-+ ().@/,x_0]",
        1 => "[a-zA-Z]{1,3}",
        1 => any::<char>().prop_map(String::from),
        1 => proptest::sample::select(vec![
            "ก", "é", "年", "๐๘", "\u{200b}", "\u{a0}", "\n", "[phone]", "[e-", "]", "example.org", "ana@example.org",
            "4242 4242 4242 4242", "0812345678", "020 7946 0958", "+44 20 7946 0958", "DE89 3704 0044 0532 0130 00",
            "12345678Z", "123-45-6789", "bsn ", "tel. ", "111222333", "00 44 ", "2345 6789 0124", "44051401359",
        ])
        .prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn redacting_again_changes_nothing(
        text in texts(),
        kinds in proptest::sample::subsequence(Kind::ALL.to_vec(), 0..=5),
    ) {
        let once = redact(&text, &kinds).text.into_owned();
        let twice = redact(&once, &kinds);
        prop_assert_eq!(&twice.text, &once);
        prop_assert_eq!(twice.counts.total(), 0);
    }

    #[test]
    fn all_else_keeps_its_bytes(text in texts()) {
        let found = find(&text, &Kind::ALL);
        let redacted = redact(&text, &Kind::ALL);
        prop_assert_eq!(found.len(), redacted.counts.total());
        let (mut from, mut rest) = (0, redacted.text.as_ref());
        for finding in found {
            prop_assert!(from <= finding.range.start && finding.range.start < finding.range.end);
            rest = rest.strip_prefix(&text[from..finding.range.start]).expect("what stands before");
            rest = rest.strip_prefix(finding.kind.placeholder()).expect("the placeholder");
            from = finding.range.end;
        }
        prop_assert_eq!(rest, &text[from..]);
    }
}

/// `cargo test -p privacy --release -- --ignored --nocapture`: one megabyte of each of these, and what it took.
#[test]
#[ignore = "prints times"]
fn hostile_texts_take_linear_time() {
    for piece in [
        "0",
        "0 ",
        "1 2",
        "@",
        "a@",
        "a.",
        "a@b.",
        "a@b.cc ",
        "(0)",
        "+1 ",
        "[",
        "[phone]",
        "0812345678 ",
        "A1",
        "DE89 ",
        "DE89 3704 0044 0532 0130 0",
        "0812345678 0 0 0 0 0 0 0 ",
        "020 7946 0958 ",
        "2345-6789-",
        "bsn 111222333 ",
        "111222333",
        "4242 ",
        "\u{200b}",
        "1\u{200b}",
        "ก",
        "ก@ก.",
        "๐",
        "The pump's valve opens at 3.5 bar. ",
    ] {
        for megabytes in [1, 4] {
            let text = piece.repeat(megabytes * 1_000_000 / piece.len());
            let start = Instant::now();
            let count = find(&text, &Kind::ALL).len();
            println!("{piece:?} × {megabytes} MB: {count} in {:?}", start.elapsed());
        }
    }
}
