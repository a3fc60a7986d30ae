//! How far documents are.

use crate::{Metrics, Refusal};
use domain::{Caller, DocumentId, Scope};
use futures_util::try_join;
use store::{
    caller,
    metric_lists::{self, DocumentStatus},
};

/// The states of a document.
pub const STATUSES: [&str; 4] = ["uploaded", "processing", "completed", "failed"];

impl Metrics {
    /// Documents and how far they are, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn documents(
        &self,
        caller: &Caller,
        status: Option<&str>,
        before: Option<DocumentId>,
        rows: u32,
    ) -> Result<Vec<DocumentStatus>, Refusal> {
        if status.is_some_and(|status| !STATUSES.contains(&status)) {
            let detail = format!("A document's status is one of {}.", STATUSES.join(", "));
            return Err(Refusal::invalid("?status", detail));
        }
        caller::enter(&self.database, caller, Scope::DashboardsRead).await?.finish().await?;
        let tx = self.reading.tenant(caller.organization()).await?;
        let (documents, ()) = try_join!(metric_lists::documents(&tx, status, before, rows), tx.commit())?;
        tx.close();
        Ok(documents)
    }
}
