//! After a start: what changed in the bucket while no stack ran.

use super::Stack;
use crate::queues;
use anyhow::Result;
use domain::OrganizationId;
use serde_json::json;

/// The template's queue of work.
const WORK: &str = "WorkQueue";

impl Stack {
    /// Queues do not outlive the process, and neither does whoever was building: lets go of their versions, sends
    /// the jobs on that were not over, and has
    /// `ingest` compare the bucket with the database, as it does every day.
    ///
    /// # Errors
    /// When the database or the function refuses.
    pub async fn look_again(&self, organizations: &[OrganizationId]) -> Result<()> {
        if self.postgres.is_some() {
            let database = store::Database::new(&self.urls.application)?;
            for organization in organizations {
                let tx = database.tenant(*organization).await?;
                store::versions::release_all(&tx).await?;
                let slug = store::organizations::slug(&tx).await?;
                let jobs = store::space_jobs::open(&tx, 0.0).await?;
                tx.finish().await?;
                for job in jobs {
                    let work = queue::Work::Run { organization: slug.clone(), job: job.0 };
                    queues::send(&self.sqs, WORK, serde_json::to_string(&work)?, None);
                }
            }
        }
        self.invoke("ingest", &json!({ "action": "reconcile" })).await?;
        Ok(())
    }
}
