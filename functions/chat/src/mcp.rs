//! The Model Context Protocol over streamable HTTP: the tools `search` and `ask`, for any client of it.
//!
//! Stateless, as revision 2026-07-28 has it, and for older clients too (`initialize` is answered, no session is kept):
//! each request stands alone and carries its caller's credential. The protocol itself is rmcp's.

mod tools;

use crate::{Context, problems::OrProblem as _};
use access::Bearer;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use domain::{Caller, limits};
use http::{HeaderValue, Method, StatusCode, header};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;
use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};
use tools::Tools;
use web::Problem;

/// Origins of browsers on the machine itself; a deployment's own comes with `PUBLIC_URL`.
const LOCAL_ORIGINS: [&str; 2] = ["http://localhost:*", "http://127.0.0.1:*"];

/// JSON-RPC's code for what the server itself refuses.
const SERVER_ERROR: i32 = -32_000;
/// JSON-RPC's code for a body that cannot be read.
const PARSE_ERROR: i32 = -32_700;

/// Serves the protocol.
pub type Service = StreamableHttpService<Tools, NeverSessionManager>;

/// A service for requests of any host: which ones reach the function, API Gateway decides. A page of another origin
/// may not call it from a browser.
pub fn service(context: &Arc<Context>, public_url: &str) -> Service {
    let own = url::Url::parse(public_url).ok().map(|url| url.origin().ascii_serialization());
    let origins = LOCAL_ORIGINS.into_iter().map(ToOwned::to_owned).chain(own);
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(domain::limits::BODY_BYTES)
        .disable_allowed_hosts()
        .with_allowed_origins(origins);
    let context = Arc::clone(context);
    StreamableHttpService::new(move || Ok(Tools::new(Arc::clone(&context))), Arc::default(), config)
}

/// Call the protocol (JSON-RPC 2.0): `server/discover`, `initialize`, `tools/list`, `tools/call`. Scopes `search` and
/// `chat`, as the tools need them.
#[utoipa::path(post, path = "/mcp", tag = "mcp", request_body = Object,
    responses((status = 200, body = Object), (status = 202, description = "A notification was taken"),
        (status = 400, body = Object), (status = 406, body = Object), (status = 413, body = Object),
        (status = 415, body = Object), (status = 422, body = Object), (status = 429, body = Object), (status = 503, body = Object), (status = 401, body = Object), (status = 403, description = "A foreign origin")))]
pub async fn call(
    State(context): State<Arc<Context>>,
    bearer: Result<Bearer, Problem>,
    request: Request,
) -> Response {
    serve(&context, bearer, request).await
}

/// There is no stream of its own to listen to: 405, as the protocol says.
#[utoipa::path(get, path = "/mcp", tag = "mcp",
    responses((status = 401, body = Object), (status = 405, description = "Not offered")))]
pub async fn listen(
    State(context): State<Arc<Context>>,
    bearer: Result<Bearer, Problem>,
    request: Request,
) -> Response {
    serve(&context, bearer, request).await
}

/// There is no session to end: 405, as the protocol says.
#[utoipa::path(delete, path = "/mcp", tag = "mcp",
    responses((status = 401, body = Object), (status = 405, description = "Not offered")))]
pub async fn end(
    State(context): State<Arc<Context>>,
    bearer: Result<Bearer, Problem>,
    request: Request,
) -> Response {
    serve(&context, bearer, request).await
}

async fn serve(context: &Arc<Context>, bearer: Result<Bearer, Problem>, request: Request) -> Response {
    served(context, bearer, request).await.unwrap_or_else(|problem| told(&problem))
}

async fn served(
    context: &Arc<Context>,
    bearer: Result<Bearer, Problem>,
    request: Request,
) -> Result<Response, Problem> {
    let Bearer(caller) = bearer?;
    if matches!(caller, Caller::EndUser { .. }) {
        return Err(Problem::outside_session());
    }
    let (mut parts, body) = request.into_parts();
    let bytes = to_bytes(body, limits::BODY_BYTES).await.map_err(|_| Problem::body_too_large())?;
    let is_readable = parts.method != Method::POST || serde_json::from_slice::<IgnoredAny>(&bytes).is_ok();
    // A tool's use case checks the caller with what it reads; whatever else is asked for, that is all there is to do.
    if !calls_a_tool(&bytes) {
        context.answering.knows(&caller).await.or_problem()?;
    }
    if !is_readable {
        return Ok(not_json());
    }
    let not_served = NotServed::default();
    parts.extensions.insert(caller);
    parts.extensions.insert(not_served.clone());
    let mut response =
        context.mcp().handle(Request::from_parts(parts, Body::from(bytes))).await.map(Body::new);
    if let Some(problem) = not_served.0.get() {
        return Err(problem.clone());
    }
    // A proxy must not keep one caller's answer for another.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Why a caller is not served, if a tool finds so: it stands in the request's extensions, and is read when the tool is
/// done.
#[derive(Debug, Clone, Default)]
struct NotServed(Arc<OnceLock<Problem>>);

impl NotServed {
    fn tell(&self, problem: Problem) {
        let _ = self.0.set(problem);
    }
}

fn calls_a_tool(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Call<'a> {
        #[serde(borrow)]
        method: Cow<'a, str>,
    }
    serde_json::from_slice::<Call>(body).is_ok_and(|call| call.method == "tools/call")
}

/// JSON-RPC 2.0, 5.1: "Invalid JSON was received by the server".
fn not_json() -> Response {
    let error = json!({ "code": PARSE_ERROR, "message": "The body is no JSON." });
    let body = axum::Json(json!({ "jsonrpc": "2.0", "id": null, "error": error }));
    (StatusCode::BAD_REQUEST, body).into_response()
}

/// A refusal with HTTP's status and headers, and the protocol's body.
fn told(problem: &Problem) -> Response {
    let error = json!({ "code": SERVER_ERROR, "message": problem.detail });
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
    let mut response = problem.clone().into_response();
    response.extensions_mut().remove::<Problem>();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = Body::from(body.to_string());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tools_call_is_known_by_its_method() {
        assert!(calls_a_tool(br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#));
        assert!(calls_a_tool(br#"{"method":"tools\/call"}"#));
        for other in
            [r#"{"method":"tools/list"}"#, r#"{"params":{"method":"tools/call"}}"#, "[]", "", "tools/call"]
        {
            assert!(!calls_a_tool(other.as_bytes()), "{other}");
        }
    }

    #[tokio::test]
    async fn a_refusal_has_https_status_and_the_protocols_body() {
        let response = told(&Problem::unauthorized());
        assert_eq!(response.status().as_u16(), 401);
        assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
        assert!(response.extensions().get::<Problem>().is_none(), "no problem document is made of it again");
        let body = to_bytes(response.into_body(), limits::BODY_BYTES).await.expect("a body");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &serde_json::Value::Null));
        assert!(
            body["error"]["message"].as_str().is_some_and(|message| message.contains("API key")),
            "{body}"
        );
    }
}
