//! The binary that deploys, killed at random moments of its work: what it acknowledged stands, what it did not comes
//! again.

use super::text;
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

/// Kills in a common run; `DOCENT_KILLS` says otherwise.
const KILLS: usize = 20;

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

fn message(key: &str, delivery: u32) -> Value {
    json!({ "Records": [{
        "messageId": "one", "receiptHandle": "none", "body": json!({ "look": { "key": key } }).to_string(),
        "attributes": { "ApproximateReceiveCount": delivery.to_string() }, "messageAttributes": {},
        "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:WorkQueue",
        "awsRegion": "us-east-1",
    }] })
}

async fn function(pipeline: &Pipeline, lambda: &Lambda) -> Child {
    let mut command = Command::new(pipeline::ingest_program().await);
    command
        .env_clear()
        .envs(pipeline.environment())
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
        let mut function = function(pipeline, lambda).await;
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

#[tokio::test]
async fn a_killed_function_loses_nothing_and_doubles_nothing() {
    let pipeline = Pipeline::start().await;
    let mut lambda = Lambda::start().await;
    let kills = tests::setting("DOCENT_KILLS").and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
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
