//! An endpoint that plays what it is given, one play a call; the last is repeated.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

/// How a call is answered.
#[derive(Debug, Clone)]
pub enum Play {
    /// A status, header fields, and a body as a whole.
    Whole(u16, Vec<(&'static str, &'static str)>, String),
    /// Pieces of a stream, then its proper end.
    Pieces(Vec<String>),
    /// Pieces, and then the connection breaks.
    Torn(Vec<String>),
    /// Pieces, and then nothing any more.
    Silent(Vec<String>),
    /// Pieces, each after a pause.
    Slow(Duration, Vec<String>),
    /// Not even the beginning of an answer.
    Never,
}

/// A call as it came.
#[derive(Debug, Clone)]
pub struct Call {
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
}

#[derive(Clone, Default)]
struct Shared {
    plays: Arc<Mutex<VecDeque<Play>>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// A server on this machine, as long as the test's runtime lives.
pub struct Server {
    port: u16,
    shared: Shared,
}

impl Server {
    pub async fn playing(plays: impl IntoIterator<Item = Play>) -> Self {
        let shared = Shared { plays: Arc::new(Mutex::new(plays.into_iter().collect())), ..Shared::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, shared }
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().expect("no panic under this lock").clone()
    }
}

async fn answer(State(shared): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = serde_json::from_slice(&body).expect("a call is JSON");
    let call = Call { path: uri.path().to_owned(), authorization, body };
    shared.calls.lock().expect("no panic under this lock").push(call);
    let play = {
        let mut plays = shared.plays.lock().expect("no panic under this lock");
        if plays.len() > 1 { plays.pop_front() } else { plays.front().cloned() }
    };
    let pieces = |pieces: Vec<String>| pieces.into_iter().map(|piece| io::Result::Ok(Bytes::from(piece)));
    let torn = || Err(io::Error::other("torn"));
    match play.expect("a play") {
        Play::Whole(status, fields, body) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            for (name, value) in fields {
                response.headers_mut().insert(name, value.parse().expect("a header's value"));
            }
            response
        }
        Play::Pieces(all) => streamed(stream::iter(pieces(all))),
        Play::Torn(all) => {
            // The break must not overtake the pieces: what was written is on its way by then.
            let late = stream::once(async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                torn()
            });
            streamed(stream::iter(pieces(all)).chain(late))
        }
        Play::Silent(all) => streamed(stream::iter(pieces(all)).chain(stream::pending())),
        Play::Slow(pause, all) => streamed(stream::iter(pieces(all)).then(move |piece| async move {
            tokio::time::sleep(pause).await;
            piece
        })),
        Play::Never => std::future::pending().await,
    }
}

fn streamed(pieces: impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static) -> Response {
    let mut response = Response::new(Body::from_stream(pieces));
    response.headers_mut().insert("content-type", "text/event-stream".parse().expect("a header's value"));
    response
}
