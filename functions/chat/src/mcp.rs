//! The Model Context Protocol over streamable HTTP: the tools `search` and `ask`, for any client of it.
//!
//! Stateless, as revision 2026-07-28 has it, and for older clients too (`initialize` is answered, no session is kept):
//! each request stands alone and carries its API key. The protocol itself is rmcp's.

mod tools;

use crate::Context;
use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::HeaderValue;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use std::sync::Arc;
use tools::Tools;
use web::{BearerKey, Problem};

/// Origins of browsers on the machine itself; a deployment's own comes with `PUBLIC_URL`.
const LOCAL_ORIGINS: [&str; 2] = ["http://localhost:*", "http://127.0.0.1:*"];

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
        (status = 400, body = Object), (status = 401, body = Problem), (status = 403, description = "A foreign origin")))]
pub async fn call(State(context): State<Arc<Context>>, key: BearerKey, request: Request) -> Response {
    serve(&context, key, request).await
}

/// There is no stream of its own to listen to: 405, as the protocol says.
#[utoipa::path(get, path = "/mcp", tag = "mcp",
    responses((status = 401, body = Problem), (status = 405, description = "Not offered")))]
pub async fn listen(State(context): State<Arc<Context>>, key: BearerKey, request: Request) -> Response {
    serve(&context, key, request).await
}

/// There is no session to end: 405, as the protocol says.
#[utoipa::path(delete, path = "/mcp", tag = "mcp",
    responses((status = 401, body = Problem), (status = 405, description = "Not offered")))]
pub async fn end(State(context): State<Arc<Context>>, key: BearerKey, request: Request) -> Response {
    serve(&context, key, request).await
}

async fn serve(context: &Arc<Context>, BearerKey(key): BearerKey, mut request: Request) -> Response {
    request.extensions_mut().insert(key);
    let mut response = context.mcp().handle(request).await.map(Body::new);
    // A proxy must not keep one caller's answer for another.
    response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
    response
}
