//! Which words of a sentence say something.

use std::collections::HashSet;

/// The words of a text with their digits as ASCII writes them: a number is its value, whatever script it is written in.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = language::words(text);
    for word in words.iter_mut().filter(|word| !word.is_ascii()) {
        *word = word.chars().map(plain).collect();
    }
    words
}

/// A decimal digit of any script as ASCII's; anything else as it is.
fn plain(c: char) -> char {
    /// The zeros of Unicode's decimal digits that people write with; nine more follow each.
    const ZEROS: [char; 30] = [
        '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}',
        '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{1090}',
        '\u{17e0}', '\u{1810}', '\u{1946}', '\u{19d0}', '\u{1a80}', '\u{1a90}', '\u{1b50}', '\u{1bb0}',
        '\u{1c40}', '\u{a620}', '\u{abf0}', '\u{ff10}',
    ];
    let value =
        ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10));
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

/// Function words carry no claim.
pub(crate) fn is_content(word: &str) -> bool {
    const FUNCTION: &[&str] = &[
        "the", "and", "for", "are", "was", "were", "with", "that", "this", "from", "has", "have", "had",
        "its", "not", "but", "you", "your", "can", "may", "will", "would", "should", "which", "when", "what",
        "who", "how", "than", "then", "they", "them", "their", "there", "these", "those", "been", "being",
        "also", "such", "into", "any", "all", "more", "most", "must", "does", "did", "one", "los", "las",
        "del", "una", "que", "con", "por", "para", "como", "der", "die", "das", "und", "ist", "den", "von",
        "mit", "les", "des", "est", "une", "dans", "pour",
    ];
    (word.chars().count() > 2 || word.chars().any(|c| c.is_ascii_digit() || !c.is_ascii()))
        && !FUNCTION.contains(&word)
}

/// Whether a word stands among others, itself or in another form.
pub(crate) fn stands(word: &String, others: &[String]) -> bool {
    others.contains(word) || another_form(word, others)
}

/// The same among a set of words.
pub(crate) fn stands_in(word: &str, others: &HashSet<String>) -> bool {
    others.contains(word) || another_form(word, others)
}

fn another_form<'a>(word: &str, others: impl IntoIterator<Item = &'a String>) -> bool {
    stem(word).is_some_and(|stem| others.into_iter().any(|other| other.starts_with(&stem)))
}

/// Inflection apart: the beginning of a word of five letters and more, by which another form of it is known. `None`
/// for short words and numbers, which are themselves or nothing.
pub(crate) fn stem(word: &str) -> Option<String> {
    let count = word.chars().count();
    let inflected = count >= 5 && !word.chars().any(|c| c.is_ascii_digit());
    inflected.then(|| word.chars().take((count - 2).max(4)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_value_in_every_script() {
        for number in ["500", "๕๐๐", "٥٠٠", "۵۰۰", "५००", "５００", "៥០០"] {
            assert_eq!(words(number), ["500"], "{number}");
        }
        assert_eq!(words("P-40 ทุก ๙๐ ชั่วโมง")[..4], ["p", "40", "ทุก", "90"]);
    }
}
