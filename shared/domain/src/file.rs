//! Files that people attach to a session: where one lives, and what its tables hold.

use crate::{FileId, OrganizationId, SessionId, limits};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The prefix of files that belong to sessions; no slug begins like it, so that no document lives there.
pub const SESSIONS_PREFIX: &str = "_sessions/";

/// A file's key: `_sessions/{organization-id}/{session-id}/{file-id}/{filename}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKey {
    /// The tenant.
    pub organization: OrganizationId,
    /// The conversation that it belongs to.
    pub session: SessionId,
    /// Its row.
    pub file: FileId,
    /// As its uploader calls it.
    pub filename: String,
}

impl FileKey {
    /// Reads a (decoded) key; `None` when it is not a session's file's.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix(SESSIONS_PREFIX)?.splitn(4, '/');
        let (organization, session, file) = (parts.next()?, parts.next()?, parts.next()?);
        let parsed = Self {
            organization: organization.parse().ok()?,
            session: session.parse().ok()?,
            file: file.parse().ok()?,
            filename: parts.next().filter(|name| is_filename(name))?.to_owned(),
        };
        // An id can be spelled in several ways, and only one of them is the key that a form was signed for.
        (parsed.to_string() == key).then_some(parsed)
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { organization, session, file, filename } = self;
        write!(f, "{SESSIONS_PREFIX}{organization}/{session}/{file}/{filename}")
    }
}

/// Below which the objects of a session's files are.
#[must_use]
pub fn files_of(organization: OrganizationId, session: SessionId) -> String {
    format!("{SESSIONS_PREFIX}{organization}/{session}/")
}

/// A key as logs may hold it: the name that a person gave a session's file stays out of them.
#[must_use]
pub fn without_name(key: &str) -> &str {
    match key.rsplit_once('/') {
        Some((place, _)) if key.starts_with(SESSIONS_PREFIX) => place,
        _ => key,
    }
}

/// Whether a file may be called so: one name without folders or control characters, of at most
/// [`limits::FILE_NAME_CHARACTERS`].
#[must_use]
pub fn is_filename(name: &str) -> bool {
    (1..=limits::FILE_NAME_CHARACTERS).contains(&name.chars().count())
        && !matches!(name, "." | "..")
        && !name.chars().any(|c| c == '/' || c.is_control())
        && name.trim() == name
}

/// What the tables of a file hold, first among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSummary {
    /// In the file's order, at most [`limits::FILE_TABLES`].
    pub tables: Vec<TableSummary>,
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSummary {
    /// Its sheet's; `None` where there are no sheets.
    pub name: Option<String>,
    /// Without its header.
    pub rows: usize,
    /// All that it has; the first [`limits::FILE_COLUMNS`] are described.
    pub column_count: usize,
    /// From left to right.
    pub columns: Vec<ColumnSummary>,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSummary {
    /// As the header says; its number, from 1, where it says nothing.
    pub name: String,
    /// Of all its values.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Values, empty cells apart.
    pub count: usize,
    /// Different ones among them, counted up to [`limits::FILE_DISTINCT`].
    pub distinct: usize,
    /// Whether there are more than were counted.
    pub distinct_is_capped: bool,
    /// The least of numbers or dates, as it is written.
    pub min: Option<String>,
    /// The greatest of them.
    pub max: Option<String>,
    /// The first different values, at most [`limits::FILE_EXAMPLES`].
    pub examples: Vec<String>,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Whole numbers.
    Integer,
    /// Numbers, not all of them whole.
    Decimal,
    /// Days, with or without a time.
    Date,
    /// True or false.
    Boolean,
    /// Anything else.
    Text,
    /// It has no values.
    Empty,
}

impl ColumnType {
    /// The spelling in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ColumnType::Integer => "integer",
            ColumnType::Decimal => "decimal",
            ColumnType::Date => "date",
            ColumnType::Boolean => "boolean",
            ColumnType::Text => "text",
            ColumnType::Empty => "empty",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ObjectKey, document::KeyProblem};

    fn key(filename: &str) -> FileKey {
        let (organization, session) = (OrganizationId::generate(), SessionId::generate());
        FileKey { organization, session, file: FileId::generate(), filename: filename.into() }
    }

    #[test]
    fn a_key_comes_back_as_it_went_and_no_document_has_it() {
        let key = key("ราคา 1+2 %.csv");
        assert_eq!(FileKey::parse(&key.to_string()), Some(key.clone()));
        assert_eq!(ObjectKey::parse(&key.to_string()), Err(KeyProblem::OutsideConvention));
        assert!(!without_name(&key.to_string()).contains(".csv"));
        assert_eq!(without_name("acme/handbook/a.pdf"), "acme/handbook/a.pdf");
    }

    #[test]
    fn other_spellings_are_no_keys() {
        let (good, long) = (key("a.csv").to_string(), "a".repeat(limits::FILE_NAME_CHARACTERS + 1));
        assert!(FileKey::parse(&good).is_some());
        for wrong in [
            good.to_uppercase().replace("_SESSIONS", "_sessions"),
            good.replace("_sessions/", "sessions/"),
            good.replace("a.csv", ""),
            good.replace("a.csv", "b/a.csv"),
            good.replace("a.csv", ".."),
            good.replace("a.csv", &long),
            good.replace('-', ""),
        ] {
            assert_eq!(FileKey::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_longest_name_fits_into_a_key() {
        let longest = "🦀".repeat(limits::FILE_NAME_CHARACTERS);
        assert!(is_filename(&longest) && !is_filename(&format!("{longest}a")));
        assert!(key(&longest).to_string().len() <= limits::OBJECT_KEY_BYTES);
    }
}
