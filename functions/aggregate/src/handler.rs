//! Decodes the clock's event, messages or an operator's wish, has it done, encodes the report.

use crate::context::{Context, Woken};
use aws_lambda_events::sqs::SqsEvent;
use domain::{OrganizationId, ReplayId, limits};
use insight::replay::Progress;
use jiff::civil::Date;
use metrics::daily::Report;
use queue::Activity;
use runtime::batch::{self, Message};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// EventBridge's schedule, or an operator's wish.
#[derive(Deserialize)]
#[serde(untagged)]
enum Wish {
    /// `{"action": "daily", "organization": "acme"}`; all organizations without one.
    Asked(Asked),
    /// `{"source": "aws.events", "detail-type": "Scheduled Event", …}`.
    Schedule { source: String },
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
enum Asked {
    /// The daily work, now.
    Daily { organization: Option<String> },
    /// `{"action": "recount", "organization": "acme", "day": "2026-11-03"}`: one day anew, written to or not.
    Recount { organization: String, day: Date },
}

/// What was done. An error when something failed for some organization, after the others' work: it is tried again. Of messages, one
/// outcome each.
pub async fn handle(context: Arc<Context>, event: Value) -> Result<Value, lambda_runtime::Error> {
    if event.get("Records").is_some() {
        let batch: SqsEvent = serde_json::from_value(event)?;
        let outcomes = batch::each(batch, |message| {
            let trace = message.trace.clone();
            queue::traced(trace, one(Arc::clone(&context), message))
        });
        return Ok(serde_json::to_value(outcomes.await)?);
    }
    let metrics = &context.metrics;
    let report = match serde_json::from_value(event) {
        Ok(Wish::Asked(Asked::Recount { organization, day })) => {
            let counted = metrics.recount(&organization, day).await?;
            let counted = counted.ok_or_else(|| format!("there is no organization {organization:?}"))?;
            return Ok(json!({ "organization": organization, "day": day, "counted": counted }));
        }
        Ok(Wish::Asked(Asked::Daily { organization: Some(slug) })) => {
            metrics.daily_of(&slug).await?.ok_or_else(|| format!("there is no organization {slug:?}"))?
        }
        Ok(Wish::Asked(Asked::Daily { organization: None })) => metrics.daily().await?,
        Ok(Wish::Schedule { source }) if source == "aws.events" => metrics.daily().await?,
        _ => {
            return Err(
                "neither the clock's event nor {\"action\": \"daily\"} nor {\"action\": \"recount\", \
                        \"organization\": …, \"day\": \"2026-11-03\"}"
                    .into(),
            );
        }
    };
    let told = told(&report);
    tracing::info!(report = %told, "daily work");
    if report.failed > 0 {
        return Err(
            format!("the work of {} organizations failed; the log says why: {told}", report.failed).into()
        );
    }
    Ok(told)
}

/// A message that comes again after a kill within two minutes, and after a failure when it has waited a little.
async fn one(context: Arc<Context>, message: Message) -> anyhow::Result<()> {
    let woken = context.woken().await?;
    if let Err(error) = woken.activity.hold(&message.receipt).await {
        tracing::warn!(error = format!("{error:#}"), "message is held for its whole visibility");
    }
    let worked = work_on(woken, &message.body).await;
    if worked.is_err()
        && let Err(error) = woken.activity.back_off(&message.receipt, message.attempt).await
    {
        tracing::warn!(error = format!("{error:#}"), "message waits for its whole visibility");
    }
    worked
}

async fn work_on(woken: &Woken, body: &str) -> anyhow::Result<()> {
    let activity: Activity = serde_json::from_str(body)?;
    match activity {
        Activity::Replay { organization, replay } => {
            let seconds = match woken.replaying.work(OrganizationId(organization), ReplayId(replay)).await? {
                Progress::Ended => return Ok(()),
                Progress::GoesOn => 0,
                // Delivered twice, or the unit that had it was killed: then it is free after that.
                Progress::Busy => limits::REPLAY_HELD_SECONDS / 3,
            };
            woken.activity.send_later(&activity, i32::try_from(seconds)?).await
        }
    }
}

fn told(report: &Report) -> Value {
    json!({
        "organizations": report.organizations,
        "failed": report.failed,
        "unfinished": report.unfinished,
        "expired_sessions": report.expired_sessions,
        "days": report.days,
        "closed_days": report.closed_days,
        "scored_sessions": report.scored_sessions,
        "swept": {
            "messages": report.swept.messages,
            "citations": report.swept.citations,
            "retrieval_logs": report.swept.retrieval_logs,
            "sessions": report.swept.sessions,
            "events": report.swept.events,
        },
    })
}
