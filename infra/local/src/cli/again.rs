//! Processing again: documents, the whole bucket, dead letters.

use super::{ask::must_exist, words::counted};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use local::client::Client;
use std::process::ExitCode;

pub async fn reprocess(client: &Client, collection: Option<&str>, failed_only: bool) -> Result<ExitCode> {
    if let Some(collection) = collection {
        must_exist(client, collection).await?;
    }
    let documents = client.reprocess(collection, failed_only).await?;
    say!("{} processed again; see status", counted(documents, "document is", "documents are"));
    Ok(ExitCode::SUCCESS)
}

pub async fn reconcile(client: &Client) -> Result<ExitCode> {
    let job = client.reconcile().await?;
    if let Some(reason) = job["error"]["detail"].as_str() {
        say!("{reason}");
        return Ok(ExitCode::FAILURE);
    }
    let report = job["report"].as_object().into_iter().flatten();
    let counts: Vec<String> = report.map(|(name, count)| format!("{name} {count}")).collect();
    say!("compared: {}", if counts.is_empty() { "nothing to compare".into() } else { counts.join(", ") });
    Ok(ExitCode::SUCCESS)
}

pub async fn reembed(client: &Client, collection: &str, model: &str, dimension: u32) -> Result<ExitCode> {
    must_exist(client, collection).await?;
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} passages")?);
    let job = client
        .reembed(collection, model, dimension, |job| {
            bar.set_length(job["total"].as_u64().unwrap_or_default());
            bar.set_position(job["done"].as_u64().unwrap_or_default());
        })
        .await?;
    bar.finish_and_clear();
    if let Some(reason) = job["error"]["detail"].as_str() {
        say!("{reason}");
        return Ok(ExitCode::FAILURE);
    }
    let done = job["done"].as_u64().unwrap_or_default();
    say!(
        "{} embedded; every completed document of {collection} is in the space of {model}, {dimension} dimensions",
        counted(done, "passage was", "passages were")
    );
    say!(
        "Chatbots go on searching the space that they search; one moves when a config version is activated whose embedding_model is {model}."
    );
    Ok(ExitCode::SUCCESS)
}

pub async fn redrive(client: &Client) -> Result<ExitCode> {
    for (queue, messages) in client.redrive().await? {
        say!("{queue}: {} back", counted(messages, "message goes", "messages go"));
    }
    Ok(ExitCode::SUCCESS)
}
