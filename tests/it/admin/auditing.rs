//! Events and audit: what happened, and who read or changed what, when and from where.

use crate::stack::support::{Shared, stack};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use tests::issuer::Verified;

const AUDIT: &str = "/api/v1/audit";
const PROGRAM: &str = "auditing/1.0";

/// An organization of this test's own, which nobody else reads or changes.
struct Own {
    shared: &'static Shared,
    key: String,
    chatbot: String,
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}

impl Own {
    async fn new(slug: &str) -> Self {
        let shared = stack().await;
        let made = shared.organization(slug).await;
        Self { shared, key: text(&made, "api_key"), chatbot: text(&made, "chatbot_id") }
    }

    async fn sent(&self, method: Method, path: &str, body: Value, expected: u16) -> Value {
        self.sent_by(&self.key, method, path, body, expected).await
    }

    async fn sent_by(&self, who: &str, method: Method, path: &str, body: Value, expected: u16) -> Value {
        let sent = if body.is_null() { String::new() } else { body.to_string() };
        let named = (header::USER_AGENT.as_str(), PROGRAM);
        let (status, _, answer) = self.shared.with_header(who, method.clone(), path, &sent, named).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}: {answer}");
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    async fn read(&self, path: &str) -> Value {
        self.sent(Method::GET, path, Value::Null, 200).await
    }

    /// Rows of the audit log, oldest first, without those of reading it.
    async fn told(&self, query: &str) -> Vec<Value> {
        let page = self.read(&format!("{AUDIT}?limit=100{query}")).await;
        let rows = page["items"].as_array().cloned().unwrap_or_else(|| panic!("{page}"));
        rows.into_iter().rev().filter(|row| row["event_type"] != "audit_read").collect()
    }

    /// The same as (type, kind of thing, id).
    async fn facts(&self) -> Vec<(String, Value, Value)> {
        let fact =
            |row: &Value| (text(row, "event_type"), row["resource_type"].clone(), row["resource_id"].clone());
        self.told("").await.iter().map(fact).collect()
    }

    /// A person with this role, and their token.
    async fn person(&self, name: &str, role: &str) -> (String, String) {
        let email = format!("{name}@example.org");
        self.sent(Method::POST, "/api/v1/invitations", json!({ "email": email, "role": role }), 201).await;
        let token = self.shared.issuer.token(name, &email, Verified::Yes);
        let me = self.sent_by(&token, Method::GET, "/api/v1/me", Value::Null, 200).await;
        (text(&me, "id"), token)
    }
}

fn about(kind: &str, id: &str) -> (Value, Value) {
    (json!(kind), if id.is_empty() { Value::Null } else { json!(id) })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_told_with_what_it_made_who_made_it_and_from_where() {
    let own = Own::new("audit-changes").await;
    let chatbot = format!("/api/v1/chatbots/{}", own.chatbot);
    let rule = json!({ "metric": "failed_documents", "aggregation": "count", "window_minutes": 30,
        "comparison": "above", "threshold": 1000, "severity": "info" });
    let made = [
        ("/api/v1/collections".into(), json!({ "slug": "handbook" }), "create_collection", "collection"),
        (
            "/api/v1/products".into(),
            json!({ "name": "Pump", "category": "pumps" }),
            "create_product",
            "product",
        ),
        ("/api/v1/chatbots".into(), json!({ "name": "Second" }), "create_chatbot", "chatbot"),
        (
            format!("{chatbot}/config-versions"),
            json!({ "retrieval_k": 7 }),
            "create_config_version",
            "config_version",
        ),
        (format!("{chatbot}/categories"), json!({ "name": "Seals" }), "create_category", "category"),
        (
            format!("{chatbot}/gold-questions"),
            json!({ "question": "a?", "expected_answer": "b" }),
            "create_gold_question",
            "gold_question",
        ),
        (
            format!("{chatbot}/admin-feedback"),
            json!({ "feedback_text": "Too long." }),
            "criticise",
            "admin_feedback",
        ),
        (
            "/api/v1/curated-answers".into(),
            json!({ "question": "Who?", "answer": "Ann." }),
            "create_curated_answer",
            "curated_answer",
        ),
        (
            "/api/v1/api-keys".into(),
            json!({ "name": "small", "scopes": ["chat"] }),
            "create_api_key",
            "api_key",
        ),
        (
            "/api/v1/invitations".into(),
            json!({ "email": "bea@example.org", "role": "viewer" }),
            "create_invitation",
            "invitation",
        ),
        (
            "/api/v1/alert-rules".into(),
            json!({ "name": "Quiet", "rule": rule }),
            "create_alert_rule",
            "alert_rule",
        ),
        (
            "/api/v1/notification-targets".into(),
            json!({ "name": "on call", "address": "https://example.org/x" }),
            "create_notification_target",
            "notification_target",
        ),
    ];
    let mut expected = Vec::new();
    let mut ids = Vec::new();
    for (path, body, operation, kind) in made {
        let answer = own.sent(Method::POST, &path, body, 201).await;
        let (kind, id) = about(kind, &text(&answer, "id"));
        expected.push((operation.to_owned(), kind, id));
        ids.push(text(&answer, "id"));
    }
    let [_, product, second, version, ..] = ids.as_slice() else { panic!("{ids:?}") };
    for (method, path, body, status, operation, kind, id) in [
        (
            Method::PATCH,
            "/api/v1/organization".to_owned(),
            json!({ "locale": "en" }),
            200,
            "change_organization",
            "organization",
            "",
        ),
        (
            Method::POST,
            format!("{chatbot}/config-versions/{version}/activate"),
            Value::Null,
            200,
            "activate_config_version",
            "config_version",
            version.as_str(),
        ),
        (
            Method::PATCH,
            format!("/api/v1/chatbots/{second}"),
            json!({ "description": "x" }),
            200,
            "change_chatbot",
            "chatbot",
            second,
        ),
        (
            Method::PUT,
            format!("/api/v1/chatbots/{second}/documents"),
            json!({ "document_ids": [] }),
            200,
            "set_chatbot_documents",
            "chatbot",
            second,
        ),
        (
            Method::DELETE,
            format!("/api/v1/products/{product}"),
            Value::Null,
            204,
            "delete_product",
            "product",
            product,
        ),
        (
            Method::POST,
            "/api/v1/documents/uploads".to_owned(),
            json!({ "collection": "handbook", "path": "a.txt" }),
            201,
            "upload_document",
            "document",
            "",
        ),
        (
            Method::PATCH,
            "/api/v1/collections/handbook".to_owned(),
            json!({ "description": "x" }),
            200,
            "change_collection",
            "collection",
            "",
        ),
    ] {
        own.sent(method, &path, body, status).await;
        let (kind, id) = about(kind, id);
        expected.push((operation.to_owned(), kind, id));
    }
    // What is refused, or not there, or a second time the same, changes nothing.
    own.sent(Method::POST, "/api/v1/collections", json!({ "slug": "handbook" }), 409).await;
    own.sent(Method::POST, "/api/v1/api-keys", json!({ "name": "", "scopes": ["chat"] }), 422).await;
    own.sent(
        Method::POST,
        "/api/v1/documents/uploads",
        json!({ "collection": "handbook", "path": "a.txt", "size": 0 }),
        422,
    )
    .await;
    own.sent(Method::DELETE, &format!("/api/v1/products/{product}"), Value::Null, 404).await;
    let once = ("idempotency-key", "audit-once");
    for replayed in [false, true] {
        let body = json!({ "name": "Once", "category": "pumps" }).to_string();
        let (status, headers, answer) =
            own.shared.with_header(&own.key, Method::POST, "/api/v1/products", &body, once).await;
        assert_eq!(
            (status, headers.contains_key("idempotency-replayed")),
            (StatusCode::CREATED, replayed),
            "{answer}"
        );
        if !replayed {
            let answer: Value = serde_json::from_str(&answer).expect("JSON");
            expected.push(("create_product".into(), json!("product"), answer["id"].clone()));
        }
    }
    let told = own.facts().await;
    assert_eq!(told, expected, "{told:#?}");

    let key = text(&own.read("/api/v1/me").await, "id");
    let rows = own.told(&format!("&api_key={key}&type=create_config_version")).await;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((&row["ip_address"], &row["user_agent"]), (&json!("127.0.0.1"), &json!(PROGRAM)), "{row}");
    assert_eq!((&row["api_key_id"], &row["user_id"]), (&json!(key), &Value::Null), "{row}");
    assert_eq!(row["payload"], json!({ "scope": "chatbots:write", "chatbot": own.chatbot }), "{row}");
    assert_eq!(own.told(&format!("&resource={product}")).await.len(), 2, "made and deleted");
    assert_eq!(own.told("&resource_type=category").await.len(), 1);
    assert!(own.told(&format!("&user={key}")).await.is_empty(), "no person did anything");

    // A person does it as themselves.
    let (ann, token) = own.person("audit-ann", "admin").await;
    own.sent_by(&token, Method::PATCH, "/api/v1/organization", json!({ "locale": "de" }), 200).await;
    let rows = own.told(&format!("&user={ann}")).await;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(
        (text(row, "event_type").as_str(), &row["api_key_id"]),
        ("change_organization", &Value::Null),
        "{row}"
    );
    let from = text(row, "created_at");
    assert_eq!(own.told(&format!("&from={from}&user={ann}")).await.len(), 1, "from is inclusive");
    assert!(own.told(&format!("&to={from}&user={ann}")).await.is_empty(), "to is not");
    let looked = own.read(&format!("{AUDIT}?type=audit_read&limit=1")).await;
    assert_eq!(looked["items"][0]["resource_type"], "event", "who read the log is in the log: {looked}");
    assert!(looked["next_cursor"].is_string(), "{looked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_of_passages_conversations_and_credentials_leave_a_trace_and_own_ones_none() {
    let own = Own::new("audit-reads").await;
    own.shared
        .put("audit-reads/handbook/oil.md", b"# Oil\n\nThe pump P-77 takes oil of grade 46.".to_vec())
        .await;
    let document = tokio::time::timeout(Duration::from_secs(120), async {
        loop {
            let listed = own.read("/api/v1/documents").await;
            if listed["items"][0]["status"] == "completed" {
                return text(&listed["items"][0], "id");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let document = document.await.unwrap_or_else(|_| panic!("{}", own.shared.log("ingest")));
    assert!(own.facts().await.is_empty(), "that there is a document is no secret");

    let of = format!("/api/v1/documents/{document}");
    let chunk = text(&own.read(&format!("{of}/chunks")).await["items"][0], "id");
    own.read(&format!("/api/v1/chunks/{chunk}")).await;
    own.read(&format!("{of}/download")).await;
    own.read(&format!("{of}/text")).await;
    let (ann, token) = own.person("audit-reader", "client_service").await;
    let opened = own
        .sent_by(&token, Method::POST, &format!("/api/v1/chatbots/{}/sessions", own.chatbot), json!({}), 201)
        .await;
    let (session, end_user) = (text(&opened, "id"), text(&opened, "token"));
    let messages = format!("/api/v1/sessions/{session}/messages");
    let asked = json!({ "message": "Which oil does the P-77 take?" });
    let answer = own.sent_by(&end_user, Method::POST, &messages, asked, 200).await;
    let question = text(&answer["message"], "question_id");
    // Whoever holds the session reads it, and so does its end user.
    own.sent_by(&token, Method::GET, &messages, Value::Null, 200).await;
    own.sent_by(&end_user, Method::GET, &messages, Value::Null, 200).await;
    own.read(&messages).await;
    own.sent_by(&token, Method::GET, &format!("/api/v1/messages/{question}/retrieval"), Value::Null, 200)
        .await;
    own.read("/api/v1/dashboards/client-service/unanswered").await;
    own.read("/api/v1/review-queue").await;
    let ticket = own.sent(Method::POST, "/api/v1/escalations", json!({ "session_id": session }), 201).await;
    own.read(&format!("/api/v1/escalations/{}", text(&ticket, "id"))).await;
    own.read("/api/v1/escalations").await;
    let key = text(&own.read("/api/v1/me").await, "id");
    own.read("/api/v1/api-keys").await;
    own.read(&format!("/api/v1/api-keys/{key}")).await;
    // What is not there, is another's, or is refused, was not read.
    let nobody = uuid::Uuid::now_v7();
    let foreign =
        own.shared.admin(Method::GET, "/api/v1/documents?limit=1", &Value::Null, StatusCode::OK).await;
    let foreign = foreign["items"][0]["id"].as_str().map_or_else(|| nobody.to_string(), ToOwned::to_owned);
    for path in [
        format!("/api/v1/documents/{nobody}/chunks"),
        format!("/api/v1/documents/{foreign}/chunks"),
        format!("/api/v1/chunks/{nobody}"),
        format!("/api/v1/sessions/{nobody}/messages"),
        format!("/api/v1/messages/{nobody}/retrieval"),
        format!("/api/v1/api-keys/{nobody}"),
    ] {
        own.sent(Method::GET, &path, Value::Null, 404).await;
    }
    let narrow =
        own.sent(Method::POST, "/api/v1/api-keys", json!({ "name": "n", "scopes": ["chat"] }), 201).await;
    own.sent_by(&text(&narrow, "api_key"), Method::GET, &format!("{of}/chunks"), Value::Null, 403).await;
    own.sent_by(&token, Method::GET, "/api/v1/api-keys", Value::Null, 403).await;
    own.sent_by(&token, Method::GET, AUDIT, Value::Null, 403).await;

    let told = own.told("").await;
    let facts: Vec<(&str, Option<&str>)> = told
        .iter()
        .map(|row| (row["event_type"].as_str().unwrap_or_default(), row["resource_id"].as_str()))
        .filter(|(kind, _)| !["create_invitation", "create_api_key", "addresses_read"].contains(kind))
        .collect();
    let (document, chunk, session, question) =
        (Some(document.as_str()), Some(chunk.as_str()), Some(session.as_str()), Some(question.as_str()));
    let ticket = ticket["id"].as_str();
    let expected = [
        ("chunks_read", document),
        ("chunks_read", chunk),
        ("original_read", document),
        ("original_read", document),
        ("transcript_read", session),
        ("retrieval_read", question),
        ("transcript_read", None),
        ("transcript_read", None),
        ("open_escalation", ticket),
        ("ticket_read", ticket),
        ("ticket_read", None),
        ("credentials_read", None),
        ("credentials_read", Some(key.as_str())),
    ];
    assert_eq!(facts, expected, "{told:#?}");
    let read = told.iter().find(|row| row["event_type"] == "retrieval_read").expect("a row");
    assert_eq!((&read["user_id"], &read["ip_address"]), (&json!(ann), &json!("127.0.0.1")), "{read}");
    assert_eq!(read["payload"], json!({ "scope": "sessions:read", "operation": "retrieval" }), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_told_newest_first_narrowed_and_page_by_page_and_audit_is_not_among_them() {
    let own = Own::new("audit-events").await;
    own.sent(Method::POST, "/api/v1/chatbots", json!({ "name": "Second" }), 201).await;
    let session =
        own.sent(Method::POST, &format!("/api/v1/chatbots/{}/sessions", own.chatbot), json!({}), 201).await;
    let session = text(&session, "id");
    let path = format!("/api/v1/sessions/{session}/messages");
    let answer =
        own.sent(Method::POST, &path, json!({ "message": "Which oil does the P-77 take?" }), 200).await;
    own.sent(Method::PATCH, "/api/v1/organization", json!({ "locale": "en" }), 200).await;
    let kinds = async |query: &str| -> Vec<String> {
        let page = own.read(&format!("/api/v1/events?limit=100{query}")).await;
        page["items"].as_array().expect("items").iter().map(|row| text(row, "event_type")).collect()
    };
    let all = kinds("").await;
    assert_eq!(all, ["llm_call", "message_received", "chatbot_created"], "newest first");
    let question = text(&answer["message"], "question_id");
    for (query, expected) in [
        (format!("&session={session}"), 2),
        (format!("&resource={question}&resource_type=message"), 2),
        ("&type=chatbot_created".to_owned(), 1),
        ("&category=user_action".to_owned(), 2),
        ("&severity=error".to_owned(), 0),
        ("&severity=info&category=performance".to_owned(), 1),
        ("&from=9999-12-30T00:00:00Z".to_owned(), 0),
        ("&to=0001-01-01T00:00:00Z".to_owned(), 0),
        ("&from=1900-01-01T00:00:00Z&to=9999-12-30T00:00:00Z".to_owned(), 3),
    ] {
        assert_eq!(kinds(&query).await.len(), expected, "{query}");
    }
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = own.read(&format!("/api/v1/events?limit=1{cursor}")).await;
        paged.extend(page["items"].as_array().expect("items").iter().map(|row| text(row, "event_type")));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, all);
    let page = own.read("/api/v1/events?type=llm_call").await;
    assert!(page["items"][0]["payload"]["tokens_in"].is_number(), "{page}");
    assert!(!page.to_string().contains("P-77"), "no words of anybody: {page}");
    for wrong in [
        "category=audit",
        "category=",
        "severity=loud",
        "type=a%00b",
        "from=-0001-01-01T00:00:00Z",
        "resource=x",
    ] {
        own.sent(Method::GET, &format!("/api/v1/events?{wrong}"), Value::Null, 422).await;
    }
    own.sent(Method::GET, &format!("{AUDIT}?type={}", "a".repeat(201)), Value::Null, 422).await;
}
