//! Bad requests: each gets its problem document.

use super::support::stack;
use http::{Method, StatusCode};
use serde_json::{Value, json};

fn assert_problem((status, problem): &(StatusCode, Value), expected: u16, kind: &str) {
    assert_eq!(status.as_u16(), expected, "{problem}");
    assert_eq!(problem["type"], json!(format!("urn:docent:error:{kind}")), "{problem}");
    assert_eq!(problem["status"], json!(expected));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{problem}");
    assert!(problem["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_question_says_what_is_wrong() {
    let shared = stack().await;
    let session = shared.session(&shared.addresses.chatbot_id).await;
    let path = format!("/api/v1/sessions/{session}/messages");
    let longest = "ก".repeat(2_000);
    for (body, status, kind) in [
        (json!({ "message": "" }).to_string(), 422, "message-empty"),
        (json!({ "message": " \n\u{3000}" }).to_string(), 422, "message-empty"),
        (json!({ "message": format!("{longest}ก") }).to_string(), 422, "message-too-long"),
        (json!({ "message": "a\0b" }).to_string(), 422, "message-invalid"),
        (json!({ "message": "a", "extra": 1 }).to_string(), 422, "invalid-field"),
        (json!({ "message": 5 }).to_string(), 422, "invalid-field"),
        ("{}".to_owned(), 422, "invalid-field"),
        ("{\"message\": \"a\"".to_owned(), 400, "malformed-json"),
        (String::new(), 400, "malformed-json"),
        (json!({ "message": "a".repeat(1_048_576) }).to_string(), 413, "body-too-large"),
    ] {
        let answer = shared.call(&shared.addresses.api_key, Method::POST, &path, body).await;
        assert_problem(&answer, status, kind);
    }
    let wrong = shared
        .call(&shared.addresses.api_key, Method::POST, &path, json!({ "message": 5 }).to_string())
        .await;
    assert_eq!(wrong.1["errors"][0]["pointer"], json!("/message"));
    let (status, answer) = shared
        .call(&shared.addresses.api_key, Method::POST, &path, json!({ "message": longest }).to_string())
        .await;
    assert_eq!(status, StatusCode::OK, "2,000 characters are not too many: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_or_revoked_key_is_refused_everywhere() {
    let shared = stack().await;
    let other = shared.organization("refused-keys").await;
    let good = other["api_key"].as_str().expect("a key").to_owned();
    let session = format!("/api/v1/chatbots/{}/sessions", other["chatbot_id"].as_str().expect("a chatbot"));
    assert_eq!(shared.call(&good, Method::POST, &session, "{}").await.0, StatusCode::CREATED);
    let forged =
        domain::ApiKey::generate(other["organization_id"].as_str().expect("an id").parse().expect("an id"))
            .reveal();
    let mut secret = good.clone();
    let last = if secret.pop() == Some('A') { 'E' } else { 'A' };
    secret.push(last);
    for key in ["", "nonsense", &forged, &secret] {
        for (method, path) in [
            (Method::POST, session.as_str()),
            (Method::GET, "/api/v1/sessions"),
            (Method::GET, "/api/v1/search?q=a"),
        ] {
            assert_problem(&shared.call(key, method, path, "{}").await, 401, "unauthorized");
        }
    }
    let key = domain::ApiKey::parse(&good).expect("a key");
    let database = store::Database::new(&shared.addresses.database_url).expect("a URL");
    let tx = database.tenant(key.organization).await.expect("a transaction");
    assert!(store::api_keys::revoke(&tx, key.id).await.expect("revoked"));
    tx.finish().await.expect("committed");
    assert_problem(&shared.call(&good, Method::POST, &session, "{}").await, 401, "unauthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organizations_ids_do_not_exist() {
    let shared = stack().await;
    let other = shared.organization("refused-ids").await;
    let key = other["api_key"].as_str().expect("a key");
    let session = shared.session(&shared.addresses.chatbot_id).await;
    let chatbot = &shared.addresses.chatbot_id;
    let missing = uuid::Uuid::now_v7();
    for (foreign, absent, method, body) in [
        (
            format!("/api/v1/chatbots/{chatbot}/sessions"),
            format!("/api/v1/chatbots/{missing}/sessions"),
            Method::POST,
            "{}",
        ),
        (format!("/api/v1/sessions/{session}"), format!("/api/v1/sessions/{missing}"), Method::GET, ""),
        (
            format!("/api/v1/sessions/{session}/messages"),
            format!("/api/v1/sessions/{missing}/messages"),
            Method::GET,
            "",
        ),
        (
            format!("/api/v1/sessions/{session}/messages"),
            format!("/api/v1/sessions/{missing}/messages"),
            Method::POST,
            "{\"message\":\"a\"}",
        ),
    ] {
        let foreign = shared.call(key, method.clone(), &foreign, body).await;
        assert_problem(&foreign, 404, "not-found");
        let absent = shared.call(key, method, &absent, body).await;
        assert_eq!(foreign.1["detail"], absent.1["detail"], "foreign and missing look the same");
    }
    let (_, sessions) = shared.call(key, Method::GET, "/api/v1/sessions", "").await;
    assert_eq!(sessions["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_queries_and_paths_say_so() {
    let shared = stack().await;
    let key = &shared.addresses.api_key;
    for (path, status, kind) in [
        ("/api/v1/search?q=", 422, "message-empty"),
        ("/api/v1/search", 422, "invalid-query"),
        ("/api/v1/search?q=a&k=0", 422, "invalid-query"),
        ("/api/v1/search?q=a&k=51", 422, "invalid-query"),
        ("/api/v1/search?q=a&unknown=1", 422, "invalid-query"),
        ("/api/v1/sessions?limit=101", 422, "invalid-query"),
        ("/api/v1/sessions?cursor=nonsense", 422, "invalid-cursor"),
        ("/api/v1/sessions/not-an-id", 404, "not-found"),
    ] {
        assert_problem(&shared.call(key, Method::GET, path, "").await, status, kind);
    }
    assert_eq!(shared.call(key, Method::GET, "/api/v1/search?q=a&k=50", "").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_with_a_session_and_when_it_was_have_edges() {
    let shared = stack().await;
    let key = &shared.addresses.api_key;
    let path = format!("/api/v1/chatbots/{}/sessions", shared.addresses.chatbot_id);
    // A JSON string of so many bytes with what stands around it.
    let of = |bytes: usize| {
        serde_json::json!({ "context": { "a": "x".repeat(bytes - r#"{"a":""}"#.len()) } }).to_string()
    };
    for (body, expected) in [
        (r#"{"context":{"pattern":"\\u0000"}}"#.to_owned(), StatusCode::CREATED),
        (r#"{"context":{"a":["\u0000"]}}"#.to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
        (of(domain::limits::SESSION_CONTEXT_BYTES), StatusCode::CREATED),
        (of(domain::limits::SESSION_CONTEXT_BYTES + 1), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let (status, answer) = shared.call(key, Method::POST, &path, body.clone()).await;
        assert_eq!(status, expected, "{answer} for {} bytes", body.len());
        if status != StatusCode::CREATED {
            assert_eq!(answer["errors"][0]["pointer"], "/context", "{answer}");
        }
    }
    let of_year = |year: &str| format!("/api/v1/sessions?from={year}-01-01T00:00:00Z");
    for (year, expected) in [("0001", 200), ("-000001", 422), ("-009000", 422), ("9999", 200)] {
        let (status, answer) = shared.call(key, Method::GET, &of_year(year), "").await;
        assert_eq!(status.as_u16(), expected, "{year}: {answer}");
    }
}
