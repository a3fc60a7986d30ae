//! The outbox: what is to be sent is written with what it tells of, and sent afterwards. And to whom.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{DeliveryId, NotificationTargetId, limits};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};

/// Who is told of alerts.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its row.
    pub id: NotificationTargetId,
    /// For people.
    pub name: String,
    /// `webhook`.
    pub kind: String,
    /// Where to.
    pub address: String,
    /// The least severity that it is told of.
    pub severity: String,
    /// Which of the secrets that are derived for it.
    pub signing_number: i32,
    /// Whether anything is sent.
    pub is_enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// What can be said of a target.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For people.
    pub name: String,
    /// Where to.
    pub address: String,
    /// The least severity that it is told of.
    pub severity: String,
    /// Whether anything is sent.
    pub is_enabled: bool,
}

/// Targets, newest first; or one.
///
/// # Errors
/// [`crate::Error`].
pub async fn targets(
    tx: &TenantTx,
    id: Option<NotificationTargetId>,
    before: Option<NotificationTargetId>,
    limit: u32,
) -> Result<Vec<Target>> {
    let (id, before, limit) = (id.map(|id| id.0), before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[(&id, Type::UUID), (&before, Type::UUID), (&limit, Type::INT8)];
    let rows = tx.query(sql!("notification_targets/list"), params).await?;
    let targets = rows.iter().map(|row| Target {
        id: NotificationTargetId(row.get("id")),
        name: row.get("name"),
        kind: row.get("kind"),
        address: row.get("address"),
        severity: row.get("severity"),
        signing_number: row.get("signing_number"),
        is_enabled: row.get("is_enabled"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    });
    Ok(targets.collect())
}

/// Makes a target; `None` when there are as many as there may be.
///
/// # Errors
/// [`crate::Error`].
pub async fn create_target(
    tx: &TenantTx,
    kind: &str,
    settings: &Settings,
) -> Result<Option<NotificationTargetId>> {
    let id = NotificationTargetId::generate();
    let most = i64::try_from(limits::NOTIFICATION_TARGETS).unwrap_or(i64::MAX);
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&settings.name, Type::TEXT),
        (&kind, Type::TEXT),
        (&settings.address, Type::TEXT),
        (&settings.severity, Type::TEXT),
        (&settings.is_enabled, Type::BOOL),
        (&most, Type::INT8),
    ];
    audit::made("notification_target", id.0);
    Ok((tx.execute(sql!("notification_targets/create"), params).await? > 0).then_some(id))
}

/// Changes a target; `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn change_target(tx: &TenantTx, id: NotificationTargetId, settings: &Settings) -> Result<bool> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&settings.name, Type::TEXT),
        (&settings.address, Type::TEXT),
        (&settings.severity, Type::TEXT),
        (&settings.is_enabled, Type::BOOL),
    ];
    Ok(tx.execute(sql!("notification_targets/change"), params).await? > 0)
}

/// Deletes a target, with what was sent to it; `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_target(tx: &TenantTx, id: NotificationTargetId) -> Result<bool> {
    Ok(tx.execute(sql!("notification_targets/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}

/// Writes down what is to be sent to every target that is told of such a severity, or to one alone; to how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn enqueue(
    tx: &TenantTx,
    event: &str,
    payload: &Value,
    severity: &str,
    target: Option<NotificationTargetId>,
) -> Result<u64> {
    let target = target.map(|id| id.0);
    let ids: Vec<uuid::Uuid> = (0..limits::NOTIFICATION_TARGETS).map(|_| uuid::Uuid::now_v7()).collect();
    let params: Params<'_> = &[
        (&event, Type::TEXT),
        (payload, Type::JSONB),
        (&severity, Type::TEXT),
        (&target, Type::UUID),
        (&ids, Type::UUID_ARRAY),
    ];
    tx.execute(sql!("deliveries/enqueue"), params).await
}

/// What is to be sent now.
#[derive(Debug, Clone)]
pub struct Due {
    /// Its row.
    pub id: DeliveryId,
    /// Such as `alert.triggered`.
    pub event: String,
    /// The body's `data`.
    pub payload: Value,
    /// This one included.
    pub attempts: i32,
    /// When it was written down.
    pub created_at: Timestamp,
    /// To whom.
    pub target: NotificationTargetId,
    /// Where to.
    pub address: String,
    /// Which of the target's secrets signs it.
    pub signing_number: i32,
}

/// Takes what is due, for [`limits::DELIVERY_HELD_SECONDS`].
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &TenantTx) -> Result<Vec<Due>> {
    let params: Params<'_> =
        &[(&limits::DELIVERY_HELD_SECONDS, Type::FLOAT8), (&limits::DELIVERIES_AT_ONCE, Type::INT8)];
    let rows = tx.query(sql!("deliveries/claim"), params).await?;
    let due = rows.iter().map(|row| Due {
        id: DeliveryId(row.get("id")),
        event: row.get("event"),
        payload: row.get("payload"),
        attempts: row.get("attempts"),
        created_at: row.get("created_at"),
        target: NotificationTargetId(row.get("target_id")),
        address: row.get("address"),
        signing_number: row.get("signing_number"),
    });
    Ok(due.collect())
}

/// Notes what came of an attempt: `delivered`, `failed` for good, or `pending` for so many seconds.
///
/// # Errors
/// [`crate::Error`].
pub async fn settle(
    tx: &TenantTx,
    id: DeliveryId,
    status: &str,
    (answered, error): (Option<i32>, Option<&str>),
    seconds: f64,
) -> Result<()> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&status, Type::TEXT),
        (&answered, Type::INT4),
        (&error, Type::TEXT),
        (&seconds, Type::FLOAT8),
    ];
    tx.execute(sql!("deliveries/settle"), params).await?;
    Ok(())
}

/// Seconds until something is due; `None` when nothing waits.
///
/// # Errors
/// [`crate::Error`].
pub async fn next_due(tx: &TenantTx) -> Result<Option<f64>> {
    Ok(tx.query_one(sql!("deliveries/next_due"), &[]).await?.get("seconds"))
}

/// What was sent, or is to be.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its row: `webhook-id`.
    pub id: DeliveryId,
    /// To whom.
    pub target: NotificationTargetId,
    /// Such as `alert.triggered`.
    pub event: String,
    /// The body's `data`.
    pub payload: Value,
    /// `pending`, `delivered` or `failed`.
    pub status: String,
    /// So far.
    pub attempts: i32,
    /// While it is pending.
    pub next_attempt_at: Timestamp,
    /// HTTP status of the last answer.
    pub last_status: Option<i32>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was taken.
    pub delivered_at: Option<Timestamp>,
    /// When it was written down.
    pub created_at: Timestamp,
}

/// Which deliveries; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// To this target.
    pub target: Option<NotificationTargetId>,
    /// In this state.
    pub status: Option<&'a str>,
    /// Older than this one.
    pub before: Option<DeliveryId>,
}

/// Deliveries, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Delivery>> {
    let (target, before, limit) =
        (which.target.map(|id| id.0), which.before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> =
        &[(&target, Type::UUID), (&which.status, Type::TEXT), (&before, Type::UUID), (&limit, Type::INT8)];
    let from_row = |row: &Row| Delivery {
        id: DeliveryId(row.get("id")),
        target: NotificationTargetId(row.get("target_id")),
        event: row.get("event"),
        payload: row.get("payload"),
        status: row.get("status"),
        attempts: row.get("attempts"),
        next_attempt_at: row.get("next_attempt_at"),
        last_status: row.get("last_status"),
        last_error: row.get("last_error"),
        delivered_at: row.get("delivered_at"),
        created_at: row.get("created_at"),
    };
    Ok(tx.query(sql!("deliveries/list"), params).await?.iter().map(from_row).collect())
}

/// Deletes what is long past, so many at once; how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep(tx: &TenantTx, most: i64) -> Result<u64> {
    tx.execute(sql!("deliveries/sweep"), &[(&limits::DELIVERY_DAYS, Type::INT4), (&most, Type::INT8)]).await
}
