//! Token counts for models whose tokenizer is not public: an estimate by script that errs on the high side,
//! so that a chunk cut to it is read whole.

/// An upper estimate of a text's tokens. Sub-word models write a short Latin word as one token and a long one
/// as a few, a digit or mark as one each, and other scripts at about one a letter.
#[must_use]
pub fn estimate_tokens(text: &str) -> usize {
    let mut tokens = 0;
    let mut letters = 0_usize;
    let mut thai = 0_usize;
    for c in text.chars() {
        if c.is_ascii_alphabetic() {
            letters += 1;
            continue;
        }
        tokens += word(letters);
        letters = 0;
        if is_thai(c) {
            thai += 1;
            continue;
        }
        tokens += match c {
            c if c.is_whitespace() => 0,
            '\u{0300}'..='\u{036F}' => 0,
            _ => 1,
        };
    }
    tokens + word(letters) + thai.div_ceil(THAI_LETTERS)
}

/// Thai letters of a token. Signs over and under a letter are letters here: multilingual vocabularies need a token for two
/// to three of them, and a passage counted letter by letter would hold a third of what one in English does.
const THAI_LETTERS: usize = 2;

fn is_thai(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0E7F}')
}

/// Tokens of a run of Latin letters: measured on English prose, five letters a token is above what WordPiece
/// and BPE vocabularies of 30,000 entries and more need.
fn word(letters: usize) -> usize {
    letters.div_ceil(5)
}

/// The longest beginning of a text, cut at white space where there is any, of at most `tokens` by the estimate.
/// Reads no further than that.
#[must_use]
pub fn fit(text: &str, tokens: usize) -> &str {
    let (mut counted, mut letters, mut thai, mut space) = (0, 0_usize, 0_usize, None);
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if c.is_ascii_alphabetic() {
            letters += 1;
        } else {
            counted += word(letters);
            letters = 0;
            if c.is_whitespace() {
                space = Some(at);
            } else if is_thai(c) {
                thai += 1;
            } else if !('\u{0300}'..='\u{036F}').contains(&c) {
                counted += 1;
            }
        }
        if counted + word(letters) + thai.div_ceil(THAI_LETTERS) > tokens {
            let cut = &text[..end - c.len_utf8()];
            return match space {
                Some(space) if space > cut.len() / 2 => cut[..space].trim_end(),
                _ => cut,
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_by_script() {
        assert_eq!(estimate_tokens("pump oil"), 2);
        assert_eq!(estimate_tokens("maintenance"), 3);
        assert_eq!(estimate_tokens("3.5 bar"), 4);
        assert_eq!(estimate_tokens("น้ำ"), 2);
        assert_eq!(estimate_tokens("น้ำ oil น้ำ"), 4);
        assert_eq!(estimate_tokens(""), 0);
    }

    #[test]
    fn fitting_stays_within_and_cuts_between_words() {
        let text = "one two three four five six";
        assert_eq!(fit(text, 100), text);
        assert_eq!(fit(text, 3), "one two three");
        assert_eq!(fit("ไส้กรอง", 3).chars().count(), 6);
        assert_eq!(fit("abc", 0), "");
    }
}
