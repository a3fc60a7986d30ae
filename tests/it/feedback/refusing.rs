//! Who may not: another organization's ids do not exist, and each route wants its scope.

use super::{corrected, id_of};
use crate::stack::support::stack;
use domain::{ApiKey, OrganizationId, Scope};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// A route of the feedback path: method, path, and a body that it would take.
fn routes() -> Vec<(Method, String, Value)> {
    let golden = tests::repository::read("tests/golden/routes.txt");
    let ours = golden.lines().filter_map(|line| line.strip_suffix(" -> feedback"));
    let routes = ours.filter_map(|line| line.split_once(' ')).map(|(method, path)| {
        let path = path.trim().to_owned();
        let body = body(method, &path);
        (method.parse::<Method>().expect("a method"), path, body)
    });
    routes.filter(|(_, path, _)| !path.ends_with("/openapi.json")).collect()
}

fn body(method: &str, path: &str) -> Value {
    match (method, path) {
        ("POST", "/api/v1/messages/{id}/feedback") => json!({ "rating": "positive" }),
        ("PUT", "/api/v1/messages/{id}/review") => json!({ "handled": true }),
        ("POST", "/api/v1/sessions/{id}/feedback") => json!({ "rating": 5 }),
        ("POST", "/api/v1/escalations") => json!({ "session_id": Uuid::now_v7() }),
        ("PATCH", "/api/v1/escalations/{id}") => json!({}),
        ("POST", "/api/v1/escalations/{id}/notes" | "/api/v1/escalations/{id}/reply") => {
            json!({ "content": "Hello." })
        }
        ("POST", "/api/v1/chatbots/{id}/admin-feedback") => json!({ "feedback_text": "No." }),
        ("POST", "/api/v1/admin-feedback/{id}/apply" | "/api/v1/admin-feedback/{id}/replay") => {
            json!({ "proposals": [0] })
        }
        ("POST", "/api/v1/chatbots/{id}/gold-questions" | "/api/v1/chatbots/{id}/gold-questions/import") => {
            json!({ "question": "How long?", "expected_answer": "five days" })
        }
        ("PATCH", "/api/v1/chatbots/{id}/gold-questions/{gold_id}") => json!({}),
        ("POST", "/api/v1/chatbots/{id}/replays") => json!({ "after_config_version_id": Uuid::now_v7() }),
        _ => Value::Null,
    }
}

/// What wants another scope than its neighbours: it changes what administration keeps.
const OF_ADMINISTRATION: [(&str, Scope); 3] = [
    ("/api/v1/messages/{id}/feedback/accept-correction", Scope::CuratedWrite),
    ("/api/v1/admin-feedback/{id}/apply", Scope::ChatbotsWrite),
    ("/api/v1/admin-feedback/{id}/rollback", Scope::ChatbotsWrite),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_wants_a_key_and_its_own_scope() {
    let shared = stack().await;
    let made = shared.organization("scopes-of-feedback").await;
    let organization: OrganizationId =
        made["organization_id"].as_str().expect("an id").parse().expect("an id");
    let none = shared.key_with(organization, &[Scope::Chat, Scope::SessionsRead]).await;
    let forged = ApiKey::generate(organization).reveal();
    let routes = routes();
    assert_eq!(routes.len(), 33, "{routes:?}");
    for (method, declared, body) in routes {
        let path = declared.replace("{id}", &Uuid::now_v7().to_string());
        let path = path.replace("{gold_id}", &Uuid::now_v7().to_string());
        let unknown = StatusCode::UNAUTHORIZED;
        shared.say_as(&forged, method.clone(), &path, body.clone(), unknown).await;
        let problem = shared.say_as(&none, method.clone(), &path, body.clone(), StatusCode::FORBIDDEN).await;
        let special = OF_ADMINISTRATION.into_iter().find(|(path, _)| *path == declared);
        let wanted = special.map_or_else(
            || match (declared.contains("escalations"), method == Method::GET) {
                (true, true) => Scope::EscalationsRead,
                (true, false) => Scope::EscalationsWrite,
                (false, true) => Scope::FeedbackRead,
                (false, false) if declared.ends_with("/feedback") => Scope::FeedbackWrite,
                (false, false) => Scope::ImprovementWrite,
            },
            |(_, scope)| scope,
        );
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(&format!("`{}`", wanted.as_str())), "{method} {declared}: {problem}");
        // With it alone it is served; what has an id names nothing.
        let enough = shared.key_with(organization, &[wanted]).await;
        let expected = if declared.contains("{id}") || method == Method::POST {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::OK
        };
        shared.say_as(&enough, method, &path, body, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organizations_ids_do_not_exist() {
    let shared = stack().await;
    let other = shared.organization("strangers-of-feedback").await;
    let theirs = other["api_key"].as_str().expect("a key");
    let chatbot = shared.bot("refusing-feedback").await;
    let (message, session) = shared.answered(&chatbot, "How long does delivery to Spain take?").await;
    let feedback = format!("/api/v1/messages/{message}/feedback");
    shared.say(Method::POST, &feedback, corrected("A week."), StatusCode::OK).await;
    let ticket = json!({ "session_id": session });
    let ticket = id_of(&shared.say(Method::POST, "/api/v1/escalations", ticket, StatusCode::CREATED).await);
    let path = format!("/api/v1/chatbots/{chatbot}/admin-feedback");
    let criticism = id_of(
        &shared
            .say(
                Method::POST,
                &path,
                json!({ "feedback_text": "No.", "feedback_type": "tone" }),
                StatusCode::CREATED,
            )
            .await,
    );
    let path = format!("/api/v1/admin-feedback/{criticism}/analyze");
    shared.say(Method::POST, &path, Value::Null, StatusCode::OK).await;

    for (method, declared, mut body) in routes() {
        let id = match declared.split('/').nth(3) {
            Some("messages") => &message,
            Some("sessions") => &session,
            Some("chatbots") => &chatbot,
            Some("escalations") => &ticket,
            Some("admin-feedback") => &criticism,
            _ => continue,
        };
        if declared == "/api/v1/escalations" {
            body = json!({ "session_id": session });
            if method == Method::GET {
                continue;
            }
        }
        let path = declared.replace("{id}", id);
        shared.say_as(theirs, method, &path, body, StatusCode::NOT_FOUND).await;
    }
    for list in
        ["/api/v1/review-queue", "/api/v1/escalations", &format!("/api/v1/escalations?session={session}")]
    {
        let listed = shared.say_as(theirs, Method::GET, list, Value::Null, StatusCode::OK).await;
        assert_eq!(listed["items"], json!([]), "{list}");
    }
    // Nothing of it left a trace.
    assert_eq!(shared.look(&feedback).await["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(shared.look(&format!("/api/v1/escalations/{ticket}")).await["status"], "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_describes_every_route() {
    let shared = stack().await;
    let (status, api) = shared.call("", Method::GET, "/api/v1/feedback/openapi.json", "").await;
    assert_eq!(status, StatusCode::OK);
    for (method, path, _) in routes() {
        let operation = &api["paths"][&path][method.as_str().to_lowercase()];
        assert!(operation["responses"]["403"].is_object(), "{method} {path} is described with its problems");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn example_events_are_served() {
    let shared = stack().await;
    let client = shared.client().await;
    let examples = tests::repository::files("events/feedback", "json");
    assert!(examples.len() >= 4);
    for path in examples {
        let event: Value = serde_json::from_str(&tests::repository::read(&path)).expect("JSON");
        let invoked = client.invoke_example("feedback", &event).await;
        let invoked = invoked.unwrap_or_else(|error| panic!("{path}: {error:#}"));
        let answer: Value = serde_json::from_str(&invoked.answer).expect("a response");
        assert!(
            answer["statusCode"].as_u64().is_some_and(|status| (200..300).contains(&status)),
            "{path}: {answer}"
        );
    }
}
