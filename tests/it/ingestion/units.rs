//! Long documents: in units, each of which leaves what it did to the next.

use super::text;
use ingestion::{Outcome, TRIES, unit::Clock};
use std::time::Duration;
use store::documents;
use tests::{Pipeline, invariants};

/// A clock that is always up: a unit does the least that it must.
fn impatient() -> Clock {
    Clock::within(Duration::ZERO)
}

#[tokio::test]
async fn a_long_document_goes_on_where_it_stood() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put("manuals/long.txt", &text(400, "pumps")).await;
    let (mut units, mut stood) = (0, Vec::new());
    let chunks = loop {
        units += 1;
        match pipeline.function().look_at(&key, 1, impatient()).await.expect("a unit") {
            Outcome::Continues { done, after } => {
                assert_eq!(after, 0, "a good unit goes on at once");
                stood.push(done);
                // Nobody finds half of it.
                assert_eq!(found(&pipeline).await, 0);
            }
            Outcome::Completed { chunks } => break chunks,
            other => panic!("{other:?}"),
        }
    };
    assert!(
        stood.is_sorted() && stood.first() == Some(&0),
        "the first unit reads, each after it writes: {stood:?}"
    );
    assert!(units > 4, "{units} units");
    assert_eq!(found(&pipeline).await, chunks);
    invariants::check(&pipeline, "units").await;
}

#[tokio::test]
async fn what_was_read_is_read_again_when_it_was_lost() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put("manuals/long.txt", &text(200, "pumps")).await;
    for _ in 0..2 {
        pipeline.function().look_at(&key, 1, impatient()).await.expect("a unit");
    }
    for object in pipeline.objects("_derived/").await {
        pipeline.delete(&object).await;
    }
    assert!(matches!(pipeline.deliver(&key, impatient).await, Outcome::Completed { .. }));
    invariants::check(&pipeline, "a lost reading").await;
}

#[tokio::test]
async fn a_duplicate_goes_home_and_a_second_delivery_takes_over() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put("manuals/long.txt", &text(200, "pumps")).await;
    let slow = pipeline.function();
    pipeline.bedrock.harm(0, 1, tests::faults::Trouble::Slow(Duration::from_secs(3)));
    let (first, (duplicate, second)) = tokio::join!(slow.look_at(&key, 1, Clock::start()), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let duplicate = pipeline.function().look_at(&key, 1, Clock::start()).await.expect("a look");
        let second = pipeline.function().look_at(&key, 2, Clock::start()).await.expect("a look");
        (duplicate, second)
    });
    pipeline.bedrock.heal();
    assert_eq!(duplicate, Outcome::UnderWay);
    assert!(matches!(second, Outcome::Completed { .. }), "{second:?}");
    // The one that was replaced wrote nothing more.
    let first = first.expect("a look");
    assert!(matches!(first, Outcome::Unchanged | Outcome::UnderWay), "{first:?}");
    invariants::check(&pipeline, "a takeover").await;
}

#[tokio::test]
async fn what_functions_die_of_is_set_aside() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put("manuals/deadly.txt", &text(100, "pumps")).await;
    for delivery in 1..=4 {
        let function = pipeline.function();
        pipeline.bedrock.harm(0, 100, tests::faults::Trouble::Slow(Duration::from_secs(60)));
        // Dropped in the middle of its work, as a function that is killed: it says nothing to anybody.
        let dead =
            tokio::time::timeout(Duration::from_secs(2), function.look_at(&key, delivery, Clock::start()));
        assert!(dead.await.is_err());
    }
    pipeline.bedrock.heal();
    let outcome = pipeline.function().look_at(&key, 5, Clock::start()).await.expect("a look");
    assert!(
        matches!(&outcome, Outcome::Failed(failure) if failure.detail.contains("set aside")),
        "{outcome:?}"
    );
    invariants::check(&pipeline, "four deaths").await;
    // Uploaded again, it gets its chance again.
    assert!(matches!(pipeline.deliver(&key, Clock::start).await, Outcome::Completed { .. }));
    invariants::check(&pipeline, "another chance").await;
}

/// Passages that stand of the version that is being built.
async fn done(pipeline: &Pipeline) -> i32 {
    let admin = pipeline.database.admin().await.expect("a superuser");
    let query = "SELECT coalesce(max(chunks_done), 0) FROM docent.document_versions WHERE state = 'building'";
    admin.query_one(query, &[]).await.expect("read versions").get(0)
}

/// A function that brings a version forward, and is killed then.
async fn advances_and_dies(pipeline: &Pipeline, key: &str, delivery: u32) {
    let before = done(pipeline).await;
    pipeline.bedrock.harm(0, usize::MAX, tests::faults::Trouble::Slow(Duration::from_millis(50)));
    let function = pipeline.function();
    let dies = async {
        while done(pipeline).await <= before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        outcome = function.look_at(key, delivery, Clock::start()) => panic!("it lives: {outcome:?}"),
        () = dies => {}
    }
    pipeline.bedrock.heal();
}

#[tokio::test]
async fn what_functions_die_of_after_a_step_is_set_aside_too() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put("manuals/deadly.txt", &text(600, "pumps")).await;
    for delivery in 1..=4 {
        advances_and_dies(&pipeline, &key, delivery).await;
    }
    let outcome = pipeline.function().look_at(&key, 5, Clock::start()).await.expect("a look");
    assert!(
        matches!(&outcome, Outcome::Failed(failure) if failure.detail.contains("set aside")),
        "{outcome:?}"
    );
    invariants::check(&pipeline, "four deaths after a step each").await;
}

#[tokio::test]
async fn at_the_last_delivery_one_death_is_enough_unless_a_unit_ended_since() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put("manuals/deadly.txt", &text(600, "pumps")).await;
    let past_the_lease = async || {
        let tx = pipeline.organization.tx().await;
        store::versions::release_all(&tx).await.expect("end the leases");
        tx.finish().await.expect("commit");
    };
    advances_and_dies(&pipeline, &key, 1).await;
    past_the_lease().await;
    // A unit that comes to its end clears the word of the one that died.
    let outcome = pipeline.function().look_at(&key, 2, impatient()).await.expect("a unit");
    assert!(matches!(outcome, Outcome::Continues { .. }), "{outcome:?}");
    let outcome = pipeline.function().look_at(&key, TRIES, impatient()).await.expect("a unit");
    assert!(matches!(outcome, Outcome::Continues { .. }), "{outcome:?}");
    // One that died before the last delivery but one is given another chance; before the last, none.
    advances_and_dies(&pipeline, &key, 1).await;
    past_the_lease().await;
    advances_and_dies(&pipeline, &key, TRIES - 1).await;
    past_the_lease().await;
    let outcome = pipeline.function().look_at(&key, TRIES, Clock::start()).await.expect("a look");
    assert!(
        matches!(&outcome, Outcome::Failed(failure) if failure.detail.contains("set aside")),
        "{outcome:?}"
    );
    invariants::check(&pipeline, "a death before the last delivery").await;
}

async fn found(pipeline: &Pipeline) -> usize {
    let tx = pipeline.organization.tx().await;
    let statuses = documents::statuses(&tx, "documents", &[]).await.expect("read documents");
    statuses.iter().map(|status| usize::try_from(status.chunk_count).unwrap_or_default()).sum()
}
