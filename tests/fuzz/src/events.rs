//! What `ingest` is given: batches of SQS, whose bodies are S3's notifications or work messages.

use aws_lambda_events::sqs::SqsEvent;
use domain::{ObjectKey, document::is_slug};
use futures_util::FutureExt as _;
use queue::{Message as _, Work};
use runtime::{
    batch,
    notification::{self, Change},
};
use serde_json::{Value, json};
use std::future::ready;

/// Bytes of a message group's name at most (SQS).
const GROUP_BYTES: usize = 128;

/// Decodes bytes as a batch and, so that changes need not get through two layers of JSON, as a message's body.
pub fn decode(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    body(text);
    let Ok(event) = serde_json::from_str::<Value>(text) else { return };
    if event.get("Records").is_none() {
        return;
    }
    let Ok(event) = serde_json::from_value::<SqsEvent>(event) else { return };
    let handled = batch::each(event, |message| {
        body(&message.body);
        ready(Ok(()))
    });
    let outcomes = handled.now_or_never().expect("nothing waits");
    assert!(outcomes.batch_item_failures.is_empty(), "a message that was handled goes back to its queue");
}

fn body(text: &str) {
    if let Ok(work) = serde_json::from_str::<Work>(text) {
        sent(&work);
    } else if let Ok(changes) = notification::changes(text) {
        assert!(changes.is_sorted_by(|one, next| one.key < next.key), "each key comes once");
        for Change { key, is_removal } in changes {
            let encoded: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let name = if is_removal { "ObjectRemoved:Delete" } else { "ObjectCreated:Put" };
            let again = json!({ "Records": [{ "eventName": name, "s3": { "object": { "key": encoded } } }] });
            let again = notification::changes(&again.to_string()).expect("readable");
            assert_eq!(again, [Change { key: key.clone(), is_removal }]);
            sent(&Work::Look { key });
        }
    }
}

/// A message that `ingest` sends, or is sent.
fn sent(work: &Work) {
    let told = serde_json::to_string(work).expect("a message");
    assert_eq!(&serde_json::from_str::<Work>(&told).expect("the same message"), work);
    let group = work.group();
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    assert!((1..=GROUP_BYTES).contains(&group.len()) && group.bytes().all(is_safe), "{group:?}");
    let Work::Look { key } = work else { return };
    let Ok(parsed) = ObjectKey::parse(key) else { return };
    assert_eq!(&format!("{}/{}/{}", parsed.organization, parsed.collection, parsed.path), key);
    assert!(is_slug(&parsed.organization) && is_slug(&parsed.collection));
    assert!(!parsed.filename().is_empty() && !parsed.filename().contains('/'));
    assert!(!parsed.title().chars().any(char::is_control), "a title stands on one line");
    assert_eq!(group, parsed.organization.chars().take(GROUP_BYTES).collect::<String>());
}
