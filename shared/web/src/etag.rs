//! `ETag` and `If-Match` (RFC 9110, 8.8.3 and 13.1.1). A tag is the moment of a thing's last change: it names the revision of
//! what can be changed, not of the figures that are counted beside it.

use http::{HeaderMap, header};
use jiff::Timestamp;

/// The tag of a thing that was changed last at this moment, to the microsecond, as the database knows it.
#[must_use]
pub fn of(changed: Timestamp) -> String {
    format!("\"{:x}\"", changed.as_microsecond())
}

/// The revisions that a request's `If-Match` names; `None` where it has none, or takes any. What is no tag of ours, or a weak
/// one, names none.
#[must_use]
pub fn wanted(headers: &HeaderMap) -> Option<Vec<Timestamp>> {
    let mut wanted = None::<Vec<Timestamp>>;
    for value in headers.get_all(header::IF_MATCH) {
        let named = value.to_str().unwrap_or_default();
        if named.trim() == "*" {
            return None;
        }
        wanted.get_or_insert_default().extend(named.split(',').filter_map(|tag| read(tag.trim())));
    }
    wanted
}

fn read(tag: &str) -> Option<Timestamp> {
    let hex = tag.strip_prefix('"')?.strip_suffix('"')?;
    Timestamp::from_microsecond(i64::from_str_radix(hex, 16).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(values: &[&str]) -> Option<usize> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, value.parse().expect("a value"));
        }
        wanted(&headers).map(|wanted| wanted.len())
    }

    #[test]
    fn a_tag_is_read_as_it_was_written() {
        let changed = Timestamp::from_microsecond(1_764_000_000_123_456).expect("a moment");
        assert_eq!(read(&of(changed)), Some(changed));
    }

    #[test]
    fn weak_and_foreign_tags_match_nothing_and_a_star_anything() {
        assert_eq!((named(&[]), named(&["*"])), (None, None));
        assert_eq!(named(&["\"5\", \"6\"", "\"7\""]), Some(3));
        for nothing in ["W/\"5\"", "5", "\"\"", "\"x\"", "", "\"ffffffffffffffffff\""] {
            assert_eq!(named(&[nothing]), Some(0), "{nothing}");
        }
    }
}
