//! The plain values a template is read into. A logical id is the name of a resource within the template.

use std::fmt;
use std::time::Duration;

use serde_yaml_ng::{Mapping, Value};

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Such as `IngestFunction`.
    pub logical_id: String,
    /// The package and binary it is built from, such as `ingest`.
    pub name: String,
    /// What an invocation may take.
    pub timeout: Duration,
    /// MB of memory.
    pub memory_mb: u32,
    /// Variables with values that may still refer to other resources; see `Template::environment`.
    pub environment: Vec<(String, Value)>,
}

/// A queue that feeds a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSource {
    /// Logical id of the function.
    pub function: String,
    /// Name of the event at the function, such as `Work`.
    pub event: String,
    /// Logical id of the queue.
    pub queue: String,
    /// Messages in an invocation at most: 1 to 10,000.
    pub batch_size: usize,
    /// How long to gather a fuller batch.
    pub batching_window: Duration,
    /// What the function's answer means.
    pub report: FailureReport,
    /// Invocations at once, when the template bounds them.
    pub maximum_concurrency: Option<usize>,
}

/// What the answer of a function says about its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureReport {
    /// Nothing: the batch succeeds or fails as a whole.
    WholeBatch,
    /// The messages that failed (`ReportBatchItemFailures`).
    EachMessage,
}

/// A function that the clock triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Logical id of the function.
    pub function: String,
    /// Name of the event at the function.
    pub event: String,
    /// `rate(…)` or `cron(…)`.
    pub expression: String,
    /// The event's JSON, when the template gives one.
    pub input: Option<String>,
}

/// The REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Such as `Api`.
    pub logical_id: String,
    /// The first segment of every path.
    pub stage: String,
}

/// A method of a path of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Logical id of the API.
    pub api: String,
    /// In capitals; `ANY` stands for all.
    pub method: String,
    /// Such as `/api/v1/sessions/{id}`, without the stage.
    pub path: String,
    /// Logical id of the function.
    pub function: String,
    /// How the answer comes back.
    pub transfer: Transfer,
    /// How long the API waits for the function.
    pub timeout: Duration,
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

/// How a function's answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// Whole, as one JSON document.
    Buffered,
    /// As it is written (`RESPONSE_STREAM`).
    Streamed,
}

/// An SQS queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Such as `WorkQueue`.
    pub logical_id: String,
    /// How long a received message stays away.
    pub visibility: Duration,
    /// How long a message is kept.
    pub retention: Duration,
    /// How long a new message stays away.
    pub delay: Duration,
    /// Where messages go that nobody could work on.
    pub redrive: Option<Redrive>,
}

/// Where a queue gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// Logical id of the dead-letter queue.
    pub dead_letter: String,
    /// Receives before it moves there.
    pub max_receive_count: u32,
}

/// An S3 bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Such as `Bucket`.
    pub logical_id: String,
    /// What it announces, and to whom.
    pub notifications: Vec<Notification>,
}

/// A key of KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Such as `VaultKey`.
    pub logical_id: String,
}

/// A kind of event that a bucket sends to a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Such as `s3:ObjectCreated:*`.
    pub event: String,
    /// Logical id of the queue.
    pub queue: String,
    /// Keys must start with this; empty for all.
    pub prefix: String,
    /// Keys must end with this; empty for all.
    pub suffix: String,
}

/// A resource that a function of ours makes.
#[derive(Debug, Clone)]
pub struct CustomResource {
    /// Such as `Migrations`.
    pub logical_id: String,
    /// Such as `Custom::Migrations`.
    pub kind: String,
    /// Logical id of the function.
    pub function: String,
    /// What the function is told; see `Template::properties`.
    pub properties: Mapping,
}
