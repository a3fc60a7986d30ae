//! A config version tried before anybody meets it, by the API: old and new side by side.

use super::words::counted;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use local::{
    client::{Client, Comparison},
    folder::Addresses,
    replay::{Change, change, lowered, table, verdict},
};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// What a shell hears when a guarded figure falls too far.
const GUARD_BROKEN: u8 = 3;
/// Characters of an answer that are shown.
const SHOWN_CHARACTERS: usize = 200;

/// What the command's help ends with.
pub const HELP: &str = "\
The newest gold questions of the chatbot and the newest that people asked it are answered by both versions, on the read path that
everybody meets. No conversation and no figure knows of it; what it costs is told, and counts in the day's budget.

Exit code: 0 when the guard holds; 3 when the new version lowers one of the three guarded figures (answered right, citations right,
answered at all) by more than 2 points; 1 when it could not be told, such as when the day's budget is used up (--resume goes on).

Examples:
  cargo run -p local -- replay --set retrieval_k=8 --set confidence_threshold=0.2
  cargo run -p local -- replay \"Demo assistant\" --version 4 --against 2 --gold 200 --recent 0
  cargo run -p local -- replay --version 4 --json > replay.json";

/// What to replay.
#[derive(Args)]
pub struct Replaying {
    /// The chatbot, by name or id; the demo's own when not said.
    chatbot: Option<String>,
    /// The version to try, by number or id.
    #[arg(long, value_name = "VERSION", required_unless_present_any = ["set", "resume"], conflicts_with = "set")]
    version: Option<String>,
    /// Try the version that answers with a setting changed, such as retrieval_k=8 or model_config.temperature=0.2: it is made as the next
    /// version, and does not answer yet. May be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The version to compare with, by number or id; the one that answers when not said.
    #[arg(long, value_name = "VERSION")]
    against: Option<String>,
    /// Gold questions at most, the newest; 0 to 200.
    #[arg(long, value_name = "N")]
    gold: Option<i64>,
    /// Recent questions at most, the newest; 0 to 200.
    #[arg(long, value_name = "N")]
    recent: Option<i64>,
    /// Go on with a replay that is paused or failed.
    #[arg(long, value_name = "REPLAY", conflicts_with_all = ["chatbot", "version", "set", "against", "gold", "recent"])]
    resume: Option<String>,
    /// Show every question, not those alone that changed.
    #[arg(long)]
    all: bool,
    /// Print the replay and its questions as JSON, and nothing else.
    #[arg(long)]
    json: bool,
}

/// Replays, and says what came out.
pub async fn replay(client: &Client, addresses: &Addresses, wanted: &Replaying) -> Result<ExitCode> {
    let begun = match &wanted.resume {
        Some(id) => client.resume_replay(id).await?,
        None => begin(client, addresses, wanted).await?,
    };
    let id = begun["id"].as_str().context("read the replay's id")?.to_owned();
    let total = begun["total"].as_u64().unwrap_or_default();
    if !wanted.json {
        say!("Replay {id}: {}, answered by both versions", counted(total, "question", "questions"));
    }
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} questions  {elapsed}, {eta} to go  {msg}")?;
    let bar = ProgressBar::new(total).with_style(style);
    let ended = client
        .ended_replay(&id, |replay| {
            bar.set_position(replay["done"].as_u64().unwrap_or_default());
            bar.set_message(replay["cost"].as_str().map(|cost| format!("${cost}")).unwrap_or_default());
        })
        .await;
    bar.finish_and_clear();
    let ended = ended?;
    let results = client.replay_results(&id).await?;
    let lowered = lowered(&ended);
    if wanted.json {
        print_json(&ended, &results, lowered.as_deref())?;
    }
    let Some(lowered) = lowered else { bail!("{}", stopped(&ended, &id)) };
    if !wanted.json {
        print(&ended, &results, &lowered, wanted.all);
    }
    Ok(if lowered.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(GUARD_BROKEN) })
}

async fn begin(client: &Client, addresses: &Addresses, wanted: &Replaying) -> Result<Value> {
    let chatbot = match &wanted.chatbot {
        Some(name) => client.chatbot_called(name).await?,
        None => addresses.chatbot_id.clone(),
    };
    let before = client.version(&chatbot, wanted.against.as_deref()).await?;
    let after = match &wanted.version {
        Some(name) => client.version(&chatbot, Some(name)).await?,
        None => client.propose(&chatbot, &settings(&wanted.set)?).await?,
    };
    if !wanted.json {
        say!("Old: version {}. New: version {}.", before["number"], after["number"]);
    }
    let id = |version: &Value| version["id"].as_str().unwrap_or_default().to_owned();
    let comparison =
        Comparison { before: Some(id(&before)), after: id(&after), gold: wanted.gold, recent: wanted.recent };
    client.begin_replay(&chatbot, &comparison).await
}

/// `retrieval_k=8` and `model_config.temperature=0.2` as the body of a version. What is no JSON is text.
fn settings(given: &[String]) -> Result<Value> {
    let mut settings = Map::new();
    for one in given {
        let (name, text) =
            one.split_once('=').with_context(|| format!("write --set NAME=VALUE, not {one:?}"))?;
        let value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        match name.split_once('.') {
            Some((outer, inner)) => {
                let nested = settings.entry(outer).or_insert_with(|| json!({}));
                nested
                    .as_object_mut()
                    .with_context(|| format!("{outer} holds no settings"))?
                    .insert(inner.into(), value);
            }
            None => {
                settings.insert(name.into(), value);
            }
        }
    }
    let why = format!("Tried by local replay: {}", given.join(", "));
    settings.insert("why".into(), json!(domain::document::clip(&why, domain::limits::SAID_CHARACTERS)));
    Ok(settings.into())
}

/// Why there is nothing to show, and what to do.
fn stopped(replay: &Value, id: &str) -> String {
    let done = replay["done"].as_u64().unwrap_or_default();
    let why = replay["error"].as_str().unwrap_or("it ended without a word");
    format!(
        "{why} {done} of {} answered so far; to go on: replay --resume {id}",
        counted(replay["total"].as_u64().unwrap_or_default(), "question is", "questions are")
    )
}

fn print_json(replay: &Value, results: &[Value], lowered: Option<&[String]>) -> Result<()> {
    let results: Vec<Value> = results
        .iter()
        .map(|result| {
            let mut result = result.clone();
            if is_answered(&result) {
                result["change"] = json!(change(&result));
            }
            result
        })
        .collect();
    let told =
        json!({ "replay": replay, "guard_holds": lowered.map(<[String]>::is_empty), "results": results });
    say!("{}", serde_json::to_string_pretty(&told)?);
    Ok(())
}

/// Both sides have answered it.
fn is_answered(result: &Value) -> bool {
    result["before"].is_object() && result["after"].is_object()
}

fn print(replay: &Value, results: &[Value], lowered: &[String], is_all: bool) {
    say!("");
    for line in table(replay) {
        say!("{line}");
    }
    if let Some(cost) = replay["cost"].as_str() {
        say!("  the replay cost ${cost}");
    }
    let mut shown: Vec<(Change, &Value)> =
        results.iter().filter(|result| is_answered(result)).map(|result| (change(result), result)).collect();
    let changed = shown.iter().filter(|(change, _)| *change != Change::Same).count();
    if !is_all {
        shown.retain(|(change, _)| *change != Change::Same);
        shown.sort_by_key(|(change, _)| *change);
    }
    say!("\n{} changed", counted(changed, "question", "questions"));
    for (change, result) in shown {
        question(change, result);
    }
    say!("\n{}", verdict(lowered));
}

fn question(change: Change, result: &Value) {
    let kind = result["kind"].as_str().unwrap_or_default();
    let how = match change {
        Change::Worse => "WORSE",
        Change::Better => "better",
        Change::Other => "otherwise",
        Change::Same => "same",
    };
    say!("\n  {how:<9}  {}  ({kind})", result["question"].as_str().unwrap_or_default());
    if let Some(expected) = result["expected_answer"].as_str() {
        say!("    expected  {}", one_line(expected));
    }
    for (side, words) in [("before", "old"), ("after", "new")] {
        let answer = &result[side];
        let judged = match answer["correct"].as_bool() {
            Some(true) => "right",
            Some(false) => "wrong",
            None if answer["abstained"] == true => "silent",
            None => "said",
        };
        let sure = answer["confidence"].as_f64().unwrap_or_default();
        say!(
            "    {words} {judged:<6} {sure:.2}  {}",
            one_line(answer["answer"].as_str().unwrap_or_default())
        );
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    domain::document::clip(&words.join(" "), SHOWN_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_json_where_they_are_json() {
        let given = [
            "retrieval_k=8",
            "model_config.temperature=0.2",
            "fallback_message=Ask us = by mail",
            "allowed_hosts=[\"a.example\"]",
        ];
        let made = settings(&given.map(str::to_owned)).expect("settings");
        assert_eq!(made["retrieval_k"], 8);
        assert_eq!(made["model_config"], json!({ "temperature": 0.2 }));
        assert_eq!(made["fallback_message"], "Ask us = by mail");
        assert_eq!(made["allowed_hosts"], json!(["a.example"]));
        assert!(
            made["why"].as_str().is_some_and(|why| why.starts_with("Tried by local replay: retrieval_k=8"))
        );
        assert!(settings(&["retrieval_k".to_owned()]).is_err());
    }
}
