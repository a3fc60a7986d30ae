//! A text with something wrong at one place: a credential or a link that was changed on its way.

/// Each with one change: `next` in a letter's place, the letter in the other case, a letter less, one more, cut off there. Each once,
/// in order; the text itself may be among them.
#[must_use]
pub fn at_every_place(text: &str, next: impl Fn(char) -> char) -> Vec<String> {
    let mut all = Vec::new();
    for (place, letter) in text.char_indices() {
        let (before, after) = (&text[..place], &text[place + letter.len_utf8()..]);
        let flipped = if letter.is_ascii_uppercase() {
            letter.to_ascii_lowercase()
        } else {
            letter.to_ascii_uppercase()
        };
        for other in [next(letter), flipped] {
            all.push(format!("{before}{other}{after}"));
        }
        all.push(format!("{before}{after}"));
        all.push(format!("{before}{letter}{letter}{after}"));
        all.push(before.to_owned());
    }
    all.sort_unstable();
    all.dedup();
    all
}
