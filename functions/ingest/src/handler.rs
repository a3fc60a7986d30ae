//! Decodes a batch, sends each message its way, encodes what failed.

use anyhow::Context as _;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use ingestion::{Ingestion, Outcome};
use queue::{Work, WorkQueue};
use runtime::{
    batch::{self, Message},
    notification,
};
use std::sync::Arc;

/// What the function works with.
pub struct Context {
    pub ingestion: Ingestion,
    pub queue: WorkQueue,
}

/// One outcome a record.
pub async fn handle(
    context: Arc<Context>,
    event: SqsEvent,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    Ok(batch::each(event, |message| one(Arc::clone(&context), message)).await)
}

async fn one(context: Arc<Context>, message: Message) -> anyhow::Result<()> {
    match serde_json::from_str::<Work>(&message.body) {
        Ok(work) => {
            match look_at(&context.ingestion, &work, message.attempt).await {
                // That function may be dead, and its message gone: this one looks again until its lease ends.
                Ok(Outcome::UnderWay) => context.queue.send_later(&work).await,
                Ok(_) => Ok(()),
                Err(error) => {
                    if let Err(other) = context.queue.back_off(&message.receipt, message.attempt).await {
                        tracing::warn!(
                            error = format!("{other:#}"),
                            "message waits for its whole visibility"
                        );
                    }
                    Err(error)
                }
            }
        }
        // S3's notification: split, so that every key is one unit of work of its organization.
        Err(_) => {
            let keys = notification::keys(&message.body)?;
            let work: Vec<Work> = keys.into_iter().map(|key| Work { key }).collect();
            context.queue.send(&work).await
        }
    }
}

async fn look_at(ingestion: &Ingestion, work: &Work, attempt: u32) -> anyhow::Result<Outcome> {
    let started = std::time::Instant::now();
    let outcome =
        ingestion.look_at(&work.key, attempt).await.with_context(|| format!("look at {}", work.key))?;
    let (name, chunks) = match &outcome {
        Outcome::Completed { chunks } => ("completed", *chunks),
        Outcome::Unchanged => ("unchanged", 0),
        Outcome::UnderWay => ("under way", 0),
        Outcome::Failed(_) => ("failed", 0),
        Outcome::Forgotten => ("forgotten", 0),
        Outcome::Ignored(_) => return Ok(outcome),
    };
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let reason = match &outcome {
        Outcome::Failed(failure) => failure.detail.as_str(),
        _ => "",
    };
    tracing::info!(
        object.key = work.key,
        outcome = name,
        chunks,
        elapsed_ms = millis,
        reason,
        "object looked at"
    );
    Ok(outcome)
}
