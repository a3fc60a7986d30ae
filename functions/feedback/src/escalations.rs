//! Tickets: opened, listed, worked on, answered.

use crate::{
    problems::OrProblem as _,
    tickets::{EscalationView, NoteView, WholeEscalationView},
    wire,
};
use access::Bearer;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use domain::{ChatbotId, EscalationId, MessageId, SessionId, escalation::Status, feedback::SEVERITIES};
use http::StatusCode;
use insight::{
    Insight,
    escalate::{Change, Given},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::escalations::Which;
use utoipa::{IntoParams, ToSchema};
use web::{IdempotencyKey, Json, Page, PathId, Problem, Query, paging, replayed};

/// A new ticket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenEscalation {
    #[schema(value_type = uuid::Uuid)]
    session_id: SessionId,
    /// `requested` (when not said), `repeated_abstention`, `risk`, `negative_sentiment`, `agent` or `other`.
    reason: Option<String>,
    #[schema(max_length = 2000)]
    summary: Option<String>,
    /// Whatever belongs to it, up to 16 KB.
    #[schema(value_type = Option<Object>)]
    details: Option<serde_json::Value>,
    #[schema(max_length = 100)]
    owner_team: Option<String>,
    /// `low`, `medium` (when not said), `high` or `critical`.
    priority: Option<String>,
    /// Its id in another system.
    #[schema(max_length = 255)]
    external_ticket_id: Option<String>,
}

/// Hand a conversation to people. It is escalated until the ticket ends. A session's token may do so for its own session, with a
/// summary and nothing else. Scope `escalations:write`.
#[utoipa::path(post, path = "/api/v1/escalations", tag = "escalations", request_body = OpenEscalation,
    responses((status = 201, body = WholeEscalationView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn open_escalation(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    Json(body): Json<OpenEscalation>,
) -> Result<(StatusCode, axum::Json<WholeEscalationView>), Problem> {
    let given = Given {
        session: body.session_id,
        reason: body.reason,
        summary: body.summary,
        details: body.details,
        owner_team: body.owner_team,
        priority: body.priority,
        external_ticket: body.external_ticket_id,
    };
    let whole = insight.escalate(&caller, given).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(whole.into())))
}

/// Which tickets.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListEscalations {
    /// `open`, `assigned`, `in_progress`, `resolved`, `closed` or `cancelled`.
    status: Option<String>,
    /// `low`, `medium`, `high` or `critical`.
    priority: Option<String>,
    /// Whoever works on it, as it is written there.
    assignee: Option<String>,
    #[param(value_type = Option<uuid::Uuid>)]
    chatbot: Option<ChatbotId>,
    #[param(value_type = Option<uuid::Uuid>)]
    session: Option<SessionId>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Tickets, newest first. Scope `escalations:read`.
#[utoipa::path(get, path = "/api/v1/escalations", tag = "escalations", params(ListEscalations),
    responses((status = 200, body = Page<EscalationView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_escalations(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListEscalations>,
) -> Result<axum::Json<Page<EscalationView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    wire::one_of("status", query.status.as_deref(), &Status::ALL.map(Status::as_str))?;
    wire::one_of("priority", query.priority.as_deref(), &SEVERITIES)?;
    wire::words("assignee", query.assignee.as_deref())?;
    let which = Which {
        status: query.status.as_deref(),
        priority: query.priority.as_deref(),
        assigned_agent: query.assignee.as_deref(),
        chatbot: query.chatbot,
        session: query.session,
        before: paging::cursor(query.cursor.as_deref())?,
    };
    let rows = insight.escalations(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(EscalationView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &EscalationView| view.id)))
}

/// One ticket, with its notes and its conversation by reference. Scope `escalations:read`.
#[utoipa::path(get, path = "/api/v1/escalations/{id}", tag = "escalations", params(("id" = uuid::Uuid, Path, description = "The ticket")),
    responses((status = 200, body = WholeEscalationView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_escalation(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<EscalationId>,
) -> Result<axum::Json<WholeEscalationView>, Problem> {
    Ok(axum::Json(insight.escalation(&caller, id).await.or_problem()?.into()))
}

/// What is to be changed; what is not named stays, what is null is taken away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEscalation {
    /// `open`, `assigned`, `in_progress`, `resolved`, `closed` or `cancelled`, as far as it follows the present one.
    status: Option<String>,
    /// How the conversation goes on when the ticket ends: `active` (when not said) or `complete`.
    session_status: Option<String>,
    /// `low`, `medium`, `high` or `critical`.
    priority: Option<String>,
    /// A person's id, or what the organization calls its agents; an open ticket is assigned by it.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>, max_length = 255)]
    assigned_agent: Option<Option<String>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>, max_length = 100)]
    owner_team: Option<Option<String>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    summary: Option<Option<String>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>, max_length = 255)]
    external_ticket_id: Option<Option<String>>,
}

/// Change a ticket. Scope `escalations:write`.
#[utoipa::path(patch, path = "/api/v1/escalations/{id}", tag = "escalations", params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = ChangeEscalation,
    responses((status = 200, body = WholeEscalationView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change_escalation(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<EscalationId>,
    Json(body): Json<ChangeEscalation>,
) -> Result<axum::Json<WholeEscalationView>, Problem> {
    let change = Change {
        status: body.status,
        session_status: body.session_status,
        priority: body.priority,
        assigned_agent: body.assigned_agent,
        owner_team: body.owner_team,
        summary: body.summary,
        external_ticket: body.external_ticket_id,
    };
    Ok(axum::Json(insight.change_escalation(&caller, id, change).await.or_problem()?.into()))
}

/// Words of an agent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentWords {
    /// A note has at most 4,000 characters, an answer 10,000.
    #[schema(min_length = 1, max_length = 10000)]
    content: String,
}

/// Add a note that only agents see. Scope `escalations:write`.
#[utoipa::path(post, path = "/api/v1/escalations/{id}/notes", tag = "escalations", params(("id" = uuid::Uuid, Path, description = "The ticket")),
    request_body = AgentWords,
    responses((status = 201, body = NoteView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn note_escalation(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<EscalationId>,
    Json(body): Json<AgentWords>,
) -> Result<(StatusCode, axum::Json<NoteView>), Problem> {
    let note = insight.note_escalation(&caller, id, &body.content).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(note.into())))
}

/// An agent's answer as it stands in the conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplyView {
    #[schema(value_type = uuid::Uuid)]
    message_id: MessageId,
    sequence_number: i32,
    /// `agent`.
    role: &'static str,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// Answer in the conversation as an agent; the ticket is in progress. With an `Idempotency-Key` it is done once: sent again
/// within a day, it names the same message. Scope `escalations:write`.
#[utoipa::path(post, path = "/api/v1/escalations/{id}/reply", tag = "escalations",
    params(("id" = uuid::Uuid, Path, description = "The ticket"),
        ("Idempotency-Key" = Option<String>, Header, description = "The caller's own key of this request")),
    request_body = AgentWords,
    responses((status = 201, body = ReplyView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn reply_to_escalation(
    State(insight): State<Arc<Insight>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<EscalationId>,
    IdempotencyKey(once): IdempotencyKey,
    Json(body): Json<AgentWords>,
) -> Result<Response, Problem> {
    let (reply, is_replayed) =
        insight.reply_to_escalation(&caller, id, &body.content, once).await.or_problem()?;
    let view = ReplyView {
        message_id: reply.id,
        sequence_number: reply.sequence,
        role: "agent",
        created_at: reply.created_at,
    };
    let response = (StatusCode::CREATED, axum::Json(view)).into_response();
    Ok(if is_replayed { replayed(response) } else { response })
}
