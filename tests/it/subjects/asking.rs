//! Asked over HTTP, done by the function that deploys.

use crate::stack::support::{Shared, stack};
use domain::{OrganizationId, limits};
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::{client::legacy::Client as HttpClient, rt::TokioExecutor};
use serde_json::{Value, json};
use std::{
    io::{Cursor, Read as _},
    time::{Duration, Instant},
};
use tests::issuer::Verified;

const PATH: &str = "/api/v1/data-subject-requests";
const WHO: &str = "Quentin-Canary@example.org";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

impl Shared {
    /// A request about a person, once it is over.
    async fn over(&self, key: &str, id: &str) -> Value {
        let until = Instant::now() + Duration::from_secs(120);
        loop {
            let path = format!("{PATH}/{id}");
            let request = self.sent(key, Method::GET, &path, &Value::Null, StatusCode::OK).await;
            if matches!(request["status"].as_str(), Some("completed" | "failed")) {
                return request;
            }
            assert!(Instant::now() < until, "it does not end: {request} {}", self.log("aggregate"));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// A conversation with somebody whom the caller calls so; the session and the answer.
    async fn talked(&self, made: &Value, who: &str) -> (String, Value) {
        let (key, chatbot) = (text(&made["api_key"]), text(&made["chatbot_id"]));
        let path = format!("/api/v1/chatbots/{chatbot}/sessions");
        let session = self
            .sent(&key, Method::POST, &path, &json!({ "user_identifier": who }), StatusCode::CREATED)
            .await;
        let session = text(&session["id"]);
        let path = format!("/api/v1/sessions/{session}/messages");
        let body = json!({ "message": "Is quentin-canary known?" });
        let answer = self.sent(&key, Method::POST, &path, &body, StatusCode::OK).await;
        (session, answer)
    }

    async fn downloaded(&self, url: &str) -> Vec<u8> {
        let http = HttpClient::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        let response = http.get(url.parse().expect("an address")).await.expect("S3 answers");
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body().collect().await.expect("readable").to_bytes().to_vec()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_exported_and_erased_and_the_same_person_elsewhere_is_not() {
    let shared = stack().await;
    let (acme, globex) =
        (shared.organization("subjects-acme").await, shared.organization("subjects-globex").await);
    let (key, other) = (text(&acme["api_key"]), text(&globex["api_key"]));
    let (session, _) = shared.talked(&acme, WHO).await;
    let (stranger, _) = shared.talked(&globex, WHO).await;
    let (bystander, _) = shared.talked(&acme, "somebody else").await;

    // Once, whatever the network does.
    let wish = json!({ "kind": "export", "subject": { "email": WHO } });
    let own = ("idempotency-key", "export-1");
    let (status, _, first) = shared.with_header(&key, Method::POST, PATH, &wish.to_string(), own).await;
    let (again, headers, second) = shared.with_header(&key, Method::POST, PATH, &wish.to_string(), own).await;
    assert_eq!((status, again), (StatusCode::ACCEPTED, StatusCode::ACCEPTED), "{first}");
    assert!(headers.contains_key("idempotency-replayed") && first == second);
    assert!(!first.to_lowercase().contains("quentin"), "{first}");
    let made: Value = serde_json::from_str(&first).expect("JSON");
    let export = shared.over(&key, &text(&made["id"])).await;
    assert_eq!(
        (&export["status"], &export["report"]["rows"]["sessions"]),
        (&json!("completed"), &json!(1)),
        "{export}"
    );
    let bytes = shared.downloaded(&text(&export["export"]["url"])).await;
    assert_eq!(export["export_bytes"], bytes.len());
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP file");
    let mut told = String::new();
    zip.by_name(&format!("sessions/{session}.json"))
        .expect("the session")
        .read_to_string(&mut told)
        .expect("text");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["session"]["user_identifier"], WHO, "opened");
    assert_eq!(told["messages"][0]["content"], "Is quentin-canary known?");
    assert!(zip.by_name(&format!("sessions/{bystander}.json")).is_err());

    let wish = json!({ "kind": "erase", "subject": { "user_identifier": WHO } });
    let made = shared.sent(&key, Method::POST, PATH, &wish, StatusCode::ACCEPTED).await;
    let erased = shared.over(&key, &text(&made["id"])).await;
    assert_eq!(
        (&erased["status"], &erased["report"]["rows"]["messages"], &erased["report"]["objects"]["exports"]),
        (&json!("completed"), &json!(2), &json!(1)),
        "{erased}"
    );
    assert!(erased["report"]["stays"]["documents"].is_string(), "{erased}");
    let gone = format!("/api/v1/sessions/{session}");
    shared.sent(&key, Method::GET, &gone, &Value::Null, StatusCode::NOT_FOUND).await;
    let there = format!("/api/v1/sessions/{bystander}");
    shared.sent(&key, Method::GET, &there, &Value::Null, StatusCode::OK).await;
    let kept = shared
        .sent(&other, Method::GET, &format!("/api/v1/sessions/{stranger}"), &Value::Null, StatusCode::OK)
        .await;
    assert_eq!(kept["user_identifier"], WHO, "another organization's");
    let export = shared
        .sent(&key, Method::GET, &format!("{PATH}/{}", text(&export["id"])), &Value::Null, StatusCode::OK)
        .await;
    assert_eq!(export["export"], Value::Null, "the export of what is erased is gone");

    // Listed, and of one organization alone.
    let page = shared
        .sent(&key, Method::GET, &format!("{PATH}?status=completed&limit=1"), &Value::Null, StatusCode::OK)
        .await;
    assert_eq!(page["items"][0]["id"], erased["id"], "{page}");
    assert!(page["next_cursor"].is_string());
    let none = shared.sent(&other, Method::GET, PATH, &Value::Null, StatusCode::OK).await;
    assert_eq!(none["items"], json!([]));
    let foreign = format!("{PATH}/{}", text(&erased["id"]));
    shared.sent(&other, Method::GET, &foreign, &Value::Null, StatusCode::NOT_FOUND).await;
    assert!(!shared.log("aggregate").to_lowercase().contains("quentin"), "who it is stays out of the log");

    // Who asked, and who was given the link, is kept.
    let client = tests::database::connect(&shared.addresses.database_url).await;
    let organization = text(&acme["organization_id"]);
    client.batch_execute(&format!("SET app.organization_id = '{organization}'")).await.expect("bound");
    let sql = "SELECT string_agg(DISTINCT event_type, ' ' ORDER BY event_type) FROM docent.events
                WHERE event_category = 'audit' AND event_type LIKE 'data_subject%'";
    let kinds: String = client.query_one(sql, &[]).await.expect("events").get(0);
    assert_eq!(
        kinds,
        "data_subject_erased data_subject_export_linked data_subject_exported data_subject_requested"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_meant_is_said_in_one_way_and_within_bounds() {
    let shared = stack().await;
    let acme = shared.organization("subjects-bounds").await;
    let key = text(&acme["api_key"]);
    let longest = "ก".repeat(limits::SUBJECT_CHARACTERS);
    for (subject, pointer) in [
        (json!({}), "/subject"),
        (json!({ "email": WHO, "user_identifier": WHO }), "/subject"),
        (json!({ "email": "nobody" }), "/subject/email"),
        (json!({ "user_identifier": " " }), "/subject/user_identifier"),
        (json!({ "user_identifier": format!("{longest}ก") }), "/subject/user_identifier"),
        (json!({ "external_client_id": "a\0" }), "/subject/external_client_id"),
    ] {
        let wish = json!({ "kind": "erase", "subject": subject });
        let problem = shared.sent(&key, Method::POST, PATH, &wish, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let wrong = json!({ "kind": "forget", "subject": { "email": WHO } });
    shared.sent(&key, Method::POST, PATH, &wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
    let wish = json!({ "kind": "erase", "subject": { "external_client_id": longest } });
    let made = shared.sent(&key, Method::POST, PATH, &wish, StatusCode::ACCEPTED).await;
    let nothing = shared.over(&key, &text(&made["id"])).await;
    assert_eq!(
        (&nothing["status"], &nothing["report"]["rows"]["sessions"]),
        (&json!("completed"), &Value::Null),
        "{nothing}"
    );

    // The last administrator is told at once.
    let organization: OrganizationId = text(&acme["organization_id"]).parse().expect("an id");
    let wish = json!({ "email": "only@example.org", "role": "admin" });
    shared.sent(&key, Method::POST, "/api/v1/invitations", &wish, StatusCode::CREATED).await;
    let token = shared.issuer.token("subjects-only", "only@example.org", Verified::Yes);
    shared.sent(&token, Method::GET, "/api/v1/me", &Value::Null, StatusCode::OK).await;
    let wish = json!({ "kind": "erase", "subject": { "email": "Only@example.org" } });
    let problem = shared.sent(&key, Method::POST, PATH, &wish, StatusCode::CONFLICT).await;
    assert_eq!(problem["type"], "urn:docent:error:last-administrator");

    // So many at a time.
    let client = tests::database::connect(&shared.addresses.database_url).await;
    client.batch_execute(&format!("SET app.organization_id = '{organization}'")).await.expect("bound");
    let open = "INSERT INTO docent.data_subject_requests (id, organization_id, kind, subject_kind, created_by)
                SELECT gen_random_uuid(), docent.current_organization(), 'export', 'email', 'test' FROM generate_series(1, $1)";
    let most = i32::try_from(limits::SUBJECT_REQUESTS_OPEN).expect("few");
    client.execute(open, &[&most]).await.expect("open ones");
    let wish = json!({ "kind": "export", "subject": { "email": WHO } });
    let problem = shared.sent(&key, Method::POST, PATH, &wish, StatusCode::CONFLICT).await;
    assert_eq!(problem["type"], "urn:docent:error:too-many-requests-open");
    let one = "UPDATE docent.data_subject_requests SET status = 'failed' WHERE id = (SELECT id FROM docent.data_subject_requests
                WHERE status = 'queued' LIMIT 1)";
    client.batch_execute(one).await.expect("one less");
    let made = shared.sent(&key, Method::POST, PATH, &wish, StatusCode::ACCEPTED).await;
    shared.over(&key, &text(&made["id"])).await;
    client
        .batch_execute("UPDATE docent.data_subject_requests SET status = 'failed' WHERE status = 'queued'")
        .await
        .expect("none");
}
