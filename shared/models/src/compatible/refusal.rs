//! What an endpoint's errors mean for a caller.

use crate::Error;
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of an error that are read: its code stands in the first hundred.
const ERROR_BYTES: usize = 64 * 1024;
/// Characters of a code at most; what is longer is a sentence.
const CODE_CHARACTERS: usize = 64;

/// A call that failed before its answer began.
#[derive(Debug)]
pub struct Failure {
    /// As the caller hears of it.
    pub error: Error,
    /// What the endpoint answered; `None` when nothing came.
    pub status: Option<StatusCode>,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    was_connected: bool,
}

impl Failure {
    pub fn of(error: Error) -> Self {
        Self { error, status: None, retry_after: None, was_connected: true }
    }

    pub fn of_transport(error: &legacy::Error) -> Self {
        let was_connected = !error.is_connect();
        let text = if was_connected { "the connection broke off" } else { "no connection" };
        Self { was_connected, ..Self::of(Error::Retryable(text.into())) }
    }

    /// Reads what an answer that is no success says.
    pub async fn of_answer(answer: Response<Incoming>, patience: Duration) -> Self {
        let (head, body) = answer.into_parts();
        let body = timeout(patience, Limited::new(body, ERROR_BYTES).collect()).await;
        let body =
            body.ok().and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let said = codes(&serde_json::from_slice(&body).unwrap_or_default());
        let text = format!("status {}{said}", head.status.as_u16());
        let error = match head.status.as_u16() {
            408 | 429 | 500..=599 => Error::Retryable(text),
            _ => Error::Refused(text),
        };
        Self { status: Some(head.status), retry_after: retry_after(&head.headers), ..Self::of(error) }
    }

    /// Whether a moment may mend it: nobody was there, or the endpoint did not take the call.
    pub fn is_brief(&self) -> bool {
        match self.status {
            None => !self.was_connected,
            Some(status) => matches!(status.as_u16(), 429 | 502 | 503),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// The names that an error goes by, as `: type, code`: OpenAI's `error.type` and `error.code`, Gemini's `error.status` in a list
/// of one, vLLM's `type` without an `error` around it. Empty when there are none.
pub fn codes(answer: &Value) -> String {
    let answer = answer.get(0).unwrap_or(answer);
    let error = answer.get("error").unwrap_or(answer);
    let named = ["type", "code", "status"].into_iter().filter_map(|name| error.get(name)?.as_str());
    let names: Vec<&str> = named.filter(|name| is_code(name)).collect();
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}

fn is_code(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text.is_empty() && text.len() <= CODE_CHARACTERS && text.chars().all(is_part)
}

/// In seconds; as a date it is not used by these endpoints.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
