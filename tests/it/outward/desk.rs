//! A service desk of somebody else's: it heeds `Idempotency-Key`, and has its moods.

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse as _, Redirect, Response},
    routing::any,
};
use http::StatusCode;
use serde_json::json;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What it does with a ticket that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Nothing: it is broken.
    Fails,
    /// It makes it, and its answer gets lost.
    TakesAndIsSilent,
    /// It sends whoever asks somewhere else.
    Redirects,
}

/// What it was told.
#[derive(Debug, Clone)]
pub struct Heard {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Heard {
    pub fn key(&self) -> &str {
        self.headers["idempotency-key"].to_str().expect("text")
    }
}

#[derive(Default)]
struct Book {
    moods: VecDeque<Mood>,
    heard: Vec<Heard>,
    /// What each key made.
    tickets: BTreeMap<String, String>,
    elsewhere: usize,
}

/// The desk.
pub struct Desk {
    pub address: String,
    book: Arc<Mutex<Book>>,
}

impl Desk {
    /// With these moods, one each; afterwards it does its work.
    pub async fn open(moods: impl IntoIterator<Item = Mood>) -> Self {
        let book = Book { moods: moods.into_iter().collect(), ..Book::default() };
        let book = Arc::new(Mutex::new(book));
        let app = Router::new().fallback(any(serve)).with_state(Arc::clone(&book));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, book }
    }

    /// All that it was told, in order.
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.book).heard.clone()
    }

    /// Tickets that it has.
    pub fn tickets(&self) -> usize {
        lock(&self.book).tickets.len()
    }

    /// Requests that came where it sent somebody.
    pub fn elsewhere(&self) -> usize {
        lock(&self.book).elsewhere
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    State(book): State<Arc<Mutex<Book>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if uri.path() == "/elsewhere" {
        lock(&book).elsewhere += 1;
        return StatusCode::OK.into_response();
    }
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    let one = Heard { method, path: uri.path().to_owned(), headers, body };
    let is_new = one.path == "/tickets";
    let key = is_new.then(|| one.key().to_owned());
    let mood = {
        let mut book = lock(&book);
        book.heard.push(one);
        if is_new { book.moods.pop_front() } else { None }
    };
    match (mood, key) {
        (Some(Mood::Fails), _) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        (Some(Mood::Redirects), _) => Redirect::temporary("/elsewhere").into_response(),
        (_, None) => StatusCode::NO_CONTENT.into_response(),
        (mood, Some(key)) => {
            let id = {
                let mut book = lock(&book);
                let next = format!("DESK {}/ü", book.tickets.len() + 1);
                book.tickets.entry(key).or_insert(next).clone()
            };
            if mood == Some(Mood::TakesAndIsSilent) {
                tokio::time::sleep(Duration::from_secs(domain::limits::WEB_POST_SECONDS + 60)).await;
            }
            (StatusCode::CREATED, Json(json!({ "ticket": { "id": id } }))).into_response()
        }
    }
}
