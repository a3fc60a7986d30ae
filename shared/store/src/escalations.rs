//! Tickets: conversations handed to people.

use crate::{
    Error, Result, TenantTx, audit,
    deliveries::{self, News},
    sql,
    tenant::Params,
};
use domain::{
    ChatbotId, EscalationId, EscalationNoteId, EventId, IntegrationId, MessageId, Risk, SessionId,
    escalation::{Signs, Status},
    feedback::Voice,
    limits,
};
use futures_util::try_join;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// A ticket.
#[derive(Debug, Clone)]
pub struct Escalation {
    /// Its row.
    pub id: EscalationId,
    /// The conversation.
    pub session: SessionId,
    /// The conversation's state.
    pub session_status: String,
    /// With whom it was.
    pub chatbot: ChatbotId,
    /// `key`, `user`, `session` or `rule`.
    pub opened_by_kind: String,
    /// Who; `None`: a rule.
    pub opened_by: Option<Uuid>,
    /// One of [`domain::escalation::REASONS`].
    pub reason: String,
    /// For people.
    pub summary: Option<String>,
    /// Whatever the opener keeps with it.
    pub details: Value,
    /// Whose it is.
    pub owner_team: Option<String>,
    /// One of [`domain::feedback::SEVERITIES`].
    pub priority: String,
    /// One of [`Status`].
    pub status: String,
    /// Who works on it.
    pub assigned_agent: Option<String>,
    /// Its id in another system.
    pub external_ticket: Option<String>,
    /// When an agent first answered.
    pub first_reply_at: Option<Timestamp>,
    /// When it came to an end.
    pub resolved_at: Option<Timestamp>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// What a new ticket says.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The conversation.
    pub session: SessionId,
    /// One of [`domain::escalation::REASONS`].
    pub reason: String,
    /// For people.
    pub summary: Option<String>,
    /// An object.
    pub details: Value,
    /// Whose it is.
    pub owner_team: Option<String>,
    /// One of [`domain::feedback::SEVERITIES`].
    pub priority: String,
    /// Its id in another system.
    pub external_ticket: Option<String>,
}

/// Opens a ticket, and the conversation is escalated; `false` when there is no such session.
///
/// # Errors
/// [`Error::Refused`] with `escalations_one_a_session` while the conversation has a ticket.
pub async fn open(tx: &TenantTx, id: EscalationId, caller: Voice, opening: &Opening) -> Result<bool> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&opening.session.0, Type::UUID),
        (&caller.kind, Type::TEXT),
        (&caller.id, Type::UUID),
        (&opening.reason, Type::TEXT),
        (&opening.summary, Type::TEXT),
        (&opening.details, Type::JSONB),
        (&opening.owner_team, Type::TEXT),
        (&opening.priority, Type::TEXT),
        (&opening.external_ticket, Type::TEXT),
    ];
    audit::made("escalation", id.0);
    Ok(tx.execute(sql!("escalations/open"), params).await? > 0)
}

/// Opens a ticket where the organization's rules say so of a turn's signs; in the flush that keeps its answer. One rule is
/// enough, in this order: a risk, a wish, answers that abstain in a row, a mood.
///
/// # Errors
/// [`Error`].
pub async fn open_by_rule(tx: &TenantTx, session: SessionId, signs: &Signs) -> Result<()> {
    let risks: Vec<&str> = signs.risks.iter().map(|risk| risk.as_str()).collect();
    let usual: Vec<&str> = Risk::ESCALATED.iter().map(|risk| risk.as_str()).collect();
    let id = EscalationId::generate();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&session.0, Type::UUID),
        (&i64::from(limits::ESCALATE_AFTER_ABSTENTIONS), Type::INT8),
        (&session.before_messages().0, Type::UUID),
        (&signs.has_abstained, Type::BOOL),
        (&signs.wants_people, Type::BOOL),
        (&risks, Type::TEXT_ARRAY),
        (&usual, Type::TEXT_ARRAY),
        (&signs.sentiment, Type::FLOAT8),
        (&EventId::generate().0, Type::UUID),
    ];
    // In one flush, in this order; of a ticket that was not opened there is nothing to tell.
    let opening = async { tx.execute(sql!("escalations/open_by_rule"), params).await.map(|_| ()) };
    try_join!(opening, deliveries::tell_ticket_system(tx, id, News::Opened))?;
    Ok(())
}

/// Which tickets; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// In this state.
    pub status: Option<&'a str>,
    /// That matter so much.
    pub priority: Option<&'a str>,
    /// On whom somebody works.
    pub assigned_agent: Option<&'a str>,
    /// With whom the conversation was.
    pub chatbot: Option<ChatbotId>,
    /// Which conversation.
    pub session: Option<SessionId>,
    /// Older than this one.
    pub before: Option<EscalationId>,
}

/// Tickets, newest first.
///
/// # Errors
/// [`Error`].
pub async fn list(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Escalation>> {
    find(tx, None, which, limit).await
}

/// One ticket.
///
/// # Errors
/// [`Error`].
pub async fn get(tx: &TenantTx, id: EscalationId) -> Result<Option<Escalation>> {
    Ok(find(tx, Some(id), &Which::default(), 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<EscalationId>,
    which: &Which<'_>,
    limit: u32,
) -> Result<Vec<Escalation>> {
    let params: Params<'_> = &[
        (&id.map(|id| id.0), Type::UUID),
        (&which.status, Type::TEXT),
        (&which.priority, Type::TEXT),
        (&which.assigned_agent, Type::TEXT),
        (&which.chatbot.map(|id| id.0), Type::UUID),
        (&which.session.map(|id| id.0), Type::UUID),
        (&which.before.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
    ];
    Ok(tx.query(sql!("escalations/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Escalation {
    Escalation {
        id: EscalationId(row.get("id")),
        session: SessionId(row.get("session_id")),
        session_status: row.get("session_status"),
        chatbot: ChatbotId(row.get("chatbot_id")),
        opened_by_kind: row.get("opened_by_kind"),
        opened_by: row.get("opened_by_id"),
        reason: row.get("reason"),
        summary: row.get("summary"),
        details: row.get("details"),
        owner_team: row.get("owner_team"),
        priority: row.get("priority"),
        status: row.get("status"),
        assigned_agent: row.get("assigned_agent"),
        external_ticket: row.get("external_ticket_id"),
        first_reply_at: row.get("first_reply_at"),
        resolved_at: row.get("resolved_at"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// Holds a ticket until the transaction's end; its state, or `None` when there is none.
///
/// # Errors
/// [`Error`].
pub async fn hold(tx: &TenantTx, id: EscalationId) -> Result<Option<Status>> {
    let Some(row) = tx.query_opt(sql!("escalations/hold"), &[(&id.0, Type::UUID)]).await? else {
        return Ok(None);
    };
    let status: &str = row.get("status");
    Status::parse(status).map(Some).ok_or_else(|| Error::Unexpected(format!("a ticket that is {status}")))
}

/// What is to be changed of a ticket; what is not named stays, an inner `None` takes away.
#[derive(Debug, Default)]
pub struct Changes {
    /// How much it matters.
    pub priority: Option<String>,
    /// Who works on it.
    pub assigned_agent: Option<Option<String>>,
    /// Whose it is.
    pub owner_team: Option<Option<String>>,
    /// For people.
    pub summary: Option<Option<String>>,
    /// Its id in another system.
    pub external_ticket: Option<Option<String>>,
}

/// Changes a ticket.
///
/// # Errors
/// [`Error::Refused`] with `escalations_one_a_session` when it comes back while the conversation has another.
pub async fn change(tx: &TenantTx, id: EscalationId, status: Status, changes: &Changes) -> Result<()> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&status.as_str(), Type::TEXT),
        (&changes.priority, Type::TEXT),
        (&changes.assigned_agent.is_some(), Type::BOOL),
        (&changes.assigned_agent.as_ref().and_then(Option::as_ref), Type::TEXT),
        (&changes.owner_team.is_some(), Type::BOOL),
        (&changes.owner_team.as_ref().and_then(Option::as_ref), Type::TEXT),
        (&changes.summary.is_some(), Type::BOOL),
        (&changes.summary.as_ref().and_then(Option::as_ref), Type::TEXT),
        (&changes.external_ticket.is_some(), Type::BOOL),
        (&changes.external_ticket.as_ref().and_then(Option::as_ref), Type::TEXT),
    ];
    tx.execute(sql!("escalations/change"), params).await?;
    Ok(())
}

/// Keeps what another system calls a ticket, where nobody has said it.
///
/// # Errors
/// [`Error`].
pub async fn keep_external(
    tx: &TenantTx,
    id: EscalationId,
    system: IntegrationId,
    external: &str,
) -> Result<()> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&external, Type::TEXT), (&system.0, Type::UUID)];
    tx.execute(sql!("escalations/keep_external"), params).await?;
    Ok(())
}

/// Has people have to do with a ticket's conversation.
///
/// # Errors
/// [`Error`].
pub async fn take_over(tx: &TenantTx, id: EscalationId) -> Result<()> {
    tx.execute(sql!("escalations/take_over"), &[(&id.0, Type::UUID)]).await?;
    Ok(())
}

/// How a conversation goes on after its ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Afterwards {
    /// With the chatbot alone.
    #[default]
    Active,
    /// Not at all: what was asked was answered.
    Complete,
}

/// Gives a ticket's conversation back, if it is escalated still.
///
/// # Errors
/// [`Error`].
pub async fn give_back(tx: &TenantTx, id: EscalationId, afterwards: Afterwards) -> Result<()> {
    let status = match afterwards {
        Afterwards::Active => "active",
        Afterwards::Complete => "complete",
    };
    tx.execute(sql!("escalations/give_back"), &[(&id.0, Type::UUID), (&status, Type::TEXT)]).await?;
    Ok(())
}

/// An agent's message as it stands in the conversation.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Reply {
    /// Its row.
    pub id: MessageId,
    /// Place in its session, from 1.
    pub sequence: i32,
    /// When.
    pub created_at: Timestamp,
}

/// Writes an agent's message into the conversation, and the ticket is in progress; `None` when the conversation has ended.
///
/// # Errors
/// [`Error`].
pub async fn reply(
    tx: &TenantTx,
    (ticket, session): (EscalationId, SessionId),
    content: &str,
    words: &[String],
    author: &str,
) -> Result<Option<Reply>> {
    let id = MessageId::generate();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&session.0, Type::UUID),
        (&content, Type::TEXT),
        (&words, Type::TEXT_ARRAY),
        (&author, Type::TEXT),
        (&ticket.0, Type::UUID),
    ];
    let Some(row) = tx.query_opt(sql!("messages/append_agent"), params).await? else { return Ok(None) };
    tx.execute(sql!("escalations/replied"), &[(&ticket.0, Type::UUID)]).await?;
    Ok(Some(Reply { id, sequence: row.get("sequence_number"), created_at: row.get("created_at") }))
}

/// What agents tell each other.
#[derive(Debug, Clone)]
pub struct Note {
    /// Its row.
    pub id: EscalationNoteId,
    /// Who.
    pub author: String,
    /// What.
    pub content: String,
    /// When.
    pub created_at: Timestamp,
}

/// Adds a note to a ticket that is held; `None` when it has as many as there may be.
///
/// # Errors
/// [`Error`].
pub async fn note(tx: &TenantTx, ticket: EscalationId, content: &str, author: &str) -> Result<Option<Note>> {
    let id = EscalationNoteId::generate();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&ticket.0, Type::UUID),
        (&author, Type::TEXT),
        (&content, Type::TEXT),
        (&limits::ESCALATION_NOTES, Type::INT8),
    ];
    let row = tx.query_opt(sql!("escalation_notes/add"), params).await?;
    Ok(row.map(|row| Note {
        id,
        author: author.to_owned(),
        content: content.to_owned(),
        created_at: row.get("created_at"),
    }))
}

/// A ticket's notes, oldest first.
///
/// # Errors
/// [`Error`].
pub async fn notes(tx: &TenantTx, ticket: EscalationId) -> Result<Vec<Note>> {
    let rows = tx.query(sql!("escalation_notes/list"), &[(&ticket.0, Type::UUID)]).await?;
    let note = |row: &Row| Note {
        id: EscalationNoteId(row.get("id")),
        author: row.get("author"),
        content: row.get("content"),
        created_at: row.get("created_at"),
    };
    Ok(rows.iter().map(note).collect())
}

/// A message of a ticket's conversation, by reference.
#[derive(Debug, Clone)]
pub struct Spoken {
    /// Its row.
    pub id: MessageId,
    /// Place in its session, from 1.
    pub sequence: i32,
    /// `user`, `assistant`, `agent` or `system`.
    pub role: String,
    /// 0..1, of answers.
    pub confidence: Option<f32>,
    /// Whether the fallback message was given.
    pub abstained: bool,
    /// `{score, label}` of a user's message; `None`: not known.
    pub sentiment: Option<Value>,
    /// `{legal: true, …}` of a user's message; `None`: not known.
    pub risk_flags: Option<Value>,
    /// `[{marker, document_id, chunk_id, curated_answer_id, document_title, page_number}]`, by marker.
    pub citations: Value,
    /// When.
    pub created_at: Timestamp,
}

/// The newest messages of a conversation in their order, by reference.
///
/// # Errors
/// [`Error`].
pub async fn transcript(tx: &TenantTx, session: SessionId) -> Result<Vec<Spoken>> {
    let params: Params<'_> = &[
        (&session.0, Type::UUID),
        (&session.before_messages().0, Type::UUID),
        (&limits::ESCALATION_MESSAGES, Type::INT8),
    ];
    let rows = tx.query(sql!("escalations/transcript"), params).await?;
    let spoken = |row: &Row| Spoken {
        id: MessageId(row.get("id")),
        sequence: row.get("sequence_number"),
        role: row.get("role"),
        confidence: row.get("confidence"),
        abstained: row.get("abstained"),
        sentiment: row.get("sentiment"),
        risk_flags: row.get("risk_flags"),
        citations: row.get("citations"),
        created_at: row.get("created_at"),
    };
    Ok(rows.iter().map(spoken).collect())
}
