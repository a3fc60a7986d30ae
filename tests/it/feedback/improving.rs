//! The loop: criticised, analysed, applied, measured, rolled back.

use super::{UNKNOWN, corrected, id_of, kind, refused_at};
use crate::stack::support::{Shared, stack};
use domain::limits;
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// Answered with a confidence of some .86: well above the default threshold, below one that nothing passes.
pub(super) const KNOWN: &str = "When does a delivery arrive in Spain?";

/// Makes a version of a chatbot's settings and has it answer.
pub(super) async fn configured(shared: &Shared, chatbot: &str, settings: Value) -> String {
    let path = format!("/api/v1/chatbots/{chatbot}/config-versions");
    let made = id_of(&shared.say(Method::POST, &path, settings, StatusCode::CREATED).await);
    shared.say(Method::POST, &format!("{path}/{made}/activate"), Value::Null, StatusCode::OK).await;
    made
}

pub(super) async fn criticised(shared: &Shared, chatbot: &str, wish: Value) -> String {
    let path = format!("/api/v1/chatbots/{chatbot}/admin-feedback");
    id_of(&shared.say(Method::POST, &path, wish, StatusCode::CREATED).await)
}

pub(super) async fn act(
    shared: &Shared,
    criticism: &str,
    what: &str,
    body: Value,
    expected: StatusCode,
) -> Value {
    shared.say(Method::POST, &format!("/api/v1/admin-feedback/{criticism}/{what}"), body, expected).await
}

pub(super) fn kinds(criticism: &Value) -> Vec<&str> {
    let proposals = criticism["suggested_improvements"].as_array().expect("proposals");
    proposals.iter().map(|one| one["kind"].as_str().expect("a kind")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_threshold_is_criticised_mended_measured_and_rolled_back() {
    let shared = stack().await;
    let chatbot = shared.bot("improving").await;
    let wrong =
        configured(shared, &chatbot, json!({ "confidence_threshold": 0.99, "why": "a mistake" })).await;
    let mut silent = Vec::new();
    for _ in 0..3 {
        let (message, session) = shared.answered(&chatbot, KNOWN).await;
        silent.push(message);
        let path = format!("/api/v1/sessions/{session}/messages");
        assert_eq!(shared.look(&path).await["items"][1]["abstained"], true);
    }
    let said = json!({ "message_id": silent[0], "feedback_text": "It is in the manual.", "feedback_type": "completeness", "severity": "high" });
    let criticism = criticised(shared, &chatbot, said).await;
    let problem = act(shared, &criticism, "apply", json!({ "proposals": [0] }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "not-analysed");
    let path = format!("/api/v1/admin-feedback/{criticism}/impact");
    let problem = shared.say(Method::GET, &path, Value::Null, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "not-applied");

    // By rules on the evidence, and it says so; each proposal with its reason.
    let analysed = act(shared, &criticism, "analyze", Value::Null, StatusCode::OK).await;
    assert_eq!(
        (&analysed["status"], &analysed["analysis_results"]["method"]),
        (&json!("completed"), &json!("rules")),
        "{analysed}"
    );
    assert_eq!(kinds(&analysed), ["confidence_threshold", "retrieval_k"], "{analysed}");
    assert_eq!(analysed["analysis_results"]["version"]["held_back"], 3, "{analysed}");
    let proposal = &analysed["suggested_improvements"][0];
    let to = proposal["to"].as_f64().expect("a number");
    assert!(to < 0.99 && proposal["from"] == 0.99, "{proposal}");
    assert!(proposal["reason"].as_str().is_some_and(|reason| reason.contains("held back")), "{proposal}");

    for (places, at) in
        [(json!([]), "/proposals"), (json!([2]), "/proposals/0"), (json!([0, 0]), "/proposals/1")]
    {
        let problem = act(
            shared,
            &criticism,
            "apply",
            json!({ "proposals": places }),
            StatusCode::UNPROCESSABLE_ENTITY,
        )
        .await;
        assert_eq!(refused_at(&problem), at, "{problem}");
    }
    // Without a replay, only with a reason.
    let problem = act(shared, &criticism, "apply", json!({ "proposals": [0] }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "not-replayed", "{problem}");
    let wish = |reason: Option<String>| json!({ "proposals": [0], "override": true, "reason": reason });
    let long = "ก".repeat(limits::OVERRIDE_CHARACTERS + 1);
    for reason in [None, Some(" ".to_owned()), Some(long)] {
        let refused = StatusCode::UNPROCESSABLE_ENTITY;
        let problem = act(shared, &criticism, "apply", wish(reason), refused).await;
        assert_eq!(refused_at(&problem), "/reason", "{problem}");
    }
    let wish = wish(Some("It is the default.".to_owned()));
    let applied = act(shared, &criticism, "apply", wish, StatusCode::OK).await;
    let version = applied["after_config_version_id"].as_str().expect("a version");
    let version = shared.look(&format!("/api/v1/chatbots/{chatbot}/config-versions/{version}")).await;
    let why = version["why"].as_str().expect("a reason");
    assert!(why.ends_with("confidence_threshold. Although it was not replayed: It is the default."), "{why}");
    assert_eq!(
        (&applied["status"], &applied["before_config_version_id"]),
        (&json!("applied"), &json!(wrong)),
        "{applied}"
    );
    assert_eq!(
        kinds(&json!({ "suggested_improvements": applied["applied_changes"] })),
        ["confidence_threshold"]
    );
    let near = |value: &Value, expected: f64| (value.as_f64().expect("a number") - expected).abs() < 1e-6;
    assert!(near(&applied["before_snapshot"]["confidence_threshold"], 0.99), "{applied}");
    assert!(near(&applied["after_snapshot"]["confidence_threshold"], to), "{applied}");
    let problem = act(shared, &criticism, "apply", json!({ "proposals": [0] }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "applied-before");
    let handled = shared.look(&format!("/api/v1/review-queue?chatbot={chatbot}&handled=true")).await;
    assert_eq!(handled["items"][0]["message_id"], json!(silent[0]), "{handled}");

    // Measured on what was answered since.
    for _ in 0..2 {
        let (message, _) = shared.answered(&chatbot, KNOWN).await;
        let path = format!("/api/v1/messages/{message}/feedback");
        shared.say(Method::POST, &path, json!({ "rating": "positive" }), StatusCode::OK).await;
    }
    let impact = shared.look(&path).await;
    let (before, after) = (&impact["before"], &impact["after"]);
    assert_eq!(
        (&before["answers"], &before["share_answered"]["value"]),
        (&json!(3), &json!(0.0)),
        "{impact}"
    );
    assert_eq!((&after["answers"], &after["share_answered"]["value"]), (&json!(2), &json!(1.0)), "{impact}");
    assert_eq!(
        (&after["thumbs"], &after["share_liked"]["value"], &before["share_liked"]),
        (&json!(2), &json!(1.0), &Value::Null)
    );
    assert_eq!(impact["share_answered_change"]["value"], 1.0, "{impact}");
    for measured in [&before["share_answered"], &after["share_answered"], &after["mean_confidence"]] {
        let [low, value, high] =
            ["low", "value", "high"].map(|name| measured[name].as_f64().expect("a number"));
        assert!(0.0 <= low && low <= value && value <= high && high <= 1.0, "{measured}");
    }

    // One call, and it is as it was; the criticism says so.
    let back = act(shared, &criticism, "rollback", Value::Null, StatusCode::OK).await;
    assert_eq!(
        (&back["status"], &back["rolled_back_to_config_version_id"]),
        (&json!("rolled_back"), &json!(wrong)),
        "{back}"
    );
    assert!(back["rolled_back_at"].is_string() && back["rolled_back_by"].is_string(), "{back}");
    let active =
        shared.look(&format!("/api/v1/chatbots/{chatbot}")).await["active_config_version_id"].clone();
    assert_eq!(active, json!(wrong));
    let session = shared.session(&chatbot).await;
    assert_eq!(shared.ask(&session, KNOWN).await["abstained"], true);
    // Once: a second call does not bring it back.
    for (what, body, expected) in [
        ("rollback", Value::Null, "rolled-back-before"),
        ("apply", json!({ "proposals": [0] }), "applied-before"),
        ("analyze", Value::Null, "applied-before"),
        ("reject", Value::Null, "applied-before"),
    ] {
        let problem = act(shared, &criticism, what, body, StatusCode::CONFLICT).await;
        assert_eq!(kind(&problem), expected, "{what}: {problem}");
    }
    let listed = shared.look(&format!("/api/v1/chatbots/{chatbot}/admin-feedback?status=rolled_back")).await;
    assert_eq!(listed["items"][0]["id"], json!(criticism), "{listed}");
    // What it came to is told all the same.
    let impact = shared.look(&format!("/api/v1/admin-feedback/{criticism}/impact")).await;
    assert_eq!(
        (&impact["before"]["answers"], &impact["after"]["answers"]),
        (&json!(4), &json!(2)),
        "{impact}"
    );
    // The chatbot's own rolling back goes to and fro, and the criticism with it.
    let path = format!("/api/v1/chatbots/{chatbot}/rollback");
    for (status, is_undone) in [("applied", false), ("rolled_back", true)] {
        shared.say(Method::POST, &path, Value::Null, StatusCode::OK).await;
        let shown = shared.look(&format!("/api/v1/admin-feedback/{criticism}")).await;
        assert_eq!(shown["status"], status, "{shown}");
        assert_eq!(shown["rolled_back_at"].is_string(), is_undone, "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_without_a_change_rolls_it_back() {
    let shared = stack().await;
    let chatbot = shared.bot("improving-chain").await;
    let first = shared.look(&format!("/api/v1/chatbots/{chatbot}")).await["active_config_version_id"].clone();
    let first = first.as_str().expect("a version").to_owned();
    let mut changes = Vec::new();
    for words in ["Greet people.", "Wish them a good day."] {
        let said = json!({ "feedback_text": words, "feedback_type": "tone" });
        let criticism = criticised(shared, &chatbot, said).await;
        let problem = act(shared, &criticism, "rollback", Value::Null, StatusCode::CONFLICT).await;
        assert_eq!(kind(&problem), "not-applied", "{problem}");
        act(shared, &criticism, "analyze", Value::Null, StatusCode::OK).await;
        let wish = json!({ "proposals": [0], "override": true, "reason": "Nobody asked anything yet." });
        let applied = act(shared, &criticism, "apply", wish, StatusCode::OK).await;
        let version = applied["after_config_version_id"].as_str().expect("a version").to_owned();
        changes.push((criticism, version));
    }
    let [(one, greeting), (other, wishing)] = changes.as_slice() else { panic!("{changes:?}") };
    let path = format!("/api/v1/chatbots/{chatbot}/config-versions");
    // Whichever version answers: those of the changes that are in it stand.
    for (version, expected) in [
        (&first, ["rolled_back", "rolled_back"]),
        (wishing, ["applied", "applied"]),
        (greeting, ["applied", "rolled_back"]),
        (&first, ["rolled_back", "rolled_back"]),
        (greeting, ["applied", "rolled_back"]),
        (wishing, ["applied", "applied"]),
    ] {
        shared.say(Method::POST, &format!("{path}/{version}/activate"), Value::Null, StatusCode::OK).await;
        for (criticism, status) in [one, other].into_iter().zip(expected) {
            let shown = shared.look(&format!("/api/v1/admin-feedback/{criticism}")).await;
            assert_eq!(shown["status"], status, "{version}: {shown}");
            let to = &shown["rolled_back_to_config_version_id"];
            assert_eq!(to.is_null(), status == "applied", "{shown}");
        }
    }
    // What another change was made on is not undone under it.
    let problem = act(shared, one, "rollback", Value::Null, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "config-changed", "{problem}");
    act(shared, other, "rollback", Value::Null, StatusCode::OK).await;
    act(shared, one, "rollback", Value::Null, StatusCode::OK).await;
    let active =
        shared.look(&format!("/api/v1/chatbots/{chatbot}")).await["active_config_version_id"].clone();
    assert_eq!(active, json!(first));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_setting_helps_is_named_and_not_applied() {
    let shared = stack().await;
    let chatbot = shared.bot("improving-gap").await;
    let (message, _) = shared.answered(&chatbot, UNKNOWN).await;
    let path = format!("/api/v1/messages/{message}/feedback");
    shared.say(Method::POST, &path, corrected("France did, at home in Paris."), StatusCode::OK).await;
    let said = json!({ "message_id": message, "feedback_text": "Everybody knows that." });
    let criticism = criticised(shared, &chatbot, said).await;
    let analysed = act(shared, &criticism, "analyze", Value::Null, StatusCode::OK).await;
    assert_eq!(kinds(&analysed), ["knowledge_gap", "curated_answer"], "{analysed}");
    assert_eq!(analysed["suggested_improvements"][1]["to"]["question"], json!(UNKNOWN), "{analysed}");
    for place in [0, 1] {
        let body = json!({ "proposals": [place] });
        let problem = act(shared, &criticism, "apply", body, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused_at(&problem), "/proposals/0", "{problem}");
    }
    let rejected =
        act(shared, &criticism, "reject", json!({ "reason": "Not our business." }), StatusCode::OK).await;
    assert_eq!(
        (&rejected["status"], &rejected["rejection_reason"]),
        (&json!("rejected"), &json!("Not our business."))
    );
    let waiting = shared.look(&format!("/api/v1/review-queue?chatbot={chatbot}")).await;
    assert_eq!(waiting["items"], json!([]), "{waiting}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatbot_is_criticised_as_a_whole_and_proposals_go_stale() {
    let shared = stack().await;
    let chatbot = shared.bot("improving-tone").await;
    let path = format!("/api/v1/chatbots/{chatbot}/admin-feedback");
    let said =
        json!({ "feedback_text": "Greet people.", "feedback_type": "tone", "context": "Heard it often." });
    let criticism = criticised(shared, &chatbot, said).await;
    let analysed = act(shared, &criticism, "analyze", Value::Null, StatusCode::OK).await;
    assert_eq!(kinds(&analysed), ["system_prompt_addition"], "{analysed}");
    // Other settings answer by now: what was concluded is about others.
    configured(shared, &chatbot, json!({ "retrieval_k": 7 })).await;
    let problem = act(shared, &criticism, "apply", json!({ "proposals": [0] }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "config-changed");
    act(shared, &criticism, "analyze", Value::Null, StatusCode::OK).await;
    let wish = json!({ "proposals": [0], "override": true, "reason": "Nobody asked anything yet." });
    let problem = act(shared, &criticism, "replay", json!({ "proposals": [0] }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "nothing-to-replay", "{problem}");
    let applied = act(shared, &criticism, "apply", wish, StatusCode::OK).await;
    let prompt = applied["after_snapshot"]["system_prompt"].as_str().expect("a prompt");
    assert!(prompt.ends_with("\n\nGreet people."), "{prompt}");
    assert_eq!(applied["after_snapshot"]["retrieval_k"], 7, "{applied}");

    let second = criticised(shared, &chatbot, json!({ "feedback_text": "Too long." })).await;
    let listed = shared.look(&path).await;
    let ids: Vec<String> = listed["items"].as_array().expect("items").iter().map(id_of).collect();
    assert_eq!(ids, [second.clone(), criticism], "newest first");
    assert_eq!(
        shared.look(&format!("{path}?status=pending")).await["items"].as_array().map(Vec::len),
        Some(1)
    );
    let page = shared.look(&format!("{path}?limit=1")).await;
    let next =
        shared.look(&format!("{path}?cursor={}", page["next_cursor"].as_str().expect("one more"))).await;
    assert_eq!(next["items"].as_array().map(Vec::len), Some(1), "{next}");
    let shown = shared.look(&format!("/api/v1/admin-feedback/{second}")).await;
    assert_eq!((&shown["feedback_type"], &shown["severity"]), (&json!("other"), &json!("medium")), "{shown}");

    let text = |characters: usize| "ก".repeat(characters);
    let most = limits::CRITICISM_CHARACTERS;
    criticised(shared, &chatbot, json!({ "feedback_text": text(most), "context": text(most) })).await;
    for (wish, at) in [
        (json!({ "feedback_text": text(most + 1) }), "/feedback_text"),
        (json!({ "feedback_text": "a", "context": text(most + 1) }), "/context"),
        (json!({ "feedback_text": "a", "feedback_type": "colour" }), "/feedback_type"),
        (json!({ "feedback_text": "a", "severity": "huge" }), "/severity"),
    ] {
        let problem = shared.say(Method::POST, &path, wish, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused_at(&problem), at, "{problem}");
    }
    let long = json!({ "reason": text(limits::SAID_CHARACTERS + 1) });
    let problem = act(shared, &second, "reject", long, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused_at(&problem), "/reason");
    shared
        .say(Method::GET, &format!("{path}?status=shut"), Value::Null, StatusCode::UNPROCESSABLE_ENTITY)
        .await;

    // An answer of another chatbot is no answer of this one.
    let other = shared.bot("improving-other").await;
    let (message, _) = shared.answered(&other, KNOWN).await;
    let wish = json!({ "feedback_text": "Wrong.", "message_id": message });
    shared.say(Method::POST, &path, wish, StatusCode::NOT_FOUND).await;
}
