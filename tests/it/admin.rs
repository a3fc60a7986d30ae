//! Administration through the real stack: what keepers ask for over HTTP, and what comes of it.

mod again;
mod auditing;
mod bots;
mod categories;
mod demanding;
mod links;
mod models;
mod keeping;
mod keys;
mod organization;
mod passages;
mod products;
mod refusing;
pub mod uploads;

use crate::stack::support::Shared;
use http::{Method, StatusCode};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// How long ingestion may take in a test: the machine is busy with others.
const PATIENCE: Duration = Duration::from_secs(120);

impl Shared {
    /// A request of administration with the demo's key; its JSON, once its status is as expected.
    async fn admin(&self, method: Method, path: &str, body: &Value, expected: StatusCode) -> Value {
        self.sent(&self.addresses.api_key, method, path, body, expected).await
    }

    /// A reading request with the demo's key.
    async fn read(&self, path: &str) -> Value {
        self.admin(Method::GET, path, &Value::Null, StatusCode::OK).await
    }

    /// Waits until a reading request answers as wanted.
    async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let looking = async {
            loop {
                let answer = self.read(path).await;
                if wanted(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking)
            .await
            .unwrap_or_else(|_| panic!("{path} does not become as wanted: {}", self.log("ingest")))
    }

    /// A completed document of the demo organization, with these bytes; its id.
    async fn completed(&self, collection: &str, name: &str, text: &str) -> String {
        let key = format!("{}/{collection}/{name}", self.addresses.organization);
        let s3 = local::client::s3(&self.addresses);
        let put =
            s3.put_object().bucket(&self.addresses.bucket).key(&key).body(text.as_bytes().to_vec().into());
        let put = put.send().await.expect("S3 takes it");
        // What is said of other bytes is about what was there before.
        let awaited = BTreeMap::from([(key, put.e_tag().expect("an ETag").trim_matches('"').to_owned())]);
        let client = self.client().await;
        let settled = tokio::time::timeout(PATIENCE, client.settle(&awaited, |_| {})).await;
        let status = settled.expect("the document ends").expect("readable").remove(0);
        assert_eq!(status.status, "completed", "{status:?}");
        status.id.to_string()
    }

    /// The contents of the best passages for a question in a collection.
    async fn found(&self, question: &str, collection: &str) -> Vec<String> {
        let client = self.client().await;
        let found = client.search(question, Some(collection), Some(5)).await.expect("a search");
        let items = found["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["content"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
