//! An answer's text as it is written: where a unit ends, which handles it names, and what is taken out of it.

/// Where the first whole unit ends: after a run of `[handles]`, or at a line's end. The character after it must
/// have arrived, since one more handle may follow.
pub(super) fn unit_end(buffer: &str) -> Option<usize> {
    let mut closed = None;
    for (at, c) in buffer.char_indices() {
        match (closed, c) {
            (_, '\n') if !buffer[..at].trim().is_empty() => return Some(at + 1),
            (_, ']') => closed = Some(at + 1),
            (Some(_), '[') => closed = None,
            (Some(_), c) if c.is_whitespace() || matches!(c, ',' | ';' | '.') => {}
            (Some(end), _) => return Some(trailing(buffer, end)),
            _ => {}
        }
    }
    None
}

/// Punctuation that follows a handle belongs before it: `text [h].`
fn trailing(buffer: &str, end: usize) -> usize {
    end + buffer[end..].chars().take_while(|c| matches!(c, '.' | ',' | ';')).count()
}

/// The text without its handles, and the handles. Every bracket that reads like a handle goes, given out or not:
/// a forged one is dropped.
pub(super) fn split_handles(unit: &str) -> (String, Vec<String>) {
    let mut text = String::new();
    let mut handles = Vec::new();
    let mut rest = unit;
    while let Some(open) = rest.find('[') {
        let Some(close) = rest[open..].find(']').map(|close| open + close) else { break };
        let inside = &rest[open + 1..close];
        let inner: Vec<&str> = inside
            .split(|c: char| matches!(c, ',' | ';') || c.is_whitespace())
            .filter(|part| !part.is_empty())
            .collect();
        if !inner.is_empty() && inner.iter().all(|part| reads_like_a_handle(part)) {
            text.push_str(rest[..open].trim_end_matches(' '));
            handles.extend(inner.into_iter().map(ToOwned::to_owned));
        } else {
            text.push_str(&rest[..=close]);
        }
        rest = &rest[close + 1..];
    }
    text.push_str(rest);
    (text, handles)
}

/// Six letters and digits in turn, or a bare number: models invent `[1]` when they have read too many papers.
fn reads_like_a_handle(part: &str) -> bool {
    let handle = part.len() == 6
        && part
            .bytes()
            .enumerate()
            .all(|(place, b)| if place % 2 == 0 { b.is_ascii_lowercase() } else { b.is_ascii_digit() });
    handle || (part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit()))
}

/// `![…](…)` and `<img …>` go: an image's address can carry the conversation away.
pub(super) fn without_images(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = [rest.find("!["), rest.to_ascii_lowercase().find("<img")].into_iter().flatten().min()
    {
        let end = if rest[at..].starts_with("![") { rest[at..].find(')') } else { rest[at..].find('>') };
        out.push_str(&rest[..at]);
        rest = end.map_or("", |end| &rest[at + end + 1..]);
    }
    out.push_str(rest);
    out
}
