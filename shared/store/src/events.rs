//! Events: append-only facts, written in the transaction of what they tell about.

use crate::{Result, TenantTx, sql};
use domain::EventId;
use serde_json::Value;
use tokio_postgres::types::Type;
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
    /// Who looked at what is kept sealed, or changed what others may do.
    Audit,
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
    let rows: Vec<Value> = events
        .iter()
        .map(|event| {
            let (category, severity) = match event.category {
                Category::System => ("system", "info"),
                Category::UserAction => ("user_action", "info"),
                Category::Error => ("error", "error"),
                Category::Performance => ("performance", "info"),
                Category::Audit => ("audit", "info"),
            };
            serde_json::json!({
                "id": EventId::generate(), "event_type": event.kind, "event_category": category,
                "severity": severity, "payload": event.payload, "session_id": event.session,
                "resource_type": event.resource.map(|(kind, _)| kind), "resource_id": event.resource.map(|(_, id)| id),
            })
        })
        .collect();
    tx.execute(sql!("events/record"), &[(&Value::Array(rows), Type::JSONB)]).await?;
    Ok(())
}
