//! Messages that a language model reads a second time: which wait, and what it found. It stands in the message itself,
//! under `metadata.reading`, and goes with it.

use crate::{Result, TenantTx, budgets::Spending, sql, tenant::Params};
use domain::{ChatbotId, MessageId, SessionId, limits};
use serde_json::Value;
use tokio_postgres::types::Type;

/// A message to be read.
#[derive(Debug, Clone)]
pub struct Unread {
    /// Its row.
    pub id: MessageId,
    /// Its conversation.
    pub session: SessionId,
    /// With whom that is.
    pub chatbot: ChatbotId,
    /// As it is kept.
    pub content: String,
    /// What was found of its mood without a model.
    pub sentiment: Option<Value>,
    /// What was found of risks without a model.
    pub risk_flags: Option<Value>,
}

/// Whether messages wait for a model, and nobody reads them.
///
/// # Errors
/// [`crate::Error`].
pub async fn are_waiting(tx: &TenantTx) -> Result<bool> {
    let params: Params<'_> =
        &[(&limits::READING_HOURS, Type::INT4), (&limits::READING_HELD_SECONDS, Type::INT4)];
    // Of an organization that is gone, nothing waits.
    Ok(tx.query_opt(sql!("readings/waiting"), params).await?.is_some_and(|row| row.get("is_waiting")))
}

/// The model that reads an organization's messages; `None` too of an organization that is gone.
///
/// # Errors
/// [`crate::Error`].
pub async fn model(tx: &TenantTx) -> Result<Option<String>> {
    Ok(tx.query_opt(sql!("readings/model"), &[]).await?.and_then(|row| row.get("model")))
}

/// Takes some for oneself; `claim` is what they are known by.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &TenantTx, claim: &str, model: &str) -> Result<Vec<Unread>> {
    let params: Params<'_> = &[
        (&claim, Type::TEXT),
        (&model, Type::TEXT),
        (&limits::READING_HOURS, Type::INT4),
        (&limits::READING_HELD_SECONDS, Type::INT4),
        (&limits::READING_ATTEMPTS, Type::INT4),
        (&limits::READINGS_AT_ONCE, Type::INT8),
    ];
    let rows = tx.query(sql!("readings/claim"), params).await?;
    let unread = |row: &tokio_postgres::Row| Unread {
        id: MessageId(row.get("id")),
        session: SessionId(row.get("session_id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        content: row.get("content"),
        sentiment: row.get("sentiment"),
        risk_flags: row.get("risk_flags"),
    };
    Ok(rows.iter().map(unread).collect())
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// `None`: as it was found without a model; an inner `None`: not known.
    pub sentiment: Option<Option<Value>>,
    /// `None`: as they were found without a model.
    pub risk_flags: Option<Value>,
    /// How it came about: `{status, model, failed, prompt_tokens, completion_tokens}`.
    pub about: Value,
}

/// Keeps it; `false` when the message is not ours any more.
///
/// # Errors
/// [`crate::Error`].
pub async fn keep(
    tx: &TenantTx,
    id: MessageId,
    claim: &str,
    read: &Reading,
    spent: &Spending<'_>,
) -> Result<bool> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&claim, Type::TEXT),
        (&read.sentiment.is_some(), Type::BOOL),
        (&read.sentiment.as_ref().and_then(Option::as_ref), Type::JSONB),
        (&read.risk_flags, Type::JSONB),
        (&read.about, Type::JSONB),
        (&spent.provider, Type::TEXT),
        (&spent.model, Type::TEXT),
        (&spent.prompt, Type::INT8),
        (&spent.completion, Type::INT8),
        (&spent.kept, Type::INT8),
        (&spent.keeping, Type::INT8),
    ];
    Ok(tx.execute(sql!("readings/keep"), params).await? > 0)
}

/// A category by its name, with what is wanted within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Unique within the chatbot.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Names, unique within the category.
    pub intents: Vec<String>,
}

/// The categories of a chatbot that a model may name, in their order.
///
/// # Errors
/// [`crate::Error`].
pub async fn categories(tx: &TenantTx, chatbot: ChatbotId) -> Result<Vec<Named>> {
    let params: Params<'_> = &[(&chatbot.0, Type::UUID), (&limits::READING_CATEGORIES, Type::INT8)];
    let rows = tx.query(sql!("readings/categories"), params).await?;
    let named = |row: &tokio_postgres::Row| Named {
        name: row.get("name"),
        description: row.get("description"),
        intents: row.get("intents"),
    };
    Ok(rows.iter().map(named).collect())
}

/// Says what a session is about, where neither people nor a model has.
///
/// # Errors
/// [`crate::Error`].
pub async fn categorise(
    tx: &TenantTx,
    session: SessionId,
    category: &str,
    intent: Option<&str>,
) -> Result<()> {
    let params: Params<'_> = &[(&session.0, Type::UUID), (&category, Type::TEXT), (&intent, Type::TEXT)];
    tx.execute(sql!("readings/categorise"), params).await?;
    Ok(())
}
