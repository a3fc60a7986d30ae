//! What needs eyes: in order, by reason, until somebody dealt with it.

use super::{UNKNOWN, refused_at};
use crate::stack::support::{Shared, stack};
use domain::limits;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::slice;

const KNOWN: &str = "How long does delivery to Spain take?";

async fn queue(shared: &Shared, chatbot: &str, narrowed: &str) -> Vec<(String, Value)> {
    let listed = shared.look(&format!("/api/v1/review-queue?chatbot={chatbot}{narrowed}")).await;
    let items = listed["items"].as_array().expect("items");
    items
        .iter()
        .map(|one| (one["message_id"].as_str().expect("an id").to_owned(), one["reasons"].clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_eyes_waits_in_order_until_it_is_dealt_with() {
    let shared = stack().await;
    let chatbot = shared.bot("reviewing").await;
    let (silent, _) = shared.answered(&chatbot, UNKNOWN).await;
    let (good, _) = shared.answered(&chatbot, KNOWN).await;
    let (bad, _) = shared.answered(&chatbot, KNOWN).await;
    let judge = async |message: &str, body: Value| {
        shared.say(Method::POST, &format!("/api/v1/messages/{message}/feedback"), body, StatusCode::OK).await
    };
    judge(&good, json!({ "rating": "positive" })).await;
    let down = json!({ "rating": "negative", "reason": "Wrong." });
    judge(&bad, down.clone()).await;
    let (silent_entry, bad_entry) =
        ((silent.clone(), json!(["abstained"])), (bad.clone(), json!(["disliked"])));
    assert_eq!(queue(shared, &chatbot, "").await, [bad_entry.clone(), silent_entry.clone()], "newest first");
    assert_eq!(queue(shared, &chatbot, "&reason=abstained").await, slice::from_ref(&silent_entry));
    assert_eq!(queue(shared, &chatbot, "&reason=disliked").await, slice::from_ref(&bad_entry));
    assert_eq!(queue(shared, &chatbot, "&reason=low_confidence").await, []);
    assert_eq!(queue(shared, &chatbot, "&from=2100-01-01T00:00:00Z").await, []);
    let long_ago = queue(shared, &chatbot, "&from=1960-01-01T00:00:00Z").await;
    assert_eq!(long_ago, [bad_entry.clone(), silent_entry.clone()], "before there were ids");

    // Page by page, each once.
    let page = shared.look(&format!("/api/v1/review-queue?chatbot={chatbot}&limit=1")).await;
    assert_eq!(
        (&page["items"][0]["question"], &page["items"][0]["feedback"][0]["reason"]),
        (&json!(KNOWN), &json!("Wrong."))
    );
    let cursor = page["next_cursor"].as_str().expect("one more");
    assert_eq!(
        queue(shared, &chatbot, &format!("&limit=1&cursor={cursor}")).await,
        slice::from_ref(&silent_entry)
    );

    // Dealt with, it is out; disliked in the same words it stays out, in other words it comes back.
    let review = format!("/api/v1/messages/{bad}/review");
    let done = json!({ "handled": true, "note": "The manual is right." });
    shared.say(Method::PUT, &review, done, StatusCode::NO_CONTENT).await;
    assert_eq!(queue(shared, &chatbot, "").await, slice::from_ref(&silent_entry));
    assert_eq!(queue(shared, &chatbot, "&handled=true").await, slice::from_ref(&bad_entry));
    judge(&bad, down).await;
    assert_eq!(queue(shared, &chatbot, "").await, slice::from_ref(&silent_entry));
    judge(&bad, json!({ "rating": "negative", "reason": "Still wrong." })).await;
    assert_eq!(queue(shared, &chatbot, "").await, [bad_entry.clone(), silent_entry.clone()]);
    shared.say(Method::PUT, &review, json!({ "handled": true }), StatusCode::NO_CONTENT).await;
    shared.say(Method::PUT, &review, json!({ "handled": false }), StatusCode::NO_CONTENT).await;
    assert_eq!(queue(shared, &chatbot, "").await, [bad_entry, silent_entry]);

    let long = "ก".repeat(limits::REVIEW_NOTE_CHARACTERS);
    let note = |note: String| json!({ "handled": true, "note": note });
    shared.say(Method::PUT, &review, note(long.clone()), StatusCode::NO_CONTENT).await;
    let problem = shared.say(Method::PUT, &review, note(long + "ก"), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused_at(&problem), "/note");
    for wrong in ["reason=boring", "from=-000044-03-15T00:00:00Z", "limit=101", "cursor=x", "colour=red"] {
        let path = format!("/api/v1/review-queue?{wrong}");
        shared.say(Method::GET, &path, Value::Null, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_what_bears_a_risk_is_looked_at() {
    let shared = stack().await;
    let chatbot = shared.bot("reviewing-risk").await;
    let session = shared.session(&chatbot).await;
    shared.ask(&session, KNOWN).await;
    assert_eq!(queue(shared, &chatbot, "&reason=risk").await, []);
    let threat = shared.ask(&session, "My lawyer will sue you! How long does delivery to Spain take?").await;
    let waiting = queue(shared, &chatbot, "&reason=risk").await;
    let [(message, reasons)] = waiting.as_slice() else { panic!("{waiting:?}") };
    assert_eq!(json!(message), threat["message"]["id"]);
    assert!(reasons.as_array().is_some_and(|reasons| reasons.contains(&json!("risk"))), "{reasons}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_little_above_its_bots_threshold_is_looked_at() {
    let shared = stack().await;
    let chatbot = shared.bot("reviewing-unsure").await;
    let session = shared.session(&chatbot).await;
    let answer = shared.ask(&session, KNOWN).await;
    let confidence = answer["confidence"].as_f64().expect("a number");
    assert_eq!(queue(shared, &chatbot, "").await, [], "sure enough");
    // The same answer under settings that want a little less than it has: within the margin, and outside it.
    let margin = f64::from(limits::REVIEW_MARGIN);
    let mut expected = Vec::new();
    for (below, is_unsure) in [(margin / 2.0, true), (margin * 2.0, false)] {
        let path = format!("/api/v1/chatbots/{chatbot}/config-versions");
        let wish = json!({ "confidence_threshold": confidence - below });
        let made = shared.say(Method::POST, &path, wish, StatusCode::CREATED).await;
        let path = format!("{path}/{}/activate", made["id"].as_str().expect("an id"));
        shared.say(Method::POST, &path, Value::Null, StatusCode::OK).await;
        let (message, _) = shared.answered(&chatbot, KNOWN).await;
        if is_unsure {
            expected.push((message, json!(["low_confidence"])));
        }
    }
    assert_eq!(queue(shared, &chatbot, "").await, expected);
}
