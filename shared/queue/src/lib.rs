//! Typed messages between our own functions, over SQS.

use anyhow::Context as _;
use aws_sdk_sqs::{
    Client,
    types::{
        MessageSystemAttributeNameForSends as SystemAttribute, MessageSystemAttributeValue,
        SendMessageBatchRequestEntry,
    },
};
use domain::{DataSubjectRequestId, OrganizationId, ReplayId, file::SESSIONS_PREFIX, limits};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, future::Future, marker::PhantomData};
use uuid::Uuid;

tokio::task_local! {
    /// The trace that what is sent belongs to.
    static TRACE: Option<String>;
}

/// Does something as part of a trace (`Root=1-…`): what it sends carries it on. Without this, SQS takes the trace of the
/// invocation, which the SDK tells it; but a batch's messages each have one of their own.
pub async fn traced<F: Future>(trace: Option<String>, work: F) -> F::Output {
    TRACE.scope(trace, work).await
}

/// The attributes of SQS's own that a message is sent with.
fn traces() -> Option<HashMap<SystemAttribute, MessageSystemAttributeValue>> {
    let trace = TRACE.try_with(Clone::clone).ok().flatten()?;
    let value =
        MessageSystemAttributeValue::builder().data_type("String").string_value(trace).build().ok()?;
    Some(HashMap::from([(SystemAttribute::AwsTraceHeader, value)]))
}

/// Messages of one SendMessageBatch call (SQS: 10).
const BATCH: usize = 10;
/// Half the first pause of a failed message, and the longest.
const BACK_OFF_SECONDS: i32 = 15;
const BACK_OFF_MOST_SECONDS: i32 = 600;

/// What one of our queues carries.
pub trait Message: Serialize {
    /// Seconds that this message stays unseen while it is worked on: what its work may take, and slack.
    fn held_seconds(&self) -> i32;

    /// The message group, so that one tenant's ten thousand messages do not stand before another's one (SQS fair queues).
    fn group(&self) -> String;
}

/// A unit of work, for `ingest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Work {
    /// "Look at this key": says nothing about what happened to it. Also how a long document goes on.
    Look {
        /// Decoded.
        key: String,
    },
    /// Compare an organization's part of the bucket with what is known of it.
    Reconcile {
        /// Its slug.
        organization: String,
        /// Where the last unit left off.
        after: Option<String>,
        /// The job that counts.
        job: Option<Uuid>,
    },
    /// Go on with a job: embed a collection in one more space, or clean up after one.
    Run {
        /// Its organization's slug.
        organization: String,
        /// The job, which names collection and space.
        job: Uuid,
    },
    /// Fetch what is due of a web source.
    Visit {
        /// Its organization's slug.
        organization: String,
        /// The source.
        source: Uuid,
        /// The run that this unit is of.
        run: Option<Uuid>,
    },
}

impl Message for Work {
    fn held_seconds(&self) -> i32 {
        90
    }

    /// The organization's slug, or its id.
    fn group(&self) -> String {
        let slug = match self {
            // A session's file names its organization by id.
            Work::Look { key } => {
                key.strip_prefix(SESSIONS_PREFIX).unwrap_or(key).split('/').next().unwrap_or_default()
            }
            Work::Reconcile { organization, .. }
            | Work::Run { organization, .. }
            | Work::Visit { organization, .. } => organization,
        };
        let safe: String =
            slug.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(128).collect();
        if safe.is_empty() { "unknown".into() } else { safe }
    }
}

/// A unit of what follows from activity, for `aggregate`: `{"kind": "activity", "organization_id": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Task {
    /// Somebody did something in an organization: count it, and look at what watches it. Sent once a minute at most, by
    /// whoever claims the minute (`store::TenantTx::commit_activity`), and seen a minute later.
    Activity {
        /// Whose.
        organization_id: OrganizationId,
    },
    /// Have a language model read the messages that wait for it: `{"kind": "read", "organization_id": …}`.
    Read {
        /// Whose.
        organization_id: OrganizationId,
    },
    /// Go on with a replay: `{"kind": "replay", "organization_id": …, "replay_id": …}`.
    Replay {
        /// Whose.
        organization_id: OrganizationId,
        /// Which.
        replay_id: ReplayId,
    },
    /// Go on with what a person asks for: `{"kind": "data_subject", "organization_id": …, "request_id": …}`.
    DataSubject {
        /// Whose.
        organization_id: OrganizationId,
        /// Which.
        request_id: DataSubjectRequestId,
    },
}

impl Message for Task {
    fn held_seconds(&self) -> i32 {
        match self {
            Task::Activity { .. } => 960,
            // A unit is short, and what a killed one had taken is free by then (`limits::READING_HELD_SECONDS`); the last one sends
            // what it opened.
            Task::Read { .. } => 220,
            // A unit is short. Longer than it has its replay for itself (`limits::REPLAY_HELD_SECONDS`): when the message of
            // a killed one comes back, nobody has the replay any more.
            Task::Replay { .. } => 100,
            // Longer than a unit has its request for itself, for the same reason.
            Task::DataSubject { .. } => limits::SUBJECT_HELD_SECONDS + 10,
        }
    }

    fn group(&self) -> String {
        let (Task::Activity { organization_id }
        | Task::Read { organization_id }
        | Task::Replay { organization_id, .. }
        | Task::DataSubject { organization_id, .. }) = self;
        organization_id.to_string()
    }
}

/// The queue of work messages.
pub type WorkQueue = Queue<Work>;
/// The queue of what follows from activity.
pub type ActivityQueue = Queue<Task>;

/// A queue of one kind of messages.
#[derive(Debug)]
pub struct Queue<M> {
    client: Client,
    url: String,
    carries: PhantomData<fn(M)>,
}

impl<M> Clone for Queue<M> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), url: self.url.clone(), carries: PhantomData }
    }
}

impl<M: Message> Queue<M> {
    /// A queue by its URL.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig, url: impl Into<String>) -> Self {
        Self { client: Client::new(aws), url: url.into(), carries: PhantomData }
    }

    /// Sends messages, all or an error: what was sent twice is looked at twice, which does no harm.
    ///
    /// # Errors
    /// When SQS refuses any of them.
    pub async fn send(&self, work: &[M]) -> anyhow::Result<()> {
        for batch in work.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(place, work)| {
                SendMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .message_body(serde_json::to_string(work)?)
                    .message_group_id(work.group())
                    .set_message_system_attributes(traces())
                    .build()
                    .context("build work message")
            });
            let entries: Vec<_> = entries.collect::<anyhow::Result<_>>()?;
            let sent =
                self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
            let sent = sent.context("send work messages")?;
            anyhow::ensure!(
                sent.failed().is_empty(),
                "SQS refuses {} of {} work messages",
                sent.failed().len(),
                batch.len()
            );
        }
        Ok(())
    }

    /// Sends one message that is seen only after a while, at most 15 minutes.
    ///
    /// # Errors
    /// When SQS refuses.
    pub async fn send_later(&self, work: &M, seconds: i32) -> anyhow::Result<()> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(serde_json::to_string(work)?)
            .message_group_id(work.group())
            .set_message_system_attributes(traces())
            .delay_seconds(seconds)
            .send()
            .await
            .context("send work message for later")?;
        Ok(())
    }

    /// Shortens the time that a message stays unseen while it is worked on. The queue's own is six times the
    /// function's time-out, as the triggers of Lambda want it; once the function runs, a unit and slack are enough,
    /// and a killed function's message is back that much sooner. Where SQS refuses, the queue's own time holds.
    pub async fn hold(&self, receipt: &str, message: &M) {
        if let Err(error) = self.unseen_for(receipt, message.held_seconds()).await {
            tracing::warn!(error = format!("{error:#}"), "message is held for its whole visibility");
        }
    }

    /// Lets a message whose work failed be seen again after a pause that grows with its attempts, not after its whole
    /// visibility; what came of the work, as it was given.
    ///
    /// # Errors
    /// That of the work.
    pub async fn put_back(
        &self,
        receipt: &str,
        attempt: u32,
        worked: anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if worked.is_err() {
            let seconds = BACK_OFF_SECONDS.saturating_mul(1 << attempt.min(8)).min(BACK_OFF_MOST_SECONDS);
            if let Err(error) = self.unseen_for(receipt, seconds).await {
                tracing::warn!(error = format!("{error:#}"), "message waits for its whole visibility");
            }
        }
        worked
    }

    async fn unseen_for(&self, receipt: &str, seconds: i32) -> anyhow::Result<()> {
        let change = self.client.change_message_visibility().queue_url(&self.url);
        let change = change.receipt_handle(receipt).visibility_timeout(seconds);
        change.send().await.context("change a message's visibility")?;
        Ok(())
    }
}

/// Who hears of activity: what came of it is looked at a minute later.
#[derive(Debug, Clone, Default)]
pub struct Bell(Option<ActivityQueue>);

impl Bell {
    /// Rings at a queue.
    #[must_use]
    pub fn of(queue: ActivityQueue) -> Self {
        Self(Some(queue))
    }

    /// Tells that an organization did something, after it was committed; nothing when another one has told of this minute.
    /// A bell that does not ring fails nobody: the next minute's does, or the daily schedule.
    pub async fn ring(&self, is_claimed: bool, organization_id: OrganizationId) {
        let (true, Some(queue)) = (is_claimed, &self.0) else { return };
        let task = Task::Activity { organization_id };
        if let Err(error) = queue.send_later(&task, limits::WAKE_DELAY_SECONDS).await {
            tracing::warn!(error = format!("{error:#}"), "activity was not told of");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_message_carries_its_organization_as_group() {
        assert_eq!(Work::Look { key: "acme-1/handbook/a b".into() }.group(), "acme-1");
        assert_eq!(Work::Look { key: "".into() }.group(), "unknown");
        let file = format!("{SESSIONS_PREFIX}0192f3a1-0000-7000-8000-000000000001/a/b/c.csv");
        assert_eq!(Work::Look { key: file }.group(), "0192f3a1-0000-7000-8000-000000000001");
        let all = Work::Reconcile { organization: "acme".into(), after: None, job: None };
        assert_eq!(all.group(), "acme");
        let id = uuid::Uuid::nil();
        assert_eq!(Work::Run { organization: "acme".into(), job: id }.group(), "acme");
        assert_eq!(Work::Visit { organization: "acme".into(), source: id, run: None }.group(), "acme");
    }

    #[test]
    fn a_task_says_what_it_is() {
        let organization_id: OrganizationId =
            serde_json::from_str("\"0192f3a1-0000-7000-8000-000000000001\"").expect("an id");
        let task = Task::Activity { organization_id };
        let text = serde_json::to_string(&task).expect("JSON");
        assert_eq!(text, r#"{"kind":"activity","organization_id":"0192f3a1-0000-7000-8000-000000000001"}"#);
        assert_eq!(serde_json::from_str::<Task>(&text).expect("a task"), task);
        assert!(serde_json::from_str::<Task>(r#"{"kind":"rest"}"#).is_err());
        assert_eq!(task.group(), "0192f3a1-0000-7000-8000-000000000001");
    }
}
