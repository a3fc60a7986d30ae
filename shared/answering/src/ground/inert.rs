//! What leaves in an answer is inert: no image, no markup that a browser would act on, and no link but to a host that
//! the chatbot's settings allow. A link or an image carries a conversation away the moment somebody, or something,
//! follows it; and its address may come from a document that wants exactly that.
//!
//! An answer leaves piece by piece, while what stands around it is not known yet. So this does not ask a Markdown
//! parser what a piece means, but takes out whatever could mean something in any surroundings, again until nothing
//! changes. Real parsers hold it to that in the tests.

mod address;
mod markup;

use domain::chatbot::AllowedHosts;

/// Rounds after which a text that still changes is taken apart altogether: nobody nests markup so deep in good faith.
const ROUNDS: usize = 12;

/// The text without what could act. Applied again, it changes nothing.
pub(crate) fn inert(text: &str, allowed: &AllowedHosts) -> String {
    let mut text = visible(text);
    for _ in 0..ROUNDS {
        let next = once(&text, allowed);
        if next == text {
            return text;
        }
        text = next;
    }
    text.chars().map(|c| if c.is_alphanumeric() || c.is_whitespace() { c } else { ' ' }).collect()
}

fn once(text: &str, allowed: &AllowedHosts) -> String {
    let text = visible(&markup::without_elements(text));
    let text = markup::without_images(&text);
    let text = markup::with_allowed_links_only(&text, allowed);
    address::without_foreign(&text, allowed)
}

/// Without characters that nobody sees: they hide a word from a filter and not from a browser. Joiners stay between
/// letters beyond ASCII, where Persian, Hindi and emoji need them.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' | '\t' => out.push(c),
            '\u{2028}' | '\u{2029}' => out.push(' '),
            '\u{200c}' | '\u{200d}' => {
                let between = out.chars().next_back().is_some_and(|c| !c.is_ascii())
                    && rest.peek().is_some_and(|c| !c.is_ascii());
                if between && !rest.peek().is_some_and(|next| is_invisible(*next)) {
                    out.push(c);
                }
            }
            c if is_invisible(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Controls, soft hyphens, fillers, marks of direction, selectors of variants, tags.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests;
