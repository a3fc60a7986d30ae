//! A language model that a test tells what to say, behind OpenAI's wire, for the functions of a running stack: who is asked on the
//! side, and what a test's own words are answered.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use serde_json::{Value, json};
use std::{
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

/// How a request is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    /// This text.
    Says(String),
    /// The same once this is set; in the end without.
    SaysThen(Arc<AtomicBool>, String),
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

async fn answer(State(known): State<Arc<Mutex<Known>>>, Json(request): Json<Value>) -> Response {
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
