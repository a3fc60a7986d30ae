//! What becomes of an answer when its model breaks off: a typed end and a kept part, always, and never a wait beyond
//! the deadline.

use answering::{Answering, Broken, Event};
use aws_config::retry::RetryConfig;
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use domain::conversation::Question;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tests::{Organization, database, double};
use tokio::time::Instant;

/// Tokens of the whole answer.
const TOKENS: usize = 200;
/// The deadline of turns that reach it.
const DEADLINE: Duration = Duration::from_millis(400);
/// What a busy machine may add to it.
const SLACK: Duration = Duration::from_secs(10);

/// How a model fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The stream ends in good order, without its last events.
    EndsAfter(usize),
    /// The connection breaks within an event.
    TornAfter(usize),
    /// The service says within the stream that it is too busy.
    ThrottlesAfter(usize),
    /// What comes is no event.
    GarbageAfter(usize),
    /// Nothing more comes, and the connection stays.
    SilentAfter(usize),
    /// The call is taken and not answered.
    Mute,
    /// The call is refused with this status and body.
    Refuses(u16, &'static str),
    /// None: all tokens come.
    Whole,
    /// All tokens come and the message ends; then the connection breaks, and the count is missing.
    TornAtTheEnd,
    /// The model says the same for ever, as fast as it is read.
    Endless,
    /// The same, but what it goes on with stands nowhere, so that nothing of it is shown.
    EndlesslyInventing,
    /// A token after each of these pauses, for ever: something is always about to come.
    Drips(Duration),
}

#[derive(Clone)]
struct Double {
    fault: Arc<Mutex<Fault>>,
    /// Streams that somebody still reads.
    open: Arc<AtomicUsize>,
}

/// Counts a stream for as long as it is held.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn converse_stream(State(double): State<Double>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).expect("a request");
    let text = request["messages"].as_array().and_then(|turns| turns.last()).cloned().expect("a turn");
    let text = text["content"][0]["text"].as_str().expect("text").to_owned();
    let handle =
        text.split("<passage id=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a handle");
    let tokens: Vec<String> = (0..TOKENS)
        .map(|n| {
            let words = ["The ", "P-40 ", "needs ", "oil ", "of ", "grade ", "46"];
            // Eight tokens a sentence, with its citation.
            words.get(n % 8).map_or(format!(" [{handle}]. "), |word| (*word).to_owned())
        })
        .collect();
    let fault = *double.fault.lock().expect("no test panicked here");
    let (count, tail, stays) = match fault {
        Fault::EndsAfter(k) => (k, Vec::new(), false),
        Fault::TornAfter(k) => (k, token("never")[..20].to_vec(), false),
        Fault::ThrottlesAfter(k) => (k, throttled(), false),
        Fault::GarbageAfter(k) => (k, b"<html>upstream connect error</html>".repeat(9), false),
        Fault::SilentAfter(k) => (k, Vec::new(), true),
        Fault::Mute => std::future::pending().await,
        Fault::Refuses(status, body) => {
            return (StatusCode::from_u16(status).expect("a status"), body).into_response();
        }
        Fault::Whole => (TOKENS, whole_end(), false),
        Fault::TornAtTheEnd => {
            let stop = frame("event", "messageStop", &json!({ "stopReason": "end_turn" }));
            (TOKENS, [stop, token("never")[..20].to_vec()].concat(), false)
        }
        Fault::Endless => return endless(Open::new(&double.open), &tokens, None),
        Fault::EndlesslyInventing => {
            return endless(
                Open::new(&double.open),
                &tokens,
                Some("Unicorns graze behind violet curtains. "),
            );
        }
        Fault::Drips(pause) => return dripping(Open::new(&double.open), tokens, pause),
    };
    let open = Open::new(&double.open);
    let pieces = [frame("event", "messageStart", &json!({ "role": "assistant" }))]
        .into_iter()
        .chain(tokens.into_iter().take(count).map(|text| token(&text)))
        .chain([tail]);
    let sent = stream::iter(pieces.map(Ok::<_, Infallible>).collect::<Vec<_>>());
    let rest = stream::once(async move {
        let _open = open;
        if stays {
            std::future::pending::<()>().await;
        }
        Ok(Vec::new())
    });
    ([("content-type", "application/vnd.amazon.eventstream")], Body::from_stream(sent.chain(rest)))
        .into_response()
}

fn endless(open: Open, tokens: &[String], then: Option<&str>) -> Response {
    let first: Vec<u8> = tokens[..8].iter().flat_map(|text| token(text)).collect();
    let sentence = then.map_or_else(|| first.clone(), token);
    let mut begin = frame("event", "messageStart", &json!({ "role": "assistant" }));
    begin.extend(first);
    let rest = stream::unfold((open, sentence), |(open, sentence)| async move {
        Some((Ok::<_, Infallible>(sentence.clone()), (open, sentence)))
    });
    let body = Body::from_stream(stream::iter([Ok(begin)]).chain(rest));
    ([("content-type", "application/vnd.amazon.eventstream")], body).into_response()
}

fn dripping(open: Open, tokens: Vec<String>, pause: Duration) -> Response {
    let begin = frame("event", "messageStart", &json!({ "role": "assistant" }));
    let drops = stream::unfold((open, tokens.into_iter().cycle()), move |(open, mut tokens)| async move {
        tokio::time::sleep(pause).await;
        let sent = token(&tokens.next()?);
        Some((Ok::<_, Infallible>(sent), (open, tokens)))
    });
    let body = Body::from_stream(stream::iter([Ok(begin)]).chain(drops));
    ([("content-type", "application/vnd.amazon.eventstream")], body).into_response()
}

fn token(text: &str) -> Vec<u8> {
    frame("event", "contentBlockDelta", &json!({ "contentBlockIndex": 0, "delta": { "text": text } }))
}

fn throttled() -> Vec<u8> {
    frame("exception", "throttlingException", &json!({ "message": "Too many requests" }))
}

fn whole_end() -> Vec<u8> {
    let usage = json!({ "inputTokens": 1, "outputTokens": 1, "totalTokens": 2 });
    let mut end = frame("event", "messageStop", &json!({ "stopReason": "end_turn" }));
    end.extend(frame("event", "metadata", &json!({ "usage": usage, "metrics": { "latencyMs": 1 } })));
    end
}

fn frame(kind: &'static str, name: &'static str, payload: &Value) -> Vec<u8> {
    let text = |value: &'static str| HeaderValue::String(value.into());
    let named = if kind == "event" { ":event-type" } else { ":exception-type" };
    let message = Message::new(payload.to_string())
        .add_header(Header::new(":message-type", text(kind)))
        .add_header(Header::new(named, text(name)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut buffer = Vec::new();
    write_message_to(&message, &mut buffer).expect("memory takes it");
    buffer
}

/// A model with a fault, an organization with a document, and the product between them.
struct Scene {
    database: tests::TestDatabase,
    organization: Organization,
    answering: Arc<Answering>,
    double: Double,
}

/// How a turn ended.
struct Ended {
    streamed: String,
    failed: Option<Broken>,
    took: Duration,
    /// The kept answer: text, whether it is marked as broken, and why.
    kept: (String, bool, Option<String>),
    /// Tokens that it is said to have read.
    read: i32,
}

impl Scene {
    async fn new() -> Self {
        use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
        let double = Double { fault: Arc::new(Mutex::new(Fault::Whole)), open: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        // It makes no vectors: questions are searched for by their words.
        let router = Router::new()
            .route("/model/{id}/converse-stream", post(converse_stream))
            .with_state(double.clone());
        tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        let aws = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{address}"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "id", "secret", None, None, "test",
            )))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .build();
        let database = database().await;
        let organization = Organization::create(&database, "acme").await;
        organization.document("d", "p40.md").saying(["The P-40 needs oil of grade 46."]).stored().await;
        let answering = double::answering(&database, &aws);
        Self { database, organization, answering, double }
    }

    fn set(&self, fault: Fault) {
        *self.double.fault.lock().expect("no test panicked here") = fault;
    }

    async fn ask(&self, fault: Fault, deadline: Option<Duration>) -> Ended {
        self.set(fault);
        let session = self.organization.session().await;
        let mut turn = self.answering.begin(&self.organization.caller(), session).await.expect("a turn");
        let started = Instant::now();
        if let Some(deadline) = deadline {
            turn.answer_by = started + deadline;
        }
        let question = Question::new("The P-40 needs oil of which grade?").expect("a question");
        let (mut streamed, mut ends) = (String::new(), Vec::new());
        let mut events = pin!(Arc::clone(&self.answering).answer(turn, question, std::time::Instant::now()));
        while let Some(event) = events.next().await {
            assert!(ends.is_empty(), "{fault:?}: something comes after the end");
            match event {
                Event::Token(text) => streamed.push_str(&text),
                Event::Citation(_) => {}
                Event::Done(_) => ends.push(None),
                Event::Failed(why) => ends.push(Some(why)),
            }
        }
        let took = started.elapsed();
        let failed = ends.pop().unwrap_or_else(|| panic!("{fault:?}: a stream without an end"));
        let (kept, read) = self.kept(session).await.expect("one kept answer");
        Ended { streamed, failed, took, kept, read }
    }

    /// The session's answer as it was kept, and what it read; `None` while there is none.
    async fn kept(&self, session: domain::SessionId) -> Option<((String, bool, Option<String>), i32)> {
        let client = self.database.application().await;
        client
            .batch_execute(&format!("SET app.organization_id = '{}'", self.organization.id))
            .await
            .expect("set");
        let row = client
            .query_opt(
                "SELECT content, error, error_info->>'code', prompt_tokens FROM docent.messages \
                 WHERE session_id = $1 AND role = 'assistant'",
                &[&session.0],
            )
            .await
            .expect("at most one answer")?;
        Some(((row.get(0), row.get(1), row.get(2)), row.get(3)))
    }

    /// Waits until the model is told that nobody reads it any more.
    async fn let_go(&self) {
        let gone = async {
            while self.double.open.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SLACK, gone).await.expect("the model is told that nobody reads");
    }

    /// Asserts that a turn with a fault ends typed, in time, and with what was streamed kept.
    async fn ends(&self, fault: Fault, deadline: Option<Duration>, broken: Broken, code: &str) -> Ended {
        let ended = self.ask(fault, deadline).await;
        assert_eq!(ended.failed, Some(broken), "{fault:?}");
        assert!(ended.took < deadline.unwrap_or_default() + SLACK, "{fault:?} took {:?}", ended.took);
        let (content, error, why) = &ended.kept;
        assert_eq!((*error, why.as_deref()), (true, Some(code)), "{fault:?}");
        if ended.streamed.is_empty() {
            assert_eq!(content, domain::chatbot::DEFAULT_FALLBACK, "{fault:?}");
        } else {
            assert_eq!(content, &ended.streamed, "{fault:?}");
        }
        ended
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_breaks_off_after_any_token_ends_typed_and_its_part_is_kept() {
    let scene = Scene::new().await;
    let whole = scene.ask(Fault::Whole, None).await;
    assert_eq!((whole.failed, whole.kept.1), (None, false), "{}", whole.streamed);
    let torn = scene.ask(Fault::TornAtTheEnd, None).await;
    assert_eq!((torn.failed, torn.kept.1, &torn.streamed), (None, false, &whole.streamed));
    let (mut longest, mut shown) = (0, 0);
    for k in 0..TOKENS {
        for fault in [Fault::EndsAfter(k), Fault::TornAfter(k)] {
            let ended = scene.ends(fault, None, Broken::ModelUnavailable, "model_unavailable").await;
            shown += usize::from(!ended.streamed.is_empty());
            longest = longest.max(ended.streamed.len());
        }
    }
    // Most of them had shown something by then, and what was shown grew with what had come.
    assert!(shown > TOKENS && longest > 0, "{shown} shown, {longest} bytes at most");
    for k in [0, 1, 7, 8, 9, 100, TOKENS - 1, TOKENS] {
        for fault in [Fault::ThrottlesAfter(k), Fault::GarbageAfter(k)] {
            scene.ends(fault, None, Broken::ModelUnavailable, "model_unavailable").await;
        }
    }
    for (status, body) in [(429, "{\"message\":\"slow down\"}"), (500, "oops"), (503, ""), (200, "<html>")] {
        let fault = Fault::Refuses(status, body);
        let ended = scene.ask(fault, None).await;
        assert!(ended.failed.is_some() && ended.kept.1 && ended.kept.2.is_some(), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_beyond_the_deadline() {
    let scene = Scene::new().await;
    for fault in [Fault::Mute, Fault::SilentAfter(0), Fault::SilentAfter(9), Fault::SilentAfter(TOKENS)] {
        let ended = scene.ends(fault, Some(DEADLINE), Broken::TooSlow, "model_too_slow").await;
        assert!(ended.read > 100, "{fault:?}: the call was taken, and what it read is paid for");
    }
    // Nor does a model that always has more to say keep anybody.
    scene.ends(Fault::EndlesslyInventing, Some(DEADLINE), Broken::TooSlow, "model_too_slow").await;
    // Where all of it is shown, the answer ends where a message does, and is kept as it was shown.
    let ended = scene.ask(Fault::Endless, None).await;
    assert_eq!((ended.failed, ended.kept.1), (None, false), "it was whole as far as it went");
    assert_eq!(ended.kept.0, ended.streamed);
    let characters = ended.streamed.chars().count();
    let most = domain::limits::ASSISTANT_MESSAGE_CHARACTERS;
    assert!((most - 100..=most).contains(&characters), "{characters} characters");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_drips_for_ever_is_let_go_at_the_deadline() {
    let scene = Scene::new().await;
    // No pause is long enough to give it up for.
    let deadline = Duration::from_secs(4);
    let drips = Fault::Drips(Duration::from_millis(100));
    let ended = scene.ends(drips, Some(deadline), Broken::TooSlow, "model_too_slow").await;
    assert!(ended.took >= deadline, "it had all the time that there is: {:?}", ended.took);
    assert!(ended.streamed.starts_with("The P-40 needs oil of grade 46"), "{}", ended.streamed);
    assert!(ended.read > 100, "it is paid for");
    scene.let_go().await;
    // Nor does one help that never gets to the end of a sentence.
    let ended = scene
        .ends(Fault::Drips(Duration::from_millis(900)), Some(deadline), Broken::TooSlow, "model_too_slow")
        .await;
    assert_eq!(ended.streamed, "", "nothing is shown that is not checked");
    scene.let_go().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_models_call_ends_when_its_reader_goes_away() {
    let scene = Scene::new().await;
    scene.set(Fault::SilentAfter(20));
    let session = scene.organization.session().await;
    let turn = scene.answering.begin(&scene.organization.caller(), session).await.expect("a turn");
    let question = Question::new("The P-40 needs oil of which grade?").expect("a question");
    let mut events = Box::pin(Arc::clone(&scene.answering).answer(turn, question, std::time::Instant::now()));
    assert!(matches!(events.next().await, Some(Event::Token(_))));
    assert_eq!(scene.double.open.load(Ordering::SeqCst), 1);
    drop(events);
    scene.let_go().await;
    let kept = async {
        loop {
            match scene.kept(session).await {
                Some(kept) => break kept,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let ((content, error, code), read) =
        tokio::time::timeout(SLACK, kept).await.expect("what was shown is kept");
    assert!(content.starts_with("The P-40 needs oil of grade 46"), "{content}");
    assert_eq!((error, code.as_deref()), (true, Some("cancelled")));
    assert!(read > 100, "it is paid for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_never_pauses_is_stopped_when_somebody_asks() {
    let scene = Scene::new().await;
    scene.set(Fault::EndlesslyInventing);
    let session = scene.organization.session().await;
    let caller = scene.organization.caller();
    let turn = scene.answering.begin(&caller, session).await.expect("a turn");
    let question = Question::new("The P-40 needs oil of which grade?").expect("a question");
    let mut events = pin!(Arc::clone(&scene.answering).answer(turn, question, std::time::Instant::now()));
    assert!(matches!(events.next().await, Some(Event::Token(_))));
    scene.answering.cancel(&caller, session).await.expect("asked to stop");
    let end = async {
        loop {
            if let Event::Failed(why) = events.next().await.expect("an end") {
                break why;
            }
        }
    };
    let why = tokio::time::timeout(SLACK, end).await.expect("it is stopped long before its deadline");
    assert_eq!(why, Broken::Cancelled);
    let ((_, error, code), _) = scene.kept(session).await.expect("a kept part");
    assert_eq!((error, code.as_deref()), (true, Some("cancelled")));
}
