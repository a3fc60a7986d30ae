//! Cuts a passage into sentences that can be quoted alone. It decides by punctuation and layout
//! only; where a script has no sentence ends (Thai) it cuts at clause spaces.

use super::words::is_unspaced;

/// A Thai clause shorter than this many characters is joined with the next one: spaces stand
/// around names and numbers too.
const CLAUSE: usize = 100;

/// A line shorter than this that ends without punctuation is a line of its own (heading, list
/// item, address), not a wrapped sentence.
const SHORT_LINE: usize = 45;

/// The sentences of a text, in order, each trimmed and with line breaks turned into blanks.
pub(super) fn split(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < characters.len() {
        match end_of_sentence(&characters, start, at) {
            Some(end) => {
                push(&mut sentences, &characters[start..end]);
                start = end;
                at = end.max(at + 1);
            }
            None => at += 1,
        }
    }
    push(&mut sentences, &characters[start.min(characters.len())..]);
    sentences
}

fn push(sentences: &mut Vec<String>, characters: &[char]) {
    let text: String = characters.iter().collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().any(char::is_alphanumeric) {
        sentences.push(text);
    }
}

/// Where the sentence that began at `start` ends, when the character `at` ends it.
fn end_of_sentence(text: &[char], start: usize, at: usize) -> Option<usize> {
    match text[at] {
        '。' | '！' | '？' | '｡' | '।' | '؟' => Some(after_closers(text, at + 1)),
        '.' | '!' | '?' | '…' => end_at_stop(text, start, at),
        '\n' => breaks_line(text, start, at).then_some(at + 1),
        ' ' => breaks_clause(text, start, at).then_some(at + 1),
        _ => None,
    }
}

fn after_closers(text: &[char], mut at: usize) -> usize {
    while at < text.len() && "\"'”’」』）)]»".contains(text[at]) {
        at += 1;
    }
    at
}

fn end_at_stop(text: &[char], start: usize, at: usize) -> Option<usize> {
    let end = after_closers(text, at + 1);
    if text.get(end).is_some_and(|c| !c.is_whitespace() && *c != '[') {
        return None;
    }
    let next = (end..text.len()).find(|i| !text[*i].is_whitespace())?;
    if text[next].is_lowercase() {
        return None;
    }
    if text[at] == '.' && end == at + 1 && is_abbreviation(text, start, at, next) {
        return None;
    }
    Some(end)
}

/// Whether the full stop at `at` belongs to its word rather than to the sentence.
fn is_abbreviation(text: &[char], start: usize, at: usize, next: usize) -> bool {
    const ABBREVIATIONS: &[&str] = &[
        "mr", "mrs", "ms", "dr", "prof", "rev", "gen", "col", "lt", "sgt", "capt", "st", "mt", "ft", "jr",
        "sr", "vs", "no", "nos", "vol", "fig", "figs", "eq", "ca", "cf", "al", "approx", "dept", "est",
        "inc", "ltd", "co", "corp", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct",
        "nov", "dec", "pp", "ed", "eds", "gov", "sen", "rep", "hon", "pres",
    ];
    let begin = (start..at).rev().find(|i| !(text[*i].is_alphanumeric() || text[*i] == '.'));
    let token: String = text[begin.map_or(start, |i| i + 1)..at].iter().collect();
    let letters = token.chars().filter(|c| c.is_alphabetic()).count();
    if token.is_empty() || (letters == 0 && begin.is_none_or(|i| text[i] == '\n')) {
        // "1." at the start of a list item.
        return !token.is_empty();
    }
    let initials = token.split('.').all(|part| part.chars().count() <= 1)
        && letters == token.replace('.', "").chars().count();
    if initials {
        // "U.S." may end a sentence, and does when a typical first word follows.
        return letters > 0 && (letters == 1 || !starts_sentence(text, next));
    }
    ABBREVIATIONS.contains(&token.to_lowercase().as_str())
        && !(token.len() > 3 && starts_sentence(text, next))
}

fn starts_sentence(text: &[char], next: usize) -> bool {
    const OPENERS: &[&str] = &[
        "The", "In", "A", "An", "It", "He", "She", "This", "They", "These", "On", "At", "As", "By", "For",
        "However", "After", "His", "Her", "Its", "While", "When", "There",
    ];
    let word: String = text[next..].iter().take_while(|c| c.is_alphabetic()).collect();
    OPENERS.contains(&word.as_str())
}

/// Whether the newline at `at` ends a sentence rather than wrapping one.
fn breaks_line(text: &[char], start: usize, at: usize) -> bool {
    let Some(last) = text[start..at].iter().rev().find(|c| !c.is_whitespace()) else { return true };
    let rest = &text[at + 1..];
    let blank_line = rest.iter().find(|c| **c == '\n' || !c.is_whitespace()) == Some(&'\n');
    let next = rest.iter().find(|c| !c.is_whitespace());
    let marker = next.is_some_and(|c| "#|-*•–".contains(*c));
    let line = text[..at].iter().rev().take_while(|c| **c != '\n').count();
    let own_line = line < SHORT_LINE && next.is_some_and(|c| !c.is_lowercase()) && *last != ',';
    blank_line || marker || own_line || is_unspaced(*last) || "|:".contains(*last)
}

fn breaks_clause(text: &[char], start: usize, at: usize) -> bool {
    let thai = |c: Option<&char>| c.is_some_and(|c| ('\u{0E00}'..='\u{0E7F}').contains(c));
    at > start && at - start >= CLAUSE && thai(text.get(at - 1)) && thai(text.get(at + 1))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn abbreviations_and_decimals_do_not_end_a_sentence() {
        assert_eq!(
            split("Dr. J. Smith of the U.S. Army paid 3.5 million. It was much! \"Really?\" he said."),
            ["Dr. J. Smith of the U.S. Army paid 3.5 million.", "It was much!", "\"Really?\" he said."]
        );
        assert_eq!(split("He left the U.S. The end came."), ["He left the U.S.", "The end came."]);
        assert_eq!(split("Founded in 1951. Over 90 people."), ["Founded in 1951.", "Over 90 people."]);
    }

    #[test]
    fn quotes_stay_with_their_sentence() {
        assert_eq!(split("She said \"stop.\" Then left."), ["She said \"stop.\"", "Then left."]);
    }

    #[test]
    fn wrapped_lines_join_and_headings_stand_alone() {
        assert_eq!(
            split(
                "Oil change\nDrain the oil while the pump is still warm, and then\nfill it. Close it.\n- one\n- two"
            ),
            [
                "Oil change",
                "Drain the oil while the pump is still warm, and then fill it.",
                "Close it.",
                "- one",
                "- two"
            ]
        );
    }

    #[test]
    fn list_numbers_stay_with_their_item() {
        assert_eq!(split("1. Open the valve.\n2. Close it."), ["1. Open the valve.", "2. Close it."]);
    }

    #[test]
    fn japanese_and_thai() {
        assert_eq!(
            split("油を替える。次に「閉める。」終わり"),
            ["油を替える。", "次に「閉める。」", "終わり"]
        );
        let clause = "ก".repeat(110);
        assert_eq!(split(&format!("{clause} {clause}")).len(), 2);
        assert_eq!(split("ราคา 500 บาท ต่อปี").len(), 1);
    }
}
