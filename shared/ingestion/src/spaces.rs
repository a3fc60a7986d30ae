//! A collection into one more embedding space, or out of one that nobody searches any more.
//!
//! The new space is built beside the old one, which serves meanwhile. Both ways go in units: a unit asks which
//! passages lack a vector (or still have one), so it needs no memory of where the last one stood.

use crate::{
    Ingestion,
    embed::count,
    unit::{Clock, Pace},
};
use anyhow::Context as _;
use domain::{ChunkId, Failure, FailureCode, IngestionJobId, OrganizationId, limits};
use language::in_context;
use models::Purpose;
use pgvector::Vector;
use std::time::Instant;
use store::{
    curated, jobs, organizations,
    space_jobs::{self, Kind, SpaceJob},
    versions::{self, Spent},
};

/// How a unit of a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOutcome {
    /// It is over.
    Settled,
    /// There is more to do.
    Continues,
    /// It is over, in vain: this job clears up after it.
    Leaves(IngestionJobId),
    /// There is no such job.
    Unknown,
}

impl Ingestion {
    /// Retires the spaces that nobody searches; the jobs that clean up after them.
    pub(crate) async fn retire_unused_spaces(&self, slug: &str) -> anyhow::Result<Vec<IngestionJobId>> {
        let Some(organization) = organizations::of_slug(&self.database, slug).await? else {
            return Ok(Vec::new());
        };
        let tx = self.database.tenant(organization).await?;
        let mut jobs = Vec::new();
        for (collection, space) in space_jobs::unused(&tx).await.context("find unused spaces")? {
            jobs.push(space_jobs::begin_cleanup(&tx, collection, space).await.context("begin job")?);
        }
        tx.finish().await?;
        Ok(jobs)
    }

    /// Jobs that are not over after a day: whoever was at them is gone, with the message that told of them.
    pub(crate) async fn open_jobs(&self, slug: &str) -> anyhow::Result<Vec<IngestionJobId>> {
        let Some(organization) = organizations::of_slug(&self.database, slug).await? else {
            return Ok(Vec::new());
        };
        let tx = self.database.tenant(organization).await?;
        let jobs = space_jobs::open(&tx, limits::JOB_SECONDS).await.context("find open jobs")?;
        tx.finish().await?;
        Ok(jobs)
    }

    /// Runs a unit of a job.
    ///
    /// # Errors
    /// What may work another time.
    pub async fn run_job(&self, slug: &str, job: IngestionJobId, clock: Clock) -> anyhow::Result<JobOutcome> {
        let organization = organizations::of_slug(&self.database, slug).await.context("find organization")?;
        let Some(organization) = organization else { return Ok(JobOutcome::Unknown) };
        let tx = self.database.tenant(organization).await?;
        let found = space_jobs::lock(&tx, job).await.context("find job")?;
        tx.finish().await?;
        let Some(found) = found else { return Ok(JobOutcome::Unknown) };
        if found.is_settled {
            return Ok(JobOutcome::Settled);
        }
        let mut pace = Pace::start();
        loop {
            let began = Instant::now();
            let done = match found.kind {
                Kind::Reembed => self.embed_missing(organization, job, &found, pace.chunks()).await,
                Kind::Cleanup => self.delete_vectors(organization, job, &found).await,
            };
            let done = match done {
                Err(error) if is_refused(&error) => {
                    return self.refuse_job(organization, job, &found, &error).await;
                }
                done => done?,
            };
            if done == 0 {
                let tx = self.database.tenant(organization).await?;
                space_jobs::settle(&tx, job).await.context("settle job")?;
                tx.finish().await?;
                return Ok(JobOutcome::Settled);
            }
            pace.took(began.elapsed());
            if clock.is_up() {
                return Ok(JobOutcome::Continues);
            }
        }
    }

    /// The same call would be refused again, or answered with vectors of another length: the job says why, and documents are not embedded there any more.
    async fn refuse_job(
        &self,
        organization: OrganizationId,
        job: IngestionJobId,
        work: &SpaceJob,
        error: &anyhow::Error,
    ) -> anyhow::Result<JobOutcome> {
        tracing::warn!(error = format!("{error:#}"), "a space cannot be built");
        let detail = format!(
            "The embedding model {} refuses to embed with {} dimensions: check its id, its dimensions and the access to it.",
            work.space.model, work.space.dimension
        );
        let failure = Failure::new(FailureCode::Internal, detail);
        let tx = self.database.tenant(organization).await?;
        jobs::settle(&tx, job, Some(&failure)).await.context("settle job")?;
        // What was embedded before goes with the space; a bot that searches it keeps it.
        let clean_up =
            match space_jobs::is_searched(&tx, work.space.id).await.context("ask who searches the space")? {
                true => None,
                false => Some(
                    space_jobs::begin_cleanup(&tx, work.collection, work.space.id)
                        .await
                        .context("leave the space")?,
                ),
            };
        tx.finish().await?;
        Ok(clean_up.map_or(JobOutcome::Settled, JobOutcome::Leaves))
    }

    async fn embed_missing(
        &self,
        organization: OrganizationId,
        job: IngestionJobId,
        work: &SpaceJob,
        most: usize,
    ) -> anyhow::Result<usize> {
        let tx = self.database.tenant(organization).await?;
        let missing = space_jobs::missing(&tx, work.collection, work.space.id, most).await?;
        tx.finish().await?;
        if missing.is_empty() {
            return self.embed_missing_questions(organization, job, work, most).await;
        }
        let texts: Vec<String> = missing
            .iter()
            .map(|one| in_context(&one.title, &one.headings, one.context.as_deref(), &one.content))
            .collect();
        let embedded = self.embedder.embed(&work.space, Purpose::Document, &texts).await.context("embed")?;
        let mut spent = Spent::default();
        let read: Vec<_> = missing
            .iter()
            .zip(embedded.iter().zip(&texts))
            .map(|(chunk, (one, text))| (chunk.version, count(&mut spent, &work.space, one, text)))
            .collect();
        let vectors: Vec<Vector> = embedded.into_iter().map(|one| one.vector).collect();
        let ids: Vec<ChunkId> = missing.iter().map(|one| one.chunk).collect();
        let tx = self.database.tenant(organization).await?;
        space_jobs::insert_vectors(&tx, work.space.id, &ids, &vectors).await.context("write vectors")?;
        space_jobs::advance(&tx, job, i32::try_from(ids.len()).unwrap_or(i32::MAX)).await?;
        versions::spend(&tx, &work.space.model, &read, spent.is_estimated).await.context("note costs")?;
        jobs::spend(&tx, job, &spent).await.context("note costs")?;
        tx.finish().await?;
        Ok(ids.len())
    }

    /// The questions of curated answers go along: those of the collection, and those that every collection's bots answer.
    async fn embed_missing_questions(
        &self,
        organization: OrganizationId,
        job: IngestionJobId,
        work: &SpaceJob,
        most: usize,
    ) -> anyhow::Result<usize> {
        let tx = self.database.tenant(organization).await?;
        let missing = curated::without_vector(&tx, work.collection, work.space.id, most).await?;
        tx.finish().await?;
        if missing.is_empty() {
            return Ok(0);
        }
        let (ids, questions): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
        let embedded = self.embedder.embed(&work.space, Purpose::Query, &questions).await;
        let embedded = embedded.context("embed questions")?;
        let mut spent = Spent::default();
        for (one, question) in embedded.iter().zip(&questions) {
            count(&mut spent, &work.space, one, question);
        }
        let vectors: Vec<Vector> = embedded.into_iter().map(|one| one.vector).collect();
        let tx = self.database.tenant(organization).await?;
        curated::insert_vectors(&tx, work.space.id, &ids, &vectors).await.context("write vectors")?;
        jobs::spend(&tx, job, &spent).await.context("note costs")?;
        tx.finish().await?;
        Ok(ids.len())
    }

    async fn delete_vectors(
        &self,
        organization: OrganizationId,
        job: IngestionJobId,
        work: &SpaceJob,
    ) -> anyhow::Result<usize> {
        let tx = self.database.tenant(organization).await?;
        let limit = usize::try_from(limits::COPIED_AT_ONCE).unwrap_or(usize::MAX);
        let deleted = space_jobs::delete_vectors(&tx, work.collection, work.space.id, limit).await?;
        curated::leave_space(&tx, work.collection, work.space.id).await?;
        space_jobs::advance(&tx, job, i32::try_from(deleted).unwrap_or(i32::MAX)).await?;
        tx.finish().await?;
        Ok(usize::try_from(deleted).unwrap_or(usize::MAX))
    }
}

/// Whether the same call would come to nothing again. An answer that is garbled once is asked for again: what was embedded before was
/// paid for.
fn is_refused(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<models::Error>(),
        Some(models::Error::Refused(_) | models::Error::WrongDimension(_))
    )
}
