//! What S3 tells. A removal is seen to at once, before anything is queued: nobody is to find what is gone, and before it in the
//! work queue there may be units of a minute each. All else is a unit of work.

use crate::{Ingestion, Outcome};
use anyhow::Context as _;
use domain::{ObjectKey, document::DERIVED_PREFIX, file::without_name, limits};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A key that S3 tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Decoded.
    pub key: String,
    /// Whether its object is said to have gone. A hint: the object is asked for.
    pub is_removal: bool,
}

impl Ingestion {
    /// Forgets what is gone; the keys that are left to be looked at. A removal that fails, or for which there is no time, is left
    /// like a key whose object is there, and is no other's harm. What the product derives itself is nobody's work.
    pub async fn heed(&self, told: Vec<Told>) -> Vec<String> {
        let until = Instant::now() + Duration::from_secs(limits::REMOVAL_SECONDS);
        let mut left = Vec::new();
        for Told { key, is_removal } in told {
            if key.starts_with(DERIVED_PREFIX) {
                continue;
            }
            if !is_removal || !self.is_forgotten(&key, until).await {
                left.push(key);
            }
        }
        left
    }

    /// Whether nothing is left to do about a key that is said to be gone.
    async fn is_forgotten(&self, key: &str, until: Instant) -> bool {
        let shown = without_name(key);
        match timeout_at(until, self.forget_if_gone(key)).await {
            Ok(Ok(is_forgotten)) => is_forgotten,
            Ok(Err(error)) => {
                tracing::warn!(
                    object.key = shown,
                    error = format!("{error:#}"),
                    "a removal is left to the queue"
                );
                false
            }
            Err(_) => {
                tracing::warn!(object.key = shown, "a removal took too long, and is left to the queue");
                false
            }
        }
    }

    /// `false`: the key is no document's, or there is an object under it (again), which is to be looked at.
    async fn forget_if_gone(&self, key: &str) -> anyhow::Result<bool> {
        let Ok(parsed) = ObjectKey::parse(key) else { return Ok(false) };
        let organization = store::organizations::of_slug(&self.database, &parsed.organization);
        let Some(organization) = organization.await.context("find organization")? else { return Ok(false) };
        if self.bucket.head(key).await?.is_some() {
            return Ok(false);
        }
        let outcome = self.forget(organization, key).await?;
        // An object that came meanwhile has an event of its own, but whoever heeds it may have been sent away by now.
        let has_come_again =
            outcome == Outcome::Forgotten && self.changed_since(organization, key, &parsed).await?;
        if !has_come_again {
            tracing::info!(object.key = without_name(key), "object forgotten");
        }
        Ok(!has_come_again)
    }
}
