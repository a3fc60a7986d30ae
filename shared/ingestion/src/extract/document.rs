//! What was read from a file: plain text, and which stretch of it is what.

use domain::{Failure, FailureCode, file::TableSummary, limits};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, ops::Range};

/// A document's text with its structure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extracted {
    /// `pdf`, `docx`, `html`, `markdown` or `text`.
    pub format: String,
    /// Name and version of what read it.
    pub extractor: String,
    /// The document's own title, if it has one.
    pub title: Option<String>,
    /// Where the format has pages.
    pub page_count: Option<u32>,
    /// All of it, as it would be quoted.
    pub text: String,
    /// In order, not overlapping.
    pub blocks: Vec<Block>,
    /// What the file says of itself (front matter, document properties): names in lower case, of which a
    /// collection's metadata schema takes what it knows.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Pages that hold a picture and no text, or content that cannot be decoded, from 1: for OCR, or to be reported as
    /// unread.
    #[serde(default)]
    pub unread: Vec<u32>,
    /// Of these, pages whose content cannot be decoded: what a picture on them says is not all of them, so they stay unread.
    #[serde(default)]
    pub damaged: Vec<u32>,
    /// Questions with their answers, where the file is a list of them.
    #[serde(default)]
    pub pairs: Vec<Pair>,
    /// What the tables of a sheet hold, at most [`limits::FILE_TABLES`].
    #[serde(default)]
    pub tables: Vec<TableSummary>,
}

/// A question that people answered themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// As people ask.
    pub question: String,
    /// As it is answered.
    pub answer: String,
    /// Where more stands.
    pub source_url: Option<String>,
}

/// A stretch of the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Its bytes.
    pub range: Range<usize>,
    /// Where the format has pages, from 1.
    pub page: Option<u32>,
    /// How sure its reader was of the letters, 0..1: below 1 for OCR alone.
    #[serde(default = "sure")]
    pub confidence: f32,
}

/// What stands before an item of a list within so many others.
pub(super) fn indent(levels: usize) -> &'static str {
    const BLANKS: &str = "                                        ";
    const { assert!(BLANKS.len() == 2 * limits::LIST_LEVELS) };
    &BLANKS[..2 * levels.min(limits::LIST_LEVELS)]
}

fn sure() -> f32 {
    1.0
}

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockKind {
    /// Of this level, 1 outermost.
    Heading(u8),
    /// Running text.
    Paragraph,
    /// A list with its items, one a line.
    List,
    /// A table, one row a line, of which this many at its beginning are its header.
    Table(u8),
    /// To be kept as it is.
    Code,
}

impl Extracted {
    /// Nothing yet, of a format.
    #[must_use]
    pub fn new(format: &str) -> Self {
        Self {
            format: format.to_owned(),
            extractor: format!("{format}/1"),
            title: None,
            page_count: None,
            text: String::new(),
            blocks: Vec::new(),
            metadata: BTreeMap::new(),
            unread: Vec::new(),
            damaged: Vec::new(),
            pairs: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Adds a block at the end. NUL characters, which Postgres cannot hold, become spaces.
    pub fn push(&mut self, kind: BlockKind, text: &str, page: Option<u32>) {
        let is_blank = |c: char| c.is_whitespace() || c == '\0';
        let text = text.trim_matches(|c: char| c == '\n' || c == '\r').trim_end_matches(is_blank);
        if text.chars().all(is_blank) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        let from = self.text.len();
        self.text.extend(text.chars().map(|c| if c == '\0' { ' ' } else { c }));
        self.blocks.push(Block { kind, range: from..self.text.len(), page, confidence: sure() });
    }

    /// Refuses a document without text, or with too much of it.
    pub(crate) fn checked(mut self) -> Result<Self, Failure> {
        if self.text.len() > limits::EXTRACTED_TEXT_BYTES {
            return Err(super::text_too_long());
        }
        // A scan has pages to be read by OCR yet.
        if self.unread.is_empty() && !self.text.chars().any(char::is_alphanumeric) {
            return Err(Failure::new(
                FailureCode::NoText,
                "The file holds no text. Scanned pages need a text layer (OCR).",
            ));
        }
        if self.title.is_none() {
            // The first thing said, if it is the top heading, is what the author calls the document.
            self.title = self
                .blocks
                .first()
                .filter(|block| block.kind == BlockKind::Heading(1))
                .map(|block| self.text[block.range.clone()].to_owned());
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blank_but_for_nul_is_no_block() {
        let mut document = Extracted::new("test");
        document.push(BlockKind::Paragraph, "\0 \n\0", None);
        assert_eq!((document.text.as_str(), document.blocks.len()), ("", 0));
        document.push(BlockKind::Paragraph, "a\0b\0", None);
        assert_eq!((document.text.as_str(), document.blocks.len()), ("a b", 1));
    }

    #[test]
    fn lists_stand_in_to_their_limit_and_no_further() {
        let blanks = [0, 1, limits::LIST_LEVELS, limits::LIST_LEVELS + 1].map(|levels| indent(levels).len());
        assert_eq!(blanks, [0, 2, 2 * limits::LIST_LEVELS, 2 * limits::LIST_LEVELS]);
    }
}
