//! Prompts to answers, as they are written.

use crate::{Error, Result};
use async_stream::try_stream;
use aws_sdk_bedrockruntime::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{
        ContentBlock, ContentBlockDelta, ConversationRole, ConverseStreamOutput, InferenceConfiguration,
        Message, SystemContentBlock,
    },
};
use domain::chatbot::ModelConfig;
use futures_util::{Stream, TryStreamExt as _};
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
    /// Who it is and what it must keep to.
    pub system: String,
    /// The conversation, oldest first; the last is the user's.
    pub turns: Vec<Turn>,
}

/// Tokens as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Of the prompt.
    pub prompt: u32,
    /// Of the answer.
    pub completion: u32,
}

/// What arrives of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Some more text.
    Text(String),
    /// The model stopped because its token limit was reached.
    CutAtLimit,
    /// The count, at the end.
    Usage(Usage),
}

/// Generates by Bedrock's ConverseStream.
#[derive(Debug, Clone)]
pub struct Generator {
    client: Client,
}

impl Generator {
    /// Speaks to Bedrock, wherever the configuration says it is.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig) -> Self {
        Self { client: Client::new(aws) }
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
        let output = self
            .client
            .converse_stream()
            .model_id(model)
            .system(SystemContentBlock::Text(prompt.system.clone()))
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
                let event = events.recv().await.map_err(|error| {
                    let text = format!("{}: {}", error.code().unwrap_or("stream"), error.message().unwrap_or("broken off"));
                    // Whatever breaks a stream that had begun may not break the next one.
                    Error::Retryable(text)
                })?;
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
                        if stop.stop_reason.as_str() == "max_tokens" {
                            yield Delta::CutAtLimit;
                        }
                    }
                    Some(ConverseStreamOutput::Metadata(metadata)) => {
                        if let Some(usage) = metadata.usage {
                            yield Delta::Usage(Usage {
                                prompt: u32::try_from(usage.input_tokens).unwrap_or_default(),
                                completion: u32::try_from(usage.output_tokens).unwrap_or_default(),
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
                Delta::CutAtLimit => {}
            }
        }
        Ok((text, usage))
    }
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
