//! S3's event notifications: which keys to look at. Whether a key went away is a hint, and no more: events come at least
//! once and in no order.

use anyhow::Context as _;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
    /// `s3:TestEvent`, which S3 sends when a notification is set up, has this instead of records.
    #[serde(rename = "Event")]
    event: Option<String>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName", default)]
    event_name: String,
    s3: S3,
}

#[derive(Deserialize)]
struct S3 {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

/// A key that something happened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Decoded.
    pub key: String,
    /// Whether its object is said to have gone: deleted, hidden by a delete marker, or expired.
    pub is_removal: bool,
}

/// The keys of a notification, each once and in their order; none for `s3:TestEvent`. One that went away and came again counts as
/// gone: whoever is told looks.
///
/// # Errors
/// When the body is no notification.
pub fn changes(body: &str) -> anyhow::Result<Vec<Change>> {
    let notification: Notification = serde_json::from_str(body).context("read S3 notification")?;
    match (notification.records, notification.event) {
        (Some(records), _) => {
            let mut changes = BTreeMap::new();
            for record in records {
                *changes.entry(decode(&record.s3.object.key)?).or_insert(false) |=
                    is_removal(&record.event_name);
            }
            Ok(changes.into_iter().map(|(key, is_removal)| Change { key, is_removal }).collect())
        }
        (None, Some(_)) => Ok(Vec::new()),
        (None, None) => anyhow::bail!("read S3 notification: neither Records nor Event"),
    }
}

/// `ObjectRemoved:Delete`, `ObjectRemoved:DeleteMarkerCreated`, `LifecycleExpiration:Delete` and the like.
fn is_removal(event_name: &str) -> bool {
    event_name.starts_with("ObjectRemoved:") || event_name.starts_with("LifecycleExpiration:")
}

/// Keys are form-encoded: `+` is a blank, `%XX` a byte of UTF-8.
fn decode(key: &str) -> anyhow::Result<String> {
    let blanks = key.replace('+', " ");
    Ok(percent_encoding::percent_decode_str(&blanks).decode_utf8().context("decode key")?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A notification of these events: a name and a key each.
    fn told(events: &[(&str, &str)]) -> String {
        let records = events
            .iter()
            .map(|(name, key)| format!(r#"{{"eventName":"{name}","s3":{{"object":{{"key":"{key}"}}}}}}"#));
        format!(r#"{{"Records":[{}]}}"#, records.collect::<Vec<_>>().join(","))
    }

    fn change(key: &str, is_removal: bool) -> Change {
        Change { key: key.into(), is_removal }
    }

    #[test]
    fn keys_are_decoded_and_come_once() {
        let put = "ObjectCreated:Put";
        let body = told(&[(put, "a/b/1%2B1+%25.md"), (put, "a/b/x"), (put, "a/b/x")]);
        let expected = [change("a/b/1+1 %.md", false), change("a/b/x", false)];
        assert_eq!(changes(&body).expect("readable"), expected);
    }

    #[test]
    fn what_went_away_is_told_from_what_came() {
        let body = told(&[
            ("ObjectRemoved:Delete", "a/b/1"),
            ("ObjectRemoved:DeleteMarkerCreated", "a/b/2"),
            ("LifecycleExpiration:Delete", "a/b/3"),
            ("LifecycleExpiration:DeleteMarkerCreated", "a/b/4"),
            ("ObjectCreated:CompleteMultipartUpload", "a/b/5"),
            ("ObjectRemoved:Delete", "a/b/6"),
            ("ObjectCreated:Put", "a/b/6"),
        ]);
        let gone: Vec<bool> =
            changes(&body).expect("readable").into_iter().map(|change| change.is_removal).collect();
        assert_eq!(gone, [true, true, true, true, false, true]);
        // One that does not say is looked at like any other.
        let silent = r#"{"Records":[{"s3":{"object":{"key":"a/b/x"}}}]}"#;
        assert_eq!(changes(silent).expect("readable"), [change("a/b/x", false)]);
    }

    #[test]
    fn a_test_event_names_no_key_and_nonsense_is_an_error() {
        assert!(changes(r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#).expect("readable").is_empty());
        assert!(changes("{}").is_err());
        assert!(changes("not JSON").is_err());
    }
}
