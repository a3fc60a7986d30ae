//! Fields of requests: what they may hold, in the words of whoever filled them in.

use crate::Refusal;
use domain::limits;
use url::Url;

/// A text of so many characters after trimming, without NUL, which Postgres cannot hold.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn text(pointer: &str, text: &str, characters: usize) -> Result<String, Refusal> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Refusal::invalid(pointer, "It is empty; write something.")),
        count if count > characters => Err(Refusal::invalid(
            pointer,
            format!("It has {count} characters; at most {characters} are kept."),
        )),
        _ if text.contains('\0') => Err(Refusal::invalid(pointer, "A text must not hold NUL characters.")),
        _ => Ok(text.to_owned()),
    }
}

/// The same, where blank is as good as not given.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn optional(pointer: &str, given: Option<&str>, characters: usize) -> Result<Option<String>, Refusal> {
    match given.filter(|given| !given.trim().is_empty()) {
        Some(given) => text(pointer, given, characters).map(Some),
        None => Ok(None),
    }
}

/// An e-mail address.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn email<'a>(pointer: &str, given: &'a str) -> Result<&'a str, Refusal> {
    domain::sealed::email(given)
        .ok_or_else(|| Refusal::invalid(pointer, "It is no e-mail address; write it as ann@example.org."))
}

/// A number within bounds.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn within(pointer: &str, number: i64, least: i64, most: i64) -> Result<i32, Refusal> {
    if (least..=most).contains(&number) {
        return Ok(i32::try_from(number).unwrap_or(i32::MAX));
    }
    Err(Refusal::invalid(pointer, format!("It is {least} to {most}, not {number}.")))
}

/// JSON as the database can hold it: everything but NUL.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn json(pointer: &str, value: &serde_json::Value) -> Result<(), Refusal> {
    if value.to_string().contains("\\u0000") {
        return Err(Refusal::invalid(pointer, "A text must not hold NUL characters."));
    }
    Ok(())
}

/// An address of the web: `http` or `https`, a host, no name and password in it.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn web_address(pointer: &str, given: &str) -> Result<Url, Refusal> {
    let given = given.trim();
    if given.len() > limits::WEB_URL_BYTES {
        let detail = format!("An address has at most {} bytes.", limits::WEB_URL_BYTES);
        return Err(Refusal::invalid(pointer, detail));
    }
    // The reader of addresses would leave them out in silence.
    if given.contains(char::is_control) {
        return Err(Refusal::invalid(pointer, "An address must not hold control characters."));
    }
    let url = Url::parse(given).map_err(|error| {
        Refusal::invalid(
            pointer,
            format!("It is no address ({error}); write it as https://example.org/page."),
        )
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(Refusal::invalid(
            pointer,
            "An address begins with http:// or https:// and names a host.",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::invalid(pointer, "An address must not hold a user name or a password."));
    }
    // Spelled out it may be longer than it was written.
    if url.as_str().len() > limits::WEB_URL_BYTES {
        let detail = format!("An address has at most {} bytes.", limits::WEB_URL_BYTES);
        return Err(Refusal::invalid(pointer, detail));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_an_edge_and_no_nul() {
        assert_eq!(text("/a", " ข้อ ", 3).expect("three characters"), "ข้อ");
        for wrong in ["", " \n", "abcd", "a\0"] {
            assert!(text("/a", wrong, 3).is_err(), "{wrong:?}");
        }
        assert_eq!(optional("/a", Some(" "), 3).expect("blank"), None);
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        assert_eq!((within("/a", 64, 64, 65).ok(), within("/a", 65, 64, 65).ok()), (Some(64), Some(65)));
        assert!(within("/a", 63, 64, 65).is_err() && within("/a", 66, 64, 65).is_err());
    }

    #[test]
    fn only_addresses_of_the_web_are_taken() {
        assert_eq!(
            web_address("/url", "https://example.org").expect("well").as_str(),
            "https://example.org/"
        );
        let longest = format!("https://example.org/{}", "a".repeat(limits::WEB_URL_BYTES - 20));
        assert!(web_address("/url", &longest).is_ok());
        for wrong in [
            "",
            "example.org",
            "/page",
            "ftp://example.org/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://",
            "https://user@example.org/",
            "https://user:secret@example.org/",
            &format!("{longest}a"),
        ] {
            assert!(web_address("/url", wrong).is_err(), "{wrong}");
        }
    }
}
