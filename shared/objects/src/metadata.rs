//! What uploaders say of objects: S3 carries ASCII only.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::borrow::Cow;

/// A metadata value as it was meant: percent-encoded UTF-8, or the encoded words (RFC 2047) in which S3 gives back what an
/// uploader sent as plain UTF-8 (Amazon S3 user guide, "User-defined object metadata").
pub(crate) fn decode(value: &str) -> String {
    let words = if value.contains("=?") { without_encoded_words(value) } else { Cow::Borrowed(value) };
    let decoded = percent_encoding::percent_decode_str(&words).decode_utf8();
    domain::document::clean(decoded.as_deref().unwrap_or(&words))
}

/// Of a text that holds words which are none, all of it stays as it is.
fn without_encoded_words(value: &str) -> Cow<'_, str> {
    let (mut bytes, mut rest, mut follows_a_word) = (Vec::new(), value, false);
    while let Some(at) = rest.find("=?") {
        let Some((word, after)) = encoded_word(&rest[at..]) else { return Cow::Borrowed(value) };
        let between = &rest[..at];
        // White space between two of them is none (RFC 2047, 6.2).
        if !follows_a_word || !between.trim().is_empty() {
            bytes.extend_from_slice(between.as_bytes());
        }
        bytes.extend(word);
        (rest, follows_a_word) = (after, true);
    }
    bytes.extend_from_slice(rest.as_bytes());
    // A letter may be cut between two words.
    String::from_utf8(bytes).map_or(Cow::Borrowed(value), Cow::Owned)
}

/// The bytes of `=?UTF-8?B?…?=` or `=?UTF-8?Q?…?=` at the beginning of a text, and what comes after it.
fn encoded_word(text: &str) -> Option<(Vec<u8>, &str)> {
    let mut parts = text.strip_prefix("=?")?.splitn(3, '?');
    let (charset, encoding, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (content, after) = rest.split_once("?=")?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let bytes = match encoding {
        "B" | "b" => BASE64_STANDARD.decode(content).ok()?,
        "Q" | "q" => {
            let percents = content.replace('%', "%25").replace('_', " ").replace('=', "%");
            percent_encoding::percent_decode_str(&percents).collect()
        }
        _ => return None,
    };
    Some((bytes, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_its_uploader_meant() {
        let meant = [
            ("Plain, 5 %", "Plain, 5 %"),
            ("Gr%C3%B6%C3%9Fe", "Größe"),
            ("=?UTF-8?B?R3LDtsOfZQ==?=", "Größe"),
            ("=?utf-8?Q?Gr=C3=B6=C3=9Fe_5%?= m", "Größe 5% m"),
            // A letter and a blank between two words.
            ("=?UTF-8?B?R3LD?= =?UTF-8?B?tsOfZQ==?=", "Größe"),
            ("a =?UTF-8?Q?b?= c", "a b c"),
            ("what =? means", "what =? means"),
            ("=?UTF-8?B?!!?=", "=?UTF-8?B?!!?="),
            ("=?latin1?Q?=F6?=", "=?latin1?Q?=F6?="),
        ];
        for (value, meaning) in meant {
            assert_eq!(decode(value), meaning, "{value}");
        }
    }
}
