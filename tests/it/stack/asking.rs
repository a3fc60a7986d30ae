//! Drop → answer, as JSON and as a stream, and what is kept of it.

use super::support::{file, stack};
use futures_util::StreamExt as _;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::pin::pin;

const SEAL: &str = "How often must the shaft seal of the P-40 be replaced?";

/// Drops the pump's manual into a collection and gives its chatbot.
async fn manual(collection: &str) -> String {
    let shared = stack().await;
    let status = shared
        .drop_bytes(&format!("demo/{collection}/pump-manual.pdf"), file("corpus", "pump-manual.pdf"))
        .await;
    assert_eq!(status.status, "completed", "{:?}", status.failure);
    shared.chatbot_of(collection).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_pdf_answers_with_its_page_and_words() {
    let shared = stack().await;
    let chatbot = manual("asking-json").await;
    let session = shared.session(&chatbot).await;
    let answer = shared.ask(&session, SEAL).await;
    let content = answer["message"]["content"].as_str().expect("text");
    assert!(content.contains("every 8,000 operating hours or every three years"), "{answer}");
    let first = &answer["citations"][0];
    assert_eq!((first["marker"].as_i64(), first["page_number"].as_i64()), (Some(1), Some(6)));
    assert!(
        first["quoted_span"].as_str().is_some_and(|span| span.contains("8,000 operating hours")),
        "{first}"
    );
    assert_eq!(answer["abstained"], json!(false));
    assert!(answer["usage"]["total_tokens"].as_u64() > Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_says_the_same_and_ends_with_done() {
    let shared = stack().await;
    let chatbot = manual("asking-stream").await;
    let client = shared.client().await;
    let session = client.open_session(&chatbot).await.expect("a session");
    let mut events = pin!(client.ask(&session, SEAL).await.expect("a stream"));
    let (mut text, mut citations, mut done) = (String::new(), 0, None);
    while let Some(event) = events.next().await {
        let event = event.expect("an event");
        assert!(done.is_none(), "nothing comes after done");
        match event.name.as_str() {
            "token" => text.push_str(event.data["text"].as_str().expect("text")),
            "citation" => citations += 1,
            "done" => done = Some(event.data),
            other => panic!("{other}: {}", event.data),
        }
    }
    let done = done.expect("a stream ends with done");
    assert_eq!(done["message"]["content"].as_str(), Some(text.as_str()));
    assert_eq!(done["citations"].as_array().map(Vec::len), Some(citations));
    assert!(citations > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_documents_do_not_hold_is_not_answered() {
    let shared = stack().await;
    let chatbot = manual("asking-nothing").await;
    let session = shared.session(&chatbot).await;
    for question in ["Who won the football world cup in 1998?", "What is the capital of France?"] {
        let answer = shared.ask(&session, question).await;
        assert_eq!(answer["abstained"], json!(true), "{answer}");
        assert_eq!(answer["citations"], json!([]));
        assert_eq!(answer["message"]["content"], json!(domain::chatbot::DEFAULT_FALLBACK));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thai_and_spanish_are_answered() {
    let shared = stack().await;
    let name = "คู่มือ-เครื่องกรองน้ำ.md";
    shared.drop_bytes(&format!("demo/asking-languages/{name}"), file("corpus", name)).await;
    shared.drop_bytes("demo/asking-languages/sostenibilidad.md", file("corpus", "sostenibilidad.md")).await;
    let chatbot = shared.chatbot_of("asking-languages").await;
    let session = shared.session(&chatbot).await;
    let thai = shared.ask(&session, "ควรเปลี่ยนไส้กรองบ่อยแค่ไหน").await;
    assert!(
        thai["message"]["content"].as_str().is_some_and(|text| text.contains("เปลี่ยนไส้กรองทุกหกเดือน")),
        "{thai}"
    );
    let spanish = shared.ask(&session, "¿Cuántos cartuchos usados se recibieron en 2025?").await;
    assert!(spanish["message"]["content"].as_str().is_some_and(|text| text.contains("186.400")), "{spanish}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_kept_with_everything_about_it() {
    let shared = stack().await;
    let chatbot = manual("asking-kept").await;
    let session = shared.session(&chatbot).await;
    shared.ask(&session, SEAL).await;
    shared.ask(&session, "When does the fault code E06 appear?").await;
    let key = &shared.addresses.api_key;
    let (_, messages) =
        shared.call(key, Method::GET, &format!("/api/v1/sessions/{session}/messages"), "").await;
    let items = messages["items"].as_array().expect("items");
    let numbers: Vec<_> = items.iter().map(|item| item["sequence_number"].as_i64()).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3), Some(4)]);
    assert_eq!(items[1]["citations"][0]["page_number"], json!(6));
    let (_, kept) = shared.call(key, Method::GET, &format!("/api/v1/sessions/{session}"), "").await;
    assert_eq!(kept["message_count"], json!(4));
    assert!(kept["total_tokens"].as_i64() > Some(0));
    let admin = shared.addresses.admin_database_url.as_deref().expect("our own server");
    let database = local::database::connect(admin).await.expect("the database answers");
    let id: uuid::Uuid = session.parse().expect("an id");
    for (table, rows) in [("retrieval_logs", 2_i64), ("messages", 4)] {
        let sql = format!("SELECT count(*) FROM docent.{table} WHERE session_id = $1");
        assert_eq!(database.query_one(&sql, &[&id]).await.expect("rows").get::<_, i64>(0), rows, "{table}");
    }
    let events = database
        .query("SELECT event_type FROM docent.events WHERE session_id = $1 ORDER BY id", &[&id])
        .await
        .expect("events");
    let kinds: Vec<&str> = events.iter().map(|row| row.get(0)).collect();
    assert_eq!(kinds, ["message_received", "llm_call", "message_received", "llm_call"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_breaks_off_ends_in_an_error_event_and_a_kept_message() {
    let shared = stack().await;
    let chatbot = manual("asking-broken").await;
    let client = shared.client().await;
    let session = client.open_session(&chatbot).await.expect("a session");
    let question = format!("{SEAL} <<<local:fail-midstream>>>");
    let events: Vec<_> = client.ask(&session, &question).await.expect("a stream").collect().await;
    let last = events.last().expect("an event").as_ref().expect("readable");
    assert_eq!(
        (last.name.as_str(), &last.data["type"]),
        ("error", &json!("urn:docent:error:model-unavailable"))
    );
    let key = &shared.addresses.api_key;
    let (_, messages) =
        shared.call(key, Method::GET, &format!("/api/v1/sessions/{session}/messages"), "").await;
    assert_eq!(
        (&messages["items"][1]["role"], &messages["items"][1]["error"]),
        (&json!("assistant"), &json!(true))
    );
    let path = format!("/api/v1/sessions/{session}/messages");
    let body = json!({ "message": format!("{SEAL} <<<local:throttle>>>") }).to_string();
    let (status, problem) = shared.call(key, Method::POST, &path, body).await;
    assert_eq!((status.as_u16(), &problem["type"]), (503, &json!("urn:docent:error:model-unavailable")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stage_prefix_changes_nothing() {
    let shared = stack().await;
    let chatbot = manual("asking-stage").await;
    let key = &shared.addresses.api_key;
    let path = format!("/{}/api/v1/chatbots/{chatbot}/sessions", shared.stage);
    let (status, session) = shared.call(key, Method::POST, &path, "{}").await;
    assert_eq!(status, StatusCode::CREATED, "{session}");
    let path =
        format!("/{}/api/v1/sessions/{}/messages", shared.stage, session["id"].as_str().expect("an id"));
    let (status, answer) =
        shared.call(key, Method::POST, &path, json!({ "message": SEAL }).to_string()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["citations"][0]["page_number"], json!(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_served_openapi_document_has_every_route_of_the_template() {
    let shared = stack().await;
    let (status, api) = shared.call(&shared.addresses.api_key, Method::GET, "/api/v1/openapi.json", "").await;
    assert_eq!(status, StatusCode::OK);
    let template = local::template::Template::read(&local::stack::template_file(&tests::repository::root()))
        .expect("readable");
    for route in template.routes().iter().filter(|route| !route.path.ends_with("openapi.json")) {
        let operation = &api["paths"][&route.path][route.method.to_lowercase()];
        assert!(operation.is_object(), "{route} is in the template and not in the OpenAPI document");
    }
    let declared: usize = api["paths"]
        .as_object()
        .expect("paths")
        .values()
        .map(|path| path.as_object().map_or(0, serde_json::Map::len))
        .sum();
    assert_eq!(declared, template.routes().len() - 1, "a declared route is missing in the template");
    assert_eq!(api["servers"][0]["url"], Value::String(shared.addresses.gateway.clone()));
}
