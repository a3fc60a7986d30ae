//! How large chunks are: by the collection's settings and by what its model reads.

use domain::limits;
use language::{
    Size,
    context::{self, TITLE},
    estimate_tokens,
};
use models::reads;
use store::collections::Collection;

/// Tokens of the asked size that are set aside for context (title and headings), at least and at most.
const SET_ASIDE: (usize, usize) = (8, 48);
/// Tokens that a model adds itself (start, end).
const MODEL_TOKENS: usize = 4;
/// Tokens that a chunk may have whatever its context.
const LEAST_TOKENS: usize = 16;
/// Bytes that a chunk may have whatever its context.
const LEAST_BYTES: usize = 64;

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

impl Shape {
    /// By the collection's settings and what its space's model reads, less the context's share.
    #[must_use]
    pub fn of(collection: &Collection, title: &str, text: &str) -> Self {
        // What is cut for the least of its spaces fits into all of them.
        let shapes = collection
            .spaces
            .iter()
            .map(|space| {
                Self::within(collection.chunk_size, collection.chunk_overlap, reads(space, text), title)
            })
            .map(|shape| if collection.contextual_headers { shape.with_header() } else { shape });
        shapes
            .min_by_key(|shape| (shape.tokens, shape.reads.bytes))
            .unwrap_or_else(|| Self::within(collection.chunk_size, 0, reads(collection.space(), text), title))
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
        embedding::{LOCAL_MODEL, Space, known},
    };

    fn space(model: &str) -> Space {
        let (conventions, languages) = known(model);
        Space { id: SpaceId::generate(), model: model.into(), dimension: 384, conventions, languages }
    }

    fn of(model: &str) -> Size {
        reads(&space(model), "The pump.")
    }

    #[test]
    fn a_script_that_its_model_cannot_read_is_cut_as_asked() {
        let thai = "ปั๊มรุ่นนี้ใช้น้ำมัน";
        let shape = Shape::within(512, 0, reads(&space(LOCAL_MODEL), thai), "ปั๊ม");
        assert_eq!(shape.tokens, 512 - 8 - MODEL_TOKENS);
        assert_eq!(reads(&space("cohere.embed-english-v3"), thai).tokens, 512, "it refuses what is longer");
        assert_eq!(
            reads(&space(LOCAL_MODEL), "La bomba usa aceite de motor.").tokens,
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
