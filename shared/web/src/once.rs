//! The `Idempotency-Key` header: what is sent twice under one key is done once.

use crate::Problem;
use axum::{extract::FromRequestParts, response::Response};
use domain::limits;
use http::{HeaderValue, request::Parts};

/// The caller's own key of a request; `None`: it may be done as often as it is sent.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        // The draft writes it as a string of structured fields, in quotes; most clients do not.
        let key = value.to_str().unwrap_or_default().trim().trim_matches('"');
        if (1..=limits::IDEMPOTENCY_KEY_CHARACTERS).contains(&key.len()) {
            return Ok(Self(Some(key.to_owned())));
        }
        let most = limits::IDEMPOTENCY_KEY_CHARACTERS;
        let detail = format!("The Idempotency-Key has 1 to {most} visible ASCII characters, as in a UUID.");
        Err(Problem::invalid("invalid-idempotency-key", "Idempotency-Key", detail))
    }
}

/// Says of a response that it is of an earlier request under the same key.
#[must_use]
pub fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(key: Option<&str>) -> Result<Option<String>, u16> {
        let mut request = http::Request::builder();
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        let read = IdempotencyKey::from_request_parts(&mut parts, &()).await;
        read.map(|key| key.0).map_err(|problem| problem.status)
    }

    #[tokio::test]
    async fn keys_have_an_edge() {
        assert_eq!(read(None).await, Ok(None));
        assert_eq!(read(Some("\"a b\"")).await, Ok(Some("a b".into())));
        let longest = "k".repeat(limits::IDEMPOTENCY_KEY_CHARACTERS);
        assert_eq!(read(Some(&longest)).await, Ok(Some(longest.clone())));
        assert_eq!(read(Some(&format!("{longest}k"))).await, Err(422));
        assert_eq!(read(Some(" ")).await, Err(422));
    }
}
