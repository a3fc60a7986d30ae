//! After a start: what changed in the bucket while no stack ran.

use super::{BUCKET, REGION, Stack};
use crate::{queues, s3};
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeMap;

impl Stack {
    /// Queues do not outlive the process: looks at every object again, and at every document whose object is
    /// gone. Ingestion is level-triggered, so what is as it was costs a look.
    ///
    /// # Errors
    /// When the documents' keys cannot be read.
    pub async fn look_again(&self, organizations: &[domain::OrganizationId]) -> Result<usize> {
        let objects = self.s3.objects().await;
        let mut unsettled: BTreeMap<String, Value> = objects
            .iter()
            .filter(|object| !object.key.starts_with(domain::document::DERIVED_PREFIX))
            .map(|object| {
                (
                    object.key.clone(),
                    s3::object_created_event(REGION, BUCKET, &object.key, object.size, &object.etag),
                )
            })
            .collect();
        let database = store::Database::new(&self.urls.application)?;
        for organization in organizations {
            let tx = database.tenant(*organization).await?;
            if self.postgres.is_some() {
                // Our own database: whoever was building died with the last stack.
                store::versions::abandon_all(&tx).await?;
            }
            for status in store::documents::statuses(&tx, BUCKET, &[]).await? {
                let object = objects.iter().find(|object| object.key == status.key);
                let settled = matches!(status.status.as_str(), "completed" | "failed");
                match object {
                    None => {
                        let event = s3::object_removed_event(REGION, BUCKET, &status.key);
                        unsettled.insert(status.key, event);
                    }
                    Some(object)
                        if settled && status.etag.as_deref() == Some(object.etag.trim_matches('"')) =>
                    {
                        unsettled.remove(&status.key);
                    }
                    Some(_) => {}
                }
            }
            tx.finish().await?;
        }
        let queue = "EventsQueue";
        for event in unsettled.values() {
            queues::send(&self.sqs, queue, event.to_string());
        }
        Ok(unsettled.len())
    }
}
