//! Batches of queue messages: one outcome a record. A bad record neither fails nor hides another.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::FutureExt as _;
use serde_json::Value;
use std::{future::Future, panic::AssertUnwindSafe};
use tracing::Instrument as _;

/// A message as a handler needs it.
#[derive(Debug, Clone)]
pub struct Message {
    /// As SQS names it.
    pub id: String,
    /// For changing its visibility.
    pub receipt: String,
    /// The queue it came from.
    pub queue_arn: String,
    /// What was sent.
    pub body: String,
    /// Deliveries so far, this one included.
    pub attempt: u32,
    /// The trace of whoever sent it: `Root=1-…`.
    pub trace: Option<String>,
}

/// Whether an event is a batch of messages.
#[must_use]
pub fn is_one(event: &Value) -> bool {
    event.get("Records").is_some()
}

/// A batch as Lambda hands it over, handled by [`each`]; what Lambda wants to know of it.
///
/// # Errors
/// When it is no batch of SQS.
pub async fn answered<F>(event: Value, handle: impl FnMut(Message) -> F) -> serde_json::Result<Value>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let outcomes = each(serde_json::from_value(event)?, handle).await;
    serde_json::to_value(outcomes)
}

/// Handles each message by itself, in order. An error or a panic sends that message back to its queue, and is
/// logged here, once.
pub async fn each<F>(event: SqsEvent, mut handle: impl FnMut(Message) -> F) -> SqsBatchResponse
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut response = SqsBatchResponse::default();
    for record in event.records {
        let message = read(record);
        let id = message.id.clone();
        let span = tracing::info_span!("message", message.id = id, trace = message.trace);
        let failed = match AssertUnwindSafe(handle(message).instrument(span)).catch_unwind().await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("{error:#}")),
            Err(_) => Some("panicked".to_owned()),
        };
        if let Some(error) = failed {
            tracing::error!(message.id = id, error, "message goes back to its queue");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    response
}

fn read(record: SqsMessage) -> Message {
    let attempt =
        record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1);
    Message {
        id: record.message_id.unwrap_or_default(),
        receipt: record.receipt_handle.unwrap_or_default(),
        queue_arn: record.event_source_arn.unwrap_or_default(),
        trace: record.attributes.get("AWSTraceHeader").cloned(),
        body: record.body.unwrap_or_default(),
        attempt,
    }
}
