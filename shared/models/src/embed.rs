//! Texts to vectors.

use crate::{
    Error, Result,
    compatible::{self, Endpoint},
    invoke::invoke,
};
use aws_sdk_bedrockruntime::Client;
use domain::embedding::{Conventions, Form, Space};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use language::{Size, script_languages};
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

    /// The vectors of texts, in their order. What is longer than the model reads goes in parts, and its vector is their mean.
    ///
    /// # Errors
    /// [`Error`]; [`Error::WrongDimension`] when a vector has not the space's dimension.
    pub async fn embed(&self, space: &Space, purpose: Purpose, texts: &[String]) -> Result<Vec<Embedded>> {
        let parts: Vec<Vec<&str>> = texts.iter().map(|text| parts(space, text)).collect();
        let all: Vec<&str> = parts.iter().flatten().copied().collect();
        let calls: Vec<_> = all
            .chunks(space.conventions.batch.max(1))
            .map(|batch| self.call(space, purpose, batch))
            .collect();
        let batches: Vec<Vec<Embedded>> =
            stream::iter(calls).buffered(CONCURRENT_CALLS).try_collect().await?;
        let mut embedded = batches.into_iter().flatten();
        parts.iter().map(|parts| whole(space, parts, embedded.by_ref().take(parts.len()).collect())).collect()
    }

    async fn call(&self, space: &Space, purpose: Purpose, texts: &[&str]) -> Result<Vec<Embedded>> {
        match space.conventions.form {
            Form::Titan => {
                let body = serde_json::json!({
                    "inputText": texts.first(), "dimensions": space.dimension, "normalize": true });
                self.titan(space, &body).await
            }
            Form::TitanV1 => self.titan(space, &serde_json::json!({ "inputText": texts.first() })).await,
            Form::Cohere => self.cohere(space, purpose, texts).await,
            Form::OpenAi => {
                let (endpoint, model) = compatible::serving(self.endpoint.as_ref(), &space.model)?;
                endpoint.embed(model, space.dimension, purpose, texts).await
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

/// What a space's model reads of a text. One that cuts what is too long, and cannot read the script at all, sets no bound: its
/// vectors say nothing of such a text, and small passages would only be harder to find by their words.
#[must_use]
pub fn reads(space: &Space, text: &str) -> Size {
    let Conventions { max_tokens, max_characters, cuts, .. } = space.conventions;
    let is_illegible = cuts
        && script_languages(text)
            .is_some_and(|languages| !languages.iter().any(|language| space.reads(language)));
    Size { tokens: if is_illegible { usize::MAX } else { max_tokens }, bytes: max_characters }
}

/// What goes to the model of a text: all of it, or one part after the other.
fn parts<'a>(space: &Space, text: &'a str) -> Vec<&'a str> {
    let room = reads(space, text);
    let mut parts = Vec::new();
    let mut rest = text;
    while !room.holds(rest) {
        let part = match room.beginning_of(rest) {
            // A single letter that has no room goes by itself.
            "" => &rest[..rest.ceil_char_boundary(1)],
            part => part,
        };
        parts.push(part);
        rest = rest[part.len()..].trim_start();
    }
    if parts.is_empty() || !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

/// One vector of a text's parts: their mean, each by its length.
fn whole(space: &Space, parts: &[&str], embedded: Vec<Embedded>) -> Result<Embedded> {
    if embedded.len() != parts.len() {
        return Err(Error::Unexpected(format!("{} vectors for {} texts", embedded.len(), parts.len())));
    }
    if let Some(wrong) = embedded.iter().find(|one| one.vector.as_slice().len() != space.dimension) {
        let dimension = wrong.vector.as_slice().len();
        let detail =
            format!("{} gave {dimension} dimensions, its space has {}", space.model, space.dimension);
        return Err(Error::WrongDimension(detail));
    }
    match <[Embedded; 1]>::try_from(embedded) {
        Ok([one]) => Ok(one),
        Err(several) => Ok(mean(space.dimension, parts, &several)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a text")]
fn mean(dimension: usize, parts: &[&str], embedded: &[Embedded]) -> Embedded {
    let mut sum = vec![0.0_f32; dimension];
    for (part, one) in parts.iter().zip(embedded) {
        let length = norm(one.vector.as_slice());
        for (sum, number) in sum.iter_mut().zip(one.vector.as_slice()) {
            *sum += part.len() as f32 * number / length;
        }
    }
    let length = norm(&sum);
    sum.iter_mut().for_each(|number| *number /= length);
    Embedded { vector: sum.into(), tokens: embedded.iter().map(|one| one.tokens).sum() }
}

/// A vector's length; 1 for one that has none.
fn norm(vector: &[f32]) -> f32 {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 { length } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        SpaceId,
        embedding::{LOCAL_MODEL, known},
    };

    fn space(model: &str) -> Space {
        let (conventions, languages) = known(model);
        Space { id: SpaceId::generate(), model: model.into(), dimension: 2, conventions, languages }
    }

    #[test]
    fn a_long_text_goes_in_parts_that_leave_out_nothing_but_blanks() {
        for model in [LOCAL_MODEL, "cohere.embed-multilingual-v3", "amazon.titan-embed-text-v2:0"] {
            let space = space(model);
            for text in ["The seal wears. ".repeat(5_000), "x".repeat(100_000), "シール".repeat(9_000)] {
                let parts = parts(&space, &text);
                let room = reads(&space, &text);
                assert!(parts.len() > 1 || room.holds(&text), "{model}: {}", parts.len());
                assert!(parts.iter().all(|part| room.holds(part) && !part.is_empty()), "{model}");
                let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
                assert_eq!(letters(&parts.concat()), letters(&text), "{model}");
            }
            assert_eq!(parts(&space, ""), [""]);
            assert_eq!(parts(&space, "short"), ["short"]);
        }
    }

    #[test]
    fn a_script_that_its_model_cannot_read_is_not_read_in_parts() {
        assert_eq!(parts(&space(LOCAL_MODEL), &"ปั๊ม".repeat(600)).len(), 1);
    }

    #[test]
    fn parts_make_one_vector_each_by_its_length() {
        let one = |vector: [f32; 2], tokens| Embedded { vector: vector.to_vec().into(), tokens };
        let space = space("amazon.titan-embed-text-v2:0");
        let two = vec![one([2.0, 0.0], Some(3)), one([0.0, 1.0], Some(1))];
        let made = whole(&space, &["three", "o"], two).expect("a vector");
        let [long, short] = made.vector.as_slice() else { panic!("two numbers") };
        assert!((long / short - 5.0).abs() < 1e-4 && (norm(made.vector.as_slice()) - 1.0).abs() < 1e-6);
        assert_eq!(made.tokens, Some(4));
        let uncounted = whole(&space, &["a", "b"], vec![one([1.0, 0.0], Some(3)), one([0.0, 1.0], None)]);
        assert_eq!(uncounted.expect("a vector").tokens, None, "half a count is none");
        let short = whole(&space, &["a", "b"], vec![one([1.0, 0.0], None)]);
        assert!(matches!(short, Err(Error::Unexpected(_))), "a vector is missing");
        let long = Embedded { vector: vec![1.0, 0.0, 0.0].into(), tokens: None };
        assert!(matches!(whole(&space, &["a"], vec![long]), Err(Error::WrongDimension(_))));
    }
}
