//! What a function answers, as a response: one JSON document, or a prelude, eight NUL bytes and a stream.

use std::io;

use anyhow::{Context, Result, anyhow, bail, ensure};
use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use bytes::{Bytes, BytesMut};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use crate::runtime_api::ResponseStream;

const DELIMITER: [u8; 8] = [0; 8];
/// How far into a stream API Gateway looks for the delimiter, in bytes.
const MAXIMUM_PRELUDE_BYTES: usize = 16 * 1024;

/// What API Gateway says itself, so that a function's own word for it is renamed.
const REMAPPED: [HeaderName; 10] = [
    header::CONNECTION,
    HeaderName::from_static("content-md5"),
    header::DATE,
    header::MAX_FORWARDS,
    header::PROXY_AUTHENTICATE,
    header::SERVER,
    header::TRAILER,
    header::USER_AGENT,
    header::VIA,
    header::WWW_AUTHENTICATE,
];

/// The response that a buffered answer describes.
pub(super) fn buffered(answer: &[u8]) -> Result<Response<Body>> {
    let answer: Value = serde_json::from_slice(answer).context("the answer is no JSON")?;
    let answer = answer.as_object().context("the answer is no JSON object")?;
    for name in answer.keys() {
        // `cookies` is what lambda_http adds for every kind of API.
        let known = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "cookies"];
        ensure!(known.contains(&name.as_str()), "the answer has a field {name}, which API Gateway refuses");
    }
    let mut response = head(answer)?;
    // Without binary media types a body is handed on as the text that it is, even when it says it is base64.
    *response.body_mut() = match answer.get("body") {
        None | Some(Value::Null) => Body::empty(),
        Some(Value::String(body)) => Body::from(body.clone()),
        Some(_) => bail!("the answer's body is no text"),
    };
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    Ok(response)
}

/// The response whose beginning a stream holds, its body passed on as it comes until the deadline.
pub(super) async fn streamed(mut stream: ResponseStream, deadline: Instant) -> Result<Response<Body>> {
    let mut start = BytesMut::new();
    let end = loop {
        if let Some(end) = start.windows(DELIMITER.len()).position(|window| window == DELIMITER) {
            break end;
        }
        ensure!(
            start.len() <= MAXIMUM_PRELUDE_BYTES,
            "no end of the prelude within {MAXIMUM_PRELUDE_BYTES} bytes"
        );
        match stream.chunk().await {
            Some(bytes) => {
                start.extend_from_slice(&bytes.context("the function failed before its first byte")?)
            }
            None => bail!("the answer ends within its prelude: does the function stream its responses?"),
        }
    };
    let prelude = start.split_to(end);
    let first = start.split_off(DELIMITER.len()).freeze();
    let prelude: Value = serde_json::from_slice(&prelude).context("the prelude is no JSON")?;
    let mut response = head(prelude.as_object().context("the prelude is no JSON object")?)?;
    *response.body_mut() = Body::from_stream(rest(first, stream, deadline));
    Ok(response)
}

/// The bytes of a stream. An error breaks the response off, so that a client can tell it from a whole one.
fn rest(
    first: Bytes,
    mut stream: ResponseStream,
    deadline: Instant,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    async_stream::stream! {
        if !first.is_empty() {
            yield Ok(first);
        }
        loop {
            match timeout_at(deadline, stream.chunk()).await {
                Ok(None) => break,
                Ok(Some(Ok(bytes))) => yield Ok(bytes),
                Ok(Some(Err(error))) => {
                    tracing::error!("a function failed in the middle of its answer: {error}");
                    yield Err(io::Error::other(error));
                    break;
                }
                Err(_) => {
                    tracing::error!("an answer took longer than its route allows");
                    yield Err(io::Error::from(io::ErrorKind::TimedOut));
                    break;
                }
            }
        }
    }
}

/// Status and headers, which both kinds of answer describe alike.
fn head(answer: &Map<String, Value>) -> Result<Response<Body>> {
    let status = match answer.get("statusCode") {
        Some(Value::Number(number)) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let status = status
        .and_then(|status| StatusCode::from_u16(status).ok())
        .context("the answer has no statusCode")?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    for field in ["headers", "multiValueHeaders"] {
        let headers = match answer.get(field) {
            None | Some(Value::Null) => continue,
            Some(headers) => headers.as_object().with_context(|| format!("{field} is no JSON object"))?,
        };
        for (name, values) in headers {
            let name = HeaderName::try_from(name.as_str())
                .with_context(|| format!("{name:?} is no header's name"))?;
            let values = match values {
                Value::Array(values) => values.iter().collect(),
                value => vec![value],
            };
            // What stands in both fields is said once, by the second.
            response.headers_mut().remove(&name);
            for value in values {
                add(&mut response, &name, value)?;
            }
        }
    }
    for cookie in answer.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        add(&mut response, &header::SET_COOKIE, cookie)?;
    }
    Ok(response)
}

fn add(response: &mut Response<Body>, name: &HeaderName, value: &Value) -> Result<()> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => bail!("the value of header {name} is no text"),
    };
    let value =
        HeaderValue::from_str(&text).map_err(|_| anyhow!("the value of header {name} cannot be sent"))?;
    let name = match name {
        // The length follows from the body.
        name if *name == header::CONTENT_LENGTH || *name == header::TRANSFER_ENCODING => return Ok(()),
        name if REMAPPED.contains(name) => HeaderName::try_from(format!("x-amzn-remapped-{name}"))?,
        name => name.clone(),
    };
    response.headers_mut().append(name, value);
    Ok(())
}
