//! A function, invoked with an event from a file.

use anyhow::{Context as _, Result, ensure};
use local::client::Client;
use serde_json::Value;
use std::{path::Path, process::ExitCode};

pub async fn invoke(client: &Client, function: &str, event: &Path) -> Result<ExitCode> {
    let state = client.status().await?;
    let functions: Vec<&str> =
        state["functions"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let choice = format!("functions: {}; examples: events/FUNCTION/", functions.join(", "));
    ensure!(functions.contains(&function), "there is no function {function:?} ({choice})");
    let file = event.display();
    let text = std::fs::read_to_string(event).with_context(|| format!("read {file} ({choice})"))?;
    let event: Value =
        serde_json::from_str(&text).with_context(|| format!("{file} is not JSON ({choice})"))?;
    let invoked = client.invoke_example(function, &event).await?;
    // A streamed answer has its prelude, eight NUL characters, and the body.
    say!("{}", invoked.answer.replace("\0\0\0\0\0\0\0\0", "\n\n"));
    if let Some(told) = invoked.told {
        say!("\nPUT to the event's response URL:\n{told}");
    }
    Ok(ExitCode::SUCCESS)
}
