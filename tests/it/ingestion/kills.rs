//! The binary that deploys, killed at random moments of its work: what it acknowledged stands, what it did not comes
//! again.

use super::{is_long, text};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use rand::RngExt as _;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::Path as FilePath,
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tests::{Pipeline, invariants, pipeline};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
    time::timeout,
};

/// Kills in a common run, and in a long one.
const KILLS: (usize, usize) = (20, 500);

/// The Runtime API, for one function at a time.
struct Lambda {
    address: SocketAddr,
    work: Arc<Mutex<Option<Value>>>,
    answers: mpsc::UnboundedReceiver<Value>,
}

#[derive(Clone)]
struct Served {
    work: Arc<Mutex<Option<Value>>>,
    answers: mpsc::UnboundedSender<Value>,
}

impl Lambda {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("find a port");
        let address = listener.local_addr().expect("an address");
        let (sender, answers) = mpsc::unbounded_channel();
        let work = Arc::new(Mutex::new(None));
        let served = Served { work: Arc::clone(&work), answers: sender };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{end}", post(answer))
            .with_state(served);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, work, answers }
    }
}

async fn next(State(served): State<Served>) -> Response {
    loop {
        let work = served.work.lock().expect("no panic under this lock").take();
        if let Some(work) = work {
            let mut headers = HeaderMap::new();
            let deadline = jiff::Timestamp::now().as_millisecond() + 75_000;
            headers.insert("lambda-runtime-aws-request-id", HeaderValue::from_static("one"));
            headers.insert("lambda-runtime-deadline-ms", deadline.into());
            headers.insert(
                "lambda-runtime-invoked-function-arn",
                HeaderValue::from_static("arn:aws:lambda:us-east-1:000000000000:function:ingest"),
            );
            return (headers, work.to_string()).into_response();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn answer(
    State(served): State<Served>,
    Path((_, end)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let answer = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let _ = served.answers.send(if end == "error" { json!({ "error": answer }) } else { answer });
    StatusCode::ACCEPTED
}

/// A unit of work.
fn message(key: &str, delivery: u32) -> Value {
    delivered(&json!({ "look": { "key": key } }), delivery)
}

fn delivered(body: &Value, delivery: u32) -> Value {
    json!({ "Records": [{
        "messageId": "one", "receiptHandle": "none", "body": body.to_string(),
        "attributes": { "ApproximateReceiveCount": delivery.to_string() }, "messageAttributes": {},
        "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:WorkQueue",
        "awsRegion": "us-east-1",
    }] })
}

/// Starts the function, with these variables besides its own.
async fn function(pipeline: &Pipeline, lambda: &Lambda, more: &[(&str, &str)]) -> Child {
    let mut command = Command::new(pipeline::ingest_program().await);
    command
        .env_clear()
        .envs(pipeline.environment())
        .envs(more.iter().copied())
        .env("AWS_LAMBDA_RUNTIME_API", lambda.address.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.spawn().expect("start ingest")
}

/// Delivers a message, kills the function when its time is up, and delivers again until one acknowledges. How many
/// were killed.
async fn deliver(pipeline: &Pipeline, lambda: &mut Lambda, key: &str, kill_after: Option<Duration>) -> usize {
    let mut killed = 0;
    for delivery in 1.. {
        *lambda.work.lock().expect("no panic under this lock") = Some(message(key, delivery));
        let mut function = function(pipeline, lambda, &[]).await;
        // Only the first is killed: a second time would be a poisonous document.
        let patience = kill_after.filter(|_| delivery == 1).unwrap_or(Duration::from_secs(60));
        let answered = timeout(patience, lambda.answers.recv()).await;
        function.kill().await.expect("kill ingest");
        *lambda.work.lock().expect("no panic under this lock") = None;
        match answered {
            Ok(Some(answer)) if answer["batchItemFailures"] == json!([]) => break,
            Ok(answer) => assert!(delivery < 5, "{key}: {answer:?}"),
            Err(_) => {
                assert!(delivery == 1, "{key} took more than a minute");
                killed += 1;
            }
        }
        while lambda.answers.try_recv().is_ok() {}
    }
    killed
}

/// One delivery to a function in such a world; whether it acknowledged the message.
async fn deliver_in(
    pipeline: &Pipeline,
    lambda: &mut Lambda,
    key: &str,
    delivery: u32,
    world: &[(&str, &str)],
) -> bool {
    acknowledges(pipeline, lambda, message(key, delivery), world).await
}

/// Whether a function in such a world acknowledges a message.
async fn acknowledges(
    pipeline: &Pipeline,
    lambda: &mut Lambda,
    message: Value,
    world: &[(&str, &str)],
) -> bool {
    *lambda.work.lock().expect("no panic under this lock") = Some(message);
    let mut function = function(pipeline, lambda, world).await;
    let answer = timeout(Duration::from_secs(60), lambda.answers.recv()).await;
    function.kill().await.expect("kill ingest");
    answer.expect("an answer within a minute").expect("an answer")["batchItemFailures"] == json!([])
}

/// Whether a document's active version was made by a clock that is fast.
async fn is_of_the_future(pipeline: &Pipeline, key: &str) -> bool {
    let admin = pipeline.database.admin().await.expect("a superuser");
    let query = "SELECT uuid_extract_timestamp(active_version_id) > now() + interval '9 minutes'
                   FROM docent.documents WHERE s3_key = $1";
    admin.query_one(query, &[&key]).await.expect("a document").get(0)
}

/// `tests/faults/world.c`, compiled.
fn world(folder: &FilePath) -> String {
    let library = folder.join("world.so");
    let source = tests::repository::root().join("tests/faults/world.c");
    let mut compiler = std::process::Command::new("cc");
    let compiled =
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(compiled.expect("a C compiler").success());
    library.to_str().expect("a path in UTF-8").to_owned()
}

#[tokio::test]
async fn a_full_disk_and_a_wrong_clock_lose_nothing() {
    let pipeline = Pipeline::start().await;
    let mut lambda = Lambda::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let library = world(folder.path());
    let preloaded = ("LD_PRELOAD", library.as_str());
    let full = [preloaded, ("WORLD_DISK", "full")];
    let key = pipeline.put("manuals/full.txt", &text(30, "pumps")).await;
    assert!(
        !deliver_in(&pipeline, &mut lambda, &key, 1, &full).await,
        "nothing was read, and said to be done"
    );
    assert!(!deliver_in(&pipeline, &mut lambda, &key, 2, &full).await);
    assert!(deliver_in(&pipeline, &mut lambda, &key, 3, &[]).await);
    invariants::check(&pipeline, "a full disk").await;
    // Clocks that are ten minutes apart, as S3 still takes them, either way and in turns.
    for (round, clock) in ["600", "-600", "600", "-600", "0"].into_iter().enumerate() {
        let skewed = [preloaded, ("WORLD_CLOCK", clock)];
        for act in 0..3 {
            match act {
                0 => drop(pipeline.put("manuals/clock.txt", &text(20, &format!("round {round}"))).await),
                1 => drop(pipeline.put("manuals/clock.txt", &text(10, &format!("again {round}"))).await),
                _ => pipeline.delete(&key).await,
            }
            let key = if act < 2 {
                format!("{}/manuals/clock.txt", pipeline.organization.slug)
            } else {
                key.clone()
            };
            let acknowledged = deliver_in(&pipeline, &mut lambda, &key, 1, &skewed).await;
            assert!(acknowledged, "{clock} seconds, act {act}");
            if round == 0 && act == 0 {
                assert!(is_of_the_future(&pipeline, &key).await, "the function's clock is ten minutes fast");
            }
            invariants::check(&pipeline, &format!("a clock that is {clock} seconds off")).await;
        }
    }
}

#[tokio::test]
async fn a_removal_is_seen_to_without_the_work_queue() {
    let pipeline = Pipeline::start().await;
    let mut lambda = Lambda::start().await;
    let key = pipeline.put("manuals/gone.txt", &text(3, "pumps")).await;
    deliver(&pipeline, &mut lambda, &key, None).await;
    let told = |name: &str| {
        delivered(&json!({ "Records": [{ "eventName": name, "s3": { "object": { "key": key } } }] }), 1)
    };
    // The queues here answer nobody: what has to wait in one fails.
    let is_removal = "ObjectRemoved:Delete";
    assert!(!acknowledges(&pipeline, &mut lambda, told("ObjectCreated:Put"), &[]).await);
    assert!(!acknowledges(&pipeline, &mut lambda, told(is_removal), &[]).await, "its object is there");
    pipeline.delete(&key).await;
    assert!(acknowledges(&pipeline, &mut lambda, told(is_removal), &[]).await);
    invariants::check(&pipeline, "a removal without queues").await;
}

#[tokio::test]
async fn a_killed_function_loses_nothing_and_doubles_nothing() {
    let pipeline = Pipeline::start().await;
    let mut lambda = Lambda::start().await;
    let kills = if is_long() { KILLS.1 } else { KILLS.0 };
    // How long it takes undisturbed: moments are drawn from that.
    let key = pipeline.put("manuals/first.txt", &text(150, "pumps")).await;
    let begun = Instant::now();
    deliver(&pipeline, &mut lambda, &key, None).await;
    let whole = begun.elapsed();
    let (mut killed, mut number) = (0, 0);
    while killed < kills {
        number += 1;
        assert!(number < kills * 4, "{killed} kills in {number} tries");
        let key = format!("manuals/{}.txt", number % 5);
        let moment = || Some(whole.mul_f64(rand::rng().random_range(0.0..1.0)));
        let key = pipeline.put(&key, &text(100 + number % 100, &format!("round {number}"))).await;
        killed += deliver(&pipeline, &mut lambda, &key, moment()).await;
        invariants::check(&pipeline, &format!("kill {killed}")).await;
        if number % 3 == 0 {
            pipeline.delete(&key).await;
            killed += deliver(&pipeline, &mut lambda, &key, moment().map(|moment| moment / 4)).await;
            invariants::check(&pipeline, &format!("kill {killed} of a deletion")).await;
        }
    }
    println!("{killed} kills, {number} documents, {:.2} s undisturbed", whole.as_secs_f64());
}
