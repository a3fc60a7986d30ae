//! Nothing about a person is kept: conversations in batches, then the person.

use crate::{Progress, Retention, Stop};
use anyhow::Context as _;
use domain::{Caller, DataSubjectRequestId, OrganizationId, SessionId, file::files_of, limits};
use serde_json::json;
use std::time::{Duration, Instant};
use store::{
    TenantTx,
    events::{self, Category, Event},
    replays::Broke,
    subjects::{self, End},
    users,
};

/// The kind of event that says that a person was erased; not which one.
pub const ERASED: &str = "data_subject_erased";

const LAST_ADMINISTRATOR: &str = "This is the last administrator; make somebody else one, and ask again.";

impl Retention {
    /// As much as a unit has time for. What it did is reported with it, batch by batch.
    pub(crate) async fn erase(
        &self,
        organization: OrganizationId,
        request: DataSubjectRequestId,
    ) -> Result<Progress, Stop> {
        let until = Instant::now() + Duration::from_secs(limits::ERASE_UNIT_SECONDS);
        let tx = self.database.tenant(organization).await?;
        stays_governed(&tx, request).await?;
        tx.finish().await?;
        loop {
            let tx = self.database.tenant(organization).await?;
            let batch = subjects::sessions(&tx, request, None, limits::SUBJECT_SESSIONS_AT_ONCE).await?;
            if batch.is_empty() {
                tx.finish().await?;
                self.erase_person(organization, request).await?;
                return Ok(Progress::Ended);
            }
            if Instant::now() >= until {
                subjects::leave(&tx, request, Broke::Not).await?;
                tx.finish().await?;
                return Ok(Progress::GoesOn);
            }
            tx.finish().await?;
            self.erase_sessions(organization, request, &batch).await?;
        }
    }

    /// Objects first: as long as the rows are there, whoever comes after a function that died knows what is left. What such a
    /// function had deleted of the bucket is not counted.
    async fn erase_sessions(
        &self,
        organization: OrganizationId,
        request: DataSubjectRequestId,
        batch: &[SessionId],
    ) -> Result<(), Stop> {
        let exports = self.drop_exports_of(organization, request, batch).await?;
        let mut files = 0;
        for session in batch {
            let below = files_of(organization, *session);
            files += self.bucket.delete_below(&below).await.context("delete attached files")?;
        }
        let tx = self.database.tenant(organization).await?;
        let objects = json!({ "attached_files": files, "exports": exports });
        subjects::erase_sessions(&tx, request, batch, &objects).await?;
        tx.finish().await?;
        Ok(())
    }

    async fn erase_person(
        &self,
        organization: OrganizationId,
        request: DataSubjectRequestId,
    ) -> Result<(), Stop> {
        let exports = self.drop_exports_of(organization, request, &[]).await?;
        let tx = self.database.tenant(organization).await?;
        stays_governed(&tx, request).await?;
        let user = subjects::user(&tx, request).await?;
        let subject = user.and_then(|(_, subject)| subject);
        let caller = subject.map(|subject| Caller::Person { organization, subject }.id());
        subjects::erase_person(&tx, request, caller, &json!({ "exports": exports })).await?;
        let event = Event {
            kind: ERASED,
            category: Category::Audit,
            payload: json!({}),
            session: None,
            resource: Some(("data_subject_request", request.0)),
        };
        events::record(&tx, &[event]).await?;
        subjects::end(&tx, request, &End::Erased).await?;
        tx.finish().await?;
        Ok(())
    }

    async fn drop_exports_of(
        &self,
        organization: OrganizationId,
        request: DataSubjectRequestId,
        sessions: &[SessionId],
    ) -> anyhow::Result<usize> {
        let tx = self.database.tenant(organization).await?;
        let exports = subjects::others(&tx, request, sessions).await?;
        tx.finish().await?;
        self.drop_exports(organization, &exports).await
    }
}

/// An organization keeps an administrator.
async fn stays_governed(tx: &TenantTx, request: DataSubjectRequestId) -> Result<(), Stop> {
    let Some((user, _)) = subjects::user(tx, request).await? else { return Ok(()) };
    if users::administrators(tx).await? == [user] {
        return Err(Stop::Fail(LAST_ADMINISTRATOR));
    }
    Ok(())
}
