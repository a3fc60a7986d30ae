//! Models and their prices: what an organization pays, its messages cost.

use crate::stack::support::stack;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn messages_cost_what_the_organizations_own_terms_say() {
    let shared = stack().await;
    // An organization of its own: the demo's costs nothing to the other tests.
    let other = shared.organization("payers").await;
    let key = other["api_key"].as_str().expect("a key");
    let models = "/api/v1/ai-models";
    let (status, known) = shared.call(key, Method::GET, models, "").await;
    assert_eq!(status, StatusCode::OK, "{known}");
    let of = |models: &Value, id: &str| {
        models["items"].as_array().expect("items").iter().find(|model| model["model_id"] == id).cloned()
    };
    let haiku = of(&known, "anthropic.claude-haiku-4-5-20251001-v1:0").expect("a known model");
    assert_eq!((&haiku["is_own"], &haiku["input_price"]), (&json!(false), &json!("1.000000")), "{haiku}");
    assert_eq!(
        (&haiku["cache_read_price"], &haiku["cache_write_price"]),
        (&json!("0.100000"), &json!("1.250000"))
    );
    let undated: Vec<&Value> = known["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter(|model| model["is_own"] == false && model["prices_read_on"].is_null())
        .collect();
    assert!(undated.is_empty(), "of each somebody read the price: {undated:?}");
    let within =
        of(&known, "us.anthropic.claude-haiku-4-5-20251001-v1:0").expect("a profile within a region");
    assert_eq!(within["input_price"], json!("1.100000"), "{within}");

    // The model of this machine, at 1,000 dollars a million tokens in and 3,000 out.
    let local = json!({
        "provider": "bedrock", "model_id": "local.extractive", "kind": "chat", "display_name": "Dear",
        "input_price": "1000", "output_price": "3000.5", "prices_read_on": "2026-11-27",
    });
    // And its vectors at a tenth of a cent a token.
    let vectors = json!({
        "provider": "bedrock", "model_id": "local.all-minilm-l6-v2", "kind": "embedding", "display_name": "Dear",
        "input_price": "1000", "cache_read_price": "1", "prices_read_on": "2026-11-27",
    });
    let body = json!({ "models": [local, vectors] }).to_string();
    let (status, put) = shared.call(key, Method::PUT, models, body).await;
    assert_eq!(status, StatusCode::OK, "{put}");
    let own = of(&put, "local.extractive").expect("what was put");
    assert_eq!((&own["is_own"], &own["output_price"]), (&json!(true), &json!("3000.500000")), "{own}");

    shared.put("payers/tariff/a.txt", b"The llama carries forty kilograms over the pass.".to_vec()).await;
    let found = async {
        loop {
            let (_, found) = shared.call(key, Method::GET, "/api/v1/search?q=llama", "").await;
            if found["items"].as_array().is_some_and(|items| !items.is_empty()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(super::PATIENCE, found).await.expect("the document is read");
    let sessions = format!("/api/v1/chatbots/{}/sessions", other["chatbot_id"].as_str().expect("an id"));
    let (_, session) = shared.call(key, Method::POST, &sessions, "{}").await;
    let path = format!("/api/v1/sessions/{}", session["id"].as_str().expect("an id"));
    let ask = json!({ "message": "How much does the llama carry?" }).to_string();
    let (status, answer) = shared.call(key, Method::POST, &format!("{path}/messages"), ask).await;
    assert_eq!((status, &answer["abstained"]), (StatusCode::OK, &json!(false)), "{answer}");
    let count = |name: &str| answer["usage"][name].as_f64().expect("a count");
    let cost = (count("prompt_tokens") * 1000.0 + count("completion_tokens") * 3000.5) / 1e6;
    let told: f64 = answer["cost"].as_str().expect("decimal text").parse().expect("a number");
    // The question was embedded, and what was said to it: whole tokens.
    let embedded = (told - cost) * 1000.0;
    let is_whole = (embedded - embedded.round()).abs() < 0.01;
    assert!(cost > 0.0 && embedded > 6.0 && is_whole, "{told} for {cost}: {answer}");
    let (_, session) = shared.call(key, Method::GET, &path, "").await;
    assert_eq!(session["total_cost"], answer["cost"], "{session}");
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_keep_to_their_bounds() {
    let shared = stack().await;
    for (change, pointer) in [
        (json!({ "kind": "song" }), "/models/0/kind"),
        (json!({ "input_price": "-1" }), "/models/0/input_price"),
        (json!({ "output_price": "0.1234567" }), "/models/0/output_price"),
        (json!({ "cache_read_price": "free" }), "/models/0/cache_read_price"),
        (json!({ "cache_write_price": "-1" }), "/models/0/cache_write_price"),
        (json!({ "prices_read_on": "yesterday" }), "/models/0/prices_read_on"),
        (json!({ "max_context_tokens": 0 }), "/models/0/max_context_tokens"),
        (json!({ "provider": "" }), "/models/0/provider"),
        (json!({ "model_id": "m".repeat(257) }), "/models/0/model_id"),
    ] {
        let mut model = json!({ "provider": "p", "model_id": "m", "kind": "chat", "display_name": "M" });
        model.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let body = json!({ "models": [model] });
        let problem =
            shared.admin(Method::PUT, "/api/v1/ai-models", &body, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    let model = json!({ "provider": "p", "model_id": "m", "kind": "chat", "display_name": "M" });
    for models in [vec![], vec![model.clone(); 2], vec![model; 101]] {
        let body = json!({ "models": models });
        shared.admin(Method::PUT, "/api/v1/ai-models", &body, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
}
