//! AWS JSON 1.0: `POST /` with `X-Amz-Target: AmazonSQS.<Operation>`, one JSON object in, one out.
//!
//! Knows names and shapes of the wire; every rule of the queues stands elsewhere.

mod batch;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use batch::BatchInput;

use super::Sqs;
use super::fault::{Fault, FaultKind};
use super::message::{MAXIMUM_MESSAGE_BYTES, MessageAttribute, Outgoing, Received, Sent, md5_of_attributes};
use crate::trace;

/// JSON may spend six bytes on a character, so a message of 1 MiB needs room.
const MAXIMUM_BODY_BYTES: usize = 8 * MAXIMUM_MESSAGE_BYTES;

pub(super) fn router(sqs: Sqs) -> Router {
    Router::new().fallback(answer).layer(DefaultBodyLimit::max(MAXIMUM_BODY_BYTES)).with_state(sqs)
}

async fn answer(State(sqs): State<Sqs>, headers: HeaderMap, body: Bytes) -> Response {
    let outcome = match authorize(&sqs, &headers) {
        Ok(()) => trace::within(trace::of(&headers), dispatch(&sqs, operation(&headers), &body)).await,
        Err(fault) => Err(fault),
    };
    let mut response = match outcome {
        Ok(value) => (StatusCode::OK, value.to_string()).into_response(),
        Err(fault) => refuse(&fault),
    };
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn refuse(fault: &Fault) -> Response {
    let status = StatusCode::from_u16(fault.kind.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = json!({ "__type": fault.kind.shape(), "message": fault.message }).to_string();
    let mut response = (status, body).into_response();
    if let Ok(code) = HeaderValue::from_str(&format!("{};Sender", fault.kind.query_code())) {
        response.headers_mut().insert("x-amzn-query-error", code);
    }
    response
}

fn operation(headers: &HeaderMap) -> &str {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    target.strip_prefix("AmazonSQS.").unwrap_or(target)
}

/// The key is looked for, the signature is not checked: a wrong endpoint is caught, an attacker on this machine is not.
fn authorize(sqs: &Sqs, headers: &HeaderMap) -> Result<(), Fault> {
    let header = headers.get(http::header::AUTHORIZATION).and_then(|header| header.to_str().ok());
    let Some(header) = header else {
        return Err(Fault::new(
            FaultKind::MissingAuthenticationToken,
            "Request is missing Authentication Token",
        ));
    };
    let ours = format!("Credential={}/", sqs.shared.credentials.access_key_id);
    if header.contains(&ours) {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::UnrecognizedClient,
        "The security token included in the request is invalid: use the access key of stack.json.",
    ))
}

async fn dispatch(sqs: &Sqs, operation: &str, body: &[u8]) -> Result<Value, Fault> {
    match operation {
        "SendMessage" => send(sqs, read(body)?),
        "SendMessageBatch" => send_batch(sqs, read(body)?),
        "ReceiveMessage" => receive(sqs, read(body)?).await,
        "DeleteMessage" => delete(sqs, read(body)?),
        "DeleteMessageBatch" => delete_batch(sqs, read(body)?),
        "ChangeMessageVisibility" => change_visibility(sqs, read(body)?),
        "ChangeMessageVisibilityBatch" => change_visibility_batch(sqs, read(body)?),
        "GetQueueUrl" => get_queue_url(sqs, read(body)?),
        "GetQueueAttributes" => get_queue_attributes(sqs, read(body)?),
        "ListQueues" => list_queues(sqs, read(body)?),
        "PurgeQueue" => purge(sqs, read(body)?),
        "StartMessageMoveTask" => start_message_move_task(sqs, read(body)?),
        _ => Err(Fault::new(
            FaultKind::UnknownOperation,
            format!("The local queue does not speak {operation:?}; queues come from the template."),
        )),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| {
        let kind = if error.to_string().starts_with("missing field") {
            FaultKind::MissingParameter
        } else {
            FaultKind::Serialization
        };
        Fault::new(kind, format!("The request's JSON could not be read: {error}"))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueInput {
    queue_url: String,
}

impl QueueInput {
    /// The URL's last part is the queue's name, whatever host the caller reaches us by.
    fn name(&self) -> &str {
        self.queue_url.rsplit('/').next().unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MessageInput {
    message_body: String,
    delay_seconds: Option<i64>,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttribute>,
    #[serde(default)]
    message_system_attributes: BTreeMap<String, MessageAttribute>,
    message_group_id: Option<String>,
}

impl MessageInput {
    fn outgoing(self) -> Result<Outgoing, Fault> {
        let delay_seconds =
            self.delay_seconds.map(|seconds| within("DelaySeconds", seconds, 0, 900)).transpose()?;
        let trace_header = self.message_system_attributes.get("AWSTraceHeader");
        Ok(Outgoing {
            trace_header: trace_header.and_then(|header| header.string_value.clone()),
            trace_of_request: trace::current(),
            body: self.message_body,
            group: self.message_group_id,
            delay_seconds,
            attributes: self.message_attributes,
        })
    }
}

fn within(parameter: &str, value: i64, least: i64, most: i64) -> Result<u64, Fault> {
    match u64::try_from(value) {
        Ok(number) if (least..=most).contains(&value) => Ok(number),
        _ => Err(Fault::invalid(format!(
            "Value {value} for parameter {parameter} is invalid. Reason: Must be between {least} and {most}, if provided."
        ))),
    }
}

fn sent_value(sent: Sent) -> Map<String, Value> {
    let mut value = Map::new();
    value.insert("MessageId".to_owned(), json!(sent.message_id));
    value.insert("MD5OfMessageBody".to_owned(), json!(sent.md5_of_body));
    if let Some(digest) = sent.md5_of_attributes {
        value.insert("MD5OfMessageAttributes".to_owned(), json!(digest));
    }
    if let Some(digest) = sent.md5_of_system_attributes {
        value.insert("MD5OfMessageSystemAttributes".to_owned(), json!(digest));
    }
    value
}

#[derive(Deserialize)]
struct SendInput {
    #[serde(flatten)]
    queue: QueueInput,
    #[serde(flatten)]
    message: MessageInput,
}

fn send(sqs: &Sqs, input: SendInput) -> Result<Value, Fault> {
    let outgoing = input.message.outgoing()?;
    Ok(Value::Object(sent_value(sqs.send(input.queue.name(), outgoing)?)))
}

fn send_batch(sqs: &Sqs, input: BatchInput<MessageInput>) -> Result<Value, Fault> {
    input.check()?;
    known(sqs, &input.queue)?;
    let total: usize = input.entries.iter().map(|entry| entry.input.message_body.len()).sum();
    if total > MAXIMUM_MESSAGE_BYTES {
        let words = format!(
            "Batch requests cannot be longer than {MAXIMUM_MESSAGE_BYTES} bytes. You have sent {total} bytes."
        );
        return Err(Fault::new(FaultKind::BatchRequestTooLong, words));
    }
    Ok(input.answer(|name, message| Ok(sent_value(sqs.send(name, message.outgoing()?)?))))
}

/// A missing queue fails the batch, not each of its entries.
fn known(sqs: &Sqs, queue: &QueueInput) -> Result<(), Fault> {
    sqs.lock().get(queue.name()).map(|_| ())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveInput {
    #[serde(flatten)]
    queue: QueueInput,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

async fn receive(sqs: &Sqs, input: ReceiveInput) -> Result<Value, Fault> {
    let most = within("MaxNumberOfMessages", input.max_number_of_messages.unwrap_or(1), 1, 10)?;
    let wait = within("WaitTimeSeconds", input.wait_time_seconds.unwrap_or(0), 0, 20)?;
    let visibility = input
        .visibility_timeout
        .map(|seconds| within("VisibilityTimeout", seconds, 0, 43_200))
        .transpose()?;
    let most = usize::try_from(most).unwrap_or(1);
    let visibility = visibility.map(Duration::from_secs);
    let received = sqs.receive(input.queue.name(), most, Duration::from_secs(wait), visibility).await?;
    if received.is_empty() {
        return Ok(json!({}));
    }
    let messages: Vec<Value> = received.into_iter().map(|message| received_value(message, &input)).collect();
    Ok(json!({ "Messages": messages }))
}

/// Cuts the attributes to the names that were asked for: `All`, a name, or `prefix.*`.
fn received_value(mut message: Received, input: &ReceiveInput) -> Value {
    let system = || input.attribute_names.iter().chain(&input.message_system_attribute_names);
    message.system_attributes.retain(|name, _| system().any(|asked| asked == "All" || asked == name));
    let asked = |name: &str| {
        input.message_attribute_names.iter().any(|asked| match asked.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => asked == "All" || asked == name,
        })
    };
    message.attributes.retain(|name, _| asked(name));
    let mut value = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "MD5OfBody": message.md5_of_body,
        "Body": message.body,
    });
    if !message.system_attributes.is_empty() {
        value["Attributes"] = json!(message.system_attributes);
    }
    if let Some(digest) = md5_of_attributes(&message.attributes) {
        value["MD5OfMessageAttributes"] = json!(digest);
        value["MessageAttributes"] = json!(message.attributes);
    }
    value
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiptInput {
    receipt_handle: String,
}

#[derive(Deserialize)]
struct DeleteInput {
    #[serde(flatten)]
    queue: QueueInput,
    #[serde(flatten)]
    receipt: ReceiptInput,
}

fn delete(sqs: &Sqs, input: DeleteInput) -> Result<Value, Fault> {
    sqs.delete(input.queue.name(), &input.receipt.receipt_handle)?;
    Ok(json!({}))
}

fn delete_batch(sqs: &Sqs, input: BatchInput<ReceiptInput>) -> Result<Value, Fault> {
    input.check()?;
    known(sqs, &input.queue)?;
    Ok(input.answer(|name, receipt| sqs.delete(name, &receipt.receipt_handle).map(|()| Map::new())))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VisibilityInput {
    receipt_handle: String,
    visibility_timeout: i64,
}

#[derive(Deserialize)]
struct ChangeVisibilityInput {
    #[serde(flatten)]
    queue: QueueInput,
    #[serde(flatten)]
    change: VisibilityInput,
}

fn change_one(sqs: &Sqs, name: &str, change: &VisibilityInput) -> Result<(), Fault> {
    let seconds = within("VisibilityTimeout", change.visibility_timeout, 0, 43_200)?;
    sqs.change_visibility(name, &change.receipt_handle, Duration::from_secs(seconds))
}

fn change_visibility(sqs: &Sqs, input: ChangeVisibilityInput) -> Result<Value, Fault> {
    change_one(sqs, input.queue.name(), &input.change)?;
    Ok(json!({}))
}

fn change_visibility_batch(sqs: &Sqs, input: BatchInput<VisibilityInput>) -> Result<Value, Fault> {
    input.check()?;
    known(sqs, &input.queue)?;
    Ok(input.answer(|name, change| change_one(sqs, name, &change).map(|()| Map::new())))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrlInput {
    queue_name: String,
}

fn get_queue_url(sqs: &Sqs, input: GetQueueUrlInput) -> Result<Value, Fault> {
    sqs.lock().get(&input.queue_name)?;
    Ok(json!({ "QueueUrl": sqs.queue_url(&input.queue_name) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueAttributesInput {
    #[serde(flatten)]
    queue: QueueInput,
    #[serde(default)]
    attribute_names: Vec<String>,
}

fn get_queue_attributes(sqs: &Sqs, input: GetQueueAttributesInput) -> Result<Value, Fault> {
    let name = input.queue.name();
    let counts = sqs.counts(name);
    let (settings, created_at) = {
        let mut queues = sqs.lock();
        let queue = queues.get(name)?;
        (queue.settings.clone(), queue.created_at / 1000)
    };
    let mut attributes = BTreeMap::from([
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
        ("CreatedTimestamp", created_at.to_string()),
        ("LastModifiedTimestamp", created_at.to_string()),
        ("VisibilityTimeout", settings.visibility.as_secs().to_string()),
        ("MessageRetentionPeriod", settings.retention.as_secs().to_string()),
        ("DelaySeconds", settings.delay.as_secs().to_string()),
        ("ReceiveMessageWaitTimeSeconds", "0".to_owned()),
        ("MaximumMessageSize", MAXIMUM_MESSAGE_BYTES.to_string()),
        ("QueueArn", sqs.arn(name)),
    ]);
    if let (Some(dead_letter), Some(most)) = (&settings.dead_letter, settings.max_receive_count) {
        let policy = json!({ "deadLetterTargetArn": sqs.arn(dead_letter), "maxReceiveCount": most });
        attributes.insert("RedrivePolicy", policy.to_string());
    }
    let asked = |name: &str| input.attribute_names.iter().any(|asked| asked == "All" || asked == name);
    attributes.retain(|name, _| asked(name));
    Ok(json!({ "Attributes": attributes }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListQueuesInput {
    #[serde(default)]
    queue_name_prefix: String,
}

fn list_queues(sqs: &Sqs, input: ListQueuesInput) -> Result<Value, Fault> {
    let names = sqs.names();
    let urls: Vec<String> = names
        .iter()
        .filter(|name| name.starts_with(&input.queue_name_prefix))
        .map(|name| sqs.queue_url(name))
        .collect();
    Ok(json!({ "QueueUrls": urls }))
}

fn purge(sqs: &Sqs, input: QueueInput) -> Result<Value, Fault> {
    sqs.purge(input.name())?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StartMessageMoveTaskInput {
    source_arn: String,
}

fn start_message_move_task(sqs: &Sqs, input: StartMessageMoveTaskInput) -> Result<Value, Fault> {
    let name = input.source_arn.rsplit(':').next().unwrap_or_default();
    let serves = sqs.lock().by_name.values().any(|queue| queue.settings.dead_letter.as_deref() == Some(name));
    if !serves {
        let words = "Source queue must be configured as a Dead Letter Queue.";
        return Err(Fault::new(FaultKind::ResourceNotFound, words));
    }
    sqs.redrive(name)?;
    Ok(json!({ "TaskHandle": Uuid::new_v4().to_string() }))
}
