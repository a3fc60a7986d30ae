//! Questions, answered on the terminal.

use super::words::command;
use anyhow::{Result, bail};
use futures_util::StreamExt as _;
use local::{
    bedrock::LOCAL_EMBEDDING_MODEL,
    client::{Client, Template},
    folder::Addresses,
    minilm::DIMENSION,
    stack::GENERATION_MODEL,
};
use serde_json::Value;
use std::{path::Path, pin::pin, process::ExitCode, time::Instant};

/// The demo's chatbot, or the one of a collection.
pub async fn chatbot(client: &Client, addresses: &Addresses, collection: Option<&str>) -> Result<String> {
    let Some(collection) = collection else { return Ok(addresses.chatbot_id.clone()) };
    must_exist(client, collection).await?;
    let like = Template {
        embedding_model: LOCAL_EMBEDDING_MODEL,
        embedding_dimension: DIMENSION,
        generation_model: GENERATION_MODEL,
    };
    Ok(client.chatbot_of(collection, &like).await?.to_string())
}

/// A mistyped slug would be answered like a collection that knows nothing.
pub async fn must_exist(client: &Client, collection: &str) -> Result<()> {
    let there = client.collections().await?;
    if there.iter().any(|slug| slug == collection) {
        return Ok(());
    }
    if there.is_empty() {
        bail!(
            "there is no collection {collection:?}, nor any other: `drop` makes one with its first document"
        );
    }
    bail!("there is no collection {collection:?}; there are: {}", there.join(", "))
}

/// Streams the answer, then lists its sources and where the time went.
pub async fn ask(data: &Path, client: &Client, chatbot: &str, question: &str) -> Result<ExitCode> {
    let session = client.open_session(chatbot).await?;
    let asked = Instant::now();
    let mut first_word = None;
    let mut events = pin!(client.ask(&session, question).await?);
    while let Some(event) = events.next().await {
        let event = event?;
        match event.name.as_str() {
            "token" => {
                first_word.get_or_insert_with(|| asked.elapsed());
                say_part!("{}", event.data["text"].as_str().unwrap_or_default());
            }
            "done" => {
                say!("\n");
                sources(&event.data);
                let first = first_word.unwrap_or_default().as_millis();
                timings(&event.data, first, asked.elapsed().as_millis());
                return Ok(ExitCode::SUCCESS);
            }
            "error" => bail!("{}", event.data["detail"].as_str().unwrap_or("the answer broke off")),
            _ => {}
        }
    }
    bail!("the stream ended without an answer: see `{}`", command(data, "logs chat"))
}

fn sources(answer: &Value) {
    for citation in answer["citations"].as_array().into_iter().flatten() {
        let page = citation["page_number"].as_i64().map(|page| format!(", page {page}")).unwrap_or_default();
        say!(
            "  [{}] {}{page}  ({})\n      “{}”",
            citation["marker"],
            citation["document_title"].as_str().unwrap_or_default(),
            // A curated answer stands in no document.
            citation["document_key"].as_str().unwrap_or("answered by people"),
            citation["quoted_span"].as_str().unwrap_or_default().replace('\n', " "),
        );
    }
    if answer["abstained"].as_bool() == Some(true) {
        say!("  (no answer: the documents do not hold one with enough confidence)");
    }
}

fn timings(answer: &Value, first_word_ms: u128, all_ms: u128) {
    let timing = |name: &str| answer["timings"][name].as_u64().unwrap_or_default();
    say!(
        "\n  confidence {:.2} · question embedded {} ms · searched {} ms · written {} ms · first word {first_word_ms} ms · all {all_ms} ms",
        answer["confidence"].as_f64().unwrap_or_default(),
        timing("embed_ms"),
        timing("search_ms"),
        timing("generate_ms"),
    );
}

/// Prints passages, best first.
pub async fn search(
    client: &Client,
    question: &str,
    collection: Option<&str>,
    k: Option<u32>,
) -> Result<ExitCode> {
    if let Some(collection) = collection {
        must_exist(client, collection).await?;
    }
    let found = client.search(question, collection, k).await?;
    let items = found["items"].as_array().cloned().unwrap_or_default();
    for (place, item) in items.iter().enumerate() {
        let page = item["page_number"].as_i64().map(|page| format!(", page {page}")).unwrap_or_default();
        let dense = item["scores"]["dense"].as_f64().map_or("–".into(), |dense| format!("{dense:.3}"));
        say!(
            "{:>2}. {}{page}  ({})\n    rank {:.3} of dense {dense} and lexical {:.2}; about the question with probability {:.2}",
            place + 1,
            item["document_title"].as_str().unwrap_or_default(),
            item["document_key"].as_str().unwrap_or_default(),
            item["scores"]["fused"].as_f64().unwrap_or_default(),
            item["scores"]["lexical"].as_f64().unwrap_or_default(),
            item["score"].as_f64().unwrap_or_default(),
        );
        let content: String =
            item["content"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        say!("    {}", domain::document::clip(&content, 240));
    }
    if items.is_empty() {
        say!("nothing found");
    }
    Ok(ExitCode::SUCCESS)
}
