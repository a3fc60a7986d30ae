//! Thumbs and scores: one of each caller, changed by it, within their limits.

use super::{MANUAL, id_of, kind, refused_at};
use crate::stack::support::stack;
use domain::{Scope, limits};
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_says_one_thing_of_an_answer_and_may_change_it() {
    let shared = stack().await;
    let chatbot = shared.bot("judging").await;
    let (message, _) = shared.answered(&chatbot, "How long does delivery to Spain take?").await;
    let path = format!("/api/v1/messages/{message}/feedback");
    let first = json!({ "rating": "negative", "reason": "Too short.", "correction": "Five working days." });
    let first = shared.say(Method::POST, &path, first, StatusCode::OK).await;
    assert_eq!((&first["caller_kind"], &first["rating"]), (&json!("key"), &json!("negative")), "{first}");
    // Changed: the same row, and what was not said again is gone.
    let changed = shared.say(Method::POST, &path, json!({ "rating": "positive" }), StatusCode::OK).await;
    assert_eq!((id_of(&changed), &changed["reason"]), (id_of(&first), &Value::Null), "{changed}");
    assert_eq!(changed["correction"], Value::Null, "{changed}");
    // Another caller says another thing.
    let other = shared.key_with(shared.organization_id(), &[Scope::FeedbackWrite]).await;
    shared.say_as(&other, Method::POST, &path, json!({ "rating": "negative" }), StatusCode::OK).await;
    let listed = shared.look(&path).await;
    let ratings: Vec<&Value> =
        listed["items"].as_array().expect("items").iter().map(|one| &one["rating"]).collect();
    assert_eq!(ratings, ["negative", "positive"], "newest first: {listed}");
    let page = shared.look(&format!("{path}?limit=1")).await;
    let next = shared
        .look(&format!("{path}?limit=1&cursor={}", page["next_cursor"].as_str().expect("one more")))
        .await;
    assert_eq!((&next["items"][0]["id"], &next["next_cursor"]), (&first["id"], &Value::Null), "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_an_answer_has_edges() {
    let shared = stack().await;
    let chatbot = shared.bot("judging-edges").await;
    let (message, session) = shared.answered(&chatbot, "How long does delivery to Spain take?").await;
    let path = format!("/api/v1/messages/{message}/feedback");
    let text = |characters: usize| "ก".repeat(characters);
    let said = |reason: usize, correction: usize| json!({ "rating": "negative", "reason": text(reason), "correction": text(correction) });
    let (reason, correction) = (limits::FEEDBACK_REASON_CHARACTERS, limits::ASSISTANT_MESSAGE_CHARACTERS);
    let kept = shared.say(Method::POST, &path, said(reason, correction), StatusCode::OK).await;
    assert_eq!(kept["correction"].as_str().map(|text| text.chars().count()), Some(correction));
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    for (body, at) in [
        (said(reason + 1, 1), "/reason"),
        (said(1, correction + 1), "/correction"),
        (json!({ "rating": "fine" }), "/rating"),
        (json!({ "rating": "positive", "correction": "Rather this." }), "/correction"),
        (json!({ "rating": "negative", "reason": "a\0" }), "/reason"),
        (json!({ "rating": "negative", "stars": 3 }), "/stars"),
    ] {
        let problem = shared.say(Method::POST, &path, body, refused).await;
        assert_eq!(refused_at(&problem), at, "{problem}");
    }
    // A question is nobody's answer.
    let listed = shared.look(&format!("/api/v1/sessions/{session}/messages")).await;
    let question = format!("/api/v1/messages/{}/feedback", id_of(&listed["items"][0]));
    let problem =
        shared.say(Method::POST, &question, json!({ "rating": "positive" }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "not-an-answer");
    assert!(MANUAL.contains("five working days"), "what the answer stands on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_shows_what_was_said_of_it_last() {
    let shared = stack().await;
    let session = shared.session(&shared.addresses.chatbot_id).await;
    let path = format!("/api/v1/sessions/{session}/feedback");
    let first = json!({ "nps_score": 10, "comments": "Quick." });
    let first = shared.say(Method::POST, &path, first, StatusCode::OK).await;
    let again = shared.say(Method::POST, &path, json!({ "nps_score": 0, "rating": 5 }), StatusCode::OK).await;
    assert_eq!(id_of(&again), id_of(&first));
    assert_eq!(
        (&again["nps_score"], &again["rating"], &again["comments"]),
        (&json!(0), &json!(5), &json!("Quick.")),
        "what is not said stays: {again}"
    );
    assert_eq!(shared.look(&format!("/api/v1/sessions/{session}")).await["nps_score"], 0);
    let other = shared.key_with(shared.organization_id(), &[Scope::FeedbackWrite]).await;
    shared.say_as(&other, Method::POST, &path, json!({ "nps_score": 7, "rating": 1 }), StatusCode::OK).await;
    assert_eq!(shared.look(&path).await["items"].as_array().map(Vec::len), Some(2));
    let database = store::Database::new(&shared.addresses.database_url).expect("a URL");
    let tx = database.tenant(shared.organization_id()).await.expect("a transaction");
    let kept = store::sessions::get(&tx, session.parse().expect("an id")).await.expect("readable");
    assert_eq!(kept.expect("the session").nps, Some(7));

    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let long = "ก".repeat(limits::FEEDBACK_COMMENTS_CHARACTERS);
    shared.say(Method::POST, &path, json!({ "comments": &long }), StatusCode::OK).await;
    for (body, at) in [
        (json!({ "nps_score": -1 }), "/nps_score"),
        (json!({ "nps_score": 11 }), "/nps_score"),
        (json!({ "rating": 0 }), "/rating"),
        (json!({ "rating": 6 }), "/rating"),
        (json!({ "comments": long + "ก" }), "/comments"),
        (json!({}), ""),
    ] {
        let problem = shared.say(Method::POST, &path, body, refused).await;
        assert_eq!(refused_at(&problem), at, "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_taken_out_of_what_people_say() {
    let shared = stack().await;
    let made = shared.organization("discreet-feedback").await;
    let key = made["api_key"].as_str().expect("a key");
    let say = async |method: Method, path: &str, body: Value, expected: StatusCode| {
        shared.say_as(key, method, path, body, expected).await
    };
    let policy = json!({ "pii_policy": { "messages": ["email"] }, "escalate_after_abstentions": 1 });
    say(Method::PATCH, "/api/v1/organization", policy, StatusCode::OK).await;
    let chatbot =
        say(Method::POST, "/api/v1/chatbots", json!({ "name": "Discreet" }), StatusCode::CREATED).await;
    let open = format!("/api/v1/chatbots/{}/sessions", id_of(&chatbot));
    let session = id_of(&say(Method::POST, &open, json!({}), StatusCode::CREATED).await);
    let path = format!("/api/v1/sessions/{session}/messages");
    let answer = say(Method::POST, &path, json!({ "message": "Who answers?" }), StatusCode::OK).await;
    let feedback = format!("/api/v1/messages/{}/feedback", id_of(&answer["message"]));
    let said = json!({ "rating": "negative", "reason": "ann@example.org knows", "correction": "Ask ann@example.org." });
    let said = say(Method::POST, &feedback, said, StatusCode::OK).await;
    assert_eq!(
        (&said["reason"], &said["correction"]),
        (&json!("[e-mail] knows"), &json!("Ask [e-mail].")),
        "{said}"
    );
    let worth = json!({ "comments": "Mail me: ann@example.org" });
    let worth =
        say(Method::POST, &format!("/api/v1/sessions/{session}/feedback"), worth, StatusCode::OK).await;
    assert_eq!(worth["comments"], "Mail me: [e-mail]");
    // One answer that abstains is enough for this organization.
    let tickets = say(Method::GET, "/api/v1/escalations", Value::Null, StatusCode::OK).await;
    assert_eq!(tickets["items"][0]["details"], json!({ "abstentions": 1 }), "{tickets}");
    let reply = format!("/api/v1/escalations/{}/reply", id_of(&tickets["items"][0]));
    say(Method::POST, &reply, json!({ "content": "I am ann@example.org." }), StatusCode::CREATED).await;
    let kept = say(Method::GET, &path, Value::Null, StatusCode::OK).await;
    assert_eq!(kept["items"][2]["content"], "I am [e-mail].", "{kept}");
}
