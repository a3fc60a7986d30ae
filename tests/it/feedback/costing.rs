//! What models are paid beside answers, through the real stack: told by what it was paid for, in the dashboard and in the file.

use super::{id_of, understanding::Speaking};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tests::aside::{MODEL, Reply, TOKENS};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_beside_answers_is_told_by_its_purpose() {
    let acme = Speaking::priced("costing").await;
    let said = json!({ "names": [], "sentiment": 0.2, "proposals": [] });
    acme.shared.aside.when("Costing-", Reply::Says(said.to_string()));
    // Although nothing is limited, what is paid is counted.
    acme.set(json!({ "budgets": { "daily_tokens": null, "daily_cost": null }, "understanding_model": MODEL,
                     "pii_policy": { "messages": ["email"], "names_model": MODEL } }))
        .await;
    let session = acme.session().await;
    for question in ["Costing-one: how long does it take?", "Costing-two: and how much is it?"] {
        acme.ask(&session, question).await;
    }
    acme.read_now().await;
    let said = json!({ "feedback_text": "Costing-three: too short.", "feedback_type": "tone" });
    let path = format!("/api/v1/chatbots/{}/admin-feedback", acme.chatbot);
    let criticism = id_of(&acme.say(Method::POST, &path, said, StatusCode::CREATED).await);
    let path = format!("/api/v1/admin-feedback/{criticism}/analyze");
    // Looked at twice, paid for twice, although the second analysis takes the first one's place.
    for _ in 0..2 {
        acme.say(Method::POST, &path, Value::Null, StatusCode::OK).await;
    }
    let daily = json!({ "action": "daily", "organization": "costing" });
    acme.shared.stack.invoke("aggregate", &daily).await.expect("the daily work");

    let path = "/api/v1/dashboards/technical";
    let costs = acme.say(Method::GET, path, Value::Null, StatusCode::OK).await["costs"].clone();
    let number = |text: &Value| text.as_str().expect("money").parse::<f64>().expect("a number");
    let purposes = costs["by_purpose"].as_array().expect("purposes");
    let of = |name: &str| {
        purposes.iter().find(|one| one["purpose"] == name).unwrap_or_else(|| panic!("no {name}: {costs}"))
    };
    let tokens = TOKENS.0 + TOKENS.1;
    for purpose in ["names", "readings", "analyses"] {
        let one = of(purpose);
        assert_eq!(
            (&one["calls"], &one["tokens"], &one["unpriced_calls"]),
            (&json!(2), &json!(2 * tokens), &json!(0)),
            "{purpose}: {costs}"
        );
        assert!((number(&one["cost"]) - 0.0006).abs() < 1e-12, "{purpose}: {costs}");
    }
    assert_eq!(of("answers")["calls"], 2, "{costs}");
    let together: f64 = purposes.iter().map(|one| number(&one["cost"])).sum();
    assert!((number(&costs["total"]) - together).abs() < 1e-12, "{costs}");
    assert!(together >= 0.0018, "{costs}");

    let file = acme.say(Method::GET, "/api/v1/dashboards/export.csv", Value::Null, StatusCode::OK).await;
    let mut lines = file.as_str().expect("a file").lines().map(|line| line.split(',').collect::<Vec<_>>());
    let columns = lines.next().expect("a head");
    let rows: Vec<Vec<&str>> = lines.collect();
    let sum = |name: &str| -> f64 {
        let place = columns.iter().position(|column| *column == name).expect("a column");
        rows.iter().map(|row| row[place].parse::<f64>().expect("a number")).sum()
    };
    for column in ["names_cost_usd", "readings_cost_usd", "analyses_cost_usd"] {
        assert!((sum(column) - 0.0006).abs() < 1e-12, "{column}: {file}");
    }
    assert!((sum("all_costs_usd") - together).abs() < 1e-12, "{file}");
}
