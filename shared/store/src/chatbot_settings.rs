//! Chatbots as those who keep them see them: listed, changed, linked to what they read.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{ChatbotId, CollectionId, ConfigVersionId, DocumentId, organization::Budgets};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// What is said of a chatbot.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Unique within the organization.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// `draft`, `active`, `inactive`, `testing` or `maintenance`; those `active` and `testing` talk.
    pub status: String,
    /// A picture of it.
    pub avatar_url: Option<String>,
    /// `{"product_ids": [], "categories": [], "document_types": [], "languages": []}`: narrows what it reads.
    pub knowledge_base_filter: Value,
    /// What it may spend in a day.
    pub budget: Budgets,
}

/// A chatbot.
#[derive(Debug, Clone)]
pub struct Chatbot {
    /// Its row.
    pub id: ChatbotId,
    /// What can be changed.
    pub settings: Settings,
    /// The settings that answer.
    pub active: Option<ConfigVersionId>,
    /// Config versions of it.
    pub versions: i64,
    /// To the minute.
    pub last_active_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// Says that what belongs to a chatbot was changed.
///
/// # Errors
/// [`crate::Error`].
pub async fn touch(tx: &TenantTx, id: ChatbotId) -> Result<()> {
    tx.execute(sql!("chatbots/touch"), &[(&id.0, Type::UUID)]).await?;
    Ok(())
}

/// Chatbots, newest first, older than `before`, in this state.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(
    tx: &TenantTx,
    status: Option<&str>,
    before: Option<ChatbotId>,
    limit: u32,
) -> Result<Vec<Chatbot>> {
    find(tx, None, status, before, limit).await
}

/// One chatbot.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: ChatbotId) -> Result<Option<Chatbot>> {
    Ok(find(tx, Some(id), None, None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<ChatbotId>,
    status: Option<&str>,
    before: Option<ChatbotId>,
    limit: u32,
) -> Result<Vec<Chatbot>> {
    let (id, before, limit) = (id.map(|id| id.0), before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> =
        &[(&id, Type::UUID), (&status, Type::TEXT), (&before, Type::UUID), (&limit, Type::INT8)];
    Ok(tx.query(sql!("chatbots/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Chatbot {
    Chatbot {
        id: ChatbotId(row.get("id")),
        settings: Settings {
            name: row.get("name"),
            description: row.get("description"),
            status: row.get("status"),
            avatar_url: row.get("avatar_url"),
            knowledge_base_filter: row.get("knowledge_base_filter"),
            budget: Budgets { daily_tokens: row.get("daily_tokens"), daily_cost: row.get("daily_cost") },
        },
        active: row.get::<_, Option<Uuid>>("active_config_version_id").map(ConfigVersionId),
        versions: row.get("versions"),
        last_active_at: row.get("last_active_at"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// Makes a chatbot, still without settings to answer by.
///
/// # Errors
/// [`crate::Error::Refused`] with `chatbots_organization_id_name_key` when the name is taken.
pub async fn create(tx: &TenantTx, settings: &Settings) -> Result<ChatbotId> {
    let id = ChatbotId::generate();
    tx.execute(sql!("chatbots/make"), &params(&id.0, settings)).await?;
    audit::made("chatbot", id.0);
    Ok(id)
}

/// Changes a chatbot; `false` when there is none.
///
/// # Errors
/// As [`create`].
pub async fn change(tx: &TenantTx, id: ChatbotId, settings: &Settings) -> Result<bool> {
    Ok(tx.execute(sql!("chatbots/change"), &params(&id.0, settings)).await? > 0)
}

fn params<'a>(
    id: &'a Uuid,
    settings: &'a Settings,
) -> [(&'a (dyn tokio_postgres::types::ToSql + Sync), Type); 8] {
    [
        (id, Type::UUID),
        (&settings.name, Type::TEXT),
        (&settings.description, Type::TEXT),
        (&settings.status, Type::TEXT),
        (&settings.avatar_url, Type::TEXT),
        (&settings.knowledge_base_filter, Type::JSONB),
        (&settings.budget.daily_tokens, Type::INT8),
        (&settings.budget.daily_cost, Type::TEXT),
    ]
}

/// Deletes a chatbot with its settings and conversations; `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, id: ChatbotId) -> Result<bool> {
    Ok(tx.execute(sql!("chatbots/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}

/// Holds a chatbot until the transaction ends: its active settings. The outer `None`: there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &TenantTx, id: ChatbotId) -> Result<Option<Option<ConfigVersionId>>> {
    let row = tx.query_opt(sql!("chatbots/lock"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.map(|row| row.get::<_, Option<Uuid>>("active_config_version_id").map(ConfigVersionId)))
}

/// Something that a chatbot is linked to.
#[derive(Debug, Clone)]
pub struct Linked {
    /// A collection's or a document's.
    pub id: Uuid,
    /// A slug or a key.
    pub name: String,
    /// Since when.
    pub assigned_at: Timestamp,
}

/// The collections that a chatbot is linked to.
///
/// # Errors
/// [`crate::Error`].
pub async fn collections(tx: &TenantTx, id: ChatbotId) -> Result<Vec<Linked>> {
    links(tx, id, false).await
}

/// The documents that a chatbot is linked to.
///
/// # Errors
/// [`crate::Error`].
pub async fn documents(tx: &TenantTx, id: ChatbotId) -> Result<Vec<Linked>> {
    links(tx, id, true).await
}

async fn links(tx: &TenantTx, id: ChatbotId, of_documents: bool) -> Result<Vec<Linked>> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&of_documents, Type::BOOL)];
    let rows = tx.query(sql!("chatbots/links"), params).await?;
    Ok(rows
        .iter()
        .map(|row| Linked { id: row.get("id"), name: row.get("name"), assigned_at: row.get("assigned_at") })
        .collect())
}

/// Links a chatbot to these collections and to no others.
///
/// # Errors
/// [`crate::Error::Refused`] when there is no such collection.
pub async fn set_collections(tx: &TenantTx, id: ChatbotId, collections: &[CollectionId]) -> Result<()> {
    let ids: Vec<Uuid> = collections.iter().map(|id| id.0).collect();
    tx.execute(sql!("chatbots/set_collections"), &[(&id.0, Type::UUID), (&ids, Type::UUID_ARRAY)]).await?;
    Ok(())
}

/// Links a chatbot to these documents and to no others.
///
/// # Errors
/// [`crate::Error::Refused`] when there is no such document.
pub async fn set_documents(tx: &TenantTx, id: ChatbotId, documents: &[DocumentId]) -> Result<()> {
    let ids: Vec<Uuid> = documents.iter().map(|id| id.0).collect();
    tx.execute(sql!("chatbots/set_documents"), &[(&id.0, Type::UUID), (&ids, Type::UUID_ARRAY)]).await?;
    Ok(())
}
