//! S3's event notifications: which keys to look at. What happened there is not asked: events come at least
//! once and in no order.

use anyhow::Context as _;
use serde::Deserialize;
use std::collections::BTreeSet;

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

/// The decoded keys of a notification, each once; none for `s3:TestEvent`.
///
/// # Errors
/// When the body is no notification.
pub fn keys(body: &str) -> anyhow::Result<Vec<String>> {
    let notification: Notification = serde_json::from_str(body).context("read S3 notification")?;
    match (notification.records, notification.event) {
        (Some(records), _) => {
            let keys = records
                .into_iter()
                .map(|record| decode(&record.s3.object.key))
                .collect::<anyhow::Result<BTreeSet<_>>>()?;
            Ok(keys.into_iter().collect())
        }
        (None, Some(_)) => Ok(Vec::new()),
        (None, None) => anyhow::bail!("read S3 notification: neither Records nor Event"),
    }
}

/// Keys are form-encoded: `+` is a blank, `%XX` a byte of UTF-8.
fn decode(key: &str) -> anyhow::Result<String> {
    let blanks = key.replace('+', " ");
    Ok(percent_encoding::percent_decode_str(&blanks).decode_utf8().context("decode key")?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_and_come_once() {
        let record =
            |key: &str| format!(r#"{{"eventName":"ObjectCreated:Put","s3":{{"object":{{"key":"{key}"}}}}}}"#);
        let body = format!(
            r#"{{"Records":[{},{},{}]}}"#,
            record("a/b/1%2B1+%25.md"),
            record("a/b/x"),
            record("a/b/x")
        );
        assert_eq!(keys(&body).expect("readable"), ["a/b/1+1 %.md", "a/b/x"]);
    }

    #[test]
    fn a_test_event_names_no_key_and_nonsense_is_an_error() {
        assert!(keys(r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#).expect("readable").is_empty());
        assert!(keys("{}").is_err());
        assert!(keys("not JSON").is_err());
    }
}
