//! WHAT IS KEPT NO LONGER: what a person asks for about themselves, in units of work that may be killed and repeated; and
//! what the clock takes away of documents ([`documents`]) and of exports.
//!
//! Asked for in [`management`](../management/index.html), done here: [`export`] gathers everything about a person into one
//! file, [`erase`] removes it and says what was removed where.

mod export;
mod erase;
mod documents;

pub use documents::SweptDocuments;

use anyhow::Context as _;
use domain::{
    DataSubjectRequestId, OrganizationId,
    document::DERIVED_PREFIX,
    limits,
    subject::{Wish, export_path, exports_of},
};
use objects::Bucket;
use std::time::Duration;
use store::{
    Database,
    replays::Broke,
    subjects::{self, End, Request},
};
use vault::Vault;

/// What requests are worked on with.
pub struct Retention {
    /// Everything that is known.
    pub database: Database,
    /// Attached files, and exports.
    pub bucket: Bucket,
    /// What opens sealed values.
    pub vault: Vault,
    /// Bytes of attached files that an export holds: [`limits::EXPORT_FILE_BYTES`].
    pub most_file_bytes: u64,
}

/// How a unit of work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There is more to do.
    GoesOn,
    /// There is nothing left, or there never was.
    Ended,
    /// Another unit has it: look again later.
    Busy,
}

/// Why a unit breaks off.
enum Stop {
    /// Again later.
    Retry(anyhow::Error),
    /// It will never work: in words, for whoever asked.
    Fail(&'static str),
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Retry(error.into())
    }
}

const ERASED_MEANWHILE: &str = "What it was about was erased before it was done.";
const GIVEN_UP: &str = "It broke off several times in a row; the operator's log says why. Ask again.";

impl Retention {
    /// Does a unit of a request. Killed, an export begins anew, and erasing goes on with what is left; repeated, nothing is
    /// done twice.
    ///
    /// # Errors
    /// When the database, S3 or KMS is not there: to be tried again later. [`limits::SUBJECT_FAILURES`] in a row are the
    /// request's failure.
    pub async fn work(
        &self,
        organization: OrganizationId,
        id: DataSubjectRequestId,
    ) -> anyhow::Result<Progress> {
        let tx = self.database.tenant(organization).await?;
        let is_ours = subjects::claim(&tx, id).await?;
        let request = subjects::get(&tx, id).await?;
        tx.finish().await?;
        let Some(request) = request.filter(|one| matches!(one.status.as_str(), "queued" | "running")) else {
            return Ok(Progress::Ended);
        };
        if !is_ours {
            return Ok(Progress::Busy);
        }
        match self.unit(organization, &request).await {
            Ok(progress) => Ok(progress),
            Err(Stop::Fail(why)) => {
                self.give_up(organization, id, why).await?;
                Ok(Progress::Ended)
            }
            Err(Stop::Retry(error)) => {
                let tx = self.database.tenant(organization).await?;
                let failures = subjects::leave(&tx, id, Broke::Off).await?;
                tx.finish().await?;
                if failures < limits::SUBJECT_FAILURES {
                    return Err(error);
                }
                tracing::error!(error = format!("{error:#}"), request.id = %id, "request is given up");
                self.give_up(organization, id, GIVEN_UP).await?;
                Ok(Progress::Ended)
            }
        }
    }

    async fn unit(&self, organization: OrganizationId, request: &Request) -> Result<Progress, Stop> {
        match request.wish {
            Wish::Export => {
                let patience = Duration::from_secs(limits::EXPORT_SECONDS);
                let exported = tokio::time::timeout(patience, self.export(organization, request)).await;
                exported.context("the export was not made in time")??;
                Ok(Progress::Ended)
            }
            Wish::Erase => self.erase(organization, request.id).await,
        }
    }

    async fn give_up(
        &self,
        organization: OrganizationId,
        id: DataSubjectRequestId,
        why: &str,
    ) -> anyhow::Result<()> {
        let tx = self.database.tenant(organization).await?;
        subjects::end(&tx, id, &End::Failed(why)).await?;
        Ok(tx.finish().await?)
    }

    /// Deletes exports that have had their days, and those that nobody knows of: a function died between writing one and
    /// noting it. How many.
    ///
    /// # Errors
    /// When the database or S3 is not there.
    pub async fn sweep_exports(&self, organization: OrganizationId) -> anyhow::Result<usize> {
        let tx = self.database.tenant(organization).await?;
        let has_any = subjects::has_exports(&tx).await?;
        subjects::expire(&tx).await?;
        tx.finish().await?;
        let (below, mut deleted, mut place) = (exports_of(organization), 0, None);
        if !has_any {
            return Ok(0);
        }
        loop {
            let page = self.bucket.list(&format!("{DERIVED_PREFIX}{below}"), place.as_deref()).await?;
            let Some(last) = page.last() else { return Ok(deleted) };
            place = Some(last.key.clone());
            let tx = self.database.tenant(organization).await?;
            let kept = subjects::kept_exports(&tx).await?;
            tx.finish().await?;
            for object in &page {
                let path = object.key.strip_prefix(DERIVED_PREFIX).unwrap_or(&object.key);
                if !kept.iter().any(|request| export_path(organization, *request) == path) {
                    deleted += self.bucket.delete_derived(path, None).await.context("delete an export")?;
                }
            }
        }
    }

    /// Requests that nobody is at, although they are not over: their message got lost.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn idle(&self, organization: OrganizationId) -> store::Result<Vec<DataSubjectRequestId>> {
        let tx = self.database.tenant(organization).await?;
        let idle = subjects::idle(&tx).await?;
        tx.finish().await?;
        Ok(idle)
    }

    /// Deletes exports, and forgets whom they were about; how many objects. One that is being made at this moment is deleted by
    /// its maker, who finds that it is not wanted any more.
    async fn drop_exports(
        &self,
        organization: OrganizationId,
        requests: &[DataSubjectRequestId],
    ) -> anyhow::Result<usize> {
        let mut deleted = 0;
        for request in requests {
            let path = export_path(organization, *request);
            deleted += self.bucket.delete_derived(&path, None).await.context("delete an export")?;
        }
        if !requests.is_empty() {
            let tx = self.database.tenant(organization).await?;
            subjects::forget(&tx, requests, ERASED_MEANWHILE).await?;
            tx.finish().await?;
        }
        Ok(deleted)
    }
}
