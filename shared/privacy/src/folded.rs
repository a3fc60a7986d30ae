//! A text as recognisers see it: one byte a character, digits and separators of all scripts made the same.
//!
//! Recognisers so need no Unicode, and none can tell a placeholder from what it stands for: both are [`MASKED`],
//! at which every look ahead and behind ends.

use crate::Kind;
use std::ops::Range;

/// A separator that nobody sees (zero-width space, joiner, soft hyphen, mark of direction).
pub const HIDDEN: u8 = 1;
/// A letter of a script that is written without spaces: a number may stand right next to it.
pub const UNSPACED: u8 = 2;
/// A letter beyond ASCII of a script with spaces.
pub const LETTER: u8 = 3;
/// Any other character.
const OTHER: u8 = 4;
/// Part of a placeholder, or of something found.
const MASKED: u8 = 5;

/// Every how many characters it is remembered where one begins.
const STRIDE: usize = 64;

/// A text, folded.
pub struct Folded<'a> {
    text: &'a str,
    bytes: Vec<u8>,
    /// Where characters 0, 64, 128 … begin: a whole map would be eight times the text.
    starts: Vec<usize>,
}

impl<'a> Folded<'a> {
    /// Folds a text; placeholders in it are masked.
    pub fn new(text: &'a str) -> Self {
        let mut folded = Self {
            text,
            bytes: Vec::with_capacity(text.len()),
            starts: Vec::with_capacity(text.len() / STRIDE + 1),
        };
        let mut masked_until = 0;
        for (start, character) in text.char_indices() {
            if folded.bytes.len().is_multiple_of(STRIDE) {
                folded.starts.push(start);
            }
            if character == '[' {
                let placeholder =
                    Kind::ALL.map(Kind::placeholder).into_iter().find(|it| text[start..].starts_with(it));
                masked_until = placeholder.map_or(masked_until, |it| start + it.len());
            }
            folded.bytes.push(if start < masked_until { MASKED } else { fold(character) });
        }
        folded
    }

    /// Characters.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The character here; beyond the text one that is nothing.
    pub fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(OTHER)
    }

    /// The character so many before this place; before the text one that is nothing.
    pub fn before(&self, at: usize, count: usize) -> u8 {
        at.checked_sub(count).map_or(OTHER, |index| self.bytes[index])
    }

    /// The byte of the text at which a character begins.
    pub fn original(&self, at: usize) -> usize {
        let Some(&start) = self.starts.get(at / STRIDE) else { return self.text.len() };
        let rest = &self.text[start..];
        start + rest.char_indices().nth(at % STRIDE).map_or(rest.len(), |(offset, _)| offset)
    }

    /// Makes a range part of nothing.
    pub fn mask(&mut self, range: Range<usize>) {
        self.bytes[range].fill(MASKED);
    }

    /// The next `@`.
    pub fn next_at_sign(&self, from: usize) -> Option<usize> {
        self.bytes[from..].iter().position(|byte| *byte == b'@').map(|offset| from + offset)
    }

    /// Whether a number may begin here: none does within a word.
    pub fn may_begin(&self, at: usize) -> bool {
        let byte = self.byte(at);
        (byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'(') && !is_word(self.before(at, 1))
    }

    /// Whether a number may end before this character.
    pub fn may_end(&self, end: usize) -> bool {
        !is_word(self.byte(end)) && self.byte(end) != b'@'
    }

    /// Whether digits go on past a mark: "-12-3456" and "3.14" are pieces of something longer.
    /// `gap` is a mark that counts besides hyphen and full stop.
    pub fn is_piece(&self, range: Range<usize>, gap: u8) -> bool {
        let joins = |byte: u8| matches!(byte, b'-' | b'.') || byte == gap;
        joins(self.before(range.start, 1)) && self.before(range.start, 2).is_ascii_digit()
            || joins(self.byte(range.end)) && self.byte(range.end + 1).is_ascii_digit()
    }

    /// What separates two groups: at most one of the visible marks, hidden ones around it. Its length and the mark
    /// ([`HIDDEN`] where none is visible); `None` where nothing separates.
    pub fn gap(&self, at: usize, marks: &[u8]) -> Option<(usize, u8)> {
        let mut seen = None;
        let mut end = at;
        while end < at + 3 {
            match self.byte(end) {
                HIDDEN => seen = seen.or(Some(HIDDEN)),
                mark if marks.contains(&mark) && seen.is_none_or(|seen| seen == HIDDEN) => seen = Some(mark),
                _ => break,
            }
            end += 1;
        }
        seen.map(|mark| (end - at, mark))
    }

    /// The text right before this place in lower case, so many characters at most, not beyond a placeholder.
    pub fn words_before(&self, at: usize, characters: usize) -> String {
        let least = at.saturating_sub(characters);
        let from =
            self.bytes[least..at].iter().rposition(|byte| *byte == MASKED).map_or(least, |it| least + it + 1);
        self.text[self.original(from)..self.original(at)].to_lowercase()
    }

    /// Whether a currency's sign or name, or a percent sign, stands right behind.
    pub fn is_amount(&self, end: usize) -> bool {
        let at = if self.byte(end) == b' ' { end + 1 } else { end };
        if matches!(self.byte(at), b'$' | b'%') {
            return true;
        }
        let rest = &self.text[self.original(at)..];
        ["EUR", "USD", "THB", "GBP", "JPY", "CHF", "PLN", "บาท", "円", "元", "원", "руб"]
            .iter()
            .any(|name| rest.starts_with(name))
    }
}

/// Whether a word goes on with this character.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == LETTER
}

/// Where one of these words stands in a text that is in lower case, by its end; the last one. Words of scripts with
/// spaces are found as words, others anywhere.
pub fn keyword_end(text: &str, words: &[&str]) -> Option<usize> {
    let spaced = |character: char| is_word(fold(character)) && !character.is_ascii_digit();
    words
        .iter()
        .flat_map(|word| {
            text.match_indices(word).map(|(start, word)| start..start + word.len()).filter(|range| {
                !(word.starts_with(spaced) && text[..range.start].ends_with(spaced)
                    || word.ends_with(spaced) && text[range.end..].starts_with(spaced))
            })
        })
        .map(|range| range.end)
        .max()
}

/// The zero of each script's digits that people write numbers with.
const ZEROS: [char; 11] = ['0', '０', '๐', '໐', '٠', '۰', '०', '০', '០', '၀', '᠐'];

fn fold(character: char) -> u8 {
    if character.is_ascii() {
        return if character == '\t' || !character.is_ascii_control() { character as u8 } else { OTHER };
    }
    let code = character as u32;
    for zero in ZEROS {
        if let digit @ 0..=9 = code.wrapping_sub(zero as u32) {
            return b'0' + digit as u8;
        }
    }
    match character {
        // Full-width forms are ASCII, 0xFEE0 further on.
        '\u{ff01}'..='\u{ff5e}' => (code - 0xfee0) as u8,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => b' ',
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}' => HIDDEN,
        '\u{feff}' => HIDDEN,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => b'-',
        '฿' | '¢'..='¥' | '₠'..='₿' | '￠' | '￡' | '￥' => b'$',
        '\u{e00}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}' => UNSPACED,
        '\u{3005}' | '\u{3040}'..='\u{30ff}' | '\u{3130}'..='\u{318f}' | '\u{31f0}'..='\u{31ff}' => UNSPACED,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' => UNSPACED,
        '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}' => UNSPACED,
        '\u{300}'..='\u{36f}' => LETTER,
        // Vowel signs and viramas of India's scripts are no letters to the standard library; the danda is no word.
        '\u{900}'..='\u{dff}' if !matches!(character, '।' | '॥') => LETTER,
        _ if character.is_alphanumeric() => LETTER,
        _ => OTHER,
    }
}
