//! Text to passages: by headings, pages and sentences, never a title alone.
//!
//! A chunk is one contiguous stretch of the extracted text, so its byte range is exact. Its headings, and its
//! table's header where it begins inside a table, are kept beside it: they are context for embedding and search,
//! not text to be quoted.

mod cutter;
mod filling;
mod shape;
mod units;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use cutter::chunk;
pub use shape::Shape;

use domain::metadata::{ChunkType, ChunkTypeRules, DocumentType, Passage};
use language::{in_context, language_of};
use std::ops::Range;

/// A passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// Place in its document, from 0.
    pub index: usize,
    /// The text.
    pub content: String,
    /// Headings above it, outermost first, each on one line.
    pub headings: Vec<String>,
    /// What is carried along over it: the header lines of the table inside which it begins and, over them, what a model wrote
    /// of its place.
    pub carried: Option<String>,
    /// Of its first byte, where the format has pages, from 1.
    pub page: Option<u32>,
    /// Its bytes in the extracted text.
    pub bytes: Range<usize>,
    /// Estimated tokens of its content.
    pub tokens: usize,
    /// How sure the reader was of the least sure of its blocks, 0..1.
    pub confidence: f32,
    /// SHA-256 of its content: by it a person's correction is found again after the document was read anew.
    pub source_hash: [u8; 32],
}

impl Chunk {
    /// The text with its title, headings and table header before it: what is embedded and searched.
    #[must_use]
    pub fn in_context(&self, title: &str) -> String {
        in_context(title, &self.headings, self.carried.as_deref(), &self.content)
    }

    /// Its type by the collection's rules.
    #[must_use]
    pub fn chunk_type(&self, rules: &ChunkTypeRules, document_type: DocumentType) -> ChunkType {
        rules.type_of(&Passage { headings: &self.headings, content: &self.content, document_type })
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
