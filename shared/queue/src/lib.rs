//! Typed messages between our own functions, over SQS.

use anyhow::Context as _;
use aws_sdk_sqs::{Client, types::SendMessageBatchRequestEntry};
use serde::{Deserialize, Serialize};

/// Messages of one SendMessageBatch call (SQS: 10).
const BATCH: usize = 10;
/// Half the first pause of a failed message, and the longest.
const BACK_OFF_SECONDS: i32 = 15;
const BACK_OFF_MOST_SECONDS: i32 = 600;
/// After which a look is taken again at what another function was at.
const LATER_SECONDS: i32 = 10;

/// "Look at this key": says nothing about what happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Decoded key.
    pub key: String,
}

impl Work {
    /// The organization's slug by the key: the message group, so that one tenant's ten thousand files do not
    /// stand before another's one (SQS fair queues).
    #[must_use]
    pub fn group(&self) -> String {
        let slug = self.key.split('/').next().unwrap_or_default();
        let safe: String =
            slug.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(128).collect();
        if safe.is_empty() { "unknown".into() } else { safe }
    }
}

/// The queue of work messages.
#[derive(Debug, Clone)]
pub struct WorkQueue {
    client: Client,
    url: String,
}

impl WorkQueue {
    /// A queue by its URL.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig, url: impl Into<String>) -> Self {
        Self { client: Client::new(aws), url: url.into() }
    }

    /// Sends messages, all or an error: what was sent twice is looked at twice, which does no harm.
    ///
    /// # Errors
    /// When SQS refuses any of them.
    pub async fn send(&self, work: &[Work]) -> anyhow::Result<()> {
        for batch in work.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(place, work)| {
                SendMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .message_body(serde_json::to_string(work)?)
                    .message_group_id(work.group())
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
}

impl WorkQueue {
    /// Sends one message that is seen only after a while.
    ///
    /// # Errors
    /// When SQS refuses.
    pub async fn send_later(&self, work: &Work) -> anyhow::Result<()> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(serde_json::to_string(work)?)
            .message_group_id(work.group())
            .delay_seconds(LATER_SECONDS)
            .send()
            .await
            .context("send work message for later")?;
        Ok(())
    }

    /// Lets a failed message be seen again after a pause that grows with its attempts, instead of after the
    /// queue's whole visibility time-out.
    ///
    /// # Errors
    /// When SQS refuses.
    pub async fn back_off(&self, receipt: &str, attempt: u32) -> anyhow::Result<()> {
        let seconds = BACK_OFF_SECONDS.saturating_mul(1 << attempt.min(8)).min(BACK_OFF_MOST_SECONDS);
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .visibility_timeout(seconds)
            .send()
            .await
            .context("put message back")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_message_carries_its_organization_as_group() {
        assert_eq!(Work { key: "acme-1/handbook/a b".into() }.group(), "acme-1");
        assert_eq!(Work { key: "".into() }.group(), "unknown");
    }
}
