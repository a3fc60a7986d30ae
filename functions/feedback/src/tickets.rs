//! Tickets as they are shown.

use domain::{ChatbotId, EscalationId, EscalationNoteId, MessageId, SessionId};
use insight::escalate::Whole;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use store::escalations::{Escalation, Note, Spoken};
use utoipa::ToSchema;

/// A conversation handed to people.
#[derive(Debug, Serialize, ToSchema)]
pub struct EscalationView {
    #[schema(value_type = uuid::Uuid)]
    pub id: EscalationId,
    #[schema(value_type = uuid::Uuid)]
    session_id: SessionId,
    /// The conversation's state.
    session_status: String,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    /// `key`, `user`, `session` or `rule`.
    opened_by_kind: String,
    /// Null: a rule.
    opened_by_id: Option<uuid::Uuid>,
    /// `requested`, `repeated_abstention`, `risk`, `negative_sentiment`, `agent` or `other`.
    reason: String,
    summary: Option<String>,
    #[schema(value_type = Object)]
    details: Value,
    owner_team: Option<String>,
    /// `low`, `medium`, `high` or `critical`.
    priority: String,
    /// `open`, `assigned`, `in_progress`, `resolved`, `closed` or `cancelled`.
    status: String,
    assigned_agent: Option<String>,
    external_ticket_id: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    first_reply_at: Option<Timestamp>,
    /// When it came to an end, whichever.
    #[schema(value_type = Option<String>, format = DateTime)]
    resolved_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Escalation> for EscalationView {
    fn from(ticket: Escalation) -> Self {
        Self {
            id: ticket.id,
            session_id: ticket.session,
            session_status: ticket.session_status,
            chatbot_id: ticket.chatbot,
            opened_by_kind: ticket.opened_by_kind,
            opened_by_id: ticket.opened_by,
            reason: ticket.reason,
            summary: ticket.summary,
            details: ticket.details,
            owner_team: ticket.owner_team,
            priority: ticket.priority,
            status: ticket.status,
            assigned_agent: ticket.assigned_agent,
            external_ticket_id: ticket.external_ticket,
            first_reply_at: ticket.first_reply_at,
            resolved_at: ticket.resolved_at,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
        }
    }
}

/// A ticket with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeEscalationView {
    #[serde(flatten)]
    ticket: EscalationView,
    /// Oldest first.
    notes: Vec<NoteView>,
    /// The newest 100 messages of its conversation by reference, in their order; their words are at
    /// `/api/v1/sessions/{id}/messages`.
    transcript: Vec<SpokenView>,
}

impl From<Whole> for WholeEscalationView {
    fn from(whole: Whole) -> Self {
        Self {
            ticket: whole.ticket.into(),
            notes: whole.notes.into_iter().map(NoteView::from).collect(),
            transcript: whole.transcript.into_iter().map(SpokenView::from).collect(),
        }
    }
}

/// What agents tell each other; the user never sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteView {
    #[schema(value_type = uuid::Uuid)]
    id: EscalationNoteId,
    author: String,
    content: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Note> for NoteView {
    fn from(note: Note) -> Self {
        Self { id: note.id, author: note.author, content: note.content, created_at: note.created_at }
    }
}

/// A message of the conversation, by reference.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpokenView {
    #[schema(value_type = uuid::Uuid)]
    message_id: MessageId,
    sequence_number: i32,
    /// `user`, `assistant`, `agent` or `system`.
    role: String,
    confidence: Option<f32>,
    abstained: bool,
    /// `{score: -1..1, label: negative, neutral or positive}` of what a user said; null: not known.
    #[schema(value_type = Option<Object>)]
    sentiment: Option<Value>,
    /// `{legal: true, tax: false, …}` of what a user said; null: not known.
    #[schema(value_type = Option<Object>)]
    risk_flags: Option<Value>,
    /// `marker`, `document_id`, `chunk_id`, `curated_answer_id`, `document_title` and `page_number` of each.
    #[schema(value_type = Vec<Object>)]
    citations: Value,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Spoken> for SpokenView {
    fn from(spoken: Spoken) -> Self {
        Self {
            message_id: spoken.id,
            sequence_number: spoken.sequence,
            role: spoken.role,
            confidence: spoken.confidence,
            abstained: spoken.abstained,
            sentiment: spoken.sentiment,
            risk_flags: spoken.risk_flags,
            citations: spoken.citations,
            created_at: spoken.created_at,
        }
    }
}
