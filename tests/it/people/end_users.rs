//! End users: a session's token opens this one session, from the page that it was given to, until it expires.

use super::{ME, text};
use crate::stack::support::{Shared, stack};
use http::{Method, StatusCode};
use identity::{Origin, Session, SessionKey, SessionKeys};
use jiff::Timestamp;
use serde_json::{Value, json};

const PAGE: &str = "https://shop.example";
const QUESTION: &str = "How often must the shaft seal of the P-40 be replaced?";

/// A session of the demo's chatbot, opened for a page or for nobody in particular.
async fn opened(shared: &Shared, origin: Option<&str>) -> Value {
    let path = format!("/api/v1/chatbots/{}/sessions", shared.addresses.chatbot_id);
    let opened = shared.sent_from(origin, &shared.addresses.api_key, Method::POST, &path, &json!({})).await;
    assert_eq!(opened.0, StatusCode::CREATED, "{}", opened.1);
    opened.1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_its_own_session() {
    let shared = stack().await;
    let session = opened(shared, Some(PAGE)).await;
    let (token, path) = (text(&session, "token"), format!("/api/v1/sessions/{}", text(&session, "id")));
    let started: Timestamp = text(&session, "started_at").parse().expect("a moment");
    let expires: Timestamp = text(&session, "token_expires_at").parse().expect("a moment");
    assert_eq!(expires.as_second() - started.as_second(), 24 * 60 * 60, "{session}");
    let messages = format!("{path}/messages");
    let sent = async |method: Method, path: &str, body: Value, expected: u16| {
        let (status, answer) = shared.sent_from(Some(PAGE), token, method.clone(), path, &body).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}: {answer}");
        answer
    };
    let me = sent(Method::GET, ME, Value::Null, 200).await;
    assert_eq!((text(&me, "kind"), &me["id"], &me["scopes"]), ("end_user", &session["id"], &json!([])));
    let answer = sent(Method::POST, &messages, json!({ "message": QUESTION }), 200).await;
    sent(Method::GET, &path, Value::Null, 200).await;
    let listed = sent(Method::GET, &messages, Value::Null, 200).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
    let edited = format!("{messages}/{}", text(&answer["message"], "question_id"));
    sent(Method::PATCH, &edited, json!({ "message": "And the P-50's?" }), 204).await;
    sent(Method::PATCH, &edited, json!({ "message": QUESTION, "answer": true }), 200).await;
    sent(Method::POST, &format!("{path}/cancel"), Value::Null, 202).await;
    sent(Method::POST, &format!("{path}/end"), json!({ "nps": 9 }), 200).await;
    sent(Method::POST, &messages, json!({ "message": QUESTION }), 409).await;
    sent(Method::GET, &messages, Value::Null, 200).await;
    // Who talks there may ask for people, and say nothing of who should come.
    let wish =
        json!({ "session_id": text(&session, "id"), "summary": "Please call me.", "priority": "critical" });
    let ticket = sent(Method::POST, "/api/v1/escalations", wish, 201).await;
    assert_eq!((&ticket["reason"], &ticket["priority"]), (&json!("requested"), &json!("medium")), "{ticket}");
    let other = opened(shared, Some(PAGE)).await;
    sent(Method::POST, "/api/v1/escalations", json!({ "session_id": text(&other, "id") }), 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_nothing_else() {
    let shared = stack().await;
    let mut session = opened(shared, None).await;
    let other = opened(shared, None).await;
    let stranger = shared.organization("people-strangers").await;
    let open = format!("/api/v1/chatbots/{}/sessions", text(&stranger, "chatbot_id"));
    let foreign =
        shared.sent(text(&stranger, "api_key"), Method::POST, &open, &json!({}), StatusCode::CREATED).await;
    let own = [
        "GET /api/v1/sessions/{id}",
        "GET /api/v1/sessions/{id}/messages",
        "POST /api/v1/sessions/{id}/messages",
        "PATCH /api/v1/sessions/{id}/messages/{message_id}",
        "POST /api/v1/sessions/{id}/end",
        "POST /api/v1/sessions/{id}/cancel",
        "POST /api/v1/sessions/{id}/feedback",
        "GET /api/v1/sessions/{id}/files",
        "POST /api/v1/sessions/{id}/files",
        "GET /api/v1/sessions/{id}/files/{file_id}",
        "DELETE /api/v1/sessions/{id}/files/{file_id}",
        "POST /api/v1/messages/{id}/feedback",
    ];
    let golden = tests::repository::read("tests/golden/routes.txt");
    let (mut closed, mut others, mut calls) = (0, 0, 0);
    for line in golden.lines() {
        let (route, _) = line.split_once(" -> ").expect("a function");
        let route = route.split_whitespace().collect::<Vec<_>>().join(" ");
        let (method, path) = route.split_once(' ').expect("a method");
        if path.ends_with("/openapi.json") || path == ME {
            continue;
        }
        let method: Method = method.parse().expect("a method");
        let body = if method == Method::GET { Value::Null } else { json!({ "message": QUESTION }) };
        let bodyless = ["end", "cancel"].iter().any(|last| path.ends_with(last));
        let body = match path {
            _ if bodyless => Value::Null,
            _ if path.ends_with("/files") && method == Method::POST => {
                json!({ "filename": "a.txt", "size": 1 })
            }
            "/api/v1/sessions/{id}/feedback" if method == Method::POST => json!({ "nps_score": 9 }),
            "/api/v1/messages/{id}/feedback" if method == Method::POST => json!({ "rating": "positive" }),
            _ => body,
        };
        let here = session.clone();
        let ids = if own.contains(&route.as_str()) { vec![&other, &foreign] } else { vec![&here] };
        for id in ids {
            let path = path.replace("{id}", text(id, "id")).replace("{model}", "any");
            let path = path.replace("{message_id}", text(id, "id")).replace("{version_id}", text(id, "id"));
            let path = ["{file_id}", "{category_id}", "{gold_id}"]
                .iter()
                .fold(path, |path, parameter| path.replace(parameter, text(id, "id")));
            let path = if path == "/api/v1/search" { format!("{path}?q=seal") } else { path };
            // A session may call so often a minute.
            if calls % 40 == 39 {
                session = opened(shared, None).await;
            }
            calls += 1;
            let token = text(&session, "token");
            let (status, problem) = shared.sent_from(None, token, method.clone(), &path, &body).await;
            if own.contains(&route.as_str()) {
                assert_eq!(status, StatusCode::NOT_FOUND, "{route}: {problem}");
                others += 1;
            } else {
                // A body that would not be taken from anybody may be refused before its sender is.
                let refused = status == StatusCode::FORBIDDEN || status == StatusCode::UNPROCESSABLE_ENTITY;
                assert!(refused, "{route}: {status} {problem}");
                closed += usize::from(status == StatusCode::FORBIDDEN);
            }
        }
    }
    assert_eq!(others, 2 * own.len());
    assert!(closed >= 45, "{closed} routes are closed by who calls");
    let listed = shared.read_messages(text(&other, "id")).await;
    assert_eq!(listed["items"], json!([]), "nothing was said in the other's session");
}

impl Shared {
    async fn read_messages(&self, session: &str) -> Value {
        let path = format!("/api/v1/sessions/{session}/messages");
        self.sent(&self.addresses.api_key, Method::GET, &path, &Value::Null, StatusCode::OK).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_page_a_changed_token_and_an_expired_one_are_refused() {
    let shared = stack().await;
    let session = opened(shared, Some("https://Shop.Example:443")).await;
    let (token, path) = (text(&session, "token"), format!("/api/v1/sessions/{}", text(&session, "id")));
    let from = async |origin: Option<&str>, token: &str| {
        shared.sent_from(origin, token, Method::GET, &path, &Value::Null).await.0.as_u16()
    };
    assert_eq!(from(Some(PAGE), token).await, 200);
    for other in [None, Some("https://evil.example"), Some("http://shop.example"), Some("null")] {
        assert_eq!(from(other, token).await, 403, "{other:?}");
    }
    for place in [20, token.len() / 2, token.len() - 2] {
        let mut changed = token.as_bytes().to_vec();
        changed[place] = if changed[place] == b'a' { b'b' } else { b'a' };
        assert_eq!(from(Some(PAGE), &String::from_utf8(changed).expect("ASCII")).await, 401, "{place}");
    }

    let secrets = std::fs::read_to_string(shared.folder().join("secrets.json")).expect("the stack's secrets");
    let secrets: Value = serde_json::from_str(&secrets).expect("JSON");
    let keys = SessionKeys::new(SessionKey::new(text(&secrets, "session_token_key")).expect("long enough"));
    let organization = domain::ApiKey::parse(&shared.addresses.api_key).expect("a key").organization;
    let said = Session {
        organization,
        chatbot: shared.addresses.chatbot_id.parse().expect("an id"),
        session: text(&session, "id").parse().expect("an id"),
        origin: Origin::parse(PAGE),
        expires_at: Timestamp::now().as_second() + 60,
    };
    assert_eq!(from(Some(PAGE), &keys.issue(&said)).await, 200, "signed as the functions sign");
    let expired = Session { expires_at: Timestamp::now().as_second() - 1, ..said.clone() };
    assert_eq!(from(Some(PAGE), &keys.issue(&expired)).await, 401);
    let other_bot = Session { chatbot: domain::ChatbotId::generate(), ..said.clone() };
    assert_eq!(from(Some(PAGE), &keys.issue(&other_bot)).await, 401);
    let gone = Session { session: domain::SessionId::generate(), ..said };
    assert_eq!(from(Some(PAGE), &keys.issue(&gone)).await, 401);
    let forged = SessionKeys::new(SessionKey::new(&"k".repeat(64)).expect("long enough"));
    assert_eq!(from(Some(PAGE), &forged.issue(&gone)).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_opened_once_has_one_token() {
    let shared = stack().await;
    let path = format!("/api/v1/chatbots/{}/sessions", shared.addresses.chatbot_id);
    let bearer = format!("Bearer {}", shared.addresses.api_key);
    let key = uuid::Uuid::now_v7().to_string();
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key.as_str())];
    let first = shared.call_with(&headers, Method::POST, &path, "{}").await;
    let second = shared.call_with(&headers, Method::POST, &path, "{}").await;
    assert_eq!(first.0, StatusCode::CREATED, "{}", first.1);
    assert_eq!((text(&first.1, "token"), &first.1["id"]), (text(&second.1, "token"), &second.1["id"]));
}
