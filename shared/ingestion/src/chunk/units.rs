//! The parts of a block that are kept whole: sentences, items of a list, rows of a table, lines of code.

use crate::extract::{Block, BlockKind};
use icu_segmenter::{WordSegmenter, options::WordBreakInvariantOptions};
use language::Size;
use language::sentences;
use std::ops::Range;

/// Bytes around a cut in which a word's edge is looked for, before and after.
const WINDOW: (usize, usize) = (180, 60);

/// The parts of a block as byte ranges of the whole text that cover it without gaps. A table's first part is its
/// header with the first row.
pub(super) fn units(text: &str, block: &Block) -> Vec<Range<usize>> {
    let own = &text[block.range.clone()];
    let mut parts = match block.kind {
        BlockKind::Heading(_) | BlockKind::Paragraph => sentences(own),
        BlockKind::List => items(own),
        BlockKind::Code => lines(own),
        BlockKind::Table(header_lines) => rows(own, header_lines),
    };
    for part in &mut parts {
        *part = block.range.start + part.start..block.range.start + part.end;
    }
    parts
}

/// A part that has no room in a chunk, in finer ones: lines, and sentences of a list's line. A single one cannot be
/// made finer.
pub(super) fn finer(text: &str, block: &Block, part: &Range<usize>) -> Vec<Range<usize>> {
    let own = &text[part.clone()];
    let mut finer = match block.kind {
        BlockKind::List | BlockKind::Table(_) => lines(own),
        _ => return vec![part.clone()],
    };
    if finer.len() <= 1 && block.kind == BlockKind::List {
        finer = sentences(own);
    }
    for range in &mut finer {
        *range = part.start + range.start..part.start + range.end;
    }
    finer
}

/// Where a table's header ends and its rows begin.
pub(super) fn rows_from(text: &str, block: &Block) -> Option<usize> {
    let BlockKind::Table(header_lines @ 1..) = block.kind else { return None };
    let header = text[block.range.clone()].split_inclusive('\n').take(header_lines.into());
    Some(block.range.start + header.map(str::len).sum::<usize>())
}

fn lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let from = at;
            at += line.len();
            from..at
        })
        .collect()
}

fn rows(text: &str, header_lines: u8) -> Vec<Range<usize>> {
    let lines = lines(text);
    let together = if header_lines == 0 { 1 } else { usize::from(header_lines) + 1 }.min(lines.len());
    let mut rows = Vec::with_capacity(lines.len());
    if let Some(last) = together.checked_sub(1).and_then(|last| lines.get(last)) {
        rows.push(0..last.end);
    }
    rows.extend_from_slice(&lines[together..]);
    rows
}

/// Items of a list; lines that begin no item go on with the one before them. A list without any mark has an item
/// a line.
fn items(text: &str) -> Vec<Range<usize>> {
    let lines = lines(text);
    let is_marked = |line: &Range<usize>| begins_item(&text[line.clone()]);
    if !lines.first().is_some_and(is_marked) {
        return lines;
    }
    let mut items: Vec<Range<usize>> = Vec::with_capacity(lines.len());
    for line in lines {
        match items.last_mut() {
            Some(item) if !is_marked(&line) => item.end = line.end,
            _ => items.push(line),
        }
    }
    items
}

/// Whether a line begins with a bullet, or with a number, a letter or a Roman number and a mark: `12.`, `(a)`, `iv)`.
fn begins_item(line: &str) -> bool {
    let Some(word) = line.split_whitespace().next() else { return false };
    if matches!(word, "-" | "*" | "+" | "•" | "◦" | "▪" | "–" | "—") {
        return true;
    }
    let counter = word.trim_start_matches('(').strip_suffix(['.', ')']).unwrap_or_default();
    let all = |is: fn(&u8) -> bool| (1..=4).contains(&counter.len()) && counter.bytes().all(|byte| is(&byte));
    all(u8::is_ascii_digit)
        || all(|byte| b"ivxlcIVXLC".contains(byte))
        || (counter.len() == 1 && all(u8::is_ascii_alphabetic))
}

/// Where a part that is too long is cut: the end of its longest beginning that has room, at white space or at
/// least at a word's edge where there is one, and never without moving on. A part does not begin with white space.
pub(super) fn cut(text: &str, part: &Range<usize>, room: Size) -> usize {
    let own = &text[part.clone()];
    let piece = room.beginning_of(own);
    if piece.len() == own.len() {
        return part.end;
    }
    let is_between_words = own[piece.len()..].starts_with(char::is_whitespace);
    let end = match piece.rfind(char::is_whitespace) {
        _ if is_between_words => piece.len(),
        Some(space) if space > piece.len() / 2 => space,
        _ => word_edge(own, piece.len()),
    };
    let first = own.chars().next().map_or(0, char::len_utf8);
    part.start + end.max(first)
}

/// The last edge of a word (UAX 29, by dictionary for Thai, Japanese and Chinese) at or before a place; the place
/// itself where there is none near.
fn word_edge(text: &str, at: usize) -> usize {
    let from = text.floor_char_boundary(at.saturating_sub(WINDOW.0));
    let to = text.ceil_char_boundary((at + WINDOW.1).min(text.len()));
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let edges = segmenter.segment_str(&text[from..to]).map(|edge| from + edge);
    edges.take_while(|edge| *edge <= at).last().filter(|edge| *edge > from).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(kind: BlockKind, text: &str) -> Vec<&str> {
        let block = Block { kind, range: 0..text.len(), page: None, confidence: 1.0 };
        units(text, &block).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn an_item_keeps_its_other_lines() {
        assert_eq!(
            parts(BlockKind::List, "1. one\nmore\n  - deep\n2. two"),
            ["1. one\nmore\n", "  - deep\n", "2. two"]
        );
        assert_eq!(parts(BlockKind::List, "one\ntwo"), ["one\n", "two"]);
        assert_eq!(parts(BlockKind::List, "(a) one\nDr. X\niv) two"), ["(a) one\nDr. X\n", "iv) two"]);
    }

    #[test]
    fn a_header_goes_with_its_first_row() {
        assert_eq!(parts(BlockKind::Table(1), "k | v\na | 1\nb | 2"), ["k | v\na | 1\n", "b | 2"]);
        assert_eq!(parts(BlockKind::Table(0), "a | 1\nb | 2"), ["a | 1\n", "b | 2"]);
        assert_eq!(parts(BlockKind::Table(9), "a | 1\nb | 2"), ["a | 1\nb | 2"]);
    }

    #[test]
    fn a_cut_falls_between_words_even_of_thai() {
        let tokens = |tokens| Size { tokens, bytes: usize::MAX };
        let text = "ไส้กรองน้ำต้องเปลี่ยนทุกเดือน";
        let end = cut(text, &(0..text.len()), tokens(4));
        assert_eq!(&text[..end], "ไส้กรอง");
        assert_eq!(cut("oil and water", &(0..13), tokens(2)), 7);
        assert_eq!(cut("aaaaaaaaaaaaaaaaaaaa", &(0..20), tokens(2)), 10);
        assert_eq!(cut("น้ำ", &(0..9), Size { tokens: 0, bytes: 0 }), 3, "moves on");
    }
}
