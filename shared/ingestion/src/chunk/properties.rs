//! What holds for every document and every shape. `PROPTEST_CASES=100000 cargo test -p ingestion properties` tries
//! as many.

use super::{Chunk, Shape, chunk, units};
use crate::extract::{Block, BlockKind, Extracted};
use language::{
    Size,
    context::{HEADING, on_one_line},
    estimate_tokens,
};
use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest},
    test_runner::{RngAlgorithm, TestCaseError},
};
use std::ops::Range;

/// Cases of an ordinary test run.
const CASES: u32 = 48;
/// What `proptest` takes when nobody asks for a number.
const UNASKED: u32 = 256;

fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if asked.cases == UNASKED { CASES } else { asked.cases };
    // The default's ChaCha takes longer than what is tested.
    ProptestConfig { cases, failure_persistence: None, rng_algorithm: RngAlgorithm::XorShift, ..asked }
}

/// A word of one of the scripts that are cut differently, now and then far too long. Numbers become words here and
/// not in regular expressions: those take longer than what is tested.
fn word() -> impl Strategy<Value = String> {
    (any::<u8>(), any::<u8>(), any::<char>()).prop_map(|(kind, length, letter)| {
        let of =
            |letters: &str, most: u8| letters.chars().cycle().take(1 + usize::from(length % most)).collect();
        let one = |words: &[&str]| words[usize::from(length) % words.len()].to_owned();
        match kind % 32 {
            0..=13 => of("pumpOilsealvalve", 9),
            14..=15 => one(&["1", "2024", "3.5", "1,000", "Dr.", "e.g.", "(a)", "12.", "No."]),
            16..=18 => one(&["ไส้กรองน้ำ", "เปลี่ยน", "ทุกเดือน", "การ"]),
            19..=21 => one(&["東京都", "ポンプを", "停止する", "水泵。"]),
            22..=24 => {
                one(&["👩\u{200d}🔧", "🇹🇭", "e\u{301}\u{323}", "\u{200b}", "\u{ad}", "ß", "ﷺ", "\u{1f}"])
            }
            25 => of("👩\u{200d}🔧🇹🇭", 24),
            26 => of("àéîõü", 12),
            27 => of("x", 160),
            28 => of("การบำรุงรักษา", 60),
            29 => of("保守点検", 60),
            // A document's text holds none; what is pushed with one has a blank.
            _ => letter.to_string().replace('\0', "0"),
        }
    })
}

fn sentence() -> impl Strategy<Value = String> {
    let end = prop_oneof![4 => Just(". "), 1 => Just("! "), 1 => Just("? "), 1 => Just("\n"), 1 => Just(" ")];
    let between =
        prop_oneof![8 => Just(" "), 1 => Just(""), 1 => Just("  "), 1 => Just("\u{3000}"), 1 => Just("\t")];
    (prop_oneof![12 => vec(word(), 1..9), 1 => vec(word(), 20..60)], between, end)
        .prop_map(|(words, between, end)| words.join(between) + end)
}

fn lines(most: usize) -> impl Strategy<Value = Vec<String>> {
    vec(sentence().prop_map(|line| line.replace('\n', " ")), 1..most)
}

fn block() -> impl Strategy<Value = (BlockKind, String)> {
    prop_oneof![
        4 => (1_u8..8, vec(word(), 1..6)).prop_map(|(level, words)| (BlockKind::Heading(level), words.join(" "))),
        1 => (1_u8..8, vec(sentence(), 1..9)).prop_map(|(level, text)| (BlockKind::Heading(level), text.concat())),
        6 => vec(sentence(), 1..8).prop_map(|text| (BlockKind::Paragraph, text.concat())),
        2 => (lines(8), any::<bool>()).prop_map(|(items, is_marked)| {
            let mark = |(n, item): (usize, &String)| if is_marked { format!("{}. {item}", n + 1) } else { item.clone() };
            (BlockKind::List, items.iter().enumerate().map(mark).collect::<Vec<_>>().join("\n"))
        }),
        2 => (0_u8..4, lines(12)).prop_map(|(header, rows)| {
            let rows: Vec<String> = rows.iter().map(|row| row.replace(' ', " | ")).collect();
            (BlockKind::Table(header), rows.join("\n"))
        }),
        1 => lines(8).prop_map(|code| (BlockKind::Code, code.join("\n    "))),
    ]
}

/// Blocks, each with whether a page ends before it and how sure its reader was.
type Source = Vec<((BlockKind, String), bool, f32)>;

fn source() -> impl Strategy<Value = Source> {
    let page_ends = prop_oneof![9 => Just(false), 1 => Just(true)];
    let confidence = prop_oneof![6 => Just(1.0_f32), 1 => 0.0_f32..1.0];
    vec((block(), page_ends, confidence), 0..10)
}

fn shape() -> impl Strategy<Value = Shape> {
    (prop_oneof![1 => 1_usize..16, 4 => 16_usize..64, 2 => 64_usize..400], 0_usize..40).prop_map(
        |(tokens, overlap)| Shape::plain(tokens, if overlap < 12 { 0 } else { overlap.min(tokens / 2) }),
    )
}

fn document(source: &Source) -> Extracted {
    let mut document = Extracted::new("text");
    let mut page = 1;
    for ((kind, text), page_ends, confidence) in source {
        page += u32::from(*page_ends);
        let blocks = document.blocks.len();
        document.push(*kind, text, Some(page));
        for block in &mut document.blocks[blocks..] {
            block.confidence = *confidence;
        }
    }
    document
}

fn block_at(document: &Extracted, at: usize) -> &Block {
    document.blocks.iter().find(|block| block.range.contains(&at)).expect("chunks begin in blocks")
}

fn is_heading(document: &Extracted, block: &Block) -> bool {
    let heading = on_one_line(&document.text[block.range.clone()]);
    matches!(block.kind, BlockKind::Heading(_)) && !heading.is_empty() && Size::of(&heading).fits(HEADING)
}

fn is_in_place(document: &Extracted, chunks: &[Chunk]) -> Result<(), TestCaseError> {
    for (place, chunk) in chunks.iter().enumerate() {
        prop_assert_eq!(chunk.index, place);
        prop_assert_eq!(document.text.get(chunk.bytes.clone()), Some(chunk.content.as_str()));
        prop_assert!(!chunk.content.trim().is_empty());
        prop_assert_eq!(chunk.page, block_at(document, chunk.bytes.start).page);
        let touched = document
            .blocks
            .iter()
            .filter(|block| block.range.start < chunk.bytes.end && chunk.bytes.start < block.range.end);
        let least = touched.clone().map(|block| block.confidence).fold(1.0, f32::min);
        prop_assert_eq!(chunk.confidence, least);
        prop_assert!(touched.map(|block| block.page).all(|page| page == chunk.page), "a page ends a chunk");
    }
    for pair in chunks.windows(2) {
        prop_assert!(pair[0].bytes.start < pair[1].bytes.start && pair[0].bytes.end < pair[1].bytes.end);
    }
    Ok(())
}

fn is_of_size(document: &Extracted, chunks: &[Chunk], shape: &Shape) -> Result<(), TestCaseError> {
    for chunk in chunks {
        let header = chunk.carried.as_deref().map_or(0, estimate_tokens);
        prop_assert!(chunk.tokens + header <= shape.tokens, "{} + {header} tokens", chunk.tokens);
        prop_assert_eq!(chunk.tokens, estimate_tokens(&chunk.content));
    }
    for pair in chunks.windows(2).filter(|pair| pair[1].bytes.start < pair[0].bytes.end) {
        let shared = estimate_tokens(&document.text[pair[1].bytes.start..pair[0].bytes.end]);
        prop_assert!(shared <= shape.overlap, "{shared} tokens are shared");
        prop_assert_eq!(&pair[0].headings, &pair[1].headings);
        prop_assert_eq!(pair[0].page, pair[1].page);
    }
    Ok(())
}

/// Every letter stands in a chunk, or in a heading of the path of the chunk that follows.
fn is_covered(document: &Extracted, chunks: &[Chunk]) -> Result<(), TestCaseError> {
    let mut is_in_chunk = vec![false; document.text.len()];
    for chunk in chunks {
        is_in_chunk[chunk.bytes.clone()].fill(true);
    }
    for block in &document.blocks {
        let text = &document.text[block.range.clone()];
        let lost =
            |(at, letter): (usize, char)| !letter.is_whitespace() && !is_in_chunk[block.range.start + at];
        if text.char_indices().any(lost) {
            let next = chunks.iter().find(|chunk| chunk.bytes.end > block.range.end);
            prop_assert!(is_heading(document, block), "{text:?} is lost");
            prop_assert!(
                next.is_some_and(|next| next.headings.contains(&on_one_line(text))),
                "{text:?} is lost"
            );
        }
    }
    Ok(())
}

/// No chunk of a heading alone where text follows on its page that could stand beside it.
fn is_not_stranded(document: &Extracted, chunks: &[Chunk], shape: &Shape) -> Result<(), TestCaseError> {
    for chunk in chunks {
        let inside = document
            .blocks
            .iter()
            .filter(|block| block.range.start < chunk.bytes.end && chunk.bytes.start < block.range.end);
        let is_blank = |block: &Block| document.text[block.range.clone()].trim().is_empty();
        let mut after = document.blocks.iter().filter(|block| block.range.start >= chunk.bytes.end);
        let next = after.find(|block| !is_blank(block));
        let Some(next) = next.filter(|next| next.page == chunk.page && !is_heading(document, next)) else {
            continue;
        };
        // A heading that is itself longer than a chunk is cut like text.
        let starts = |block: &Block| block.range.start == chunk.bytes.start;
        let is_whole =
            inside.clone().any(starts) && inside.clone().any(|block| block.range.end == chunk.bytes.end);
        if is_whole && inside.clone().all(|block| is_heading(document, block)) {
            let first = units::units(&document.text, next).into_iter().next().expect("a part");
            let together = chunk.tokens + estimate_tokens(&document.text[first]);
            let fills = (shape.tokens - chunk.tokens) * 4 < shape.tokens;
            let is_prose = matches!(next.kind, BlockKind::Paragraph | BlockKind::Heading(_));
            prop_assert!(together > shape.tokens && (fills || !is_prose), "{:?} stands alone", chunk.content);
        }
    }
    Ok(())
}

/// Sentences of prose; of everything else, lines.
fn parts(document: &Extracted, block: &Block) -> Vec<Range<usize>> {
    if matches!(block.kind, BlockKind::Paragraph | BlockKind::Heading(_)) {
        return units::units(&document.text, block);
    }
    let mut at = block.range.start;
    let lines = document.text[block.range.clone()].split_inclusive('\n');
    lines.map(|line| (at, at += line.len()).0..at).collect()
}

/// Parts that have room are whole, and a table's rows know their header.
fn is_whole(document: &Extracted, chunks: &[Chunk], shape: &Shape) -> Result<(), TestCaseError> {
    for chunk in chunks {
        let block = block_at(document, chunk.bytes.start);
        let rows = units::rows_from(&document.text, block).filter(|rows| *rows <= chunk.bytes.start);
        prop_assert_eq!(
            chunk.carried.is_some(),
            rows.is_some() && shape.tokens > 1 && {
                let header = &document.text[block.range.start..rows.unwrap_or(block.range.start)];
                !shape.limit(&[]).half().beginning_of(header.trim()).is_empty()
            }
        );
    }
    for block in document.blocks.iter().filter(|block| !is_heading(document, block)) {
        for unit in parts(document, block) {
            let text = document.text[unit.clone()].trim();
            let from = unit.start + document.text[unit.clone()].find(text).unwrap_or_default();
            let unit = from..from + text.len();
            // Of the chunks that reach its end, the first begins first.
            let reaching = chunks.partition_point(|chunk| chunk.bytes.end < unit.end);
            let is_torn = chunks.get(reaching).is_none_or(|chunk| chunk.bytes.start > unit.start);
            // With a header before it, a row has half of a chunk at least.
            let room =
                if matches!(block.kind, BlockKind::Table(_)) { shape.tokens / 2 } else { shape.tokens };
            let is_prose = matches!(block.kind, BlockKind::Paragraph | BlockKind::Heading(_));
            let after_lead = is_prose
                && chunks.iter().any(|c| {
                    c.bytes.contains(&unit.start) && is_heading(document, block_at(document, c.bytes.start))
                });
            if is_torn && !after_lead && !text.is_empty() {
                prop_assert!(estimate_tokens(text) > room, "{text:?} is torn");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn chunks_are_a_documents_text(source in source(), shape in shape()) {
        let document = document(&source);
        let chunks = chunk(&document, &shape);
        is_in_place(&document, &chunks)?;
        is_of_size(&document, &chunks, &shape)?;
        is_covered(&document, &chunks)?;
        is_not_stranded(&document, &chunks, &shape)?;
        is_whole(&document, &chunks, &shape)?;
        prop_assert_eq!(chunk(&document, &shape), chunks, "the same again");
    }

    #[test]
    fn a_change_stays_in_its_section(
        before in source(), after in source(), old in sentence(), new in vec(sentence(), 1..9), shape in shape(),
    ) {
        let between = |text: &str| {
            let heading = |name: &str| ((BlockKind::Heading(1), name.to_owned()), false, 1.0);
            let changed = [heading("Changed"), ((BlockKind::Paragraph, text.to_owned()), false, 1.0)];
            let source = [&[heading("Start"), ((BlockKind::Paragraph, "Text.".into()), false, 1.0)], before.as_slice(),
                &changed, &[heading("Rest")], after.as_slice()].concat();
            let chunks = chunk(&document(&source), &shape).into_iter();
            chunks.filter(|chunk| !chunk.headings.contains(&"Changed".to_owned()))
                .map(|chunk| (chunk.content, chunk.headings, chunk.carried, chunk.source_hash))
                .collect::<Vec<_>>()
        };
        let blank = |text: &str| text.trim().is_empty();
        if !blank(&old) && !new.iter().any(|text| blank(text)) {
            prop_assert_eq!(between(&old), between(&new.concat()));
        }
    }
}
