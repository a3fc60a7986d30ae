//! What a request demands of what it changes: `Idempotency-Key` and `If-Match`, heard around every handler of a service.
//! Which use cases heed them stands with these ([`store::demands`]).

use crate::database_problem;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts as _, Request},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::limits;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{
    demands::{Demands, Kept, Outcome},
    idempotency::Once,
};
use web::{IdempotencyKey, Problem, etag, replayed};

/// A field of an answer that is shown once: the answer that is kept has null in its place. An extension of a response.
#[derive(Debug, Clone, Copy)]
pub struct ShownOnce(pub &'static str);

/// An answer as it is kept under a key of the caller's.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    /// Text, so that it comes byte for byte.
    body: String,
}

/// Middleware: demands and revisions.
pub async fn heed(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let (once, body) = match once(&mut parts, body).await {
        Ok(known) => known,
        Err(problem) => return problem.into_response(),
    };
    let seen = match parts.method {
        Method::PATCH | Method::PUT | Method::DELETE => etag::wanted(&parts.headers),
        _ => None,
    };
    let request = Request::from_parts(parts, body);
    if once.is_none() && seen.is_none() {
        return tagged(next.run(request).await).await;
    }
    let (response, outcome) = Demands::new(once, seen).within(next.run(request)).await;
    match outcome {
        Outcome::Unheard | Outcome::Claimed(_) => tagged(response).await,
        Outcome::Kept(kept) => committed(*kept, response).await,
        Outcome::Answered(answer) => again(answer),
        Outcome::UnderWay => Problem::conflict(
            "request-under-way",
            "The same request is being served at this moment, under the same Idempotency-Key. Try again in a moment.",
        )
        .into_response(),
        Outcome::OtherRequest => Problem::invalid(
            "idempotency-key-reused",
            "Idempotency-Key",
            "This key was used for another request. Choose a new one for each request that is to be done once.",
        )
        .into_response(),
        Outcome::Changed => Problem::changed_meanwhile().into_response(),
    }
}

/// The caller's own key of a request, with what it stands for; the body, read for that.
async fn once(parts: &mut Parts, body: Body) -> Result<(Option<Once>, Body), Problem> {
    if parts.method != Method::POST {
        return Ok((None, body));
    }
    let IdempotencyKey(Some(key)) = IdempotencyKey::from_request_parts(parts, &()).await? else {
        return Ok((None, body));
    };
    let body = to_bytes(body, limits::BODY_BYTES).await.map_err(|_| Problem::body_too_large())?;
    let mut fingerprint = Sha256::new();
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    for part in [parts.method.as_str(), path] {
        fingerprint.update(part);
        fingerprint.update([0]);
    }
    fingerprint.update(&body);
    Ok((Some(Once { key, fingerprint: fingerprint.finalize().into() }), Body::from(body)))
}

/// Commits the effect with its answer. Whatever else than a success comes of it, the key is free again.
async fn committed(kept: Kept, response: Response) -> Response {
    if !response.status().is_success() {
        return response;
    }
    let hidden = response.extensions().get::<ShownOnce>().copied();
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return Problem::internal().into_response() };
    let answer = Answer { status: parts.status.as_u16(), body: as_kept(&body, hidden) };
    match kept.commit(&serde_json::json!(answer)).await {
        Ok(()) => {
            tag(&mut parts.headers, &body);
            Response::from_parts(parts, Body::from(body))
        }
        Err(error) => database_problem(&error).into_response(),
    }
}

fn as_kept(body: &Bytes, hidden: Option<ShownOnce>) -> String {
    if let Some(ShownOnce(field)) = hidden
        && let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(body)
    {
        if let Some(secret) = value.get_mut(field) {
            *secret = serde_json::Value::Null;
        }
        return value.to_string();
    }
    String::from_utf8_lossy(body).into_owned()
}

/// The answer of before.
fn again(answer: serde_json::Value) -> Response {
    let Ok(Answer { status, body }) = serde_json::from_value(answer) else {
        tracing::error!("an answer that was kept cannot be read");
        return Problem::internal().into_response();
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body.clone()).into_response();
    tag(response.headers_mut(), body.as_bytes());
    replayed(response)
}

/// Gives an answer about one thing its tag.
async fn tagged(response: Response) -> Response {
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !response.status().is_success() || !is_json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return Problem::internal().into_response() };
    tag(&mut parts.headers, &body);
    Response::from_parts(parts, Body::from(body))
}

fn tag(headers: &mut http::HeaderMap, body: &[u8]) {
    #[derive(Deserialize)]
    struct Revised {
        updated_at: Timestamp,
    }
    if let Ok(Revised { updated_at }) = serde_json::from_slice(body)
        && let Ok(tag) = HeaderValue::try_from(etag::of(updated_at))
    {
        headers.insert(header::ETAG, tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_once_is_not_kept() {
        let body = Bytes::from_static(br#"{"api_key":"dk_secret","name":"a"}"#);
        assert_eq!(as_kept(&body, Some(ShownOnce("api_key"))), r#"{"api_key":null,"name":"a"}"#);
        assert_eq!(as_kept(&body, None).as_bytes(), body);
    }
}
