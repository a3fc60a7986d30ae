//! What OCR has read, put where its page stands; and what is said of pages that nobody has read.

use super::{OcrLine, OcrText};
use crate::extract::{Block, BlockKind, Extracted, repair::Vocabulary};
use domain::{Failure, FailureCode};
use std::{fmt::Write as _, ops::RangeInclusive};

/// Runs of pages that a sentence names.
const NAMED: usize = 10;

/// Inserts what was read on a page where the page stands, and takes the page off the unread ones, unless more stood on it.
pub fn with_ocr(extracted: &mut Extracted, page: u32, text: &OcrText) {
    if !extracted.damaged.contains(&page) {
        extracted.unread.retain(|unread| *unread != page);
    }
    let vocabulary = Vocabulary::of(text.lines.iter().map(|line| line.text.as_str()));
    let mut at = extracted
        .blocks
        .iter()
        .position(|block| block.page.is_some_and(|other| other > page))
        .unwrap_or(extracted.blocks.len());
    let mut lines = text.lines.as_slice();
    while let Some((first, after)) = lines.split_first() {
        let length = 1 + after.iter().take_while(|line| !line.begins_paragraph).count();
        let (paragraph, rest) = lines.split_at(length);
        lines = rest;
        let said: Vec<&str> = paragraph.iter().map(|line| line.text.trim()).collect();
        let said = vocabulary.mend(&said.join("\n")).replace('\0', " ");
        if !said.trim().is_empty() {
            debug_assert!(!first.text.contains('\n'), "a line is one line");
            insert(extracted, at, page, said.trim(), confidence(paragraph));
            at += 1;
        }
    }
}

/// Makes a text the block at a place; everything behind it moves.
fn insert(extracted: &mut Extracted, at: usize, page: u32, text: &str, confidence: f32) {
    let (start, piece) = match extracted.blocks.get(at) {
        Some(next) => (next.range.start, format!("{text}\n\n")),
        None if extracted.text.is_empty() => (0, text.to_owned()),
        None => (extracted.text.len() + 2, format!("\n\n{text}")),
    };
    let place = start.min(extracted.text.len());
    extracted.text.insert_str(place, &piece);
    for block in &mut extracted.blocks[at..] {
        block.range = block.range.start + piece.len()..block.range.end + piece.len();
    }
    let range = start..start + text.len();
    extracted.blocks.insert(at, Block { kind: BlockKind::Paragraph, range, page: Some(page), confidence });
}

/// The mean of lines' confidences, by their letters.
#[expect(clippy::cast_precision_loss, reason = "letters of a paragraph")]
fn confidence(lines: &[OcrLine]) -> f32 {
    let letters = |line: &OcrLine| line.text.chars().count() as f32;
    let all: f32 = lines.iter().map(letters).sum();
    let sure: f32 = lines.iter().map(|line| line.confidence * letters(line)).sum();
    if all > 0.0 { (sure / all).clamp(0.0, 1.0) } else { 0.0 }
}

/// A document as far as it could be read: refused when nobody has read any of it.
///
/// # Errors
/// [`FailureCode::NoText`], with the pages that stayed unread, and what [`Extracted`] itself refuses.
pub fn settled(extracted: Extracted, has_ocr: bool) -> Result<Extracted, Failure> {
    if !extracted.text.chars().any(char::is_alphanumeric)
        && let Some(sentence) = unread_sentence(&extracted.unread, has_ocr)
    {
        return Err(Failure::new(FailureCode::NoText, sentence));
    }
    extracted.checked()
}

/// "Pages 3, 7–9 hold pictures without text and were not read; configure OCR to read them.", or, where OCR reads, that it could
/// not. Nothing when all are read.
#[must_use]
pub fn unread_sentence(pages: &[u32], has_ocr: bool) -> Option<String> {
    let mut pages = pages.to_vec();
    pages.sort_unstable();
    pages.dedup();
    let mut runs: Vec<RangeInclusive<u32>> = Vec::new();
    for page in &pages {
        match runs.last_mut() {
            Some(run) if *run.end() + 1 == *page => *run = *run.start()..=*page,
            _ => runs.push(*page..=*page),
        }
    }
    let mut named = String::new();
    let mut said = 0;
    for run in runs.iter().take(NAMED) {
        let comma = if named.is_empty() { "" } else { ", " };
        said += run.clone().count();
        let _ = match run.end() - run.start() {
            0 => write!(named, "{comma}{}", run.start()),
            1 => write!(named, "{comma}{}, {}", run.start(), run.end()),
            _ => write!(named, "{comma}{}–{}", run.start(), run.end()),
        };
    }
    match pages.len() {
        0 => None,
        1 if has_ocr => Some(format!("Page {named} holds a picture in which OCR could read no text.")),
        1 => Some(format!(
            "Page {named} holds a picture without text and was not read; configure OCR to read it."
        )),
        all => {
            let more = if all > said { format!(" and {} more", all - said) } else { String::new() };
            Some(if has_ocr {
                format!("Pages {named}{more} hold pictures in which OCR could read no text.")
            } else {
                format!(
                    "Pages {named}{more} hold pictures without text and were not read; configure OCR to read them."
                )
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, confidence: f32, begins_paragraph: bool) -> OcrLine {
        OcrLine { text: text.to_owned(), confidence, begins_paragraph }
    }

    fn seen(document: &Extracted) -> Vec<(Option<u32>, &str)> {
        document.blocks.iter().map(|block| (block.page, &document.text[block.range.clone()])).collect()
    }

    #[test]
    fn a_read_page_stands_between_its_neighbours() {
        let mut document = Extracted::new("pdf");
        document.push(BlockKind::Heading(1), "Überschrift", Some(1));
        document.push(BlockKind::Paragraph, "letzte Seite", Some(3));
        document.unread = vec![2, 4];
        let text = OcrText {
            lines: vec![
                line("Das Ven-", 0.9, true),
                line("til öffnet", 0.5, false),
                line("bei 9,5 bar.", 0.8, true),
            ],
        };
        with_ocr(&mut document, 2, &text);
        with_ocr(&mut document, 4, &OcrText { lines: vec![line("Ende", 0.7, true)] });
        assert_eq!(
            seen(&document),
            [
                (Some(1), "Überschrift"),
                (Some(2), "Das Ventil öffnet"),
                (Some(2), "bei 9,5 bar."),
                (Some(3), "letzte Seite"),
                (Some(4), "Ende"),
            ]
        );
        assert_eq!(document.text, "Überschrift\n\nDas Ventil öffnet\n\nbei 9,5 bar.\n\nletzte Seite\n\nEnde");
        assert!(document.unread.is_empty());
        assert!((document.blocks[1].confidence - (0.9 * 8.0 + 0.5 * 10.0) / 18.0).abs() < 1e-5);
        assert!((document.blocks[3].confidence - 1.0).abs() < f32::EPSILON);
    }

    #[test]
    fn a_damaged_page_stays_unread_whatever_its_picture_says() {
        let mut document = Extracted::new("pdf");
        document.push(BlockKind::Paragraph, "one", Some(1));
        (document.unread, document.damaged) = (vec![2], vec![2]);
        with_ocr(&mut document, 2, &OcrText { lines: vec![line("two", 0.5, true)] });
        assert_eq!(seen(&document), [(Some(1), "one"), (Some(2), "two")]);
        assert_eq!(document.unread, [2]);
    }

    #[test]
    fn a_picture_alone_becomes_a_document_and_an_empty_one_stays_empty() {
        let mut document = Extracted::new("image");
        document.unread = vec![1];
        with_ocr(&mut document, 1, &OcrText::default());
        assert!(document.unread.is_empty() && document.blocks.is_empty() && document.text.is_empty());
        with_ocr(&mut document, 1, &OcrText { lines: vec![line("one", 0.5, true)] });
        assert_eq!(seen(&document), [(Some(1), "one")]);
    }

    #[test]
    fn a_document_of_unread_pages_alone_is_refused_and_names_them() {
        let mut scan = Extracted::new("pdf");
        scan.unread = vec![1, 2];
        let refused = settled(scan.clone(), false).expect_err("nobody has read it");
        assert_eq!(refused.code, FailureCode::NoText);
        assert!(refused.detail.starts_with("Pages 1, 2 hold"), "{}", refused.detail);
        with_ocr(&mut scan, 2, &OcrText { lines: vec![line("one", 0.5, true)] });
        assert_eq!(settled(scan, true).expect("some text").unread, [1]);
    }

    #[test]
    fn unread_pages_are_named_in_a_sentence_of_bounded_length() {
        assert_eq!(unread_sentence(&[], false), None);
        let one = unread_sentence(&[4], false).expect("one page");
        assert_eq!(one, "Page 4 holds a picture without text and was not read; configure OCR to read it.");
        assert_eq!(
            unread_sentence(&[7, 3, 9, 8, 12, 13], false).expect("pages"),
            "Pages 3, 7–9, 12, 13 hold pictures without text and were not read; configure OCR to read them."
        );
        let tried = unread_sentence(&[2, 3], true).expect("pages");
        assert_eq!(tried, "Pages 2, 3 hold pictures in which OCR could read no text.");
        let every_second: Vec<u32> = (1..=5_000).step_by(2).collect();
        let many = unread_sentence(&every_second, false).expect("pages");
        assert!(many.contains("19 and 2490 more hold") && many.len() < 200, "{many}");
    }
}
