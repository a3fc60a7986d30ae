//! Chat completions: one turn of a chatbot.

use super::{Failure, body, caller, wire};
use crate::{
    Context,
    problems::{self, OrProblem as _},
};
use answering::{Answer, Event, Turn};
use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use domain::{ApiKey, MessageId, SessionId, conversation::Platform};
use futures_util::{Stream, StreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{messages::Citation, sessions::Opening};
use utoipa::ToSchema;
use web::{BearerKey, Problem};

/// A conversation to go on with. Sampling parameters, tools and the like are the bot's own affair and ignored.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CompletionBody {
    /// A chatbot's id or name.
    model: String,
    /// The conversation; the last user message is answered.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<wire::Message>,
    /// Whether the answer comes as it is written.
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    /// 1.
    #[serde(default)]
    n: Option<i64>,
    /// `session_id`: the session that this is a turn of; its own history holds then, not that of `messages`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// What a stream ends with.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct StreamOptions {
    /// Whether a last chunk tells the tokens.
    #[serde(default)]
    include_usage: Option<bool>,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Completion {
    id: String,
    #[schema(example = "chat.completion")]
    object: &'static str,
    /// Unix seconds.
    created: i64,
    model: String,
    #[schema(value_type = Vec<Object>)]
    choices: [Value; 1],
    #[schema(value_type = Object)]
    usage: Value,
    /// What this protocol has no place for: confidence, whether it abstained, the ids of session and message.
    #[schema(value_type = Object)]
    docent: Value,
}

/// Ask a chatbot. With `stream` the answer comes as `chat.completion.chunk` events, then `[DONE]`. Citations stand in the
/// text as `[1]` and are explained in the message's `annotations`. Scope `chat`.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai", request_body = CompletionBody,
    responses((status = 200, body = Completion), (status = 400, body = Failure), (status = 401, body = Failure),
        (status = 404, body = Failure), (status = 413, body = Failure), (status = 429, body = Failure),
        (status = 502, body = Failure), (status = 503, body = Failure)))]
pub async fn create_completion(
    State(context): State<Arc<Context>>,
    key: Result<BearerKey, Problem>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let arrived = Instant::now();
    let key = caller(key)?;
    let wish: CompletionBody = body(bytes)?;
    if wish.n.is_some_and(|n| n != 1) {
        return Err(Failure::invalid("One answer is written; n is 1.", Some("n")));
    }
    let (question, given) = wire::read(wish.messages)?;
    let session = session(wish.metadata.as_ref())?;
    let turn = begin(&context, &key, &wish.model, session, given).await?;
    let head = Head {
        id: format!("chatcmpl-{}", MessageId::generate().0.simple()),
        session: turn.session,
        model: wish.model,
        created: Timestamp::now().as_second(),
    };
    let events = Arc::clone(&context.answering).answer(turn, question, arrived);
    if wish.stream == Some(true) {
        let with_usage = wish.stream_options.unwrap_or_default().include_usage == Some(true);
        Ok(streamed(events, head, with_usage))
    } else {
        whole(events, head).await
    }
}

fn session(metadata: Option<&Value>) -> Result<Option<SessionId>, Failure> {
    let Some(named) = metadata.and_then(|metadata| metadata.get("session_id")) else { return Ok(None) };
    let id = named.as_str().and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| Failure::invalid("It is a session's id.", Some("metadata.session_id")))
}

async fn begin(
    context: &Context,
    key: &ApiKey,
    model: &str,
    session: Option<SessionId>,
    given: answering::Given,
) -> Result<Turn, Failure> {
    if let Some(session) = session {
        let turn = context.answering.begin(key, session).await.or_problem()?;
        return Ok(Turn { instructions: given.instructions, ..turn });
    }
    let missing =
        |problem: Problem| if problem.status == 404 { Failure::no_model(model) } else { problem.into() };
    let chatbot = context.answering.chatbot(key, model).await.or_problem().map_err(missing)?;
    let opening = Opening::of(chatbot, Platform::Api);
    context.answering.begin_new(key, &opening, given).await.or_problem().map_err(missing)
}

/// What every part of an answer repeats.
struct Head {
    id: String,
    session: SessionId,
    model: String,
    created: i64,
}

impl Head {
    /// A chunk of a stream; its id is the same in all of them.
    fn chunk(&self, choices: Value, with_usage: bool) -> Value {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk",
            "created": self.created, "model": self.model, "choices": choices,
        });
        if with_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }
}

async fn whole(events: impl Stream<Item = Event>, head: Head) -> Result<Response, Failure> {
    let mut events = pin!(events);
    while let Some(event) = events.next().await {
        match event {
            Event::Failed(broken) => return Err(problems::broken(broken).into()),
            Event::Token(_) | Event::Citation(_) => {}
            Event::Done(answer) => {
                let message = json!({
                    "role": "assistant", "content": answer.content, "refusal": null,
                    "annotations": annotations(&answer),
                });
                let choice =
                    json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": "stop" });
                let completion = Completion {
                    id: head.id,
                    object: "chat.completion",
                    created: head.created,
                    model: head.model,
                    choices: [choice],
                    usage: usage(&answer),
                    docent: beside(head.session, &answer),
                };
                return Ok(axum::Json(completion).into_response());
            }
        }
    }
    Err(Problem::internal().into())
}

fn streamed(events: impl Stream<Item = Event> + Send + 'static, head: Head, with_usage: bool) -> Response {
    let first =
        json!([{ "index": 0, "delta": { "role": "assistant", "content": "" }, "finish_reason": null }]);
    let first = data(&head.chunk(first, with_usage));
    let rest = events.flat_map(move |event| stream::iter(chunks(event, &head, with_usage)));
    let all = stream::once(async { first }).chain(rest).map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(Duration::from_secs(crate::answers::HEARTBEAT_SECONDS));
    Sse::new(all).keep_alive(alive).into_response()
}

fn chunks(event: Event, head: &Head, with_usage: bool) -> Vec<sse::Event> {
    let delta = |delta: Value, finish: Value| {
        data(&head.chunk(json!([{ "index": 0, "delta": delta, "finish_reason": finish }]), with_usage))
    };
    match event {
        Event::Token(text) => vec![delta(json!({ "content": text }), Value::Null)],
        // Told at the end, when it is known where the marks stand.
        Event::Citation(_) => Vec::new(),
        Event::Failed(broken) => vec![data(&Failure::from(problems::broken(broken)).event())],
        Event::Done(answer) => {
            let mut last = head.chunk(
                json!([{ "index": 0, "delta": { "annotations": annotations(&answer) }, "finish_reason": "stop" }]),
                with_usage,
            );
            last["docent"] = beside(head.session, &answer);
            let mut chunks = vec![data(&last)];
            if with_usage {
                let mut counted = head.chunk(json!([]), true);
                counted["usage"] = usage(&answer);
                chunks.push(data(&counted));
            }
            chunks.push(sse::Event::default().data("[DONE]"));
            chunks
        }
    }
}

fn data(value: &Value) -> sse::Event {
    sse::Event::default().data(value.to_string())
}

fn usage(answer: &Answer) -> Value {
    let (prompt, completion) = (answer.usage.prompt, answer.usage.completion);
    json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt.saturating_add(completion) })
}

fn beside(session: SessionId, answer: &Answer) -> Value {
    json!({
        "session_id": session, "message_id": answer.id, "confidence": answer.confidence, "abstained": answer.abstained,
    })
}

/// Citations in the shape of that protocol's own: where the mark stands in the text, in characters, and what it
/// means; what has no place there stands beside.
fn annotations(answer: &Answer) -> Vec<Value> {
    let marks = answer.citations.iter().flat_map(|citation| {
        let mark = format!("[{}]", citation.marker);
        let places: Vec<usize> = answer.content.match_indices(&mark).map(|(place, _)| place).collect();
        places.into_iter().map(move |place| (place, mark.len(), citation))
    });
    marks
        .map(|(place, length, citation)| {
            let start = answer.content[..place].chars().count();
            json!({
                "type": "url_citation",
                "url_citation": {
                    "start_index": start, "end_index": start + length, "title": citation.title, "url": urn(citation),
                },
                "docent": {
                    "marker": citation.marker, "document_id": citation.document, "document_key": citation.key,
                    "page_number": citation.page, "quoted_span": citation.quoted_span, "score": citation.score,
                },
            })
        })
        .collect()
}

/// A name for what is cited; the documents' own addresses are for those who may read them.
fn urn(citation: &Citation) -> String {
    match (citation.source.chunk(), citation.source.curated()) {
        (Some(chunk), _) => format!("urn:docent:chunk:{chunk}"),
        (None, Some(answer)) => format!("urn:docent:curated-answer:{answer}"),
        (None, None) => "urn:docent:nothing".to_owned(),
    }
}
