//! What an operator sees of one request: the same trace in every function that it came through, queues included; and
//! figures that CloudWatch reads from the log.

use super::support::stack;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::{collections::BTreeSet, process::Command, time::Duration};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(60);

/// What `local logs --trace` shows: function and line.
async fn of_trace(trace: &str) -> Vec<(String, Value)> {
    let shared = stack().await;
    let output = Command::new(&shared.program)
        .arg("--data")
        .arg(shared.folder())
        .args(["logs", "--trace", trace])
        .output()
        .expect("local runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let parsed = text.lines().map(|line| {
        let (function, line) = line.split_once(' ').expect("a function and its line");
        (function.to_owned(), serde_json::from_str(line.trim()).expect("JSON"))
    });
    parsed.collect()
}

#[tokio::test]
async fn a_trace_is_followed_through_queues_and_functions() {
    let shared = stack().await;
    let status =
        shared.drop_bytes("demo/traced/pump.md", b"# Pump\n\nThe pump P-7 runs at 3 bar.".to_vec()).await;
    assert_eq!(status.status, "completed", "{status:?}");
    let path = "/api/v1/documents?limit=100&collection=traced";
    let (_, listed) = shared.call(&shared.addresses.api_key, Method::GET, path, "").await;
    let id = listed["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{listed}")).to_owned();
    let root = "1-6745c3d0-00112233445566778899aabb";
    let trace = format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1");
    let bearer = format!("Bearer {}", shared.addresses.api_key);
    let headers = [("authorization", bearer.as_str()), ("x-amzn-trace-id", trace.as_str())];
    let path = format!("/api/v1/documents/{id}/reprocess");
    let (status, said) = shared.call_with(&headers, Method::POST, &path, "").await;
    assert_eq!(status, StatusCode::ACCEPTED, "{said}");
    let until = Instant::now() + PATIENCE;
    let lines = loop {
        let lines = of_trace(&trace).await;
        if lines.iter().any(|(_, line)| line["message"] == "object looked at") {
            break lines;
        }
        assert!(Instant::now() < until, "ingest never says that it looked: {lines:?}");
        sleep(Duration::from_millis(100)).await;
    };
    let functions: BTreeSet<&str> = lines.iter().map(|(function, _)| function.as_str()).collect();
    assert_eq!(functions, BTreeSet::from(["admin", "ingest"]), "{lines:?}");
    let asked = lines.iter().find(|(_, line)| line["message"] == "request").expect("the request's own line");
    assert_eq!(asked.1["http.route"], "/api/v1/documents/{id}/reprocess");
    let request = asked.1["request_id"].as_str().expect("an id");
    let by_request = of_trace(request).await;
    assert!(by_request.iter().all(|(function, _)| function == "admin"), "{by_request:?}");
    assert!(!by_request.is_empty());
    assert!(of_trace("1-00000000-000000000000000000000000").await.is_empty());
}

#[tokio::test]
async fn a_dropped_file_begins_a_trace_that_reaches_its_passages() {
    let shared = stack().await;
    shared
        .drop_bytes("demo/traced-drop/valve.md", b"# Valve\n\nThe valve V-8 opens at 4 bar.".to_vec())
        .await;
    // The document is complete a moment before the function says so.
    let until = Instant::now() + PATIENCE;
    let looked = loop {
        let log = shared.log("ingest");
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let looked =
            lines.find(|line| line["object.key"].as_str().is_some_and(|key| key.contains("traced-drop")));
        if let Some(looked) = looked {
            break looked;
        }
        assert!(Instant::now() < until, "ingest never says that it looked");
        sleep(Duration::from_millis(100)).await;
    };
    let span =
        looked["spans"].as_array().and_then(|spans| spans.iter().find(|span| span["name"] == "message"));
    let trace = span.and_then(|span| span["trace"].as_str()).unwrap_or_else(|| panic!("{looked:?}"));
    assert!(trace.starts_with("Root=1-"), "{trace}");
    assert!(of_trace(trace).await.iter().any(|(function, _)| function == "ingest"));
}

#[tokio::test]
async fn a_turn_and_a_document_leave_figures() {
    let shared = stack().await;
    let key = "demo/measured/boiler.md";
    let status =
        shared.drop_bytes(key, b"# Boiler\n\nThe boiler B-12 is descaled every 90 days.".to_vec()).await;
    assert_eq!(status.status, "completed", "{status:?}");
    let session = shared.session(&shared.chatbot_of("measured").await).await;
    let question = "How often is the boiler B-12 descaled?";
    let answer = shared.ask(&session, question).await;
    assert_eq!(answer["abstained"], false, "{answer}");
    let figures = |function: &str| -> Vec<Value> {
        let lines: Vec<Value> =
            shared.log(function).lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        lines.into_iter().filter(|line| line["_aws"].is_object()).collect()
    };
    let organization =
        figures("chat").iter().find_map(|line| line["organization"].as_str().map(ToOwned::to_owned));
    assert!(organization.is_some(), "a turn's figures say whose it was");
    let tokens = &answer["usage"]["completion_tokens"];
    let turn = figures("chat")
        .into_iter()
        .find(|line| line["outcome"] == "answered" && line["CompletionTokens"].as_f64() == tokens.as_f64());
    let turn = turn.unwrap_or_else(|| panic!("no turn of {tokens} tokens among {:?}", figures("chat")));
    assert_eq!(
        (&turn["Turns"], &turn["FailedTurns"], &turn["AbstainedTurns"]),
        (&json!(1.0), &json!(0.0), &json!(0.0))
    );
    let (first, whole) = (turn["TimeToFirstToken"].as_f64(), turn["TurnDuration"].as_f64());
    assert!(first > Some(0.0) && first <= whole, "{turn}");
    let directive = &turn["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Dimensions"], json!([["Function"]]));
    for metric in directive["Metrics"].as_array().expect("metrics") {
        let name = metric["Name"].as_str().expect("a name");
        assert!(turn[name].is_number(), "{name} is declared and not there: {turn}");
    }
    assert!(
        figures("ingest")
            .iter()
            .any(|line| line["CompletedDocuments"] == 1.0 && line["Passages"].as_f64() >= Some(1.0))
    );
    for function in ["chat", "ingest"] {
        assert!(!shared.log(function).contains("boiler B-12"), "{function} logs what people say");
    }
}
