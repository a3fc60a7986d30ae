//! Texts to vectors.

use crate::{Error, Result, invoke::invoke};
use aws_sdk_bedrockruntime::Client;
use domain::embedding::{Form, Space};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use pgvector::Vector;
use serde::Deserialize;

/// Calls under way at once where a model takes one text a call: it is throttled by requests.
const CONCURRENT_CALLS: usize = 4;

/// What a text is embedded for: models that were trained with it embed both sides differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A passage, to be found.
    Document,
    /// A question, to find.
    Query,
}

/// A text's vector and what it cost.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// In the space that was asked for; its dimension was checked.
    pub vector: Vector,
    /// As the provider counted; `None` where it counts a whole batch only.
    pub tokens: Option<u32>,
}

/// Embeds by Bedrock's InvokeModel.
#[derive(Debug, Clone)]
pub struct Embedder {
    client: Client,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TitanAnswer {
    embedding: Vec<f32>,
    input_text_token_count: Option<u32>,
}

#[derive(Deserialize)]
struct CohereAnswer {
    embeddings: Vec<Vec<f32>>,
}

impl Embedder {
    /// Speaks to Bedrock, wherever the configuration says it is.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig) -> Self {
        Self { client: Client::new(aws) }
    }

    /// The vectors of texts, in their order. Texts over the model's limit of characters are cut to it.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Unexpected`] when a vector has not the space's dimension.
    pub async fn embed(&self, space: &Space, purpose: Purpose, texts: &[String]) -> Result<Vec<Embedded>> {
        let calls: Vec<_> = texts
            .chunks(space.conventions.batch.max(1))
            .map(|batch| self.call(space, purpose, batch))
            .collect();
        let batches: Vec<Vec<Embedded>> =
            stream::iter(calls).buffered(CONCURRENT_CALLS).try_collect().await?;
        let embedded: Vec<Embedded> = batches.into_iter().flatten().collect();
        match embedded.iter().find(|one| one.vector.as_slice().len() != space.dimension) {
            Some(wrong) => Err(Error::Unexpected(format!(
                "{} gave {} dimensions, its space has {}",
                space.model,
                wrong.vector.as_slice().len(),
                space.dimension
            ))),
            None => Ok(embedded),
        }
    }

    async fn call(&self, space: &Space, purpose: Purpose, texts: &[String]) -> Result<Vec<Embedded>> {
        let texts: Vec<&str> = texts.iter().map(|text| cut(text, space.conventions.max_characters)).collect();
        let body = match space.conventions.form {
            Form::Titan => serde_json::json!({
                "inputText": texts.first(), "dimensions": space.dimension, "normalize": true }),
            Form::TitanV1 => serde_json::json!({ "inputText": texts.first() }),
            Form::Cohere => serde_json::json!({
                "texts": texts, "truncate": "END",
                "input_type": match purpose { Purpose::Document => "search_document", Purpose::Query => "search_query" } }),
        };
        match space.conventions.form {
            Form::Titan | Form::TitanV1 => {
                let answer: TitanAnswer = invoke(&self.client, &space.model, &body).await?;
                Ok(vec![Embedded { vector: answer.embedding.into(), tokens: answer.input_text_token_count }])
            }
            Form::Cohere => {
                let answer: CohereAnswer = invoke(&self.client, &space.model, &body).await?;
                if answer.embeddings.len() != texts.len() {
                    return Err(Error::Unexpected(format!(
                        "{} vectors for {} texts",
                        answer.embeddings.len(),
                        texts.len()
                    )));
                }
                Ok(answer
                    .embeddings
                    .into_iter()
                    .map(|vector| Embedded { vector: vector.into(), tokens: None })
                    .collect())
            }
        }
    }
}

fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}
