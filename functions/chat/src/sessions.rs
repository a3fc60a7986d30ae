//! Sessions: open, get, list, messages.

use crate::{
    Context,
    answers::{CitationView, fingerprint},
    problems::OrProblem as _,
};
use access::Bearer;
use answering::{Identifier, Identifiers};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use domain::{Caller, ChatbotId, MessageId, SessionId, conversation::Platform, limits};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{
    idempotency::Once,
    sessions::{Opening, Session},
};
use utoipa::{IntoParams, ToSchema};
use web::{IdempotencyKey, JsonOrNothing, Page, PathId, Problem, Query, paging, replayed};

/// What a session's opening may say; all of it is optional.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct OpenSession {
    /// Where the conversation happens.
    #[schema(value_type = String, example = "web")]
    platform: Platform,
    /// Your name for the person; kept as a keyed hash and, where the deployment has a key, sealed.
    #[schema(max_length = 255)]
    user_identifier: Option<String>,
    /// Your system's id for the client; kept in the same way.
    #[schema(max_length = 255)]
    external_client_id: Option<String>,
    /// `mobile`, `desktop`, `tablet`, …
    #[schema(max_length = 50)]
    device_type: Option<String>,
    /// Where the person is.
    location: Option<Location>,
    /// Anything to keep with the session.
    #[schema(value_type = Object)]
    context: serde_json::Map<String, serde_json::Value>,
}

/// Where a person is, as precisely as the caller likes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// ISO 3166-1 alpha-2.
    #[schema(example = "UG")]
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
}

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    #[schema(value_type = uuid::Uuid)]
    id: SessionId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    platform: String,
    /// `active`, `complete`, `incomplete`, `escalated`, `expired` or `terminated`.
    status: String,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_activity_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    title: Option<String>,
    description: Option<String>,
    tags: Vec<String>,
    archived: bool,
    is_shared: bool,
    /// One of its chatbot's categories, or what people said; null: not known.
    category: Option<String>,
    /// What is wanted within it; null: not known.
    intent: Option<String>,
    /// 0..10, as its user said.
    nps_score: Option<i32>,
    /// As its opening said.
    #[schema(value_type = Object)]
    context: serde_json::Value,
    message_count: i32,
    total_tokens: i64,
    /// US dollars.
    total_cost: String,
    /// Mean confidence of the answers, 0..1.
    confidence: Option<f64>,
}

impl SessionView {
    /// Whose cursor a page ends with.
    pub fn id(&self) -> SessionId {
        self.id
    }
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            chatbot_id: session.chatbot,
            platform: session.platform,
            status: session.status,
            started_at: session.started_at,
            last_activity_at: session.last_activity_at,
            ended_at: session.ended_at,
            title: session.title,
            description: session.description,
            tags: session.tags,
            archived: session.archived,
            is_shared: session.is_shared,
            category: session.category,
            intent: session.intent,
            nps_score: session.nps,
            context: session.context,
            message_count: session.message_count,
            total_tokens: session.total_tokens,
            total_cost: session.total_cost,
            confidence: session.confidence,
        }
    }
}

/// A conversation, and who talks in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedSession {
    #[serde(flatten)]
    session: SessionView,
    /// Your name for the person, as the opening said it. Null: it said none, there was no key to seal it, the key does not
    /// answer at present, or the caller has not the scope `sessions:read`.
    user_identifier: Option<String>,
    /// Your system's id for the client; null for the same reasons.
    external_client_id: Option<String>,
}

/// A session that was opened just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedSession {
    #[serde(flatten)]
    session: SessionView,
    /// For whoever is to talk in it: good, as `Authorization: Bearer`, for this one session's messages and nothing else,
    /// and, when a page of the web opened it, from that page's origin alone. Shown here, and kept nowhere.
    #[schema(example = "docent_session_v1.…")]
    token: String,
    /// When it ceases to be good: the organization's hours after the session's beginning, 24 when nobody says.
    #[schema(value_type = String, format = DateTime)]
    token_expires_at: Timestamp,
}

/// Open a session with a chatbot. Scope `chat`. With an `Idempotency-Key` it is opened once: sent again, the same session comes.
#[utoipa::path(post, path = "/api/v1/chatbots/{id}/sessions", tag = "chat",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"),
        ("Idempotency-Key" = Option<String>, Header, description = "Of your own choice, 1 to 255 characters; kept for 24 hours")),
    request_body = OpenSession,
    responses((status = 201, body = OpenedSession), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn open(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(chatbot): PathId<ChatbotId>,
    IdempotencyKey(once): IdempotencyKey,
    headers: HeaderMap,
    JsonOrNothing(body): JsonOrNothing<OpenSession>,
) -> Result<Response, Problem> {
    check(&body)?;
    let once = once.map(|key| {
        let said = serde_json::json!(body).to_string();
        Once { key, fingerprint: fingerprint(&["open", &chatbot.to_string(), &said]) }
    });
    let key = context.access.identity_hash_key();
    let who = Identifiers {
        user: Identifier::new(key, "user_identifier", body.user_identifier.as_deref()),
        client: Identifier::new(key, "external_client_id", body.external_client_id.as_deref()),
    };
    let opening = Opening {
        device_type: body.device_type,
        location: body.location.map(|location| serde_json::json!(location)),
        context: serde_json::Value::Object(body.context),
        ..Opening::of(chatbot, body.platform)
    };
    let (opened, is_replayed) = match once {
        None => (context.answering.open_session(&caller, opening, &who).await.or_problem()?, false),
        Some(once) => {
            context.answering.open_session_once(&caller, opening, &who, &once).await.or_problem()?
        }
    };
    let said = identity::Session {
        organization: caller.organization(),
        chatbot: opened.session.chatbot,
        session: opened.session.id,
        origin: access::origin(&headers),
        expires_at: opened.token_expires_at,
    };
    let view = OpenedSession {
        token: context.access.session_token(&said),
        token_expires_at: Timestamp::from_second(said.expires_at).unwrap_or(Timestamp::MAX),
        session: opened.session.into(),
    };
    let response = (StatusCode::CREATED, axum::Json(view)).into_response();
    Ok(if is_replayed { replayed(response) } else { response })
}

/// What the columns hold: a device's kind of at most so many characters, and no NUL, in text or in JSON.
fn check(body: &OpenSession) -> Result<(), Problem> {
    if body.device_type.as_ref().is_some_and(|kind| kind.chars().count() > limits::DEVICE_TYPE_CHARACTERS) {
        let detail = format!("It has at most {} characters.", limits::DEVICE_TYPE_CHARACTERS);
        return Err(Problem::invalid("invalid-field", "/device_type", detail));
    }
    for (pointer, name) in
        [("/user_identifier", &body.user_identifier), ("/external_client_id", &body.external_client_id)]
    {
        if name.as_ref().is_some_and(|name| name.chars().count() > limits::IDENTIFIER_CHARACTERS) {
            let detail = format!("It has at most {} characters.", limits::IDENTIFIER_CHARACTERS);
            return Err(Problem::invalid("invalid-field", pointer, detail));
        }
    }
    let said = [
        ("/device_type", serde_json::json!(body.device_type)),
        ("/location", serde_json::json!(body.location)),
        ("/context", serde_json::json!(body.context)),
    ];
    for (pointer, value) in said {
        if holds_nul(&value) {
            return Err(Problem::invalid("invalid-field", pointer, "A text must not hold NUL characters."));
        }
        if value.to_string().len() > limits::SESSION_CONTEXT_BYTES {
            let detail = format!("It has at most {} bytes as JSON.", limits::SESSION_CONTEXT_BYTES);
            return Err(Problem::invalid("invalid-field", pointer, detail));
        }
    }
    Ok(())
}

fn holds_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(holds_nul),
        serde_json::Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value))
        }
        _ => false,
    }
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// One session. Scope `sessions:read`; who opened it, who holds its token and, when it is shared, any person who may ask may read it as well, but for who talks in it.
#[utoipa::path(get, path = "/api/v1/sessions/{id}", tag = "chat", params(("id" = uuid::Uuid, Path, description = "The session")),
    responses((status = 200, body = NamedSession), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<SessionId>,
) -> Result<axum::Json<NamedSession>, Problem> {
    let named = context.answering.session(&caller, id).await.or_problem()?;
    Ok(axum::Json(NamedSession {
        session: named.session.into(),
        user_identifier: named.user_identifier,
        external_client_id: named.external_client_id,
    }))
}

/// A message with its citations.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    #[schema(value_type = uuid::Uuid)]
    id: MessageId,
    /// Place in the session, from 1, without gaps.
    sequence_number: i32,
    /// `user`, `assistant`, `agent` or `system`.
    role: String,
    content: String,
    /// 0..1; null for what is not an answer.
    confidence: Option<f32>,
    abstained: bool,
    /// Whether the answer broke off.
    error: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// US dollars of an answer; null while the model's price is not known.
    cost: Option<String>,
    is_edited: bool,
    /// What it said first; null while it was not changed.
    original_content: Option<String>,
    /// ISO 639-1, of a user's message; null: not known.
    language: Option<String>,
    /// `{score: -1..1, label: negative, neutral or positive}` of a user's message; null: not known, or not for an end user.
    #[schema(value_type = Option<Object>)]
    sentiment: Option<serde_json::Value>,
    /// `{legal: true, tax: false, …}` of a user's message; null: not known, or not for an end user.
    #[schema(value_type = Option<Object>)]
    risk_flags: Option<serde_json::Value>,
    /// How names were taken out of a user's message: `{names: model, model, …}` with its tokens and cost, or where that failed
    /// `{names: patterns, failed, …}`: only what has a pattern was. Null: nobody looked for names, or not for an end user.
    #[schema(value_type = Option<Object>)]
    redaction: Option<serde_json::Value>,
    /// How a language model read it after it was answered, of a user's message: `{status: claimed, read or failed, model, failed,
    /// prompt_tokens, completion_tokens, cost}`; null: none did, or not for an end user.
    #[schema(value_type = Option<Object>)]
    reading: Option<serde_json::Value>,
    citations: Vec<CitationView>,
}

/// Messages of a session, in order. Scope `sessions:read`; who opened it, who holds its token and, when it is shared, any person who may ask may read them as well.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/messages", tag = "chat",
    params(("id" = uuid::Uuid, Path, description = "The session"), Paging),
    responses((status = 200, body = Page<MessageView>), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn messages(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<SessionId>,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<MessageView>>, Problem> {
    let limit = paging::limit(paging.limit)?;
    let after = paging::cursor(paging.cursor.as_deref())?.unwrap_or(0);
    let rows = context.answering.messages(&caller, id, after, limit + 1).await.or_problem()?;
    let mut views = Vec::with_capacity(rows.len());
    // What is thought of somebody is not for the page that they sit at.
    let is_told = !matches!(caller, Caller::EndUser { .. });
    for message in rows {
        views.push(MessageView {
            id: message.id,
            sequence_number: message.sequence,
            role: message.role,
            content: message.content,
            confidence: message.confidence,
            abstained: message.abstained,
            error: message.error,
            created_at: message.created_at,
            cost: message.cost,
            is_edited: message.is_edited,
            original_content: message.original,
            language: message.language,
            sentiment: message.sentiment.filter(|_| is_told),
            risk_flags: message.risk_flags.filter(|_| is_told),
            redaction: message.redaction.filter(|_| is_told),
            reading: message.reading.filter(|_| is_told),
            citations: context.sources.views(message.citations).await,
        });
    }
    Ok(axum::Json(Page::of(views, limit, |view: &MessageView| view.sequence_number)))
}
