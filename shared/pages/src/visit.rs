//! What a visit to a source has to do, decided from what was known and what is listed now. No I/O: the caller
//! fetches, keeps and deletes.

use crate::{Conditional, Entry, Fetched, Refused, key_of};
use domain::limits;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// A page of a source as its last visit left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// As [`key_of`] made it.
    pub key: String,
    /// When the page was last asked for.
    pub visited_at: Timestamp,
    /// Whether it came then or before, and is kept.
    pub is_kept: bool,
    /// What it said of itself then.
    pub conditional: Conditional,
}

/// A page to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Where it is.
    pub url: Url,
    /// Where it goes.
    pub key: String,
    /// For [`crate::Fetcher::fetch`]; empty for a page that is new.
    pub conditional: Conditional,
}

/// What a visit has to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    /// New pages in the order of their list, then known ones, the longest unvisited first: a visit that is cut
    /// short goes on where it stopped.
    pub fetch: Vec<Task>,
    /// Keys of pages that are no longer listed.
    pub delete: Vec<String>,
    /// Pages that are not asked: the sitemap says that they did not change since they were.
    pub believed: usize,
}

/// What to do with a page after it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Keep its new bytes.
    Store,
    /// Leave what there is.
    Keep,
    /// Delete what there is.
    Delete,
}

/// What a visit has to do. `listed` is the whole of what the source lists; nothing listed deletes nothing, for that
/// is what a mishap looks like: a source that shall be empty is deleted as a source.
#[must_use]
pub fn plan(known: &[Known], listed: &[Entry], now: Timestamp) -> Visit {
    let by_key: BTreeMap<&str, &Known> = known.iter().map(|page| (page.key.as_str(), page)).collect();
    let mut visit = Visit::default();
    let mut seen = BTreeSet::new();
    let mut again = Vec::new();
    for entry in listed {
        let key = key_of(&entry.url);
        if !seen.insert(key.clone()) {
            continue;
        }
        let url = entry.url.clone();
        match by_key.get(key.as_str()) {
            None => visit.fetch.push(Task { url, key, conditional: Conditional::default() }),
            Some(page) if is_believed(page, entry, now) => visit.believed += 1,
            Some(page) => {
                again.push((page.visited_at, Task { url, key, conditional: page.conditional.clone() }));
            }
        }
    }
    again.sort_by_key(|(visited_at, _)| *visited_at);
    visit.fetch.extend(again.into_iter().map(|(_, task)| task));
    if !listed.is_empty() {
        let gone = by_key.keys().filter(|key| !seen.contains(**key));
        visit.delete = gone.map(|key| (*key).to_owned()).collect();
    }
    visit
}

/// Whether the sitemap's word is enough. Some sitemaps never change their dates: so only for some days.
fn is_believed(page: &Known, entry: &Entry, now: Timestamp) -> bool {
    let age = now.duration_since(page.visited_at);
    let days = SignedDuration::from_hours(24 * limits::WEB_TRUST_DAYS);
    page.is_kept
        && entry.last_modified.is_some_and(|changed| changed < page.visited_at)
        && !age.is_negative()
        && age < days
}

/// What follows from what came of asking. A page that is gone, or whose owner does not want it found, is deleted;
/// any other trouble leaves what there is.
#[must_use]
pub fn consequence(outcome: &Result<Fetched, Refused>) -> Consequence {
    match outcome {
        Ok(Fetched::Page { .. }) => Consequence::Store,
        Ok(Fetched::Gone) | Err(Refused::NoIndex | Refused::Robots) => Consequence::Delete,
        Ok(Fetched::NotModified) | Err(_) => Consequence::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-05-20T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn entry(path: &str, changed: Option<&str>) -> Entry {
        let url = Url::parse(&format!("https://example.com/{path}")).expect("a URL");
        Entry { url, last_modified: changed.map(at) }
    }

    fn known(path: &str, visited: &str) -> Known {
        let conditional = Conditional { etag: Some(format!("\"{path}\"")), last_modified: None };
        Known {
            key: format!("web/example.com/{path}.page"),
            visited_at: at(visited),
            is_kept: true,
            conditional,
        }
    }

    fn fetched(visit: &Visit) -> Vec<&str> {
        visit.fetch.iter().map(|task| task.url.path().trim_start_matches('/')).collect()
    }

    #[test]
    fn a_first_visit_fetches_everything_once_and_in_order() {
        let listed = [entry("b", None), entry("a", Some(NOW)), entry("b#part", None)];
        let visit = plan(&[], &listed, at(NOW));
        assert_eq!(fetched(&visit), ["b", "a"]);
        assert!(visit.fetch.iter().all(|task| task.conditional == Conditional::default()));
        assert_eq!((visit.delete, visit.believed), (vec![], 0));
    }

    #[test]
    fn new_pages_come_first_then_the_longest_unvisited_and_what_is_not_listed_goes() {
        let last_time = [
            known("late", "2026-05-19T12:00:00Z"),
            known("early", "2026-05-17T12:00:00Z"),
            known("gone", "2026-05-18T12:00:00Z"),
        ];
        let listed = [entry("late", None), entry("early", None), entry("new", None)];
        let visit = plan(&last_time, &listed, at(NOW));
        assert_eq!(fetched(&visit), ["new", "early", "late"]);
        assert_eq!(visit.fetch[1].conditional, last_time[1].conditional);
        assert_eq!(visit.delete, ["web/example.com/gone.page"]);
    }

    #[test]
    fn the_sitemaps_word_is_believed_for_some_days_only() {
        let changed = Some("2026-05-10T00:00:00Z");
        let believed = |visited: &str, changed| {
            plan(&[known("a", visited)], &[entry("a", changed)], at(NOW)).believed == 1
        };
        assert!(believed("2026-05-19T12:00:00Z", changed));
        assert!(believed("2026-05-13T12:00:01Z", changed), "a second before the days are over");
        assert!(!believed("2026-05-13T12:00:00Z", changed), "the days are over");
        assert!(!believed("2026-05-19T12:00:00Z", None), "the sitemap says nothing");
        assert!(!believed("2026-05-19T12:00:00Z", Some("2026-05-19T12:00:00Z")), "changed at that moment");
        assert!(!believed("2026-05-19T12:00:00Z", Some("2026-05-20T00:00:00Z")), "changed since");
        assert!(!believed("2026-05-21T12:00:00Z", changed), "a clock went wrong");
    }

    #[test]
    fn a_page_that_never_came_is_asked_for_whatever_the_sitemap_says() {
        let refused = Known { is_kept: false, ..known("a", "2026-05-19T12:00:00Z") };
        let visit = plan(&[refused], &[entry("a", Some("2026-05-10T00:00:00Z"))], at(NOW));
        assert_eq!((fetched(&visit), visit.believed), (vec!["a"], 0));
    }

    #[test]
    fn an_empty_list_deletes_nothing() {
        let visit = plan(&[known("a", NOW)], &[], at(NOW));
        assert_eq!(visit, Visit::default());
    }

    #[test]
    fn only_what_is_gone_or_unwanted_is_deleted() {
        let page = Fetched::Page {
            final_url: Url::parse("https://example.com/").expect("a URL"),
            content_type: "text/html".into(),
            bytes: vec![],
            etag: None,
            last_modified: None,
        };
        assert_eq!(consequence(&Ok(page)), Consequence::Store);
        for outcome in [Ok(Fetched::Gone), Err(Refused::NoIndex), Err(Refused::Robots)] {
            assert_eq!(consequence(&outcome), Consequence::Delete, "{outcome:?}");
        }
        for outcome in [
            Ok(Fetched::NotModified),
            Err(Refused::TooSlow),
            Err(Refused::Status(503)),
            Err(Refused::Status(403)),
            Err(Refused::RobotsUnreadable("example.com".into())),
            Err(Refused::Private("example.com".into())),
        ] {
            assert_eq!(consequence(&outcome), Consequence::Keep, "{outcome:?}");
        }
    }
}
