//! A correction becomes an answer, which the next one who asks is given.

use super::{UNKNOWN, corrected, kind, refused_at};
use crate::stack::support::stack;
use domain::limits;
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_correction_answers_the_next_one_who_asks() {
    let shared = stack().await;
    let chatbot = shared.bot("correcting").await;
    let (message, _) = shared.answered(&chatbot, UNKNOWN).await;
    let feedback = format!("/api/v1/messages/{message}/feedback");
    let accept = format!("{feedback}/accept-correction");
    let problem = shared.say(Method::POST, &accept, Value::Null, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "no-correction");

    shared.say(Method::POST, &feedback, corrected("France did."), StatusCode::OK).await;
    let accepted = shared.say(Method::POST, &accept, Value::Null, StatusCode::CREATED).await;
    assert_eq!(
        (&accepted["question"], &accepted["answer"]),
        (&json!(UNKNOWN), &json!("France did.")),
        "{accepted}"
    );
    let session = shared.session(&chatbot).await;
    let answer = shared.ask(&session, UNKNOWN).await;
    assert_eq!(
        (&answer["message"]["content"], &answer["abstained"]),
        (&json!("France did."), &json!(false)),
        "{answer}"
    );
    assert_eq!(answer["citations"][0]["curated_answer_id"], accepted["curated_answer_id"], "{answer}");
    let kept = accepted["curated_answer_id"].as_str().expect("an id");
    let kept = shared.look(&format!("/api/v1/curated-answers/{kept}")).await;
    assert_eq!((&kept["source"], &kept["chatbot_id"]), (&json!("correction"), &json!(chatbot)), "{kept}");

    // Accepted once, and what it corrects needs no more eyes.
    let problem = shared.say(Method::POST, &accept, Value::Null, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "correction-accepted");
    let waiting = shared.look(&format!("/api/v1/review-queue?chatbot={chatbot}")).await;
    assert_eq!(waiting["items"], json!([]), "{waiting}");
    let said = shared.look(&feedback).await;
    assert_eq!(said["items"][0]["curated_answer_id"], accepted["curated_answer_id"], "{said}");
    assert_eq!(
        said["items"][0]["updated_at"], said["items"][0]["created_at"],
        "that it was accepted is no new opinion"
    );

    // Corrected in other words, it can be accepted again; the reviewer has the last word.
    shared.say(Method::POST, &feedback, corrected("France won it."), StatusCode::OK).await;
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let long = "ก".repeat(limits::USER_MESSAGE_CHARACTERS + 1);
    let problem = shared.say(Method::POST, &accept, json!({ "question": long }), refused).await;
    assert_eq!(refused_at(&problem), "/question");
    let long = "ก".repeat(limits::ASSISTANT_MESSAGE_CHARACTERS + 1);
    let problem = shared.say(Method::POST, &accept, json!({ "answer": long }), refused).await;
    assert_eq!(refused_at(&problem), "/answer");
    let none = json!({ "feedback_id": uuid::Uuid::now_v7() });
    shared.say(Method::POST, &accept, none, StatusCode::CONFLICT).await;
    let own = json!({ "feedback_id": said["items"][0]["id"], "question": "Which team won in Paris in 1998?", "answer": "Les Bleus." });
    let accepted = shared.say(Method::POST, &accept, own, StatusCode::CREATED).await;
    assert_eq!(accepted["answer"], "Les Bleus.", "{accepted}");
    let answer = shared.ask(&session, "Which team won in Paris in 1998?").await;
    assert_eq!(answer["message"]["content"], "Les Bleus.", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_accept_at_once_one_does() {
    let shared = stack().await;
    let chatbot = shared.bot("correcting-once").await;
    let (message, _) = shared.answered(&chatbot, UNKNOWN).await;
    let feedback = format!("/api/v1/messages/{message}/feedback");
    shared.say(Method::POST, &feedback, corrected("France did."), StatusCode::OK).await;
    let accept = async || {
        let path = format!("{feedback}/accept-correction");
        shared.call(&shared.addresses.api_key, Method::POST, &path, "").await.0
    };
    let mut statuses = [StatusCode::OK; 2];
    (statuses[0], statuses[1]) = tokio::join!(accept(), accept());
    statuses.sort();
    assert_eq!(statuses, [StatusCode::CREATED, StatusCode::CONFLICT]);
    let listed = shared.look(&format!("/api/v1/curated-answers?chatbot={chatbot}")).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
}
