//! The routes, each declared once at its handler: the OpenAPI document is made from them, and a test holds the
//! template to it.

use crate::{Context, answers, files, keeping, mcp, openai, retrieval, search, sessions};
use access::{callers_first, visit};
use axum::{
    Extension, Router,
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Problem, service};

#[derive(OpenApi)]
#[openapi(
    info(title = "Docent", description = "Chatbots that answer from an organization's own documents, with citations.",
         license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(Problem)),
    security(("bearer" = []))
)]
struct Document;

/// All routes of this function, with the document that describes them.
pub fn app(context: Arc<Context>) -> Router {
    let (public_url, access) = (context.public_url.clone(), context.access.clone());
    let declared = declared().layer(middleware::from_fn(visit)).layer(middleware::from_fn(strangers));
    service::app(declared, "/api/v1/openapi.json", &public_url, context).layer(Extension(access))
}

/// Tells strangers that they are, in the words of the protocol that they speak.
async fn strangers(request: Request, next: Next) -> Response {
    let is_openais = request.uri().path().starts_with("/v1/");
    match callers_first(request, next).await {
        Ok(response) => response,
        Err(problem) if is_openais => openai::Failure::from(problem).into_response(),
        Err(problem) => problem.into_response(),
    }
}

fn declared() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(sessions::open))
        .routes(routes!(keeping::list))
        .routes(routes!(sessions::get, keeping::change))
        .routes(routes!(keeping::end))
        .routes(routes!(keeping::cancel))
        .routes(routes!(sessions::messages, answers::ask))
        .routes(routes!(answers::edit))
        .routes(routes!(files::list, files::attach))
        .routes(routes!(files::get, files::detach))
        .routes(routes!(retrieval::retrieval))
        .routes(routes!(search::search))
        .routes(routes!(openai::completions::create_completion))
        .routes(routes!(openai::list::list_models))
        .routes(routes!(openai::list::get_model))
        .routes(routes!(openai::embeddings::create_embeddings))
        .routes(routes!(mcp::call, mcp::listen, mcp::end))
}
