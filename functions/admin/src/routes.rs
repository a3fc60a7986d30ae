//! The routes, each declared once at its handler: the OpenAPI document is made from them, and a test holds the
//! template to it.

use crate::{
    ai_models, alerts, api_keys, categories, chatbots, collections, config_versions, curated, documents,
    events, integrations, invitations, jobs, notifications, organization, passages, products, subjects,
    uploads, users, web_sources,
};
use access::{Access, callers_first, heed, visit};
use axum::{Extension, Router, middleware};
use management::Management;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Problem, service};

#[derive(OpenApi)]
#[openapi(
    info(title = "Docent: administration",
         description = "Documents, collections, curated answers and web sources of an organization, and their ingestion.",
         license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(Problem)),
    security(("bearer" = []))
)]
struct Document;

/// All routes of this function, with the document that describes them.
pub fn app(management: Arc<Management>, access: Access, public_url: &str) -> Router {
    service::app(heeding(declared()), "/api/v1/admin/openapi.json", public_url, management)
        .layer(Extension(access))
}

/// What makes nothing that a second time would double, or has no revision that could be read before.
const UNHEEDED: [(&str, &str); 14] = [
    ("post", "/api/v1/documents/uploads"),
    ("post", "/api/v1/documents/{id}/reprocess"),
    ("post", "/api/v1/collections/{id}/reprocess"),
    ("post", "/api/v1/ingestion/reconcile"),
    ("post", "/api/v1/web-sources/{id}/visit"),
    ("put", "/api/v1/ai-models"),
    ("delete", "/api/v1/invitations/{id}"),
    // A name is taken once.
    ("post", "/api/v1/chatbots/{id}/categories"),
    ("patch", "/api/v1/chatbots/{id}/categories/{category_id}"),
    ("delete", "/api/v1/chatbots/{id}/categories/{category_id}"),
    ("post", "/api/v1/alert-rules/preview"),
    ("post", "/api/v1/alerts/{id}/acknowledge"),
    ("post", "/api/v1/alerts/{id}/resolve"),
    ("post", "/api/v1/notification-targets/{id}/test"),
];

/// Where demands are heard, and said to be.
fn heeding(declared: OpenApiRouter<Arc<Management>>) -> OpenApiRouter<Arc<Management>> {
    service::heeding(declared, &UNHEEDED)
        .layer(middleware::from_fn(heed))
        .layer(middleware::from_fn(visit))
        .layer(middleware::from_fn(callers_first))
}

fn declared() -> OpenApiRouter<Arc<Management>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(uploads::upload_document))
        .routes(routes!(documents::list_documents))
        .routes(routes!(documents::get_document, documents::delete_document))
        .routes(routes!(documents::reprocess_document))
        .routes(routes!(documents::download_document))
        .routes(routes!(documents::download_text))
        .routes(routes!(passages::list_chunks))
        .routes(routes!(passages::get_chunk, passages::change_chunk))
        .routes(routes!(collections::list_collections, collections::create_collection))
        .routes(routes!(
            collections::get_collection,
            collections::change_collection,
            collections::delete_collection
        ))
        .routes(routes!(documents::reprocess_collection))
        .routes(routes!(jobs::list_ingestion_jobs))
        .routes(routes!(jobs::get_ingestion_job))
        .routes(routes!(jobs::reconcile))
        .routes(routes!(curated::list_curated_answers, curated::create_curated_answer))
        .routes(routes!(curated::import_curated_answers))
        .routes(routes!(
            curated::get_curated_answer,
            curated::change_curated_answer,
            curated::delete_curated_answer
        ))
        .routes(routes!(web_sources::list_web_sources, web_sources::create_web_source))
        .routes(routes!(web_sources::get_web_source, web_sources::delete_web_source))
        .routes(routes!(web_sources::visit_web_source))
        .routes(routes!(chatbots::list_chatbots, chatbots::create_chatbot))
        .routes(routes!(chatbots::get_chatbot, chatbots::change_chatbot, chatbots::delete_chatbot))
        .routes(routes!(chatbots::get_chatbot_collections, chatbots::set_chatbot_collections))
        .routes(routes!(chatbots::get_chatbot_documents, chatbots::set_chatbot_documents))
        .routes(routes!(categories::list_categories, categories::create_category))
        .routes(routes!(categories::get_category, categories::change_category, categories::delete_category))
        .routes(routes!(config_versions::list_config_versions, config_versions::create_config_version))
        .routes(routes!(config_versions::get_config_version))
        .routes(routes!(config_versions::diff_config_versions))
        .routes(routes!(config_versions::activate_config_version))
        .routes(routes!(config_versions::roll_back))
        .routes(routes!(config_versions::reembed_collection))
        .routes(routes!(ai_models::list_ai_models, ai_models::put_ai_models))
        .routes(routes!(products::list_products, products::create_product))
        .routes(routes!(products::get_product, products::change_product, products::delete_product))
        .routes(routes!(organization::get_organization, organization::change_organization))
        .routes(routes!(api_keys::list_api_keys, api_keys::create_api_key))
        .routes(routes!(api_keys::get_api_key, api_keys::revoke_api_key))
        .routes(routes!(users::me))
        .routes(routes!(users::list_users))
        .routes(routes!(users::get_user, users::change_user, users::remove_user))
        .routes(routes!(invitations::list_invitations, invitations::create_invitation))
        .routes(routes!(invitations::withdraw_invitation))
        .routes(routes!(subjects::list_data_subject_requests, subjects::create_data_subject_request))
        .routes(routes!(subjects::get_data_subject_request))
        .routes(routes!(alerts::list_alert_rules, alerts::create_alert_rule))
        .routes(routes!(alerts::preview_alert_rule))
        .routes(routes!(alerts::get_alert_rule, alerts::change_alert_rule, alerts::delete_alert_rule))
        .routes(routes!(alerts::list_alerts))
        .routes(routes!(alerts::acknowledge_alert))
        .routes(routes!(alerts::resolve_alert))
        .routes(routes!(notifications::list_notification_targets, notifications::create_notification_target))
        .routes(routes!(
            notifications::get_notification_target,
            notifications::change_notification_target,
            notifications::delete_notification_target
        ))
        .routes(routes!(notifications::test_notification_target))
        .routes(routes!(notifications::list_deliveries))
        .routes(routes!(integrations::list_integrations, integrations::create_integration))
        .routes(routes!(
            integrations::get_integration,
            integrations::change_integration,
            integrations::delete_integration
        ))
        .routes(routes!(events::list_events))
        .routes(routes!(events::list_audit))
}
