//! Sessions: conversations with one chatbot.

use crate::{Error, Result, TenantTx, spaces, sql, tenant::Params};
use domain::{
    ChatbotId, ConfigVersionId, SessionId,
    chatbot::{self, AllowedHosts, Config},
    conversation::Platform,
    embedding::Space,
};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};

/// What a session's opening request says.
#[derive(Debug)]
pub struct Opening {
    /// With whom.
    pub chatbot: ChatbotId,
    /// Where.
    pub platform: Platform,
    /// The identity provider's name for the person who opens it; their user owns it.
    pub subject: Option<String>,
    /// Keyed hash of who, if the caller says.
    pub user_identifier_hash: Option<Vec<u8>>,
    /// Keyed hash of the caller's own client id, if it says.
    pub external_client_hash: Option<Vec<u8>>,
    /// The first of them sealed, where it can be.
    pub user_identifier_sealed: Option<Vec<u8>>,
    /// The second.
    pub external_client_sealed: Option<Vec<u8>>,
    /// `mobile`, `desktop`, …
    pub device_type: Option<String>,
    /// `{country, region, city}`.
    pub location: Option<Value>,
    /// Whatever the caller wants to keep with it.
    pub context: Value,
}

impl Opening {
    /// A session of which nothing is known but with whom and where.
    #[must_use]
    pub fn of(chatbot: ChatbotId, platform: Platform) -> Self {
        Self {
            chatbot,
            platform,
            subject: None,
            user_identifier_hash: None,
            external_client_hash: None,
            user_identifier_sealed: None,
            external_client_sealed: None,
            device_type: None,
            location: None,
            context: Value::Object(serde_json::Map::new()),
        }
    }
}

/// A session as the API shows it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its row.
    pub id: SessionId,
    /// With whom.
    pub chatbot: ChatbotId,
    /// Where.
    pub platform: String,
    /// As of now: expiry is computed at read.
    pub status: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last used.
    pub last_activity_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// A name for people.
    pub title: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// For people.
    pub tags: Vec<String>,
    /// Put away.
    pub archived: bool,
    /// Others of the organization may read it.
    pub is_shared: bool,
    /// What it is about.
    pub category: Option<String>,
    /// What is wanted within that.
    pub intent: Option<String>,
    /// Whether its user would recommend, 0..10.
    pub nps: Option<i32>,
    /// What its opening said, kept as it was.
    pub context: Value,
    /// Messages of all roles.
    pub message_count: i32,
    /// Tokens of all answers.
    pub total_tokens: i64,
    /// US dollars of all answers, as decimal text.
    pub total_cost: String,
    /// Mean of the answers' confidence.
    pub confidence: Option<f64>,
}

fn from_row(row: &Row) -> Session {
    Session {
        id: SessionId(row.get("id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        platform: row.get("platform"),
        status: row.get("status"),
        started_at: row.get("started_at"),
        last_activity_at: row.get("last_activity_at"),
        ended_at: row.get("ended_at"),
        title: row.get("title"),
        description: row.get("description"),
        tags: row.get("tags"),
        archived: row.get("archived"),
        is_shared: row.get("is_shared"),
        category: row.get("category"),
        intent: row.get("intent"),
        nps: row.get("nps_score"),
        context: row.get("context"),
        message_count: row.get("message_count"),
        total_tokens: row.get("total_tokens"),
        total_cost: row.get("total_cost"),
        confidence: row.get("confidence"),
    }
}

/// Opens a session; `None` when the organization has no such chatbot, or it does not talk at present.
///
/// # Errors
/// [`Error`].
pub async fn open(tx: &TenantTx, id: SessionId, opening: &Opening) -> Result<Option<Session>> {
    let row = tx
        .query_opt(
            sql!("sessions/open"),
            &[
                (&id.0, Type::UUID),
                (&opening.chatbot.0, Type::UUID),
                (&opening.platform.as_str(), Type::TEXT),
                (&opening.user_identifier_hash, Type::BYTEA),
                (&opening.external_client_hash, Type::BYTEA),
                (&opening.device_type, Type::TEXT),
                (&opening.location, Type::JSONB),
                (&opening.context, Type::JSONB),
                (&opening.subject, Type::TEXT),
                (&opening.user_identifier_sealed, Type::BYTEA),
                (&opening.external_client_sealed, Type::BYTEA),
            ],
        )
        .await?;
    Ok(row.as_ref().map(from_row))
}

/// One session.
///
/// # Errors
/// [`Error`].
pub async fn get(tx: &TenantTx, id: SessionId) -> Result<Option<Session>> {
    let row = tx.query_opt(sql!("sessions/get"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.as_ref().map(from_row))
}

/// Who talks in a session, sealed.
#[derive(Debug, Default)]
pub struct SealedIdentifiers {
    /// The caller's name for the person.
    pub user_identifier: Option<Vec<u8>>,
    /// The caller's own client id.
    pub external_client_id: Option<Vec<u8>>,
}

/// Who talks in a session; nothing where there is no such session.
///
/// # Errors
/// [`Error`].
pub async fn identifiers(tx: &TenantTx, id: SessionId) -> Result<SealedIdentifiers> {
    let row = tx.query_opt(sql!("sessions/identifiers"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.map_or_else(SealedIdentifiers::default, |row| SealedIdentifiers {
        user_identifier: row.get("user_identifier_ciphertext"),
        external_client_id: row.get("external_client_ciphertext"),
    }))
}

/// Which sessions; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which {
    /// Older than this one.
    pub before: Option<SessionId>,
    /// One of the states, as of now.
    pub status: Option<String>,
    /// What it is about.
    pub category: Option<String>,
    /// Where it happens.
    pub platform: Option<Platform>,
    /// With whom.
    pub chatbot: Option<ChatbotId>,
    /// Put away, or not.
    pub archived: Option<bool>,
    /// One of its tags.
    pub tag: Option<String>,
    /// Begun then or later.
    pub from: Option<Timestamp>,
    /// Begun before.
    pub to: Option<Timestamp>,
    /// Words that one of its messages has.
    pub words: Option<Vec<String>>,
    /// Opened by the person of this name with the identity provider.
    pub owner: Option<String>,
}

/// Sessions, newest first.
///
/// # Errors
/// [`Error`].
pub async fn list(tx: &TenantTx, which: &Which, limit: u32) -> Result<Vec<Session>> {
    let params: Params<'_> = &[
        (&which.before.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
        (&which.status, Type::TEXT),
        (&which.category, Type::TEXT),
        (&which.platform.map(Platform::as_str), Type::TEXT),
        (&which.chatbot.map(|id| id.0), Type::UUID),
        (&which.archived, Type::BOOL),
        (&which.tag, Type::TEXT),
        (&which.from, Type::TIMESTAMPTZ),
        (&which.to, Type::TIMESTAMPTZ),
        (&which.words, Type::TEXT_ARRAY),
        (&which.owner, Type::TEXT),
    ];
    Ok(tx.query(sql!("sessions/list"), params).await?.iter().map(from_row).collect())
}

/// What is to be changed of a session; what is not named stays, an inner `None` takes away.
#[derive(Debug, Default)]
pub struct Changes {
    /// A name for people.
    pub title: Option<Option<String>>,
    /// For people.
    pub description: Option<Option<String>>,
    /// What it is about.
    pub category: Option<Option<String>>,
    /// All of them.
    pub tags: Option<Vec<String>>,
    /// Put away, or not.
    pub archived: Option<bool>,
    /// Whether others of the organization may read it.
    pub is_shared: Option<bool>,
}

/// Changes a session; `None` when there is none.
///
/// # Errors
/// [`Error`].
pub async fn change(tx: &TenantTx, id: SessionId, changes: &Changes) -> Result<Option<Session>> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&changes.title.is_some(), Type::BOOL),
        (&changes.title.as_ref().and_then(Option::as_ref), Type::TEXT),
        (&changes.description.is_some(), Type::BOOL),
        (&changes.description.as_ref().and_then(Option::as_ref), Type::TEXT),
        (&changes.category.is_some(), Type::BOOL),
        (&changes.category.as_ref().and_then(Option::as_ref), Type::TEXT),
        (&changes.tags, Type::TEXT_ARRAY),
        (&changes.archived, Type::BOOL),
        (&changes.is_shared, Type::BOOL),
    ];
    Ok(tx.query_opt(sql!("sessions/change"), params).await?.as_ref().map(from_row))
}

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// What was asked was answered.
    Complete,
    /// It was not.
    Incomplete,
}

/// Ends a session that goes on; `None` when there is none, or it has ended.
///
/// # Errors
/// [`Error`].
pub async fn end(tx: &TenantTx, id: SessionId, ending: Ending) -> Result<Option<Session>> {
    let status = match ending {
        Ending::Complete => "complete",
        Ending::Incomplete => "incomplete",
    };
    let params: Params<'_> = &[(&id.0, Type::UUID), (&status, Type::TEXT)];
    Ok(tx.query_opt(sql!("sessions/end"), params).await?.as_ref().map(from_row))
}

/// Asks whoever writes an answer in this session to stop. `false` when there is no such session.
///
/// # Errors
/// [`Error`].
pub async fn cancel(tx: &TenantTx, id: SessionId) -> Result<bool> {
    Ok(tx.execute(sql!("sessions/cancel"), &[(&id.0, Type::UUID)]).await? > 0)
}

/// Whether somebody asked since then that the answer be stopped.
///
/// # Errors
/// [`Error`].
pub async fn is_cancelled(tx: &TenantTx, id: SessionId, since: Timestamp) -> Result<bool> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&since, Type::TIMESTAMPTZ)];
    let row = tx.query_opt(sql!("sessions/is_cancelled"), params).await?;
    Ok(row.is_some_and(|row| row.get("is_cancelled")))
}

/// Whether a session of this status takes messages and files: what expired goes on with the next one.
#[must_use]
pub fn goes_on(status: &str) -> bool {
    matches!(status, "active" | "escalated" | "expired")
}

/// Keeps a session for this transaction, so that two who add to it are counted one after the other; its status as of now.
/// `None` when there is none.
///
/// # Errors
/// [`Error`].
pub async fn hold(tx: &TenantTx, id: SessionId) -> Result<Option<String>> {
    let row = tx.query_opt(sql!("sessions/hold"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.map(|row| row.get("status")))
}

/// What a turn needs to know before it begins.
#[derive(Debug)]
pub struct TurnContext {
    /// The session's state as of now.
    pub status: String,
    /// The chatbot's active settings.
    pub config: Config,
    /// Where they search.
    pub space: Space,
    /// By the database's clock: what is asked of the session from then on is about this turn.
    pub began_at: Timestamp,
    /// Kinds of personal data that are taken out of what is kept.
    pub redacted: Vec<String>,
    /// The model that says which names are taken out as well; `None`: none are.
    pub names_model: Option<String>,
    /// Whether what it spends is counted.
    pub is_limited: bool,
    /// Whose budget of today is used up.
    pub exceeded: Option<OverBudget>,
}

/// A budget that is used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverBudget {
    /// `organization` or `chatbot`.
    pub whose: String,
    /// Until its day ends.
    pub retry_after_seconds: u32,
}

impl OverBudget {
    /// As the function `limits_of` tells it; `None`: nothing is used up.
    pub(crate) fn from_row(row: &Row) -> Option<Self> {
        let whose = row.get::<_, Option<String>>("exceeded")?;
        let seconds = row.get::<_, Option<i32>>("seconds_left").unwrap_or_default();
        Some(Self { whose, retry_after_seconds: seconds.unsigned_abs() })
    }
}

/// Loads session, chatbot, active config version and space in one statement. `None` when there is no such
/// session, or its chatbot has no active config.
///
/// # Errors
/// [`Error`].
pub async fn turn_context(tx: &TenantTx, id: SessionId) -> Result<Option<TurnContext>> {
    let Some(row) = tx.query_opt(sql!("sessions/turn_context"), &[(&id.0, Type::UUID)]).await? else {
        return Ok(None);
    };
    turn_context_from_row(&row).map(Some)
}

/// Reads what the function `answering_of` tells both `sessions/turn_context` and `chatbots/turn_context`, and a status.
pub(crate) fn turn_context_from_row(row: &Row) -> Result<TurnContext> {
    let unsigned = |name: &str| u32::try_from(row.get::<_, i32>(name)).unwrap_or_default();
    let model_config: Value = row.get("model_config");
    let began_at: Timestamp = row.get("began_at");
    let today = began_at.to_string();
    let values = [row.get("chatbot_name"), row.get("organization_name"), today.get(..10).unwrap_or_default()];
    Ok(TurnContext {
        status: row.get("status"),
        config: Config {
            id: ConfigVersionId(row.get("config_id")),
            chatbot: ChatbotId(row.get("chatbot_id")),
            llm_model: row.get("llm_model"),
            system_prompt: chatbot::fill(row.get("system_prompt"), values),
            model_config: serde_json::from_value(model_config)
                .map_err(|error| Error::Unexpected(format!("model_config: {error}")))?,
            transcript_share: row.get("transcript_share"),
            reranker_model: row.get("reranker_model"),
            retrieval_k: unsigned("retrieval_k"),
            score_threshold: row.get("score_threshold"),
            confidence_threshold: row.get("confidence_threshold"),
            context_window: unsigned("context_window"),
            fallback_message: row.get("fallback_message"),
            allowed_hosts: AllowedHosts::new(row.get::<_, Vec<String>>("allowed_hosts")),
        },
        space: spaces::from_row(row)?,
        began_at,
        redacted: serde_json::from_value(row.get("redacted"))
            .map_err(|error| Error::Unexpected(format!("pii_policy: {error}")))?,
        names_model: row.get("names_model"),
        is_limited: row.get("is_limited"),
        exceeded: OverBudget::from_row(row),
    })
}
