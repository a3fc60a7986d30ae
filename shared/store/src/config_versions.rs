//! Config versions: immutable; a chatbot points at the one that answers.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{ChatbotId, ConfigVersionId, SpaceId};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// All that decides how a chatbot answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Who serves the model.
    pub llm_provider: String,
    /// Model that generates.
    pub llm_model: String,
    /// What the bot is told to be.
    pub system_prompt: String,
    /// Parameters of the call.
    pub model_config: Value,
    /// Whether documents are searched.
    pub rag_enabled: bool,
    /// Where they are searched.
    pub space: SpaceId,
    /// Model that orders what was found anew.
    pub reranker_model: Option<String>,
    /// Passages that go into the prompt.
    pub retrieval_k: i32,
    /// Passages below this final score are not used.
    pub score_threshold: f32,
    /// Answers below this confidence are not given.
    pub confidence_threshold: f32,
    /// Tokens of passages that go into the prompt.
    pub context_window: i32,
    /// What is said first.
    pub welcome_message: Option<String>,
    /// What is said when there is no answer.
    pub fallback_message: String,
    /// Hosts that an answer's links may lead to, their subdomains included.
    pub allowed_hosts: Vec<String>,
}

/// A version.
#[derive(Debug, Clone)]
pub struct ConfigVersion {
    /// Its row.
    pub id: ConfigVersionId,
    /// Whose.
    pub chatbot: ChatbotId,
    /// From 1.
    pub number: i32,
    /// What it says.
    pub settings: Settings,
    /// Model of its space.
    pub embedding_model: String,
    /// Dimension of its space.
    pub embedding_dimension: i32,
    /// Why it was made.
    pub why: Option<String>,
    /// Whether it answers at present.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A chatbot's versions, newest first, below a number.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(
    tx: &TenantTx,
    chatbot: ChatbotId,
    below: Option<i32>,
    limit: u32,
) -> Result<Vec<ConfigVersion>> {
    find(tx, chatbot, None, below, limit).await
}

/// One version.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, chatbot: ChatbotId, id: ConfigVersionId) -> Result<Option<ConfigVersion>> {
    Ok(find(tx, chatbot, Some(id), None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    chatbot: ChatbotId,
    id: Option<ConfigVersionId>,
    below: Option<i32>,
    limit: u32,
) -> Result<Vec<ConfigVersion>> {
    let (id, limit) = (id.map(|id| id.0), i64::from(limit));
    let params: Params<'_> =
        &[(&chatbot.0, Type::UUID), (&id, Type::UUID), (&below, Type::INT4), (&limit, Type::INT8)];
    Ok(tx.query(sql!("config_versions/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> ConfigVersion {
    ConfigVersion {
        id: ConfigVersionId(row.get("id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        number: row.get("number"),
        settings: Settings {
            llm_provider: row.get("llm_provider"),
            llm_model: row.get("llm_model"),
            system_prompt: row.get("system_prompt"),
            model_config: row.get("model_config"),
            rag_enabled: row.get("rag_enabled"),
            space: SpaceId(row.get("space_id")),
            reranker_model: row.get("reranker_model"),
            retrieval_k: row.get("retrieval_k"),
            score_threshold: row.get("score_threshold"),
            confidence_threshold: row.get("confidence_threshold"),
            context_window: row.get("context_window"),
            welcome_message: row.get("welcome_message"),
            fallback_message: row.get("fallback_message"),
            allowed_hosts: row.get("allowed_hosts"),
        },
        embedding_model: row.get("embedding_model"),
        embedding_dimension: row.get("embedding_dimension"),
        why: row.get("why"),
        is_active: row.get::<_, Option<bool>>("is_active").unwrap_or_default(),
        created_at: row.get("created_at"),
    }
}

/// Makes a chatbot's next version; it does not answer yet.
///
/// # Errors
/// [`crate::Error`].
pub async fn create(
    tx: &TenantTx,
    chatbot: ChatbotId,
    settings: &Settings,
    why: Option<&str>,
) -> Result<ConfigVersionId> {
    let id = ConfigVersionId::generate();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&chatbot.0, Type::UUID),
        (&settings.llm_provider, Type::TEXT),
        (&settings.llm_model, Type::TEXT),
        (&settings.system_prompt, Type::TEXT),
        (&settings.model_config, Type::JSONB),
        (&settings.rag_enabled, Type::BOOL),
        (&settings.space.0, Type::UUID),
        (&settings.reranker_model, Type::TEXT),
        (&settings.retrieval_k, Type::INT4),
        (&settings.score_threshold, Type::FLOAT4),
        (&settings.confidence_threshold, Type::FLOAT4),
        (&settings.context_window, Type::INT4),
        (&settings.welcome_message, Type::TEXT),
        (&settings.fallback_message, Type::TEXT),
        (&why, Type::TEXT),
        (&settings.allowed_hosts, Type::TEXT_ARRAY),
    ];
    tx.execute(sql!("config_versions/derive"), params).await?;
    audit::made("config_version", id.0);
    Ok(id)
}

/// Has a version answer from now on.
///
/// # Errors
/// [`crate::Error`].
pub async fn activate(tx: &TenantTx, chatbot: ChatbotId, id: ConfigVersionId, by: &str) -> Result<()> {
    let params: Params<'_> =
        &[(&chatbot.0, Type::UUID), (&id.0, Type::UUID), (&Uuid::now_v7(), Type::UUID), (&by, Type::TEXT)];
    tx.execute(sql!("config_versions/activate"), params).await?;
    Ok(())
}

/// The version that answered before the present one.
///
/// # Errors
/// [`crate::Error`].
pub async fn before(
    tx: &TenantTx,
    chatbot: ChatbotId,
    present: ConfigVersionId,
) -> Result<Option<ConfigVersionId>> {
    let params: Params<'_> = &[(&chatbot.0, Type::UUID), (&present.0, Type::UUID)];
    let row = tx.query_opt(sql!("config_versions/before"), params).await?;
    Ok(row.map(|row| ConfigVersionId(row.get("id"))))
}

/// Slugs of collections that a chatbot reads and of which not every passage is in a space; the first twenty.
///
/// # Errors
/// [`crate::Error`].
pub async fn lacking(tx: &TenantTx, chatbot: ChatbotId, space: SpaceId) -> Result<Vec<String>> {
    let params: Params<'_> = &[(&chatbot.0, Type::UUID), (&space.0, Type::UUID)];
    let rows = tx.query(sql!("config_versions/lacking_space"), params).await?;
    Ok(rows.iter().map(|row| row.get("slug")).collect())
}
