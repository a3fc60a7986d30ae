//! The feedback path through the real stack: what people say of answers, and what is made of it.

mod analysing;
mod correcting;
mod costing;
mod escalating;
mod improving;
mod judging;
mod naming;
mod pausing;
mod refusing;
mod replaying;
mod rereading;
mod reviewing;
mod trying;
mod understanding;

use crate::stack::support::Shared;
use domain::{ApiKey, OrganizationId, Scope};
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// What the documents of a test's chatbot say.
const MANUAL: &str =
    "Delivery to Spain takes five working days.\n\nReplace the gasket of the mixer every two years.";
/// What they do not say.
const UNKNOWN: &str = "Who won the football world cup in 1998?";

impl Shared {
    /// A request of the feedback path with the demo's key; its JSON, once its status is as expected.
    async fn say(&self, method: Method, path: &str, body: Value, expected: StatusCode) -> Value {
        self.say_as(&self.addresses.api_key, method, path, body, expected).await
    }

    /// The same with another key.
    async fn say_as(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Value,
        expected: StatusCode,
    ) -> Value {
        let sent = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.call(key, method.clone(), path, sent).await;
        assert_eq!(status, expected, "{method} {path} {body}: {answer}");
        answer
    }

    /// What is read with the demo's key.
    async fn look(&self, path: &str) -> Value {
        self.say(Method::GET, path, Value::Null, StatusCode::OK).await
    }

    /// A chatbot that reads one document of its own collection.
    async fn bot(&self, collection: &str) -> String {
        let key = format!("{}/{collection}/manual.txt", self.addresses.organization);
        let status = self.drop_bytes(&key, MANUAL.as_bytes().to_vec()).await;
        assert_eq!(status.status, "completed", "{status:?}");
        self.chatbot_of(collection).await
    }

    /// The id of an answer to a question in a new session, and the session's.
    async fn answered(&self, chatbot: &str, question: &str) -> (String, String) {
        let session = self.session(chatbot).await;
        let answer = self.ask(&session, question).await;
        (id_of(&answer["message"]), session)
    }

    /// A further key of the demo organization, with these scopes alone.
    async fn key_with(&self, organization: OrganizationId, scopes: &[Scope]) -> String {
        let key = ApiKey::generate(organization);
        let database = store::Database::new(&self.addresses.database_url).expect("a URL");
        let tx = database.tenant(organization).await.expect("a transaction");
        let new = store::api_keys::NewKey { name: "a test's", scopes, ..Default::default() };
        store::api_keys::create(&tx, &key, &new).await.expect("a key");
        tx.finish().await.expect("committed");
        key.reveal()
    }

    /// The demo organization.
    pub fn organization_id(&self) -> OrganizationId {
        ApiKey::parse(&self.addresses.api_key).expect("the demo's key").organization
    }
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("{value} has no id")).to_owned()
}

/// What a refused request names.
fn refused_at(problem: &Value) -> &str {
    problem["errors"][0]["pointer"].as_str().unwrap_or_else(|| panic!("{problem} names no field"))
}

/// The kind of a problem.
fn kind(problem: &Value) -> &str {
    let kind = problem["type"].as_str().unwrap_or_default();
    kind.strip_prefix("urn:docent:error:").unwrap_or_else(|| panic!("{problem} is no problem"))
}

/// A thumb that is down, with a correction.
fn corrected(correction: &str) -> Value {
    json!({ "rating": "negative", "reason": "That is not so.", "correction": correction })
}
