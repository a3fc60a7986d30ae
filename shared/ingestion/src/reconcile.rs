//! Drift, both ways: what the bucket holds and nobody knows, what is known and no longer there, what got stuck.
//!
//! Events get lost: a notification that was not configured yet, a queue that was purged, a message that went to the
//! dead letters. So the bucket is listed once a day and compared, key by key, with the documents. What differs is
//! looked at like after an event; the comparison itself changes no document.

use crate::{Ingestion, unit::Clock};
use anyhow::Context as _;
use domain::{
    DocumentVersionId, IngestionJobId, OrganizationId, derived, document::DERIVED_PREFIX,
    file::SESSIONS_PREFIX,
};
use objects::Listed;
use queue::Work;
use serde::Serialize;
use std::{cmp::Ordering, collections::BTreeMap};
use store::{
    documents::{self, Known},
    events::{self, Category, Event},
    jobs, organizations, versions,
};
use uuid::Uuid;

/// What a unit of a comparison found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Objects that were listed.
    pub objects: u32,
    /// Objects that no document is of.
    pub unknown: u32,
    /// Documents that were made from other bytes, or whose object was written since, perhaps with other metadata.
    pub changed: u32,
    /// Documents whose object is gone.
    pub gone: u32,
    /// Documents that are neither completed nor failed, and that nobody is at.
    pub stuck: u32,
    /// Documents that failed by our fault, or for want of time.
    pub failed: u32,
    /// Derived objects of versions that nobody reads: deleted.
    pub orphans: u32,
}

/// How a unit of a comparison ended.
#[derive(Debug)]
pub struct Compared {
    /// Keys to be looked at.
    pub keys: Vec<String>,
    /// Where the next unit goes on; `None`: all is compared.
    pub next: Option<String>,
    /// The job that counts.
    pub job: IngestionJobId,
    /// What was found, of all units so far.
    pub report: serde_json::Value,
}

impl Ingestion {
    /// The slugs of all organizations, each to be compared.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn organizations(&self) -> anyhow::Result<Vec<String>> {
        let mut slugs = Vec::new();
        for organization in organizations::list(&self.database).await.context("list organizations")? {
            let tx = self.database.tenant(organization).await?;
            slugs.push(organizations::slug(&tx).await.context("read slug")?);
            tx.finish().await?;
        }
        Ok(slugs)
    }

    /// A unit of the daily look: compares what there is time for, and says what is to be done about it. With the last unit come
    /// jobs that were left, spaces that nobody searches, and web sources whose time has come.
    ///
    /// # Errors
    /// What may work another time.
    pub async fn reconcile(
        &self,
        organization: String,
        after: Option<String>,
        job: Option<Uuid>,
        clock: Clock,
    ) -> anyhow::Result<Vec<Work>> {
        let Some(compared) = self.compare(&organization, after, job, clock).await? else {
            tracing::warn!(organization, "there is no such organization to reconcile");
            return Ok(Vec::new());
        };
        let mut work: Vec<Work> = compared.keys.into_iter().map(|key| Work::Look { key }).collect();
        if compared.next.is_some() {
            work.push(Work::Reconcile { organization, after: compared.next, job: Some(compared.job.0) });
            return Ok(work);
        }
        let mut jobs = self.open_jobs(&organization).await?;
        jobs.extend(self.retire_unused_spaces(&organization).await?);
        work.extend(jobs.iter().map(|job| Work::Run { organization: organization.clone(), job: job.0 }));
        let due = self.due_sources(&organization).await?;
        let visit = |source| Work::Visit { organization: organization.clone(), source, run: None };
        work.extend(due.into_iter().map(visit));
        tracing::info!(organization, report = %compared.report, "reconciled");
        Ok(work)
    }

    /// Compares an organization's part of the bucket with its documents: as much as a unit has time for. `None`:
    /// there is no such organization.
    ///
    /// # Errors
    /// What may work another time.
    pub async fn compare(
        &self,
        slug: &str,
        after: Option<String>,
        job: Option<Uuid>,
        clock: Clock,
    ) -> anyhow::Result<Option<Compared>> {
        let organization = organizations::of_slug(&self.database, slug).await.context("find organization")?;
        let Some(organization) = organization else { return Ok(None) };
        let (mut drift, mut keys) = (Drift::default(), Vec::new());
        let mut place = Some(after.unwrap_or_default());
        while let Some(from) = place.take() {
            place = if from.starts_with(SESSIONS_PREFIX) {
                self.sweep_files(organization, &from, &mut drift, &mut keys).await?
            } else if from.starts_with(DERIVED_PREFIX) {
                let next = self.sweep(organization, &from, &mut drift).await?;
                Some(next.unwrap_or_else(|| files_of(organization)))
            } else {
                let next = self.compare_page(organization, slug, &from, &mut drift, &mut keys).await?;
                Some(next.unwrap_or_else(|| derived_of(organization)))
            };
            if clock.is_up() {
                break;
            }
        }
        let (job, report) = self.report(organization, job, drift, place.is_none()).await?;
        Ok(Some(Compared { keys, next: place, job, report }))
    }

    /// Compares a page of the bucket's list with the documents; where the next one begins.
    async fn compare_page(
        &self,
        organization: OrganizationId,
        slug: &str,
        from: &str,
        drift: &mut Drift,
        keys: &mut Vec<String>,
    ) -> anyhow::Result<Option<String>> {
        let prefix = format!("{slug}/");
        let page =
            self.bucket.list(&prefix, (!from.is_empty()).then_some(from)).await.context("list bucket")?;
        let up_to = page.last().map(|object| object.key.clone());
        let tx = self.database.tenant(organization).await?;
        let known = documents::known(&tx, self.bucket.name(), from, up_to.as_deref()).await;
        let known = known.context("read documents")?;
        tx.finish().await?;
        drift.objects += u32::try_from(page.len()).unwrap_or(u32::MAX);
        compare(&page, &known, drift, keys);
        Ok(up_to)
    }

    /// Deletes derived objects of versions that nobody reads or builds, of a page; where the next one begins.
    async fn sweep(
        &self,
        organization: OrganizationId,
        from: &str,
        drift: &mut Drift,
    ) -> anyhow::Result<Option<String>> {
        let below = derived_of(organization);
        let page = self.bucket.list(&below, Some(from)).await.context("list what was derived")?;
        let mut versions: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
        for object in &page {
            if let Some(version) = derived::version_of(&object.key) {
                versions.entry(version.0).or_default().push(&object.key);
            }
        }
        let ids: Vec<Uuid> = versions.keys().copied().collect();
        let tx = self.database.tenant(organization).await?;
        let in_use: Vec<DocumentVersionId> = versions::in_use(&tx, &ids).await.context("read versions")?;
        tx.finish().await?;
        for (_, keys) in versions.iter().filter(|(id, _)| !in_use.contains(&DocumentVersionId(**id))) {
            for key in keys {
                let path = key.strip_prefix(DERIVED_PREFIX).unwrap_or(key);
                let deleted = self.bucket.delete_derived(path, None).await?;
                drift.orphans += u32::try_from(deleted).unwrap_or(u32::MAX);
            }
        }
        Ok(page.last().map(|object| object.key.clone()))
    }

    async fn report(
        &self,
        organization: OrganizationId,
        job: Option<Uuid>,
        drift: Drift,
        is_done: bool,
    ) -> anyhow::Result<(IngestionJobId, serde_json::Value)> {
        let tx = self.database.tenant(organization).await?;
        let job = match job {
            Some(job) => IngestionJobId(job),
            None => jobs::begin_reconcile(&tx).await.context("begin job")?,
        };
        let done = i32::try_from(drift.objects).unwrap_or(i32::MAX);
        let report =
            jobs::report(&tx, job, &serde_json::json!(drift), done, is_done).await.context("report")?;
        if is_done {
            let told = Event {
                kind: "reconciliation_completed",
                category: Category::System,
                payload: report.clone(),
                session: None,
                resource: Some(("ingestion_job", job.0)),
            };
            events::record(&tx, &[told]).await?;
        }
        tx.finish().await?;
        Ok((job, report))
    }
}

/// After the documents come the organization's derived objects, then its sessions' files: a place below one of these
/// prefixes, below which no document is, says how far a comparison came.
fn derived_of(organization: OrganizationId) -> String {
    format!("{DERIVED_PREFIX}{}", derived::of_organization(organization))
}

/// Where the files of an organization's sessions are.
pub(crate) fn files_of(organization: OrganizationId) -> String {
    format!("{SESSIONS_PREFIX}{organization}/")
}

/// Both lists are in the order of their keys' bytes.
fn compare(objects: &[Listed], known: &[Known], drift: &mut Drift, keys: &mut Vec<String>) {
    let (mut objects, mut known) = (objects.iter().peekable(), known.iter().peekable());
    loop {
        let order = match (objects.peek(), known.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(object), Some(known)) => object.key.as_bytes().cmp(known.key.as_bytes()),
        };
        let count = match order {
            Ordering::Less => Some(&mut drift.unknown),
            Ordering::Greater => Some(&mut drift.gone),
            Ordering::Equal => match (objects.peek(), known.peek()) {
                (_, Some(known)) if known.is_leased => None,
                (_, Some(known)) if !known.is_settled => Some(&mut drift.stuck),
                (_, Some(known)) if known.is_our_fault => Some(&mut drift.failed),
                (Some(object), Some(known)) if has_changed(object, known) => Some(&mut drift.changed),
                _ => None,
            },
        };
        let key = match order {
            Ordering::Greater => known.peek().map(|known| &known.key),
            _ => objects.peek().map(|object| &object.key),
        };
        if let Some(count) = count {
            *count += 1;
            keys.extend(key.cloned());
        }
        if order != Ordering::Greater {
            objects.next();
        }
        if order != Ordering::Less {
            known.next();
        }
    }
}

/// A list does not tell an object's metadata, only when it was written: what was, since its version began, is looked at.
fn has_changed(object: &Listed, known: &Known) -> bool {
    known.etag.as_ref() != Some(&object.etag)
        || object.written_at.zip(known.made_at).is_some_and(|(written, made)| written > made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn both_lists_are_walked_to_their_ends() {
        let at = |second| Timestamp::from_second(second).ok();
        let object =
            |key: &str, etag: &str| Listed { key: key.into(), etag: etag.into(), written_at: at(100) };
        let known = |key: &str, etag: &str| Known {
            key: key.into(),
            etag: Some(etag.into()),
            made_at: at(101),
            is_settled: true,
            is_our_fault: false,
            is_leased: false,
        };
        let rewritten = Listed { written_at: at(102), ..object("a/b/5", "x") };
        let objects = [object("a/b/1", "x"), object("a/b/2", "new"), object("a/b/4", "x"), rewritten];
        let leased = Known { is_leased: true, ..known("a/b/4", "old") };
        let stands =
            [known("a/b/0", "x"), known("a/b/2", "old"), leased, known("a/b/5", "x"), known("a/b/9", "x")];
        let (mut drift, mut keys) = (Drift::default(), Vec::new());
        compare(&objects, &stands, &mut drift, &mut keys);
        assert_eq!(keys, ["a/b/0", "a/b/1", "a/b/2", "a/b/5", "a/b/9"]);
        assert_eq!(drift, Drift { unknown: 1, changed: 2, gone: 2, ..Drift::default() });
    }
}
