//! After a start: what changed in the bucket while no stack ran.

use super::Stack;
use anyhow::Result;
use domain::OrganizationId;
use serde_json::json;

impl Stack {
    /// Queues do not outlive the process, and neither does whoever was building: lets go of their versions, and has
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
                tx.finish().await?;
            }
        }
        self.invoke("ingest", &json!({ "action": "reconcile" })).await?;
        Ok(())
    }
}
