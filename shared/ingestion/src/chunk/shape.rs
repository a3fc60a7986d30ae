//! How large chunks are: by the collection's settings and by what its model reads.

use super::context::{self, TITLE};
use domain::{
    embedding::{Conventions, Space},
    limits,
};
use language::{estimate_tokens, fit, script_languages};
use store::collections::Collection;

/// Tokens of the asked size that are set aside for context (title and headings), at least and at most.
const SET_ASIDE: (usize, usize) = (8, 48);
/// Tokens that a model adds itself (start, end).
const MODEL_TOKENS: usize = 4;
/// Tokens that a chunk may have whatever its context.
const LEAST_TOKENS: usize = 16;
/// Bytes that a chunk may have whatever its context.
const LEAST_BYTES: usize = 64;

/// An amount of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Size {
    /// By the estimate.
    pub(super) tokens: usize,
    /// In UTF-8: never fewer than characters, which models limit as well.
    pub(super) bytes: usize,
}

impl Size {
    pub(super) fn of(text: &str) -> Self {
        Self { tokens: estimate_tokens(text), bytes: text.len() }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { tokens: self.tokens + other.tokens, bytes: self.bytes + other.bytes }
    }

    pub(super) fn less(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.saturating_sub(other.tokens),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }

    pub(super) fn fits(self, room: Self) -> bool {
        self.tokens <= room.tokens && self.bytes <= room.bytes
    }

    pub(super) fn half(self) -> Self {
        Self { tokens: self.tokens / 2, bytes: self.bytes / 2 }
    }

    /// Whether a text is no larger than this. Reads no further than that.
    pub(super) fn holds(self, text: &str) -> bool {
        self.bytes >= text.len() && fit(text, self.tokens).len() == text.len()
    }

    /// The longest beginning of a text that is no larger than this.
    pub(super) fn beginning_of(self, text: &str) -> &str {
        fit(&text[..text.floor_char_boundary(self.bytes)], self.tokens)
    }
}

/// How a document is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Tokens of a chunk's own text at most.
    pub tokens: usize,
    /// Tokens that neighbours of one section share at most.
    pub overlap: usize,
    /// What the model reads of a chunk, its headings and its table's header together.
    reads: Size,
}

/// What a space's model reads of a text. One that cuts what is too long, and cannot read the script at all, sets no bound: its
/// vectors say nothing of such a text, and small passages would only be harder to find by their words.
pub(super) fn read(space: &Space, text: &str) -> Size {
    let Conventions { max_tokens, max_characters, cuts, .. } = space.conventions;
    let is_illegible = cuts
        && script_languages(text)
            .is_some_and(|languages| !languages.iter().any(|language| space.reads(language)));
    Size { tokens: if is_illegible { usize::MAX } else { max_tokens }, bytes: max_characters }
}

impl Shape {
    /// By the collection's settings and what its space's model reads, less the context's share.
    #[must_use]
    pub fn of(collection: &Collection, title: &str, text: &str) -> Self {
        // What is cut for the least of its spaces fits into all of them.
        let shapes = collection
            .spaces
            .iter()
            .map(|space| {
                Self::within(collection.chunk_size, collection.chunk_overlap, read(space, text), title)
            })
            .map(|shape| if collection.contextual_headers { shape.with_header() } else { shape });
        shapes
            .min_by_key(|shape| (shape.tokens, shape.reads.bytes))
            .unwrap_or_else(|| Self::within(collection.chunk_size, 0, read(collection.space(), text), title))
    }

    pub(super) fn within(chunk_size: usize, overlap: usize, model: Size, title: &str) -> Self {
        let set_aside = (estimate_tokens(title) * 2).clamp(SET_ASIDE.0, SET_ASIDE.1) + MODEL_TOKENS;
        let tokens = chunk_size.min(model.tokens).saturating_sub(set_aside).max(LEAST_TOKENS);
        // The line's end after the context counts as well.
        let title = Size::of(TITLE.beginning_of(title.trim())).plus(Size { tokens: MODEL_TOKENS, bytes: 1 });
        Self { tokens, overlap: overlap.min(tokens / 2), reads: model.less(title) }
    }

    /// With room for what a model writes over a chunk.
    fn with_header(self) -> Self {
        // The line's end counts as well.
        let header = Size { tokens: limits::HEADER_TOKENS + 1, bytes: limits::HEADER_BYTES + 1 };
        Self { reads: self.reads.less(header), ..self }
    }

    /// Of a chunk's text under these headings at most.
    pub(super) fn limit(&self, headings: &[String]) -> Size {
        let left = self.reads.less(context::size_of(headings));
        Size { tokens: self.tokens.min(left.tokens.max(LEAST_TOKENS)), bytes: left.bytes.max(LEAST_BYTES) }
    }

    /// Without a model's limits.
    pub(crate) fn plain(tokens: usize, overlap: usize) -> Self {
        Self { tokens, overlap, reads: Size { tokens: usize::MAX, bytes: usize::MAX } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        SpaceId,
        embedding::{LOCAL_MODEL, known},
    };

    fn space(model: &str) -> Space {
        let (conventions, languages) = known(model);
        Space { id: SpaceId::generate(), model: model.into(), dimension: 384, conventions, languages }
    }

    fn of(model: &str) -> Size {
        read(&space(model), "The pump.")
    }

    #[test]
    fn a_script_that_its_model_cannot_read_is_cut_as_asked() {
        let thai = "ปั๊มรุ่นนี้ใช้น้ำมัน";
        let shape = Shape::within(512, 0, read(&space(LOCAL_MODEL), thai), "ปั๊ม");
        assert_eq!(shape.tokens, 512 - 8 - MODEL_TOKENS);
        assert_eq!(read(&space("cohere.embed-english-v3"), thai).tokens, 512, "it refuses what is longer");
        assert_eq!(
            read(&space(LOCAL_MODEL), "La bomba usa aceite de motor.").tokens,
            256,
            "its letters it reads"
        );
    }

    #[test]
    fn a_chunk_is_never_larger_than_asked_or_than_its_model_reads() {
        let titan = Shape::within(512, 400, of("amazon.titan-embed-text-v2:0"), "Pump");
        assert_eq!((titan.tokens, titan.overlap), (500, 250));
        assert_eq!(Shape::within(512, 0, of(LOCAL_MODEL), "Pump").tokens, 244);
        assert_eq!(Shape::within(20, 0, of(LOCAL_MODEL), "Pump").tokens, LEAST_TOKENS);
        let cohere = Shape::within(512, 0, of("cohere.embed-multilingual-v3"), "Pump");
        assert!(cohere.limit(&[]).bytes < 2_048);
    }

    #[test]
    fn long_headings_take_from_what_the_model_reads_and_not_from_what_is_asked() {
        let headings = ["maintenance ".repeat(10), "of pumps".into()];
        let narrow = Shape::within(512, 0, of(LOCAL_MODEL), "Pump");
        assert_eq!(narrow.limit(&headings).tokens, 256 - 4 - 1 - 30 - 2 - 2);
        let wide = Shape::within(512, 0, of("amazon.titan-embed-text-v2:0"), "Pump");
        assert_eq!(wide.limit(&headings).tokens, wide.tokens);
    }
}
