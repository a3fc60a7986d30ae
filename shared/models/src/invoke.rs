//! Bedrock's InvokeModel: JSON in, JSON out, in each model's own form.

use crate::{Error, Result};
use aws_sdk_bedrockruntime::{Client, primitives::Blob};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Calls a model with a body of its form and reads its answer.
///
/// # Errors
/// [`Error`]; [`Error::Unexpected`] when the answer is not of the form.
pub(crate) async fn invoke<T: DeserializeOwned>(client: &Client, model: &str, body: &Value) -> Result<T> {
    let answer = client
        .invoke_model()
        .model_id(model)
        .content_type("application/json")
        .accept("application/json")
        .body(Blob::new(body.to_string()))
        .send()
        .await
        .map_err(|error| Error::from_sdk(&error))?;
    serde_json::from_slice(answer.body.as_ref()).map_err(|error| Error::Unexpected(error.to_string()))
}
