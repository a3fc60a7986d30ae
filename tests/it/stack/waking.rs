//! What people do is told of once a minute, and looked at a minute later: queue, table and function as they deploy.

use super::support::stack;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The delay, and what a busy machine adds.
const PATIENCE: Duration = Duration::from_secs(150);

/// How often the function says that it looked at an organization.
async fn looks(organization: &str) -> usize {
    let log = stack().await.log("aggregate");
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["message"] == "activity looked at" && line["organization.id"] == organization)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn activity_is_told_of_once_and_looked_at_later() {
    let shared = stack().await;
    let made = shared.organization("wakes").await;
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    let (key, organization) = (text("api_key"), text("organization_id"));
    let path = format!("/api/v1/chatbots/{}/sessions", text("chatbot_id"));
    let session = shared.sent(&key, Method::POST, &path, &json!({}), StatusCode::CREATED).await;
    let path = format!("/api/v1/sessions/{}/messages", session["id"].as_str().expect("an id"));
    let began = Instant::now();
    for question in ["Where is the key?", "Where is the other key?", "And the door?"] {
        shared.sent(&key, Method::POST, &path, &json!({ "message": question }), StatusCode::OK).await;
    }
    let asked_in = began.elapsed();
    while looks(&organization).await == 0 {
        assert!(began.elapsed() < PATIENCE, "nobody looks: {}", shared.log("aggregate"));
        sleep(Duration::from_millis(200)).await;
    }
    assert!(began.elapsed() > Duration::from_secs(60), "it is looked at a minute later");
    sleep(Duration::from_secs(3)).await;
    if asked_in < Duration::from_secs(55) {
        assert_eq!(looks(&organization).await, 1, "three questions of a minute are told of once");
    }
    // What it looked at is counted: nobody asked for a dashboard.
    let id: domain::OrganizationId = serde_json::from_value(json!(organization)).expect("an id");
    let database = store::Database::new(&shared.addresses.database_url).expect("a URL");
    let tx = database.tenant(id).await.expect("a transaction");
    let left = store::metrics::dirty_days(&tx, None, 0.0, 10).await.expect("days");
    tx.finish().await.expect("committed");
    assert!(left.is_empty(), "{left:?}");
}
