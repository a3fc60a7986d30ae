//! THE WRITE PATH: a key in a bucket becomes passages that can be found, or a reason why not.
//!
//! [`Ingestion::look_at`] reads as the path: locate ▸ extract ▸ chunk ▸ embed ▸ store ▸ switch, or forget. It is
//! level-triggered: it is told a key, never what happened to it, looks at the object's present state and brings
//! the database to it. So duplicate, reordered and late events do no harm.

mod locate;
pub mod extract;
mod chunk;
mod embed;
mod build;

pub use chunk::{Chunk, Shape, chunk};

use anyhow::Context as _;
use domain::{Failure, FailureCode, ObjectKey, OrganizationId, document::KeyProblem, limits};
use extract::Extractor;
use futures_util::FutureExt as _;
use locate::Located;
use models::Embedder;
use objects::Bucket;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use store::{Database, documents};
use tokio::time::timeout;

/// Deliveries of a message before it counts as poison; the queue's `maxReceiveCount` is the same number.
pub const TRIES: u32 = 5;

/// What ingestion works with.
pub struct Ingestion {
    /// Where documents, chunks and vectors go.
    pub database: Database,
    /// Where objects come from.
    pub bucket: Bucket,
    /// What makes vectors.
    pub embedder: Embedder,
    /// What reads files, in a process of its own.
    pub extractor: Arc<Extractor>,
    /// Model of the space that new collections embed in.
    pub embedding_model: String,
    /// Its dimension.
    pub embedding_dimension: usize,
}

/// How a look at a key ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The object's bytes can be found now.
    Completed {
        /// Passages that were made.
        chunks: usize,
    },
    /// They could be before.
    Unchanged,
    /// Another function is at it; it looks again when it is done.
    UnderWay,
    /// They cannot be read, and the document says why.
    Failed(Failure),
    /// There is no object, and nothing of it is found any more.
    Forgotten,
    /// The key names no document of anybody.
    Ignored(&'static str),
}

impl Ingestion {
    /// Brings what is known of a key to the object's present state. `attempt` counts deliveries from 1: at the
    /// last one, what cannot be done is written into the document instead of being tried for ever.
    ///
    /// # Errors
    /// What may work another time: the message goes back to its queue.
    pub async fn look_at(&self, key: &str, attempt: u32) -> anyhow::Result<Outcome> {
        let parsed = match ObjectKey::parse(key) {
            Ok(parsed) => parsed,
            Err(KeyProblem::Derived) => return Ok(Outcome::Ignored("made by the product itself")),
            Err(KeyProblem::OutsideConvention) => {
                return Ok(ignored(key, "key is not {organization}/{collection}/{path}"));
            }
        };
        let organization = store::organizations::of_slug(&self.database, &parsed.organization);
        let Some(organization) = organization.await.context("find organization")? else {
            return Ok(ignored(key, "no organization has this slug"));
        };
        loop {
            let outcome = match self.locate(organization, key, &parsed).await? {
                Located::Gone => self.forget(organization, key).await?,
                Located::Settled => Outcome::Unchanged,
                Located::UnderWay => Outcome::UnderWay,
                Located::ToBuild(work) => match self.build_in_time(organization, &work).await {
                    Ok(Some(outcome)) => outcome,
                    // Bytes changed or the row went away under our hands: look again.
                    Ok(None) => continue,
                    Err(error) if attempt >= TRIES => {
                        tracing::error!(document.id = %work.document, error = format!("{error:#}"), "document given up");
                        self.give_up(organization, &work).await?
                    }
                    Err(error) => {
                        // The next delivery begins afresh instead of waiting for this one's lease to end.
                        self.abandon(organization, &work).await?;
                        return Err(error);
                    }
                },
            };
            // Whoever came while we worked was sent away: their event is ours to see to.
            let built =
                matches!(outcome, Outcome::Completed { .. } | Outcome::Failed(_) | Outcome::Forgotten);
            if !built || !self.changed_since(organization, key, &parsed).await? {
                return Ok(outcome);
            }
        }
    }

    async fn forget(&self, organization: OrganizationId, key: &str) -> anyhow::Result<Outcome> {
        let tx = self.database.tenant(organization).await?;
        let forgotten = documents::forget(&tx, self.bucket.name(), key).await.context("forget document")?;
        tx.finish().await?;
        match forgotten {
            Some(document) => self.bucket.delete_derived(&build::text_path(organization, document)).await?,
            None => {
                tracing::warn!(
                    object.key = key,
                    reason = "there is no such object: deleted before it was read",
                    "object ignored"
                );
            }
        }
        Ok(Outcome::Forgotten)
    }

    /// Builds within what a function may run. A panic is an error of this document; a time-out settles it, since
    /// the same work would take as long again.
    async fn build_in_time(
        &self,
        organization: OrganizationId,
        work: &locate::Work,
    ) -> anyhow::Result<Option<Outcome>> {
        let limit = Duration::from_secs(limits::BUILD_SECONDS);
        let building = AssertUnwindSafe(self.build(organization, work)).catch_unwind();
        match timeout(limit, building).await {
            Ok(Ok(built)) => built,
            Ok(Err(_)) => anyhow::bail!("reading the document panicked"),
            Err(_) => {
                let failure = Failure::new(
                    FailureCode::TooSlow,
                    format!(
                        "Processing took longer than {} seconds. Split the document into parts; if the models were \
                         only busy, upload it again.",
                        limits::BUILD_SECONDS
                    ),
                );
                let settled = self.settle_failed(organization, work, &failure).await?;
                Ok(settled.then_some(Outcome::Failed(failure)))
            }
        }
    }

    async fn give_up(&self, organization: OrganizationId, work: &locate::Work) -> anyhow::Result<Outcome> {
        let failure = Failure::new(
            FailureCode::Internal,
            "The document could not be processed after several tries; the operator's log has the reason. Upload it again to retry.",
        );
        self.settle_failed(organization, work, &failure).await?;
        Ok(Outcome::Failed(failure))
    }
}

fn ignored(key: &str, why: &'static str) -> Outcome {
    tracing::warn!(object.key = key, reason = why, "object ignored");
    Outcome::Ignored(why)
}
