//! The review queue: answers that need eyes, and those that a reviewer has dealt with.

use crate::{Error, Result, TenantTx, sql, tenant::Params};
use domain::{ChatbotId, ConfigVersionId, MessageFeedbackId, MessageId, SessionId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// Which answers.
#[derive(Debug)]
pub struct Which<'a> {
    /// Given then or later.
    pub since: Timestamp,
    /// Before this one.
    pub before: Option<MessageId>,
    /// Whose.
    pub chatbot: Option<ChatbotId>,
    /// One of [`domain::feedback::REVIEW_REASONS`].
    pub reason: Option<&'a str>,
    /// How far above the bot's threshold a confidence is low.
    pub margin: f32,
    /// Those that were dealt with, instead of those that were not.
    pub handled: bool,
}

/// An answer that needs eyes, or needed them.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The answer.
    pub message: MessageId,
    /// Its conversation.
    pub session: SessionId,
    /// Whose answer.
    pub chatbot: ChatbotId,
    /// The settings that made it.
    pub config: Option<ConfigVersionId>,
    /// What was asked.
    pub question: Option<(MessageId, String)>,
    /// What was answered.
    pub content: String,
    /// 0..1.
    pub confidence: Option<f32>,
    /// Below which those settings abstain.
    pub confidence_threshold: Option<f32>,
    /// Somebody put the thumb down.
    pub is_disliked: bool,
    /// Its confidence is little above the threshold.
    pub is_unsure: bool,
    /// The fallback message was given.
    pub abstained: bool,
    /// What was asked bears a risk.
    pub is_risky: bool,
    /// What they say who dislike it, newest first.
    pub dislikes: Vec<Dislike>,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it was dealt with.
    pub handled_at: Option<Timestamp>,
    /// By whom.
    pub handled_by: Option<String>,
    /// What was noted then.
    pub note: Option<String>,
}

/// A thumb that is down.
#[derive(Debug, Clone, Deserialize)]
pub struct Dislike {
    /// Its row.
    pub id: MessageFeedbackId,
    /// Why.
    pub reason: Option<String>,
    /// What should have been answered.
    pub correction: Option<String>,
    /// Whether the correction was made a curated answer.
    pub is_accepted: bool,
}

/// What needs eyes, newest first.
///
/// # Errors
/// [`Error`].
pub async fn queue(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Waiting>> {
    let params: Params<'_> = &[
        (&which.since, Type::TIMESTAMPTZ),
        (&which.before.map(|id| id.0), Type::UUID),
        (&which.chatbot.map(|id| id.0), Type::UUID),
        (&which.reason, Type::TEXT),
        (&which.margin, Type::FLOAT4),
        (&which.handled, Type::BOOL),
        (&i64::from(limit), Type::INT8),
    ];
    tx.query(sql!("message_reviews/queue"), params).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<Waiting> {
    let question = row.get::<_, Option<Uuid>>("question_id").map(MessageId);
    let dislikes: Option<Value> = row.get("dislikes");
    Ok(Waiting {
        message: MessageId(row.get("id")),
        session: SessionId(row.get("session_id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        config: row.get::<_, Option<Uuid>>("config_version_id").map(ConfigVersionId),
        question: question.zip(row.get::<_, Option<String>>("question")),
        content: row.get("content"),
        confidence: row.get("confidence"),
        confidence_threshold: row.get("confidence_threshold"),
        is_disliked: row.get("is_disliked"),
        is_unsure: row.get("is_unsure"),
        abstained: row.get("abstained"),
        is_risky: row.get("is_risky"),
        dislikes: match dislikes {
            Some(dislikes) => serde_json::from_value(dislikes)
                .map_err(|error| Error::Unexpected(format!("thumbs down: {error}")))?,
            None => Vec::new(),
        },
        created_at: row.get("created_at"),
        handled_at: row.get("handled_at"),
        handled_by: row.get("handled_by"),
        note: row.get("note"),
    })
}

/// Takes an answer out of the queue; a note that is not given stays.
///
/// # Errors
/// [`Error`].
pub async fn mark(
    tx: &TenantTx,
    message: MessageId,
    session: SessionId,
    note: Option<&str>,
    by: &str,
) -> Result<()> {
    let params: Params<'_> =
        &[(&message.0, Type::UUID), (&session.0, Type::UUID), (&note, Type::TEXT), (&by, Type::TEXT)];
    tx.execute(sql!("message_reviews/mark"), params).await?;
    Ok(())
}

/// Puts an answer back into the queue.
///
/// # Errors
/// [`Error`].
pub async fn unmark(tx: &TenantTx, message: MessageId) -> Result<()> {
    tx.execute(sql!("message_reviews/unmark"), &[(&message.0, Type::UUID)]).await?;
    Ok(())
}
