//! Who may not: another organization's ids do not exist, and each route wants its scope.

use crate::stack::support::{Shared, stack};
use domain::{ApiKey, OrganizationId, Role, Scope};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tests::issuer::Verified;

/// A route of administration: method, path, and a body that it would take.
fn routes() -> Vec<(Method, String, Value)> {
    let golden = tests::repository::read("tests/golden/routes.txt");
    let administration = golden.lines().filter_map(|line| line.strip_suffix(" -> admin"));
    let routes = administration.filter_map(|line| line.split_once(' ')).map(|(method, path)| {
        let (method, path) = (method.parse::<Method>().expect("a method"), path.trim().to_owned());
        let body = body(&method, &path);
        (method, path, body)
    });
    // Who they are, all callers may ask.
    routes.filter(|(_, path, _)| !path.ends_with("/openapi.json") && path != "/api/v1/me").collect()
}

fn body(method: &Method, path: &str) -> Value {
    if *method == Method::PATCH {
        return json!({});
    }
    match (method.as_str(), path) {
        ("POST", "/api/v1/documents/uploads") => json!({ "collection": "refused", "path": "a.txt" }),
        ("POST", "/api/v1/collections") => json!({ "slug": "refused" }),
        ("POST", "/api/v1/curated-answers") => json!({ "question": "a?", "answer": "b" }),
        ("POST", "/api/v1/curated-answers/import") => {
            json!({ "items": [{ "question": "a?", "answer": "b" }] })
        }
        ("POST", "/api/v1/chatbots") => json!({ "name": uuid::Uuid::now_v7().to_string() }),
        ("POST", "/api/v1/alert-rules") => json!({ "name": "Refused", "rule": rule() }),
        ("POST", "/api/v1/alert-rules/preview") => json!({ "rule": rule(), "days": 1 }),
        ("POST", "/api/v1/notification-targets") => {
            json!({ "name": "refused", "address": "https://example.org/alerts" })
        }
        ("POST", "/api/v1/integrations") => integration(),
        ("POST", "/api/v1/chatbots/{id}/categories") => json!({ "name": "Refused", "examples": ["a?"] }),
        ("POST", "/api/v1/chatbots/{id}/config-versions") => json!({ "why": "a test" }),
        ("PUT", "/api/v1/chatbots/{id}/collections") => json!({ "collection_ids": [] }),
        ("PUT", "/api/v1/chatbots/{id}/documents") => json!({ "document_ids": [] }),
        ("POST", "/api/v1/collections/{id}/reembed") => json!({ "embedding_model": "m", "dimension": 8 }),
        ("PUT", "/api/v1/ai-models") => {
            json!({ "models": [{ "provider": "p", "model_id": "m", "kind": "chat", "display_name": "M" }] })
        }
        ("POST", "/api/v1/data-subject-requests") => {
            json!({ "kind": "export", "subject": { "email": "nobody@example.org" } })
        }
        ("POST", "/api/v1/products") => json!({ "name": "Pump", "category": "pumps" }),
        ("POST", "/api/v1/api-keys") => json!({ "name": "small", "scopes": ["api-keys:write"] }),
        ("POST", "/api/v1/invitations") => {
            json!({ "email": format!("{}@example.org", uuid::Uuid::now_v7()), "role": "client" })
        }
        ("POST", "/api/v1/web-sources") => {
            json!({ "collection": "none-such", "kind": "page", "url": "https://example.org/" })
        }
        _ => Value::Null,
    }
}

fn integration() -> Value {
    json!({ "kind": "ticket_webhook", "name": "refused", "is_enabled": false,
        "settings": { "create": { "url": "https://example.org/tickets", "body": {} } } })
}

fn rule() -> Value {
    json!({ "metric": "failed_documents", "aggregation": "count", "window_minutes": 30, "comparison": "above",
        "threshold": 1000, "severity": "info" })
}

fn text(body: &Value) -> String {
    if body.is_null() { String::new() } else { body.to_string() }
}

/// A key of an organization with these scopes alone.
async fn key_with(shared: &Shared, organization: OrganizationId, scopes: &[Scope]) -> String {
    let key = ApiKey::generate(organization);
    let database = store::Database::new(&shared.addresses.database_url).expect("a URL");
    let tx = database.tenant(organization).await.expect("a transaction");
    let new = store::api_keys::NewKey { name: "a test's", scopes, ..Default::default() };
    store::api_keys::create(&tx, &key, &new).await.expect("a key");
    tx.finish().await.expect("committed");
    key.reveal()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_wants_a_key_and_its_own_scope() {
    let shared = stack().await;
    let made = shared.organization("scopes-of-admin").await;
    let organization: OrganizationId =
        made["organization_id"].as_str().expect("an id").parse().expect("an id");
    let none = key_with(shared, organization, &[Scope::Chat, Scope::Search, Scope::SessionsRead]).await;
    let forged = ApiKey::generate(organization).reveal();
    let routes = routes();
    assert!(routes.len() >= 30, "{routes:?}");
    for (method, path, body) in &routes {
        let path = path.replace("{id}", &uuid::Uuid::now_v7().to_string());
        let path = path.replace("{version_id}", &uuid::Uuid::now_v7().to_string());
        let path = path.replace("{category_id}", &uuid::Uuid::now_v7().to_string());
        let (status, problem) = shared.call(&forged, method.clone(), &path, text(body)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}: {problem}");
        let (status, problem) = shared.call(&none, method.clone(), &path, text(body)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: {problem}");
        assert_eq!(problem["type"], "urn:docent:error:forbidden");
        // The scope that it names is the one that it wants, and the only one.
        let detail = problem["detail"].as_str().unwrap_or_default();
        let wanted = Scope::ALL.into_iter().find(|scope| detail.contains(&format!("`{}`", scope.as_str())));
        let wanted = wanted.unwrap_or_else(|| panic!("{method} {path} names no scope: {problem}"));
        let reads = *method == Method::GET || path.ends_with("/preview");
        assert_eq!(wanted.as_str().ends_with(":read"), reads, "{method} {path} wants {}", wanted.as_str());
        // Nobody gives a role that may do more than they.
        let given = if path == "/api/v1/invitations" { Role::Client.scopes() } else { &[] };
        let enough = key_with(shared, organization, &[&[wanted], given].concat()).await;
        let (status, answer) = shared.call(&enough, method.clone(), &path, text(body)).await;
        let served = status.is_success() || status == StatusCode::NOT_FOUND;
        assert!(served, "{method} {path} with {}: {status} {answer}", wanted.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organizations_ids_do_not_exist() {
    let shared = stack().await;
    let other = shared.organization("strangers-of-admin").await;
    let key = other["api_key"].as_str().expect("a key");
    let document = shared.completed("walled", "a.txt", "Nobody else reads this.").await;
    let chunks = shared.read(&format!("/api/v1/documents/{document}/chunks")).await;
    let chunk = chunks["items"][0]["id"].as_str().expect("a chunk").to_owned();
    let collection =
        shared.read("/api/v1/collections/walled").await["id"].as_str().expect("an id").to_owned();
    let jobs = shared.read(&format!("/api/v1/ingestion-jobs?document={document}")).await;
    let job = jobs["items"][0]["id"].as_str().expect("a job").to_owned();
    let wish = json!({ "question": "Who?", "answer": "We.", "collection": "walled" });
    let curated = shared.admin(Method::POST, "/api/v1/curated-answers", &wish, StatusCode::CREATED).await;
    let curated = curated["id"].as_str().expect("an id").to_owned();
    let wish = json!({ "collection": "walled", "kind": "page", "url": "http://127.0.0.1:9/walled" });
    let source = shared.admin(Method::POST, "/api/v1/web-sources", &wish, StatusCode::CREATED).await;
    let source = source["id"].as_str().expect("an id").to_owned();

    let versions = format!("/api/v1/chatbots/{}/config-versions", shared.addresses.chatbot_id);
    let version = shared.read(&versions).await["items"][0]["id"].as_str().expect("an id").to_owned();
    let categories = format!("/api/v1/chatbots/{}/categories", shared.addresses.chatbot_id);
    let wish = json!({ "name": "Walled", "examples": ["Who walls?"] });
    let category = shared.admin(Method::POST, &categories, &wish, StatusCode::CREATED).await;
    let category = category["id"].as_str().expect("an id").to_owned();
    let wish = json!({ "name": "Walled", "category": "walled" });
    let product = shared.admin(Method::POST, "/api/v1/products", &wish, StatusCode::CREATED).await;
    let product = product["id"].as_str().expect("an id").to_owned();
    let wish = json!({ "name": "walled", "scopes": ["search"] });
    let api_key = shared.admin(Method::POST, "/api/v1/api-keys", &wish, StatusCode::CREATED).await;
    let api_key = api_key["id"].as_str().expect("an id").to_owned();

    let wish = json!({ "email": "walled@example.org", "role": "viewer" });
    let invitation = shared.admin(Method::POST, "/api/v1/invitations", &wish, StatusCode::CREATED).await;
    let invitation = invitation["id"].as_str().expect("an id").to_owned();
    let token = shared.issuer.token("walled", "walled@example.org", Verified::Yes);
    let (_, user) = shared.call(&token, Method::GET, "/api/v1/me", "").await;
    let user = user["id"].as_str().expect("a user").to_owned();

    let wish = json!({ "name": "Walled", "rule": rule() });
    let kept = shared.admin(Method::POST, "/api/v1/alert-rules", &wish, StatusCode::CREATED).await;
    let kept = kept["id"].as_str().expect("an id").to_owned();
    let wish = json!({ "name": "walled", "address": "https://example.org/alerts" });
    let target = shared.admin(Method::POST, "/api/v1/notification-targets", &wish, StatusCode::CREATED).await;
    let target = target["id"].as_str().expect("an id").to_owned();
    let kept_elsewhere =
        shared.admin(Method::POST, "/api/v1/integrations", &integration(), StatusCode::CREATED).await;
    let kept_elsewhere = kept_elsewhere["id"].as_str().expect("an id").to_owned();

    let wish = json!({ "kind": "export", "subject": { "email": "walled@example.org" } });
    let path = "/api/v1/data-subject-requests";
    let request = shared.admin(Method::POST, path, &wish, StatusCode::ACCEPTED).await;
    let request = request["id"].as_str().expect("an id").to_owned();

    let mut tried = 0;
    for (method, path, body) in routes().into_iter().filter(|(_, path, _)| path.contains("{id}")) {
        let path = path.replace("{version_id}", &version).replace("{category_id}", &category);
        let id = match path.split('/').nth(3) {
            Some("documents") => &document,
            Some("chunks") => &chunk,
            Some("collections") => &collection,
            Some("ingestion-jobs") => &job,
            Some("curated-answers") => &curated,
            Some("web-sources") => &source,
            Some("products") => &product,
            Some("chatbots") => &shared.addresses.chatbot_id,
            Some("api-keys") => &api_key,
            Some("users") => &user,
            Some("invitations") => &invitation,
            Some("alert-rules") => &kept,
            Some("data-subject-requests") => &request,
            Some("notification-targets") => &target,
            Some("integrations") => &kept_elsewhere,
            // Nobody makes one by hand; the matrix of the walls has one.
            Some("alerts") => continue,
            other => panic!("{other:?} has ids that are not tried here"),
        };
        let missing = uuid::Uuid::now_v7().to_string();
        let foreign = shared.call(key, method.clone(), &path.replace("{id}", id), text(&body)).await;
        let absent = shared.call(key, method.clone(), &path.replace("{id}", &missing), text(&body)).await;
        assert_eq!(foreign.0, StatusCode::NOT_FOUND, "{method} {path}: {}", foreign.1);
        assert_eq!(foreign.1["detail"], absent.1["detail"], "foreign and missing look the same");
        tried += 1;
    }
    assert!(tried >= 19, "{tried}");
    for path in [
        "documents",
        "collections",
        "curated-answers",
        "web-sources",
        "ingestion-jobs",
        "users",
        "invitations",
    ] {
        let (_, list) = shared.call(key, Method::GET, &format!("/api/v1/{path}"), "").await;
        assert_eq!(list["items"], json!([]), "{path}");
    }
    for path in [
        format!("/api/v1/ingestion-jobs?document={document}"),
        "/api/v1/documents?collection=walled".to_owned(),
        "/api/v1/curated-answers?collection=walled".to_owned(),
    ] {
        let (_, list) = shared.call(key, Method::GET, &path, "").await;
        assert_eq!(list["items"], json!([]), "{path}");
    }
    // Ids in bodies are ids as well.
    for body in [
        json!({ "question": "a?", "answer": "b", "chatbot_id": shared.addresses.chatbot_id }),
        json!({ "question": "a?", "answer": "b", "collection": collection }),
        json!({ "question": "a?", "answer": "b", "collection": "walled" }),
    ] {
        let (status, problem) =
            shared.call(key, Method::POST, "/api/v1/curated-answers", body.to_string()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{body}: {problem}");
    }
    assert_eq!(shared.read(&format!("/api/v1/documents/{document}")).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_queries_and_paths_say_so() {
    let shared = stack().await;
    let long = "a".repeat(201);
    for (path, status) in [
        ("/api/v1/documents?status=lost".to_owned(), 422),
        ("/api/v1/documents?limit=0".to_owned(), 422),
        ("/api/v1/documents?limit=101".to_owned(), 422),
        ("/api/v1/documents?cursor=nonsense".to_owned(), 422),
        ("/api/v1/documents?unknown=1".to_owned(), 422),
        ("/api/v1/documents?q=%00".to_owned(), 422),
        (format!("/api/v1/documents?q={long}"), 422),
        ("/api/v1/ingestion-jobs?kind=nothing".to_owned(), 422),
        ("/api/v1/ingestion-jobs?document=1".to_owned(), 422),
        ("/api/v1/documents/not-an-id".to_owned(), 404),
        ("/api/v1/collections/no%00thing".to_owned(), 404),
    ] {
        let (answered, problem) = shared.call(&shared.addresses.api_key, Method::GET, &path, "").await;
        assert_eq!(answered.as_u16(), status, "{path}: {problem}");
        assert!(problem["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{problem}");
    }
    let (status, api) = shared.call("", Method::GET, "/api/v1/admin/openapi.json", "").await;
    assert_eq!(status, StatusCode::OK);
    let described = api["paths"].as_object().expect("paths");
    for (method, path, _) in routes() {
        let operation = &described[&path][method.as_str().to_lowercase()];
        assert!(operation["responses"]["401"].is_object(), "{method} {path} is described with its problems");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn example_events_are_served() {
    let shared = stack().await;
    let client = shared.client().await;
    let examples = tests::repository::files("events/admin", "json");
    assert!(!examples.is_empty());
    for path in examples {
        let event: Value = serde_json::from_str(&tests::repository::read(&path)).expect("JSON");
        let invoked =
            client.invoke_example("admin", &event).await.unwrap_or_else(|error| panic!("{path}: {error:#}"));
        let answer: Value = serde_json::from_str(&invoked.answer).expect("a response");
        let status = answer["statusCode"].as_u64();
        assert!(
            status.is_some_and(|status| (200..300).contains(&status) || status == 409),
            "{path}: {answer}"
        );
    }
}
