//! `POST {base}/chat/completions`, streamed.

use super::{Endpoint, refusal::codes, unreadable};
use crate::{Delta, Error, Prompt, Result, Turn, Usage};
use async_stream::try_stream;
use bytes::Bytes;
use domain::chatbot::ModelConfig;
use futures_util::{Stream, StreamExt as _};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sse_stream::SseStream;
use std::{io, pin::pin, time::Duration};

/// How the ids of models begin that reason before they answer. They take `max_completion_tokens`, of which reasoning is a part,
/// refuse `max_tokens` ("not compatible with o-series models": OpenAI API reference, "Create chat completion"), and any
/// temperature but their own (OpenAI guide "Reasoning models", "Using GPT-5": parameter compatibility).
const REASONING: [&str; 4] = ["o1", "o3", "o4", "gpt-5"];

/// OpenAI API reference, "Create chat completion".
#[derive(Serialize)]
struct Call<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

/// One event ("The chat completion chunk object"). The last has the count and no choice; some servers send a count with each.
#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Counted>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Counted {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
    prompt_tokens_details: Option<Details>,
}

/// What stands beside a count, where a server says it.
#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u32>,
}

impl Counted {
    fn usage(self) -> Usage {
        let kept = self.prompt_tokens_details.and_then(|details| details.cached_tokens);
        Usage {
            prompt: self.prompt_tokens,
            completion: self.completion_tokens,
            kept: kept.unwrap_or_default().min(self.prompt_tokens),
            keeping: 0,
        }
    }
}

impl Endpoint {
    /// Starts an answer, as [`crate::Generator::stream`] does.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) async fn stream(
        &self,
        model: &str,
        prompt: &Prompt,
        config: ModelConfig,
    ) -> Result<impl Stream<Item = Result<Delta>> + Send + use<>> {
        let system = system(prompt);
        let body = self.post("/chat/completions", &call(model, &system, prompt, config)).await?;
        let idle = self.patience.idle;
        Ok(try_stream! {
            let mut events = pin!(SseStream::from_bytes_stream(pieces(body, idle)));
            let (mut begun, mut stopped, mut usage) = (false, false, None);
            while let Some(event) = events.next().await {
                let data = match event {
                    Ok(event) => event.data.unwrap_or_default(),
                    // The message is whole; only its count may be missing.
                    Err(_) if stopped => break,
                    Err(error) => Err(broken(&error, begun))?,
                };
                if data.trim() == "[DONE]" {
                    break;
                }
                if data.trim().is_empty() {
                    continue;
                }
                let chunk: Chunk = match serde_json::from_str(&data) {
                    Ok(chunk) => chunk,
                    Err(_) if stopped => break,
                    Err(error) => Err(within(unreadable("an event", &error), begun))?,
                };
                if let Some(error) = chunk.error {
                    // Whatever breaks a stream that had begun may not break the next one.
                    Err(Error::Retryable(format!("the stream broke off{}", codes(&error))))?;
                }
                if let Some(counted) = chunk.usage {
                    usage = Some(counted.usage());
                }
                begun = true;
                let Some(choice) = chunk.choices.and_then(|choices| choices.into_iter().next()) else { continue };
                if let Some(text) = choice.delta.and_then(|said| said.content).filter(|text| !text.is_empty()) {
                    yield Delta::Text(text);
                }
                if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                    stopped = true;
                    match reason.as_str() {
                        "length" => yield Delta::CutAtLimit,
                        "content_filter" => yield Delta::Blocked,
                        _ => {}
                    }
                }
            }
            if !stopped {
                // Between two events nothing is torn, and yet the rest of the answer is missing.
                Err(Error::Retryable("the stream ended before the message did".into()))?;
            }
            if let Some(usage) = usage {
                yield Delta::Usage(usage);
            }
        })
    }
}

fn call<'a>(model: &'a str, system: &'a str, prompt: &'a Prompt, config: ModelConfig) -> Call<'a> {
    // Brokers put the maker before the name, as in `openai/o3`.
    let name = model.rsplit('/').next().unwrap_or(model);
    let is_reasoning = REASONING.iter().any(|beginning| name.starts_with(beginning));
    let turns = prompt.turns.iter().map(|turn| match turn {
        Turn::User(text) => Message { role: "user", content: text },
        Turn::Assistant(text) => Message { role: "assistant", content: text },
    });
    Call {
        model,
        messages: std::iter::once(Message { role: "system", content: system }).chain(turns).collect(),
        stream: true,
        stream_options: StreamOptions { include_usage: true },
        max_tokens: (!is_reasoning).then_some(config.max_tokens),
        max_completion_tokens: is_reasoning.then_some(config.max_tokens),
        temperature: (!is_reasoning).then_some(config.temperature),
    }
}

/// One message: templates of open models take a single one, in the first place.
fn system(prompt: &Prompt) -> String {
    if prompt.persona.trim().is_empty() {
        prompt.rules.clone()
    } else {
        format!("{}\n\n{}", prompt.persona, prompt.rules)
    }
}

/// A body's bytes as they come; too long a silence is an error. A comment that only keeps the connection alive breaks it.
fn pieces(body: Incoming, idle: Duration) -> impl Stream<Item = io::Result<Bytes>> + Send {
    tokio_stream::StreamExt::timeout(body.into_data_stream(), idle).map(|piece| match piece {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(io::Error::other(error)),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    })
}

/// What cannot be read from the beginning is another interface, and somebody has to look; a stream that had begun was broken by
/// something between, and the next may not be.
fn within(error: Error, begun: bool) -> Error {
    match error {
        Error::Unexpected(text) if begun => Error::Retryable(text),
        error => error,
    }
}

fn broken(error: &sse_stream::Error, begun: bool) -> Error {
    match error {
        sse_stream::Error::Body(error) => {
            let silent =
                error.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::TimedOut);
            let text =
                if silent { "the model fell silent" } else { "the stream ended before the message did" };
            Error::Retryable(text.into())
        }
        // The parser's own sentences hold no text of the stream.
        other => within(Error::Unexpected(format!("it is no stream of events: {other}")), begun),
    }
}
