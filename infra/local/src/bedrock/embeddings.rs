//! `InvokeModel` for embedding models, in Titan's and in Cohere's form, with their limits. Vectors
//! come from the local model, padded or cut to the length that the named model has.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{LOCAL_EMBEDDING_MODEL, Refusal, base_model, parse};
use crate::minilm::{DIMENSION, Embedder, cosine};

const TITAN_MAX_CHARACTERS: usize = 50_000;
const TITAN_MAX_TOKENS: usize = 8_192;
const COHERE_MAX_TEXTS: usize = 96;
const COHERE_MAX_CHARACTERS: usize = 2_048;
const COHERE_DIMENSION: usize = 1_024;
const RERANKED_TEXTS: usize = 1_000;

/// `POST /model/{id}/invoke`
pub(super) async fn invoke(
    State(embedder): State<Arc<Embedder>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    match base_model(&id) {
        LOCAL_EMBEDDING_MODEL => titan(&embedder, parse(&body)?, &[DIMENSION]).await,
        // The first is what a request without a dimension gets.
        "amazon.titan-embed-text-v2:0" => titan(&embedder, parse(&body)?, &[1_024, 512, 256]).await,
        "amazon.titan-embed-text-v1" => titan(&embedder, parse(&body)?, &[1_536]).await,
        "cohere.rerank-v3-5:0" => rerank(&embedder, parse(&body)?, Some(2)).await,
        "amazon.rerank-v1:0" => rerank(&embedder, parse(&body)?, None).await,
        "cohere.embed-english-v3" | "cohere.embed-multilingual-v3" => cohere(&embedder, parse(&body)?).await,
        _ => Err(Refusal::validation("The provided model identifier is invalid.")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RerankRequest {
    query: String,
    documents: Vec<String>,
    top_n: Option<usize>,
    api_version: Option<u32>,
}

/// Rerankers in Cohere's form, which Amazon's shares but for the version: relevance is the cosine of the local model.
async fn rerank(
    embedder: &Embedder,
    request: RerankRequest,
    api_version: Option<u32>,
) -> Result<Response, Refusal> {
    if request.api_version != api_version {
        return Err(Refusal::validation(format!(
            "Malformed input request: api_version must be {api_version:?}"
        )));
    }
    if request.query.trim().is_empty()
        || request.documents.is_empty()
        || request.documents.len() > RERANKED_TEXTS
    {
        return Err(Refusal::validation(
            "Malformed input request: a query and 1 to 1000 documents are expected",
        ));
    }
    let query = embedder.embed(&request.query, DIMENSION).await?;
    let mut results = Vec::new();
    for (index, document) in request.documents.iter().enumerate() {
        let relevance =
            cosine(&query.vector, &embedder.embed(document, DIMENSION).await?.vector).clamp(0.0, 1.0);
        results.push(json!({ "index": index, "relevance_score": relevance }));
    }
    results.sort_by(|one, other| {
        let relevance = |result: &serde_json::Value| result["relevance_score"].as_f64().unwrap_or_default();
        relevance(other).total_cmp(&relevance(one))
    });
    results.truncate(request.top_n.unwrap_or(usize::MAX));
    Ok(Json(json!({ "results": results })).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TitanRequest {
    input_text: String,
    dimensions: Option<usize>,
    /// The vectors are of length 1 either way.
    #[serde(rename = "normalize")]
    _normalize: Option<bool>,
    embedding_types: Option<Vec<String>>,
}

async fn titan(
    embedder: &Embedder,
    request: TitanRequest,
    dimensions: &[usize],
) -> Result<Response, Refusal> {
    let dimension = request.dimensions.unwrap_or(dimensions[0]);
    if !dimensions.contains(&dimension) {
        return Err(Refusal::validation(format!(
            "Malformed input request: {dimension} is not a valid dimension, expected one of {dimensions:?}"
        )));
    }
    if request.input_text.is_empty() {
        return Err(Refusal::validation("Malformed input request: expected minLength: 1, actual: 0"));
    }
    let characters = request.input_text.chars().count();
    if characters > TITAN_MAX_CHARACTERS {
        return Err(Refusal::validation(format!(
            "Malformed input request: expected maxLength: {TITAN_MAX_CHARACTERS}, actual: {characters}"
        )));
    }
    only_floats(request.embedding_types.as_deref())?;
    let embedding = embedder.embed(&request.input_text, dimension).await?;
    if embedding.tokens > TITAN_MAX_TOKENS {
        return Err(Refusal::validation(format!(
            "Too many input tokens. Max input tokens: {TITAN_MAX_TOKENS}, request input token count: {}",
            embedding.tokens
        )));
    }
    let tokens = embedding.tokens;
    let body = json!({
        "embedding": embedding.vector,
        "embeddingsByType": { "float": embedding.vector },
        "inputTextTokenCount": tokens,
    });
    Ok((token_header(tokens), Json(body)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CohereRequest {
    texts: Vec<String>,
    /// Required, as it is for the real models; the local one makes no difference.
    #[serde(rename = "input_type")]
    _input_type: InputType,
    #[serde(rename = "truncate")]
    _truncate: Option<Truncate>,
    embedding_types: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum InputType {
    SearchDocument,
    SearchQuery,
    Classification,
    Clustering,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Truncate {
    None,
    Start,
    End,
}

async fn cohere(embedder: &Embedder, request: CohereRequest) -> Result<Response, Refusal> {
    let count = request.texts.len();
    if count == 0 || count > COHERE_MAX_TEXTS {
        return Err(Refusal::validation(format!(
            "Malformed input request: #/texts: expected 1 to {COHERE_MAX_TEXTS} items, found {count}"
        )));
    }
    for (at, text) in request.texts.iter().enumerate() {
        let characters = text.chars().count();
        if characters == 0 || characters > COHERE_MAX_CHARACTERS {
            return Err(Refusal::validation(format!(
                "Malformed input request: #/texts/{at}: expected length 1 to {COHERE_MAX_CHARACTERS}, actual: {characters}"
            )));
        }
    }
    only_floats(request.embedding_types.as_deref())?;
    let mut vectors = Vec::with_capacity(count);
    let mut tokens = 0;
    for text in &request.texts {
        let embedding = embedder.embed(text, COHERE_DIMENSION).await?;
        tokens += embedding.tokens;
        vectors.push(embedding.vector);
    }
    let (kind, embeddings) = match request.embedding_types {
        Some(_) => ("embeddings_by_type", json!({ "float": vectors })),
        None => ("embeddings_floats", json!(vectors)),
    };
    let id = Uuid::new_v4();
    let body = json!({ "id": id, "texts": request.texts, "embeddings": embeddings, "response_type": kind });
    Ok((token_header(tokens), Json(body)).into_response())
}

fn only_floats(types: Option<&[String]>) -> Result<(), Refusal> {
    match types.unwrap_or_default().iter().find(|kind| *kind != "float") {
        Some(kind) => {
            Err(Refusal::validation(format!("the local model gives float embeddings only, not {kind}")))
        }
        None => Ok(()),
    }
}

fn token_header(tokens: usize) -> [(&'static str, String); 1] {
    [("x-amzn-bedrock-input-token-count", tokens.to_string())]
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use http::{Request, StatusCode};
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;

    async fn post(model: &str, body: Value) -> (StatusCode, Value) {
        let request =
            Request::post(format!("/model/{model}/invoke")).body(Body::from(body.to_string())).unwrap();
        let response = super::super::router(Arc::new(Embedder::Instant)).oneshot(request).await.unwrap();
        let (status, error) = (response.status(), response.headers().get("x-amzn-errortype").cloned());
        assert_eq!(error.is_some(), status != StatusCode::OK);
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn titan_gives_the_asked_dimension() {
        for (model, asked, length) in [
            ("local.all-minilm-l6-v2", None, 384),
            ("amazon.titan-embed-text-v2%3A0", None, 1024),
            ("amazon.titan-embed-text-v2%3A0", Some(256), 256),
            ("amazon.titan-embed-text-v1", None, 1536),
        ] {
            let mut body = json!({ "inputText": "The oil" });
            if let Some(asked) = asked {
                body["dimensions"] = json!(asked);
                body["normalize"] = json!(true);
            }
            let (status, answer) = post(model, body).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            assert_eq!(answer["embedding"].as_array().unwrap().len(), length);
            assert_eq!(answer["inputTextTokenCount"], 2);
        }
    }

    #[tokio::test]
    async fn what_the_real_models_refuse_is_refused() {
        let long = "a".repeat(50_001);
        let many = "a ".repeat(9_000);
        for (model, body) in [
            ("local.all-minilm-l6-v2", json!({ "inputText": "x", "dimensions": 1024 })),
            ("amazon.titan-embed-text-v2:0", json!({ "inputText": "x", "dimensions": 384 })),
            ("amazon.titan-embed-text-v2:0", json!({ "inputText": "" })),
            ("amazon.titan-embed-text-v2:0", json!({ "inputText": long })),
            ("amazon.titan-embed-text-v2:0", json!({ "inputText": many })),
            ("amazon.titan-embed-text-v2:0", json!({ "text": "x" })),
            ("cohere.embed-english-v3", json!({ "texts": ["x"] })),
            ("cohere.embed-english-v3", json!({ "texts": [], "input_type": "search_query" })),
            ("cohere.embed-english-v3", json!({ "texts": vec!["x"; 97], "input_type": "search_query" })),
            ("cohere.embed-english-v3", json!({ "texts": ["x".repeat(2049)], "input_type": "search_query" })),
            ("nobody.embeds", json!({ "inputText": "x" })),
        ] {
            let (status, answer) = post(model, body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{model} {answer}");
            assert!(answer["message"].is_string());
        }
    }

    #[tokio::test]
    async fn cohere_embeds_a_batch() {
        let body = json!({ "texts": ["one", "two"], "input_type": "search_document", "truncate": "END" });
        let (status, answer) = post("cohere.embed-multilingual-v3", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["response_type"], "embeddings_floats");
        assert_eq!(answer["embeddings"].as_array().unwrap().len(), 2);
        assert_eq!(answer["embeddings"][1].as_array().unwrap().len(), 1024);
        let body = json!({ "texts": ["one"], "input_type": "search_query", "embedding_types": ["float"] });
        let (_, answer) = post("cohere.embed-english-v3", body).await;
        assert_eq!(answer["embeddings"]["float"][0].as_array().unwrap().len(), 1024);
    }
}
