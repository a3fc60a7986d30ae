//! Words, sentences, languages and token estimates: the same on the way in and on the way out.
//!
//! Postgres' parsers make one token of a Thai clause, so text is segmented here (ICU, UAX 29 and dictionaries
//! for Thai, Japanese and Chinese). A question is found by the words its passage was stored with only while
//! both were cut by the same [`SEGMENTER`].

mod agree;
pub mod context;
mod detect;
mod size;
mod tokens;

pub use agree::{holds, token_f1};
pub use context::in_context;
pub use detect::{UNDETERMINED, language_of, script_languages};
pub use size::Size;
pub use tokens::{estimate_tokens, fit};

use icu_segmenter::{
    SentenceSegmenter, WordSegmenter,
    options::{SentenceBreakInvariantOptions, WordBreakInvariantOptions},
};

/// Name and version of the segmentation; kept with every document version. Changing it is a re-index job.
pub const SEGMENTER: &str = "icu-2.4-dictionary/1";

/// Bytes of a word that are kept: longer "words" are encoded data, and an index entry has limits.
const WORD_BYTES: usize = 128;

/// The words of a text, lower-cased, in order. Punctuation and white space are not words.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    // By dictionary, not by the neural model: that one cuts the same Thai word differently in another clause.
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let mut from = 0;
    let mut words = Vec::with_capacity(text.len() / 6);
    for (to, kind) in segmenter.segment_str(text).iter_with_word_type() {
        if kind.is_word_like() && to - from <= WORD_BYTES {
            words.push(text[from..to].to_lowercase());
        }
        from = to;
    }
    words
}

/// The sentences of a text as byte ranges that cover it without gaps; a line's end ends a sentence.
#[must_use]
pub fn sentences(text: &str) -> Vec<std::ops::Range<usize>> {
    let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
    let mut from = 0;
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for to in segmenter.segment_str(text) {
        if to == from {
            continue;
        }
        // UAX 29 breaks after "Dr. " and "e.g. ": a piece that ends in such a short form goes on.
        match found.last_mut() {
            Some(last) if ends_in_abbreviation(&text[last.clone()]) => last.end = to,
            _ => found.push(from..to),
        }
        from = to;
    }
    found
}

/// Short forms after which a sentence goes on.
const ABBREVIATIONS: [&str; 24] = [
    "dr.", "mr.", "mrs.", "ms.", "prof.", "st.", "no.", "vs.", "e.g.", "i.e.", "cf.", "fig.", "sec.", "ca.",
    "approx.", "inc.", "ltd.", "co.", "jr.", "sr.", "gen.", "col.", "vol.", "art.",
];

fn ends_in_abbreviation(piece: &str) -> bool {
    if piece.ends_with('\n') {
        return false;
    }
    let last = piece.trim_end().rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let single_initial =
        last.len() == 2 && last.starts_with(|c: char| c.is_ascii_uppercase()) && last.ends_with('.');
    single_initial || ABBREVIATIONS.contains(&last.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_without_punctuation() {
        assert_eq!(
            words("The pump's 3.5-bar valve, model X-200!"),
            ["the", "pump's", "3.5", "bar", "valve", "model", "x", "200"]
        );
    }

    #[test]
    fn thai_and_japanese_are_cut_into_words() {
        let thai = words("การเปลี่ยนไส้กรองน้ำ");
        assert!(thai.len() >= 3, "{thai:?}");
        assert!(words("東京都に住んでいます").len() >= 3);
    }

    #[test]
    fn sentences_cover_the_text_and_survive_abbreviations() {
        let text = "Dr. Smith sets 3.5 bar. Then he waits.\nNo heading here";
        let pieces: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(pieces, ["Dr. Smith sets 3.5 bar. ", "Then he waits.\n", "No heading here"]);
        assert_eq!(pieces.concat(), text);
    }

    #[test]
    fn encoded_data_is_no_word() {
        assert!(words(&"a".repeat(WORD_BYTES + 1)).is_empty());
        assert_eq!(words(&"a".repeat(WORD_BYTES)).len(), 1);
    }
}
