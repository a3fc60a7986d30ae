//! The event-source mapping between a queue and a function: receive, gather, invoke, delete what succeeded.
//!
//! Lambda's rules, no kinder: an answer that is malformed or names a message that was not in the batch fails
//! the whole batch; what failed comes back when its visibility ends, and after enough receives the queue
//! gives up. The queue is behind a small trait, because this module knows nothing of how it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::runtime_api::{InvokeOptions, Lambda, Outcome};
use crate::template::FailureReport;
use crate::trace;

/// How long one receive waits for a message; SQS's own maximum.
const LONG_POLL: Duration = Duration::from_secs(20);
/// Messages in one receive at most; SQS's own maximum.
const RECEIVE: usize = 10;
/// How long to leave a queue alone that cannot be read.
const PAUSE: Duration = Duration::from_secs(1);

/// A queue, as a consumer sees it.
pub trait Queue: Clone + Send + Sync + 'static {
    /// Receives 1 to 10 messages, waiting for the first of them at most so long. None when there are none.
    fn receive(&self, max: usize, wait: Duration) -> impl Future<Output = Result<Vec<Message>>> + Send;
    /// Deletes messages by their receipt handles.
    fn delete(&self, handles: &[String]) -> impl Future<Output = Result<()>> + Send;
    /// Changes how long received messages stay away, counted from now.
    fn change_visibility(
        &self,
        handles: &[String],
        visibility: Duration,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// A received message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// UUID, the same at each delivery.
    pub message_id: String,
    /// What deletes this delivery.
    pub receipt_handle: String,
    /// The text.
    pub body: String,
    /// MD5 of the text, hexadecimal.
    pub md5_of_body: String,
    /// MD5 of the sender's attributes, hexadecimal, when there are any.
    pub md5_of_message_attributes: Option<String>,
    /// SQS's own: `ApproximateReceiveCount`, `SentTimestamp`, `SenderId`, `MessageGroupId`, `AWSTraceHeader`,
    /// …
    pub attributes: BTreeMap<String, String>,
    /// The sender's.
    pub message_attributes: BTreeMap<String, MessageAttribute>,
}

/// An attribute that the sender set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, optionally with a suffix of the sender's.
    pub data_type: String,
    /// The value of a String or Number.
    pub string_value: Option<String>,
    /// The value of a Binary, in base64.
    pub binary_value: Option<String>,
}

/// How a queue feeds a function.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The function's name, such as `ingest`.
    pub function: String,
    /// The queue's ARN.
    pub queue_arn: String,
    /// The queue's region.
    pub region: String,
    /// Messages in an invocation at most.
    pub batch_size: usize,
    /// How long to gather a fuller batch.
    pub batching_window: Duration,
    /// What the function's answer means.
    pub report: FailureReport,
    /// Invocations at once, at least 1.
    pub concurrency: usize,
}

/// Feeds a function from a queue until the future is dropped. Batches under way end with it; their messages
/// come back when their visibility ends.
pub async fn feed<Q: Queue>(mapping: Mapping, queue: Q, lambda: Lambda) {
    let mapping = Arc::new(mapping);
    let slots = Arc::new(Semaphore::new(mapping.concurrency.max(1)));
    let mut batches = JoinSet::new();
    loop {
        while batches.try_join_next().is_some() {}
        // A batch is received only when it can be worked on: waiting would use its visibility up.
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let messages = match gather(&mapping, &queue).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::error!(queue = mapping.queue_arn, "cannot receive messages: {error:#}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        if messages.is_empty() {
            continue;
        }
        let (mapping, queue, lambda) = (mapping.clone(), queue.clone(), lambda.clone());
        batches.spawn(async move {
            work_on(&mapping, &queue, &lambda, messages).await;
            drop(slot);
        });
    }
}

/// Receives a batch: what is there at once, or as much as comes within the window.
async fn gather<Q: Queue>(mapping: &Mapping, queue: &Q) -> Result<Vec<Message>> {
    let wanted = |have: usize| (mapping.batch_size - have).min(RECEIVE);
    let mut batch = queue.receive(wanted(0), LONG_POLL).await?;
    let end = Instant::now() + mapping.batching_window;
    while !batch.is_empty() && batch.len() < mapping.batch_size {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match queue.receive(wanted(batch.len()), left).await {
            Ok(more) => batch.extend(more),
            // What was received must be worked on all the same.
            Err(error) => {
                tracing::warn!(queue = mapping.queue_arn, "cannot receive more messages: {error:#}");
                break;
            }
        }
    }
    Ok(batch)
}

async fn work_on<Q: Queue>(mapping: &Mapping, queue: &Q, lambda: &Lambda, messages: Vec<Message>) {
    let trace_id = messages.iter().find_map(|message| message.attributes.get("AWSTraceHeader").cloned());
    let options = InvokeOptions { trace_id: Some(trace_id.unwrap_or_else(trace::begin)) };
    let event = event(mapping, &messages).to_string();
    let outcome = match lambda.invoke(&mapping.function, Bytes::from(event), options).await {
        Ok(outcome) => outcome,
        Err(error) => {
            // Nobody has looked at the messages, so nothing speaks against trying again soon.
            tracing::error!(function = mapping.function, "cannot invoke: {error:#}");
            let handles: Vec<_> = messages.into_iter().map(|message| message.receipt_handle).collect();
            if let Err(error) = queue.change_visibility(&handles, PAUSE).await {
                tracing::warn!(queue = mapping.queue_arn, "cannot give messages back: {error:#}");
            }
            return;
        }
    };
    let done = succeeded(mapping.report, &outcome, &messages);
    let count = messages.len() - done.len();
    if count > 0 {
        let why = match &outcome {
            Outcome::Error(error) => error.to_string(),
            Outcome::Success(answer) => {
                String::from_utf8_lossy(&answer[..answer.len().min(500)]).into_owned()
            }
        };
        tracing::warn!(function = mapping.function, messages = messages.len(), failed = count, "{why}");
    }
    if !done.is_empty()
        && let Err(error) = queue.delete(&done).await
    {
        tracing::warn!(queue = mapping.queue_arn, "cannot delete messages that are done: {error:#}");
    }
}

/// The receipt handles of the messages that may be deleted.
fn succeeded(report: FailureReport, outcome: &Outcome, messages: &[Message]) -> Vec<String> {
    let failed = match (outcome, report) {
        (Outcome::Error(_), _) => None,
        (Outcome::Success(_), FailureReport::WholeBatch) => Some(BTreeSet::new()),
        (Outcome::Success(answer), FailureReport::EachMessage) => failed_ids(answer, messages),
    };
    let Some(failed) = failed else { return Vec::new() };
    let done = messages.iter().filter(|message| !failed.contains(&message.message_id));
    done.map(|message| message.receipt_handle.clone()).collect()
}

/// The ids that an answer names; nothing when it is malformed, which fails the whole batch.
fn failed_ids(answer: &[u8], messages: &[Message]) -> Option<BTreeSet<String>> {
    if answer.is_empty() {
        return Some(BTreeSet::new());
    }
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let failures = match &answer {
        Value::Null => return Some(BTreeSet::new()),
        Value::Object(fields) => fields.get("batchItemFailures").unwrap_or(&Value::Null),
        _ => return None,
    };
    let failures = match failures {
        Value::Null => return Some(BTreeSet::new()),
        Value::Array(failures) => failures,
        _ => return None,
    };
    let known = |id: &&str| messages.iter().any(|message| message.message_id == *id);
    let id = |failure: &Value| failure.get("itemIdentifier")?.as_str().filter(known).map(str::to_owned);
    failures.iter().map(id).collect()
}

/// The event of SQS, field by field.
fn event(mapping: &Mapping, messages: &[Message]) -> Value {
    let record = |message: &Message| {
        let attribute = |(name, attribute): (&String, &MessageAttribute)| {
            let mut fields = Map::new();
            if let Some(value) = &attribute.string_value {
                fields.insert("stringValue".to_owned(), json!(value));
            }
            if let Some(value) = &attribute.binary_value {
                fields.insert("binaryValue".to_owned(), json!(value));
            }
            fields.insert("stringListValues".to_owned(), json!([]));
            fields.insert("binaryListValues".to_owned(), json!([]));
            fields.insert("dataType".to_owned(), json!(attribute.data_type));
            (name.clone(), Value::Object(fields))
        };
        let message_attributes: Map<_, _> = message.message_attributes.iter().map(attribute).collect();
        let mut record = json!({
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": message.attributes,
            "messageAttributes": message_attributes,
            "md5OfBody": message.md5_of_body,
            "eventSource": "aws:sqs",
            "eventSourceARN": mapping.queue_arn,
            "awsRegion": mapping.region,
        });
        if let Some(digest) = &message.md5_of_message_attributes {
            record["md5OfMessageAttributes"] = json!(digest);
        }
        record
    };
    json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests;
