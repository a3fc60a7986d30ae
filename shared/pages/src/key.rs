//! Keys of web pages: readable, one for each address, and no key is a folder of another.

use crate::kind;
use domain::limits;
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};
use url::{Position, Url};

/// The folder of all web pages in a collection.
const FOLDER: &str = "web";
/// What the page of a folder is called.
const INDEX: &str = "index";
/// The end of a name that does not end like a document's. No folder ends in either, so that `/docs` and
/// `/docs/install` can stand side by side where keys are files.
const PAGE: &str = "page";
/// Stands before a hash, and nowhere else.
const BEFORE_HASH: char = '!';
/// Bytes of a SHA-256 that are shown.
const HASH_BYTES: usize = 6;
/// Bytes of one part of an address: with hash and end it stays below the 255 of file systems.
const PART_BYTES: usize = 160;
/// Bytes of the longest leaf: a part, `!`, the hash, `.` and an extension.
const LEAF_BYTES: usize = PART_BYTES + 1 + 2 * HASH_BYTES + 1 + 8;

/// The path of a page inside its collection: `web/{host}/{path…}`. http and https are the same page; a fragment is
/// no part of it. Where the address holds more than a readable path can say (a query, a port, unsafe characters,
/// too much of anything), a hash of the whole is part of the name. At most [`limits::WEB_KEY_BYTES`] bytes, and it
/// never ends in `/`.
#[must_use]
pub fn key_of(url: &Url) -> String {
    let mut is_exact = url.query().is_none() && url.port().is_none();
    let mut key = format!("{FOLDER}/{}/", part(url.host_str().unwrap_or_default(), &mut is_exact));
    let (folders, name) = url.path().trim_start_matches('/').rsplit_once('/').unwrap_or(("", url.path()));
    is_exact &= url.path().len() - url.path().trim_start_matches('/').len() == 1;
    for folder in folders.split('/').filter(|_| !folders.is_empty()) {
        let folder = folder_name(folder, &mut is_exact);
        if key.len() + folder.len() + 1 + LEAF_BYTES > limits::WEB_KEY_BYTES {
            is_exact = false;
            break;
        }
        key.push_str(&folder);
        key.push('/');
    }
    let (stem, extension) = leaf_name(name.trim_start_matches('/'), &mut is_exact);
    key.push_str(&stem);
    if !is_exact {
        let whole = &url[Position::BeforeHost..Position::AfterQuery];
        key.push(BEFORE_HASH);
        key.push_str(&hex::encode(&Sha256::digest(whole)[..HASH_BYTES]));
    }
    key.push('.');
    key.push_str(&extension);
    key
}

/// A folder's name, which never looks like a leaf's.
fn folder_name(text: &str, is_exact: &mut bool) -> String {
    let mut name = part(text, is_exact);
    if name.rsplit_once('.').is_some_and(|(_, end)| end == PAGE || kind::is_extension(end)) {
        *is_exact = false;
        name.push('_');
    }
    name
}

/// A leaf's name and its extension: a document's own, or that of pages.
fn leaf_name(text: &str, is_exact: &mut bool) -> (String, String) {
    if text.is_empty() {
        return (INDEX.into(), PAGE.into());
    }
    // A page that is called like the page of its folder.
    *is_exact &= text != INDEX;
    match text.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() && kind::is_extension(end) => {
            (part(stem, is_exact), end.to_owned())
        }
        _ => (part(text, is_exact), PAGE.into()),
    }
}

/// A part of an address as a part of a key.
fn part(text: &str, is_exact: &mut bool) -> String {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    let mut name = String::new();
    for character in decoded.chars() {
        let kept = if is_readable(character) { character } else { '-' };
        *is_exact &= kept == character;
        if name.len() + kept.len_utf8() > PART_BYTES {
            *is_exact = false;
            break;
        }
        name.push(kept);
    }
    // Nothing, or only dots, is no name of a file.
    if name.bytes().all(|byte| byte == b'.') {
        *is_exact = false;
        name.insert(0, '-');
    }
    name
}

/// Characters that are seen, and mean nothing to S3, to shells and to file systems.
fn is_readable(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    }
    // Invisible ones, ones that turn the direction of writing, and those that mean what each program likes.
    let is_hidden = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..);
    !is_hidden && !character.is_control() && !character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn key(text: &str) -> String {
        key_of(&Url::parse(text).expect("a URL"))
    }

    #[test]
    fn a_key_reads_like_its_address() {
        for (url, expected) in [
            ("https://example.com", "web/example.com/index.page"),
            ("https://example.com/#top", "web/example.com/index.page"),
            ("http://example.com/docs", "web/example.com/docs.page"),
            ("https://example.com/docs/", "web/example.com/docs/index.page"),
            ("https://example.com/docs/v1.2", "web/example.com/docs/v1.2.page"),
            ("https://example.com/docs/Install-Guide.html", "web/example.com/docs/Install-Guide.html"),
            ("https://example.com/a/manual.PDF", "web/example.com/a/manual.PDF"),
            ("https://example.com/%E0%B8%84%E0%B8%B9%E0%B9%88", "web/example.com/คู่.page"),
        ] {
            assert_eq!(key(url), expected);
        }
    }

    #[test]
    fn what_a_path_cannot_say_is_in_the_hash() {
        let with_hash = |url: &str, before: &str, after: &str| {
            let key = key(url);
            let hash = key.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap_or_default();
            let hash = hash.strip_prefix('!').unwrap_or_default();
            assert!(hash.len() == 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{url}: {key}");
        };
        with_hash("https://example.com/a?page=2", "web/example.com/a", ".page");
        with_hash("https://example.com/a.pdf?v=1", "web/example.com/a", ".pdf");
        with_hash("https://example.com:8443/a", "web/example.com/a", ".page");
        with_hash("https://example.com/a%20b", "web/example.com/a-b", ".page");
        with_hash("https://example.com/a%2Fb", "web/example.com/a-b", ".page");
        with_hash("https://example.com/a%00b", "web/example.com/a-b", ".page");
        with_hash("https://example.com/%FF", "web/example.com/\u{2d}", ".page");
        with_hash("https://example.com/a!0123456789ab", "web/example.com/a-0123456789ab", ".page");
        with_hash("https://example.com/a%E2%80%AEb", "web/example.com/a-b", ".page");
        with_hash("http://[2606:4700::1111]/", "web/-2606-4700--1111-/index", ".page");
        with_hash("https://example.com//a", "web/example.com/a", ".page");
        with_hash("https://example.com/manual.pdf/part", "web/example.com/manual.pdf_/part", ".page");
    }

    #[test]
    fn different_addresses_have_different_keys_and_none_is_a_folder_of_another() {
        let urls = [
            "https://a.example/",
            "https://a.example//",
            "https://a.example///",
            "https://a.example/index",
            "https://a.example/index.html",
            "https://a.example/index.page",
            "https://a.example/index/",
            "https://a.example/index/index",
            "https://a.example/?",
            "https://a.example/?a",
            "https://a.example/?b",
            "https://a.example/docs",
            "https://a.example/docs/",
            "https://a.example/docs//",
            "https://a.example/docs.page",
            "https://a.example/docs.page/",
            "https://a.example/docs.page/x",
            "https://a.example/docs.page_/x",
            "https://a.example/docs/install",
            "https://a.example/docs/install/",
            "https://a.example/docs/install/linux",
            "https://a.example/docs//install",
            "https://a.example/manual.pdf",
            "https://a.example/manual.pdf/",
            "https://a.example/manual.pdf/x",
            "https://a.example/manual.pdf_/x",
            "https://a.example/manual.PDF",
            "https://a.example/.pdf",
            "https://a.example/a%2Fb",
            "https://a.example/a/b",
            "https://a.example/a-b",
            "https://a.example/a%20b",
            "https://a.example/a+b",
            "https://a.example/...",
            "https://a.example/-...",
            "https://a.example./docs",
            "https://b.example/docs",
            "https://a.example:8080/docs",
            "https://a.example/Docs",
        ];
        let keys: BTreeSet<String> = urls.iter().map(|url| key(url)).collect();
        assert_eq!(keys.len(), urls.len(), "{keys:#?}");
        for key in &keys {
            let folder = format!("{key}/");
            assert!(!keys.iter().any(|other| other.starts_with(&folder)), "{key}");
        }
    }

    #[test]
    fn a_key_stays_within_its_bytes_and_its_parts_within_those_of_files() {
        let long = "long-".repeat(400);
        let thai = "%E0%B8%84".repeat(600);
        let deep = "deep/".repeat(400);
        let deep_thai = "%E0%B8%84/".repeat(200);
        for path in
            [&long, &thai, &deep, &deep_thai, &format!("{deep}{long}.html"), &format!("{long}/{thai}")]
        {
            let host = "sub.".repeat(60);
            for (one, other) in [("a", "b"), ("", "/")] {
                let keys = [one, other].map(|end| key(&format!("https://{host}example.com/{path}{end}")));
                assert_ne!(keys[0], keys[1]);
                for key in keys {
                    assert!(key.len() <= limits::WEB_KEY_BYTES, "{} {key}", key.len());
                    assert!(key.split('/').all(|part| !part.is_empty() && part.len() <= 255), "{key}");
                }
            }
        }
    }

    #[test]
    fn a_key_is_one_of_a_document() {
        let slug = "a".repeat(100);
        for path in [String::new(), "docs/".into(), "deep/".repeat(400)] {
            let key = format!("{slug}/{slug}/{}", key(&format!("https://example.com/{path}")));
            assert!(domain::ObjectKey::parse(&key).is_ok() && key.len() <= 1024, "{key}");
        }
    }
}
