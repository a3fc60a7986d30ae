//! One look at an organization: every rule is measured, compared, and what changes is kept and told in one transaction.

use crate::{Alerting, Rule, State, Transition, rule};
use domain::{AlertId, AlertRuleId, OrganizationId, limits};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{
    TenantTx,
    alert_rules::{self, AlertRule},
    alerts, deliveries,
};

/// What came of a look.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// Rules that were looked at.
    pub rules: u64,
    /// Alerts that began.
    pub triggered: u64,
    /// Alerts that ended.
    pub resolved: u64,
    /// Seconds after which something changes though nobody does anything.
    pub again_in: Option<i64>,
}

impl Alerting {
    /// Evaluates an organization's rules, as they are at this moment.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn evaluate(&self, organization: OrganizationId, now: Timestamp) -> store::Result<Evaluated> {
        let tx = self.database.tenant(organization).await?;
        ensure(&tx).await?;
        let mut evaluated = Evaluated::default();
        for kept in alert_rules::take(&tx).await? {
            evaluated.rules += 1;
            // What an older version of this program kept and this one cannot read fails no other rule.
            match serde_json::from_value::<Rule>(kept.rule.clone()) {
                Ok(rule) => one(&tx, &kept, &rule, now, &mut evaluated).await?,
                Err(error) => tracing::error!(rule.id = %kept.id, %error, "rule cannot be read"),
            }
        }
        tx.finish().await?;
        Ok(evaluated)
    }
}

impl Alerting {
    /// Claims that an organization is looked at again after so many seconds; `false` when that is so already.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn follow(&self, organization: OrganizationId, seconds: i32) -> store::Result<bool> {
        let tx = self.database.tenant(organization).await?;
        let is_claimed = store::wakes::follow(&tx, f64::from(seconds)).await?;
        tx.finish().await?;
        Ok(is_claimed)
    }

    /// Gives such a claim back, where its message could not be sent.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn follow_no_more(&self, organization: OrganizationId) -> store::Result<()> {
        let tx = self.database.tenant(organization).await?;
        store::wakes::follow_no_more(&tx).await?;
        tx.finish().await
    }

    /// All organizations, each day beginning with another one.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn organizations_of_today(&self) -> store::Result<Vec<OrganizationId>> {
        store::organizations::of_today(&self.database).await
    }

    /// Deletes what is long past: resolved alerts, and what was sent. What is more waits for the next day.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn sweep(&self, organization: OrganizationId) -> store::Result<u64> {
        let mut swept = 0;
        for _ in 0..limits::SWEEPS {
            let tx = self.database.tenant(organization).await?;
            let rows = alerts::sweep(&tx, limits::SWEPT_AT_ONCE).await?
                + deliveries::sweep(&tx, limits::SWEPT_AT_ONCE).await?;
            tx.finish().await?;
            swept += rows;
            if rows < limits::SWEPT_AT_ONCE.unsigned_abs() {
                break;
            }
        }
        Ok(swept)
    }
}

/// The rules that every organization has, where they are missing.
pub(crate) async fn ensure(tx: &TenantTx) -> store::Result<()> {
    let rows = rule::builtins().into_iter().map(|builtin| {
        json!({ "id": domain::AlertRuleId::generate(), "name": builtin.name, "rule": builtin.rule, "builtin": builtin.key })
    });
    alert_rules::ensure(tx, &Value::Array(rows.collect())).await
}

async fn one(
    tx: &TenantTx,
    kept: &AlertRule,
    rule: &Rule,
    now: Timestamp,
    evaluated: &mut Evaluated,
) -> store::Result<()> {
    let measured = alert_rules::measure(tx, &[now], rule.window_minutes, rule.filter.chatbot_id).await?;
    let Some((_, measured)) = measured.first() else { return Ok(()) };
    let (value, samples) = rule.value(measured);
    let state = State {
        is_firing: kept.is_firing,
        pending_since: kept.pending_since,
        clearing_since: kept.clearing_since,
    };
    let (next, transition) = state.next(rule, value, now);
    alert_rules::note(tx, kept.id, (next.pending_since, next.clearing_since), value, now).await?;
    let news = |alert, value| News {
        alert,
        rule_id: Some(kept.id),
        name: &kept.name,
        rule: &kept.rule,
        severity: rule.severity.as_str(),
        value,
        by: None,
    };
    match transition {
        Some(Transition::Triggered) => {
            let of = (kept.id, kept.name.as_str(), &kept.rule);
            let value = value.unwrap_or_default();
            let alert = alerts::trigger(tx, of, rule.severity.as_str(), value, now).await?;
            evaluated.triggered += 1;
            tell(tx, "alert.triggered", &news(alert, Some(value))).await?;
        }
        Some(Transition::Resolved) => {
            if let Some(alert) = alerts::resolve_of_rule(tx, kept.id, now, None).await? {
                evaluated.resolved += 1;
                tell(tx, "alert.resolved", &news(alert, value)).await?;
            }
        }
        None => {}
    }
    // What fires ends when its window has passed, though nobody asks any more; that is looked for as long as there is something
    // in the window, and it is no longer than a day. The daily schedule looks at everything.
    let fades = next.is_firing && samples > 0 && rule.window_minutes <= limits::ALERT_FOLLOWED_MINUTES;
    let due = next.due_in_minutes(rule, now).or(fades.then_some(i64::from(rule.window_minutes)));
    if let Some(minutes) = due {
        let seconds = (minutes * 60).clamp(60, limits::ALERT_FOLLOW_SECONDS);
        evaluated.again_in = Some(evaluated.again_in.map_or(seconds, |other| other.min(seconds)));
    }
    Ok(())
}

/// What is told of an alert: what its rule was when it fired.
pub(crate) struct News<'a> {
    pub(crate) alert: AlertId,
    pub(crate) rule_id: Option<AlertRuleId>,
    pub(crate) name: &'a str,
    pub(crate) rule: &'a Value,
    pub(crate) severity: &'a str,
    /// What was measured; `None`: nothing was, or somebody says so.
    pub(crate) value: Option<f64>,
    /// Who says so; `None`: its condition.
    pub(crate) by: Option<&'a str>,
}

/// Tells whoever is told of such a severity; it is sent after the commit.
pub(crate) async fn tell(tx: &TenantTx, event: &str, news: &News<'_>) -> store::Result<()> {
    let rule = news.rule;
    let payload = json!({
        "alert_id": news.alert, "rule_id": news.rule_id, "name": news.name, "severity": news.severity,
        "metric": rule["metric"], "aggregation": rule["aggregation"], "window_minutes": rule["window_minutes"],
        "comparison": rule["comparison"], "threshold": rule["threshold"], "value": news.value,
        "chatbot_id": rule["filter"]["chatbot_id"], "by": news.by,
    });
    deliveries::enqueue(tx, event, &payload, news.severity, None).await?;
    Ok(())
}
