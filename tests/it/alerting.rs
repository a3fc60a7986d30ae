//! Alerts through the real stack: a document fails, activity wakes the function, a rule fires, somebody is told by a signed
//! message, deals with it, and it is over when things are well again.

use crate::stack::support::{Shared, file, stack};
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{Method, StatusCode};
use ring::hmac;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(150);

type Inbox = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// Somebody who is told: an address, and what came there.
async fn receiver() -> (String, Inbox) {
    let inbox = Inbox::default();
    let keep = async |State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes| {
        let text = String::from_utf8(body.to_vec()).expect("UTF-8");
        inbox.lock().expect("no panic under this lock").push((headers, text));
    };
    let app = Router::new().route("/hook", post(keep)).with_state(Arc::clone(&inbox));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/hook", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, inbox)
}

/// The message of an event, whose signature is good by the secret; waits for it.
async fn told(inbox: &Inbox, secret: &str, event: &str) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        for (headers, body) in inbox.lock().expect("no panic under this lock").iter() {
            let message: Value = serde_json::from_str(body).expect("JSON");
            if message["type"] == event {
                let text = |name: &str| headers[name].to_str().expect("text").to_owned();
                let key = secret.strip_prefix("whsec_").expect("a secret of Standard Webhooks");
                let key = BASE64_STANDARD.decode(key).expect("base64");
                let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
                let signed = format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp"));
                let signature = text("webhook-signature");
                let signature = signature.strip_prefix("v1,").expect("version 1");
                let signature = BASE64_STANDARD.decode(signature).expect("base64");
                hmac::verify(&key, signed.as_bytes(), &signature).expect("the signature is good");
                return message;
            }
        }
        assert!(Instant::now() < until, "no {event}: {}", stack().await.log("aggregate"));
        sleep(Duration::from_millis(200)).await;
    }
}

/// Has an organization looked at, as activity does a minute later.
async fn look(shared: &Shared, organization: &str) {
    let event = json!({ "Records": [{
        "messageId": "1", "receiptHandle": "none", "md5OfBody": "", "attributes": { "ApproximateReceiveCount": "1" },
        "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:ActivityQueue",
        "body": json!({ "kind": "activity", "organization_id": organization }).to_string(),
    }] });
    let outcome = shared.stack.invoke("aggregate", &event).await.expect("it looks");
    assert_eq!(outcome["batchItemFailures"], json!([]), "{outcome}");
}

/// Waits until so many documents ended in a state.
async fn documents(shared: &Shared, key: &str, status: &str, count: usize) {
    let until = Instant::now() + PATIENCE;
    loop {
        let path = format!("/api/v1/documents?status={status}");
        let listed = shared.sent(key, Method::GET, &path, &Value::Null, StatusCode::OK).await;
        if listed["items"].as_array().is_some_and(|items| items.len() == count) {
            return;
        }
        assert!(Instant::now() < until, "{status}: {listed}");
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_of_and_so_is_its_end() {
    let shared = stack().await;
    let made = shared.organization("alerts").await;
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    let (key, organization) = (text("api_key"), text("organization_id"));
    let ask =
        async |method, path: &str, body: Value, status| shared.sent(&key, method, path, &body, status).await;
    let (address, inbox) = receiver().await;

    let target = json!({ "name": "on call", "address": address, "severity": "warning" });
    let target = ask(Method::POST, "/api/v1/notification-targets", target, StatusCode::CREATED).await;
    let secret = target["secret"].as_str().expect("shown once").to_owned();
    let id = target["id"].as_str().expect("an id");
    let again =
        ask(Method::GET, &format!("/api/v1/notification-targets/{id}"), Value::Null, StatusCode::OK).await;
    assert!(again["secret"].is_null() && !again.to_string().contains("whsec_"), "{again}");

    let rule = json!({ "metric": "failed_documents", "aggregation": "share", "window_minutes": 30, "comparison": "above",
        "threshold": 0.5, "clear_at": 0.4, "severity": "warning" });
    let body = json!({ "name": "Documents fail", "rule": rule });
    let kept = ask(Method::POST, "/api/v1/alert-rules", body, StatusCode::CREATED).await;
    let path = "/api/v1/alert-rules?limit=100";
    let rules = ask(Method::GET, path, Value::Null, StatusCode::OK).await;
    let builtin = |rule: &&Value| !rule["builtin"].is_null() && rule["is_enabled"] == json!(true);
    let builtins: Vec<&Value> = rules["items"].as_array().expect("items").iter().filter(builtin).collect();
    assert_eq!(builtins.len(), 5, "every organization has some: {rules}");
    let path = format!("/api/v1/alert-rules/{}", builtins[0]["id"].as_str().expect("an id"));
    ask(Method::DELETE, &path, Value::Null, StatusCode::CONFLICT).await;

    for (wrong, pointer) in [
        (json!({ "threshold": 1.5 }), "/rule/threshold"),
        (json!({ "aggregation": "p95" }), "/rule/aggregation"),
        (json!({ "filter": { "chatbot_id": uuid::Uuid::now_v7() } }), "/rule/filter/chatbot_id"),
    ] {
        let mut rule = rule.clone();
        for (name, value) in wrong.as_object().expect("an object") {
            rule[name] = value.clone();
        }
        let body = json!({ "name": "Wrong", "rule": rule });
        let refused = ask(Method::POST, "/api/v1/alert-rules", body, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }

    // One of one document fails; nobody does anything more.
    shared.put("alerts/handbook/empty.pdf", file("bad", "empty.pdf")).await;
    documents(shared, &key, "failed", 1).await;
    let message = told(&inbox, &secret, "alert.triggered").await;
    assert_eq!((&message["data"]["rule_id"], &message["data"]["value"]), (&kept["id"], &json!(1.0)));
    let alerts = ask(Method::GET, "/api/v1/alerts?status=triggered", Value::Null, StatusCode::OK).await;
    let alert = &alerts["items"][0];
    assert_eq!(
        (alerts["items"].as_array().map(Vec::len), &alert["id"]),
        (Some(1), &message["data"]["alert_id"])
    );
    let path = format!("/api/v1/alerts/{}", alert["id"].as_str().expect("an id"));
    let dealt = ask(Method::POST, &format!("{path}/acknowledge"), Value::Null, StatusCode::OK).await;
    assert_eq!(dealt["status"], "acknowledged", "{dealt}");

    // What the rule would have found: the same.
    let preview = json!({ "rule": rule, "days": 1 });
    let preview = ask(Method::POST, "/api/v1/alert-rules/preview", preview, StatusCode::OK).await;
    assert_eq!(preview["points"].as_array().map(Vec::len), Some(288), "every five minutes: {preview}");
    assert_eq!(preview["transitions"][0]["status"], "triggered", "{}", preview["transitions"]);
    let too_long = json!({ "rule": rule, "days": domain::limits::ALERT_PREVIEW_DAYS + 1 });
    let path_of_preview = "/api/v1/alert-rules/preview";
    let refused = ask(Method::POST, path_of_preview, too_long, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused["errors"][0]["pointer"], "/days", "{refused}");

    // Two of three are well: a third is below what ends it.
    for name in ["one", "two"] {
        let text = format!("# Valve {name}\n\nThe valve {name} opens at 4 bar.").into_bytes();
        shared.put(&format!("alerts/handbook/{name}.md"), text).await;
    }
    documents(shared, &key, "completed", 2).await;
    look(shared, &organization).await;
    let message = told(&inbox, &secret, "alert.resolved").await;
    assert_eq!((&message["data"]["alert_id"], &message["data"]["by"]), (&alert["id"], &Value::Null));
    let message = told(&inbox, &secret, "alert.acknowledged").await;
    assert_eq!(
        (&message["data"]["alert_id"], &message["data"]["by"]),
        (&alert["id"], &dealt["acknowledged_by"]),
        "{dealt}"
    );
    let alerts = ask(Method::GET, "/api/v1/alerts", Value::Null, StatusCode::OK).await;
    assert_eq!(alerts["items"].as_array().map(Vec::len), Some(1), "{alerts}");
    assert_eq!(alerts["items"][0]["status"], "resolved", "{alerts}");
    ask(Method::POST, &format!("{path}/acknowledge"), Value::Null, StatusCode::CONFLICT).await;
    look(shared, &organization).await;
    let heard = inbox.lock().expect("no panic under this lock").len();
    assert_eq!(heard, 3, "began, dealt with, over: each is sent once");

    // Another organization sees nothing of it.
    let other = shared.organization("alerts-other").await;
    let other = other["api_key"].as_str().expect("a key");
    for path in [
        format!("/api/v1/alert-rules/{}", kept["id"].as_str().expect("an id")),
        format!("/api/v1/notification-targets/{id}"),
    ] {
        shared.sent(other, Method::GET, &path, &Value::Null, StatusCode::NOT_FOUND).await;
    }
    shared.sent(other, Method::POST, &format!("{path}/resolve"), &Value::Null, StatusCode::NOT_FOUND).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_told_of_an_alert_is_told_of_its_end_however_it_ends() {
    let shared = stack().await;
    let made = shared.organization("alerts-ends").await;
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    let (key, organization) = (text("api_key"), text("organization_id"));
    let ask =
        async |method, path: &str, body: Value, status| shared.sent(&key, method, path, &body, status).await;
    let (address, _inbox) = receiver().await;
    let target = json!({ "name": "on call", "address": address });
    ask(Method::POST, "/api/v1/notification-targets", target, StatusCode::CREATED).await;
    // Holds always: nothing is as much as nothing.
    let rule = json!({ "metric": "answers", "aggregation": "count", "window_minutes": 30, "comparison": "at_least",
        "threshold": 0.0, "severity": "warning" });
    let body = json!({ "name": "Always", "rule": rule });
    let kept = ask(Method::POST, "/api/v1/alert-rules", body, StatusCode::CREATED).await;
    let path = format!("/api/v1/alert-rules/{}", kept["id"].as_str().expect("an id"));
    let alerts = async || ask(Method::GET, "/api/v1/alerts?limit=100", Value::Null, StatusCode::OK).await;
    // The rule's alert, once there is one that is not over.
    let firing = async || {
        let until = Instant::now() + PATIENCE;
        loop {
            look(shared, &organization).await;
            let known = alerts().await;
            let live =
                known["items"].as_array().expect("items").iter().find(|one| one["status"] != "resolved");
            if let Some(alert) = live {
                return alert.clone();
            }
            assert!(Instant::now() < until, "nothing fires: {known}");
            sleep(Duration::from_millis(200)).await;
        }
    };
    let ended = async |alert: &Value| {
        let known = alerts().await;
        let items = known["items"].as_array().expect("items");
        let one = items.iter().find(|one| one["id"] == alert["id"]).expect("it is kept");
        assert_eq!(one["status"], "resolved", "{one}");
        assert!(one["resolved_by"].is_string(), "{one}");
    };
    let change = async |body: Value| ask(Method::PATCH, &path, body, StatusCode::OK).await;

    let first = firing().await;
    // Neither another name nor the same rule is another condition.
    change(json!({ "name": "Still always" })).await;
    change(json!({ "rule": rule })).await;
    assert_eq!(firing().await["id"], first["id"]);
    let mut other = rule.clone();
    other["window_minutes"] = json!(60);
    change(json!({ "rule": other })).await;
    ended(&first).await;
    let second = firing().await;
    assert_eq!(second["rule"]["window_minutes"], 60, "the changed rule fires for itself");
    change(json!({ "is_enabled": false })).await;
    ended(&second).await;
    change(json!({ "is_enabled": true })).await;
    let third = firing().await;
    let resolve = format!("/api/v1/alerts/{}/resolve", third["id"].as_str().expect("an id"));
    for _ in 0..2 {
        ask(Method::POST, &resolve, Value::Null, StatusCode::OK).await;
    }
    ended(&third).await;
    let fourth = firing().await;
    ask(Method::DELETE, &path, Value::Null, StatusCode::NO_CONTENT).await;
    ended(&fourth).await;

    let told = "/api/v1/deliveries?kind=notification&limit=100";
    let told = ask(Method::GET, told, Value::Null, StatusCode::OK).await;
    let items = told["items"].as_array().expect("items");
    for alert in [&first, &second, &third, &fourth] {
        let of = items.iter().filter(|one| one["payload"]["alert_id"] == alert["id"]);
        let said: Vec<_> = of.map(|one| (&one["event"], one["payload"]["by"].is_string())).collect();
        // Newest first.
        assert_eq!(said, [(&json!("alert.resolved"), true), (&json!("alert.triggered"), false)], "{alert}");
    }
    assert_eq!(items.len(), 8, "{told}");
}

#[tokio::test]
async fn whoever_cannot_send_gives_back_the_claim_to_follow() {
    let database = tests::database().await;
    let acme = tests::Organization::create(&database, "acme").await;
    acme.tx().await.finish_activity().await.expect("somebody did something");
    let tx = acme.tx().await;
    let follow = async || store::wakes::follow(&tx, 300.0).await.expect("looked");
    assert!(follow().await);
    assert!(!follow().await, "somebody follows");
    store::wakes::follow_no_more(&tx).await.expect("given back");
    assert!(follow().await);
}

#[tokio::test]
async fn what_waits_is_kept_until_it_is_sent() {
    let database = tests::database().await;
    let Some(admin) = database.admin().await else { return };
    let acme = tests::Organization::create(&database, "acme").await;
    let sql = "WITH target AS (
            INSERT INTO docent.notification_targets (id, organization_id, name, kind, address, is_enabled)
            VALUES (gen_random_uuid(), $1, 'off', 'webhook', 'https://hook.example/', false) RETURNING id
        )
        INSERT INTO docent.deliveries (id, organization_id, target_id, event, payload, status, created_at)
        SELECT gen_random_uuid(), $1, t.id, 'test', '{}', s, now() - make_interval(days => $2 + 1)
          FROM target t, unnest(ARRAY['pending', 'delivered', 'failed']) s";
    admin.execute(sql, &[&acme.id.0, &domain::limits::DELIVERY_DAYS]).await.expect("written");
    let tx = acme.tx().await;
    assert_eq!(store::deliveries::sweep(&tx, 100).await.expect("swept"), 2);
    let left = store::deliveries::list(&tx, &store::deliveries::Which::default(), 10).await.expect("listed");
    let left: Vec<&str> = left.iter().map(|one| one.status.as_str()).collect();
    assert_eq!(left, ["pending"]);
}
