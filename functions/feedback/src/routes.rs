//! The routes, each declared once at its handler: the OpenAPI document is made from them, and a test holds the
//! template to it.

use crate::{admin_feedback, escalations, gold_questions, messages, replays, reviews, sessions};
use access::{Access, callers_first, heed, visit};
use axum::{Extension, Router, middleware};
use insight::Insight;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Problem, service};

#[derive(OpenApi)]
#[openapi(
    info(title = "Docent: feedback",
         description = "What people say of answers, what waits for a reviewer, tickets, and criticism that becomes a measured change.",
         license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(Problem)),
    security(("bearer" = []))
)]
struct Document;

/// All routes of this function, with the document that describes them.
pub fn app(insight: Arc<Insight>, access: Access, public_url: &str) -> Router {
    service::app(heeding(declared()), "/api/v1/feedback/openapi.json", public_url, insight)
        .layer(Extension(access))
}

/// What makes nothing that a second time would double, has no revision, or sees to it by itself.
const UNHEEDED: [(&str, &str); 7] = [
    ("post", "/api/v1/escalations/{id}/reply"),
    // One that is not through is answered again.
    ("post", "/api/v1/admin-feedback/{id}/replay"),
    ("post", "/api/v1/chatbots/{id}/replays"),
    ("post", "/api/v1/replays/{id}/resume"),
    ("post", "/api/v1/admin-feedback/{id}/analyze"),
    ("post", "/api/v1/admin-feedback/{id}/reject"),
    ("put", "/api/v1/messages/{id}/review"),
];

/// Where demands are heard, and said to be.
fn heeding(declared: OpenApiRouter<Arc<Insight>>) -> OpenApiRouter<Arc<Insight>> {
    service::heeding(declared, &UNHEEDED)
        .layer(middleware::from_fn(heed))
        .layer(middleware::from_fn(visit))
        .layer(middleware::from_fn(callers_first))
}

fn declared() -> OpenApiRouter<Arc<Insight>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(messages::list_message_feedback, messages::judge_message))
        .routes(routes!(messages::accept_correction))
        .routes(routes!(sessions::list_session_feedback, sessions::judge_session))
        .routes(routes!(reviews::review_queue))
        .routes(routes!(reviews::review_message))
        .routes(routes!(escalations::list_escalations, escalations::open_escalation))
        .routes(routes!(escalations::get_escalation, escalations::change_escalation))
        .routes(routes!(escalations::note_escalation))
        .routes(routes!(escalations::reply_to_escalation))
        .routes(routes!(admin_feedback::list_admin_feedback, admin_feedback::criticise))
        .routes(routes!(admin_feedback::get_admin_feedback))
        .routes(routes!(admin_feedback::analyze))
        .routes(routes!(admin_feedback::apply))
        .routes(routes!(admin_feedback::roll_back_criticism))
        .routes(routes!(admin_feedback::reject))
        .routes(routes!(admin_feedback::impact))
        .routes(routes!(gold_questions::list_gold_questions, gold_questions::create_gold_question))
        .routes(routes!(gold_questions::import_gold_questions))
        .routes(routes!(
            gold_questions::get_gold_question,
            gold_questions::change_gold_question,
            gold_questions::delete_gold_question
        ))
        .routes(routes!(replays::replay_proposals))
        .routes(routes!(replays::list_replays))
        .routes(routes!(replays::replay_versions))
        .routes(routes!(replays::get_replay))
        .routes(routes!(replays::resume_replay))
        .routes(routes!(replays::replay_results))
}
