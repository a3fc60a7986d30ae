//! What is watched, how far it is, and what happened in a window of time.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{AlertRuleId, ChatbotId, limits};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};

/// A rule.
#[derive(Debug, Clone)]
pub struct AlertRule {
    /// Its row.
    pub id: AlertRuleId,
    /// For people.
    pub name: String,
    /// As `alerting::Rule` reads it.
    pub rule: Value,
    /// Whether it is evaluated.
    pub is_enabled: bool,
    /// Which of those that every organization has.
    pub builtin: Option<String>,
    /// Since when its condition holds.
    pub pending_since: Option<Timestamp>,
    /// Since when the condition of its alert is over.
    pub clearing_since: Option<Timestamp>,
    /// What was measured last.
    pub last_value: Option<f64>,
    /// When.
    pub evaluated_at: Option<Timestamp>,
    /// Whether an alert of it is not resolved.
    pub is_firing: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// Makes the rules that every organization has, where they are missing: `[{"id":, "name":, "rule":, "builtin":}]`.
///
/// # Errors
/// [`crate::Error`].
pub async fn ensure(tx: &TenantTx, builtins: &Value) -> Result<()> {
    tx.execute(sql!("alert_rules/ensure"), &[(builtins, Type::JSONB)]).await?;
    Ok(())
}

/// Rules, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, before: Option<AlertRuleId>, limit: u32) -> Result<Vec<AlertRule>> {
    find(tx, None, before, limit).await
}

/// One rule.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: AlertRuleId) -> Result<Option<AlertRule>> {
    Ok(find(tx, Some(id), None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<AlertRuleId>,
    before: Option<AlertRuleId>,
    limit: u32,
) -> Result<Vec<AlertRule>> {
    let (id, before, limit) = (id.map(|id| id.0), before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[(&id, Type::UUID), (&before, Type::UUID), (&limit, Type::INT8)];
    Ok(tx.query(sql!("alert_rules/list"), params).await?.iter().map(from_row).collect())
}

/// Rules that are to be evaluated, held until the transaction ends; those that another one holds are left out.
///
/// # Errors
/// [`crate::Error`].
pub async fn take(tx: &TenantTx) -> Result<Vec<AlertRule>> {
    let rows = tx.query(sql!("alert_rules/take"), &[(&limits::ALERT_RULES, Type::INT8)]).await?;
    Ok(rows.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> AlertRule {
    AlertRule {
        id: AlertRuleId(row.get("id")),
        name: row.get("name"),
        rule: row.get("rule"),
        is_enabled: row.get("is_enabled"),
        builtin: row.get("builtin"),
        pending_since: row.get("pending_since"),
        clearing_since: row.get("clearing_since"),
        last_value: row.get("last_value"),
        evaluated_at: row.get("evaluated_at"),
        is_firing: row.get("is_firing"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// Makes a rule; `None` when there are as many as there may be.
///
/// # Errors
/// [`crate::Error`].
pub async fn create(
    tx: &TenantTx,
    name: &str,
    rule: &Value,
    is_enabled: bool,
) -> Result<Option<AlertRuleId>> {
    let id = AlertRuleId::generate();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&name, Type::TEXT),
        (rule, Type::JSONB),
        (&is_enabled, Type::BOOL),
        (&limits::ALERT_RULES, Type::INT8),
    ];
    audit::made("alert_rule", id.0);
    Ok((tx.execute(sql!("alert_rules/create"), params).await? > 0).then_some(id))
}

/// Changes a rule; `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn change(
    tx: &TenantTx,
    id: AlertRuleId,
    name: &str,
    rule: &Value,
    is_enabled: bool,
) -> Result<bool> {
    let params: Params<'_> =
        &[(&id.0, Type::UUID), (&name, Type::TEXT), (rule, Type::JSONB), (&is_enabled, Type::BOOL)];
    Ok(tx.execute(sql!("alert_rules/change"), params).await? > 0)
}

/// Deletes a rule; `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, id: AlertRuleId) -> Result<bool> {
    Ok(tx.execute(sql!("alert_rules/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}

/// Notes how far a rule is.
///
/// # Errors
/// [`crate::Error`].
pub async fn note(
    tx: &TenantTx,
    id: AlertRuleId,
    (pending, clearing): (Option<Timestamp>, Option<Timestamp>),
    value: Option<f64>,
    at: Timestamp,
) -> Result<()> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&pending, Type::TIMESTAMPTZ),
        (&clearing, Type::TIMESTAMPTZ),
        (&value, Type::FLOAT8),
        (&at, Type::TIMESTAMPTZ),
    ];
    tx.execute(sql!("alert_rules/note"), params).await?;
    Ok(())
}

/// What happened in a window of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measured {
    /// Answers of chatbots.
    pub answers: i64,
    /// Of them, those that broke off.
    pub failed: i64,
    /// Of them, those that said that nothing is known.
    pub abstained: i64,
    /// Milliseconds of an answer, in the mean.
    pub response_mean: Option<f64>,
    /// Milliseconds that 95 of 100 answers did not exceed.
    pub response_p95: Option<f64>,
    /// 0..1.
    pub confidence_mean: Option<f64>,
    /// US dollars.
    pub cost: f64,
    /// Of prompts and answers.
    pub tokens: f64,
    /// Thumbs.
    pub judgements: i64,
    /// Of them, those that are down.
    pub negative: i64,
    /// Documents whose reading ended.
    pub documents: i64,
    /// Of them, those that could not be read.
    pub failed_documents: i64,
    /// The budget of a day, the organization's or the chatbot's, US dollars.
    pub daily_cost: Option<f64>,
    /// The same, tokens.
    pub daily_tokens: Option<f64>,
    /// What today's budget was asked for, US dollars; 0 of other days.
    pub spent_cost: f64,
    /// The same, tokens.
    pub spent_tokens: f64,
}

/// What happened in the minutes before each of these instants, in the order of time.
///
/// # Errors
/// [`crate::Error`].
pub async fn measure(
    tx: &TenantTx,
    instants: &[Timestamp],
    window_minutes: i32,
    chatbot: Option<ChatbotId>,
) -> Result<Vec<(Timestamp, Measured)>> {
    let chatbot = chatbot.map(|id| id.0);
    let params: Params<'_> =
        &[(&instants, Type::TIMESTAMPTZ_ARRAY), (&window_minutes, Type::INT4), (&chatbot, Type::UUID)];
    let rows = tx.query(sql!("alert_rules/measure"), params).await?;
    let measured = rows.iter().map(|row| {
        let measured = Measured {
            answers: row.get("answers"),
            failed: row.get("failed"),
            abstained: row.get("abstained"),
            response_mean: row.get("response_mean"),
            response_p95: row.get("response_p95"),
            confidence_mean: row.get("confidence_mean"),
            cost: row.get("cost"),
            tokens: row.get("tokens"),
            judgements: row.get("judgements"),
            negative: row.get("negative"),
            documents: row.get("documents"),
            failed_documents: row.get("failed_documents"),
            daily_cost: row.get("daily_cost"),
            daily_tokens: row.get("daily_tokens"),
            spent_cost: row.get("spent_cost"),
            spent_tokens: row.get("spent_tokens"),
        };
        (row.get("at"), measured)
    });
    Ok(measured.collect())
}
