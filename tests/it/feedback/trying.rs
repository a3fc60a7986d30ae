//! `local replay`: a version tried from the command line, by the program that ships and the API alone.

use super::improving::KNOWN;
use crate::stack::support::{Shared, stack};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::process::Command;

impl Shared {
    /// What the command says, and its exit code.
    fn replay(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(self.folder()).arg("replay").args(arguments);
        let output = command.output().expect("local runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_tried_from_the_command_line() {
    let shared = stack().await;
    let chatbot = shared.bot("trying").await;
    let path = format!("/api/v1/chatbots/{chatbot}/gold-questions");
    for gold in [
        json!({ "question": KNOWN, "expected_answer": "five working days", "expected_source": "manual.txt" }),
        json!({ "question": super::UNKNOWN, "answerable": false }),
    ] {
        shared.say(Method::POST, &path, gold, StatusCode::CREATED).await;
    }

    // Nothing that anybody answers with passes this threshold: the guard breaks.
    let (code, said, error) = shared.replay(&[&chatbot, "--set", "confidence_threshold=0.99"]);
    assert_eq!(code, Some(3), "{said}{error}");
    let line = |start: &str| {
        said.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start}: {said}"))
    };
    assert!(said.starts_with("Old: version 1. New: version 2.\nReplay "), "{said}");
    for lowered in [line("! answered right"), line("! answered at all")] {
        assert!(lowered.contains("points (") && lowered.contains(" … "), "with intervals: {lowered}");
    }
    assert!(
        line("! answered right").contains(" 100.0 % (") && line("! answered right").contains(" 50.0 % (")
    );
    assert!(
        line("  cost of these answers").contains('$')
            || line("  cost of these answers").contains("not known")
    );
    assert!(said.contains("1 question changed"), "{said}");
    assert!(said.contains(&format!("WORSE      {KNOWN}  (gold)")), "{said}");
    assert!(
        said.contains("expected  five working days")
            && said.contains("old right")
            && said.contains("new wrong")
    );
    assert!(
        said.trim_end().ends_with("by more than 2 points fall: answered right, answered at all."),
        "{said}"
    );

    // The same settings answer the same; by number, against a number, as JSON.
    let versions = format!("/api/v1/chatbots/{chatbot}/config-versions");
    let same = shared.say(Method::POST, &versions, json!({}), StatusCode::CREATED).await;
    assert_eq!(same["number"], 3);
    let (code, said, error) =
        shared.replay(&[&chatbot, "--version", "3", "--against", "1", "--recent", "0", "--json"]);
    assert_eq!(code, Some(0), "{said}{error}");
    let told: Value = serde_json::from_str(&said).expect("JSON and nothing else");
    assert_eq!(
        (&told["guard_holds"], &told["replay"]["status"]),
        (&json!(true), &json!("completed")),
        "{told}"
    );
    let results = told["results"].as_array().expect("results");
    assert_eq!(results.len(), 2);
    assert!(
        results
            .iter()
            .all(|one| one["change"] == "same" && one["before"]["answer"] == one["after"]["answer"]),
        "{told}"
    );
    assert!(told["replay"]["summary"]["answer_correctness"]["change"]["low"].is_number(), "{told}");

    // What cannot be done says what to do.
    let id = told["replay"]["id"].as_str().expect("an id");
    for (arguments, words) in [
        (&[&*chatbot, "--version", "9"][..], "error: the chatbot has no config version 9; it has: 1, 2, 3"),
        (&["Nobody's", "--version", "1"], "error: there is no chatbot \"Nobody's\"; there are: "),
        (&[&*chatbot, "--set", "retrieval_k"], "error: write --set NAME=VALUE, not \"retrieval_k\""),
        (&["--resume", id], "error: This replay is completed; start another one to ask anew. (409 Conflict)"),
        (&[&*chatbot, "--version", "3", "--gold", "201"], "error: "),
    ] {
        let (code, said, error) = shared.replay(arguments);
        assert!(code == Some(1) && error.starts_with(words), "{arguments:?}: {code:?} {said} {error}");
    }
    let (code, _, error) = shared.replay(&[&chatbot]);
    assert!(code == Some(2) && error.contains("--version <VERSION>"), "{error}");
    let (code, help, _) = shared.replay(&["--help"]);
    assert_eq!(code, Some(0));
    for words in
        ["Exit code: 0 when the guard holds; 3", "Examples:", "--resume <REPLAY>", "such as retrieval_k=8"]
    {
        assert!(help.contains(words), "{words}: {help}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_without_a_budget_says_how_it_goes_on() {
    let shared = stack().await;
    let chatbot = shared.bot("trying-poor").await;
    let path = format!("/api/v1/chatbots/{chatbot}/gold-questions");
    for question in [KNOWN, "When is the gasket of the mixer replaced?"] {
        let gold = json!({ "question": question, "expected_source": "manual.txt" });
        shared.say(Method::POST, &path, gold, StatusCode::CREATED).await;
    }
    let bot = format!("/api/v1/chatbots/{chatbot}");
    let budget = |tokens| json!({ "budget": { "daily_tokens": tokens } });
    shared.say(Method::PATCH, &bot, budget(1), StatusCode::OK).await;
    let (code, said, error) = shared.replay(&[&chatbot, "--set", "retrieval_k=6"]);
    assert_eq!(code, Some(1), "{said}{error}");
    assert!(
        error.contains("budget is used up") && error.contains("1 of 2 questions are answered so far"),
        "{error}"
    );
    let id = error.trim().rsplit_once("replay --resume ").expect("how it goes on").1.to_owned();
    shared.say(Method::PATCH, &bot, budget(1_000_000), StatusCode::OK).await;
    let (code, said, error) = shared.replay(&["--resume", &id]);
    assert_eq!(code, Some(0), "{said}{error}");
    assert!(said.contains("answered right") && said.contains("The guard holds"), "{said}");
}
