//! What is deleted is forgotten when S3 tells of it, without waiting for a place in the work queue.

use super::text;
use domain::limits;
use ingestion::{Outcome, heed::Told, unit::Clock};
use std::time::Duration;
use store::documents;
use tests::{Pipeline, faults::Trouble, invariants};

fn gone(key: &str) -> Told {
    Told { key: key.to_owned(), is_removal: true }
}

/// The keys of the documents that are known.
async fn known(pipeline: &Pipeline) -> Vec<String> {
    let tx = pipeline.organization.tx().await;
    let statuses = documents::statuses(&tx, "documents", &[]).await.expect("read documents");
    statuses.into_iter().map(|status| status.key).collect()
}

/// Documents that can be found.
async fn ready(pipeline: &Pipeline, names: &[&str]) -> Vec<String> {
    let mut keys = Vec::new();
    for name in names {
        let key = pipeline.put(&format!("manuals/{name}.txt"), &text(2, name)).await;
        assert!(matches!(pipeline.deliver(&key, Clock::start).await, Outcome::Completed { .. }));
        keys.push(key);
    }
    keys
}

#[tokio::test]
async fn what_is_gone_is_forgotten_at_once_and_only_that() {
    let pipeline = Pipeline::start().await;
    let keys = ready(&pipeline, &["gone", "there", "other"]).await;
    pipeline.delete(&keys[0]).await;
    let stranger = "nobody/manuals/a.txt".to_owned();
    let told = vec![
        gone(&keys[0]),
        // A late word: it has come again since.
        gone(&keys[1]),
        Told { key: keys[2].clone(), is_removal: false },
        gone(&stranger),
        gone("_derived/documents/a.txt"),
    ];
    let left = pipeline.function().heed(told.clone()).await;
    assert_eq!(left, [keys[1].clone(), keys[2].clone(), stranger.clone()], "these are looked at");
    let mut there = keys[1..].to_vec();
    there.sort();
    assert_eq!(known(&pipeline).await, there);
    invariants::check(&pipeline, "a removal").await;
    // Told twice, it is forgotten twice.
    assert_eq!(pipeline.function().heed(told).await, left);
    invariants::check(&pipeline, "the same removal").await;
}

#[tokio::test]
async fn a_removal_that_fails_or_takes_too_long_is_left_to_the_queue_alone() {
    let pipeline = Pipeline::start().await;
    let keys = ready(&pipeline, &["one", "two"]).await;
    for key in &keys {
        pipeline.delete(key).await;
    }
    let told = vec![gone(&keys[0]), gone(&keys[1])];
    // Both of the client's tries for the first key.
    pipeline.s3.harm(0, 2, Trouble::Status(503, "SlowDown"));
    assert_eq!(pipeline.function().heed(told).await, [keys[0].clone()]);
    assert_eq!(pipeline.s3.heal(), 2);
    assert_eq!(known(&pipeline).await, [keys[0].clone()]);
    pipeline.s3.harm(0, 1, Trouble::Slow(Duration::from_secs(limits::REMOVAL_SECONDS + 2)));
    assert_eq!(pipeline.function().heed(vec![gone(&keys[0])]).await, [keys[0].clone()]);
    pipeline.s3.heal();
    assert_eq!(known(&pipeline).await, [keys[0].clone()]);
    // The queue does the rest, as before.
    assert_eq!(pipeline.deliver(&keys[0], Clock::start).await, Outcome::Forgotten);
    invariants::check(&pipeline, "removals that failed").await;
}

#[tokio::test]
async fn what_is_built_when_it_goes_is_forgotten_too() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put("manuals/long.txt", &text(200, "pumps")).await;
    let impatient = || Clock::within(Duration::ZERO);
    for _ in 0..2 {
        let outcome = pipeline.function().look_at(&key, 1, impatient()).await.expect("a unit");
        assert!(matches!(outcome, Outcome::Continues { .. }), "{outcome:?}");
    }
    pipeline.delete(&key).await;
    assert!(pipeline.function().heed(vec![gone(&key)]).await.is_empty());
    assert!(known(&pipeline).await.is_empty());
    // The message that it was to go on with.
    assert_eq!(pipeline.deliver(&key, impatient).await, Outcome::Forgotten);
    invariants::check(&pipeline, "a removal in the midst").await;
}
