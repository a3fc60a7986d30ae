//! Markup: HTML's elements and entities, Markdown's images and links.

use super::address::is_allowed;
use domain::chatbot::AllowedHosts;
use html5gum::{Token, Tokenizer};

/// Elements that go with all that stands in them: it is no text for people.
const NOT_TEXT: &[&str] = &[
    "script", "style", "iframe", "object", "embed", "svg", "math", "template", "noscript", "audio", "video",
    "canvas", "applet", "frameset", "select", "textarea", "title", "head",
];
/// Parts of elements' names by which models spell calls of tools.
const CALLS: &[&str] = &["tool", "function", "invoke", "parameter"];

/// The text that HTML's own tokenizer leaves: tags and comments gone, entities as what they stand for.
pub(super) fn without_elements(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return text.to_owned();
    }
    // A `<` that nothing closes would take the rest of the text along.
    let closed = text.rfind('>').map_or(0, |at| at + 1);
    let (closed, open) = text.split_at(closed);
    let mut out = String::with_capacity(text.len());
    let mut hidden: Option<String> = None;
    for Ok(token) in Tokenizer::new(closed) {
        match token {
            Token::StartTag(tag) if hidden.is_none() && !tag.self_closing => {
                let name = String::from_utf8_lossy(&tag.name).to_lowercase();
                hidden = is_no_text(&name).then_some(name);
            }
            Token::EndTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).to_lowercase();
                hidden = hidden.filter(|waiting| *waiting != name);
            }
            Token::String(said) if hidden.is_none() => out.push_str(&String::from_utf8_lossy(&said)),
            _ => {}
        }
    }
    if hidden.is_none() {
        out.push_str(&decoded(&apart(open)));
    }
    apart(&out)
}

fn is_no_text(name: &str) -> bool {
    NOT_TEXT.contains(&name) || CALLS.iter().any(|part| name.contains(part))
}

/// Entities as what they stand for, in a text without tags.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for Ok(token) in Tokenizer::new(text) {
        if let Token::String(said) = token {
            out.push_str(&String::from_utf8_lossy(&said));
        }
    }
    out
}

/// With a space after each `<` that could begin something: a tag that is closed later, an address of mail in brackets.
fn apart(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        out.push(c);
        if c == '<' && rest.peek().is_some_and(|next| !next.is_whitespace() && *next != '=') {
            out.push(' ');
        }
    }
    out
}

/// `![…](…)` and `![…][…]` go with their words; a `!` that could make an image of what follows goes alone.
pub(super) fn without_images(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("![") {
        out.push_str(&rest[..at]);
        let bracket = &rest[at + 1..];
        rest = match closing(bracket, '[', ']') {
            Some(end) if bracket[end..].starts_with('(') => {
                closing(&bracket[end..], '(', ')').map_or(bracket, |more| &bracket[end + more..])
            }
            Some(end) if bracket[end..].starts_with('[') => {
                closing(&bracket[end..], '[', ']').map_or(bracket, |more| &bracket[end + more..])
            }
            _ => bracket,
        };
    }
    out.push_str(rest);
    out
}

/// `[words](address)` stays where the address is allowed, and else becomes its words; what could be half of a link is
/// taken apart, and nothing can define what `[words][name]` refers to.
pub(super) fn with_allowed_links_only(text: &str, allowed: &AllowedHosts) -> String {
    let text = text.replace("]:", "] :");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("](") {
        out.push_str(&rest[..at]);
        let destination = &rest[at + 1..];
        let opened = opening(&out);
        let closed = closing(destination, '(', ')');
        let (Some(opened), Some(end)) = (opened, closed) else {
            out.push_str("] (");
            rest = &rest[at + 2..];
            continue;
        };
        match address(&destination[1..end - 1]).filter(|address| is_allowed(address, allowed)) {
            Some(address) => {
                out.push_str(&format!("]({address})"));
            }
            None => {
                out.remove(opened);
            }
        }
        rest = &destination[end..];
    }
    out.push_str(rest);
    out
}

/// A link's address without its title, as it can stand in brackets.
fn address(inside: &str) -> Option<String> {
    let first = inside.split_whitespace().next()?;
    let bare = first.trim_start_matches('<').trim_end_matches('>');
    Some(bare.replace('(', "%28").replace(')', "%29"))
}

/// Behind the bracket that closes the one a text begins with.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at + c.len_utf8());
            }
        }
    }
    None
}

/// Where the bracket stands that is still open at a text's end.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().rev() {
        match c {
            ']' => depth += 1,
            '[' if depth == 0 => return Some(at),
            '[' => depth -= 1,
            _ => {}
        }
    }
    None
}
