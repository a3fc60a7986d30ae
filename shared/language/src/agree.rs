//! Whether what was said is what was expected: the measure of evaluations and of replays alike.

use crate::words;
use std::collections::BTreeMap;

/// Words shared by two texts: the harmonic mean of precision and recall over words with their counts, articles left
/// out (Rajpurkar et al. 2016).
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "words of an answer")]
pub fn token_f1(said: &str, expected: &str) -> f64 {
    let (said, expected) = (counted(said), counted(expected));
    let shared: usize =
        said.iter().map(|(word, count)| (*count).min(expected.get(word).copied().unwrap_or(0))).sum();
    let total = |words: &BTreeMap<String, usize>| words.values().sum::<usize>() as f64;
    if shared == 0 {
        return 0.0;
    }
    2.0 * shared as f64 / (total(&said) + total(&expected))
}

fn counted(text: &str) -> BTreeMap<String, usize> {
    const ARTICLES: [&str; 3] = ["a", "an", "the"];
    let mut counts = BTreeMap::new();
    for word in words(text).into_iter().filter(|word| !ARTICLES.contains(&word.as_str())) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// Whether a text holds a phrase, whatever its case and white space.
#[must_use]
pub fn holds(text: &str, phrase: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let phrase = plain(phrase);
    !phrase.is_empty() && plain(text).contains(&phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn f1_of_words() {
        assert!(near(token_f1("The Eiffel Tower", "Eiffel tower"), 1.0));
        // "in", "paris", "france" against "paris": 2 · 1 / (3 + 1)
        assert!(near(token_f1("in Paris, France", "Paris"), 0.5));
        assert!(near(token_f1("Rome", "Paris"), 0.0));
        // A word said twice counts once against one.
        assert!(near(token_f1("no no", "no"), 2.0 / 3.0));
    }

    #[test]
    fn a_phrase_is_found_whatever_its_case_and_space() {
        assert!(holds("It lies in  Northern\nFrance.", "northern france"));
        assert!(!holds("anything", " "));
    }
}
