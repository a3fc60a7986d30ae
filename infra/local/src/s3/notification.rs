//! What S3 tells a queue: the bodies of its event notifications, and which rule wants which event.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::trace;

/// One entry of the bucket's notification configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRule {
    /// The configuration's id, which each event repeats.
    pub id: String,
    /// `s3:ObjectCreated:*`, `s3:ObjectRemoved:Delete` and the like.
    pub events: Vec<String>,
    /// Where to: handed back with each notification, never looked into.
    pub queue: String,
}

impl NotificationRule {
    fn wants(&self, event_name: &str) -> bool {
        self.events.iter().any(|wanted| {
            let wanted = wanted.strip_prefix("s3:").unwrap_or(wanted);
            match wanted.strip_suffix('*') {
                Some(family) => event_name.starts_with(family),
                None => wanted == event_name,
            }
        })
    }
}

/// A message for a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The rule's queue.
    pub queue: String,
    /// `ObjectCreated:Put`, …, `s3:TestEvent`.
    pub event_name: String,
    /// The object's key, not encoded; empty for the test event.
    pub key: String,
    /// The message's body.
    pub body_json: String,
    /// The trace of the request that did it, as S3 hands it on to queues.
    pub trace: Option<String>,
}

/// The body of an `ObjectCreated:Put`, for a start that repeats what S3 holds. `etag` without quotation marks.
pub fn object_created_event(region: &str, bucket: &str, key: &str, size: u64, etag: &str) -> Value {
    let object = json!({ "key": encode_key(key), "size": size, "eTag": etag, "sequencer": sequencer() });
    event(region, bucket, "ObjectCreated:Put", "local", object)
}

/// The body of an `ObjectRemoved:Delete`.
pub fn object_removed_event(region: &str, bucket: &str, key: &str) -> Value {
    let object = json!({ "key": encode_key(key), "sequencer": sequencer() });
    event(region, bucket, "ObjectRemoved:Delete", "local", object)
}

/// Sends what happens in one bucket to whom it concerns.
pub(super) struct Notifier {
    pub(super) region: String,
    pub(super) bucket: String,
    pub(super) rules: Vec<NotificationRule>,
    pub(super) notify: Box<dyn Fn(Notification) + Send + Sync>,
}

impl Notifier {
    /// What S3 sends once to each queue when notifications are configured.
    pub(super) fn test(&self) {
        for rule in &self.rules {
            let body = json!({
                "Service": "Amazon S3",
                "Event": "s3:TestEvent",
                "Time": now(),
                "Bucket": self.bucket,
                "RequestId": request_id(),
                "HostId": "local",
            });
            self.send(rule, "s3:TestEvent", "", &body);
        }
    }

    /// `event_name` is one of the `ObjectCreated` family.
    pub(super) fn created(&self, event_name: &str, key: &str, size: u64, etag: &str) {
        let object = json!({ "key": encode_key(key), "size": size, "eTag": etag, "sequencer": sequencer() });
        self.tell(event_name, key, &object);
    }

    pub(super) fn removed(&self, key: &str) {
        let object = json!({ "key": encode_key(key), "sequencer": sequencer() });
        self.tell("ObjectRemoved:Delete", key, &object);
    }

    fn tell(&self, event_name: &str, key: &str, object: &Value) {
        for rule in self.rules.iter().filter(|rule| rule.wants(event_name)) {
            let body = event(&self.region, &self.bucket, event_name, &rule.id, object.clone());
            self.send(rule, event_name, key, &body);
        }
    }

    fn send(&self, rule: &NotificationRule, event_name: &str, key: &str, body: &Value) {
        (self.notify)(Notification {
            queue: rule.queue.clone(),
            event_name: event_name.to_owned(),
            key: key.to_owned(),
            body_json: body.to_string(),
            trace: trace::current(),
        });
    }
}

fn event(region: &str, bucket: &str, event_name: &str, configuration: &str, object: Value) -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": now(),
        "eventName": event_name,
        "userIdentity": { "principalId": "AWS:LOCAL" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": request_id(), "x-amz-id-2": "local" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": bucket,
                "ownerIdentity": { "principalId": "LOCAL" },
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": object,
        },
    }] })
}

/// What form encoding leaves as it is, and the slash, which S3 leaves too.
const IN_EVENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/').remove(b' ');

/// Events carry keys in form encoding: a blank is `+`, a plus `%2B`.
fn encode_key(key: &str) -> String {
    utf8_percent_encode(key, IN_EVENT).to_string().replace(' ', "+")
}

/// Grows with every event, also from one run to the next: the time in microseconds, or one more than the last.
fn sequencer() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or_default();
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(now.max(last + 1)));
    let last = last.unwrap_or_else(|last| last);
    format!("{:018X}", now.max(last + 1))
}

fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

fn request_id() -> String {
    Uuid::new_v4().simple().to_string()[..16].to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_form_encoded_with_their_slashes() {
        assert_eq!(
            encode_key("acme/hand book/a+b%20ไทย.pdf"),
            "acme/hand+book/a%2Bb%2520%E0%B9%84%E0%B8%97%E0%B8%A2.pdf"
        );
    }

    #[test]
    fn a_rule_names_events_or_families() {
        let rule = |event: &str| NotificationRule {
            id: String::new(),
            events: vec![event.to_owned()],
            queue: String::new(),
        };
        assert!(rule("s3:ObjectCreated:*").wants("ObjectCreated:Post"));
        assert!(!rule("s3:ObjectCreated:*").wants("ObjectRemoved:Delete"));
        assert!(rule("s3:ObjectRemoved:Delete").wants("ObjectRemoved:Delete"));
        assert!(!rule("s3:ObjectCreated:Put").wants("ObjectCreated:Post"));
    }

    #[test]
    fn sequencers_grow() {
        let numbers: Vec<_> = (0..1000).map(|_| sequencer()).collect();
        assert!(numbers.is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn the_event_has_the_shape_that_lambda_documents() {
        let event = object_created_event("us-east-1", "docs", "a b", 7, "e");
        let record = &event["Records"][0];
        assert_eq!(record["eventName"], "ObjectCreated:Put");
        assert_eq!(record["s3"]["bucket"]["arn"], "arn:aws:s3:::docs");
        assert_eq!(record["s3"]["object"]["key"], "a+b");
        assert_eq!(record["s3"]["object"]["size"], 7);
        let time = record["eventTime"].as_str().unwrap();
        assert!(
            time.parse::<Timestamp>().is_ok() && time.len() == "1970-01-01T00:00:00.000Z".len(),
            "{time}"
        );
        let removed = object_removed_event("us-east-1", "docs", "a b");
        assert!(removed["Records"][0]["s3"]["object"].get("size").is_none());
    }
}
