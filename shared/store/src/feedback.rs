//! What people say of answers and of conversations: one of each caller, which it may change.

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::{
    ChatbotId, CuratedAnswerId, MessageFeedbackId, MessageId, SessionFeedbackId, SessionId,
    feedback::{Rating, Voice},
};
use jiff::Timestamp;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// Thumbs on one answer.
#[derive(Debug, Clone)]
pub struct MessageFeedback {
    /// Its row.
    pub id: MessageFeedbackId,
    /// The answer.
    pub message: MessageId,
    /// The answer's conversation.
    pub session: SessionId,
    /// Whose answer.
    pub chatbot: ChatbotId,
    /// `key`, `user` or `session`.
    pub caller_kind: String,
    /// Who.
    pub caller: Uuid,
    /// `positive` or `negative`.
    pub rating: String,
    /// Why.
    pub reason: Option<String>,
    /// What should have been answered.
    pub correction: Option<String>,
    /// What was made of the correction; `None` after it was deleted, too.
    pub curated_answer: Option<CuratedAnswerId>,
    /// Who accepted the correction.
    pub accepted_by: Option<String>,
    /// When.
    pub accepted_at: Option<Timestamp>,
    /// When it was said first.
    pub created_at: Timestamp,
    /// When it was said last.
    pub updated_at: Timestamp,
}

/// What somebody says of an answer.
#[derive(Debug, Clone)]
pub struct Opinion {
    /// Thumbs.
    pub rating: Rating,
    /// Why.
    pub reason: Option<String>,
    /// What should have been answered.
    pub correction: Option<String>,
}

/// Writes what a caller says of an answer, in the place of what it said before. Disliked anew, the answer waits for a reviewer.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(
    tx: &TenantTx,
    (message, session, chatbot): (MessageId, SessionId, ChatbotId),
    caller: Voice,
    opinion: &Opinion,
) -> Result<MessageFeedback> {
    let params: Params<'_> = &[
        (&MessageFeedbackId::generate().0, Type::UUID),
        (&message.0, Type::UUID),
        (&session.0, Type::UUID),
        (&chatbot.0, Type::UUID),
        (&caller.kind, Type::TEXT),
        (&caller.id, Type::UUID),
        (&opinion.rating.as_str(), Type::TEXT),
        (&opinion.reason, Type::TEXT),
        (&opinion.correction, Type::TEXT),
    ];
    Ok(of_message(&tx.query_one(sql!("message_feedback/put"), params).await?))
}

/// What is said of an answer, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(
    tx: &TenantTx,
    message: MessageId,
    before: Option<MessageFeedbackId>,
    limit: u32,
) -> Result<Vec<MessageFeedback>> {
    let params: Params<'_> =
        &[(&message.0, Type::UUID), (&before.map(|id| id.0), Type::UUID), (&i64::from(limit), Type::INT8)];
    Ok(tx.query(sql!("message_feedback/list"), params).await?.iter().map(of_message).collect())
}

/// The newest correction of an answer, or the one that is meant.
///
/// # Errors
/// [`crate::Error`].
pub async fn correction(
    tx: &TenantTx,
    message: MessageId,
    id: Option<MessageFeedbackId>,
) -> Result<Option<MessageFeedback>> {
    let params: Params<'_> = &[(&message.0, Type::UUID), (&id.map(|id| id.0), Type::UUID)];
    Ok(tx.query_opt(sql!("message_feedback/correction"), params).await?.as_ref().map(of_message))
}

/// Notes what was made of a correction; `false` when somebody did so before, or it says something else by now.
///
/// # Errors
/// [`crate::Error`].
pub async fn accept(
    tx: &TenantTx,
    id: MessageFeedbackId,
    answer: CuratedAnswerId,
    by: &str,
    correction: &str,
) -> Result<bool> {
    let params: Params<'_> =
        &[(&id.0, Type::UUID), (&answer.0, Type::UUID), (&by, Type::TEXT), (&correction, Type::TEXT)];
    Ok(tx.execute(sql!("message_feedback/accept"), params).await? > 0)
}

fn of_message(row: &Row) -> MessageFeedback {
    MessageFeedback {
        id: MessageFeedbackId(row.get("id")),
        message: MessageId(row.get("message_id")),
        session: SessionId(row.get("session_id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        caller_kind: row.get("caller_kind"),
        caller: row.get("caller_id"),
        rating: row.get("rating"),
        reason: row.get("reason"),
        correction: row.get("correction"),
        curated_answer: row.get::<_, Option<Uuid>>("curated_answer_id").map(CuratedAnswerId),
        accepted_by: row.get("accepted_by"),
        accepted_at: row.get("accepted_at"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// What a conversation was worth to somebody.
#[derive(Debug, Clone)]
pub struct SessionFeedback {
    /// Its row.
    pub id: SessionFeedbackId,
    /// The conversation.
    pub session: SessionId,
    /// With whom.
    pub chatbot: ChatbotId,
    /// `key`, `user` or `session`.
    pub caller_kind: String,
    /// Who.
    pub caller: Uuid,
    /// Whether one would recommend, 0..10.
    pub nps: Option<i32>,
    /// How content one is, 1..5.
    pub rating: Option<i32>,
    /// In words.
    pub comments: Option<String>,
    /// When it was said first.
    pub created_at: Timestamp,
    /// When it was said last.
    pub updated_at: Timestamp,
}

/// What somebody says of a conversation; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct Worth {
    /// Whether one would recommend, 0..10.
    pub nps: Option<i32>,
    /// How content one is, 1..5.
    pub rating: Option<i32>,
    /// In words.
    pub comments: Option<String>,
}

/// Writes what a caller says of a conversation, which shows it; `None` when there is no such session.
///
/// # Errors
/// [`crate::Error`].
pub async fn put_session(
    tx: &TenantTx,
    session: SessionId,
    caller: Voice,
    worth: &Worth,
) -> Result<Option<SessionFeedback>> {
    let params: Params<'_> = &[
        (&SessionFeedbackId::generate().0, Type::UUID),
        (&session.0, Type::UUID),
        (&caller.kind, Type::TEXT),
        (&caller.id, Type::UUID),
        (&worth.nps, Type::INT4),
        (&worth.rating, Type::INT4),
        (&worth.comments, Type::TEXT),
    ];
    Ok(tx.query_opt(sql!("session_feedback/put"), params).await?.as_ref().map(of_session))
}

/// What is said of a conversation, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_of_session(
    tx: &TenantTx,
    session: SessionId,
    before: Option<SessionFeedbackId>,
    limit: u32,
) -> Result<Vec<SessionFeedback>> {
    let params: Params<'_> =
        &[(&session.0, Type::UUID), (&before.map(|id| id.0), Type::UUID), (&i64::from(limit), Type::INT8)];
    Ok(tx.query(sql!("session_feedback/list"), params).await?.iter().map(of_session).collect())
}

fn of_session(row: &Row) -> SessionFeedback {
    SessionFeedback {
        id: SessionFeedbackId(row.get("id")),
        session: SessionId(row.get("session_id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        caller_kind: row.get("caller_kind"),
        caller: row.get("caller_id"),
        nps: row.get("nps_score"),
        rating: row.get("rating"),
        comments: row.get("comments"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}
