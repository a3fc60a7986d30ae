//! A model that drips: its reader hears that somebody is there, is told how it ended, and what was shown is kept. That the deadline
//! ends it as well is tried where a deadline can be short, in `cuts`.

use super::support::stack;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::time::Duration;
use tests::aside::{self, Reply};
use tokio::time::timeout;

const SENTENCE: &str = "The dripstone gallery of Hollow Ness is open from May to September.";
/// For each thing that is waited for; two heartbeats take 20 seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// Reads on until this holds of all that was heard.
async fn hear(body: &mut Incoming, heard: &mut String, is_enough: impl Fn(&str) -> bool) {
    let reading = async {
        while !is_enough(heard.as_str()) {
            let frame = body.frame().await.expect("the stream goes on").expect("readable");
            if let Ok(data) = frame.into_data() {
                heard.push_str(&String::from_utf8_lossy(&data));
            }
        }
    };
    let came = timeout(PATIENCE, reading).await.is_ok();
    assert!(came, "no more than this: {heard}");
}

/// The data of events of a name that came whole, in order.
fn events(heard: &str, name: &str) -> Vec<Value> {
    let begins = format!("event: {name}\ndata: ");
    let (whole, _) = heard.rsplit_once("\n\n").unwrap_or_default();
    let data = whole.split("\n\n").filter_map(|event| event.strip_prefix(begins.as_str()));
    data.map(|data| serde_json::from_str(data).expect("JSON")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_a_dripping_model_hears_heartbeats_and_a_typed_end() {
    let shared = stack().await;
    let key = &shared.addresses.api_key;
    shared.drop_bytes("demo/dripping/caves.txt", SENTENCE.into()).await;
    let (_, collection) = shared.call(key, Method::GET, "/api/v1/collections/dripping", "").await;
    let config =
        json!({ "llm_model": aside::MODEL, "llm_provider": "openai-compatible", "confidence_threshold": 0 });
    let wish = json!({ "name": "Dripping", "config": config });
    let made = shared.sent(key, Method::POST, "/api/v1/chatbots", &wish, StatusCode::CREATED).await;
    let chatbot = made["id"].as_str().expect("an id");
    let link = json!({ "collection_ids": [collection["id"]] });
    shared
        .sent(key, Method::PUT, &format!("/api/v1/chatbots/{chatbot}/collections"), &link, StatusCode::OK)
        .await;

    let question = "When is the dripstone gallery of Hollow Ness open?";
    shared.aside.when(question, Reply::Drips(SENTENCE.into()));
    let session = shared.session(chatbot).await;
    let path = format!("/api/v1/sessions/{session}");
    let asked = json!({ "message": question }).to_string();
    let response =
        shared.raw(key, Method::POST, &format!("{path}/messages"), asked.into(), "text/event-stream").await;
    assert_eq!(response.status(), StatusCode::OK);
    let (mut body, mut heard) = (response.into_body(), String::new());
    hear(&mut body, &mut heard, |heard| !events(heard, "token").is_empty()).await;
    // Words come, but no whole sentence that could be shown.
    let beats = |heard: &str| heard.lines().filter(|line| line.starts_with(':')).count();
    hear(&mut body, &mut heard, |heard| beats(heard) > 1).await;
    let ended = ["done", "error"].map(|name| events(&heard, name).len());
    assert_eq!(ended, [0, 0], "{heard}");

    shared.sent(key, Method::POST, &format!("{path}/cancel"), &Value::Null, StatusCode::ACCEPTED).await;
    hear(&mut body, &mut heard, |heard| !events(heard, "error").is_empty()).await;
    let problem = &events(&heard, "error")[0];
    assert_eq!(problem["type"], "urn:docent:error:cancelled", "{heard}");
    let tokens = events(&heard, "token");
    let shown: String = tokens.iter().map(|token| token["text"].as_str().expect("text")).collect();
    assert!(shown.contains("from May to September"), "{heard}");
    let (_, kept) = shared.call(key, Method::GET, &format!("{path}/messages"), "").await;
    let answer = kept["items"].as_array().and_then(|items| items.last()).expect("a kept answer");
    assert_eq!((&answer["role"], &answer["error"]), (&json!("assistant"), &json!(true)), "{kept}");
    assert_eq!(answer["content"], json!(shown), "{kept}");
}
