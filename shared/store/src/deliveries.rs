//! The outbox: what is to be sent is written with what it tells of, and sent afterwards. And to whom.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{
    DeliveryId, EscalationId, EscalationNoteId, IntegrationId, MessageId, NotificationTargetId, SessionId,
    limits,
};
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
    /// `webhook` or `sns`.
    pub kind: String,
    /// Where to: a URL, or a topic's ARN.
    pub address: String,
    /// The least severity that it is told of.
    pub severity: String,
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
        is_enabled: row.get("is_enabled"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    });
    Ok(targets.collect())
}

/// Makes a target, with the secret that its messages are signed with, sealed, if it has one of its own; `false` when there are
/// as many as there may be.
///
/// # Errors
/// [`crate::Error`].
pub async fn create_target(
    tx: &TenantTx,
    id: NotificationTargetId,
    kind: &str,
    settings: &Settings,
    secret: Option<&[u8]>,
) -> Result<bool> {
    let most = i64::try_from(limits::NOTIFICATION_TARGETS).unwrap_or(i64::MAX);
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&settings.name, Type::TEXT),
        (&kind, Type::TEXT),
        (&settings.address, Type::TEXT),
        (&settings.severity, Type::TEXT),
        (&settings.is_enabled, Type::BOOL),
        (&most, Type::INT8),
        (&secret, Type::BYTEA),
    ];
    audit::made("notification_target", id.0);
    Ok(tx.execute(sql!("notification_targets/create"), params).await? > 0)
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

/// What is told of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It was opened.
    Opened,
    /// An agent noted something, for agents.
    Noted(EscalationNoteId),
    /// An agent said something in the conversation.
    Replied(MessageId),
    /// It is in another state.
    Changed,
}

/// Writes down what the organization's ticket system is told of a ticket as it is now, if there is one that wants to hear of it.
///
/// # Errors
/// [`crate::Error`].
pub async fn tell_ticket_system(tx: &TenantTx, ticket: EscalationId, news: News) -> Result<()> {
    let (call, note, message) = match news {
        News::Opened => ("create", None, None),
        News::Noted(note) => ("comment", Some(note.0), None),
        News::Replied(message) => ("comment", None, Some(message.0)),
        News::Changed => ("status", None, None),
    };
    let params: Params<'_> = &[
        (&DeliveryId::generate().0, Type::UUID),
        (&ticket.0, Type::UUID),
        (&call, Type::TEXT),
        (&note, Type::UUID),
        (&message, Type::UUID),
    ];
    tx.execute(sql!("deliveries/tell_ticket_system"), params).await?;
    Ok(())
}

/// Writes down that an agent's message is to reach whoever talks in its session, where they talk.
///
/// # Errors
/// [`crate::Error`].
pub async fn tell_channel(
    tx: &TenantTx,
    ticket: EscalationId,
    session: SessionId,
    (message, sequence): (MessageId, i32),
) -> Result<()> {
    let params: Params<'_> = &[
        (&DeliveryId::generate().0, Type::UUID),
        (&ticket.0, Type::UUID),
        (&session.0, Type::UUID),
        (&message.0, Type::UUID),
        (&sequence, Type::INT4),
    ];
    tx.execute(sql!("deliveries/tell_channel"), params).await?;
    Ok(())
}

/// What is to be sent now.
#[derive(Debug, Clone)]
pub struct Due {
    /// Its row.
    pub id: DeliveryId,
    /// Such as `alert.triggered`.
    pub event: String,
    /// The body's `data`; of a ticket, what it was.
    pub payload: Value,
    /// This one included.
    pub attempts: i32,
    /// When it was written down.
    pub created_at: Timestamp,
    /// The organization's slug.
    pub slug: String,
    /// To whom.
    pub to: To,
}

/// To whom something is sent.
#[derive(Debug, Clone)]
pub enum To {
    /// Who is told of alerts.
    Target {
        /// `webhook` or `sns`.
        kind: String,
        /// Where to.
        address: String,
        /// How it is signed.
        signing: Signing,
    },
    /// The organization's ticket system.
    TicketSystem(Box<TicketSystem>),
}

/// The organization's ticket system, and what it is told of.
#[derive(Debug, Clone)]
pub struct TicketSystem {
    /// The integration.
    pub id: IntegrationId,
    /// [`domain::ticketing::Adapter`].
    pub settings: Value,
    /// How it is signed.
    pub signing: Signing,
    /// What it wants in the header `Authorization`, sealed.
    pub authorization: Option<Vec<u8>>,
    /// The ticket.
    pub ticket: EscalationId,
    /// What the other system calls it, once it is known there.
    pub external_ticket: Option<String>,
    /// Whether its user reads what is said; else it is among agents.
    pub is_public: bool,
    /// What is said of it, and by whom.
    pub said: Option<(String, String)>,
    /// What was asked last before it was opened.
    pub question: Option<String>,
    /// What was said until then, a message a line: `role: content`.
    pub transcript: Option<String>,
}

/// What a message is signed with.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The target's or the integration's row.
    pub row: uuid::Uuid,
    /// Which of the secrets that are derived for it.
    pub number: i32,
    /// A secret of its own, sealed; `None`: it is derived.
    pub sealed: Option<Vec<u8>>,
}

fn to(row: &Row) -> To {
    let signing = |row_id| Signing {
        row: row_id,
        number: row.get("signing_number"),
        sealed: row.get("secret_ciphertext"),
    };
    match (row.get::<_, Option<uuid::Uuid>>("target_id"), row.get::<_, Option<uuid::Uuid>>("integration_id"))
    {
        (None, Some(id)) => To::TicketSystem(Box::new(TicketSystem {
            id: IntegrationId(id),
            settings: row.get("settings"),
            signing: signing(id),
            authorization: row.get("authorization_ciphertext"),
            ticket: EscalationId(row.get("escalation_id")),
            external_ticket: row.get("external_ticket_id"),
            is_public: row.get("is_public"),
            said: row
                .get::<_, Option<String>>("content")
                .map(|content| (content, row.get::<_, Option<String>>("author").unwrap_or_default())),
            question: row.get("question"),
            transcript: row.get("transcript"),
        })),
        (target, _) => To::Target {
            kind: row.get("target_kind"),
            address: row.get("address"),
            signing: signing(target.unwrap_or_default()),
        },
    }
}

/// Takes what is due, for [`limits::DELIVERY_HELD_SECONDS`].
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &TenantTx) -> Result<Vec<Due>> {
    let params: Params<'_> = &[
        (&limits::DELIVERY_HELD_SECONDS, Type::FLOAT8),
        (&limits::DELIVERIES_AT_ONCE, Type::INT8),
        (&limits::TICKET_TRANSCRIPT_MESSAGES, Type::INT8),
    ];
    let rows = tx.query(sql!("deliveries/claim"), params).await?;
    let due = rows.iter().map(|row| Due {
        id: DeliveryId(row.get("id")),
        event: row.get("event"),
        payload: row.get("payload"),
        attempts: row.get("attempts"),
        created_at: row.get("created_at"),
        slug: row.get("slug"),
        to: to(row),
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
    /// `notification`, `channel` or `ticket`.
    pub kind: String,
    /// To whom, of a notification.
    pub target: Option<NotificationTargetId>,
    /// To which system, of what is told of a ticket.
    pub integration: Option<IntegrationId>,
    /// Which ticket.
    pub escalation: Option<EscalationId>,
    /// Which conversation.
    pub session: Option<SessionId>,
    /// Where the conversation is had, of an agent's reply.
    pub channel: Option<String>,
    /// An agent's reply.
    pub message: Option<MessageId>,
    /// Such as `alert.triggered`.
    pub event: String,
    /// The body's `data`; of a ticket nothing.
    pub payload: Value,
    /// `pending`, `waiting`, `delivered` or `failed`.
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
    /// To this system.
    pub integration: Option<IntegrationId>,
    /// Of this ticket.
    pub escalation: Option<EscalationId>,
    /// Of this kind.
    pub kind: Option<&'a str>,
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
    let (integration, escalation) = (which.integration.map(|id| id.0), which.escalation.map(|id| id.0));
    let params: Params<'_> = &[
        (&target, Type::UUID),
        (&which.status, Type::TEXT),
        (&before, Type::UUID),
        (&limit, Type::INT8),
        (&integration, Type::UUID),
        (&escalation, Type::UUID),
        (&which.kind, Type::TEXT),
    ];
    let from_row = |row: &Row| Delivery {
        id: DeliveryId(row.get("id")),
        kind: row.get("kind"),
        target: row.get::<_, Option<_>>("target_id").map(NotificationTargetId),
        integration: row.get::<_, Option<_>>("integration_id").map(IntegrationId),
        escalation: row.get::<_, Option<_>>("escalation_id").map(EscalationId),
        session: row.get::<_, Option<_>>("session_id").map(SessionId),
        channel: row.get("channel"),
        message: row.get::<_, Option<_>>("message_id").map(MessageId),
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
