//! What commands and CloudFormation talk to: Lambda's Invoke, the answers of custom resources, the stack's state.

use crate::{
    runtime_api::{InvokeOptions, Lambda, Outcome},
    sqs::Sqs,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::oneshot;

/// The control side of a stack.
#[derive(Clone)]
pub struct Control {
    lambda: Lambda,
    sqs: Sqs,
    functions: Arc<Vec<String>>,
    waiting: Arc<Mutex<BTreeMap<String, oneshot::Sender<Value>>>>,
}

impl Control {
    /// Controls these.
    #[must_use]
    pub fn new(lambda: Lambda, sqs: Sqs, functions: Vec<String>) -> Self {
        Self { lambda, sqs, functions: Arc::new(functions), waiting: Arc::default() }
    }

    /// `POST /2015-03-31/functions/{name}/invocations` (Lambda's Invoke), `PUT /custom-resource/{id}` (where a
    /// custom resource answers) and `GET /status`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .route("/custom-resource/{id}", put(custom_resource))
            .route("/status", get(status))
            .with_state(self.clone())
    }

    /// Waits for a custom resource's answer under an id.
    #[must_use]
    pub fn expect_answer(&self, id: &str) -> oneshot::Receiver<Value> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), sender);
        receiver
    }
}

async fn invoke(State(control): State<Control>, Path(name): Path<String>, payload: Bytes) -> Response {
    match control.lambda.invoke(&name, payload, InvokeOptions::default()).await {
        Ok(Outcome::Success(bytes)) => bytes.into_response(),
        Ok(Outcome::Error(error)) => {
            let mut headers = HeaderMap::new();
            headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
            (headers, Json(json!({ "errorType": error.error_type, "errorMessage": error.message })))
                .into_response()
        }
        Err(error) => {
            (StatusCode::NOT_FOUND, Json(json!({ "Message": format!("{error:#}") }))).into_response()
        }
    }
}

/// The answer comes without a content type: CloudFormation's URL is signed so.
async fn custom_resource(
    State(control): State<Control>,
    Path(id): Path<String>,
    answer: Bytes,
) -> StatusCode {
    let Ok(answer) = serde_json::from_slice(&answer) else { return StatusCode::BAD_REQUEST };
    let sender = control.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    match sender.map(|sender| sender.send(answer)) {
        Some(Ok(())) => StatusCode::OK,
        _ => StatusCode::NOT_FOUND,
    }
}

async fn status(State(control): State<Control>) -> Json<Value> {
    let functions: BTreeMap<_, _> =
        control.functions.iter().map(|name| (name, control.lambda.instances(name))).collect();
    let queues: BTreeMap<_, _> = control
        .sqs
        .names()
        .into_iter()
        .map(|name| {
            let counts = control.sqs.counts(&name);
            let counts = json!({ "visible": counts.visible, "in_flight": counts.in_flight, "delayed": counts.delayed });
            (name, counts)
        })
        .collect();
    Json(json!({ "functions": functions, "queues": queues }))
}
