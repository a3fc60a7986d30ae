//! Messages that wake `aggregate`.

use crate::{BACK_OFF_MOST_SECONDS, BACK_OFF_SECONDS, HELD_SECONDS, traces};
use anyhow::Context as _;
use aws_sdk_sqs::Client;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What `aggregate` is woken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Activity {
    /// Go on with a replay.
    Replay {
        /// Whose.
        organization: Uuid,
        /// Which.
        replay: Uuid,
    },
}

/// The queue of such messages.
#[derive(Debug, Clone)]
pub struct ActivityQueue {
    client: Client,
    url: String,
}

impl ActivityQueue {
    /// A queue by its URL.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig, url: impl Into<String>) -> Self {
        Self { client: Client::new(aws), url: url.into() }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When SQS refuses.
    pub async fn send(&self, activity: &Activity) -> anyhow::Result<()> {
        self.send_later(activity, 0).await
    }

    /// Sends a message that is seen only after a while, at most 15 minutes.
    ///
    /// # Errors
    /// When SQS refuses.
    pub async fn send_later(&self, activity: &Activity, seconds: i32) -> anyhow::Result<()> {
        let message = self.client.send_message().queue_url(&self.url).delay_seconds(seconds);
        let message = message.message_body(serde_json::to_string(activity)?);
        message.set_message_system_attributes(traces()).send().await.context("send activity")?;
        Ok(())
    }

    /// Shortens the time that a message stays unseen while it is worked on, as a work message's: a killed function's message is
    /// back that much sooner.
    ///
    /// # Errors
    /// When SQS refuses.
    pub async fn hold(&self, receipt: &str) -> anyhow::Result<()> {
        self.unseen_for(receipt, HELD_SECONDS).await
    }

    /// Lets a failed message be seen again after a pause that grows with its attempts.
    ///
    /// # Errors
    /// When SQS refuses.
    pub async fn back_off(&self, receipt: &str, attempt: u32) -> anyhow::Result<()> {
        let seconds = BACK_OFF_SECONDS.saturating_mul(1 << attempt.min(8)).min(BACK_OFF_MOST_SECONDS);
        self.unseen_for(receipt, seconds).await
    }

    async fn unseen_for(&self, receipt: &str, seconds: i32) -> anyhow::Result<()> {
        let change = self.client.change_message_visibility().queue_url(&self.url);
        let change = change.receipt_handle(receipt).visibility_timeout(seconds);
        change.send().await.context("change a message's visibility")?;
        Ok(())
    }
}
