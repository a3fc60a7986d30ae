//! Events: append-only facts, written in the transaction of what they tell about.

use crate::{Result, TenantTx, audit::Teller, sql, tenant::Params};
use domain::{ApiKeyId, EventId, SessionId, UserId};
use jiff::Timestamp;
use serde_json::Value;
use std::net::IpAddr;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// What kinds of facts there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// The system did something by itself.
    System,
    /// A person or program did something.
    UserAction,
    /// Something failed.
    Error,
    /// How long or how much.
    Performance,
    /// Who looked at what is not for everybody, or changed what others may do.
    Audit,
}

impl Category {
    /// All of them.
    pub const ALL: [Category; 5] =
        [Category::System, Category::UserAction, Category::Error, Category::Performance, Category::Audit];

    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Category::System => "system",
            Category::UserAction => "user_action",
            Category::Error => "error",
            Category::Performance => "performance",
            Category::Audit => "audit",
        }
    }

    const fn severity(self) -> &'static str {
        if matches!(self, Category::Error) { "error" } else { "info" }
    }
}

/// A fact.
#[derive(Debug)]
pub struct Event<'a> {
    /// `message_received`, `llm_call`, `document_uploaded`, `ingestion_completed`, …
    pub kind: &'a str,
    /// Which kind of fact.
    pub category: Category,
    /// What happened: figures and ids, never a message's text.
    pub payload: Value,
    /// In which conversation.
    pub session: Option<Uuid>,
    /// About what.
    pub resource: Option<(&'a str, Uuid)>,
}

/// Writes facts in one statement.
///
/// # Errors
/// [`crate::Error`].
pub async fn record(tx: &TenantTx, events: &[Event<'_>]) -> Result<()> {
    write(tx, events.iter().map(|event| row(event, event.resource.unzip(), None)).collect()).await
}

/// Writes one that says who did it, and from where.
pub(crate) async fn record_of(
    tx: &TenantTx,
    teller: &Teller,
    event: &Event<'_>,
    about: (Option<&str>, Option<Uuid>),
) -> Result<()> {
    write(tx, vec![row(event, about, Some(teller))]).await
}

async fn write(tx: &TenantTx, rows: Vec<Value>) -> Result<()> {
    tx.execute(sql!("events/record"), &[(&Value::Array(rows), Type::JSONB)]).await?;
    Ok(())
}

fn row(event: &Event<'_>, about: (Option<&str>, Option<Uuid>), teller: Option<&Teller>) -> Value {
    serde_json::json!({
        "id": EventId::generate(), "event_type": event.kind, "event_category": event.category.as_str(),
        "severity": event.category.severity(), "payload": event.payload, "session_id": event.session,
        "resource_type": about.0, "resource_id": about.1,
        "user_id": teller.and_then(|teller| teller.user), "api_key_id": teller.and_then(|teller| teller.key),
        "ip_address": teller.and_then(|teller| teller.address),
        "user_agent": teller.and_then(|teller| teller.user_agent.as_deref()),
    })
}

/// A fact as it is read.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Its row.
    pub id: EventId,
    /// What happened.
    pub kind: String,
    /// [`Category`], as it is spelled.
    pub category: String,
    /// `debug`, `info`, `warning`, `error` or `critical`.
    pub severity: String,
    /// `pending`, `completed` or `failed`.
    pub status: String,
    /// Figures and ids.
    pub payload: Value,
    /// In which conversation.
    pub session: Option<SessionId>,
    /// Who did it, where a person did.
    pub user: Option<UserId>,
    /// Which key did it, where a machine did.
    pub api_key: Option<ApiKeyId>,
    /// What kind of thing it is about.
    pub resource_type: Option<String>,
    /// Which one.
    pub resource: Option<Uuid>,
    /// From where.
    pub address: Option<IpAddr>,
    /// With which program, as that says.
    pub user_agent: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// Which facts; what is not named narrows nothing.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// Of these categories.
    pub categories: &'a [Category],
    /// Of this type.
    pub kind: Option<&'a str>,
    /// Of this severity.
    pub severity: Option<&'a str>,
    /// About a thing of this kind.
    pub resource_type: Option<&'a str>,
    /// About this thing.
    pub resource: Option<Uuid>,
    /// In this conversation.
    pub session: Option<SessionId>,
    /// Done by this person.
    pub user: Option<UserId>,
    /// Done with this key.
    pub api_key: Option<ApiKeyId>,
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Older than this one.
    pub before: Option<EventId>,
}

/// Facts, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Fact>> {
    let categories: Vec<&str> = which.categories.iter().map(|category| category.as_str()).collect();
    let params: Params<'_> = &[
        (&categories, Type::TEXT_ARRAY),
        (&which.kind, Type::TEXT),
        (&which.severity, Type::TEXT),
        (&which.resource_type, Type::TEXT),
        (&which.resource, Type::UUID),
        (&which.session.map(|id| id.0), Type::UUID),
        (&which.user.map(|id| id.0), Type::UUID),
        (&which.api_key.map(|id| id.0), Type::UUID),
        (&which.from, Type::TIMESTAMPTZ),
        (&which.to, Type::TIMESTAMPTZ),
        (&which.before.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
    ];
    Ok(tx.query(sql!("events/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Fact {
    Fact {
        id: EventId(row.get("id")),
        kind: row.get("event_type"),
        category: row.get("event_category"),
        severity: row.get("severity"),
        status: row.get("status"),
        payload: row.get("payload"),
        session: row.get::<_, Option<Uuid>>("session_id").map(SessionId),
        user: row.get::<_, Option<Uuid>>("user_id").map(UserId),
        api_key: row.get::<_, Option<Uuid>>("api_key_id").map(ApiKeyId),
        resource_type: row.get("resource_type"),
        resource: row.get("resource_id"),
        address: row.get("ip_address"),
        user_agent: row.get("user_agent"),
        created_at: row.get("created_at"),
    }
}
