//! OpenAI's wire, so that any client of it works by changing its base URL: a chatbot is a model.
//!
//! Here that protocol's own rules hold: unknown fields are ignored, errors are `{"error": {…}}`, the client keeps the
//! conversation and sends it along. Only the last user message is a question and has a question's limit.

pub mod completions;
pub mod embeddings;
mod failure;
pub mod list;
mod wire;

pub use failure::Failure;

use axum::extract::rejection::BytesRejection;
use domain::ApiKey;
use lambda_http::http::StatusCode;
use serde::de::DeserializeOwned;
use web::{BearerKey, Problem};

/// A request's key, or the refusal in this protocol's words.
fn caller(key: Result<BearerKey, Problem>) -> Result<ApiKey, Failure> {
    let BearerKey(key) = key?;
    Ok(key)
}

/// A request's body; fields that are not known here are some other server's.
fn body<T: DeserializeOwned>(body: Result<axum::body::Bytes, BytesRejection>) -> Result<T, Failure> {
    let bytes = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::from(Problem::body_too_large()),
        _ => Failure::invalid("The body could not be read to its end.", None),
    })?;
    web::request::parse(&bytes).map_err(Failure::from)
}
