//! Prompts to answers, as they are written.

use crate::{
    Error, Result,
    compatible::{self, Endpoint},
};
use async_stream::try_stream;
use aws_sdk_bedrockruntime::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{
        CachePointBlock, CachePointType, ContentBlock, ContentBlockDelta, ConversationRole,
        ConverseStreamOutput, GuardrailStreamConfiguration, InferenceConfiguration, Message,
        SystemContentBlock,
    },
};
use domain::chatbot::ModelConfig;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use std::pin::pin;

/// One message of the conversation so far.
#[derive(Debug, Clone)]
pub enum Turn {
    /// By the person who asks.
    User(String),
    /// By the model.
    Assistant(String),
}

/// All that a model is given.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Who it is: the same in every turn of a bot, and so kept by the provider where that pays.
    pub persona: String,
    /// What it must keep to in this turn.
    pub rules: String,
    /// The conversation, oldest first; the last is the user's.
    pub turns: Vec<Turn>,
}

/// Tokens as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Of the prompt, whatever the provider had kept of it.
    pub prompt: u32,
    /// Of the answer.
    pub completion: u32,
    /// Of the prompt's: those that the provider had kept, which are cheaper.
    #[serde(default)]
    pub kept: u32,
    /// Of the prompt's: those that it keeps from now on, which may cost more.
    #[serde(default)]
    pub keeping: u32,
}

impl std::ops::Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            prompt: self.prompt.saturating_add(other.prompt),
            completion: self.completion.saturating_add(other.completion),
            kept: self.kept.saturating_add(other.kept),
            keeping: self.keeping.saturating_add(other.keeping),
        }
    }
}

/// What arrives of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Some more text.
    Text(String),
    /// The model stopped because its token limit was reached.
    CutAtLimit,
    /// A guardrail or the provider's filter stopped it: what it says is not the model's.
    Blocked,
    /// The count, at the end.
    Usage(Usage),
}

/// Generates by Bedrock's ConverseStream; where the model's id says so, by an OpenAI-compatible endpoint.
#[derive(Debug, Clone)]
pub struct Generator {
    client: Client,
    guardrail: Option<Guardrail>,
    endpoint: Option<Endpoint>,
}

/// A guardrail of Bedrock's, which each prompt and answer passes (Bedrock user guide, "Use a guardrail with Converse").
#[derive(Debug, Clone)]
pub struct Guardrail {
    /// Its id or ARN.
    pub id: String,
    /// Its version, or `DRAFT`.
    pub version: String,
}

impl Guardrail {
    /// One by its id; an empty id names none.
    #[must_use]
    pub fn named(id: &str, version: &str) -> Option<Self> {
        (!id.is_empty()).then(|| Self { id: id.to_owned(), version: version.to_owned() })
    }
}

/// Bytes from which a provider keeps the beginning of a prompt: 1,024 tokens of most models (Bedrock user guide, "Prompt
/// caching"), of four letters each.
const CACHED_BYTES: usize = 4_096;
/// Parts of the ids of models that keep one (the same page).
const CACHING_MODELS: [&str; 6] = [
    "anthropic.claude-opus-4",
    "anthropic.claude-sonnet-4",
    "anthropic.claude-haiku-4",
    "anthropic.claude-3-7-sonnet",
    "anthropic.claude-3-5-haiku",
    "amazon.nova",
];

impl Generator {
    /// Speaks to Bedrock, wherever the configuration says it is.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig) -> Self {
        Self { client: Client::new(aws), guardrail: None, endpoint: None }
    }

    /// The same behind a guardrail, which Bedrock's models have. What it blocks cites nothing, and so is not shown: the bot says
    /// that it has no answer.
    #[must_use]
    pub fn behind(self, guardrail: Option<Guardrail>) -> Self {
        Self { guardrail, ..self }
    }

    /// The same with an endpoint for models whose id begins with [`crate::PREFIX`].
    #[must_use]
    pub fn with_endpoint(self, endpoint: Option<Endpoint>) -> Self {
        Self { endpoint, ..self }
    }

    /// Starts an answer. The call is refused here; what fails in mid-stream comes as an error of the stream,
    /// and is never retried silently: somebody may have read the first half.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn stream(
        &self,
        model: &str,
        prompt: &Prompt,
        config: ModelConfig,
    ) -> Result<impl Stream<Item = Result<Delta>> + Send + use<>> {
        if model.starts_with(compatible::PREFIX) {
            let (endpoint, model) = compatible::serving(self.endpoint.as_ref(), model)?;
            return Ok(endpoint.stream(model, prompt, config).await?.left_stream());
        }
        Ok(self.converse(model, prompt, config).await?.right_stream())
    }

    async fn converse(
        &self,
        model: &str,
        prompt: &Prompt,
        config: ModelConfig,
    ) -> Result<impl Stream<Item = Result<Delta>> + Send + use<>> {
        let output = self
            .client
            .converse_stream()
            .model_id(model)
            .set_system(Some(system(model, prompt)?))
            .set_guardrail_config(self.guardrail.as_ref().map(|guardrail| {
                GuardrailStreamConfiguration::builder()
                    .guardrail_identifier(&guardrail.id)
                    .guardrail_version(&guardrail.version)
                    .build()
            }))
            .set_messages(Some(messages(&prompt.turns)?))
            .inference_config(
                InferenceConfiguration::builder()
                    .temperature(config.temperature)
                    .max_tokens(i32::try_from(config.max_tokens).unwrap_or(i32::MAX))
                    .build(),
            )
            .send()
            .await
            .map_err(|error| Error::from_sdk(&error))?;
        let mut events = output.stream;
        Ok(try_stream! {
            let mut stopped = false;
            loop {
                let event = match events.recv().await {
                    Ok(event) => event,
                    // The message is whole; only its count may be missing.
                    Err(_) if stopped => break,
                    Err(error) => {
                        let text = format!("{}: {}", error.code().unwrap_or("stream"), error.message().unwrap_or("broken off"));
                        // Whatever breaks a stream that had begun may not break the next one.
                        Err(Error::Retryable(text))?
                    }
                };
                match event {
                    None if stopped => break,
                    // Between two events nothing is torn, and yet the rest of the answer is missing.
                    None => Err(Error::Retryable("the stream ended before the message did".into()))?,
                    Some(ConverseStreamOutput::ContentBlockDelta(delta)) => {
                        if let Some(ContentBlockDelta::Text(text)) = delta.delta {
                            yield Delta::Text(text);
                        }
                    }
                    Some(ConverseStreamOutput::MessageStop(stop)) => {
                        stopped = true;
                        match stop.stop_reason.as_str() {
                            "max_tokens" => yield Delta::CutAtLimit,
                            "guardrail_intervened" | "content_filtered" => yield Delta::Blocked,
                            _ => {}
                        }
                    }
                    Some(ConverseStreamOutput::Metadata(metadata)) => {
                        if let Some(usage) = metadata.usage {
                            // What was kept before, or is from now on, is counted apart; it was read all the same.
                            let count = |tokens: Option<i32>| u32::try_from(tokens.unwrap_or_default()).unwrap_or_default();
                            let (kept, keeping) = (count(usage.cache_read_input_tokens), count(usage.cache_write_input_tokens));
                            yield Delta::Usage(Usage {
                                prompt: count(Some(usage.input_tokens)).saturating_add(kept).saturating_add(keeping),
                                completion: count(Some(usage.output_tokens)),
                                kept,
                                keeping,
                            });
                        }
                    }
                    Some(_) => {}
                }
            }
        })
    }
}

impl Generator {
    /// A short answer as a whole, and its count.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn complete(
        &self,
        model: &str,
        prompt: &Prompt,
        config: ModelConfig,
    ) -> Result<(String, Usage)> {
        let mut deltas = pin!(self.stream(model, prompt, config).await?);
        let (mut text, mut usage) = (String::new(), Usage::default());
        while let Some(delta) = deltas.try_next().await? {
            match delta {
                Delta::Text(more) => text.push_str(&more),
                Delta::Usage(count) => usage = count,
                Delta::CutAtLimit | Delta::Blocked => {}
            }
        }
        Ok((text, usage))
    }
}

fn system(model: &str, prompt: &Prompt) -> Result<Vec<SystemContentBlock>> {
    let mut blocks: Vec<SystemContentBlock> = Vec::new();
    if !prompt.persona.trim().is_empty() {
        blocks.push(SystemContentBlock::Text(prompt.persona.clone()));
        let is_worth_it = prompt.persona.len() >= CACHED_BYTES;
        if is_worth_it && CACHING_MODELS.iter().any(|known| model.contains(known)) {
            let point = CachePointBlock::builder().r#type(CachePointType::Default).build();
            blocks.push(SystemContentBlock::CachePoint(
                point.map_err(|error| Error::Unexpected(error.to_string()))?,
            ));
        }
    }
    blocks.push(SystemContentBlock::Text(prompt.rules.clone()));
    Ok(blocks)
}

fn messages(turns: &[Turn]) -> Result<Vec<Message>> {
    turns
        .iter()
        .map(|turn| {
            let (role, text) = match turn {
                Turn::User(text) => (ConversationRole::User, text),
                Turn::Assistant(text) => (ConversationRole::Assistant, text),
            };
            Message::builder()
                .role(role)
                .content(ContentBlock::Text(text.clone()))
                .build()
                .map_err(|error| Error::Unexpected(error.to_string()))
        })
        .collect()
}
