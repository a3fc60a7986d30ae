//! A function's routes as a service: the OpenAPI document of what is declared, problem documents for the rest, a bound
//! on bodies, and one line of log a request.

use crate::{Problem, RequestId, problem};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::header;
use lambda_http::RequestExt as _;
use std::{sync::Arc, time::Instant};
use utoipa::openapi::{
    Server,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

/// The document that describes the service, as it is sent.
#[derive(Debug, Clone)]
struct Described(Arc<str>);

/// A service of these routes. It describes itself at the path `document`; links begin with `public_url`, if there is
/// one.
pub fn app<S: Clone + Send + Sync + 'static>(
    declared: OpenApiRouter<S>,
    document: &str,
    public_url: &str,
    state: S,
) -> Router {
    let (router, mut api) = declared.split_for_parts();
    api.servers = Some(vec![Server::new(if public_url.is_empty() { "/" } else { public_url })]);
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("dk_…, an access token (JWT), or docent_session_v1.…")
        .build();
    let schemes = &mut api.components.get_or_insert_default().security_schemes;
    schemes.insert("bearer".into(), SecurityScheme::Http(scheme).into());
    let described = Described(api.to_json().unwrap_or_default().into());
    router
        .route(document, get(describe))
        .fallback(async || Problem::not_found("resource"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(domain::limits::BODY_BYTES))
        .layer(middleware::from_fn(problem::with_request_id))
        .layer(middleware::from_fn(identify))
        .layer(Extension(described))
        .with_state(state)
}

async fn describe(Extension(Described(api)): Extension<Described>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], api.to_string()).into_response()
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
