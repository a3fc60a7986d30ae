//! What rules found: triggered, acknowledged, resolved.

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::{AlertId, AlertRuleId, limits};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::types::Type;

/// One firing of a rule.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Its row.
    pub id: AlertId,
    /// While the rule is there.
    pub rule_id: Option<AlertRuleId>,
    /// The rule's name when it fired.
    pub name: String,
    /// The rule when it fired.
    pub rule: Value,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// `triggered`, `acknowledged` or `resolved`.
    pub status: String,
    /// What was measured then.
    pub value: f64,
    /// When it fired.
    pub triggered_at: Timestamp,
    /// When somebody said that they deal with it.
    pub acknowledged_at: Option<Timestamp>,
    /// Who.
    pub acknowledged_by: Option<String>,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Who said so; nobody when its condition was over.
    pub resolved_by: Option<String>,
}

/// Keeps that a rule fires.
///
/// # Errors
/// [`crate::Error::Refused`] with `alerts_one_a_rule` when it does already.
pub async fn trigger(
    tx: &TenantTx,
    of: (AlertRuleId, &str, &Value),
    severity: &str,
    value: f64,
    at: Timestamp,
) -> Result<AlertId> {
    let id = AlertId::generate();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&of.0.0, Type::UUID),
        (&of.1, Type::TEXT),
        (of.2, Type::JSONB),
        (&severity, Type::TEXT),
        (&value, Type::FLOAT8),
        (&at, Type::TIMESTAMPTZ),
    ];
    tx.execute(sql!("alerts/trigger"), params).await?;
    Ok(id)
}

/// Resolves a rule's alert, if it has one.
///
/// # Errors
/// [`crate::Error`].
pub async fn resolve_of_rule(
    tx: &TenantTx,
    rule: AlertRuleId,
    at: Timestamp,
    by: Option<&str>,
) -> Result<Option<AlertId>> {
    let params: Params<'_> = &[(&rule.0, Type::UUID), (&at, Type::TIMESTAMPTZ), (&by, Type::TEXT)];
    let row = tx.query_opt(sql!("alerts/resolve_of_rule"), params).await?;
    Ok(row.map(|row| AlertId(row.get("id"))))
}

/// Somebody deals with it; `false` when it is not in the state `triggered`.
///
/// # Errors
/// [`crate::Error`].
pub async fn acknowledge(tx: &TenantTx, id: AlertId, by: &str) -> Result<bool> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&by, Type::TEXT)];
    Ok(tx.query_opt(sql!("alerts/acknowledge"), params).await?.is_some())
}

/// Somebody says that it is over; `false` when it was.
///
/// # Errors
/// [`crate::Error`].
pub async fn resolve(tx: &TenantTx, id: AlertId, by: &str) -> Result<bool> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&by, Type::TEXT)];
    Ok(tx.query_opt(sql!("alerts/resolve"), params).await?.is_some())
}

/// Which alerts; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// This one.
    pub id: Option<AlertId>,
    /// In this state.
    pub status: Option<&'a str>,
    /// Of this severity.
    pub severity: Option<&'a str>,
    /// Older than this one.
    pub before: Option<AlertId>,
}

/// Alerts, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Alert>> {
    let (id, before, limit) = (which.id.map(|id| id.0), which.before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[
        (&id, Type::UUID),
        (&which.status, Type::TEXT),
        (&which.severity, Type::TEXT),
        (&before, Type::UUID),
        (&limit, Type::INT8),
    ];
    let rows = tx.query(sql!("alerts/list"), params).await?;
    let alerts = rows.iter().map(|row| Alert {
        id: AlertId(row.get("id")),
        rule_id: row.get::<_, Option<uuid::Uuid>>("rule_id").map(AlertRuleId),
        name: row.get("name"),
        rule: row.get("rule"),
        severity: row.get("severity"),
        status: row.get("status"),
        value: row.get("value"),
        triggered_at: row.get("triggered_at"),
        acknowledged_at: row.get("acknowledged_at"),
        acknowledged_by: row.get("acknowledged_by"),
        resolved_at: row.get("resolved_at"),
        resolved_by: row.get("resolved_by"),
    });
    Ok(alerts.collect())
}

/// Deletes alerts that were resolved long ago, so many at once; how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep(tx: &TenantTx, most: i64) -> Result<u64> {
    tx.execute(sql!("alerts/sweep"), &[(&limits::ALERT_DAYS, Type::INT4), (&most, Type::INT8)]).await
}
