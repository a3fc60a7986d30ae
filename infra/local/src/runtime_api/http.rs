//! The Runtime API on the wire, version 2018-06-01. Each process has a path of its own, so that it is known
//! by it.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use tokio::sync::mpsc::{Sender, error::SendError};

use super::{FunctionError, Lambda, Piece};

const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";

pub(super) fn router(lambda: Lambda) -> Router {
    Router::new()
        .route("/{instance}/2018-06-01/runtime/invocation/next", get(next))
        .route("/{instance}/2018-06-01/runtime/invocation/{request}/response", post(response))
        .route("/{instance}/2018-06-01/runtime/invocation/{request}/error", post(error))
        .route("/{instance}/2018-06-01/runtime/init/error", post(init_error))
        .with_state(lambda)
}

/// Waits for work, however long that takes. When the process goes, so does this wait.
async fn next(State(lambda): State<Lambda>, Path(instance): Path<String>) -> Response {
    let Some((function, work)) = lambda.ask(&instance) else {
        return refuse(StatusCode::FORBIDDEN, "InvalidInstance", "this process was ended");
    };
    let Ok(work) = work.await else {
        return refuse(StatusCode::FORBIDDEN, "InvalidInstance", "this process was ended");
    };
    let headers = [
        ("lambda-runtime-aws-request-id", work.request_id),
        ("lambda-runtime-deadline-ms", work.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", lambda.arn(&function)),
        ("lambda-runtime-trace-id", work.trace_id),
        (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
    ];
    let mut response = Body::from(work.payload).into_response();
    for (name, value) in headers {
        // A trace id comes from a client and may hold what a header cannot carry.
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Passes an answer on as it comes, whether it is streamed or whole.
async fn response(
    State(lambda): State<Lambda>,
    Path((instance, request_id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(stream) = lambda.begin_answer(&instance, &request_id) else {
        return refuse(StatusCode::GONE, "InvalidRequestID", "the invocation is over");
    };
    let left = tokio::select! {
        passed = pass_on(request.into_body(), &stream) => passed.is_err(),
        () = stream.closed() => true,
    };
    drop(stream);
    lambda.end_answer(&instance, &request_id);
    let mut accepted = accepted();
    if left {
        // Nobody reads any more. Closing tells the function, which may then stop as well.
        accepted.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    accepted
}

/// Passes frames on until the answer ends or breaks off; an error when nobody reads any more.
async fn pass_on(mut body: Body, stream: &Sender<Piece>) -> Result<(), SendError<Piece>> {
    loop {
        match body.frame().await {
            None => return stream.send(Piece::End).await,
            // The process is gone. The stream ends without an end, and whoever ended the process said why.
            Some(Err(_)) => return Ok(()),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => stream.send(Piece::Data(data)).await?,
                Err(frame) => {
                    if let Some(error) = frame.trailers_ref().and_then(trailer_error) {
                        return stream.send(Piece::Failed(error)).await;
                    }
                }
            },
        }
    }
}

async fn error(
    State(lambda): State<Lambda>,
    Path((instance, request_id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let error = reported_error(request).await;
    match lambda.fail_answer(&instance, &request_id, error) {
        Some(()) => accepted(),
        None => refuse(StatusCode::GONE, "InvalidRequestID", "the invocation is over"),
    }
}

async fn init_error(
    State(lambda): State<Lambda>,
    Path(instance): Path<String>,
    request: Request,
) -> Response {
    lambda.init_error(&instance, reported_error(request).await);
    accepted()
}

/// The error of a request: its body says it in JSON, or at least a header names its type.
async fn reported_error(request: Request) -> FunctionError {
    let named = request.headers().get(ERROR_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let field = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    FunctionError {
        error_type: field("errorType").or(named).unwrap_or_else(|| "Unknown".to_owned()),
        message: field("errorMessage").unwrap_or_default(),
    }
}

/// The error that a stream ends with, when its trailers name one. The body of it is base64 of JSON or of
/// text.
fn trailer_error(trailers: &HeaderMap) -> Option<FunctionError> {
    use base64::Engine;
    let text = |name| trailers.get(name).and_then(|value| value.to_str().ok());
    let error_type = text(ERROR_TYPE)?.to_owned();
    let body = text(ERROR_BODY).and_then(|body| base64::engine::general_purpose::STANDARD.decode(body).ok());
    let body = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
    let stated = serde_json::from_str::<Value>(&body).ok();
    let stated = stated.as_ref().and_then(|body| body.get("errorMessage")).and_then(Value::as_str);
    let message = stated.map_or(body.clone(), str::to_owned);
    Some(FunctionError { error_type, message })
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

fn refuse(status: StatusCode, error_type: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": error_type, "errorMessage": message }))).into_response()
}
