//! Histories: whatever happens to a few keys, in whatever order and however often it is told, the end is the bucket's
//! state.

use ingestion::unit::Clock;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::{collections::BTreeMap, sync::Arc};
use tests::{Pipeline, invariants};

/// Cases in a common run; `PROPTEST_CASES` says otherwise.
const CASES: u32 = 24;

/// Something that happens.
#[derive(Debug, Clone)]
enum Act {
    /// An object is written.
    Put { key: u8, content: u8 },
    /// An object is deleted.
    Delete { key: u8 },
    /// One of the messages under way is delivered; the place is taken modulo their number.
    Deliver { place: u8 },
    /// One of them is delivered and its acknowledgement lost: it comes again.
    DeliverTwice { place: u8 },
    /// One of the messages is doubled, as S3 and SQS may.
    Double { place: u8 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..3_u8, 0..4_u8).prop_map(|(key, content)| Act::Put { key, content }),
        2 => (0..3_u8).prop_map(|key| Act::Delete { key }),
        3 => any::<u8>().prop_map(|place| Act::Deliver { place }),
        1 => any::<u8>().prop_map(|place| Act::DeliverTwice { place }),
        1 => any::<u8>().prop_map(|place| Act::Double { place }),
    ]
}

#[test]
fn every_history_ends_in_the_buckets_state() {
    let runtime = Arc::new(tokio::runtime::Runtime::new().expect("start a runtime"));
    let pipeline = runtime.block_on(Pipeline::start());
    let cases = tests::setting("PROPTEST_CASES").and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let number = std::cell::Cell::new(0);
    let result = runner.run(&proptest::collection::vec(act(), 1..14), |history| {
        number.set(number.get() + 1);
        runtime.block_on(live(&pipeline, number.get(), &history));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Content by its number. The same content stands under several keys, so that copies are among the histories.
fn content(number: u8) -> String {
    format!("Notice {number}. The valve opens at {number} bar. It closes when the pressure falls below that.")
}

async fn live(pipeline: &Pipeline, number: usize, history: &[Act]) {
    let mut messages: Vec<String> = Vec::new();
    let mut bucket: BTreeMap<String, u8> = BTreeMap::new();
    let path = |key: u8| format!("history-{number}/{key}.txt");
    let full = |key: u8| format!("{}/{}", pipeline.organization.slug, path(key));
    for act in history {
        match *act {
            Act::Put { key, content: number } => {
                messages.push(pipeline.put(&path(key), content(number).as_bytes()).await);
                bucket.insert(full(key), number);
            }
            Act::Delete { key } => {
                pipeline.delete(&full(key)).await;
                bucket.remove(&full(key));
                messages.push(full(key));
            }
            Act::Deliver { place } if !messages.is_empty() => {
                let key = messages.swap_remove(usize::from(place) % messages.len());
                pipeline.deliver(&key, Clock::start).await;
            }
            Act::DeliverTwice { place } if !messages.is_empty() => {
                let key = messages[usize::from(place) % messages.len()].clone();
                pipeline.deliver(&key, Clock::start).await;
            }
            Act::Double { place } if !messages.is_empty() => {
                messages.push(messages[usize::from(place) % messages.len()].clone());
            }
            _ => {}
        }
    }
    // The queue runs empty, last in first out.
    while let Some(key) = messages.pop() {
        pipeline.deliver(&key, Clock::start).await;
    }
    let found = contents(pipeline, number).await;
    let wanted = bucket.iter().map(|(key, number)| (key.clone(), content(*number))).collect();
    assert_eq!(found, wanted);
    invariants::check(pipeline, "a history").await;
    for key in bucket.keys() {
        pipeline.delete(key).await;
        pipeline.deliver(key, Clock::start).await;
    }
}

/// What a reader finds of a case's documents.
async fn contents(pipeline: &Pipeline, number: usize) -> BTreeMap<String, String> {
    let owner = pipeline.database.admin().await.expect("a superuser");
    let rows = owner
        .query(
            "SELECT d.s3_key, string_agg(c.content, ' ' ORDER BY c.chunk_index)
               FROM docent.documents d JOIN docent.chunks c ON c.document_version_id = d.active_version_id
              WHERE d.s3_key LIKE $1 GROUP BY d.s3_key",
            &[&format!("%/history-{number}/%")],
        )
        .await
        .expect("read passages");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}
