//! EventBridge's part: what the template starts by the clock.

use crate::runtime_api::{InvokeOptions, Lambda, Outcome};
use crate::template::Schedule;
use anyhow::{Context as _, Result, bail};
use serde_json::json;
use std::time::Duration;
use tokio::{task::JoinHandle, time};

/// Starts a schedule. Its first event comes after one period, as a new rule's does.
///
/// # Errors
/// When the expression is not a `rate(…)`: what would silently never run is refused.
pub fn start(lambda: Lambda, function: String, schedule: &Schedule) -> Result<JoinHandle<()>> {
    let period = period(&schedule.expression)?;
    let event = schedule.input.clone().unwrap_or_else(|| event(&schedule.event).to_string());
    Ok(tokio::spawn(async move {
        loop {
            time::sleep(period).await;
            match lambda.invoke(&function, event.clone().into(), InvokeOptions::default()).await {
                Ok(Outcome::Success(_)) => {}
                Ok(_) => tracing::warn!(function, "scheduled event failed"),
                Err(error) => {
                    tracing::warn!(function, error = format!("{error:#}"), "scheduled event failed")
                }
            }
        }
    }))
}

/// EventBridge User Guide, "Scheduled events": this form, whatever the rule.
fn event(rule: &str) -> serde_json::Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": jiff::Timestamp::now(),
        "region": "us-east-1",
        "resources": [format!("arn:aws:events:us-east-1:000000000000:rule/{rule}")],
        "detail": {},
    })
}

/// `rate(1 day)`, `rate(5 minutes)`.
fn period(expression: &str) -> Result<Duration> {
    let inner = expression.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')'));
    let Some((number, unit)) = inner.and_then(|inner| inner.split_once(' ')) else {
        bail!("the schedule {expression} is not of the form rate(5 minutes), the only one that runs here");
    };
    let number: u64 = number.parse().with_context(|| format!("read the schedule {expression}"))?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => bail!("the schedule {expression} counts in neither minutes, hours nor days"),
    };
    Ok(Duration::from_secs(number * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_others_refused() {
        assert_eq!(period("rate(1 day)").unwrap(), Duration::from_secs(86_400));
        assert_eq!(period("rate(5 minutes)").unwrap(), Duration::from_secs(300));
        assert!(period("cron(0 3 * * ? *)").is_err());
        assert!(period("rate(1 fortnight)").is_err());
    }
}
