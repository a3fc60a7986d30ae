//! THE WRITE PATH: a key in a bucket becomes passages that can be found, or a reason why not.
//!
//! [`Ingestion::look_at`] reads as the path: locate ▸ extract ▸ chunk ▸ embed ▸ store ▸ switch, or forget. It is
//! level-triggered: it is told a key, never what happened to it, looks at the object's present state and brings
//! the database to it. So duplicate, reordered and late events do no harm.
//!
//! It works in units of at most a minute ([`unit`]): a long document stops between two batches of chunks, says
//! [`Outcome::Continues`], and goes on where it stood when it is looked at again. A function that dies loses what
//! it had not written since its last batch.

mod locate;
pub mod extract;
pub mod ocr;
mod read;
mod describe;
mod chunk;
mod headers;
mod embed;
mod curated;
mod files;
mod build;
mod settle;
pub mod heed;
pub mod reconcile;
pub mod spaces;
pub mod visit;
pub mod unit;

pub use chunk::{Chunk, Shape, chunk};

use anyhow::Context as _;
use domain::{
    Failure, FailureCode, FileKey, ObjectKey, OrganizationId, document::KeyProblem, file::without_name,
};
use extract::Extractor;
use futures_util::FutureExt as _;
use locate::{Located, Work};
use models::{Embedder, Generator};
use objects::Bucket;
use std::{panic::AssertUnwindSafe, sync::Arc};
use store::Database;
use tokio::time::timeout;
use unit::Clock;

/// Deliveries of a message before it counts as poison; the queue's `maxReceiveCount` is the same number.
pub const TRIES: u32 = 5;
/// Seconds after which a document goes on whose unit ended in an error, after a step forward.
const PAUSE_SECONDS: i32 = 15;

/// What ingestion works with.
pub struct Ingestion {
    /// Where documents, chunks and vectors go.
    pub database: Database,
    /// Where objects come from.
    pub bucket: Bucket,
    /// What makes vectors.
    pub embedder: Embedder,
    /// What writes contextual headers, for collections that ask for them.
    pub generator: Generator,
    /// The model that it writes them with.
    pub header_model: String,
    /// What reads files, in a process of its own.
    pub extractor: Arc<Extractor>,
    /// Who reads pages that are pictures.
    pub ocr: ocr::Ocr,
    /// Where web pages may be fetched from.
    pub web: pages::Policy,
    /// Model of the space that new collections embed in.
    pub embedding_model: String,
    /// Its dimension.
    pub embedding_dimension: usize,
    /// Who hears of what failed.
    pub bell: queue::Bell,
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
    /// Another function is at it, and holds a message that answers for it.
    UnderWay,
    /// This unit is over: look at the key again, after some seconds, for the rest.
    Continues {
        /// Passages that stand.
        done: i32,
        /// Seconds to wait.
        after: i32,
    },
    /// They cannot be read, and the document says why.
    Failed(Failure),
    /// There is no object, and nothing of it is found any more.
    Forgotten,
    /// The key names no document of anybody.
    Ignored(&'static str),
}

/// How far a unit came with a version.
pub(crate) enum Step {
    Built {
        chunks: usize,
    },
    Failed(Failure),
    Continues {
        done: i32,
        /// Seconds until the next unit.
        after: i32,
    },
    /// The bytes changed, the row went away, or another worker has it: look again.
    Moved,
}

impl Ingestion {
    /// Brings what is known of a key to the object's present state, or as near as a unit of work comes. `delivery`
    /// counts the message's deliveries from 1: from the second on, its worker before is known to be gone; at the
    /// last one, what cannot be done is written into the document instead of being tried for ever.
    ///
    /// # Errors
    /// What may work another time: the message goes back to its queue.
    pub async fn look_at(&self, key: &str, delivery: u32, clock: Clock) -> anyhow::Result<Outcome> {
        if let Some(file) = FileKey::parse(key) {
            return self.look_at_file(key, &file, delivery, clock).await;
        }
        let parsed = match ObjectKey::parse(key) {
            Ok(parsed) => parsed,
            Err(KeyProblem::Derived) => return Ok(Outcome::Ignored("made by the product itself")),
            Err(KeyProblem::OutsideConvention) => {
                return Ok(ignored(
                    key,
                    "key is not {organization}/{collection}/{path} with a collection of lower-case letters, digits, '-', '.' and '_'",
                ));
            }
        };
        let organization = store::organizations::of_slug(&self.database, &parsed.organization);
        let Some(organization) = organization.await.context("find organization")? else {
            return Ok(ignored(key, "no organization has this slug"));
        };
        loop {
            let outcome = match self.locate(organization, key, &parsed, delivery).await? {
                Located::Gone => self.forget(organization, key).await?,
                Located::Settled(document) => {
                    if delivery > 1 {
                        // The function that settled it may have died before it had cleared up.
                        self.clear_up(organization, document).await?;
                    }
                    Outcome::Unchanged
                }
                Located::UnderWay => Outcome::UnderWay,
                Located::Deadly(work) => self.give_up(organization, &work, DEADLY).await?,
                Located::ToBuild(work) => match self.work_on(organization, &work, delivery, clock).await? {
                    Step::Built { chunks } => Outcome::Completed { chunks },
                    Step::Failed(failure) => Outcome::Failed(failure),
                    Step::Continues { done, after } => return Ok(Outcome::Continues { done, after }),
                    Step::Moved => continue,
                },
            };
            // Whoever came while we worked was sent away: their event is ours to see to.
            let settled =
                matches!(outcome, Outcome::Completed { .. } | Outcome::Failed(_) | Outcome::Forgotten);
            if !settled || !self.changed_since(organization, key, &parsed).await? {
                return Ok(outcome);
            }
        }
    }

    /// One unit of work on a version. Whatever ends it early leaves what stands, and the lease, to the next one.
    async fn work_on(
        &self,
        organization: OrganizationId,
        work: &Work,
        delivery: u32,
        clock: Clock,
    ) -> anyhow::Result<Step> {
        let building = AssertUnwindSafe(self.build(organization, work, clock)).catch_unwind();
        let error = match timeout(clock.remaining(), building).await {
            Ok(Ok(Ok(step))) => {
                if let Step::Continues { .. } = step {
                    self.release(organization, work).await?;
                }
                return Ok(step);
            }
            Ok(Ok(Err(error))) => error,
            Ok(Err(_)) => anyhow::anyhow!("reading the document panicked"),
            Err(_) => anyhow::anyhow!("the unit of work was not over in time"),
        };
        if work.is_settling() {
            // The next delivery finds it settled, and clears up, or ends it.
            return Err(error);
        }
        if work.has_advanced() {
            tracing::warn!(document.id = %work.document, error = format!("{error:#}"), "document goes on after an error");
            self.release(organization, work).await?;
            return Ok(Step::Continues { done: work.done(), after: PAUSE_SECONDS });
        }
        if model_refuses(&error) {
            tracing::error!(document.id = %work.document, error = format!("{error:#}"), "a model refuses");
            let models: Vec<&str> = work.collection.spaces.iter().map(|space| space.model.as_str()).collect();
            let reason = format!(
                "The embedding model ({}) refuses: an administrator should check its id, its dimensions and the access to it. \
                 The document is read again within a day, or when it is reprocessed.",
                models.join(", ")
            );
            return self.given_up(organization, work, &reason).await;
        }
        if delivery >= TRIES {
            tracing::error!(document.id = %work.document, error = format!("{error:#}"), "document given up");
            return self.given_up(organization, work, GIVEN_UP).await;
        }
        self.release(organization, work).await?;
        Err(error)
    }

    async fn give_up(
        &self,
        organization: OrganizationId,
        work: &Work,
        reason: &str,
    ) -> anyhow::Result<Outcome> {
        let failure = Failure::new(FailureCode::Internal, reason);
        self.settle_failed(organization, work, &failure).await?;
        Ok(Outcome::Failed(failure))
    }

    /// The same in the midst of building.
    async fn given_up(
        &self,
        organization: OrganizationId,
        work: &Work,
        reason: &str,
    ) -> anyhow::Result<Step> {
        Ok(match self.give_up(organization, work, reason).await? {
            Outcome::Failed(failure) => Step::Failed(failure),
            _ => Step::Moved,
        })
    }
}

/// Whether a model would refuse the same call again. What it garbles may be whole another time.
fn model_refuses(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<models::Error>(), Some(models::Error::Refused(_)))
}

const GIVEN_UP: &str = "The document could not be processed after several tries; the operator's log has the \
                        reason. Upload it again to retry.";
const DEADLY: &str = "Processing the document broke off several times without a word, which is what a file does that \
                      no limit holds. It is set aside; the operator's log has the times. Upload it again to retry.";

fn ignored(key: &str, why: &'static str) -> Outcome {
    tracing::warn!(object.key = without_name(key), reason = why, "object ignored");
    Outcome::Ignored(why)
}
