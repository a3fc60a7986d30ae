//! Drop → answer, as JSON and as a stream, and what is kept of it.

use super::support::{file, stack};
use futures_util::StreamExt as _;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::pin::pin;

const SEAL: &str = "How often must the shaft seal of the P-40 be replaced?";

/// Drops the pump's manual into a collection and gives its chatbot.
pub async fn manual(collection: &str) -> String {
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
    // And that somebody read it, above.
    assert_eq!(kinds, ["message_received", "llm_call", "message_received", "llm_call", "transcript_read"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_people_wrote_is_given_word_for_word_and_kept() {
    let shared = stack().await;
    let key = &shared.addresses.api_key;
    let chatbot = manual("asking-curated").await;
    let written = "Call *Anna*, extension 12. [see the list]\n\nShe has the key.";
    let body =
        json!({ "question": "Who has the key of the pump house?", "answer": written, "chatbot_id": chatbot });
    let (status, curated) = shared.call(key, Method::POST, "/api/v1/curated-answers", body.to_string()).await;
    assert_eq!(status, StatusCode::CREATED, "{curated}");

    let client = shared.client().await;
    let session = client.open_session(&chatbot).await.expect("a session");
    let question = "who has the key of the pump house";
    let events: Vec<_> = client.ask(&session, question).await.expect("a stream").collect().await;
    let events: Vec<_> = events.into_iter().map(|event| event.expect("an event")).collect();
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["token", "citation", "done"]);
    assert_eq!(events[0].data["text"], json!(written));
    let answer = &events[2].data;
    assert_eq!(
        (&answer["message"]["content"], &answer["message"]["model"]),
        (&json!(written), &json!("curated"))
    );
    assert_eq!((&answer["usage"]["total_tokens"], &answer["confidence"]), (&json!(0), &json!(1.0)));
    let citation = &answer["citations"][0];
    assert_eq!(citation, &events[1].data);
    assert_eq!(citation["curated_answer_id"], curated["id"]);
    assert_eq!((&citation["chunk_id"], &citation["document_id"]), (&Value::Null, &Value::Null));

    // Near enough in other words; another pump house is not.
    let session = shared.session(&chatbot).await;
    let near = shared.ask(&session, "Who's got the key of the pump house, please?").await;
    let other = shared.ask(&session, "Who has the key of pump house 7?").await;
    assert_ne!(other["message"]["model"], json!("curated"), "{other}");
    let path = format!("/api/v1/sessions/{session}/messages");
    let (_, messages) = shared.call(key, Method::GET, &path, "").await;
    assert_eq!(messages["items"][1]["content"], near["message"]["content"]);
    assert_eq!(messages["items"][1]["citations"], near["citations"]);
    let admin = shared.addresses.admin_database_url.as_deref().expect("our own server");
    let database = local::database::connect(admin).await.expect("the database answers");
    let sql = "SELECT count(*) FROM docent.events WHERE event_type = 'curated_answer_given' AND payload ->> 'curated_answer_id' = $1";
    let id = curated["id"].as_str().expect("an id");
    assert!(database.query_one(sql, &[&id]).await.expect("a count").get::<_, i64>(0) >= 1);

    // Another chatbot does not give it.
    let stranger = manual("asking-not-curated").await;
    let session = shared.session(&stranger).await;
    assert_ne!(shared.ask(&session, question).await["message"]["model"], json!("curated"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_passage_is_quoted_as_corrected_and_a_disabled_one_not_at_all() {
    let shared = stack().await;
    let key = &shared.addresses.api_key;
    let chatbot = manual("asking-corrected").await;
    let session = shared.session(&chatbot).await;
    let first = shared.ask(&session, SEAL).await;
    let chunk = format!("/api/v1/chunks/{}", first["citations"][0]["chunk_id"].as_str().expect("a passage"));
    let (_, passage) = shared.call(key, Method::GET, &chunk, "").await;
    let corrected =
        passage["content"].as_str().expect("text").replace("8,000 operating hours", "9,000 operating hours");
    let change = async |change: Value| {
        let (status, changed) = shared.call(key, Method::PATCH, &chunk, change.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{changed}");
    };
    change(json!({ "content": corrected })).await;
    let second = shared.ask(&session, SEAL).await;
    assert!(
        second["message"]["content"].as_str().is_some_and(|text| text.contains("9,000 operating hours")),
        "{second}"
    );
    assert!(
        second["citations"][0]["quoted_span"].as_str().is_some_and(|span| span.contains("9,000")),
        "{second}"
    );
    change(json!({ "is_active": false })).await;
    let third = shared.ask(&session, SEAL).await;
    assert!(
        !third["message"]["content"].as_str().is_some_and(|text| text.contains(",000 operating hours")),
        "{third}"
    );
    let path = "/api/v1/search?q=shaft%20seal%20operating%20hours&collection=asking-corrected&k=50";
    let (_, found) = shared.call(key, Method::GET, path, "").await;
    let items = found["items"].as_array().expect("items");
    assert!(!items.is_empty() && items.iter().all(|item| item["chunk_id"] != passage["id"]), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_narrowed_by_type_and_metadata_and_refuses_unknown_words() {
    let shared = stack().await;
    let key = &shared.addresses.api_key;
    manual("asking-narrowed").await;
    let search = async |more: &str| {
        let path = format!("/api/v1/search?q=shaft%20seal&collection=asking-narrowed&{more}");
        shared.call(key, Method::GET, &path, "").await
    };
    for (more, is_found) in
        [("chunk_type=general", true), ("chunk_type=product_level", false), ("metadata.module=m1", false)]
    {
        let (status, found) = search(more).await;
        assert_eq!(status, StatusCode::OK, "{found}");
        assert_eq!(
            found["items"].as_array().is_some_and(|items| !items.is_empty()),
            is_found,
            "{more}: {found}"
        );
    }
    let (status, problem) = search("document_type=manual").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        problem["detail"].as_str().is_some_and(|detail| detail.contains("\"certification\"")),
        "{problem}"
    );
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
    let routes: Vec<_> = template.routes().iter().filter(|route| route.function == "ChatFunction").collect();
    for route in routes.iter().filter(|route| !route.path.ends_with("openapi.json")) {
        let operation = &api["paths"][&route.path][route.method.to_lowercase()];
        assert!(operation.is_object(), "{route} is in the template and not in the OpenAPI document");
    }
    let declared: usize = api["paths"]
        .as_object()
        .expect("paths")
        .values()
        .map(|path| path.as_object().map_or(0, serde_json::Map::len))
        .sum();
    assert_eq!(declared, routes.len() - 1, "a declared route is missing in the template");
    assert_eq!(api["servers"][0]["url"], Value::String(shared.addresses.gateway.clone()));
}
