//! A turn: one question in, one answer out, whole or as it is written.

pub mod measured;

use crate::{
    Context,
    problems::{self, OrProblem as _},
};
use access::Bearer;
use answering::{Answer, Begun, Event, Timings, Turn};
use axum::{
    Extension,
    extract::{Path, State, rejection::PathRejection},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use domain::{ChunkId, CuratedAnswerId, DocumentId, FileId, MessageId, SessionId, conversation::Question};
use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    convert::Infallible,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{idempotency::Once, messages::Citation};
use utoipa::ToSchema;
use web::{IdempotencyKey, Json, PathId, Problem, RequestId, replayed};

/// Seconds between signs of life while a stream has nothing to say: proxies close what is silent.
pub const HEARTBEAT_SECONDS: u64 = 10;

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// 1 to 2,000 characters after trimming.
    #[schema(min_length = 1, max_length = 2000, example = "How often is the oil changed?")]
    message: String,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerView {
    message: AnswerMessage,
    /// By marker.
    citations: Vec<CitationView>,
    /// 0..1: how well the answer stands on what it cites.
    confidence: f32,
    /// Whether this is the fallback message: the documents do not hold the answer.
    abstained: bool,
    usage: UsageView,
    /// US dollars; null while the model's price is not known.
    cost: Option<String>,
    #[schema(value_type = TimingsView)]
    timings: Timings,
    /// What was searched, where no answer was found; null beside an answer.
    searched: Option<SearchedView>,
}

/// What was searched in vain.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchedView {
    /// What was looked for.
    query: String,
    /// Documents that the chatbot reads.
    documents: i64,
    /// Collections that hold them.
    collections: i64,
    /// Titles of the documents that came nearest, best first.
    titles: Vec<String>,
}

/// The answer's message.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerMessage {
    #[schema(value_type = uuid::Uuid)]
    id: MessageId,
    /// The message that asked.
    #[schema(value_type = uuid::Uuid)]
    question_id: MessageId,
    /// `assistant`.
    role: &'static str,
    /// Citations stand in it as `[1]`; an answer that people wrote is given as they wrote it, without a mark.
    content: String,
    /// `curated` for an answer that people wrote.
    model: String,
}

/// Tokens as the provider counted them.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageView {
    prompt_tokens: u32,
    completion_tokens: u32,
    total_tokens: u32,
}

/// Milliseconds of a turn's steps.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of answering::Timings, which knows no OpenAPI")]
pub struct TimingsView {
    /// From a follow-up to a question that stands alone; 0 where it did before.
    rewrite_ms: u64,
    embed_ms: u64,
    search_ms: u64,
    /// 0 without a reranker.
    rerank_ms: u64,
    generate_ms: u64,
    total_ms: u64,
}

/// Where a part of the answer stands: in a passage of a document, in a file of the session, or in an answer that people wrote.
#[derive(Debug, Serialize, ToSchema)]
pub struct CitationView {
    /// `[1]` in the text.
    marker: i32,
    /// The passage; null for a file of the session and for an answer that people wrote.
    #[schema(value_type = Option<uuid::Uuid>)]
    chunk_id: Option<ChunkId>,
    /// The answer that people wrote; else null.
    #[schema(value_type = Option<uuid::Uuid>)]
    curated_answer_id: Option<CuratedAnswerId>,
    /// The file of the session; else null.
    #[schema(value_type = Option<uuid::Uuid>)]
    file_id: Option<FileId>,
    /// Null for a file of the session, and for an answer that was not imported by a document.
    #[schema(value_type = Option<uuid::Uuid>)]
    document_id: Option<DocumentId>,
    /// Without a document, the file's name or the question that people answered.
    document_title: String,
    /// Null without a document.
    document_key: Option<String>,
    /// From 1; null where there are no pages.
    page_number: Option<i32>,
    /// The source's own words.
    quoted_span: String,
    /// How well they carry the answer, 0..1.
    score: f32,
    /// Opens the document, at the page where there are pages; good for 15 minutes, and made anew in every listing. Null
    /// where there is no document, or no longer.
    url: Option<String>,
}

impl CitationView {
    pub fn new(citation: Citation, url: Option<String>) -> Self {
        Self {
            marker: citation.marker,
            chunk_id: citation.source.chunk(),
            curated_answer_id: citation.source.curated(),
            file_id: citation.source.file(),
            document_id: citation.document,
            document_title: citation.title,
            document_key: citation.key,
            page_number: citation.page,
            quoted_span: citation.quoted_span,
            score: citation.score,
            url,
        }
    }
}

impl CitationView {
    /// As it stands under a text: mark, title, page and the source's own words.
    pub fn as_footnote(&self) -> String {
        let page = self.page_number.map(|page| format!(", page {page}")).unwrap_or_default();
        format!("[{}] {}{page}: \"{}\"", self.marker, self.document_title, self.quoted_span)
    }
}

impl AnswerView {
    pub fn new(answer: Answer, citations: Vec<CitationView>) -> Self {
        Self {
            message: AnswerMessage {
                id: answer.id,
                question_id: answer.question,
                role: "assistant",
                content: answer.content,
                model: answer.model,
            },
            citations,
            confidence: answer.confidence,
            abstained: answer.abstained,
            usage: UsageView {
                prompt_tokens: answer.usage.prompt,
                completion_tokens: answer.usage.completion,
                total_tokens: answer.usage.prompt + answer.usage.completion,
            },
            cost: answer.cost,
            timings: answer.timings,
            searched: answer.searched.map(|searched| SearchedView {
                query: searched.query,
                documents: searched.documents,
                collections: searched.collections,
                titles: searched.titles,
            }),
        }
    }
}

/// Ask one question. Scope `chat`, or the session's token. With `Accept: text/event-stream` the answer comes as `token`, `citation`, then one `done`
/// (this same JSON) or `error` (a problem) event. With an `Idempotency-Key` it is answered once: sent again, the same answer comes.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/messages", tag = "chat",
    params(("id" = uuid::Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "Of your own choice, 1 to 255 characters; kept for 24 hours")),
    request_body = Ask,
    responses((status = 200, body = AnswerView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem)))]
pub async fn ask(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(session): PathId<SessionId>,
    Extension(request): Extension<RequestId>,
    IdempotencyKey(once): IdempotencyKey,
    headers: HeaderMap,
    Json(body): Json<Ask>,
) -> Result<Response, Problem> {
    let arrived = Instant::now();
    let question =
        Question::new(&body.message).map_err(|problem| problems::not_a_question(problem, "/message"))?;
    let turn = match once {
        None => context.answering.begin(&caller, session).await.or_problem()?,
        Some(own) => {
            let once = Once {
                key: own,
                fingerprint: fingerprint(&["ask", &session.to_string(), question.as_str()]),
            };
            match context.answering.begin_once(&caller, session, once).await.or_problem()? {
                Begun::Turn(turn) => *turn,
                Begun::Answered(answer) => {
                    return Ok(answered_before(&context, *answer, &headers, request).await);
                }
            }
        }
    };
    respond(&context, turn, question, arrived, &headers, request).await
}

/// What a request asks for, so that another one under the same key is noticed.
pub fn fingerprint(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().into()
}

/// A question in other words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// 1 to 2,000 characters after trimming.
    #[schema(min_length = 1, max_length = 2000, example = "How often is the gearbox oil changed?")]
    message: String,
    /// Whether it is answered again, at the end of the conversation; what was said before it is its history.
    #[serde(default)]
    answer: bool,
}

/// Change what a user's message says; what it said first is kept. Scope `chat`, or the session's token. With `"answer": true` it is answered again, as JSON or
/// as a stream like any question; without, there is no content.
#[utoipa::path(patch, path = "/api/v1/sessions/{id}/messages/{message_id}", tag = "chat",
    params(("id" = uuid::Uuid, Path, description = "The session"), ("message_id" = uuid::Uuid, Path, description = "A user's message")),
    request_body = Edit,
    responses((status = 200, body = AnswerView), (status = 204, description = "Changed, not answered"), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 502, body = Problem), (status = 503, body = Problem)))]
pub async fn edit(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    path: Result<Path<(SessionId, MessageId)>, PathRejection>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    Json(body): Json<Edit>,
) -> Result<Response, Problem> {
    let arrived = Instant::now();
    let Path((session, message)) = path.map_err(|_| Problem::not_found("message"))?;
    let question =
        Question::new(&body.message).map_err(|problem| problems::not_a_question(problem, "/message"))?;
    if !body.answer {
        context.answering.edit(&caller, session, message, &question).await.or_problem()?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let turn = context.answering.begin_again(&caller, session, message, &question).await.or_problem()?;
    respond(&context, turn, question, arrived, &headers, request).await
}

async fn respond(
    context: &Arc<Context>,
    turn: Turn,
    question: Question,
    arrived: Instant,
    headers: &HeaderMap,
    request: RequestId,
) -> Result<Response, Problem> {
    let events = measured::answer(&context.answering, turn, question, arrived);
    if wants_stream(headers) { Ok(streamed(context, events, request)) } else { whole(context, events).await }
}

/// An answer that was given before, as it would come now.
async fn answered_before(
    context: &Arc<Context>,
    answer: Answer,
    headers: &HeaderMap,
    request: RequestId,
) -> Response {
    let response = if wants_stream(headers) {
        let token = Event::Token(answer.content.clone());
        let citations =
            answer.citations.clone().into_iter().map(|citation| Event::Citation(Box::new(citation)));
        let events: Vec<Event> =
            [token].into_iter().chain(citations).chain([Event::Done(Box::new(answer))]).collect();
        streamed(context, stream::iter(events), request)
    } else {
        axum::Json(context.sources.answer(answer).await).into_response()
    };
    replayed(response)
}

fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.contains("text/event-stream")))
}

async fn whole(context: &Context, events: impl Stream<Item = Event>) -> Result<Response, Problem> {
    let mut events = pin!(events);
    while let Some(event) = events.next().await {
        match event {
            Event::Done(answer) => {
                return Ok(axum::Json(context.sources.answer(*answer).await).into_response());
            }
            Event::Failed(broken) => return Err(problems::broken(broken)),
            Event::Token(_) | Event::Citation(_) => {}
        }
    }
    Err(Problem::internal())
}

#[derive(Serialize)]
struct Token {
    text: String,
}

fn streamed(
    context: &Arc<Context>,
    events: impl Stream<Item = Event> + Send + 'static,
    request: RequestId,
) -> Response {
    let context = Arc::clone(context);
    let events = events.then(move |event| {
        let (context, request) = (Arc::clone(&context), request.clone());
        async move { Ok::<_, Infallible>(encode(&context, event, request).await) }
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(HEARTBEAT_SECONDS));
    Sse::new(events).keep_alive(alive).into_response()
}

async fn encode(context: &Context, event: Event, RequestId(request): RequestId) -> sse::Event {
    let (name, data) = match event {
        Event::Token(text) => ("token", serde_json::to_string(&Token { text })),
        Event::Citation(citation) => {
            ("citation", serde_json::to_string(&context.sources.view(*citation).await))
        }
        Event::Done(answer) => ("done", serde_json::to_string(&context.sources.answer(*answer).await)),
        Event::Failed(broken) => {
            let problem = Problem { request_id: Some(request), ..problems::broken(broken) };
            ("error", serde_json::to_string(&problem))
        }
    };
    sse::Event::default().event(name).data(data.unwrap_or_default())
}
