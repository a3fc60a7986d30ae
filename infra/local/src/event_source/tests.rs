//! A queue in memory and functions that answer as told.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;
use crate::runtime_api::FunctionError;
use crate::runtime_api::tests::lambda;

#[derive(Clone, Default)]
struct Memory(Arc<Shared>);

#[derive(Default)]
struct Shared {
    visible: Mutex<VecDeque<Message>>,
    deleted: Mutex<Vec<String>>,
    returned: Mutex<Vec<String>>,
    changed: Notify,
}

impl Memory {
    fn with(ids: &[&str]) -> Memory {
        let memory = Memory::default();
        memory.0.visible.lock().unwrap().extend(ids.iter().map(|id| message(id)));
        memory
    }

    async fn until(&self, done: impl Fn(&Shared) -> bool) {
        let wait = async {
            while !done(&self.0) {
                let _ = tokio::time::timeout(Duration::from_millis(10), self.0.changed.notified()).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the queue gets there");
    }
}

impl Queue for Memory {
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>> {
        assert!((1..=10).contains(&max), "SQS refuses to receive {max}");
        let take = || {
            let mut visible = self.0.visible.lock().unwrap();
            let count = visible.len().min(max);
            visible.drain(..count).collect::<Vec<_>>()
        };
        let messages = take();
        if !messages.is_empty() {
            return Ok(messages);
        }
        tokio::time::sleep(wait.min(Duration::from_millis(10))).await;
        Ok(take())
    }

    async fn delete(&self, handles: &[String]) -> Result<()> {
        self.0.deleted.lock().unwrap().extend_from_slice(handles);
        self.0.changed.notify_one();
        Ok(())
    }

    async fn change_visibility(&self, handles: &[String], _: Duration) -> Result<()> {
        self.0.returned.lock().unwrap().extend_from_slice(handles);
        self.0.changed.notify_one();
        Ok(())
    }
}

fn message(id: &str) -> Message {
    let attributes = [("ApproximateReceiveCount", "1"), ("SentTimestamp", "1"), ("MessageGroupId", "o")];
    let text =
        MessageAttribute { data_type: "String".into(), string_value: Some("x".into()), binary_value: None };
    Message {
        message_id: id.to_owned(),
        receipt_handle: format!("handle-{id}"),
        body: "{}".to_owned(),
        md5_of_body: "99914b932bd37a50b983c5e7c90ae93b".to_owned(),
        md5_of_message_attributes: None,
        attributes: attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        message_attributes: BTreeMap::from([("kind".to_owned(), text)]),
    }
}

fn mapping() -> Mapping {
    Mapping {
        function: "f".to_owned(),
        queue_arn: "arn:aws:sqs:us-east-1:000000000000:WorkQueue".to_owned(),
        region: "us-east-1".to_owned(),
        batch_size: 10,
        batching_window: Duration::ZERO,
        report: FailureReport::EachMessage,
        concurrency: 2,
    }
}

fn done(report: FailureReport, outcome: Outcome) -> Vec<String> {
    succeeded(report, &outcome, &[message("a"), message("b")])
}

#[test]
fn answers_mean_what_they_mean_to_lambda() {
    let all = vec!["handle-a".to_owned(), "handle-b".to_owned()];
    let cases = [
        ("", &all[..]),
        ("null", &all),
        ("{}", &all),
        (r#"{"batchItemFailures":null}"#, &all),
        (r#"{"batchItemFailures":[]}"#, &all),
        (r#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#, &all[1..]),
        (r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}"#, &[]),
        (r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"stranger"}]}"#, &[]),
        (r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, &[]),
        (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, &[]),
        (r#"{"batchItemFailures":[{"id":"a"}]}"#, &[]),
        (r#"{"batchItemFailures":"a"}"#, &[]),
        ("not json", &[]),
        ("[]", &[]),
    ];
    for (answer, expected) in cases {
        let outcome = Outcome::Success(Bytes::from_static(answer.as_bytes()));
        assert_eq!(done(FailureReport::EachMessage, outcome.clone()), expected, "{answer}");
        assert_eq!(done(FailureReport::WholeBatch, outcome), all, "{answer}");
    }
    for report in [FailureReport::EachMessage, FailureReport::WholeBatch] {
        assert!(done(report, Outcome::Error(FunctionError::new("E", "m"))).is_empty());
    }
}

#[test]
fn the_event_has_every_field_of_sqs() {
    let event = event(&mapping(), &[message("a")]);
    let expected = json!({ "Records": [{
        "messageId": "a",
        "receiptHandle": "handle-a",
        "body": "{}",
        "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1", "MessageGroupId": "o" },
        "messageAttributes": {
            "kind": { "stringValue": "x", "stringListValues": [], "binaryListValues": [], "dataType": "String" }
        },
        "md5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:WorkQueue",
        "awsRegion": "us-east-1",
    }] });
    assert_eq!(event, expected);
}

fn ids(payload: &[u8]) -> Vec<String> {
    let event: Value = serde_json::from_slice(payload).unwrap();
    let id = |record: &Value| record["messageId"].as_str().unwrap().to_owned();
    event["Records"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn successes_are_deleted_and_failures_stay_away() {
    let lambda = lambda(Duration::from_secs(20), 2, |runtime| async move {
        loop {
            let event = runtime.next().await;
            let failed = ids(&event.payload).into_iter().filter(|id| id.starts_with("bad"));
            let failed: Vec<_> = failed.map(|id| json!({ "itemIdentifier": id })).collect();
            runtime.respond(&event, json!({ "batchItemFailures": failed }).to_string()).await;
        }
    })
    .await;
    let queue = Memory::with(&["1", "bad-2", "3"]);
    let feeding = tokio::spawn(feed(mapping(), queue.clone(), lambda));
    queue.until(|shared| shared.deleted.lock().unwrap().len() == 2).await;
    assert_eq!(*queue.0.deleted.lock().unwrap(), ["handle-1", "handle-3"]);
    assert!(queue.0.returned.lock().unwrap().is_empty());
    feeding.abort();
}

#[tokio::test]
async fn batches_run_beside_each_other_up_to_the_bound() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let lambda = lambda(Duration::from_secs(20), 4, move |runtime| {
        let (now, most) = (now.clone(), most.clone());
        async move {
            loop {
                let event = runtime.next().await;
                assert_eq!(ids(&event.payload).len(), 1);
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(30)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                runtime.respond(&event, "null").await;
            }
        }
    })
    .await;
    let queue = Memory::with(&["1", "2", "3", "4", "5", "6"]);
    let feeding = tokio::spawn(feed(Mapping { batch_size: 1, ..mapping() }, queue.clone(), lambda));
    queue.until(|shared| shared.deleted.lock().unwrap().len() == 6).await;
    assert_eq!(seen.load(Ordering::SeqCst), 2);
    feeding.abort();
}

#[tokio::test]
async fn a_window_gathers_a_fuller_batch() {
    let many: Vec<String> = (0..25).map(|number| number.to_string()).collect();
    let queue = Memory::with(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let window = Mapping { batch_size: 25, batching_window: Duration::from_secs(5), ..mapping() };
    assert_eq!(gather(&window, &queue).await.unwrap().len(), 25);
    let late = Memory::with(&["1"]);
    let short = Mapping { batching_window: Duration::from_millis(30), ..window };
    assert_eq!(gather(&short, &late).await.unwrap().len(), 1);
}

#[tokio::test]
async fn messages_that_nobody_looked_at_come_back_soon() {
    let lambda = lambda(Duration::from_secs(20), 1, |_| std::future::pending()).await;
    let queue = Memory::with(&["1"]);
    let feeding =
        tokio::spawn(feed(Mapping { function: "missing".into(), ..mapping() }, queue.clone(), lambda));
    queue.until(|shared| *shared.returned.lock().unwrap() == ["handle-1"]).await;
    feeding.abort();
}
