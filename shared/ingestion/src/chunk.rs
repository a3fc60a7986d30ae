//! Text to passages: by headings, pages and sentences, never a title alone.
//!
//! A chunk is one contiguous stretch of the extracted text, so its byte range is exact. Its headings are kept
//! beside it: they are context for embedding and search, not text to be quoted.

use crate::extract::{Block, BlockKind, Extracted};
use domain::embedding::Space;
use language::{estimate_tokens, fit, language_of, sentences};
use std::ops::Range;
use store::collections::Collection;

/// Tokens of a chunk's context (title and headings) that are set aside at most.
const CONTEXT_TOKENS: usize = 48;
/// Tokens that a model adds itself (start, end).
const MODEL_TOKENS: usize = 4;
/// Headings kept of a path: the innermost.
const HEADINGS: usize = 6;

/// How a document is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Tokens of a chunk's own text at most.
    pub tokens: usize,
    /// Tokens that neighbours of one section share.
    pub overlap: usize,
}

impl Shape {
    /// By the collection's settings and what the space's model reads, less the context's share.
    #[must_use]
    pub fn of(collection: &Collection, title: &str) -> Self {
        Self::within(collection.chunk_size, collection.chunk_overlap, &collection.space, title)
    }

    fn within(chunk_size: usize, overlap: usize, space: &Space, title: &str) -> Self {
        let read = chunk_size.min(space.conventions.max_tokens);
        // Cohere caps characters as well; four a token is what its texts have at least.
        let read = read.min(space.conventions.max_characters / 4);
        let context = (estimate_tokens(title) * 2).clamp(8, CONTEXT_TOKENS);
        let tokens = read.saturating_sub(context + MODEL_TOKENS).max(16);
        Self { tokens, overlap: overlap.min(tokens / 2) }
    }
}

/// A passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Place in its document, from 0.
    pub index: usize,
    /// The text.
    pub content: String,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// Where the format has pages, from 1.
    pub page: Option<u32>,
    /// Its bytes in the extracted text.
    pub bytes: Range<usize>,
    /// Estimated tokens of its content.
    pub tokens: usize,
}

impl Chunk {
    /// The text with its title and headings before it: what is embedded and searched.
    #[must_use]
    pub fn in_context(&self, title: &str) -> String {
        let mut path = vec![title];
        path.extend(self.headings.iter().map(String::as_str).filter(|heading| *heading != title));
        format!("{}\n{}", fit(&path.join(" > "), CONTEXT_TOKENS), self.content)
    }

    /// Its own language where its script tells, else the document's.
    #[must_use]
    pub(crate) fn language<'a>(&self, of_document: &'a str) -> &'a str {
        match language::script_languages(&self.content) {
            Some(languages) if !languages.contains(&of_document) => language_of(&self.content),
            _ if of_document == language::UNDETERMINED => language_of(&self.content),
            _ => of_document,
        }
    }
}

/// Cuts an extracted document into chunks.
#[must_use]
pub fn chunk(document: &Extracted, shape: &Shape) -> Vec<Chunk> {
    let mut cutter =
        Cutter { text: &document.text, shape: *shape, headings: Vec::new(), open: None, chunks: Vec::new() };
    let mut blocks = document.blocks.iter().peekable();
    while let Some(block) = blocks.next() {
        match block.kind {
            BlockKind::Heading(level) => {
                cutter.flush();
                cutter.enter(level, document.text[block.range.clone()].trim().to_owned());
                // A heading over nothing is all there is of its section: it becomes a passage itself.
                let barren = match blocks.peek().map(|next| next.kind) {
                    None => true,
                    Some(BlockKind::Heading(next)) => next <= level,
                    Some(_) => false,
                };
                if barren {
                    cutter.add(block);
                    cutter.flush();
                }
            }
            _ => cutter.add(block),
        }
    }
    cutter.flush();
    cutter.chunks
}

struct Cutter<'a> {
    text: &'a str,
    shape: Shape,
    headings: Vec<(u8, String)>,
    open: Option<Open>,
    chunks: Vec<Chunk>,
}

/// The chunk that is being filled.
struct Open {
    range: Range<usize>,
    page: Option<u32>,
}

impl Cutter<'_> {
    fn enter(&mut self, level: u8, heading: String) {
        self.headings.retain(|(above, _)| *above < level);
        if !heading.is_empty() {
            self.headings.push((level, heading));
        }
    }

    fn add(&mut self, block: &Block) {
        if self.open.as_ref().is_some_and(|open| open.page != block.page) {
            self.flush();
        }
        if self.fits(block.range.end, block.range.start) {
            self.extend(block.range.clone(), block.page);
            return;
        }
        if self.tokens(&block.range) <= self.shape.tokens {
            self.flush();
            self.extend(block.range.clone(), block.page);
            return;
        }
        for piece in self.pieces(block) {
            if !self.fits(piece.end, piece.start) {
                let overlap = self.overlap_before(piece.start);
                self.flush();
                if overlap < piece.start && self.tokens(&(overlap..piece.end)) <= self.shape.tokens {
                    self.extend(overlap..piece.start, block.page);
                }
            }
            self.extend(piece, block.page);
        }
    }

    /// Whether the open chunk may go on to `end`; with none open, whether the piece fits alone.
    fn fits(&self, end: usize, start: usize) -> bool {
        let from = self.open.as_ref().map_or(start, |open| open.range.start);
        self.tokens(&(from..end)) <= self.shape.tokens
    }

    fn tokens(&self, range: &Range<usize>) -> usize {
        estimate_tokens(&self.text[range.clone()])
    }

    fn extend(&mut self, range: Range<usize>, page: Option<u32>) {
        match &mut self.open {
            Some(open) => open.range.end = range.end,
            None => self.open = Some(Open { range, page }),
        }
    }

    /// A block too long for one chunk, as pieces that fit: rows of a table, lines of code, else sentences.
    fn pieces(&self, block: &Block) -> Vec<Range<usize>> {
        let text = &self.text[block.range.clone()];
        let parts: Vec<Range<usize>> = match block.kind {
            BlockKind::Table | BlockKind::Code => {
                let mut at = 0;
                text.split_inclusive('\n')
                    .map(|line| {
                        let from = at;
                        at += line.len();
                        from..at
                    })
                    .collect()
            }
            _ => sentences(text),
        };
        let mut pieces = Vec::new();
        for part in parts {
            let mut from = part.start;
            while from < part.end {
                let piece = fit(&text[from..part.end], self.shape.tokens);
                // A single unbreakable run still moves on.
                let step = if piece.is_empty() {
                    text[from..].chars().next().map_or(1, char::len_utf8)
                } else {
                    piece.len()
                };
                pieces.push(block.range.start + from..block.range.start + from + step);
                from += step;
            }
        }
        pieces
    }

    /// Where the next chunk begins so that it shares up to the overlap's tokens with the open one.
    fn overlap_before(&self, at: usize) -> usize {
        let Some(open) = self.open.as_ref().filter(|_| self.shape.overlap > 0) else { return at };
        let shared = &self.text[open.range.start..at];
        sentences(shared)
            .into_iter()
            .map(|sentence| open.range.start + sentence.start)
            .find(|from| *from > open.range.start && self.tokens(&(*from..at)) <= self.shape.overlap)
            .unwrap_or(at)
    }

    fn flush(&mut self) {
        let Some(open) = self.open.take() else { return };
        let text = &self.text[open.range.clone()];
        let start = open.range.start + (text.len() - text.trim_start().len());
        let content = text.trim();
        if content.is_empty() {
            return;
        }
        let skip = self.headings.len().saturating_sub(HEADINGS);
        self.chunks.push(Chunk {
            index: self.chunks.len(),
            content: content.to_owned(),
            headings: self.headings.iter().skip(skip).map(|(_, heading)| heading.clone()).collect(),
            page: open.page,
            bytes: start..start + content.len(),
            tokens: estimate_tokens(content),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::markdown;

    const SMALL: Shape = Shape { tokens: 20, overlap: 0 };

    fn read(source: &str) -> Extracted {
        let mut document = Extracted::new("markdown");
        markdown::append(&mut document, source, None);
        document
    }

    #[test]
    fn headings_are_context_and_not_text() {
        let document = read("# Pump\n\nIntro text.\n\n## Oil\n\nChange it often.");
        let chunks = chunk(&document, &SMALL);
        let seen: Vec<_> = chunks.iter().map(|c| (c.headings.join(" > "), c.content.as_str())).collect();
        assert_eq!(seen, [("Pump".into(), "Intro text."), ("Pump > Oil".into(), "Change it often.")]);
        assert_eq!(chunks[1].in_context("Pump"), "Pump > Oil\nChange it often.");
    }

    #[test]
    fn every_chunk_fits_and_is_where_it_says() {
        let long = "A sentence about the seals of pumps. ".repeat(40);
        let document = read(&format!("# T\n\n{long}\n\n{}", "x".repeat(500)));
        let chunks = chunk(&document, &SMALL);
        assert!(chunks.len() > 20);
        for chunk in &chunks {
            assert!(chunk.tokens <= SMALL.tokens, "{}", chunk.tokens);
            assert_eq!(&document.text[chunk.bytes.clone()], chunk.content);
        }
        let covered: usize = chunks.iter().map(|c| c.content.split_whitespace().count()).sum();
        assert!(covered >= 40 * 7, "no sentence is lost: {covered}");
    }

    #[test]
    fn neighbours_share_the_overlap() {
        let document = read(&(1..30).map(|n| format!("Step {n} is done. ")).collect::<String>());
        let chunks = chunk(&document, &Shape { tokens: 30, overlap: 8 });
        assert!(chunks.windows(2).all(|pair| pair[1].bytes.start < pair[0].bytes.end));
    }

    #[test]
    fn a_heading_without_text_is_not_lost() {
        let chunks = chunk(&read("# Contents\n\n# Emergency number 112"), &SMALL);
        assert_eq!(
            chunks.iter().map(|c| c.content.as_str()).collect::<Vec<_>>(),
            ["Contents", "Emergency number 112"]
        );
    }

    #[test]
    fn a_page_ends_a_chunk() {
        let mut document = Extracted::new("pdf");
        markdown::append(&mut document, "One.", Some(1));
        markdown::append(&mut document, "Two.", Some(2));
        let pages: Vec<_> = chunk(&document, &SMALL).iter().map(|c| (c.page, c.content.clone())).collect();
        assert_eq!(pages, [(Some(1), "One.".into()), (Some(2), "Two.".into())]);
    }
}
