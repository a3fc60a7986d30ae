//! An answer's text as it is written: where a unit ends, which handles it names, and what is taken out of it.

/// Where the first whole unit ends: after a run of `[handles]`, or at a line's end. The character after it must
/// have arrived, since one more handle may follow. Other brackets end nothing: they may be half of a link.
pub(super) fn unit_end(buffer: &str) -> Option<usize> {
    let (mut opened, mut closed) = (None, None);
    for (at, c) in buffer.char_indices() {
        match (closed, c) {
            (_, '\n') if !buffer[..at].trim().is_empty() => return Some(at + 1),
            (_, '[') => opened = Some(at),
            // The second bracket of `[[handle]]`.
            (Some(_), ']') if opened.is_none() => closed = Some(at + 1),
            (_, ']') => {
                let is_handle = opened.take().is_some_and(|from| handles(&buffer[from + 1..at]).is_some());
                match (is_handle, closed) {
                    (true, _) => closed = Some(at + 1),
                    (false, Some(end)) => return Some(trailing(buffer, end)),
                    (false, None) => {}
                }
            }
            (Some(_), c) if opened.is_some() || c.is_whitespace() || matches!(c, ',' | ';' | '.') => {}
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
    let mut found = Vec::new();
    let mut rest = unit;
    while let Some(close) = rest.find(']') {
        // The innermost bracket: a marker may hide in another one.
        let open = rest[..close].rfind('[');
        match open.and_then(|open| Some((open, handles(&rest[open + 1..close])?))) {
            Some((open, inner)) => {
                text.push_str(&rest[..open]);
                found.extend(inner.into_iter().map(ToOwned::to_owned));
                rest = &rest[close + 1..];
                while text.ends_with('[') && rest.starts_with(']') {
                    text.pop();
                    rest = &rest[1..];
                }
                text.truncate(text.trim_end_matches(' ').len());
            }
            None => {
                text.push_str(&rest[..=close]);
                rest = &rest[close + 1..];
            }
        }
    }
    text.push_str(rest);
    (text, found)
}

/// What stands in a bracket as handles, or `None` where it is something else.
fn handles(inside: &str) -> Option<Vec<&str>> {
    let parts = inside.split(|c: char| matches!(c, ',' | ';') || c.is_whitespace());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    (!parts.is_empty() && parts.iter().all(|part| reads_like_a_handle(part))).then_some(parts)
}

/// Six letters and digits in turn, or what reads like a marker: models invent `[1]` when they have read too many papers.
fn reads_like_a_handle(part: &str) -> bool {
    let handle = part.len() == 6
        && part
            .bytes()
            .enumerate()
            .all(|(place, b)| if place % 2 == 0 { b.is_ascii_lowercase() } else { b.is_ascii_digit() });
    let mut numbers = part.trim_matches(['^', '#', '†']).split(['-', '–']);
    handle
        || numbers
            .all(|n| n.chars().all(char::is_numeric) && (1..=LONGEST_MARKER).contains(&n.chars().count()))
}

/// Characters of a number that is taken for a marker; a year in brackets stays.
const LONGEST_MARKER: usize = 3;
