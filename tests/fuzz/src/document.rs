//! What holds of every text that was read, and of the chunks that it is cut into.

use crate::panics;
use domain::{
    CollectionId, FailureCode, SpaceId,
    embedding::{LOCAL_MODEL, Space, known},
    limits,
};
use ingestion::{
    Shape,
    extract::{BlockKind, Extracted, extract_here},
};
use libfuzzer_sys::Corpus;
use store::collections::Collection;

/// A collection's chunks: small, so that there are several.
const CHUNK_TOKENS: usize = 96;
const CHUNK_OVERLAP: usize = 16;

/// Reads bytes and looks at what came out. What was read as another format than these is not worth keeping.
pub fn extract(bytes: &[u8], name: &str, formats: &[&str]) -> Corpus {
    let Some(read) = panics::contained(|| extract_here(bytes, name)) else { return Corpus::Keep };
    let is_worth_keeping = match read {
        Ok(document) => {
            check(&document);
            cut(&document);
            formats.is_empty() || formats.contains(&document.format.as_str())
        }
        Err(failure) => {
            assert!(!failure.detail.trim().is_empty(), "a failure says what to do");
            formats.is_empty() || failure.code != FailureCode::UnsupportedFormat
        }
    };
    if is_worth_keeping { Corpus::Keep } else { Corpus::Reject }
}

fn check(document: &Extracted) {
    assert!(document.text.len() <= limits::EXTRACTED_TEXT_BYTES, "the text is too long");
    assert!(document.blocks.len() <= limits::DOCUMENT_BLOCKS, "there are too many blocks");
    assert!(!document.text.contains('\0'), "Postgres holds no NUL");
    let mut end = 0;
    for block in &document.blocks {
        let text = document.text.get(block.range.clone());
        let text = text.unwrap_or_else(|| panic!("{:?} is no range of the text", block.range));
        assert!(!text.trim().is_empty(), "a block is empty");
        assert!(block.range.start >= end, "blocks overlap");
        end = block.range.end;
        assert!((0.0..=1.0).contains(&block.confidence), "confidence is a share");
        assert!(is_page(document, block.page), "{:?} is no page", block.page);
        if let BlockKind::Table(header) = block.kind {
            assert!(usize::from(header) <= text.lines().count(), "a header is longer than its table");
        }
    }
    assert!(document.unread.iter().all(|page| is_page(document, Some(*page))), "unread pages are pages");
    assert!(document.unread.is_sorted_by(|one, next| one < next), "unread pages come once, in order");
    for pair in &document.pairs {
        assert!(!pair.question.trim().is_empty() && !pair.answer.trim().is_empty(), "half a pair");
    }
    let told = serde_json::to_vec(document).expect("what a child says");
    assert_eq!(&serde_json::from_slice::<Extracted>(&told).expect("what its parent hears"), document);
}

fn is_page(document: &Extracted, page: Option<u32>) -> bool {
    page.is_none_or(|page| page >= 1 && document.page_count.is_none_or(|count| page <= count))
}

/// This is done in the function's own process, so that nobody's panic counts for less here.
fn cut(document: &Extracted) {
    let (conventions, languages) = known(LOCAL_MODEL);
    let space =
        Space { id: SpaceId::generate(), model: LOCAL_MODEL.into(), dimension: 384, conventions, languages };
    let collection = Collection {
        id: CollectionId::generate(),
        chunk_size: CHUNK_TOKENS,
        chunk_overlap: CHUNK_OVERLAP,
        spaces: vec![space],
        metadata_schema: serde_json::Value::Null,
        chunk_type_rules: serde_json::Value::Null,
        contextual_headers: false,
    };
    let title = document.title.as_deref().unwrap_or("a");
    let chunks = ingestion::chunk(document, &Shape::of(&collection, title, &document.text));
    for (place, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk.index, place);
        assert_eq!(document.text.get(chunk.bytes.clone()), Some(chunk.content.as_str()));
        assert!(chunk.in_context(title).ends_with(&chunk.content), "a chunk ends with its own text");
    }
}
