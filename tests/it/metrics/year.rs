//! A year of an organization, made by tests/tools/make_year.py: what comes late and twice, in a time zone of its own; every figure of every
//! dashboard beside its recomputation, and beside totals that are known before any database is asked.
//!
//! Here it is a small year. The whole one, of a million messages, is the same test (`YEAR_SESSIONS=200000`, see tests/bench/README.md).

use super::{assert_same, figures::Month};
use crate::stack::support::stack;
use bytes::Bytes;
use futures_util::SinkExt as _;
use jiff::ToSpan as _;
use serde_json::{Value, json};
use std::{
    path::Path,
    pin::pin,
    process::Command,
    time::{Duration, Instant},
};
use tokio_postgres::Client;

/// Sessions of the small year: some five messages each.
const SESSIONS: u32 = 3_000;
/// Rows of a file that are sent at once.
const CHUNK: usize = 1 << 20;

/// What the tool writes of a session, and of a message.
const SESSION: &str = "id uuid, bot integer, user_identifier_hash bytea, platform text, started_at timestamptz, last_activity_at timestamptz, \
    status text, duration_seconds integer, category text, intent text, device_type text, location jsonb, nps_score integer, \
    user_satisfaction_score integer, avg_llm_latency_ms numeric, answered_count integer, message_count integer, next_sequence integer";
const MESSAGE: &str = "id uuid, session_id uuid, sequence_number integer, role text, content text, prompt_tokens integer, \
    completion_tokens integer, total_tokens integer, cost numeric, provider_name text, model text, processing_time_ms integer, \
    sentiment jsonb, confidence real, abstained boolean, error boolean, created_at timestamptz";

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how large the year is")]
fn sessions() -> u32 {
    std::env::var("YEAR_SESSIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(SESSIONS)
}

async fn copy(client: &Client, table: &str, file: &Path) {
    let rows = std::fs::read(file).expect("the tool's file");
    let sink = client.copy_in(&format!("COPY {table} FROM STDIN")).await.expect("copies");
    let mut sink = pin!(sink);
    for chunk in Bytes::from(rows).chunks(CHUNK) {
        sink.send(Bytes::copy_from_slice(chunk)).await.expect("rows");
    }
    sink.close().await.expect("copied");
}

/// Writes what a pair of files says: sessions first, as conversations do.
async fn write(year: &Month<'_>, folder: &Path, prefix: &str) {
    let columns = |of: &str| {
        let names = of.split(',').filter_map(|column| column.split_whitespace().next());
        names.filter(|name| *name != "bot").collect::<Vec<_>>().join(", ")
    };
    let (client, names) = (&year.client, [("sessions", SESSION), ("messages", MESSAGE)]);
    for (table, definition) in names {
        let made = format!("DROP TABLE IF EXISTS pg_temp.came; CREATE TEMP TABLE came ({definition})");
        client.batch_execute(&made).await.expect("a table");
        copy(client, "came", &folder.join(format!("{prefix}{table}.tsv"))).await;
        let names = columns(definition);
        let bots = if table == "sessions" { (", chatbot_id", ", ($2::uuid[])[bot]") } else { ("", "") };
        let insert = format!(
            "INSERT INTO docent.{table} (organization_id, {names}{}) SELECT $1, {names}{} FROM came
              WHERE cardinality($2::uuid[]) > 0 ON CONFLICT DO NOTHING",
            bots.0, bots.1
        );
        client.execute(&insert, &[&year.organization, &year.chatbots]).await.expect("written");
    }
    year.search_and_hand_over().await;
}

/// What the tool knows: figures of the whole, and how many sessions are of what.
async fn is_what_the_tool_knows(year: &Month<'_>, totals: &Value) {
    let (from, to) = (year.from - 1.day(), year.today);
    let served = year.read(&format!("client-service?from={from}&to={to}")).await;
    let (known, figures) = (totals.as_object().expect("totals"), &served["figures"]);
    for (name, total) in known.iter().filter(|(name, _)| *name != "by") {
        let found = if served["nps"][name].is_null() { &figures[name] } else { &served["nps"][name] };
        assert_eq!(found, total, "{name}: {served}");
    }
    assert_same("status", &served["sessions_by_status"], &totals["by"]["status"]);
    let executive = year.read(&format!("executive?from={from}&to={to}")).await;
    for (list, name, of) in
        [("top_categories", "category", "category"), ("device_breakdown", "device", "device_type")]
    {
        let rows = executive[list].as_array().expect("rows").iter();
        let counted: serde_json::Map<_, _> =
            rows.map(|row| (row[name].as_str().expect("a name").to_owned(), row["count"].clone())).collect();
        assert_same(list, &counted.into(), &totals["by"][of]);
    }
    let mut platforms = serde_json::Map::new();
    for chatbot in &year.chatbots {
        let served = year.read(&format!("chatbots/{chatbot}?from={from}&to={to}")).await;
        for (name, count) in served["platform_breakdown"].as_object().expect("platforms") {
            let sum = platforms.get(name).and_then(Value::as_i64).unwrap_or(0) + count.as_i64().unwrap_or(0);
            platforms.insert(name.clone(), json!(sum));
        }
    }
    assert_same("platforms", &platforms.into(), &totals["by"]["platform"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_of_a_year_is_what_was_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let tool = tests::repository::root().join("tests/tools/make_year.py");
    let sessions = sessions();
    let made = Command::new("python3")
        .arg(tool)
        .arg(folder.path())
        .args(["--sessions", &sessions.to_string()])
        .status();
    assert!(made.expect("python3 runs").success());
    let totals: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("totals.json")).expect("totals"))
            .expect("JSON");

    // Clocks in Santiago change at midnight, so that one day of the year has no midnight and another has two.
    let year = Month::empty(stack().await, "metrics-year", "America/Santiago", 364).await;
    let begun = Instant::now();
    write(&year, folder.path(), "").await;
    year.know_some().await;
    tell("written", begun);
    let begun = Instant::now();
    while year.daily().await["days"] != 0 {}
    tell("counted", begun);
    let begun = Instant::now();
    year.everything_is_as_it_was_said().await;
    tell("compared", begun);

    // All of it is counted; now comes what is late, and once more what was there.
    write(&year, folder.path(), "late_").await;
    year.later().await;
    while year.daily().await["days"] != 0 {}
    let begun = Instant::now();
    year.everything_is_as_it_was_said().await;
    is_what_the_tool_knows(&year, &totals).await;
    tell("compared again", begun);
}

fn tell(what: &str, since: Instant) {
    eprintln!("{what} in {:.1} s", Duration::as_secs_f64(&since.elapsed()));
}
