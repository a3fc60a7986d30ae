//! `POST {base}/embeddings`.

use super::Endpoint;
use crate::{Embedded, Error, Purpose, Result};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How a model wants to be told what a text is embedded for, where it wants to be told in words: part of its id, then what
/// stands before a passage and before a question (the model card of nomic-embed-text, "Task instruction prefixes").
const INSTRUCTED: [(&str, &str, &str); 1] = [("nomic-embed-text", "search_document: ", "search_query: ")];

/// OpenAI API reference, "Create embeddings".
#[derive(Serialize)]
struct Call<'a> {
    model: &'a str,
    input: &'a [Cow<'a, str>],
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
    usage: Option<Counted>,
}

#[derive(Deserialize)]
struct Item {
    /// Which of the texts; some servers leave it out and keep the order.
    index: Option<usize>,
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct Counted {
    prompt_tokens: Option<u32>,
}

impl Endpoint {
    /// The vectors of one batch of texts, in their order; their dimension is not checked here.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Unexpected`] when a text has no vector.
    pub(crate) async fn embed(
        &self,
        model: &str,
        dimension: usize,
        purpose: Purpose,
        texts: &[&str],
    ) -> Result<Vec<Embedded>> {
        let input: Vec<Cow<'_, str>> = texts.iter().map(|text| instructed(model, purpose, text)).collect();
        let call = Call { model, input: &input, encoding_format: "float", dimensions: Some(dimension) };
        let body = match self.post("/embeddings", &call).await {
            // A model of one dimension refuses to be told one (OpenAI's ada-002, most of vLLM's).
            Err(failure) if is_about_the_call(failure.status) => {
                self.post("/embeddings", &Call { dimensions: None, ..call }).await?
            }
            outcome => outcome?,
        };
        let answer: Answer = self.read(body).await?;
        let counted = answer.usage.and_then(|usage| usage.prompt_tokens);
        let vectors = in_order(answer.data, texts.len())?;
        let shares = shares(counted, texts);
        Ok(vectors
            .into_iter()
            .zip(shares)
            .map(|(vector, tokens)| Embedded { vector: vector.into(), tokens })
            .collect())
    }
}

/// What was counted of a batch, shared out by the texts' lengths so that the sum is what was counted.
fn shares(counted: Option<u32>, texts: &[&str]) -> Vec<Option<u32>> {
    let Some(counted) = counted else { return vec![None; texts.len()] };
    let bytes = texts.iter().map(|text| text.len() as u64).sum::<u64>().max(1);
    let (mut seen, mut given) = (0_u64, 0_u32);
    texts
        .iter()
        .map(|text| {
            seen += text.len() as u64;
            let upto = u32::try_from(u64::from(counted) * seen / bytes).unwrap_or(counted);
            let share = upto - given;
            given = upto;
            Some(share)
        })
        .collect()
}

fn is_about_the_call(status: Option<StatusCode>) -> bool {
    matches!(status, Some(StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY))
}

fn instructed<'a>(model: &str, purpose: Purpose, text: &'a str) -> Cow<'a, str> {
    match INSTRUCTED.iter().find(|(part, ..)| model.contains(part)) {
        None => Cow::Borrowed(text),
        Some((_, document, query)) => {
            let instruction = match purpose {
                Purpose::Document => document,
                Purpose::Query => query,
            };
            Cow::Owned(format!("{instruction}{text}"))
        }
    }
}

fn in_order(items: Vec<Item>, texts: usize) -> Result<Vec<Vec<f32>>> {
    let given = items.len();
    let mut vectors: Vec<Option<Vec<f32>>> = vec![None; texts];
    for (place, item) in items.into_iter().enumerate() {
        if let Some(slot) = vectors.get_mut(item.index.unwrap_or(place)) {
            *slot = Some(item.embedding);
        }
    }
    let missing = || Error::Unexpected(format!("{given} vectors do not stand for each of {texts} texts"));
    vectors.into_iter().collect::<Option<Vec<_>>>().filter(|_| given == texts).ok_or_else(missing)
}
