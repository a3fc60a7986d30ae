//! The one map from what went wrong to what a client sees: RFC 9457 problem documents. No SQL, no stack trace,
//! no provider's words, nothing of another tenant.

use crate::RequestId;
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::num::NonZeroU32;
use utoipa::ToSchema;

/// Seconds after which something that is busy is worth another try.
const RETRY_SECONDS: u32 = 2;

/// An error as the API tells it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Stable, for programs: `urn:docent:error:…`.
    #[serde(rename = "type")]
    #[schema(example = "urn:docent:error:message-too-long")]
    pub kind: String,
    /// The same for every occurrence.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time, and what to do.
    pub detail: String,
    /// To be quoted when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Fields of the request that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Of a 429: the limit in calls a minute.
    #[serde(skip)]
    pub calls_per_minute: Option<NonZeroU32>,
    /// Seconds after which the same request may work: the `Retry-After` header.
    #[serde(skip)]
    pub retry_after_seconds: Option<NonZeroU32>,
}

/// One wrong field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or `?name` of a query parameter.
    #[schema(example = "/message")]
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    fn new(kind: &str, title: &'static str, status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:docent:error:{kind}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            request_id: None,
            errors: Vec::new(),
            calls_per_minute: None,
            retry_after_seconds: None,
        }
    }

    /// 401.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(
            "unauthorized",
            "Not authorized",
            StatusCode::UNAUTHORIZED,
            "Send `Authorization: Bearer` with a valid API key (`dk_…`), access token or session token; it may have been revoked or have expired.",
        )
    }

    /// 403.
    #[must_use]
    pub fn forbidden(scope: &str) -> Self {
        Self::new(
            "forbidden",
            "Not allowed",
            StatusCode::FORBIDDEN,
            format!("This needs the scope `{scope}`, which the key or the person's role does not hold."),
        )
    }

    /// 403: a person whom the identity provider knows and this service does not.
    #[must_use]
    pub fn not_a_member() -> Self {
        Self::new(
            "not-a-member",
            "Not a member",
            StatusCode::FORBIDDEN,
            "You are signed in, and a member of no such organization here. Ask an administrator for an invitation to the \
             e-mail address that your identity provider verified.",
        )
    }

    /// 403: an end user who wants more than to talk.
    #[must_use]
    pub fn outside_session() -> Self {
        Self::new(
            "outside-session",
            "Not allowed",
            StatusCode::FORBIDDEN,
            "A session's token is good for this one session's messages, and for nothing else.",
        )
    }

    /// 403: a token that is good, and not for whoever presents it from here.
    #[must_use]
    pub fn not_welcome(detail: &str) -> Self {
        Self::new("forbidden", "Not allowed", StatusCode::FORBIDDEN, detail)
    }

    /// 400: a person of several organizations.
    #[must_use]
    pub fn organization_not_said(own: &[String]) -> Self {
        let own = own.iter().map(|slug| format!("`{slug}`")).collect::<Vec<_>>().join(", ");
        let which = if own.is_empty() { String::new() } else { format!(" Yours are {own}.") };
        Self::new(
            "organization-not-said",
            "Which organization?",
            StatusCode::BAD_REQUEST,
            format!(
                "You belong to several organizations; name one in the header `Docent-Organization`.{which}"
            ),
        )
    }

    /// 404, for what does not exist and for what is another organization's.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(
            "not-found",
            "Not found",
            StatusCode::NOT_FOUND,
            format!("There is no such {what}; check the id."),
        )
    }

    /// 405.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(
            "method-not-allowed",
            "Method not allowed",
            StatusCode::METHOD_NOT_ALLOWED,
            "This path does not take this method; see /api/v1/openapi.json.",
        )
    }

    /// 409.
    #[must_use]
    pub fn session_closed(status: &str) -> Self {
        Self::new(
            "session-closed",
            "Session closed",
            StatusCode::CONFLICT,
            format!("The session is {status}. Open a new one."),
        )
    }

    /// 409: the request is well, and what it is about does not allow it now.
    #[must_use]
    pub fn conflict(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(kind, "Not possible as things stand", StatusCode::CONFLICT, detail)
    }

    /// 410: what was there, and whose time has passed.
    #[must_use]
    pub fn gone(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(kind, "Gone", StatusCode::GONE, detail)
    }

    /// 412: `If-Match` names what is no longer.
    #[must_use]
    pub fn changed_meanwhile() -> Self {
        Self::new(
            "changed-meanwhile",
            "Changed meanwhile",
            StatusCode::PRECONDITION_FAILED,
            "It was changed since the ETag of If-Match was given out; nothing was done. Get it anew, and decide again.",
        )
    }

    /// 413.
    #[must_use]
    pub fn body_too_large() -> Self {
        Self::new(
            "body-too-large",
            "Body too large",
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "A request's body has at most {} bytes; files travel by presigned S3 requests.",
                domain::limits::BODY_BYTES
            ),
        )
    }

    /// 400: the body is not JSON.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new("malformed-json", "Malformed JSON", StatusCode::BAD_REQUEST, detail)
    }

    /// 415.
    #[must_use]
    pub fn not_json() -> Self {
        Self::new(
            "not-json",
            "Not JSON",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send the body as JSON with `Content-Type: application/json`.",
        )
    }

    /// 422 about one field.
    #[must_use]
    pub fn invalid(kind: &str, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let error = FieldError { pointer: pointer.into(), detail: detail.clone() };
        Self {
            errors: vec![error],
            ..Self::new(kind, "Invalid request", StatusCode::UNPROCESSABLE_ENTITY, detail)
        }
    }

    /// 429: the caller's bucket is empty.
    #[must_use]
    pub fn too_many_calls(per_minute: u32, retry_after_seconds: u32) -> Self {
        let detail = format!(
            "This caller makes more than {per_minute} calls a minute. Nothing was done; try again in {retry_after_seconds} s."
        );
        Self {
            calls_per_minute: NonZeroU32::new(per_minute),
            retry_after_seconds: NonZeroU32::new(retry_after_seconds),
            ..Self::new("too-many-calls", "Too many calls", StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }

    /// 429: what may be spent today is spent.
    #[must_use]
    pub fn over_budget(whose: &str, retry_after_seconds: u32) -> Self {
        let detail = format!(
            "The {whose}'s budget of today is used up. Nothing was done; try again in {retry_after_seconds} s, when its day ends, or have the budget raised."
        );
        Self {
            retry_after_seconds: NonZeroU32::new(retry_after_seconds),
            ..Self::new("over-budget", "Budget used up", StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }

    /// 503: the same request may work in a moment.
    #[must_use]
    pub fn unavailable(kind: &str, detail: &str) -> Self {
        Self {
            retry_after_seconds: NonZeroU32::new(RETRY_SECONDS),
            ..Self::new(kind, "Not available at present", StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// 502: something that we depend on refuses.
    #[must_use]
    pub fn bad_gateway(kind: &str, detail: &str) -> Self {
        Self::new(kind, "A service refuses", StatusCode::BAD_GATEWAY, detail)
    }

    /// 500.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            "internal",
            "Our fault",
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something broke on our side. Try again; if it stays, quote the request_id.",
        )
    }

    fn body(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], self.body()).into_response();
        if self.status == 401 {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.get()));
            if let Some(limit) = self.calls_per_minute {
                // draft-ietf-httpapi-ratelimit-headers: quota and window, then what is left and when there is more.
                let policy = format!("\"calls\";q={limit};w=60");
                let left = format!("\"calls\";r=0;t={seconds}");
                for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
                    if let Ok(value) = HeaderValue::try_from(value) {
                        headers.insert(name, value);
                    }
                }
            }
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Middleware: gives every problem its request's id.
pub async fn with_request_id(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let response = next.run(request).await;
    match (response.extensions().get::<Problem>().cloned(), id) {
        (Some(problem), Some(RequestId(id))) => {
            let (mut parts, _) = response.into_parts();
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Problem { request_id: Some(id), ..problem }.body().into())
        }
        _ => response,
    }
}
