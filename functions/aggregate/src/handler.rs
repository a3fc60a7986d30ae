//! Decodes the clock's event or an operator's wish, has it done, encodes the report.

use jiff::civil::Date;
use metrics::{Metrics, daily::Report};
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

/// What was done. An error when something failed for some organization, after the others' work: it is tried again.
pub async fn handle(metrics: Arc<Metrics>, event: Value) -> Result<Value, lambda_runtime::Error> {
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
            "idempotency_keys": report.swept.idempotency_keys,
            "rate_limits": report.swept.rate_limits,
        },
    })
}
