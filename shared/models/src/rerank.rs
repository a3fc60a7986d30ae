//! A question and passages to how well each answers it.

use crate::{Error, Result, invoke::invoke};
use aws_sdk_bedrockruntime::Client;
use serde::Deserialize;

/// Reranks by Bedrock's InvokeModel: Cohere Rerank and Amazon Rerank (Bedrock user guide, "Use a reranker model").
#[derive(Debug, Clone)]
pub struct Reranker {
    client: Client,
}

#[derive(Deserialize)]
struct Reranked {
    results: Vec<Scored>,
}

#[derive(Deserialize)]
struct Scored {
    index: usize,
    relevance_score: f64,
}

impl Reranker {
    /// Speaks to Bedrock, wherever the configuration says it is.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig) -> Self {
        Self { client: Client::new(aws) }
    }

    /// The relevance of each text to a question, 0..1, in the texts' order.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Unexpected`] when a text has no score.
    pub async fn rerank(&self, model: &str, question: &str, texts: &[&str]) -> Result<Vec<f64>> {
        let mut body = serde_json::json!({ "query": question, "documents": texts, "top_n": texts.len() });
        if model.contains("cohere.") {
            body["api_version"] = 2.into();
        }
        let answer: Reranked = invoke(&self.client, model, &body).await?;
        let mut scores = vec![None; texts.len()];
        for Scored { index, relevance_score } in answer.results {
            if let Some(score) = scores.get_mut(index) {
                *score = Some(relevance_score).filter(|score| score.is_finite());
            }
        }
        let unscored = || Error::Unexpected(format!("{model} did not score each of {} texts", texts.len()));
        scores.into_iter().collect::<Option<Vec<f64>>>().ok_or_else(unscored)
    }
}
