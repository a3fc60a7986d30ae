//! The routes, each declared once at its handler: the OpenAPI document is made from them, and a test holds the
//! template to it.

use crate::{Context, answers, search, sessions};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use lambda_http::RequestExt as _;
use std::{sync::Arc, time::Instant};
use utoipa::{
    OpenApi,
    openapi::{
        Server,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Problem, RequestId, problem};

#[derive(OpenApi)]
#[openapi(
    info(title = "Docent", description = "Chatbots that answer from an organization's own documents, with citations.",
         license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(Problem)),
    security(("api_key" = []))
)]
struct Document;

/// All routes of this function, with the document that describes them.
pub fn app(context: Arc<Context>, public_url: &str) -> Router {
    let (router, mut api) = declared().split_for_parts();
    let base = if public_url.is_empty() { "/" } else { public_url };
    api.servers = Some(vec![Server::new(base)]);
    let scheme =
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("dk_…").build());
    api.components.get_or_insert_default().security_schemes.insert("api_key".into(), scheme.into());
    let api: Arc<str> = api.to_json().unwrap_or_default().into();
    router
        .route("/api/v1/openapi.json", get(openapi))
        .fallback(async || Problem::not_found("resource"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(domain::limits::BODY_BYTES))
        .layer(middleware::from_fn(problem::with_request_id))
        .layer(middleware::from_fn(identify))
        .layer(Extension(api))
        .with_state(context)
}

fn declared() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(sessions::open))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::get))
        .routes(routes!(sessions::messages, answers::ask))
        .routes(routes!(search::search))
}

async fn openapi(Extension(api): Extension<Arc<str>>) -> Response<axum::body::Body> {
    let mut response = Response::new(axum::body::Body::from(api.to_string()));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

/// Gives the request Lambda's id, for logs and problem documents, and leaves one line of it in the log: the route
/// as declared, never the path or the query as sent.
async fn identify(mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<lambda_http::Context>().map(|context| context.request_id.clone());
    let id = id
        .or_else(|| request.lambda_context_ref().map(|context| context.request_id.clone()))
        .unwrap_or_default();
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    let response = next.run(request).await;
    // A streamed answer goes on after this line; its own timings are kept with the message.
    tracing::info!(
        http.method = %method,
        http.route = route.unwrap_or_default(),
        http.status = response.status().as_u16(),
        duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        request_id = id,
        "request"
    );
    response
}
