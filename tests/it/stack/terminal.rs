//! What a person at a terminal sees of the commands: words, not JSON, and no panic.

use super::support::stack;
use domain::limits;
use std::process::{Command, Output, Stdio};

async fn local(arguments: &[&str]) -> Output {
    let shared = stack().await;
    let mut command = Command::new(&shared.program);
    command.arg("--data").arg(shared.folder()).args(arguments);
    command.output().expect("local runs")
}

async fn error_of(arguments: &[&str]) -> String {
    let output = local(arguments).await;
    assert!(!output.status.success(), "{arguments:?} succeeds");
    String::from_utf8(output.stderr).expect("UTF-8").trim().to_owned()
}

#[tokio::test]
async fn a_reader_who_goes_away_ends_a_command_without_a_word() {
    let shared = stack().await;
    for command in ["status", "logs"] {
        let mut child = Command::new(&shared.program)
            .arg("--data")
            .arg(shared.folder())
            .arg(command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("local runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("local ends");
        assert_eq!(output.status.code(), Some(141), "{command}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command}");
    }
}

#[tokio::test]
async fn errors_say_what_to_do() {
    for (arguments, said) in [
        (
            &["organization", "create", "Demo"][..],
            "error: say another --slug: an organization with the slug \"demo\" exists already",
        ),
        (&["reembed", "demo-none"], "error: there is no collection \"demo-none\"; there are:"),
        (
            &["reprocess", "--collection", "demo-none"],
            "error: there is no collection \"demo-none\"; there are:",
        ),
        (&["--embedder", "instant"], "error: a stack runs in"),
        (
            &["invoke", "ingest", "nowhere.json"],
            "error: read nowhere.json (functions: admin, aggregate, chat, dashboards, feedback, ingest, migrate; examples: events/FUNCTION/)",
        ),
    ] {
        let error = error_of(arguments).await;
        assert!(error.starts_with(said), "{arguments:?}: {error}");
    }
}

#[tokio::test]
async fn a_space_has_as_many_dimensions_as_can_be_indexed() {
    for dimension in [0, limits::VECTOR_DIMENSION + 1] {
        let wish =
            serde_json::json!({ "action": "create_space", "model": "any.model", "dimension": dimension });
        let error = stack().await.stack.invoke("migrate", &wish).await.expect_err("a refusal");
        assert!(error.to_string().contains("1 to 4000 dimensions"), "{error:#}");
    }
}
