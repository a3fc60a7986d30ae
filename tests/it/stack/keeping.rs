//! Conversations as those who keep them see them: found, named, ended, asked again, answered once.

use super::{
    asking::manual,
    support::{Shared, stack},
};
use http::{Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const QUESTION: &str = "How often must the shaft seal of the P-40 be replaced?";

impl Shared {
    async fn chat(&self, method: Method, path: &str, body: &Value, expected: StatusCode) -> Value {
        self.sent(&self.addresses.api_key, method, path, body, expected).await
    }

    /// Asks under a key of the caller's own; status, whether it was answered before, and what came.
    async fn ask_once(
        &self,
        session: &str,
        key: &str,
        question: &str,
        accept: &str,
    ) -> (StatusCode, bool, String) {
        let path = format!("/api/v1/sessions/{session}/messages");
        self.once(&path, key, &json!({ "message": question }), accept).await
    }

    async fn once(&self, path: &str, key: &str, body: &Value, accept: &str) -> (StatusCode, bool, String) {
        let request = http::Request::post(format!("{}{path}", self.addresses.gateway))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.addresses.api_key))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, accept)
            .header("Idempotency-Key", key)
            .body(Full::new(bytes::Bytes::from(body.to_string())))
            .expect("a request");
        let response =
            Client::builder(TokioExecutor::new()).build_http().request(request).await.expect("an answer");
        let replayed = response.headers().get("idempotency-replayed").is_some();
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("readable").to_bytes();
        (status, replayed, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn sessions(&self, narrowed: &str) -> Vec<String> {
        let page = self
            .chat(
                Method::GET,
                &format!("/api/v1/sessions?limit=100&{narrowed}"),
                &Value::Null,
                StatusCode::OK,
            )
            .await;
        let items = page["items"].as_array().expect("items").iter();
        items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
    }

    async fn messages(&self, session: &str) -> Vec<Value> {
        let path = format!("/api/v1/sessions/{session}/messages?limit=100");
        let page = self.chat(Method::GET, &path, &Value::Null, StatusCode::OK).await;
        page["items"].as_array().expect("items").clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_named_tagged_put_away_and_found_again() {
    let shared = stack().await;
    let session = shared.session(&shared.addresses.chatbot_id).await;
    let path = format!("/api/v1/sessions/{session}");
    shared.ask(&session, "Where do zygomorphic flanges come from?").await;
    let first = shared.chat(Method::GET, &path, &Value::Null, StatusCode::OK).await;
    assert_eq!(first["title"], "Where do zygomorphic flanges come from?", "the first question names it");

    let change = json!({
        "title": " Flanges ", "description": "For a test", "category": "parts", "tags": ["keeping-test", "a"],
        "archived": true, "is_shared": true,
    });
    let changed = shared.chat(Method::PATCH, &path, &change, StatusCode::OK).await;
    for name in ["description", "category", "tags", "archived", "is_shared"] {
        assert_eq!(changed[name], change[name], "{changed}");
    }
    assert_eq!(changed["title"], "Flanges");
    let less = shared.chat(Method::PATCH, &path, &json!({ "description": null }), StatusCode::OK).await;
    assert_eq!((&less["description"], &less["title"]), (&Value::Null, &json!("Flanges")));

    for narrowed in [
        "tag=keeping-test",
        "category=parts&archived=true&tag=keeping-test",
        "q=zygomorphic+FLANGES",
        "status=active&tag=keeping-test&platform=api",
        &format!("chatbot={}&tag=keeping-test", shared.addresses.chatbot_id),
        "from=2026-01-01T00:00:00Z&tag=keeping-test",
    ] {
        assert_eq!(shared.sessions(narrowed).await, [session.as_str()], "{narrowed}");
    }
    for narrowed in [
        "tag=keeping",
        "archived=false&tag=keeping-test",
        "q=zygomorphic+nonsense",
        "status=complete&tag=keeping-test",
        "platform=line&tag=keeping-test",
        "to=2026-01-01T00:00:00Z&tag=keeping-test",
    ] {
        assert_eq!(shared.sessions(narrowed).await, Vec::<String>::new(), "{narrowed}");
    }
    for (query, pointer) in [("status=gone", "?status"), ("q=%21", "?q"), ("tag=%00", "?tag"), ("q=", "?q")] {
        let problem = shared
            .chat(
                Method::GET,
                &format!("/api/v1/sessions?{query}"),
                &Value::Null,
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_takes_no_message() {
    let shared = stack().await;
    let session = shared.session(&shared.addresses.chatbot_id).await;
    let path = format!("/api/v1/sessions/{session}");
    let end = format!("{path}/end");
    let wrong =
        shared.chat(Method::POST, &end, &json!({ "nps": 11 }), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(wrong["errors"][0]["pointer"], "/nps");
    let ended =
        shared.chat(Method::POST, &end, &json!({ "status": "incomplete", "nps": 10 }), StatusCode::OK).await;
    assert_eq!((&ended["status"], &ended["nps_score"]), (&json!("incomplete"), &json!(10)), "{ended}");
    assert_ne!(ended["ended_at"], Value::Null);
    let again = shared.chat(Method::POST, &end, &Value::Null, StatusCode::CONFLICT).await;
    assert_eq!(again["type"], "urn:docent:error:session-closed");
    let asked = json!({ "message": QUESTION });
    shared.chat(Method::POST, &format!("{path}/messages"), &asked, StatusCode::CONFLICT).await;
    // It can still be asked to stop, and read.
    shared.chat(Method::POST, &format!("{path}/cancel"), &Value::Null, StatusCode::ACCEPTED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_edited_and_answered_again() {
    let shared = stack().await;
    let session = shared.session(&manual("keeping-edit").await).await;
    shared.ask(&session, QUESTION).await;
    let before = shared.messages(&session).await;
    let path = |message: &Value| {
        format!("/api/v1/sessions/{session}/messages/{}", message["id"].as_str().expect("an id"))
    };
    let other = "When does the fault code E06 appear?";
    let edit = json!({ "message": other, "answer": true });
    let answer = shared.chat(Method::PATCH, &path(&before[0]), &edit, StatusCode::OK).await;
    assert_eq!(answer["message"]["question_id"], before[0]["id"], "{answer}");
    assert_eq!(answer["abstained"], json!(false), "{answer}");
    let after = shared.messages(&session).await;
    let roles: Vec<&str> = after.iter().map(|message| message["role"].as_str().expect("a role")).collect();
    assert_eq!(roles, ["user", "assistant", "assistant"]);
    assert_eq!((&after[0]["content"], &after[0]["original_content"]), (&json!(other), &json!(QUESTION)));
    assert_eq!((&after[0]["is_edited"], &after[2]["id"]), (&json!(true), &answer["message"]["id"]));
    // What it said first stays what it said first.
    let silent = json!({ "message": "And to Portugal?" });
    shared.chat(Method::PATCH, &path(&before[0]), &silent, StatusCode::NO_CONTENT).await;
    assert_eq!(shared.messages(&session).await[0]["original_content"], QUESTION);

    // What may not be answered is not changed either.
    let ended = shared.session(&manual("keeping-edit").await).await;
    shared.ask(&ended, QUESTION).await;
    let question = shared.messages(&ended).await[0].clone();
    let end = format!("/api/v1/sessions/{ended}/end");
    shared.chat(Method::POST, &end, &json!({}), StatusCode::OK).await;
    let question = format!("/api/v1/sessions/{ended}/messages/{}", question["id"].as_str().expect("an id"));
    shared.chat(Method::PATCH, &question, &edit, StatusCode::CONFLICT).await;
    shared.chat(Method::PATCH, &question, &silent, StatusCode::CONFLICT).await;
    assert_eq!(shared.messages(&ended).await[0]["content"], QUESTION);

    let theirs = shared.chat(Method::PATCH, &path(&before[1]), &silent, StatusCode::CONFLICT).await;
    assert_eq!(theirs["type"], "urn:docent:error:not-a-users-message");
    let missing = format!("/api/v1/sessions/{session}/messages/{}", uuid::Uuid::now_v7());
    shared.chat(Method::PATCH, &missing, &silent, StatusCode::NOT_FOUND).await;
    let stranger = shared.organization("editors").await;
    let (status, _) = shared
        .call(
            stranger["api_key"].as_str().expect("a key"),
            Method::PATCH,
            &path(&before[0]),
            silent.to_string(),
        )
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// An answer without its links, which are signed by the second.
fn without_links(answer: &str) -> Value {
    let mut answer: Value = serde_json::from_str(answer).expect("JSON");
    for citation in answer["citations"].as_array_mut().expect("citations") {
        assert!(citation["url"].take().is_string(), "{citation}");
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_under_a_key_is_answered_once() {
    let shared = stack().await;
    let session = shared.session(&manual("keeping-once").await).await;
    let key = uuid::Uuid::now_v7().to_string();
    let (status, replayed, first) = shared.ask_once(&session, &key, QUESTION, "application/json").await;
    assert_eq!((status, replayed), (StatusCode::OK, false), "{first}");
    let (status, replayed, second) = shared.ask_once(&session, &key, QUESTION, "application/json").await;
    assert_eq!((status, replayed), (StatusCode::OK, true), "{second}");
    assert_eq!(without_links(&first), without_links(&second));
    let (status, replayed, stream) = shared.ask_once(&session, &key, QUESTION, "text/event-stream").await;
    assert!(status.is_success() && replayed && stream.contains("event: done"), "{stream}");
    assert_eq!(shared.messages(&session).await.len(), 2);
    let (status, _, other) = shared.ask_once(&session, &key, "Another question?", "application/json").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{other}");

    // Sent at once, one is answered; the others are told to wait, or get the same answer.
    let key = uuid::Uuid::now_v7().to_string();
    let calls = (0..6).map(|_| shared.ask_once(&session, &key, QUESTION, "application/json"));
    let all = futures_util::future::join_all(calls).await;
    let answers: BTreeSet<&String> =
        all.iter().filter(|(status, ..)| *status == StatusCode::OK).map(|(_, _, text)| text).collect();
    assert_eq!(answers.len(), 1, "{all:?}");
    assert!(
        all.iter().all(|(status, ..)| matches!(*status, StatusCode::OK | StatusCode::CONFLICT)),
        "{all:?}"
    );
    assert_eq!(shared.messages(&session).await.len(), 4);
    // A turn that is refused leaves the key free.
    shared.chat(Method::POST, &format!("/api/v1/sessions/{session}/end"), &Value::Null, StatusCode::OK).await;
    for _ in 0..2 {
        let (status, ..) = shared.ask_once(&session, "refused", QUESTION, "application/json").await;
        assert_eq!(status, StatusCode::CONFLICT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_its_price() {
    let shared = stack().await;
    let session = shared.session(&manual("keeping-price").await).await;
    let answer = shared.ask(&session, QUESTION).await;
    // The model of this machine costs nothing, and that is known.
    assert_eq!(answer["cost"].as_str().map(|cost| cost.trim_matches(['0', '.'])), Some(""), "{answer}");
    assert!(answer["usage"]["total_tokens"].as_i64().expect("a count") > 0);
    let messages = shared.messages(&session).await;
    assert_eq!((&messages[0]["cost"], messages[1]["cost"].is_string()), (&Value::Null, true), "{messages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_no_gaps_however_many_ask_at_once() {
    const TURNS: usize = 20;
    let shared = stack().await;
    let session = shared.session(&shared.addresses.chatbot_id).await;
    futures_util::future::join_all((0..TURNS).map(|_| shared.ask(&session, QUESTION))).await;
    let numbers: Vec<u64> = shared
        .messages(&session)
        .await
        .iter()
        .map(|message| message["sequence_number"].as_u64().expect("a number"))
        .collect();
    assert_eq!(numbers, (1..=2 * TURNS as u64).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn how_an_answer_came_about_can_be_looked_up() {
    let shared = stack().await;
    let session = shared.session(&manual("keeping-debug").await).await;
    let answer = shared.ask(&session, QUESTION).await;
    let path = |id: &Value| format!("/api/v1/messages/{}/retrieval", id.as_str().expect("an id"));
    let of_answer =
        shared.chat(Method::GET, &path(&answer["message"]["id"]), &Value::Null, StatusCode::OK).await;
    let of_question = shared
        .chat(Method::GET, &path(&answer["message"]["question_id"]), &Value::Null, StatusCode::OK)
        .await;
    assert_eq!(of_answer, of_question);
    assert_eq!((&of_answer["query"], &of_answer["answer_id"]), (&json!(QUESTION), &answer["message"]["id"]));
    assert_eq!(of_answer["embedding_model"], domain::embedding::LOCAL_MODEL, "{of_answer}");
    let passages = of_answer["passages"].as_array().expect("passages");
    let cited: Vec<&Value> = passages.iter().filter(|found| found["markers"] != json!([])).collect();
    let chunks: BTreeSet<&str> = answer["citations"]
        .as_array()
        .expect("citations")
        .iter()
        .map(|citation| citation["chunk_id"].as_str().expect("a chunk"))
        .collect();
    // What stands beside a passage may be cited as well, and was not searched for.
    assert!(!cited.is_empty() && cited.len() <= chunks.len(), "{of_answer}");
    for found in cited {
        assert_eq!(found["in_prompt"], json!(true), "{found}");
        assert!(chunks.contains(found["chunk_id"].as_str().expect("a chunk")), "{found}");
    }
    let ranks: Vec<u64> = passages.iter().map(|found| found["rank"].as_u64().expect("a rank")).collect();
    assert_eq!(ranks, (1..=passages.len() as u64).collect::<Vec<_>>());
    assert!(
        passages.iter().any(|found| found["dense_rank"] == 1)
            && passages.iter().any(|found| found["lexical_rank"] == 1)
    );
    assert!(of_answer["timings"]["total_ms"].is_u64(), "{of_answer}");

    let stranger = shared.organization("debuggers").await;
    let key = stranger["api_key"].as_str().expect("a key");
    let foreign = shared.call(key, Method::GET, &path(&answer["message"]["id"]), "").await;
    let absent = shared.call(key, Method::GET, &path(&json!(uuid::Uuid::now_v7().to_string())), "").await;
    assert_eq!((foreign.0, &foreign.1["detail"]), (StatusCode::NOT_FOUND, &absent.1["detail"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_opened_twice_under_one_key_is_one() {
    let shared = stack().await;
    let path = format!("/api/v1/chatbots/{}/sessions", shared.addresses.chatbot_id);
    let key = uuid::Uuid::now_v7().to_string();
    let body = json!({ "platform": "web", "context": { "order": 7 } });
    let (status, is_replayed, first) = shared.once(&path, &key, &body, "application/json").await;
    assert_eq!((status, is_replayed), (StatusCode::CREATED, false), "{first}");
    let (status, is_replayed, again) = shared.once(&path, &key, &body, "application/json").await;
    assert_eq!((status, is_replayed), (StatusCode::CREATED, true), "{again}");
    let id = |text: &str| serde_json::from_str::<Value>(text).expect("JSON")["id"].clone();
    assert_eq!(id(&first), id(&again));
    let other = json!({ "platform": "web", "context": { "order": 8 } });
    let (status, _, problem) = shared.once(&path, &key, &other, "application/json").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    // A chatbot that is not there claims nothing.
    let key = uuid::Uuid::now_v7().to_string();
    let nobody = format!("/api/v1/chatbots/{}/sessions", uuid::Uuid::now_v7());
    assert_eq!(shared.once(&nobody, &key, &body, "application/json").await.0, StatusCode::NOT_FOUND);
    assert_eq!(shared.once(&path, &key, &body, "application/json").await.0, StatusCode::CREATED);
}
