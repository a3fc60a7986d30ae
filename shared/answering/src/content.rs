//! Which words of a sentence say something.

use std::collections::HashSet;

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
fn stem(word: &str) -> Option<String> {
    let count = word.chars().count();
    let inflected = count >= 5 && !word.chars().any(|c| c.is_ascii_digit());
    inflected.then(|| word.chars().take((count - 2).max(4)).collect())
}
