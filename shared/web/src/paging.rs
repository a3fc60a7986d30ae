//! Pages of lists: opaque cursors, a bounded limit.

use crate::Problem;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::limits;
use serde::Serialize;
use std::{fmt::Display, str::FromStr};
use utoipa::ToSchema;

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of what was read with one row more than asked for, which tells whether there is more.
    #[must_use]
    pub fn of<C: Display>(mut items: Vec<T>, limit: u32, cursor_of: impl Fn(&T) -> C) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items
            .last()
            .filter(|_| more)
            .map(|last| BASE64_URL_SAFE_NO_PAD.encode(cursor_of(last).to_string()));
        Self { items, next_cursor }
    }
}

/// Reads a cursor that [`Page::of`] made.
///
/// # Errors
/// 422 for anything else.
pub fn cursor<C: FromStr>(text: Option<&str>) -> Result<Option<C>, Problem> {
    let Some(text) = text else { return Ok(None) };
    BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.parse().ok())
        .map(Some)
        .ok_or_else(|| {
            Problem::invalid("invalid-cursor", "?cursor", "The cursor is not one that this API gave out.")
        })
}

/// Rows of a page: 1 to 100, 20 when not said.
///
/// # Errors
/// 422 outside.
pub fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    bounded("limit", asked, limits::PAGE_ROWS_DEFAULT, limits::PAGE_ROWS)
}

/// A count parameter: 1 to `most`, or the default.
///
/// # Errors
/// 422 outside.
pub fn bounded(name: &str, asked: Option<u32>, default: u32, most: u32) -> Result<u32, Problem> {
    match asked.unwrap_or(default) {
        rows if (1..=most).contains(&rows) => Ok(rows),
        rows => Err(Problem::invalid(
            "invalid-query",
            format!("?{name}"),
            format!("{name} is 1 to {most}, not {rows}."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let page = Page::of(vec![3, 2, 1], 2, |row| *row);
        assert_eq!(page.items, [3, 2]);
        assert_eq!(cursor::<u32>(page.next_cursor.as_deref()).expect("ours"), Some(2));
        assert!(Page::of(vec![2, 1], 2, |row| *row).next_cursor.is_none());
        assert_eq!(cursor::<u32>(Some("nonsense")).expect_err("not ours").status, 422);
    }

    #[test]
    fn limits_have_edges() {
        assert_eq!(limit(Some(limits::PAGE_ROWS)).expect("at the edge"), 100);
        assert!(limit(Some(limits::PAGE_ROWS + 1)).is_err());
        assert!(limit(Some(0)).is_err());
    }
}
