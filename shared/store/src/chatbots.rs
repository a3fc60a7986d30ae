//! Chatbots and their config versions.

use crate::{
    Result, TenantTx, config_versions,
    sessions::{self, TurnContext},
    sql,
};
use domain::{
    ChatbotId, CollectionId, ConfigVersionId, SpaceId,
    chatbot::{DEFAULT_CONFIDENCE_THRESHOLD, ModelConfig, provider_of},
};
use jiff::Timestamp;
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};

/// A chatbot's first settings; the rest are the product's defaults.
#[derive(Debug)]
pub struct NewChatbot<'a> {
    /// Unique within the organization.
    pub name: &'a str,
    /// Model that generates.
    pub llm_model: &'a str,
    /// Space that is searched.
    pub space: SpaceId,
    /// What it is told to be.
    pub system_prompt: &'a str,
    /// What it says when there is no answer.
    pub fallback_message: &'a str,
}

/// Makes an active chatbot with config version 1.
///
/// # Errors
/// [`crate::Error::Refused`] with `chatbots_organization_id_name_key` when the name is taken.
pub async fn create(tx: &TenantTx, chatbot: &NewChatbot<'_>) -> Result<ChatbotId> {
    let id = ChatbotId::generate();
    let config = ConfigVersionId::generate();
    let settings = serde_json::json!(ModelConfig::default());
    tx.execute(sql!("chatbots/create"), &[(&id.0, Type::UUID), (&chatbot.name, Type::TEXT)]).await?;
    tx.execute(
        sql!("config_versions/create"),
        &[
            (&config.0, Type::UUID),
            (&id.0, Type::UUID),
            (&chatbot.llm_model, Type::TEXT),
            (&chatbot.system_prompt, Type::TEXT),
            (&settings, Type::JSONB),
            (&chatbot.space.0, Type::UUID),
            (&chatbot.fallback_message, Type::TEXT),
            (&provider_of(chatbot.llm_model), Type::TEXT),
            (&DEFAULT_CONFIDENCE_THRESHOLD, Type::FLOAT4),
        ],
    )
    .await?;
    config_versions::activate(tx, id, config, "operator").await?;
    Ok(id)
}

/// How much a chatbot reads: `(documents, collections that hold them)`.
///
/// # Errors
/// [`crate::Error`].
pub async fn readable(tx: &TenantTx, chatbot: ChatbotId) -> Result<(i64, i64)> {
    let row = tx.query_one(sql!("chatbots/readable"), &[(&chatbot.0, Type::UUID)]).await?;
    Ok((row.get("documents"), row.get("collections")))
}

/// Lets a chatbot read a collection; without any link it reads everything of its organization.
///
/// # Errors
/// [`crate::Error`].
pub async fn link_collection(tx: &TenantTx, chatbot: ChatbotId, collection: CollectionId) -> Result<()> {
    tx.execute(sql!("chatbots/link_collection"), &[(&chatbot.0, Type::UUID), (&collection.0, Type::UUID)])
        .await?;
    Ok(())
}

/// The chatbot of a name.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_name(tx: &TenantTx, name: &str) -> Result<Option<ChatbotId>> {
    let row = tx.query_opt(sql!("chatbots/of_name"), &[(&name, Type::TEXT)]).await?;
    Ok(row.map(|row| ChatbotId(row.get("id"))))
}

/// A chatbot that talks.
#[derive(Debug, Clone)]
pub struct Talking {
    /// Its row.
    pub id: ChatbotId,
    /// Unique within the organization.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is for everybody: one that is being tested answers those who name it.
    pub is_active: bool,
}

/// The chatbots that talk, by name.
///
/// # Errors
/// [`crate::Error`].
pub async fn talking(tx: &TenantTx, limit: u32) -> Result<Vec<Talking>> {
    let all: Option<&str> = None;
    let rows =
        tx.query(sql!("chatbots/talking"), &[(&all, Type::TEXT), (&i64::from(limit), Type::INT8)]).await?;
    Ok(rows.iter().map(talking_from_row).collect())
}

/// The talking chatbot that is meant by an id, by a name, or by a name as a slug where no other is called so.
///
/// # Errors
/// [`crate::Error`].
pub async fn talking_one(tx: &TenantTx, named: &str) -> Result<Option<Talking>> {
    if is_no_name(named) {
        return Ok(None);
    }
    let rows = tx.query(sql!("chatbots/talking"), &[(&named, Type::TEXT), (&2_i64, Type::INT8)]).await?;
    Ok(the_one_meant(&rows).map(talking_from_row))
}

/// What a first turn with a chatbot needs to know; `named` as [`talking_one`] reads it.
///
/// # Errors
/// [`crate::Error`].
pub async fn turn_context(tx: &TenantTx, named: &str) -> Result<Option<TurnContext>> {
    if is_no_name(named) {
        return Ok(None);
    }
    let rows = tx.query(sql!("chatbots/turn_context"), &[(&named, Type::TEXT)]).await?;
    the_one_meant(&rows).map(sessions::turn_context_from_row).transpose()
}

/// What a first turn with a chatbot would need to know if a version of its settings answered: tried out and taken back, so that
/// it is exactly what a turn loads. Ends the transaction.
///
/// # Errors
/// [`crate::Error`].
pub async fn trial_context(
    tx: TenantTx,
    chatbot: ChatbotId,
    version: ConfigVersionId,
) -> Result<Option<TurnContext>> {
    let params = &[(&chatbot.0 as &(dyn ToSql + Sync), Type::UUID), (&version.0, Type::UUID)];
    tx.execute(sql!("chatbots/try_version"), params).await?;
    let context = turn_context(&tx, &chatbot.to_string()).await;
    // Not committed: nobody else saw it.
    drop(tx);
    context
}

/// What no column can hold nobody is called.
fn is_no_name(named: &str) -> bool {
    named.contains('\0')
}

/// A slug that two names have means neither.
fn the_one_meant(rows: &[Row]) -> Option<&Row> {
    rows.first().filter(|first| rows.len() == 1 || first.get("is_exact"))
}

fn talking_from_row(row: &Row) -> Talking {
    Talking {
        id: ChatbotId(row.get("id")),
        name: row.get("name"),
        description: row.get("description"),
        created_at: row.get("created_at"),
        is_active: row.get("is_active"),
    }
}
