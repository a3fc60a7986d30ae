//! What time takes away of documents, by the daily work and an organization's own days: in S3 and in the database, and of nobody
//! else's.

use super::support::{Shared, stack};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(180);

/// Days since its upload, and its name, which is its one rare word too.
const AGES: [(u64, &str); 4] = [(0, "zirconium"), (7, "tungsten"), (15, "vanadium"), (25, "molybdenum")];

struct Office {
    shared: &'static Shared,
    slug: &'static str,
    key: String,
}

impl Office {
    async fn open(shared: &'static Shared, slug: &'static str) -> Self {
        let made = shared.organization(slug).await;
        let office = Self { shared, slug, key: made["api_key"].as_str().expect("a key").to_owned() };
        for (days, name) in AGES {
            let key = office.object(name);
            let text = format!("The {name} pump needs 3.5 bar.");
            shared.put(&key, text.into_bytes()).await;
            let document = office.completed_after(name, &Value::Null).await;
            let by = Duration::from_secs(days * 86_400);
            assert!(shared.stack.s3.age(&key, by).await.expect("written"), "{key}");
            // Whoever looks again sees how old it is.
            let path = format!("/api/v1/documents/{}/reprocess", document["id"].as_str().expect("an id"));
            assert_eq!(office.call(Method::POST, &path, Value::Null).await.0, StatusCode::ACCEPTED);
            office.completed_after(name, &document["processed_at"]).await;
        }
        office
    }

    /// The document when it is read, at another moment than this.
    async fn completed_after(&self, name: &str, before: &Value) -> Value {
        let read = async {
            loop {
                let document = self.document(name).await.unwrap_or_default();
                if document["status"] == "completed" && document["processed_at"] != *before {
                    return document;
                }
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(PATIENCE, read).await.unwrap_or_else(|_| panic!("{name}: {}", self.shared.log("ingest")))
    }

    fn object(&self, name: &str) -> String {
        format!("{}/handbook/{name}.md", self.slug)
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.shared.call(&self.key, method, path, body).await
    }

    async fn document(&self, name: &str) -> Option<Value> {
        let (status, listed) = self.call(Method::GET, "/api/v1/documents", Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{listed}");
        let items = listed["items"].as_array().expect("documents");
        items.iter().find(|item| item["filename"] == format!("{name}.md")).cloned()
    }

    /// The status of a document's original and of its text.
    async fn links(&self, name: &str) -> (u16, u16) {
        let document = self.document(name).await.expect("there");
        let path = format!("/api/v1/documents/{}", document["id"].as_str().expect("an id"));
        let download = self.call(Method::GET, &format!("{path}/download"), Value::Null).await;
        let text = self.call(Method::GET, &format!("{path}/text"), Value::Null).await;
        (download.0.as_u16(), text.0.as_u16())
    }

    /// How similar the vectors say that it is; `None`: it is not found, null: without a vector.
    async fn found(&self, name: &str) -> Option<Value> {
        let path = format!("/api/v1/search?q={name}+pump&k=50");
        let (status, found) = self.call(Method::GET, &path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{found}");
        let passages = found["items"].as_array().expect("passages").iter();
        let key = self.object(name);
        passages.filter(|one| one["document_key"] == key).map(|one| one["scores"]["dense"].clone()).next()
    }

    async fn objects(&self, below: &str) -> usize {
        self.shared.stack.s3.objects().await.iter().filter(|object| object.key.starts_with(below)).count()
    }

    /// How many objects were made of a document.
    async fn derived(&self, document: &str) -> usize {
        let objects = self.shared.stack.s3.objects().await;
        objects
            .iter()
            .filter(|object| object.key.starts_with("_derived/") && object.key.contains(document))
            .count()
    }

    async fn daily(&self) {
        let wish = json!({ "action": "daily", "organization": self.slug });
        self.shared.stack.invoke("aggregate", &wish).await.expect("the daily work");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_documents_go_when_their_time_has_passed_and_nobody_elses() {
    let shared = stack().await;
    let (aging, ageless) = tokio::join!(Office::open(shared, "aging"), Office::open(shared, "ageless"));
    let oldest = aging.document("molybdenum").await.expect("there");
    let oldest = oldest["id"].as_str().expect("an id").to_owned();
    assert!(aging.derived(&oldest).await > 0, "its text is kept");
    let days = json!({ "retention_days": {
        "messages": null, "retrieval_logs": null, "events": null,
        "embeddings": 5, "originals": 10, "extracted_text": 20 } });
    let (status, answer) = aging.call(Method::PATCH, "/api/v1/organization", days).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    for office in [&aging, &ageless] {
        office.daily().await;
        shared.queues_empty().await;
    }
    // Nothing of who keeps everything.
    for (_, name) in AGES {
        assert!(ageless.found(name).await.is_some_and(|dense| dense.is_number()), "{name}");
        assert_eq!(ageless.links(name).await, (200, 200), "{name}");
    }
    // Of the others what their age says.
    assert!(aging.found("zirconium").await.is_some_and(|dense| dense.is_number()));
    assert_eq!(aging.links("zirconium").await, (200, 200));
    for (name, links) in [("tungsten", (200, 200)), ("vanadium", (410, 200))] {
        assert_eq!(aging.found(name).await, Some(Value::Null), "{name} is found by its words alone");
        assert_eq!(aging.links(name).await, links, "{name}");
    }
    assert_eq!(aging.found("molybdenum").await, None);
    let gone = async {
        while aging.document("molybdenum").await.is_some() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("of which nothing is left is forgotten");
    for (days, name) in AGES {
        assert_eq!(aging.objects(&aging.object(name)).await, usize::from(days < 10), "{name}");
        assert_eq!(ageless.objects(&ageless.object(name)).await, 1, "{name}");
    }
    assert_eq!(aging.derived(&oldest).await, 0);
    // What has gone comes by a new upload alone, and then whole.
    let document = aging.document("vanadium").await.expect("there");
    let path = format!("/api/v1/documents/{}/reprocess", document["id"].as_str().expect("an id"));
    let (status, problem) = aging.call(Method::POST, &path, Value::Null).await;
    assert_eq!(
        (status, problem["type"].as_str().is_some_and(|kind| kind.ends_with("removed-by-retention"))),
        (StatusCode::CONFLICT, true),
        "{problem}"
    );
    shared.put(&aging.object("vanadium"), b"The vanadium pump needs 3.5 bar.".to_vec()).await;
    let again = async {
        while !aging.found("vanadium").await.is_some_and(|dense| dense.is_number()) {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, again).await.expect("read anew");
    assert_eq!(aging.links("vanadium").await, (200, 200));
}
