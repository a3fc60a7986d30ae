//! A language model that a test tells what to say, behind OpenAI's wire, for the functions of a running stack: who is asked on the
//! side, and what a test's own words are answered.

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

/// Its id, as functions are told it.
pub const MODEL: &str = "openai/aside";
/// Tokens of each of its answers.
pub const TOKENS: (i64, i64) = (100, 20);
/// As long as it keeps anybody waiting: less than who asks on the side would wait.
const MOST: Duration = Duration::from_secs(17);
/// Between two words of one that drips.
const DRIP: Duration = Duration::from_secs(1);

/// How a request is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    /// This text.
    Says(String),
    /// The same once this is set; in the end without.
    SaysThen(Arc<AtomicBool>, String),
    /// This sentence, of the first passage that it was given; then a word every now and then, for as long as anybody reads.
    Drips(String),
    /// It is busy.
    Busy,
}

#[derive(Default)]
struct Known {
    replies: Vec<(String, Reply)>,
    requests: Vec<Value>,
}

/// A language model, in a runtime of its own: it outlives the tests' runtimes. Whose words nobody announced is answered with a
/// sentence that is no JSON.
pub struct Aside {
    /// Where it answers.
    pub base_url: String,
    known: Arc<Mutex<Known>>,
}

impl Aside {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot.
    #[must_use]
    pub fn start() -> Self {
        let known = Arc::new(Mutex::new(Known::default()));
        let shared = Arc::clone(&known);
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("start a runtime").block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
                let site = Router::new().route("/v1/chat/completions", post(answer)).with_state(shared);
                sender.send(url).expect("the test waits");
                axum::serve(listener, site).await.expect("serve");
            });
        });
        Self { base_url: receiver.recv().expect("it starts"), known }
    }

    /// Says how a request is answered in which these words stand, from now on.
    ///
    /// # Panics
    /// When a request failed in between.
    pub fn when(&self, words: &str, reply: Reply) {
        self.known.lock().expect("no panic under this lock").replies.insert(0, (words.to_owned(), reply));
    }

    /// The requests so far in which these words stand.
    ///
    /// # Panics
    /// When a request failed in between.
    #[must_use]
    pub fn heard(&self, words: &str) -> Vec<Value> {
        let known = self.known.lock().expect("no panic under this lock");
        known.requests.iter().filter(|request| holds(request, words)).cloned().collect()
    }
}

/// Whether words stand in what the user says.
fn holds(request: &Value, words: &str) -> bool {
    let turns = request["messages"].as_array().into_iter().flatten().filter(|turn| turn["role"] == "user");
    turns.filter_map(|turn| turn["content"].as_str()).any(|content| content.contains(words))
}

/// How the first passage is to be cited.
fn first_handle(request: &Value) -> String {
    let turns = request["messages"].as_array().into_iter().flatten().filter(|turn| turn["role"] == "user");
    let handle = |content: &str| Some(content.split("<passage id=\"").nth(1)?.split('"').next()?.to_owned());
    turns.filter_map(|turn| turn["content"].as_str()).find_map(handle).unwrap_or_default()
}

fn dripping(sentence: &str, handle: &str) -> Response {
    let event = |content: &str| {
        let choice = json!({ "index": 0, "delta": { "content": content }, "finish_reason": null });
        format!("data: {}\n\n", json!({ "choices": [choice] }))
    };
    let first = event(&format!("{} [{handle}]. ", sentence.trim_end_matches('.')));
    let drops = stream::unfold(event("Drip "), |word| async move {
        tokio::time::sleep(DRIP).await;
        Some((Ok::<_, Infallible>(word.clone()), word))
    });
    let body = Body::from_stream(stream::iter([Ok(first)]).chain(drops));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

async fn answer(State(known): State<Arc<Mutex<Known>>>, Json(request): Json<Value>) -> Response {
    let handle = first_handle(&request);
    let reply = {
        let mut known = known.lock().expect("no panic under this lock");
        let reply =
            known.replies.iter().find(|(words, _)| holds(&request, words)).map(|(_, reply)| reply.clone());
        known.requests.push(request);
        reply
    };
    let text = match reply {
        None => "I would rather not say.".to_owned(),
        Some(Reply::Says(text)) => text,
        Some(Reply::SaysThen(is_time, text)) => {
            let began = Instant::now();
            while !is_time.load(Ordering::Relaxed) && began.elapsed() < MOST {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            text
        }
        Some(Reply::Drips(sentence)) => return dripping(&sentence, &handle),
        Some(Reply::Busy) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let (prompt, completion) = TOKENS;
    let chunks = [
        json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] }),
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
        json!({ "choices": [], "usage": { "prompt_tokens": prompt, "completion_tokens": completion } }),
    ];
    let mut stream: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    stream.push_str("data: [DONE]\n\n");
    ([(header::CONTENT_TYPE, "text/event-stream")], stream).into_response()
}
