//! Errors in OpenAI's words.

use crate::problems;
use answering::Refusal;
use axum::response::{IntoResponse, Response};
use domain::document::clip;
use http::{HeaderName, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use web::Problem;

/// Characters of a model's name that are said back.
const NAME_CHARACTERS: usize = 200;
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Why a call is not served.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    error: Detail,
    #[serde(skip)]
    status: u16,
    /// What it was in our own words: its headers are as good here.
    #[serde(skip)]
    problem: Option<Box<Problem>>,
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
        Self { error, status: 400, problem: None }
    }

    /// 404: there is no such model.
    pub fn no_model(model: &str) -> Self {
        let message = format!(
            "The model `{}` does not exist, or does not talk at present; see GET /v1/models.",
            clip(model, NAME_CHARACTERS)
        );
        let code = Some("model_not_found".to_owned());
        let error = Detail { message, kind: "invalid_request_error", param: Some("model".into()), code };
        Self { error, status: 404, problem: None }
    }

    /// 404: there is no such session of this model.
    pub fn no_session() -> Self {
        let message = "There is no such session of this model; leave it out to open one.".to_owned();
        let (param, code) = (Some("metadata.session_id".to_owned()), Some("session_not_found".to_owned()));
        let error = Detail { message, kind: "invalid_request_error", param, code };
        Self { error, status: 404, problem: None }
    }

    /// A refusal of a turn of a model.
    pub fn of_turn(refusal: Refusal, model: &str) -> Self {
        match refusal {
            Refusal::NotFound("chatbot") => Self::no_model(model),
            Refusal::NotFound("session") => Self::no_session(),
            // Its clients send again what got 409, and then there may be an answer.
            Refusal::UnderWay => Self { status: 409, ..problems::refused(&refusal).into() },
            other => problems::refused(&other).into(),
        }
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
            // This protocol knows neither 415 nor 422, and its clients send again what got 409.
            400 | 409 | 415 | 422 => (400, "invalid_request_error", "invalid_value"),
            status @ 402..500 => (status, "invalid_request_error", "invalid_request"),
            status => (status, "server_error", "server_error"),
        };
        let param =
            problem.errors.first().map(|error| param(&error.pointer)).filter(|param| !param.is_empty());
        let error = Detail { message: problem.detail.clone(), kind, param, code: Some(code.to_owned()) };
        Self { error, status, problem: Some(Box::new(problem)) }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let told = self.problem.as_ref().map(|problem| Problem::clone(problem).into_response());
        let mut response = (status, axum::Json(self)).into_response();
        for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE, RATE_LIMIT, RATE_LIMIT_POLICY] {
            if let Some(value) = told.as_ref().and_then(|told| told.headers().get(&name)) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }
}

/// A JSON pointer as that protocol names a parameter: `messages[0].content`.
fn param(pointer: &str) -> String {
    let mut param = String::new();
    for segment in pointer.split('/').filter(|segment| !segment.is_empty()) {
        if segment.bytes().all(|byte| byte.is_ascii_digit()) {
            param.push_str(&format!("[{segment}]"));
            continue;
        }
        if !param.is_empty() {
            param.push('.');
        }
        param.push_str(segment);
    }
    param
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
        assert!(
            response.headers().contains_key(RATE_LIMIT) && response.headers().contains_key(RATE_LIMIT_POLICY)
        );
        let response = Failure::from(Problem::unauthorized()).into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()[header::WWW_AUTHENTICATE]),
            (401, &http::HeaderValue::from_static("Bearer"))
        );
        assert_eq!(
            Failure::from(Problem::session_closed("complete")).status,
            400,
            "409 is sent again by clients"
        );
        let invalid = Failure::from(Problem::invalid("message-empty", "/messages/0/content", "empty"));
        assert_eq!(invalid.error.param.as_deref(), Some("messages[0].content"));
    }
}
