//! Strict requests: a body that is read whole, unknown fields refused, and an error that names the field.

use crate::Problem;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
};
use http::{StatusCode, header, request::Parts};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_path_to_error::Segment;
use std::str::FromStr;

/// The id of this request, as Lambda and API Gateway log it.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        parse(&read(request, state).await?).map(Self)
    }
}

/// A JSON body all of whose fields are optional: no body at all says as much as `{}`.
#[derive(Debug)]
pub struct JsonOrNothing<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for JsonOrNothing<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match read(request, state).await? {
            bytes if bytes.is_empty() => Ok(Self(T::default())),
            bytes => parse(&bytes).map(Self),
        }
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_none_or(is_json) {
        return Err(Problem::not_json());
    }
    whole(request, state).await
}

async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::body_too_large()
        } else {
            Problem::malformed("The body could not be read to its end.")
        }
    })
}

/// A body that is text of some form.
#[derive(Debug)]
pub struct Text {
    /// As it was said, in lower case, without parameters.
    content_type: String,
    /// What was sent.
    pub body: String,
}

impl Text {
    /// Whether it was said to be of this media type.
    #[must_use]
    pub fn is(&self, media_type: &str) -> bool {
        self.content_type == media_type
    }
}

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let said = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = said.and_then(|said| said.split(';').next()).unwrap_or_default().trim();
        let content_type = content_type.to_ascii_lowercase();
        let bytes = whole(request, state).await?;
        match String::from_utf8(bytes.into()) {
            Ok(body) => Ok(Self { content_type, body }),
            Err(_) => Err(Problem::malformed("The body is not text in UTF-8.")),
        }
    }
}

/// Reads a body; an error names the field.
///
/// # Errors
/// 400 for what is not JSON, 422 for what is not of the type.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| field_problem(&error))?;
    json.end().map_err(|_| Problem::malformed("There is something after the end of the JSON value."))?;
    Ok(value)
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

/// A path as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1")))
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

fn field_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    if inner.is_data() {
        let pointer = pointer(error.path());
        // serde's own words, without its line and column, and without the names of our types.
        let detail = inner.to_string();
        let detail = detail.split(" at line ").next().unwrap_or_default();
        let detail = match detail.split_once(", expected struct ") {
            Some((found, _)) => format!("{found}, expected an object"),
            None => detail.to_owned(),
        };
        Problem::invalid("invalid-field", pointer, detail)
    } else {
        Problem::malformed(format!(
            "The body is not valid JSON (line {}, column {}).",
            inner.line(),
            inner.column()
        ))
    }
}

/// The query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query =
            axum::extract::Query::<T>::from_request_parts(parts, state).await.map_err(|rejection| {
                let text = rejection.body_text();
                let detail = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, detail)| detail);
                Problem::invalid("invalid-query", "?", detail)
            })?;
        Ok(Self(query.0))
    }
}

/// The path's `{id}`. What is no id names nothing: 404.
#[derive(Debug)]
pub struct PathId<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found("resource"))?;
        text.parse().map(Self).map_err(|_| Problem::not_found("resource"))
    }
}

/// A word of a query string that is one of a list.
///
/// # Errors
/// 422, naming the words.
pub fn one_of(name: &str, given: Option<&str>, known: &[&str]) -> Result<(), Problem> {
    match given {
        Some(given) if !known.contains(&given) => {
            let detail = format!("It is one of {}.", known.join(", "));
            Err(Problem::invalid("invalid-query", format!("?{name}"), detail))
        }
        _ => Ok(()),
    }
}

/// A field that is told apart from a missing one when it is null.
///
/// # Errors
/// When it is of another type.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_field_is_named_by_a_json_pointer() {
        let at = |body: &[u8]| {
            let problem = parse::<BTreeMap<String, Vec<String>>>(body).expect_err("not of the type");
            problem.errors[0].pointer.clone()
        };
        assert_eq!(at(br#"{"tags":["a",5]}"#), "/tags/1");
        assert_eq!(at(br#"{"a.b":1}"#), "/a.b");
        assert_eq!(at(br#"{"a/b~":[1]}"#), "/a~1b~0/0");
        assert_eq!(at(b"[]"), "");
    }
}
