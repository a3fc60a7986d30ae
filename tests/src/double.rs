//! A model that says what a test tells it to, behind Bedrock's wire: what a real model might say on its worst day.

use crate::TestDatabase;
use answering::Answering;
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use local::bedrock::prompt::Prompt;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// What a model sends.
#[derive(Debug, Clone)]
pub enum Said {
    /// Text, as one piece of the stream.
    Text(String),
    /// A call of a tool, which nobody offered it.
    ToolCall(Value),
    /// Nothing at all: the call is refused.
    Refusal,
    /// Nothing more, and the connection stays.
    Silence,
    /// Nothing more: its limit is reached.
    Limit,
}

/// A passage that the model was given.
#[derive(Debug, Clone)]
pub struct Shown {
    /// How it is to be cited.
    pub handle: String,
    /// As the document has it.
    pub text: String,
}

/// How a slow model writes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Pieces of an answer.
    pub pieces: usize,
    /// The pause before each.
    pub pause: Duration,
}

/// Tokens of any text that a double embeds.
pub const VECTOR_TOKENS: i64 = 50;

type Script = Arc<dyn Fn(&[Shown]) -> Vec<Said> + Send + Sync>;

/// Requests as they came, one after the other.
pub type Requests = Arc<Mutex<Vec<Value>>>;

#[derive(Clone)]
struct Double {
    script: Script,
    requests: Requests,
}

/// A Bedrock whose answers are a script's, and which makes no vectors: questions are searched by their words alone. It
/// lives as long as the test's runtime.
///
/// # Panics
/// When no port is free.
pub async fn serve(script: impl Fn(&[Shown]) -> Vec<Said> + Send + Sync + 'static) -> SocketAddr {
    recording(script).await.0
}

/// The same, with what it was asked.
///
/// # Panics
/// When no port is free.
pub async fn recording(
    script: impl Fn(&[Shown]) -> Vec<Said> + Send + Sync + 'static,
) -> (SocketAddr, Requests) {
    let double = Double { script: Arc::new(script), requests: Requests::default() };
    let requests = Arc::clone(&double.requests);
    (listen(conversing(double)).await, requests)
}

/// The same, but it makes vectors too, those of [`crate::vectors`] and each of [`VECTOR_TOKENS`], and its rerankers leave the order
/// as it is. With how many tokens it embedded so far.
///
/// # Panics
/// When no port is free.
pub async fn complete(
    script: impl Fn(&[Shown]) -> Vec<Said> + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicI64>) {
    let double = Double { script: Arc::new(script), requests: Requests::default() };
    let embedded = Arc::new(AtomicI64::new(0));
    let invoked = Router::new().route("/model/{id}/invoke", post(invoke)).with_state(Arc::clone(&embedded));
    (listen(conversing(double).merge(invoked)).await, embedded)
}

fn conversing(double: Double) -> Router {
    Router::new().route("/model/{id}/converse-stream", post(converse_stream)).with_state(double)
}

async fn listen(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    });
    address
}

async fn invoke(State(embedded): State<Arc<AtomicI64>>, body: Bytes) -> Json<Value> {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(documents) = request["documents"].as_array() {
        let score = |(index, _): (u32, &Value)| json!({ "index": index, "relevance_score": 1.0 / f64::from(index + 1) });
        let results: Vec<Value> = (0..).zip(documents).map(score).collect();
        return Json(json!({ "results": results }));
    }
    embedded.fetch_add(VECTOR_TOKENS, Ordering::SeqCst);
    let text = request["inputText"].as_str().unwrap_or_default();
    let vector = crate::vectors::of_text(text, crate::database::DIMENSION);
    Json(json!({ "embedding": vector.as_slice(), "inputTextTokenCount": VECTOR_TOKENS }))
}

/// A Bedrock that repeats the first passage it is shown, at this pace. It lives as long as the test's runtime.
///
/// # Panics
/// When no port is free.
pub async fn slow(pace: Pace) -> SocketAddr {
    listen(Router::new().route("/model/{id}/converse-stream", post(converse_slowly)).with_state(pace)).await
}

async fn converse_slowly(State(pace): State<Pace>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let shown = shown(&request);
    let text = shown.first().map(|first| format!("{} [{}]", first.text, first.handle)).unwrap_or_default();
    let letters: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = letters
        .chunks(letters.len().div_ceil(pace.pieces).max(1))
        .map(|piece| piece.iter().collect())
        .collect();
    let stream = async_stream::stream! {
        yield frame("messageStart", &json!({ "role": "assistant" }));
        for number in 0..pace.pieces {
            tokio::time::sleep(pace.pause).await;
            if let Some(text) = pieces.get(number) {
                yield frame("contentBlockDelta", &json!({ "contentBlockIndex": 0, "delta": { "text": text } }));
            }
        }
        yield frame("contentBlockStop", &json!({ "contentBlockIndex": 0 }));
        yield frame("messageStop", &json!({ "stopReason": "end_turn" }));
        yield usage();
    };
    let body = axum::body::Body::from_stream(futures_util::StreamExt::map(
        stream,
        Ok::<_, std::convert::Infallible>,
    ));
    ([("content-type", "application/vnd.amazon.eventstream")], body).into_response()
}

/// How the product's own client finds it.
#[must_use]
pub fn aws(address: SocketAddr) -> aws_config::SdkConfig {
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
    aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "id", "secret", None, None, "test",
        )))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// An `Answering` over a database whose models are behind this configuration.
#[must_use]
pub fn answering(database: &TestDatabase, aws: &aws_config::SdkConfig) -> Arc<Answering> {
    sealing(database, aws, vault::Vault::without_key())
}

/// The same, with a vault.
#[must_use]
pub fn sealing(database: &TestDatabase, aws: &aws_config::SdkConfig, vault: vault::Vault) -> Arc<Answering> {
    Arc::new(Answering {
        database: database.database.clone(),
        embedder: models::Embedder::new(aws),
        generator: models::Generator::new(aws),
        reranker: models::Reranker::new(aws),
        bell: queue::Bell::default(),
        vault,
    })
}

async fn converse_stream(State(double): State<Double>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    double.requests.lock().expect("no panic under this lock").push(request.clone());
    let shown = shown(&request);
    let (mut reason, mut is_silent) = ("end_turn", false);
    let mut sent = frame("messageStart", &json!({ "role": "assistant" }));
    for (index, said) in (double.script)(&shown).into_iter().enumerate() {
        match said {
            Said::Text(text) => {
                let delta = json!({ "contentBlockIndex": index, "delta": { "text": text } });
                sent.extend(frame("contentBlockDelta", &delta));
            }
            Said::ToolCall(input) => {
                let tool = json!({ "toolUse": { "toolUseId": "t1", "name": "send_email" } });
                sent.extend(frame(
                    "contentBlockStart",
                    &json!({ "contentBlockIndex": index, "start": tool }),
                ));
                let delta = json!({ "toolUse": { "input": input.to_string() } });
                sent.extend(frame(
                    "contentBlockDelta",
                    &json!({ "contentBlockIndex": index, "delta": delta }),
                ));
            }
            Said::Refusal => return (StatusCode::FORBIDDEN, "{}").into_response(),
            Said::Silence => is_silent = true,
            Said::Limit => reason = "max_tokens",
        }
        sent.extend(frame("contentBlockStop", &json!({ "contentBlockIndex": index })));
    }
    let content = [("content-type", "application/vnd.amazon.eventstream")];
    if is_silent {
        let begun = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(sent)]);
        let body = futures_util::StreamExt::chain(begun, futures_util::stream::pending());
        return (content, axum::body::Body::from_stream(body)).into_response();
    }
    sent.extend(frame("messageStop", &json!({ "stopReason": reason })));
    sent.extend(usage());
    (content, sent).into_response()
}

fn frame(name: &'static str, payload: &Value) -> Vec<u8> {
    let text = |value: &'static str| HeaderValue::String(value.into());
    let message = Message::new(payload.to_string())
        .add_header(Header::new(":message-type", text("event")))
        .add_header(Header::new(":event-type", text(name)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut buffer = Vec::new();
    write_message_to(&message, &mut buffer).expect("memory takes it");
    buffer
}

/// The passages of a request's last turn.
fn shown(request: &Value) -> Vec<Shown> {
    let last = request["messages"].as_array().and_then(|turns| turns.last()).cloned().unwrap_or_default();
    let text = last["content"][0]["text"].as_str().unwrap_or_default();
    let passages = Prompt::parse(text).map(|prompt| prompt.passages).unwrap_or_default();
    passages.into_iter().map(|passage| Shown { handle: passage.handle, text: passage.text }).collect()
}

fn usage() -> Vec<u8> {
    let usage = json!({
        "inputTokens": 1, "outputTokens": 1, "totalTokens": 2, "cacheReadInputTokens": 3, "cacheWriteInputTokens": 4,
    });
    frame("metadata", &json!({ "usage": usage, "metrics": { "latencyMs": 1 } }))
}
