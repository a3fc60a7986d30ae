//! Processes that are tasks of the test: they speak HTTP to the Runtime API and behave or misbehave as told.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::{Request, StatusCode};
use futures_util::FutureExt;
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::sync::Notify;

use super::*;

type Body = BoxBody<Bytes, Infallible>;

/// The runtime's side of the wire.
#[derive(Clone)]
pub(crate) struct Runtime {
    base: String,
    client: Client<HttpConnector, Body>,
}

pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) payload: Bytes,
    headers: axum::http::HeaderMap,
}

impl Runtime {
    pub(crate) fn new(start: &Start) -> Runtime {
        Runtime {
            base: start.runtime_api.clone(),
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    async fn call(&self, request: Request<Body>) -> axum::http::Response<Incoming> {
        // A runtime whose API is gone exits, and so does its task.
        match self.client.request(request).await {
            Ok(response) => response,
            Err(_) => std::future::pending().await,
        }
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder().method(method).uri(format!("{}/2018-06-01/runtime/{path}", self.base))
    }

    pub(crate) async fn next(&self) -> Event {
        let request = self.request("GET", "invocation/next").body(Full::default().boxed()).unwrap();
        let (parts, body) = self.call(request).await.into_parts();
        assert_eq!(parts.status, StatusCode::OK);
        let id = parts.headers["lambda-runtime-aws-request-id"].to_str().unwrap().to_owned();
        Event { id, payload: body.collect().await.unwrap().to_bytes(), headers: parts.headers }
    }

    pub(crate) async fn respond(&self, event: &Event, answer: impl Into<Bytes>) -> StatusCode {
        let path = format!("invocation/{}/response", event.id);
        let request = self.request("POST", &path).body(Full::new(answer.into()).boxed()).unwrap();
        self.call(request).await.status()
    }

    pub(crate) async fn stream<S>(&self, event: &Event, frames: S) -> StatusCode
    where
        S: Stream<Item = Frame<Bytes>> + Send + Sync + 'static,
    {
        let path = format!("invocation/{}/response", event.id);
        let request =
            self.request("POST", &path).header("Lambda-Runtime-Function-Response-Mode", "streaming");
        let request = request
            .header("trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body");
        let body = BodyExt::boxed(StreamBody::new(frames.map(Ok::<_, Infallible>)));
        self.call(request.body(body).unwrap()).await.status()
    }

    async fn fail(&self, path: &str, kind: &str, message: &str) -> StatusCode {
        let body = serde_json::json!({ "errorType": kind, "errorMessage": message }).to_string();
        self.call(self.request("POST", path).body(Full::from(body).boxed()).unwrap()).await.status()
    }
}

/// A Lambda with one function, `f`, whose processes run the given task.
pub(crate) async fn lambda<F, R>(timeout: Duration, max_instances: usize, process: F) -> Lambda
where
    F: Fn(Runtime) -> R + Send + Sync + 'static,
    R: Future<Output = String> + Send + 'static,
{
    let place =
        Place { region: "us-east-1".into(), account: "0".repeat(12), start_limit: Duration::from_secs(2) };
    let launch: Launch = Arc::new(move |start| Ok(process(Runtime::new(start)).boxed()));
    Lambda::start(place, vec![Served { name: "f".into(), timeout, max_instances }], launch).await.unwrap()
}

async fn invoke(lambda: &Lambda, payload: &'static str) -> Outcome {
    lambda.invoke("f", Bytes::from(payload), InvokeOptions::default()).await.unwrap()
}

fn failure(outcome: Outcome) -> FunctionError {
    match outcome {
        Outcome::Error(error) => error,
        Outcome::Success(body) => panic!("expected an error, not {body:?}"),
    }
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn answers_come_back_and_headers_say_what_lambda_says() {
    let lambda = lambda(LONG, 1, |runtime| async move {
        loop {
            let event = runtime.next().await;
            let header = |name: &str| event.headers[name].to_str().unwrap().to_owned();
            let deadline: u128 = header("lambda-runtime-deadline-ms").parse().unwrap();
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
            assert!(deadline > now + 15_000 && deadline <= now + 20_000);
            let arn = header("lambda-runtime-invoked-function-arn");
            let answer = format!("{arn} {} {:?}", header("lambda-runtime-trace-id"), event.payload);
            assert_eq!(runtime.respond(&event, answer).await, StatusCode::ACCEPTED);
            assert_eq!(runtime.respond(&event, "again").await, StatusCode::GONE);
        }
    })
    .await;
    let options = InvokeOptions { trace_id: Some("Root=1-2-3".into()) };
    let outcome = lambda.invoke("f", Bytes::from("{}"), options).await.unwrap();
    let expected = "arn:aws:lambda:us-east-1:000000000000:function:f Root=1-2-3 b\"{}\"";
    assert_eq!(outcome, Outcome::Success(Bytes::from(expected)));
    assert!(lambda.invoke("g", Bytes::new(), InvokeOptions::default()).await.is_err());
    lambda.shut_down();
    assert!(lambda.invoke("f", Bytes::new(), InvokeOptions::default()).await.is_err());
}

#[tokio::test]
async fn instances_start_on_demand_up_to_the_maximum() {
    let busy = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let seen = busy.clone();
    let lambda = lambda(LONG, 3, move |runtime| {
        let busy = busy.clone();
        async move {
            loop {
                let event = runtime.next().await;
                let now = busy.0.fetch_add(1, Ordering::SeqCst) + 1;
                busy.1.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(30)).await;
                busy.0.fetch_sub(1, Ordering::SeqCst);
                runtime.respond(&event, event.payload.clone()).await;
            }
        }
    })
    .await;
    assert_eq!(invoke(&lambda, "1").await, Outcome::Success("1".into()));
    assert_eq!(lambda.instances("f"), 1);
    let all = futures_util::future::join_all((0..12).map(|_| invoke(&lambda, "x"))).await;
    assert!(all.iter().all(|outcome| *outcome == Outcome::Success("x".into())));
    assert_eq!((lambda.instances("f"), seen.1.load(Ordering::SeqCst)), (3, 3));
}

#[tokio::test]
async fn a_reported_error_keeps_the_process_and_a_crash_replaces_it() {
    let starts = Arc::new(AtomicUsize::new(0));
    let started = starts.clone();
    let lambda = lambda(LONG, 1, move |runtime| {
        starts.fetch_add(1, Ordering::SeqCst);
        async move {
            loop {
                let event = runtime.next().await;
                let status = match &event.payload[..] {
                    b"crash" => return "exit status: 101".to_owned(),
                    b"fail" => {
                        runtime.fail(&format!("invocation/{}/error", event.id), "Bad", "no good").await
                    }
                    _ => runtime.respond(&event, "ok").await,
                };
                assert_eq!(status, StatusCode::ACCEPTED);
            }
        }
    })
    .await;
    assert_eq!(failure(invoke(&lambda, "fail").await), FunctionError::new("Bad", "no good"));
    assert_eq!(invoke(&lambda, "x").await, Outcome::Success("ok".into()));
    assert_eq!(started.load(Ordering::SeqCst), 1);
    let crash = failure(invoke(&lambda, "crash").await);
    assert_eq!(crash.error_type, "Runtime.ExitError");
    assert!(crash.message.contains("exit status: 101"), "{crash}");
    assert_eq!(invoke(&lambda, "x").await, Outcome::Success("ok".into()));
    assert_eq!(started.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_process_that_cannot_start_fails_one_invocation_each_time() {
    let lambda = lambda(LONG, 1, |runtime| async move {
        runtime.fail("init/error", "Config", "DATABASE_URL is missing").await;
        "exit status: 1".to_owned()
    })
    .await;
    let (first, second) = tokio::join!(invoke(&lambda, "1"), invoke(&lambda, "2"));
    for outcome in [first, second] {
        assert_eq!(failure(outcome), FunctionError::new("Config", "DATABASE_URL is missing"));
    }
    assert_eq!(lambda.instances("f"), 0);
}

#[tokio::test]
async fn a_process_that_never_asks_for_work_is_given_up() {
    let lambda = lambda(LONG, 1, |_| std::future::pending()).await;
    let error = failure(invoke(&lambda, "x").await);
    assert!(error.message.contains("did not ask for work within 2.0 seconds"), "{error}");
}

#[tokio::test]
async fn time_up_kills_the_process_and_fails_the_invocation() {
    let lambda = lambda(Duration::from_secs(1), 1, |runtime| async move {
        let event = runtime.next().await;
        if event.payload == "slow" {
            tokio::time::sleep(LONG).await;
        }
        runtime.respond(&event, "ok").await;
        std::future::pending().await
    })
    .await;
    let (slow, next) = tokio::join!(invoke(&lambda, "slow"), invoke(&lambda, "x"));
    assert_eq!(failure(slow), FunctionError::new("Sandbox.Timedout", "Task timed out after 1.00 seconds"));
    assert_eq!(next, Outcome::Success("ok".into()));
}

async fn begin(lambda: &Lambda, payload: &'static str) -> ResponseStream {
    match lambda.invoke_streamed("f", Bytes::from(payload), InvokeOptions::default()).await.unwrap() {
        Streamed::Body(body) => body,
        Streamed::Error(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_stream_arrives_as_it_is_written() {
    let step = Arc::new(Notify::new());
    let steps = step.clone();
    let lambda = lambda(LONG, 1, move |runtime| {
        let steps = steps.clone();
        async move {
            let event = runtime.next().await;
            let frames = async_stream::stream! {
                yield Frame::data(Bytes::from("one"));
                steps.notified().await;
                yield Frame::data(Bytes::from("two"));
            };
            runtime.stream(&event, SyncStream(Mutex::new(Box::pin(frames)))).await;
            std::future::pending().await
        }
    })
    .await;
    let mut body = begin(&lambda, "x").await;
    assert_eq!(body.chunk().await.unwrap().unwrap(), "one");
    // The second part is written only now, so the first cannot have waited for it.
    step.notify_one();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "two");
    assert!(body.chunk().await.is_none());
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_in_an_error() {
    let lambda = lambda(Duration::from_secs(1), 1, |runtime| async move {
        let event = runtime.next().await;
        let kind = event.payload.clone();
        let frames = async_stream::stream! {
            yield Frame::data(Bytes::from("one"));
            if kind == "trailer" {
                let mut trailers = axum::http::HeaderMap::new();
                trailers.insert("Lambda-Runtime-Function-Error-Type", "Model.Gone".parse().unwrap());
                trailers.insert("Lambda-Runtime-Function-Error-Body", "aXQgbGVmdA==".parse().unwrap());
                yield Frame::trailers(trailers);
            } else {
                std::future::pending::<()>().await;
            }
        };
        let streamed = runtime.stream(&event, SyncStream(Mutex::new(Box::pin(frames))));
        if event.payload == "crash" {
            let _ = tokio::time::timeout(Duration::from_millis(100), streamed).await;
            return "signal: 9 (SIGKILL)".to_owned();
        }
        streamed.await;
        std::future::pending().await
    })
    .await;
    for (payload, error_type) in
        [("trailer", "Model.Gone"), ("crash", "Runtime."), ("slow", "Sandbox.Timedout")]
    {
        let mut body = begin(&lambda, payload).await;
        assert_eq!(body.chunk().await.unwrap().unwrap(), "one");
        let error = body.chunk().await.expect("an error").expect_err("no more data");
        assert!(error.error_type.starts_with(error_type), "{payload}: {error}");
        assert!(body.chunk().await.is_none());
    }
}

#[tokio::test]
async fn a_reader_that_leaves_closes_the_stream_and_the_process_serves_on() {
    let closed = Arc::new(Notify::new());
    let told = closed.clone();
    let lambda = lambda(LONG, 1, move |runtime| {
        let told = told.clone();
        async move {
            loop {
                let event = runtime.next().await;
                if event.payload == "whole" {
                    runtime.respond(&event, "ok").await;
                    continue;
                }
                let guard = NotifyOnDrop(told.clone());
                let frames = async_stream::stream! {
                    let _guard = guard;
                    loop {
                        yield Frame::data(Bytes::from("more"));
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                runtime.stream(&event, SyncStream(Mutex::new(Box::pin(frames)))).await;
            }
        }
    })
    .await;
    let mut body = begin(&lambda, "endless").await;
    assert_eq!(body.chunk().await.unwrap().unwrap(), "more");
    drop(body);
    tokio::time::timeout(LONG, closed.notified()).await.expect("the function's stream is dropped");
    assert_eq!(invoke(&lambda, "whole").await, Outcome::Success("ok".into()));
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// A stream that is `Sync`, as a boxed body must be.
pub(crate) struct SyncStream<S>(pub(crate) Mutex<Pin<Box<S>>>);

impl<S: Stream> Stream for SyncStream<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<Option<S::Item>> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll_next(poller)
    }
}
