//! Examples of how documents are cut.

use super::*;
use crate::extract::{BlockKind, Extracted, markdown};
use domain::SpaceId;
use domain::embedding::{LOCAL_MODEL, Space, known};
use language::estimate_tokens;

fn small() -> Shape {
    Shape::plain(20, 0)
}

fn read(source: &str) -> Extracted {
    let mut document = Extracted::new("markdown");
    markdown::append(&mut document, source, None);
    document
}

fn contents(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk.content.as_str()).collect()
}

#[test]
fn headings_are_context_and_not_text() {
    let document = read("# Pump\n\nIntro text.\n\n## Oil\n\nChange it often.");
    let chunks = chunk(&document, &small());
    let seen: Vec<_> = chunks.iter().map(|c| (c.headings.join(" > "), c.content.as_str())).collect();
    assert_eq!(seen, [("Pump".into(), "Intro text."), ("Pump > Oil".into(), "Change it often.")]);
    assert_eq!(chunks[1].in_context("Pump"), "Pump > Oil\nChange it often.");
}

#[test]
fn every_chunk_fits_and_is_where_it_says() {
    let long = "A sentence about the seals of pumps. ".repeat(40);
    let document = read(&format!("# T\n\n{long}\n\n{}", "x".repeat(500)));
    let chunks = chunk(&document, &small());
    assert!(chunks.len() > 20);
    for chunk in &chunks {
        assert!(chunk.tokens <= 20, "{}", chunk.tokens);
        assert_eq!(&document.text[chunk.bytes.clone()], chunk.content);
    }
    let covered: usize = chunks.iter().map(|c| c.content.split_whitespace().count()).sum();
    assert!(covered >= 40 * 7, "no sentence is lost: {covered}");
}

#[test]
fn neighbours_share_the_overlap() {
    let steps = (1..30).map(|n| format!("Step {n} is done. ")).collect::<String>();
    for source in [steps.clone(), steps.replace(". ", ".\n\n")] {
        let chunks = chunk(&read(&source), &Shape::plain(30, 8));
        assert!(chunks.windows(2).all(|pair| pair[1].bytes.start < pair[0].bytes.end), "{chunks:?}");
    }
}

#[test]
fn sections_share_nothing() {
    let section = |n: usize| format!("## S{n}\n\n{}\n\n", "Step is done. ".repeat(10));
    let document = read(&(0..9).map(section).collect::<String>());
    let chunks = chunk(&document, &Shape::plain(30, 8));
    for pair in chunks.windows(2).filter(|pair| pair[0].headings != pair[1].headings) {
        assert!(pair[1].bytes.start > pair[0].bytes.end);
    }
}

#[test]
fn a_heading_without_text_goes_before_the_text_that_comes() {
    let chunks = chunk(&read("# Pump\n\nIntro.\n\n## Contents\n\n## Emergency\n\nCall 112."), &small());
    assert_eq!(contents(&chunks), ["Intro.", "Contents\n\nEmergency\n\nCall 112."]);
    assert_eq!(chunks[1].headings, ["Pump", "Emergency"]);
    assert_eq!(
        contents(&chunk(&read("# One\n\n# Two"), &small())),
        ["One\n\nTwo"],
        "headings are all there is"
    );
    let chunks = chunk(&read("Text.\n\n# A\n\n## B\n\n# C\n\nMore."), &small());
    assert_eq!(contents(&chunks), ["Text.", "A\n\nB\n\nC\n\nMore."], "A would be lost with B");
}

#[test]
fn a_heading_is_not_stranded_by_a_long_text_after_it() {
    let long = "ปั๊มน้ำต้องเปลี่ยนไส้กรองทุกเดือน".repeat(3);
    let chunks = chunk(&read(&format!("Text.\n\n# Contents\n\n# Oil\n\n{long}")), &small());
    assert!(chunks[1].content.starts_with("Contents\n\nOil\n\nปั๊ม"), "{chunks:?}");
}

#[test]
fn a_first_heading_over_nothing_is_the_documents_title() {
    let chunks = chunk(&read("# Manual\n\n# Oil\n\nChange it.\n\n# Seals\n\nKeep them."), &small());
    let seen: Vec<_> = chunks.iter().map(|c| (c.headings.join(" > "), c.content.as_str())).collect();
    assert_eq!(seen, [("Manual > Oil".into(), "Change it."), ("Manual > Seals".into(), "Keep them.")]);
}

#[test]
fn a_page_ends_a_chunk() {
    let mut document = Extracted::new("pdf");
    for (page, text) in [(1, "One."), (2, "Two."), (3, "# A\n\n# B"), (4, "# C\n\nThree.")] {
        markdown::append(&mut document, text, Some(page));
    }
    let chunks = chunk(&document, &Shape::plain(20, 10));
    let pages: Vec<_> = chunks.iter().map(|c| (c.page, c.content.as_str())).collect();
    assert_eq!(pages, [(Some(1), "One."), (Some(2), "Two."), (Some(3), "A\n\nB"), (Some(4), "Three.")]);
}

#[test]
fn a_table_keeps_its_header() {
    let rows: String = (1..20).map(|n| format!("| P-{n} | {n} bar |\n")).collect();
    let document = read(&format!("# Pumps\n\n| Model | Pressure |\n|---|---|\n{rows}\nEnd."));
    let chunks = chunk(&document, &Shape::plain(40, 12));
    assert!(chunks.len() > 4);
    assert_eq!((chunks[0].carried.as_ref(), &chunks[0].content[..20]), (None, "| Model | Pressure |"));
    for chunk in &chunks[1..] {
        assert_eq!(chunk.carried.as_deref(), Some("| Model | Pressure |"));
        assert!(!chunk.content.contains("Model") && chunk.content.starts_with("| P-"), "{}", chunk.content);
        assert!(chunk.content.lines().all(|line| line.ends_with('|') || line.is_empty() || line == "End."));
        assert!(estimate_tokens(&chunk.in_context("")) <= 40 + estimate_tokens("Pumps"));
        assert!(chunk.in_context("T").starts_with("T > Pumps\n| Model | Pressure |\n| P-"));
    }
    assert!(chunks.windows(2).all(|pair| pair[1].bytes.start < pair[0].bytes.end), "rows are shared");
}

#[test]
fn items_and_lines_are_not_torn() {
    let items: String = (1..9).map(|n| format!("- Item {n} is here. It has two sentences.\n")).collect();
    let chunks = chunk(&read(&items), &small());
    assert!(chunks.iter().all(|chunk| chunk.content.starts_with("- Item")), "{chunks:?}");
    let code: String = (1..9).map(|n| format!("let a{n} = 1; // Yes. No.\n")).collect();
    let chunks = chunk(&read(&format!("```\n{code}```")), &small());
    assert!(chunks.iter().all(|chunk| chunk.content.starts_with("let")), "{chunks:?}");
}

#[test]
fn the_least_sure_block_says_how_sure_a_chunk_is() {
    let mut document = read("# A\n\nOne.\n\nTwo.\n\n# B\n\nThree.");
    document.blocks[2].confidence = 0.5;
    let seen: Vec<f32> = chunk(&document, &small()).iter().map(|chunk| chunk.confidence).collect();
    assert_eq!(seen, [0.5, 1.0]);
}

#[test]
fn what_is_too_long_for_a_heading_is_text() {
    let long = "All rights are reserved by the maker of this pump. ".repeat(10);
    let chunks = chunk(&read(&format!("# Pump\n\nIntro.\n\n# {long}\n\nEnd.")), &Shape::plain(200, 0));
    assert!(chunks[1].content.starts_with("All rights") && chunks[1].content.ends_with("End."));
    assert!(chunks[1].headings.is_empty());
}

#[test]
fn a_heading_is_kept_on_one_line() {
    let mut document = Extracted::new("docx");
    document.push(BlockKind::Heading(1), "Oil\u{1f}\n \tand water", None);
    document.push(BlockKind::Paragraph, "Text.", None);
    assert_eq!(chunk(&document, &small())[0].headings, ["Oil and water"]);
}

#[test]
fn a_model_reads_all_of_a_chunk_in_its_context() {
    let (conventions, languages) = known(LOCAL_MODEL);
    let space =
        Space { id: SpaceId::generate(), model: LOCAL_MODEL.into(), dimension: 384, conventions, languages };
    let title = "A manual of the pumps ".repeat(9);
    let text = "The seal of the pump is to be replaced every year. ".repeat(80);
    let shape = Shape::within(512, 0, models::reads(&space, &text), &title);
    let heading = "maintenance of seals ".repeat(6);
    let table: String = (1..90).map(|n| format!("| P-{n} | {n} bar |\n")).collect();
    let source = format!("# {heading}\n\n## {heading}\n\n{text}\n\n| Model | Pressure |\n|---|---|\n{table}");
    let chunks = chunk(&read(&source), &shape);
    for chunk in &chunks {
        assert!(estimate_tokens(&chunk.in_context(&title)) + 4 <= 256, "{}", chunk.in_context(&title));
    }
    assert!(chunks.iter().any(|chunk| estimate_tokens(&chunk.in_context(&title)) > 200));
}

#[test]
fn a_text_without_any_edge_is_cut_in_time() {
    for unbroken in ["x", " ", "ก", "\u{301}", "\u{200b}", "- ", "| "] {
        let mut document = Extracted::new("text");
        document.push(BlockKind::Paragraph, &format!("a{}b", unbroken.repeat(400_000)), None);
        let (conventions, languages) = known("cohere.embed-multilingual-v3");
        let space =
            Space { id: SpaceId::generate(), model: String::new(), dimension: 384, conventions, languages };
        let begun = std::time::Instant::now();
        let chunks = chunk(&document, &Shape::within(512, 50, models::reads(&space, unbroken), "T"));
        assert!(begun.elapsed().as_secs() < 20, "{unbroken:?} took {:?}", begun.elapsed());
        assert!(chunks.iter().all(|chunk| chunk.in_context("T").chars().count() <= 2_048), "{unbroken:?}");
    }
}
