//! Errors in OpenAI's words.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use web::Problem;

/// Why a call is not served.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    error: Detail,
    #[serde(skip)]
    status: u16,
    #[serde(skip)]
    retry_after_seconds: Option<u16>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Detail {
    /// What is wrong, and what to do.
    message: String,
    /// `invalid_request_error`, `rate_limit_error`, `server_error`, …
    #[serde(rename = "type")]
    kind: &'static str,
    /// The field that is wrong.
    param: Option<String>,
    /// Stable, for programs.
    code: Option<String>,
}

impl Failure {
    /// 400: the request is not what it should be.
    pub fn invalid(message: impl Into<String>, param: Option<&str>) -> Self {
        let param = param.map(ToOwned::to_owned);
        let kind = "invalid_request_error";
        let error = Detail { message: message.into(), kind, param, code: None };
        Self { error, status: 400, retry_after_seconds: None }
    }

    /// 404: there is no such model.
    pub fn no_model(model: &str) -> Self {
        let message =
            format!("The model `{model}` does not exist, or does not talk at present; see GET /v1/models.");
        let code = Some("model_not_found".to_owned());
        let error = Detail { message, kind: "invalid_request_error", param: Some("model".into()), code };
        Self { error, status: 404, retry_after_seconds: None }
    }

    /// What stands in a stream that breaks off.
    pub fn event(&self) -> Value {
        json!(self)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let (status, kind, code) = match problem.status {
            401 => (401, "invalid_request_error", "invalid_api_key"),
            403 => (403, "permission_error", "insufficient_permissions"),
            404 => (404, "invalid_request_error", "not_found"),
            429 => (429, "rate_limit_error", "rate_limit_exceeded"),
            // This protocol knows no 422.
            400 | 422 => (400, "invalid_request_error", "invalid_value"),
            status @ 402..500 => (status, "invalid_request_error", "invalid_request"),
            status => (status, "server_error", "server_error"),
        };
        let param = problem.errors.into_iter().next().map(|error| error.pointer);
        let error = Detail { message: problem.detail, kind, param, code: Some(code.to_owned()) };
        let retry_after_seconds = problem.retry_after_seconds.map(std::num::NonZeroU16::get);
        Self { error, status, retry_after_seconds }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after_seconds;
        let mut response = (status, axum::Json(self)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_keep_their_meaning_in_the_other_words() {
        for (problem, status, kind) in [
            (Problem::unauthorized(), 401, "invalid_request_error"),
            (Problem::invalid("message-too-long", "/messages", "too long"), 400, "invalid_request_error"),
            (Problem::too_many_calls(60, 3), 429, "rate_limit_error"),
            (Problem::unavailable("model-unavailable", "busy"), 503, "server_error"),
            (Problem::internal(), 500, "server_error"),
        ] {
            let failure = Failure::from(problem);
            assert_eq!((failure.status, failure.error.kind), (status, kind));
        }
        let response = Failure::from(Problem::too_many_calls(60, 3)).into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "3");
    }
}
