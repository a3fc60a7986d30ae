//! Texts to vectors.

use crate::{
    Error, Result,
    compatible::{self, Endpoint},
    invoke::invoke,
};
use aws_sdk_bedrockruntime::Client;
use domain::embedding::{Form, Space};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use pgvector::Vector;
use serde::Deserialize;
use serde_json::Value;

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

/// Embeds by Bedrock's InvokeModel; where the model's id says so, by an OpenAI-compatible endpoint.
#[derive(Debug, Clone)]
pub struct Embedder {
    client: Client,
    endpoint: Option<Endpoint>,
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
        Self { client: Client::new(aws), endpoint: None }
    }

    /// The same with an endpoint for models whose id begins with [`crate::PREFIX`].
    #[must_use]
    pub fn with_endpoint(self, endpoint: Option<Endpoint>) -> Self {
        Self { endpoint, ..self }
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
        match space.conventions.form {
            Form::Titan => {
                let body = serde_json::json!({
                    "inputText": texts.first(), "dimensions": space.dimension, "normalize": true });
                self.titan(space, &body).await
            }
            Form::TitanV1 => self.titan(space, &serde_json::json!({ "inputText": texts.first() })).await,
            Form::Cohere => self.cohere(space, purpose, &texts).await,
            Form::OpenAi => {
                let (endpoint, model) = compatible::serving(self.endpoint.as_ref(), &space.model)?;
                endpoint.embed(model, space.dimension, purpose, &texts).await
            }
        }
    }

    async fn titan(&self, space: &Space, body: &Value) -> Result<Vec<Embedded>> {
        let answer: TitanAnswer = invoke(&self.client, &space.model, body).await?;
        Ok(vec![Embedded { vector: answer.embedding.into(), tokens: answer.input_text_token_count }])
    }

    async fn cohere(&self, space: &Space, purpose: Purpose, texts: &[&str]) -> Result<Vec<Embedded>> {
        let body = serde_json::json!({
            "texts": texts, "truncate": "END",
            "input_type": match purpose { Purpose::Document => "search_document", Purpose::Query => "search_query" } });
        let answer: CohereAnswer = invoke(&self.client, &space.model, &body).await?;
        if answer.embeddings.len() != texts.len() {
            let vectors = answer.embeddings.len();
            return Err(Error::Unexpected(format!("{vectors} vectors for {} texts", texts.len())));
        }
        let embedded = |vector: Vec<f32>| Embedded { vector: vector.into(), tokens: None };
        Ok(answer.embeddings.into_iter().map(embedded).collect())
    }
}

fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}
