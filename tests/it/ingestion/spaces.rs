//! A collection into another space while the model breaks.

use super::text;
use domain::{IngestionJobId, SpaceId};
use ingestion::{Outcome, spaces::JobOutcome, unit::Clock};
use std::time::Duration;
use store::{collections, migrator, space_jobs};
use tests::{Pipeline, faults::Trouble};

/// A clock that is always up: a unit does one batch.
fn impatient() -> Clock {
    Clock::within(Duration::ZERO)
}

/// A document that is found, and a job that takes its collection into this space.
async fn begun(pipeline: &Pipeline, model: &str, dimension: usize) -> (IngestionJobId, SpaceId) {
    let key = pipeline.put("manuals/long.txt", &text(100, "pumps")).await;
    let outcome = pipeline.deliver(&key, Clock::start).await;
    assert!(matches!(outcome, Outcome::Completed { .. } | Outcome::Unchanged), "{outcome:?}");
    let owner = store::Database::owner(&pipeline.database.owner_url).expect("a URL");
    let space = migrator::make_space(&owner, model, dimension).await.expect("a space");
    let tx = pipeline.organization.tx().await;
    let collection =
        collections::ensure(&tx, "manuals", pipeline.organization.space.id).await.expect("a collection");
    let job = space_jobs::begin_reembed(&tx, collection.id, space).await.expect("a job");
    tx.finish().await.expect("commit");
    (job, space)
}

async fn vectors(pipeline: &Pipeline, space: SpaceId) -> i64 {
    let admin = pipeline.database.admin().await.expect("a superuser");
    let count = "SELECT count(*) FROM docent.embeddings WHERE space_id = $1";
    admin.query_one(count, &[&space.0]).await.expect("count").get(0)
}

#[tokio::test]
async fn a_garbled_answer_ends_no_job_and_costs_no_vector() {
    let pipeline = Pipeline::start().await;
    let (job, space) = begun(&pipeline, "amazon.titan-embed-text-v2:0", 256).await;
    let first = pipeline.function().run_job("acme", job, impatient()).await.expect("a unit");
    assert_eq!(first, JobOutcome::Continues);
    let paid = vectors(&pipeline, space).await;
    let all = vectors(&pipeline, pipeline.organization.space.id).await;
    assert!(paid > 0 && paid < all, "{paid} of {all}");
    pipeline.bedrock.harm(0, usize::MAX, Trouble::Garbage);
    let garbled = pipeline.function().run_job("acme", job, impatient()).await;
    assert!(pipeline.bedrock.heal() > 0);
    assert!(garbled.is_err(), "its message comes again: {garbled:?}");
    assert_eq!(vectors(&pipeline, space).await, paid);
    let rest = pipeline.function().run_job("acme", job, Clock::start()).await.expect("a unit");
    assert_eq!(rest, JobOutcome::Settled);
    assert_eq!(vectors(&pipeline, space).await, all);
}

#[tokio::test]
async fn a_refusal_or_vectors_of_another_length_end_it() {
    let pipeline = Pipeline::start().await;
    // Cohere's have 1,024 numbers, whatever is asked for.
    let (job, space) = begun(&pipeline, "cohere.embed-multilingual-v3", 512).await;
    let ended = pipeline.function().run_job("acme", job, Clock::start()).await.expect("a unit");
    assert!(matches!(ended, JobOutcome::Leaves(_)), "{ended:?}");
    assert_eq!(vectors(&pipeline, space).await, 0);
    let (job, space) = begun(&pipeline, "amazon.titan-embed-text-v2:0", 256).await;
    pipeline.bedrock.harm(0, usize::MAX, Trouble::Status(403, "AccessDeniedException"));
    let ended = pipeline.function().run_job("acme", job, Clock::start()).await.expect("a unit");
    pipeline.bedrock.heal();
    assert!(matches!(ended, JobOutcome::Leaves(_)), "{ended:?}");
    assert_eq!(vectors(&pipeline, space).await, 0);
}
