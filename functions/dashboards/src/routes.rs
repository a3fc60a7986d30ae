//! The routes, each declared once at its handler: the OpenAPI document is made from them, and a test holds the
//! template to it.

use crate::{behind, chatbots, client_service, documents, drill_down, executive, export, technical};
use access::{Access, callers_first, visit};
use axum::{Extension, Router, middleware};
use metrics::Metrics;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Problem, service};

#[derive(OpenApi)]
#[openapi(
    info(title = "Docent: dashboards",
         description = "What people ask, how well they are served and what it costs. Days are the organization's own.",
         license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(Problem)),
    security(("bearer" = []))
)]
struct Document;

/// All routes of this function, with the document that describes them.
pub fn app(metrics: Arc<Metrics>, access: Access, public_url: &str) -> Router {
    service::app(
        declared().layer(middleware::from_fn(visit)).layer(middleware::from_fn(callers_first)),
        "/api/v1/dashboards/openapi.json",
        public_url,
        metrics,
    )
    .layer(Extension(access))
}

fn declared() -> OpenApiRouter<Arc<Metrics>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(executive::executive_dashboard))
        .routes(routes!(executive::executive_compare))
        .routes(routes!(drill_down::executive_drill_down))
        .routes(routes!(technical::technical_dashboard))
        .routes(routes!(client_service::client_service_dashboard))
        .routes(routes!(client_service::unanswered_questions))
        .routes(routes!(behind::unanswered_clusters))
        .routes(routes!(client_service::low_confidence_answers))
        .routes(routes!(behind::persons))
        .routes(routes!(behind::category))
        .routes(routes!(chatbots::chatbot_performance))
        .routes(routes!(documents::document_processing_status))
        .routes(routes!(export::export_csv))
}
