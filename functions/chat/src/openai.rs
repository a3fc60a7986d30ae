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

use access::Bearer;
use axum::extract::rejection::BytesRejection;
use domain::Caller;
use lambda_http::http::StatusCode;
use serde::de::DeserializeOwned;
use web::Problem;

/// A request's caller, or the refusal in this protocol's words. An end user has one session, and this protocol opens
/// others.
fn caller(bearer: Result<Bearer, Problem>) -> Result<Caller, Failure> {
    match bearer? {
        Bearer(Caller::EndUser { .. }) => Err(Problem::outside_session().into()),
        Bearer(caller) => Ok(caller),
    }
}

/// A request's body; fields that are not known here are some other server's.
fn body<T: DeserializeOwned>(body: Result<axum::body::Bytes, BytesRejection>) -> Result<T, Failure> {
    let bytes = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::from(Problem::body_too_large()),
        _ => Failure::invalid("The body could not be read to its end.", None),
    })?;
    web::request::parse(&bytes).map_err(Failure::from)
}
