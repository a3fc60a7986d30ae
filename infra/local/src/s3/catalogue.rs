//! Which object stands under which key: a sorted map in memory, backed by a journal of one line a change.
//!
//! A change counts once its line is in the journal, so a process that is killed leaves either the old object or the
//! new one. The bytes live elsewhere, under names of ours; hence keys may be as long as S3 allows, and `a` and `a/b`
//! stand beside each other.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::ops::Bound;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// The key as S3 knows it, not encoded.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Without quotation marks.
    pub etag: String,
    /// Milliseconds since 1970.
    pub modified: i64,
    /// The name its bytes are kept under.
    pub(super) blob: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Put(StoredObject),
    Remove(String),
}

/// All objects of the bucket.
#[derive(Debug)]
pub(super) struct Catalogue {
    objects: BTreeMap<String, StoredObject>,
    journal: File,
}

/// What a listing asks for.
#[derive(Debug, Default)]
pub(super) struct Query<'a> {
    pub(super) prefix: &'a str,
    pub(super) delimiter: Option<&'a str>,
    /// Only what sorts behind this key or common prefix.
    pub(super) after: Option<&'a str>,
    pub(super) most: usize,
}

/// One page of a listing.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) objects: Vec<StoredObject>,
    pub(super) prefixes: Vec<String>,
    /// The last key or common prefix, when there is more behind it.
    pub(super) resume_after: Option<String>,
}

impl Catalogue {
    /// Reads the journal and writes it anew without what has been overtaken. An object without its bytes is forgotten.
    pub(super) fn open(path: &Path, has_bytes: impl Fn(&str) -> bool) -> Result<Catalogue> {
        let text = match std::fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        let mut objects = BTreeMap::new();
        // A line that does not parse is the torn end of a killed process.
        for change in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            match change {
                Change::Put(object) => objects.insert(object.key.clone(), object),
                Change::Remove(key) => objects.remove(&key),
            };
        }
        objects.retain(|_, object| has_bytes(&object.blob));
        let fresh = path.with_extension("new");
        let mut journal = File::create(&fresh).with_context(|| format!("create {}", fresh.display()))?;
        let mut lines = Vec::new();
        for object in objects.values() {
            serde_json::to_writer(&mut lines, &Change::Put(object.clone())).context("encode object")?;
            lines.push(b'\n');
        }
        journal.write_all(&lines).with_context(|| format!("write {}", fresh.display()))?;
        std::fs::rename(&fresh, path).with_context(|| format!("replace {}", path.display()))?;
        let journal =
            OpenOptions::new().append(true).open(path).with_context(|| format!("open {}", path.display()))?;
        Ok(Catalogue { objects, journal })
    }

    pub(super) fn get(&self, key: &str) -> Option<&StoredObject> {
        self.objects.get(key)
    }

    /// Every object, by key.
    pub(super) fn all(&self) -> impl Iterator<Item = &StoredObject> {
        self.objects.values()
    }

    /// Puts the object under its key; returns what stood there.
    pub(super) fn put(&mut self, object: StoredObject) -> std::io::Result<Option<StoredObject>> {
        self.write(&Change::Put(object.clone()))?;
        Ok(self.objects.insert(object.key.clone(), object))
    }

    /// Takes the object away; returns it if there was one.
    pub(super) fn remove(&mut self, key: &str) -> std::io::Result<Option<StoredObject>> {
        if !self.objects.contains_key(key) {
            return Ok(None);
        }
        self.write(&Change::Remove(key.to_owned()))?;
        Ok(self.objects.remove(key))
    }

    /// One write a line: a kill in between cannot mix two.
    fn write(&mut self, change: &Change) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        self.journal.write_all(&line)
    }

    /// A page in the order of UTF-8 bytes, keys that share the part up to the delimiter rolled into one.
    pub(super) fn page(&self, query: &Query<'_>) -> Page {
        let mut page = Page::default();
        let mut last: Option<String> = None;
        let start = match query.after {
            Some(after) if after >= query.prefix => Bound::Excluded(after),
            _ => Bound::Included(query.prefix),
        };
        let range = self.objects.range::<str, _>((start, Bound::Unbounded));
        for (key, object) in range.take_while(|(key, _)| key.starts_with(query.prefix)) {
            let rolled = query.delimiter.and_then(|delimiter| {
                let rest = &key[query.prefix.len()..];
                rest.find(delimiter).map(|at| &key[..query.prefix.len() + at + delimiter.len()])
            });
            if let Some(prefix) = rolled
                && (query.after.is_some_and(|after| prefix <= after) || last.as_deref() == Some(prefix))
            {
                continue;
            }
            if page.objects.len() + page.prefixes.len() == query.most {
                page.resume_after = last;
                break;
            }
            match rolled {
                Some(prefix) => page.prefixes.push(prefix.to_owned()),
                None => page.objects.push(object.clone()),
            }
            last = Some(rolled.unwrap_or(key).to_owned());
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str) -> StoredObject {
        StoredObject {
            key: key.to_owned(),
            size: 1,
            etag: "e".to_owned(),
            modified: 0,
            blob: format!("blob of {key}"),
        }
    }

    fn catalogue(folder: &Path, keys: &[&str]) -> Catalogue {
        let mut catalogue = Catalogue::open(&folder.join("journal"), |_| true).unwrap();
        for key in keys {
            catalogue.put(object(key)).unwrap();
        }
        catalogue
    }

    #[test]
    fn what_was_written_is_there_after_a_restart_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = catalogue(folder.path(), &["a", "a/b", "lost"]);
        first.remove("a").unwrap();
        first.journal.write_all(b"{\"put\":{\"key\":\"torn").unwrap();
        drop(first);
        let second = Catalogue::open(&folder.path().join("journal"), |blob| blob != "blob of lost").unwrap();
        assert_eq!(second.all().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["a/b"]);
        let lines = std::fs::read_to_string(folder.path().join("journal")).unwrap();
        assert_eq!(lines.lines().count(), 1);
    }

    /// Reads page after page and returns keys and prefixes in one list a page.
    fn pages(catalogue: &Catalogue, prefix: &str, delimiter: Option<&str>, most: usize) -> Vec<Vec<String>> {
        let (mut pages, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = catalogue.page(&Query { prefix, delimiter, after: after.as_deref(), most });
            let mut names: Vec<_> =
                page.objects.into_iter().map(|object| object.key).chain(page.prefixes).collect();
            names.sort();
            pages.push(names);
            after = page.resume_after;
            if after.is_none() {
                return pages;
            }
        }
    }

    #[test]
    fn pages_hold_every_key_once() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = catalogue(folder.path(), &["a", "a/1", "a/2", "b/x/1", "b/y", "c"]);
        assert_eq!(pages(&catalogue, "", None, 4), [vec!["a", "a/1", "a/2", "b/x/1"], vec!["b/y", "c"]]);
        assert_eq!(pages(&catalogue, "", Some("/"), 2), [vec!["a", "a/"], vec!["b/", "c"]]);
        assert_eq!(pages(&catalogue, "b/", Some("/"), 1), [vec!["b/x/"], vec!["b/y"]]);
        assert_eq!(pages(&catalogue, "z", None, 2), [Vec::<String>::new()]);
    }
}
