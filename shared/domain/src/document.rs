//! Where a document lives, and why one could not be read.

use crate::limits;
use serde::{Deserialize, Serialize};

/// The prefix of what the product derives itself; ingestion never looks there.
pub const DERIVED_PREFIX: &str = "_derived/";

/// The type of a file whose uploader does not say: what it is, its content tells.
pub const ANY_TYPE: &str = "application/octet-stream";

/// A document's key, taken apart: `{organization-slug}/{collection-slug}/{path…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectKey {
    /// Slug of the organization.
    pub organization: String,
    /// Slug of the collection.
    pub collection: String,
    /// The document's own name inside its collection.
    pub path: String,
}

/// Why a key names no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyProblem {
    /// What the product made itself.
    Derived,
    /// Not of the form `{organization-slug}/{collection-slug}/{path…}`.
    OutsideConvention,
}

impl ObjectKey {
    /// Reads a (decoded) key.
    ///
    /// # Errors
    /// [`KeyProblem`] when it is not a document's.
    pub fn parse(key: &str) -> Result<Self, KeyProblem> {
        if key.starts_with(DERIVED_PREFIX) {
            return Err(KeyProblem::Derived);
        }
        let mut parts = key.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(organization), Some(collection), Some(path))
                if is_slug(organization)
                    && is_slug(collection)
                    && !path.is_empty()
                    && !path.ends_with('/')
                    && !key.contains('\0') =>
            {
                Ok(Self {
                    organization: organization.into(),
                    collection: collection.into(),
                    path: path.into(),
                })
            }
            _ => Err(KeyProblem::OutsideConvention),
        }
    }

    /// The last part of the path.
    #[must_use]
    pub fn filename(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// A title made of the file's name, for a document that has none of its own.
    #[must_use]
    pub fn title(&self) -> String {
        let name = self.filename();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let words = clip(&clean(&stem.replace(['_', '-'], " ")), limits::TITLE_CHARACTERS);
        if words.is_empty() { clip(&clean(name), limits::TITLE_CHARACTERS) } else { words }
    }
}

/// A slug: lower-case ASCII letters, digits, `-` (and inside also `.` and `_`), 1 to 100 characters.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    let edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    (1..=100).contains(&bytes.len())
        && bytes.first().is_some_and(edge)
        && bytes.last().is_some_and(edge)
        && bytes.iter().all(|byte| edge(byte) || matches!(byte, b'-' | b'.' | b'_'))
}

/// A text on one line: control characters, NUL among them (which Postgres cannot hold), become blanks.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Whether a text is a type as HTTP writes it: `application/pdf`, in printable ASCII, of at most
/// [`limits::CONTENT_TYPE_CHARACTERS`].
#[must_use]
pub fn is_content_type(text: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    text.len() <= limits::CONTENT_TYPE_CHARACTERS
        && text.split_once('/').is_some_and(|(kind, rest)| plain(kind) && plain(rest))
}

/// The first `characters` of a text, at a character's edge, without outer white space.
#[must_use]
pub fn clip(text: &str, characters: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(characters) {
        Some((end, _)) => text[..end].trim_end().to_owned(),
        None => text.to_owned(),
    }
}

/// What kept a document from being read: a code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable, for programs.
    pub code: FailureCode,
    /// What is wrong and what to do, for a person.
    pub detail: String,
}

/// The kinds of permanent failure: the same bytes would fail again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// No bytes, or no text in them.
    Empty,
    /// Over one of the limits.
    TooLarge,
    /// A format that is not read.
    UnsupportedFormat,
    /// Needs a password, or is kept where S3 hands nothing out: archived, or without its key.
    Locked,
    /// Damaged, or not what it claims to be inside.
    Damaged,
    /// Made to exhaust whoever reads it, or as good as.
    Hostile,
    /// Took longer than a document may take.
    TooSlow,
    /// Pages without a text layer, and nothing configured that reads pictures.
    NoText,
    /// What is said of it breaks its collection's metadata schema, or names what is unknown.
    Metadata,
    /// Tried several times; the fault is ours or the platform's.
    Internal,
}

impl Failure {
    /// A failure with its sentence.
    pub fn new(code: FailureCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_apart() {
        let key = ObjectKey::parse("acme/hand-book/pumps/คู่มือ 1+2 %.pdf").expect("in the convention");
        assert_eq!((key.organization.as_str(), key.collection.as_str()), ("acme", "hand-book"));
        assert_eq!((key.filename(), key.title().as_str()), ("คู่มือ 1+2 %.pdf", "คู่มือ 1+2 %"));
    }

    #[test]
    fn what_is_outside_the_convention_says_so() {
        for key in ["", "a", "a/b", "a/b/", "/b/c", "A/b/c", "a//c", "a/b/c/", "a /b/c", "a/-b/c", "a/b/\0"] {
            assert_eq!(ObjectKey::parse(key), Err(KeyProblem::OutsideConvention), "{key:?}");
        }
        assert_eq!(ObjectKey::parse("_derived/a/b"), Err(KeyProblem::Derived));
    }

    #[test]
    fn slugs_have_an_edge_at_a_hundred() {
        assert!(is_slug(&"a".repeat(100)));
        assert!(!is_slug(&"a".repeat(101)));
    }

    #[test]
    fn every_document_has_a_title() {
        for (path, title) in
            [("__.txt", "__.txt"), ("-.md", "-.md"), (".txt", ".txt"), ("a\u{7}b_c.pdf", "a b c")]
        {
            let key = ObjectKey { organization: "a".into(), collection: "b".into(), path: path.into() };
            assert_eq!(key.title(), title);
        }
    }

    #[test]
    fn clipping_keeps_whole_characters() {
        assert_eq!(clip(" คู่มือ ", 3), "คู่");
        assert_eq!(clip("ab", 2), "ab");
    }
}
