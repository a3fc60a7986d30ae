//! Decodes messages, the clock's event or an operator's wish, has it done, encodes what failed or the report.

use crate::{
    context::Context,
    rounds::{Round, round},
};
use answering::reread;
use anyhow::Context as _;
use domain::{DataSubjectRequestId, OrganizationId, ReplayId, limits};
use insight::replay::Progress;
use jiff::{Timestamp, civil::Date};
use metrics::daily::Report;
use queue::Task;
use retention::SweptDocuments;
use runtime::batch::{self, Message};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use vault::{Rotated, When};

/// How long an organization's look may go on sending.
const DELIVERIES: Duration = Duration::from_secs(limits::DELIVERY_RUN_SECONDS);

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
    /// `{"action": "rotate_key", "organization": "acme"}`: another data key, and everything sealed anew.
    RotateKey { organization: String },
}

/// One outcome a message; or what was done, and an error when something failed for some organization, after the others' work:
/// it is tried again.
pub async fn handle(context: Arc<Context>, event: Value) -> Result<Value, lambda_runtime::Error> {
    if batch::is_one(&event) {
        let handle =
            |message: Message| queue::traced(message.trace.clone(), one(Arc::clone(&context), message));
        return Ok(batch::answered(event, handle).await?);
    }
    let (metrics, begun) = (&context.metrics, Instant::now());
    let report = match serde_json::from_value(event) {
        Ok(Wish::Asked(Asked::Recount { organization, day })) => {
            let counted = metrics.recount(&organization, day).await?;
            let counted = counted.ok_or_else(|| format!("there is no organization {organization:?}"))?;
            return Ok(json!({ "organization": organization, "day": day, "counted": counted }));
        }
        Ok(Wish::Asked(Asked::RotateKey { organization })) => {
            return rotate_key(&context, &organization, begun).await;
        }
        Ok(Wish::Asked(Asked::Daily { organization: Some(slug) })) => daily_of(&context, &slug, begun)
            .await?
            .ok_or_else(|| format!("there is no organization {slug:?}"))?,
        Ok(Wish::Asked(Asked::Daily { organization: None })) => return daily(&context, begun).await,
        Ok(Wish::Schedule { source }) if source == "aws.events" => return daily(&context, begun).await,
        _ => {
            return Err(
                "neither the clock's event nor {\"action\": \"daily\"} nor {\"action\": \"recount\", \
                        \"organization\": …, \"day\": \"2026-11-03\"} nor {\"action\": \"rotate_key\", \
                        \"organization\": …}"
                    .into(),
            );
        }
    };
    whole(&report, told(&report))
}

/// All of it, for everybody: what fails in one part keeps no other from being done.
async fn daily(context: &Context, begun: Instant) -> Result<Value, lambda_runtime::Error> {
    let mut report = context.metrics.daily().await?;
    let within = |seconds| begun + Duration::from_secs(limits::DAILY_WORK_SECONDS + seconds);
    let looked = look_after_all(context, within(limits::DAILY_ALERTS_SECONDS)).await?;
    let aged = age_all(context, within(limits::DAILY_DOCUMENTS_SECONDS)).await?;
    report.failed += looked.failed + aged.failed;
    let keys = context.vault.rotate_all(within(limits::RESEAL_SECONDS)).await?;
    let mut told = told(&report);
    for (what, round) in [("alerts", looked), ("documents", aged)] {
        told[what] =
            json!({ "looked_after": round.done, "failed": round.failed, "unfinished": round.unfinished });
    }
    if let Some(keys) = keys {
        told["data_keys"] = told_of_keys(&keys.rotated);
        if keys.failed > 0 {
            let failed = keys.failed;
            return Err(format!("data keys of {failed} organizations could not be replaced: {told}").into());
        }
    }
    whole(&report, told)
}

/// What the daily work counts and sweeps, for one organization.
async fn daily_of(context: &Context, slug: &str, begun: Instant) -> anyhow::Result<Option<Report>> {
    let Some(report) = context.metrics.daily_of(slug).await? else { return Ok(None) };
    let organization = store::organizations::of_slug(&context.metrics.database, slug).await?;
    if let Some(organization) = organization {
        let until = begun + Duration::from_secs(limits::DAILY_WORK_SECONDS);
        age(context, organization, until).await?;
        keep_no_longer(context, organization).await?;
    }
    Ok(Some(report))
}

async fn rotate_key(context: &Context, slug: &str, begun: Instant) -> Result<Value, lambda_runtime::Error> {
    let organization = store::organizations::of_slug(&context.metrics.database, slug).await?;
    let organization = organization.ok_or_else(|| format!("there is no organization {slug:?}"))?;
    let until = begun + Duration::from_secs(limits::DAILY_WORK_SECONDS);
    let told = match context.vault.rotate(organization, When::Now, until).await? {
        Some(rotated) => told_of_keys(&rotated),
        None => return Err("this deployment has no key (KmsKeyArn): nothing is sealed".into()),
    };
    tracing::info!(organization.id = %organization, report = %told, "data key replaced");
    Ok(json!({ "organization": slug, "data_keys": told }))
}

fn told_of_keys(rotated: &Rotated) -> Value {
    json!({
        "made": rotated.made,
        "resealed": rotated.resealed,
        "filled": rotated.filled,
        "unopened": rotated.unopened,
        "destroyed": rotated.destroyed,
        "unfinished": rotated.is_unfinished,
    })
}

fn whole(report: &Report, told: Value) -> Result<Value, lambda_runtime::Error> {
    tracing::info!(report = %told, "daily work");
    if report.failed > 0 {
        return Err(
            format!("the work of {} organizations failed; the log says why: {told}", report.failed).into()
        );
    }
    Ok(told)
}

/// A failed message comes back after a pause that grows, not after its whole visibility.
async fn one(context: Arc<Context>, message: Message) -> anyhow::Result<()> {
    let task = serde_json::from_str(&message.body).context("read a message")?;
    context.activity.hold(&message.receipt, &task).await;
    let worked = work_on(&context, task).await;
    context.activity.put_back(&message.receipt, message.attempt, worked).await
}

async fn work_on(context: &Context, task: Task) -> anyhow::Result<()> {
    match task {
        Task::Activity { organization_id } => {
            let days = context.metrics.catch_up(organization_id).await.context("count days")?;
            look_after(context, organization_id, DELIVERIES).await?;
            let waiting = reread::are_waiting(&context.metrics.database, organization_id).await;
            if waiting.context("look for unread messages")? {
                context.activity.send(&[Task::Read { organization_id }]).await?;
            }
            tracing::info!(organization.id = %organization_id, days, "activity looked at");
            Ok(())
        }
        Task::Read { organization_id } => read(context, organization_id).await.context("read messages"),
        Task::Replay { organization_id, replay_id } => {
            replay(context, organization_id, replay_id).await.context("replay")
        }
        Task::DataSubject { organization_id, request_id } => {
            data_subject(context, organization_id, request_id).await.context("data subject's request")
        }
    }
}

/// A unit of reading; what is left has another.
async fn read(context: &Context, organization_id: OrganizationId) -> anyhow::Result<()> {
    if context.replaying().await?.answering.reread(organization_id).await? {
        return context.activity.send(&[Task::Read { organization_id }]).await;
    }
    // What was read is counted, and the ticket that it opened leaves: nobody else may come by for a while.
    let days = context.metrics.catch_up(organization_id).await.context("count days")?;
    look_after(context, organization_id, DELIVERIES).await?;
    tracing::info!(organization.id = %organization_id, days, "messages read");
    Ok(())
}

async fn replay(
    context: &Context,
    organization_id: OrganizationId,
    replay_id: ReplayId,
) -> anyhow::Result<()> {
    let seconds = match context.replaying().await?.work(organization_id, replay_id).await? {
        Progress::Ended | Progress::Paused => return Ok(()),
        Progress::GoesOn => 0,
        // Delivered twice, or the unit that had it was killed: then it is free soon.
        Progress::Busy => limits::REPLAY_HELD_SECONDS / 3,
    };
    let task = Task::Replay { organization_id, replay_id };
    context.activity.send_later(&task, i32::try_from(seconds)?).await
}

/// Before anything of a person goes, the days that it counts in are counted: what was counted stays.
async fn data_subject(
    context: &Context,
    organization_id: OrganizationId,
    request_id: DataSubjectRequestId,
) -> anyhow::Result<()> {
    context.metrics.catch_up(organization_id).await.context("count days")?;
    let seconds = match context.retention.work(organization_id, request_id).await? {
        retention::Progress::Ended => return Ok(()),
        retention::Progress::GoesOn => 0,
        retention::Progress::Busy => limits::SUBJECT_HELD_SECONDS / 3,
    };
    let task = Task::DataSubject { organization_id, request_id };
    context.activity.send_later(&task, seconds).await
}

/// The daily part of it, for every organization: exports that have had their days go, and what is not over goes on.
async fn keep_no_longer(context: &Context, organization: OrganizationId) -> anyhow::Result<()> {
    let deleted = context.retention.sweep_exports(organization).await.context("delete exports")?;
    let idle = context.retention.idle(organization).await?;
    let tasks =
        idle.iter().map(|request| Task::DataSubject { organization_id: organization, request_id: *request });
    let tasks: Vec<Task> = tasks.collect();
    context.activity.send(&tasks).await?;
    if deleted > 0 || !tasks.is_empty() {
        tracing::info!(organization.id = %organization, exports = deleted, requests = tasks.len(), "data subjects");
    }
    Ok(())
}

/// Evaluates an organization's rules, sends what waits, has replays go on that waited for a budget, and sees to it that what is
/// pending is looked at again. After `so_long` no more is sent.
async fn look_after(
    context: &Context,
    organization: OrganizationId,
    so_long: Duration,
) -> anyhow::Result<()> {
    let affordable = insight::replay::affordable(&context.metrics.database, organization).await;
    context.activity.send(&affordable.context("have replays go on")?).await?;
    let evaluated =
        context.alerting.evaluate(organization, Timestamp::now()).await.context("evaluate rules")?;
    let sent = context.courier.send(organization, so_long).await.context("send what waits")?;
    tracing::info!(organization.id = %organization, rules = evaluated.rules, triggered = evaluated.triggered,
        resolved = evaluated.resolved, delivered = sent.delivered, postponed = sent.postponed,
        failed = sent.failed, "alerts looked at");
    let again = [evaluated.again_in, sent.again_in].into_iter().flatten().min();
    let Some(seconds) = again else { return Ok(()) };
    let seconds = i32::try_from(seconds.clamp(30, limits::ALERT_FOLLOW_SECONDS)).unwrap_or(i32::MAX);
    if context.alerting.follow(organization, seconds).await.context("claim to follow")? {
        let task = Task::Activity { organization_id: organization };
        if let Err(error) = context.activity.send_later(&task, seconds).await {
            // Nobody follows: whoever tries this again may claim it again.
            context.alerting.follow_no_more(organization).await.context("give back the claim to follow")?;
            return Err(error);
        }
    }
    Ok(())
}

/// The daily part of it, for every organization; nothing new begins after `until`.
async fn look_after_all(context: &Context, until: Instant) -> anyhow::Result<Round> {
    let organizations = context.alerting.organizations_of_today().await?;
    let patience = Duration::from_secs(limits::DAILY_ALERTS_PATIENCE_SECONDS);
    let look = async |organization| {
        // One round: others wait, and what is left has a look of its own.
        look_after(context, organization, Duration::ZERO).await?;
        context.alerting.sweep(organization).await?;
        keep_no_longer(context, organization).await
    };
    Ok(round(&organizations, until, patience, look).await)
}

/// Parts of documents whose time has passed go, for every organization, until a moment.
async fn age_all(context: &Context, until: Instant) -> anyhow::Result<Round> {
    let organizations = context.alerting.organizations_of_today().await?;
    let share = Duration::from_secs(limits::DAILY_DOCUMENTS_SHARE_SECONDS);
    let age = async |organization| age(context, organization, until.min(Instant::now() + share)).await;
    Ok(round(&organizations, until, share * 2, age).await)
}

async fn age(context: &Context, organization: OrganizationId, until: Instant) -> anyhow::Result<()> {
    let swept = context.retention.sweep_documents(organization, until).await.context("sweep documents")?;
    if swept != SweptDocuments::default() {
        tracing::info!(organization.id = %organization, originals = swept.originals, texts = swept.texts,
            embeddings = swept.embeddings, "parts of documents are kept no longer");
    }
    Ok(())
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
            "replayed_questions": report.swept.replayed_questions,
            "person_days": report.swept.person_days,
            "side_costs": report.swept.side_costs,
            "citations": report.swept.citations,
            "retrieval_logs": report.swept.retrieval_logs,
            "sessions": report.swept.sessions,
            "events": report.swept.events,
            "idempotency_keys": report.swept.idempotency_keys,
            "rate_limits": report.swept.rate_limits,
        },
    })
}
