//! Faults at every place where one can happen: each is healed by what the queue does anyway, and nothing is lost,
//! doubled or left behind.

use super::{is_long, text};
use ingestion::{Outcome, unit::Clock};
use std::time::Duration;
use tests::{
    Pipeline,
    faults::{Cut, Trouble},
    invariants,
};

/// How many places of each kind are tried: all of them in a long run, else one in so many.
fn step() -> usize {
    if is_long() { 1 } else { 4 }
}

/// One round: a document comes, changes, and goes, with one fault on the way of each.
async fn round(
    pipeline: &Pipeline,
    number: usize,
    what: &str,
    harm: impl Fn(),
    heal: impl Fn() -> usize,
) -> usize {
    let path = format!("manuals/{what}-{number}.txt");
    let mut faults = 0;
    let key = pipeline.put(&path, &text(3 + number % 2, what)).await;
    for act in ["create", "overwrite", "delete"] {
        match act {
            "overwrite" => drop(pipeline.put(&path, &text(2, &format!("{what} {number}"))).await),
            "delete" => pipeline.delete(&key).await,
            _ => {}
        }
        harm();
        let first = pipeline.function().look_at(&key, 1, Clock::start()).await;
        faults += heal();
        if first.is_err() {
            pipeline.deliver_from(&key, 2, Clock::start).await;
        } else if matches!(first, Ok(Outcome::Continues { .. })) {
            pipeline.deliver(&key, Clock::start).await;
        }
        invariants::check(pipeline, &format!("{what} {number} at {act}")).await;
    }
    faults
}

#[tokio::test]
async fn the_connection_to_postgres_breaks_at_every_statement() {
    let pipeline = Pipeline::start().await;
    let mut faults = 0;
    for kind in [Cut::Before, Cut::After] {
        // Until there is no statement left to be harmed.
        for place in (0..).step_by(step()) {
            let (harm, heal) = (|| pipeline.postgres.harm(place, 1, kind), || pipeline.postgres.heal());
            let name = if kind == Cut::Before { "before" } else { "after" };
            let done = round(&pipeline, place, name, harm, heal).await;
            faults += done;
            if done == 0 {
                break;
            }
        }
    }
    println!("{faults} faults");
    assert!(faults * step() > 150, "{faults} faults");
}

#[tokio::test]
async fn s3_and_bedrock_fail_in_every_way() {
    let pipeline = Pipeline::start().await;
    let troubles = [
        Trouble::Status(500, "InternalServerException"),
        Trouble::Status(503, "ServiceUnavailableException"),
        Trouble::Status(429, "ThrottlingException"),
        Trouble::Bare(502),
        Trouble::Reset,
        Trouble::Garbage,
        Trouble::Slow(Duration::from_millis(300)),
    ];
    let mut faults = 0;
    for (number, trouble) in troubles.into_iter().enumerate() {
        // Two in a row get past the client's own retry.
        for (place, row) in (0..8).step_by(step()).flat_map(|place| [(place, 1), (place, 2)]) {
            let number = number * 100 + place * 10 + row;
            let (harm, heal) = (|| pipeline.bedrock.harm(place, row, trouble), || pipeline.bedrock.heal());
            faults += round(&pipeline, number, "bedrock", harm, heal).await;
            // Garbage from S3 would be a lie about the object, which no client can tell.
            if trouble != Trouble::Garbage {
                let (harm, heal) = (|| pipeline.s3.harm(place, row, trouble), || pipeline.s3.heal());
                faults += round(&pipeline, number, "s3", harm, heal).await;
            }
        }
    }
    println!("{faults} faults");
    assert!(faults > 60, "{faults} faults");
}

#[tokio::test]
async fn what_only_a_proxy_says_fails_no_document() {
    let pipeline = Pipeline::start().await;
    let passing = [408, 429, 502, 503, 504].map(Trouble::Bare);
    let renewed = [
        Trouble::Status(400, "ServiceQuotaExceededException"),
        Trouble::Status(403, "ExpiredTokenException"),
        Trouble::Status(403, "InvalidSignatureException"),
    ];
    for (number, trouble) in passing.into_iter().chain(renewed).enumerate() {
        let key = pipeline.put(&format!("manuals/{number}.txt"), &text(1, &format!("proxy {number}"))).await;
        pipeline.bedrock.harm(0, usize::MAX, trouble);
        let first = pipeline.function().look_at(&key, 1, Clock::start()).await;
        assert!(pipeline.bedrock.heal() > 0, "{trouble:?} was met");
        assert!(first.is_err(), "{trouble:?}: {first:?}");
        let outcome = pipeline.deliver_from(&key, 2, Clock::start).await;
        assert!(matches!(outcome, Outcome::Completed { .. }), "{trouble:?}: {outcome:?}");
    }
    // What the request itself is refused for stays so.
    let key = pipeline.put("manuals/refused.txt", &text(1, "refused")).await;
    pipeline.bedrock.harm(0, usize::MAX, Trouble::Status(403, "AccessDeniedException"));
    let outcome = pipeline.function().look_at(&key, 1, Clock::start()).await;
    pipeline.bedrock.heal();
    assert!(matches!(&outcome, Ok(Outcome::Failed(_))), "{outcome:?}");
    invariants::check(&pipeline, "a proxy's words").await;
}
