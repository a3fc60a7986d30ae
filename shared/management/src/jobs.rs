//! Ingestion jobs: looked at, and one kind of them asked for.

use crate::{Management, Refusal};
use domain::{Caller, Failure, FailureCode, IngestionJobId, Scope};
use queue::Work;
use store::{
    TenantTx,
    job_history::{self, Job, Which},
    jobs, organizations,
};

impl Management {
    /// Jobs, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn jobs(&self, caller: &Caller, which: &Which<'_>, limit: u32) -> Result<Vec<Job>, Refusal> {
        let read = async |tx: &TenantTx| job_history::list(tx, which, limit).await;
        self.admitted(caller, Scope::IngestionRead, read).await
    }

    /// One job.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn job(&self, caller: &Caller, id: IngestionJobId) -> Result<Job, Refusal> {
        let which = Which { id: Some(id), ..Which::default() };
        self.jobs(caller, &which, 1).await?.pop().ok_or(Refusal::NotFound("ingestion job"))
    }

    /// Has the caller's part of the bucket compared with its documents. The job that counts.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn reconcile(&self, caller: &Caller) -> Result<IngestionJobId, Refusal> {
        let tx = self.enter(caller, Scope::IngestionRun).await?;
        let organization = organizations::slug(&tx).await?;
        let job = jobs::begin_reconcile(&tx).await?;
        tx.finish().await?;
        let sent = self.send(&[Work::Reconcile { organization, after: None, job: Some(job.0) }]).await;
        if sent.is_err() {
            // Nobody will ever work on it.
            let failure =
                Failure::new(FailureCode::Internal, "The comparison could not be asked for; ask again.");
            let tx = self.again(caller).await?;
            jobs::settle(&tx, job, Some(&failure)).await?;
            tx.finish().await?;
        }
        sent.map(|()| job)
    }
}
