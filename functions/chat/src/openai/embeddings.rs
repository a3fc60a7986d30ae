//! Vectors of texts.

use super::{Failure, body, caller};
use crate::{Context, problems::OrProblem as _};
use access::Bearer;
use answering::programs::NotEmbedded;
use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::limits;
use models::Purpose;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;
use web::Problem;

/// What the deployment's model may be called besides its id.
const DEFAULT: &str = "default";

/// Texts to embed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EmbeddingsBody {
    /// The deployment's embedding model, as `GET /v1/models` lists it last, or `default`.
    model: String,
    /// A text, or 1 to 256 of them.
    #[schema(value_type = Object)]
    input: Value,
    /// `float`, or `base64` of little-endian 32-bit floats.
    #[serde(default)]
    encoding_format: Option<String>,
    /// The model's own, or nothing.
    #[serde(default)]
    dimensions: Option<usize>,
    /// Our own: `document` when not said, or `query`; models that know the difference embed both sides differently.
    #[serde(default)]
    input_type: Option<String>,
}

/// Vectors, in the order of the texts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Embeddings {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<Embedding>,
    model: String,
    usage: EmbeddingsUsage,
}

#[derive(Debug, Serialize, ToSchema)]
struct Embedding {
    #[schema(example = "embedding")]
    object: &'static str,
    index: usize,
    #[schema(value_type = Object)]
    embedding: Value,
}

/// Tokens as the provider counted them, or an estimate where it does not count.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmbeddingsUsage {
    prompt_tokens: u32,
    total_tokens: u32,
}

/// Embed texts. Scope `search`.
#[utoipa::path(post, path = "/v1/embeddings", tag = "openai", request_body = EmbeddingsBody,
    responses((status = 200, body = Embeddings), (status = 400, body = Failure), (status = 401, body = Failure),
        (status = 404, body = Failure), (status = 413, body = Failure), (status = 502, body = Failure), (status = 503, body = Failure)))]
pub async fn create_embeddings(
    State(context): State<Arc<Context>>,
    bearer: Result<Bearer, Problem>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<axum::Json<Embeddings>, Failure> {
    let caller = caller(bearer)?;
    let wish: EmbeddingsBody = body(bytes)?;
    if wish.model != context.embedding_model && wish.model != DEFAULT {
        return Err(Failure::no_model(&wish.model));
    }
    if wish.dimensions.is_some_and(|wanted| wanted != context.embedding_dimension) {
        let detail = format!("This model's vectors have {} dimensions.", context.embedding_dimension);
        return Err(Failure::invalid(detail, Some("dimensions")));
    }
    let encode = match wish.encoding_format.as_deref() {
        None | Some("float") => as_floats,
        Some("base64") => as_base64,
        Some(_) => return Err(Failure::invalid("It is float or base64.", Some("encoding_format"))),
    };
    let purpose = match wish.input_type.as_deref() {
        Some("query" | "search_query") => Purpose::Query,
        None | Some("document" | "search_document") => Purpose::Document,
        Some(_) => return Err(Failure::invalid("It is document or query.", Some("input_type"))),
    };
    let texts = texts(wish.input)?;
    let model = (context.embedding_model.as_str(), context.embedding_dimension);
    let embedded = context.answering.embed(&caller, model, purpose, &texts).await.map_err(refused)?;
    let counted = embedded.iter().zip(&texts).map(|(one, text)| {
        one.tokens.unwrap_or_else(|| u32::try_from(language::estimate_tokens(text)).unwrap_or(u32::MAX))
    });
    let tokens = counted.fold(0_u32, u32::saturating_add);
    let data = embedded.iter().enumerate();
    let data = data
        .map(|(index, one)| Embedding {
            object: "embedding",
            index,
            embedding: encode(one.vector.as_slice()),
        })
        .collect();
    let usage = EmbeddingsUsage { prompt_tokens: tokens, total_tokens: tokens };
    Ok(axum::Json(Embeddings { object: "list", data, model: context.embedding_model.clone(), usage }))
}

fn texts(input: Value) -> Result<Vec<String>, Failure> {
    let wrong = |detail: String| Failure::invalid(detail, Some("input"));
    let texts = match input {
        Value::String(text) => vec![text],
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(text),
                _ => Err(wrong("Texts are taken, not tokens: send a string or an array of strings.".into())),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err(wrong("Send a string or an array of strings.".into())),
    };
    if texts.is_empty() || texts.len() > limits::EMBEDDED_TEXTS {
        return Err(wrong(format!(
            "1 to {} texts are embedded at once, not {}.",
            limits::EMBEDDED_TEXTS,
            texts.len()
        )));
    }
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(wrong("An empty text has no vector; leave it out.".into()));
    }
    Ok(texts)
}

fn as_floats(vector: &[f32]) -> Value {
    serde_json::json!(vector)
}

fn as_base64(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    Value::String(BASE64_STANDARD.encode(bytes))
}

fn refused(error: NotEmbedded) -> Failure {
    match error {
        NotEmbedded::Refused(refusal) => match Err::<(), _>(refusal).or_problem() {
            Err(problem) => problem.into(),
            Ok(()) => Problem::internal().into(),
        },
        NotEmbedded::TooLong { place, most } => {
            let detail = format!("The model reads at most {most} characters of a text.");
            Failure::invalid(detail, Some(&format!("input[{place}]")))
        }
        NotEmbedded::Model(error) => {
            tracing::warn!(error = %error, "texts could not be embedded");
            if error.is_retryable() {
                let detail = "The embedding model is busy. Try again in a moment.";
                Problem::unavailable("model-unavailable", detail).into()
            } else {
                let detail =
                    "The embedding model refuses the call. An administrator should check its access.";
                Problem::bad_gateway("model-refused", detail).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn inputs_have_an_edge_and_are_texts() {
        assert_eq!(texts(json!("a")).expect("one"), ["a"]);
        assert!(texts(json!(vec!["a"; limits::EMBEDDED_TEXTS])).is_ok());
        for wrong in [
            json!([]),
            json!(vec!["a"; limits::EMBEDDED_TEXTS + 1]),
            json!([1, 2]),
            json!([[1]]),
            json!(" "),
            json!(7),
        ] {
            assert!(texts(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn base64_is_of_little_endian_floats() {
        assert_eq!(as_base64(&[1.0, -2.0]), json!("AACAPwAAAMA="));
    }
}
