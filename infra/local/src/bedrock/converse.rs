//! `Converse` and `ConverseStream`: reads the last user message, lets the extractive answerer
//! answer it, and frames the answer as Bedrock does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::extractive::{Candidates, NO_ANSWER};
use super::prompt::{self, Prompt};
use super::words::{estimate_tokens, is_unspaced};
use super::{Refusal, base_model, parse};
use crate::minilm::{Embedder, MiniLm, cosine};

/// A message holding this is throttled.
const THROTTLE: &str = "<<<local:throttle>>>";

/// The answer to a message holding this breaks off after some of its text.
const FAIL_MIDSTREAM: &str = "<<<local:fail-midstream>>>";

/// What the broken answer says, whatever the passages.
const BROKEN_ANSWER: &str = "This answer breaks off here because the question asked for it to fail.";

#[derive(Deserialize)]
struct Request {
    messages: Vec<Turn>,
    #[serde(default)]
    system: Vec<Block>,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    content: Vec<Block>,
}

/// A content block; kinds other than text are not read.
#[derive(Deserialize)]
struct Block {
    text: Option<String>,
}

/// What came out, before it is framed.
struct Answer {
    text: String,
    breaks: bool,
    usage: Value,
    milliseconds: u64,
}

/// `POST /model/{id}/converse`
pub(super) async fn converse(
    State(embedder): State<Arc<Embedder>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let answer = answer(&embedder, &id, &body).await?;
    if answer.breaks {
        return Err(Refusal::model("The model failed because the message asked for it."));
    }
    let body = json!({
        "output": { "message": { "role": "assistant", "content": [{ "text": answer.text }] } },
        "stopReason": "end_turn",
        "usage": answer.usage,
        "metrics": { "latencyMs": answer.milliseconds },
    });
    Ok(Json(body).into_response())
}

/// `POST /model/{id}/converse-stream`
pub(super) async fn converse_stream(
    State(embedder): State<Arc<Embedder>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let answer = answer(&embedder, &id, &body).await?;
    let mut frames = vec![event("messageStart", &json!({ "role": "assistant" }))?];
    let pieces = pieces(&answer.text);
    let sent = if answer.breaks { pieces.len() / 2 } else { pieces.len() };
    for piece in &pieces[..sent] {
        frames.push(event(
            "contentBlockDelta",
            &json!({ "contentBlockIndex": 0, "delta": { "text": piece } }),
        )?);
    }
    if answer.breaks {
        let payload = json!({ "message": "The stream failed because the message asked for it.", "originalStatusCode": 500 });
        frames.push(frame("exception", ":exception-type", "modelStreamErrorException", &payload)?);
    } else {
        frames.push(event("contentBlockStop", &json!({ "contentBlockIndex": 0 }))?);
        frames.push(event("messageStop", &json!({ "stopReason": "end_turn" }))?);
        let metrics = json!({ "latencyMs": answer.milliseconds });
        frames.push(event("metadata", &json!({ "usage": answer.usage, "metrics": metrics }))?);
    }
    let body = Body::from_stream(tokio_stream::iter(frames.into_iter().map(Ok::<_, Infallible>)));
    Ok(([("content-type", "application/vnd.amazon.eventstream")], body).into_response())
}

async fn answer(embedder: &Embedder, id: &str, body: &[u8]) -> Result<Answer, Refusal> {
    let began = Instant::now();
    if base_model(id).contains("embed") || base_model(id) == super::LOCAL_EMBEDDING_MODEL {
        return Err(Refusal::validation("The provided model does not support Converse."));
    }
    let request: Request = parse(body)?;
    let text = last_user_text(&request)?;
    // The magic words are a question's, which travels escaped; a document cannot speak them.
    let spoken =
        text.rsplit("<question>").next().unwrap_or_default().replace("&lt;", "<").replace("&gt;", ">");
    if spoken.contains(THROTTLE) {
        return Err(Refusal::throttled());
    }
    let breaks = spoken.contains(FAIL_MIDSTREAM);
    let answer = if breaks { BROKEN_ANSWER.to_owned() } else { extract(embedder, &text).await? };
    let blocks = request.messages.iter().flat_map(|turn| &turn.content).chain(&request.system);
    let input: usize = blocks.filter_map(|block| block.text.as_deref()).map(estimate_tokens).sum();
    let output = estimate_tokens(&answer);
    let usage = json!({ "inputTokens": input, "outputTokens": output, "totalTokens": input + output });
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Answer { text: answer, breaks, usage, milliseconds })
}

fn last_user_text(request: &Request) -> Result<String, Refusal> {
    let last = request.messages.last().filter(|turn| turn.role == "user");
    let last = last.ok_or_else(|| Refusal::validation("A conversation must end with a user message."))?;
    let texts: Vec<&str> = last.content.iter().filter_map(|block| block.text.as_deref()).collect();
    let text = texts.join("\n");
    if text.trim().is_empty() {
        return Err(Refusal::validation("The text field in the ContentBlock object is blank."));
    }
    Ok(text)
}

async fn extract(embedder: &Embedder, text: &str) -> anyhow::Result<String> {
    let Some(prompt) = Prompt::parse(text) else {
        return Ok(prompt::opening(text).unwrap_or_else(|| NO_ANSWER.to_owned()));
    };
    let found = Candidates::find(&prompt.question, &prompt.passages);
    let meanings = match embedder {
        Embedder::MiniLm(model) if readable(&prompt.question) => {
            compare(model, &prompt.question, &found).await?
        }
        Embedder::MiniLm(_) | Embedder::Instant => Vec::new(),
    };
    Ok(found.answer(&meanings))
}

/// The local model reads English, and names and kin words in other Latin text (XQuAD Spanish gains
/// .02 by it); of other scripts it sees nothing.
fn readable(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    !text.chars().any(is_unspaced) && latin * 10 >= letters * 9
}

async fn compare(model: &MiniLm, question: &str, found: &Candidates) -> anyhow::Result<Vec<f32>> {
    let question = model.embed(question).await?;
    let mut meanings = Vec::new();
    for sentence in found.to_compare() {
        meanings.push(cosine(&question.vector, &model.embed(sentence).await?.vector));
    }
    Ok(meanings)
}

/// A text in pieces of a few words, as a model's stream brings them.
fn pieces(text: &str) -> Vec<String> {
    const WORDS: usize = 3;
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    words.chunks(WORDS).map(|words| words.concat()).collect()
}

fn event(name: &'static str, payload: &Value) -> anyhow::Result<Bytes> {
    frame("event", ":event-type", name, payload)
}

fn frame(
    kind: &'static str,
    header: &'static str,
    name: &'static str,
    payload: &Value,
) -> anyhow::Result<Bytes> {
    let text = |value: &'static str| HeaderValue::String(value.into());
    let message = Message::new(payload.to_string())
        .add_header(Header::new(":message-type", text(kind)))
        .add_header(Header::new(header, text(name)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut buffer = Vec::new();
    write_message_to(&message, &mut buffer)?;
    Ok(Bytes::from(buffer))
}

#[cfg(test)]
mod tests {
    use aws_sdk_bedrockruntime as bedrock;
    use bedrock::config::{BehaviorVersion, Credentials, Region};
    use bedrock::types::{ContentBlock, ConversationRole, ConverseStreamOutput, Message as Turn};

    use super::*;

    const PROMPT: &str = "<passages>\n<passage id=\"k3f9q2\" title=\"Pump manual\" page=\"3\">\n\
        Change the oil every 500 hours. Use grade 46 only.\n</passage>\n</passages>\n\
        <question>How often must the oil be changed?</question>";

    /// The SDK's own client, speaking to the router over a socket.
    async fn client() -> bedrock::Client {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = super::super::router(Arc::new(Embedder::Instant));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let config = bedrock::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .retry_config(bedrock::config::retry::RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(endpoint)
            .build();
        bedrock::Client::from_conf(config)
    }

    fn user(text: &str) -> Turn {
        let content = ContentBlock::Text(text.to_owned());
        Turn::builder().role(ConversationRole::User).content(content).build().unwrap()
    }

    #[tokio::test]
    async fn the_sdk_converses_and_embeds() {
        let client = client().await;
        let answer =
            client.converse().model_id("us.some.model-v1:0").messages(user(PROMPT)).send().await.unwrap();
        assert!(answer.usage().unwrap().input_tokens() > 10);
        let message = answer.output().unwrap().as_message().unwrap();
        let text = message.content()[0].as_text().unwrap();
        assert!(text.starts_with("Change the oil every 500 hours. [k3f9q2]"), "{text}");
        let body = bedrock::primitives::Blob::new(r#"{"inputText":"oil"}"#);
        let arn = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0";
        client.invoke_model().model_id(arn).body(body).send().await.unwrap();
        let rewrite = client.converse().model_id("m").messages(user("Rewrite this.")).send().await.unwrap();
        let message = rewrite.output().unwrap().as_message().unwrap().clone();
        assert_eq!(message.content()[0].as_text().unwrap(), NO_ANSWER);
    }

    #[tokio::test]
    async fn the_sdk_reads_the_stream_to_its_end() {
        let sent =
            client().await.converse_stream().model_id("m").messages(user(PROMPT)).send().await.unwrap();
        let mut stream = sent.stream;
        let (mut text, mut total) = (String::new(), 0);
        while let Some(event) = stream.recv().await.unwrap() {
            match event {
                ConverseStreamOutput::ContentBlockDelta(delta) => {
                    text.push_str(delta.delta().unwrap().as_text().unwrap());
                }
                ConverseStreamOutput::Metadata(metadata) => total = metadata.usage().unwrap().total_tokens(),
                _ => {}
            }
        }
        assert!(text.ends_with(" [k3f9q2]"), "{text}");
        assert!(total > 10);
    }

    #[tokio::test]
    async fn magic_words_fail_as_bedrock_does() {
        let client = client().await;
        let failing = format!("{PROMPT} {FAIL_MIDSTREAM}");
        let sent = client.converse_stream().model_id("m").messages(user(&failing)).send().await.unwrap();
        let mut stream = sent.stream;
        let mut deltas = 0;
        let error = loop {
            match stream.recv().await {
                Ok(Some(ConverseStreamOutput::ContentBlockDelta(_))) => deltas += 1,
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream ended well"),
                Err(error) => break error,
            }
        };
        assert!(deltas > 0);
        assert!(error.into_service_error().is_model_stream_error_exception());
        let throttled = client.converse_stream().model_id("m").messages(user(THROTTLE)).send().await;
        assert!(throttled.err().unwrap().into_service_error().is_throttling_exception());
        let blank = client.converse().model_id("m").messages(user(" ")).send().await;
        assert!(blank.err().unwrap().into_service_error().is_validation_exception());
    }

    #[test]
    fn english_is_readable_and_thai_is_not() {
        assert!(readable("How often, 500 hours?"));
        assert!(!readable("น้ำมันเครื่องราคาเท่าไร"));
        assert!(!readable("Сколько стоит масло?"));
        assert!(readable("¿Cuántos puntos cedió la defensa de los Panthers?"));
    }

    #[test]
    fn pieces_lose_nothing() {
        let text = "One two  three four.\nFive six";
        assert_eq!(pieces(text).concat(), text);
    }
}
