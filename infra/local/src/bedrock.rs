//! Bedrock Runtime on this machine: the wire protocol of embeddings, Converse and ConverseStream,
//! so that the product's own AWS client works unchanged. Embeddings come from the local model and
//! answers quote the passages of the prompt; nothing here pretends to be a language model.
//!
//! Two magic words in a question make it fail on purpose, for tests: `<<<local:throttle>>>`
//! (ThrottlingException) and `<<<local:fail-midstream>>>` (an exception event after some text).

mod converse;
mod embeddings;
pub mod extractive;
pub mod prompt;
mod sentences;
mod words;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::minilm::Embedder;

/// The embedding model's own id: Titan's wire form, 384 dimensions, 256 tokens, English.
pub const LOCAL_EMBEDDING_MODEL: &str = "local.all-minilm-l6-v2";

/// Bedrock's own limit on a request.
const BODY_LIMIT: usize = 25 << 20;

/// The routes of Bedrock Runtime that the product uses. The model id stands percent-encoded in the
/// path and may be an ARN or an inference profile; credentials are not looked at.
pub fn router(embedder: Arc<Embedder>) -> Router {
    Router::new()
        .route("/model/{id}/invoke", post(embeddings::invoke))
        .route("/model/{id}/converse", post(converse::converse))
        .route("/model/{id}/converse-stream", post(converse::converse_stream))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(embedder)
}

/// The model of an id: the last part of an ARN, without an inference profile's region.
fn base_model(id: &str) -> &str {
    const REGIONS: &[&str] = &["us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "global."];
    let name = id.rsplit('/').next().unwrap_or(id);
    REGIONS.iter().find_map(|region| name.strip_prefix(region)).unwrap_or(name)
}

/// An error as AWS sends it: its name in a header, its message in JSON.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    name: &'static str,
    message: String,
}

impl Refusal {
    fn validation(message: impl Into<String>) -> Refusal {
        Refusal { status: StatusCode::BAD_REQUEST, name: "ValidationException", message: message.into() }
    }

    fn throttled() -> Refusal {
        let message = "Too many requests, please wait before trying again.".to_owned();
        Refusal { status: StatusCode::TOO_MANY_REQUESTS, name: "ThrottlingException", message }
    }

    fn model(message: &str) -> Refusal {
        let message = message.to_owned();
        Refusal { status: StatusCode::FAILED_DEPENDENCY, name: "ModelErrorException", message }
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Refusal {
        tracing::error!(error = format!("{error:#}"), "run the local model");
        let message = format!("the local model failed: {error:#}");
        Refusal { status: StatusCode::INTERNAL_SERVER_ERROR, name: "InternalServerException", message }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let headers = [("x-amzn-errortype", self.name)];
        (self.status, headers, Json(json!({ "message": self.message }))).into_response()
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::validation(format!("Malformed input request: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_any_kind_of_id() {
        for id in [
            "anthropic.claude-x-v1:0",
            "us.anthropic.claude-x-v1:0",
            "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-x-v1:0",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-x-v1:0",
        ] {
            assert_eq!(base_model(id), "anthropic.claude-x-v1:0");
        }
    }
}
