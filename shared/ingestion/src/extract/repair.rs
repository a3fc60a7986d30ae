//! Words broken at a line's end: "consid- eration" is "consideration" again.

use std::collections::HashSet;

/// Words after which a hyphen stands for what comes later: "inlet- and outlet side".
const SUSPENDED: [&str; 12] = ["and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "o", "e", "en"];

/// The document's words with a hyphen inside, by which a break at their own hyphen is known.
pub(crate) struct Vocabulary(HashSet<String>);

impl Vocabulary {
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut words = HashSet::new();
        for word in texts.flat_map(str::split_whitespace) {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            if word.contains('-') {
                words.insert(word.to_lowercase());
            }
        }
        Self(words)
    }

    /// Joins what a line's end has broken.
    pub(crate) fn mend(&self, text: &str) -> String {
        let mut whole = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['-', '\u{2010}', '\u{AD}']) {
            let (before, from) = rest.split_at(at);
            let mark = from.chars().next().map_or(1, char::len_utf8);
            let after = &from[mark..];
            whole.push_str(before);
            let is_soft = from.starts_with('\u{AD}');
            let left = whole.rsplit(char::is_whitespace).next().unwrap_or_default();
            let right: &str = after.strip_prefix([' ', '\n']).unwrap_or_default();
            let word = right.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let is_broken = left.chars().last().is_some_and(char::is_lowercase)
                && right.starts_with(char::is_lowercase)
                && !SUSPENDED.contains(&word);
            if is_broken && !is_soft && self.0.contains(&format!("{left}-{word}").to_lowercase()) {
                whole.push('-');
                rest = right;
            } else if is_broken {
                rest = right;
            } else {
                if !is_soft {
                    whole.push_str(&from[..mark]);
                }
                rest = after;
            }
        }
        whole.push_str(rest);
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_broken_at_a_line_end_is_whole_again_and_a_hyphen_of_its_own_stays() {
        let text =
            "consid- eration of in- and outlet, a well-known and well- known 5- year P- 40 co\u{AD}operation";
        let mended = Vocabulary::of([text].into_iter()).mend(text);
        assert_eq!(
            mended,
            "consideration of in- and outlet, a well-known and well-known 5- year P- 40 cooperation"
        );
    }
}
