//! Decodes a batch of messages or the clock's event, sends each part its way, encodes what failed.

use anyhow::Context as _;
use domain::{IngestionJobId, file::without_name};
use ingestion::{Ingestion, Outcome, heed::Told, spaces::JobOutcome, unit::Clock, visit::VisitOutcome};
use queue::{Work, WorkQueue};
use runtime::{
    batch::{self, Message},
    measures::{self, Measure, Unit},
    notification,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// What the function works with.
pub struct Context {
    pub ingestion: Ingestion,
    /// Units of work, each organization a group.
    pub work: WorkQueue,
    /// The bucket's events.
    pub events: WorkQueue,
}

/// What is no batch of messages: EventBridge's schedule, or an operator's wish.
#[derive(Deserialize)]
#[serde(untagged)]
enum Wish {
    /// `{"action": "reconcile", "organization": "acme"}`; all organizations without one.
    Reconcile { action: Action, organization: Option<String> },
    /// `{"source": "aws.events", "detail-type": "Scheduled Event", …}`.
    Schedule { source: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Reconcile,
}

/// One outcome a record, or one answer to a wish.
pub async fn handle(context: Arc<Context>, event: Value) -> Result<Value, lambda_runtime::Error> {
    if batch::is_one(&event) {
        let handle =
            |message: Message| queue::traced(message.trace.clone(), one(Arc::clone(&context), message));
        return Ok(batch::answered(event, handle).await?);
    }
    let slugs = match serde_json::from_value(event) {
        Ok(Wish::Reconcile { action: Action::Reconcile, organization: Some(slug) }) => vec![slug],
        Ok(Wish::Reconcile { action: Action::Reconcile, organization: None }) => {
            context.ingestion.organizations().await?
        }
        Ok(Wish::Schedule { source }) if source == "aws.events" => context.ingestion.organizations().await?,
        _ => {
            return Err(
                "neither messages of SQS nor the clock's event nor {\"action\": \"reconcile\"}".into()
            );
        }
    };
    let work =
        slugs.iter().map(|slug| Work::Reconcile { organization: slug.clone(), after: None, job: None });
    context.work.send(&work.collect::<Vec<_>>()).await?;
    tracing::info!(organizations = slugs.len(), "reconciliation begins");
    Ok(json!({ "organizations": slugs }))
}

async fn one(context: Arc<Context>, message: Message) -> anyhow::Result<()> {
    let Ok(work) = serde_json::from_str::<Work>(&message.body) else {
        let split = split(&context, &message.body).await;
        return context.events.put_back(&message.receipt, message.attempt, split).await;
    };
    context.work.hold(&message.receipt, &work).await;
    let worked = work_on(&context, work, message.attempt).await;
    context.work.put_back(&message.receipt, message.attempt, worked).await
}

/// S3's notification: what went away is forgotten here and now, for the work queue may be long; of what is left, every key is
/// one unit of work of its organization.
async fn split(context: &Context, body: &str) -> anyhow::Result<()> {
    let told = notification::changes(body)?;
    let told = told.into_iter().map(|change| Told { key: change.key, is_removal: change.is_removal });
    let keys = context.ingestion.heed(told.collect()).await;
    let work: Vec<Work> = keys.into_iter().map(|key| Work::Look { key }).collect();
    context.work.send(&work).await
}

async fn work_on(context: &Context, work: Work, delivery: u32) -> anyhow::Result<()> {
    let clock = Clock::start();
    match work {
        Work::Look { key } => match look_at(&context.ingestion, &key, delivery, clock).await? {
            Outcome::Continues { after, .. } => context.work.send_later(&Work::Look { key }, after).await,
            _ => Ok(()),
        },
        Work::Reconcile { organization, after, job } => {
            let work = context.ingestion.reconcile(organization, after, job, clock).await?;
            context.work.send(&work).await
        }
        Work::Run { organization, job } => {
            match context.ingestion.run_job(&organization, IngestionJobId(job), clock).await? {
                JobOutcome::Continues => context.work.send(&[Work::Run { organization, job }]).await,
                JobOutcome::Leaves(job) => context.work.send(&[Work::Run { organization, job: job.0 }]).await,
                JobOutcome::Settled | JobOutcome::Unknown => Ok(()),
            }
        }
        Work::Visit { organization, source, run } => {
            match context.ingestion.visit(&organization, source, run, delivery, clock).await? {
                VisitOutcome::Continues(run) => {
                    context.work.send(&[Work::Visit { organization, source, run: Some(run) }]).await
                }
                VisitOutcome::Settled | VisitOutcome::Unknown => Ok(()),
            }
        }
    }
}

/// A failed message comes back after a pause that grows, not after its whole visibility.
async fn look_at(ingestion: &Ingestion, key: &str, delivery: u32, clock: Clock) -> anyhow::Result<Outcome> {
    let started = std::time::Instant::now();
    let shown = without_name(key);
    let outcome =
        ingestion.look_at(key, delivery, clock).await.with_context(|| format!("look at {shown}"))?;
    let (name, chunks) = match &outcome {
        Outcome::Completed { chunks } => ("completed", *chunks),
        Outcome::Unchanged => ("unchanged", 0),
        Outcome::UnderWay => ("under way", 0),
        Outcome::Continues { done, .. } => ("continues", usize::try_from(*done).unwrap_or_default()),
        Outcome::Failed(_) => ("failed", 0),
        Outcome::Forgotten => ("forgotten", 0),
        Outcome::Ignored(_) => return Ok(outcome),
    };
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    measure(&outcome, started.elapsed());
    let reason = match &outcome {
        Outcome::Failed(failure) => failure.detail.as_str(),
        _ => "",
    };
    tracing::info!(
        object.key = shown,
        outcome = name,
        chunks,
        elapsed_ms = millis,
        reason,
        "object looked at"
    );
    Ok(outcome)
}

/// One unit's figures.
fn measure(outcome: &Outcome, whole: Duration) {
    let count = |name, value| Measure::new(name, Unit::Count, value);
    let (completed, failed, passages) = match outcome {
        Outcome::Completed { chunks } => (1.0, 0.0, u32::try_from(*chunks).map_or(0.0, f64::from)),
        Outcome::Failed(_) => (0.0, 1.0, 0.0),
        _ => (0.0, 0.0, 0.0),
    };
    measures::write(
        &[
            count("CompletedDocuments", completed),
            count("FailedDocuments", failed),
            count("Passages", passages),
            Measure::new("UnitDuration", Unit::Milliseconds, whole.as_secs_f64() * 1_000.0),
        ],
        &[],
    );
}
