//! Chat completions: one turn of a chatbot.

use super::{Failure, body, caller, wire};
use crate::{
    Context,
    answers::{fingerprint, measured},
    problems,
};
use access::Bearer;
use answering::{Answer, Carried, CarriedBegun, Event, Identifier, Identifiers};
use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use domain::{ChatbotId, MessageId, SessionId};
use futures_util::{Stream, StreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{
    idempotency::Once,
    messages::{Citation, Source},
};
use utoipa::ToSchema;
use web::{IdempotencyKey, Problem, replayed};

/// A conversation to go on with. Sampling parameters and the like are the bot's own affair and ignored.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CompletionBody {
    /// A chatbot's id, its name, or its name in lower case with hyphens where no other is called so.
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
    /// `session_id`: the session that this is a turn of. Where `messages` hold nothing but the question, its own history
    /// holds.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// Your name for the person; kept as a keyed hash only.
    #[serde(default)]
    user: Option<String>,
    /// The newer name of `user`.
    #[serde(default)]
    safety_identifier: Option<String>,
    /// No tools are called: what demands one is refused.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    tool_choice: Option<Value>,
    /// Answers are text.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    response_format: Option<Value>,
    /// Not told.
    #[serde(default)]
    logprobs: Option<bool>,
    /// Answers are text.
    #[serde(default)]
    modalities: Option<Vec<String>>,
}

impl CompletionBody {
    /// What would be answered otherwise than asked for is refused; the rest is ignored.
    fn refuse_what_cannot_be(&self) -> Result<(), Failure> {
        let refuse = |param, detail: &str| Err(Failure::invalid(detail, Some(param)));
        if self.n.is_some_and(|n| n != 1) {
            return refuse("n", "One answer is written; n is 1.");
        }
        if self.logprobs == Some(true) {
            return refuse("logprobs", "Probabilities of tokens are not told: leave logprobs out.");
        }
        if self.tool_choice.as_ref().is_some_and(|choice| choice != "none" && choice != "auto") {
            return refuse(
                "tool_choice",
                "No tools are called: say \"none\" or \"auto\", or leave tool_choice out.",
            );
        }
        if self.response_format.as_ref().is_some_and(|format| format["type"] != "text") {
            return refuse("response_format", "Answers are text: leave response_format out.");
        }
        if self.modalities.iter().flatten().any(|modality| modality != "text") {
            return refuse("modalities", "Answers are text: leave modalities out.");
        }
        Ok(())
    }
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
/// text as `[1]` and are explained in the message's `annotations`. Scope `chat`. With an `Idempotency-Key` it is answered once: sent
/// again, the same answer comes.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai", request_body = CompletionBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Of your own choice, 1 to 255 characters; kept for 24 hours")),
    responses((status = 200, body = Completion), (status = 400, body = Failure), (status = 401, body = Failure),
        (status = 404, body = Failure), (status = 409, body = Failure), (status = 413, body = Failure), (status = 429, body = Failure),
        (status = 502, body = Failure), (status = 503, body = Failure)))]
pub async fn create_completion(
    State(context): State<Arc<Context>>,
    bearer: Result<Bearer, Problem>,
    own: Result<IdempotencyKey, Problem>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let arrived = Instant::now();
    let caller = caller(bearer)?;
    let IdempotencyKey(own) = own?;
    let said = bytes.as_ref().map(|bytes| fingerprint(&["complete", &String::from_utf8_lossy(bytes)])).ok();
    let wish: CompletionBody = body(bytes)?;
    wish.refuse_what_cannot_be()?;
    let (question, given) = wire::read(wish.messages)?;
    let key = context.access.identity_hash_key();
    let user = Identifier::new(key, "user_identifier", wish.safety_identifier.or(wish.user).as_deref());
    let who = Identifiers { user, client: None };
    let session = session(wish.metadata.as_ref())?;
    let carried = Carried { chatbot: wish.model, session, who, given };
    let once = own.zip(said).map(|(key, fingerprint)| Once { key, fingerprint });
    let begun = match once {
        None => {
            let turn = context.answering.begin_with_history(&caller, &carried).await;
            turn.map(|turn| CarriedBegun::Turn(Box::new(turn)))
        }
        Some(once) => context.answering.begin_with_history_once(&caller, &carried, once).await,
    };
    let begun = begun.map_err(|refusal| Failure::of_turn(refusal, &carried.chatbot))?;
    let is_replayed = matches!(begun, CarriedBegun::Answered { .. });
    let (head, events): (Head, Events) = match begun {
        CarriedBegun::Turn(turn) => {
            let head = Head::new(MessageId::generate(), turn.session, turn.config.chatbot);
            (head, Box::pin(measured::answer(&context.answering, *turn, question, arrived)))
        }
        CarriedBegun::Answered { answer, session, chatbot } => {
            let head = Head::new(answer.id, session, chatbot);
            let token = Event::Token(answer.content.clone());
            (head, Box::pin(stream::iter([token, Event::Done(answer)])))
        }
    };
    let response = if wish.stream == Some(true) {
        let with_usage = wish.stream_options.unwrap_or_default().include_usage == Some(true);
        streamed(events, head, with_usage).await?
    } else {
        whole(events, head).await?
    };
    Ok(if is_replayed { replayed(response) } else { response })
}

/// What an answer's stream tells.
type Events = Pin<Box<dyn Stream<Item = Event> + Send>>;

fn session(metadata: Option<&Value>) -> Result<Option<SessionId>, Failure> {
    let Some(named) =
        metadata.and_then(|metadata| metadata.get("session_id")).filter(|named| !named.is_null())
    else {
        return Ok(None);
    };
    let id = named.as_str().and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| Failure::invalid("It is a session's id.", Some("metadata.session_id")))
}

/// What every part of an answer repeats.
struct Head {
    id: String,
    session: SessionId,
    model: String,
    created: i64,
}

impl Head {
    fn new(id: MessageId, session: SessionId, chatbot: ChatbotId) -> Self {
        Self {
            id: format!("chatcmpl-{}", id.0.simple()),
            session,
            model: chatbot.to_string(),
            created: Timestamp::now().as_second(),
        }
    }

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

async fn whole(mut events: Events, head: Head) -> Result<Response, Failure> {
    while let Some(event) = events.next().await {
        match event {
            Event::Failed(broken) => return Err(problems::broken(broken).into()),
            Event::Token(_) | Event::Citation(_) => {}
            Event::Done(answer) => {
                let message = json!({
                    "role": "assistant", "content": answer.content, "refusal": null,
                    "annotations": annotations(&answer),
                });
                let choice = json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": finish(&answer) });
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

/// The stream begins with the answer's first word, so that what fails before has its status, by which clients know
/// whether to try again.
async fn streamed(mut events: Events, head: Head, with_usage: bool) -> Result<Response, Failure> {
    let begun = match events.next().await {
        Some(Event::Failed(broken)) => return Err(problems::broken(broken).into()),
        None => return Err(Problem::internal().into()),
        Some(begun) => begun,
    };
    let events = stream::iter([begun]).chain(events);
    let first =
        json!([{ "index": 0, "delta": { "role": "assistant", "content": "" }, "finish_reason": null }]);
    let first = data(&head.chunk(first, with_usage));
    let rest = events.flat_map(move |event| stream::iter(chunks(event, &head, with_usage)));
    let all = stream::once(async { first }).chain(rest).map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(Duration::from_secs(crate::answers::HEARTBEAT_SECONDS));
    Ok(Sse::new(all).keep_alive(alive).into_response())
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
                json!([{ "index": 0, "delta": { "annotations": annotations(&answer) }, "finish_reason": finish(&answer) }]),
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

/// Why no more comes, in that protocol's words.
fn finish(answer: &Answer) -> &'static str {
    if answer.is_cut { "length" } else { "stop" }
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
/// means; what has no place there stands beside. An answer that people wrote has no marks: it is meant as a whole.
fn annotations(answer: &Answer) -> Vec<Value> {
    let marked = answer.citations.iter().flat_map(|citation| {
        let places = places(&answer.content, citation.marker);
        places.into_iter().map(move |place| (place, citation))
    });
    let mut marked: Vec<_> = marked.collect();
    marked.sort_by_key(|((start, _), _)| *start);
    marked
        .into_iter()
        .map(|((start, end), citation)| {
            json!({
                "type": "url_citation",
                "url_citation": {
                    "start_index": start, "end_index": end, "title": citation.title, "url": urn(citation),
                },
                "docent": {
                    "marker": citation.marker, "file_id": citation.source.file(), "document_id": citation.document, "document_key": citation.key,
                    "page_number": citation.page, "quoted_span": citation.quoted_span, "score": citation.score,
                },
            })
        })
        .collect()
}

/// Where a mark stands, in characters; the whole text, where it stands nowhere.
fn places(content: &str, marker: i32) -> Vec<(usize, usize)> {
    let characters = |bytes: usize| content[..bytes].chars().count();
    let marks: Vec<_> = content
        .match_indices(&format!("[{marker}]"))
        .map(|(place, mark)| (characters(place), characters(place + mark.len())))
        .collect();
    if marks.is_empty() { vec![(0, characters(content.len()))] } else { marks }
}

/// A name for what is cited; the documents' own addresses are for those who may read them.
fn urn(citation: &Citation) -> String {
    match citation.source {
        Source::Chunk(chunk) => format!("urn:docent:chunk:{chunk}"),
        Source::Curated(answer) => format!("urn:docent:curated-answer:{answer}"),
        Source::File(file) => format!("urn:docent:file:{file}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_in_characters_and_what_has_none_is_all_meant() {
        assert_eq!(places("ก [1] b [2] [1]", 1), [(2, 5), (12, 15)]);
        assert_eq!(places("กข", 1), [(0, 2)]);
    }

    #[test]
    fn what_would_be_answered_otherwise_than_asked_is_refused() {
        let read = |more: Value| {
            let mut body = json!({ "model": "m", "messages": [] });
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            let body: CompletionBody = serde_json::from_value(body).expect("a body");
            body.refuse_what_cannot_be()
        };
        for wrong in [
            json!({ "n": 2 }),
            json!({ "logprobs": true }),
            json!({ "tool_choice": "required" }),
            json!({ "tool_choice": { "type": "function", "function": { "name": "f" } } }),
            json!({ "response_format": { "type": "json_object" } }),
            json!({ "modalities": ["text", "audio"] }),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
        for right in [
            json!({ "n": 1, "logprobs": false, "tools": [], "tool_choice": "auto", "temperature": 2, "unknown": {} }),
            json!({ "n": null, "tool_choice": null, "response_format": { "type": "text" }, "modalities": ["text"] }),
        ] {
            assert!(read(right.clone()).is_ok(), "{right}");
        }
    }
}
