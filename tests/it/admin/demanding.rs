//! What a request demands: to be done once, and only while a thing is as it was seen.

use crate::stack::support::{Shared, stack};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const STALE: &str = "\"1\"";

impl Shared {
    /// A request under a key of the caller's own; status, whether it was done before, and the body as it came.
    async fn once_only(&self, path: &str, own: &str, body: &Value) -> (StatusCode, bool, String) {
        let header = ("idempotency-key", own);
        let (status, headers, text) =
            self.with_header(&self.addresses.api_key, Method::POST, path, &body.to_string(), header).await;
        (status, headers.contains_key("idempotency-replayed"), text)
    }

    /// The tag that a thing is read with.
    async fn tag(&self, path: &str) -> String {
        let none = ("accept", "application/json");
        let (status, headers, text) =
            self.with_header(&self.addresses.api_key, Method::GET, path, "", none).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        headers.get("etag").unwrap_or_else(|| panic!("{path} has no tag")).to_str().expect("text").to_owned()
    }

    /// A change that is to be made while the thing has this tag.
    async fn while_it_is(&self, tag: &str, method: &Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let sent = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, text) =
            self.with_header(&self.addresses.api_key, method.clone(), path, &sent, ("if-match", tag)).await;
        (status, serde_json::from_str(&text).unwrap_or_default())
    }
}

fn rule() -> Value {
    json!({ "metric": "answers", "aggregation": "count", "window_minutes": 30, "comparison": "above", "threshold": 1000000,
        "severity": "info" })
}

/// Switched off: tickets of other tests go nowhere.
fn integration() -> Value {
    json!({ "kind": "ticket_webhook", "name": "Demanded", "is_enabled": false,
        "settings": { "create": { "url": "https://demanded.invalid/", "body": {} } } })
}

fn id(made: &str) -> String {
    let made: Value = serde_json::from_str(made).expect("JSON");
    made["id"].as_str().unwrap_or_else(|| panic!("{made} has no id")).to_owned()
}

/// Changing routes that say that they heed this header.
async fn heeding(shared: &Shared, header: &str) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for document in ["/api/v1/admin/openapi.json", "/api/v1/feedback/openapi.json"] {
        let (_, api) = shared.call("", Method::GET, document, "").await;
        for (path, operations) in api["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let mut parameters = operation["parameters"].as_array().into_iter().flatten();
                if parameters.any(|parameter| parameter["name"] == header) {
                    routes.insert(format!("{} {path}", method.to_uppercase()));
                }
            }
        }
    }
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_meanwhile_is_not_changed() {
    let shared = stack().await;
    let document = shared.completed("demanding", "a.txt", "A revision of its own.").await;
    let make = async |path: &str, body: Value| {
        let made = shared.admin(Method::POST, path, &body, StatusCode::CREATED).await;
        format!("{path}/{}", made["id"].as_str().expect("an id"))
    };
    let bot = make("/api/v1/chatbots", json!({ "name": "Demanding" })).await;
    let collection = make("/api/v1/collections", json!({ "slug": "demanded" })).await;
    let curated =
        make("/api/v1/curated-answers", json!({ "question": "Is it the same?", "answer": "Yes." })).await;
    let product = make("/api/v1/products", json!({ "name": "Demanded", "category": "d" })).await;
    let key = make("/api/v1/api-keys", json!({ "name": "demanded", "scopes": ["chat"] })).await;
    let chunks = shared.read(&format!("/api/v1/documents/{document}/chunks")).await;
    let chunk = format!("/api/v1/chunks/{}", chunks["items"][0]["id"].as_str().expect("an id"));
    let session = shared.session(bot.rsplit('/').next().expect("an id")).await;
    let ticket = make("/api/v1/escalations", json!({ "session_id": session })).await;
    let source = json!({ "collection": "demanded", "kind": "page", "url": "https://demanded.invalid/" });
    let source = make("/api/v1/web-sources", source).await;
    let gold = json!({ "question": "Is it gold?", "expected_answer": "It is." });
    let gold = make(&format!("{bot}/gold-questions"), gold).await;
    let rule = json!({ "name": "Demanded", "rule": rule() });
    let rule = make("/api/v1/alert-rules", rule).await;
    let target = json!({ "name": "demanded", "address": "https://demanded.invalid/" });
    let target = make("/api/v1/notification-targets", target).await;
    let integration = make("/api/v1/integrations", integration()).await;
    let organization = "/api/v1/organization".to_owned();
    let users = shared.read("/api/v1/users?limit=1").await;
    let user = users["items"][0]["id"].as_str().map(|id| format!("/api/v1/users/{id}"));

    let (collections, documents) = (format!("{bot}/collections"), format!("{bot}/documents"));
    let name = || json!({ "name": "Otherwise" });
    let mut all = vec![
        ("PATCH /api/v1/chatbots/{id}", &bot, name()),
        ("PUT /api/v1/chatbots/{id}/collections", &collections, json!({ "collection_ids": [] })),
        ("PUT /api/v1/chatbots/{id}/documents", &documents, json!({ "document_ids": [document] })),
        ("PATCH /api/v1/collections/{id}", &collection, name()),
        ("PATCH /api/v1/curated-answers/{id}", &curated, json!({ "answer": "No." })),
        ("PATCH /api/v1/products/{id}", &product, name()),
        ("PATCH /api/v1/chunks/{id}", &chunk, json!({ "is_active": false })),
        ("PATCH /api/v1/escalations/{id}", &ticket, json!({ "priority": "high" })),
        ("PATCH /api/v1/organization", &organization, json!({ "sla_ms": 1001 })),
        ("PATCH /api/v1/chatbots/{id}/gold-questions/{gold_id}", &gold, json!({ "tags": ["g"] })),
        ("PATCH /api/v1/alert-rules/{id}", &rule, json!({ "is_enabled": false })),
        ("PATCH /api/v1/notification-targets/{id}", &target, json!({ "is_enabled": false })),
        ("PATCH /api/v1/integrations/{id}", &integration, name()),
        ("DELETE /api/v1/alert-rules/{id}", &rule, Value::Null),
        ("DELETE /api/v1/notification-targets/{id}", &target, Value::Null),
        ("DELETE /api/v1/integrations/{id}", &integration, Value::Null),
        ("DELETE /api/v1/chatbots/{id}/gold-questions/{gold_id}", &gold, Value::Null),
        ("DELETE /api/v1/web-sources/{id}", &source, Value::Null),
        ("DELETE /api/v1/api-keys/{id}", &key, Value::Null),
        ("DELETE /api/v1/products/{id}", &product, Value::Null),
        ("DELETE /api/v1/curated-answers/{id}", &curated, Value::Null),
        ("DELETE /api/v1/collections/{id}", &collection, Value::Null),
        ("DELETE /api/v1/chatbots/{id}", &bot, Value::Null),
    ];
    let document_path = format!("/api/v1/documents/{document}");
    all.push(("DELETE /api/v1/documents/{id}", &document_path, Value::Null));
    let mut tried: BTreeSet<String> = all.iter().map(|(route, _, _)| (*route).to_owned()).collect();
    // People are members of the demo only where the tests of people came first; those have their own.
    tried.extend(["PATCH /api/v1/users/{id}", "DELETE /api/v1/users/{id}"].map(ToOwned::to_owned));
    assert_eq!(tried, heeding(shared, "If-Match").await, "every route that says so is tried");
    if let Some(user) = &user {
        for (method, body) in [(Method::PATCH, json!({ "org_unit": "x" })), (Method::DELETE, Value::Null)] {
            let (status, problem) = shared.while_it_is(STALE, &method, user, &body).await;
            assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{problem}");
        }
    }
    for (route, path, body) in &all {
        let method: Method = route.split(' ').next().expect("a method").parse().expect("known");
        let before = shared.tag(path).await;
        assert!(before.starts_with('"') && before.ends_with('"'), "strong: {before}");
        for stale in [STALE, "W/\"1\"", "nothing"] {
            let (status, problem) = shared.while_it_is(stale, &method, path, body).await;
            assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{route}: {problem}");
            assert_eq!(problem["type"], "urn:docent:error:changed-meanwhile");
            assert!(problem["request_id"].is_string(), "{problem}");
        }
        assert_eq!(shared.tag(path).await, before, "{route}: nothing was done");
        let (status, answer) = shared.while_it_is(&format!("{STALE}, {before}"), &method, path, body).await;
        assert!(status.is_success(), "{route}: {status} {answer}");
        if method != Method::DELETE {
            assert_ne!(shared.tag(path).await, before, "{route}: another revision");
            let (status, answer) = shared.while_it_is(&before, &method, path, body).await;
            assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{route}: {answer}");
            let (status, answer) = shared.while_it_is("*", &method, path, body).await;
            assert!(status.is_success(), "{route}: {status} {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_to_one_revision_one_is_made() {
    let shared = stack().await;
    let made = json!({ "name": "Contended", "category": "d" });
    let made = shared.admin(Method::POST, "/api/v1/products", &made, StatusCode::CREATED).await;
    let path = format!("/api/v1/products/{}", made["id"].as_str().expect("an id"));
    for round in 0..5 {
        let tag = shared.tag(&path).await;
        let (one, two) =
            (json!({ "name": format!("one {round}") }), json!({ "name": format!("two {round}") }));
        let ((first, _), (second, _)) = tokio::join!(
            shared.while_it_is(&tag, &Method::PATCH, &path, &one),
            shared.while_it_is(&tag, &Method::PATCH, &path, &two)
        );
        let mut both = [first.as_u16(), second.as_u16()];
        both.sort_unstable();
        assert_eq!(both, [200, 412]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_under_a_key_of_ones_own_is_made_once() {
    let shared = stack().await;
    let bot = json!({ "name": "Only once" });
    let (status, replayed, first) = shared.once_only("/api/v1/chatbots", "bot-1", &bot).await;
    assert_eq!((status, replayed), (StatusCode::CREATED, false), "{first}");
    let (status, replayed, again) = shared.once_only("/api/v1/chatbots", "bot-1", &bot).await;
    assert_eq!((status, replayed, &again), (StatusCode::CREATED, true, &first), "byte for byte");
    let (status, _, other) = shared.once_only("/api/v1/chatbots", "bot-1", &json!({ "name": "Other" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{other}");
    assert!(other.contains("urn:docent:error:idempotency-key-reused"), "{other}");
    // Another path is another request, another caller has keys of their own.
    let (status, _, other) = shared.once_only("/api/v1/products", "bot-1", &bot).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{other}");
    let globex = shared.organization("once-of-others").await;
    let theirs = globex["api_key"].as_str().expect("a key");
    let own = ("idempotency-key", "bot-1");
    let (status, headers, text) =
        shared.with_header(theirs, Method::POST, "/api/v1/chatbots", &bot.to_string(), own).await;
    assert_eq!(
        (status, headers.contains_key("idempotency-replayed")),
        (StatusCode::CREATED, false),
        "{text}"
    );

    let bot = id(&first);
    let session = shared.session(&bot).await;
    let made = async |path: String, body: Value| {
        let own = format!("own {path}");
        let (status, replayed, first) = shared.once_only(&path, &own, &body).await;
        assert!(status.is_success() && !replayed, "{path}: {status} {first}");
        let (again, replayed, second) = shared.once_only(&path, &own, &body).await;
        assert_eq!((again, replayed, &second), (status, true, &first), "{path}");
        first
    };
    let ticket = id(&made("/api/v1/escalations".into(), json!({ "session_id": session })).await);
    let asked = shared.ask(&session, "Who won the football world cup in 1998?").await;
    let message = asked["message"]["id"].as_str().expect("an id").to_owned();
    made(
        format!("/api/v1/messages/{message}/feedback"),
        json!({ "rating": "negative", "correction": "France." }),
    )
    .await;
    let version =
        id(&made(format!("/api/v1/chatbots/{bot}/config-versions"), json!({ "retrieval_k": 7 })).await);
    for (path, body) in [
        ("/api/v1/collections".to_owned(), json!({ "slug": "only-once" })),
        (
            "/api/v1/data-subject-requests".to_owned(),
            json!({ "kind": "export", "subject": { "email": "once@example.org" } }),
        ),
        ("/api/v1/products".to_owned(), json!({ "name": "Only once", "category": "o", "sku": "ONLY-1" })),
        ("/api/v1/curated-answers".to_owned(), json!({ "question": "How often?", "answer": "Once." })),
        (
            "/api/v1/curated-answers/import".to_owned(),
            json!({ "items": [{ "question": "Again?", "answer": "No." }] }),
        ),
        (
            "/api/v1/web-sources".to_owned(),
            json!({ "collection": "only-once", "kind": "page", "url": "https://once.invalid/" }),
        ),
        ("/api/v1/alert-rules".to_owned(), json!({ "name": "Only once", "rule": rule() })),
        (format!("/api/v1/escalations/{ticket}/notes"), json!({ "content": "Once." })),
        (format!("/api/v1/messages/{message}/feedback/accept-correction"), json!({})),
        (format!("/api/v1/sessions/{session}/feedback"), json!({ "nps_score": 9 })),
        (
            format!("/api/v1/chatbots/{bot}/admin-feedback"),
            json!({ "feedback_type": "accuracy", "feedback_text": "It is not so." }),
        ),
        (format!("/api/v1/chatbots/{bot}/config-versions/{version}/activate"), Value::Null),
        (format!("/api/v1/chatbots/{bot}/rollback"), Value::Null),
    ] {
        made(path, body).await;
    }
    let notes = shared.read(&format!("/api/v1/escalations/{ticket}")).await;
    assert_eq!(notes["notes"].as_array().map(Vec::len), Some(1), "{notes}");
    let page = shared.read("/api/v1/curated-answers?limit=100").await;
    let asked = page["items"].as_array().expect("items").iter().filter(|one| one["question"] == "Again?");
    assert_eq!(asked.count(), 1, "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_shown_once_is_kept_nowhere() {
    let shared = stack().await;
    let wish = json!({ "name": "shown once", "scopes": ["chat"] });
    let (_, _, first) = shared.once_only("/api/v1/api-keys", "shown", &wish).await;
    let (status, replayed, again) = shared.once_only("/api/v1/api-keys", "shown", &wish).await;
    assert_eq!((status, replayed), (StatusCode::CREATED, true));
    let (first, again): (Value, Value) =
        (serde_json::from_str(&first).expect("JSON"), serde_json::from_str(&again).expect("JSON"));
    assert!(first["api_key"].as_str().is_some_and(|key| key.starts_with("dk_")));
    assert_eq!((&again["api_key"], &again["id"]), (&Value::Null, &first["id"]));
    // Nor what somebody else's messages are signed with.
    for (path, wish) in [
        ("/api/v1/notification-targets", json!({ "name": "shown once", "address": "https://once.invalid/" })),
        ("/api/v1/integrations", integration()),
    ] {
        let own = format!("shown {path}");
        let (_, _, first) = shared.once_only(path, &own, &wish).await;
        let (status, replayed, again) = shared.once_only(path, &own, &wish).await;
        assert_eq!((status, replayed, id(&again)), (StatusCode::CREATED, true, id(&first)), "{path}");
        assert!(first.contains("whsec_") && !again.contains("whsec_"), "{again}");
    }
    // Nor an address, which is sealed where it lies.
    let wish = json!({ "email": "once@example.org", "role": "viewer" });
    let (_, _, first) = shared.once_only("/api/v1/invitations", "invited", &wish).await;
    let (status, replayed, again) = shared.once_only("/api/v1/invitations", "invited", &wish).await;
    assert_eq!((status, replayed, id(&again)), (StatusCode::CREATED, true, id(&first)));
    assert!(!again.contains("once@example.org"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_to_nothing_leaves_the_key_free() {
    let shared = stack().await;
    let wrong = json!({ "name": "", "category": "d" });
    let (status, _, text) = shared.once_only("/api/v1/products", "mended", &wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
    let (status, replayed, text) =
        shared.once_only("/api/v1/products", "mended", &json!({ "name": "Mended", "category": "d" })).await;
    assert_eq!((status, replayed), (StatusCode::CREATED, false), "{text}");
    for (own, expected) in [("k".repeat(255), 201), ("k".repeat(256), 422)] {
        let body = json!({ "name": format!("Of {}", own.len()), "category": "d" });
        assert_eq!(shared.once_only("/api/v1/products", &own, &body).await.0.as_u16(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_at_the_same_time_is_done_once() {
    let shared = stack().await;
    let wish = json!({ "name": "At once", "category": "at-once" });
    let all = (0..6).map(|_| shared.once_only("/api/v1/products", "at once", &wish));
    let answers = futures_util::future::join_all(all).await;
    let mut made = BTreeSet::new();
    for (status, _, text) in answers {
        match status {
            StatusCode::CREATED => drop(made.insert(id(&text))),
            _ => assert_eq!(status, StatusCode::CONFLICT, "{text}"),
        }
    }
    assert_eq!(made.len(), 1);
    let kept = shared.read("/api/v1/products?category=at-once").await;
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(1), "{kept}");
}
