//! Embedding spaces: which model, how it is spoken to, how much and which languages it reads.

use crate::SpaceId;
use serde::{Deserialize, Serialize};

/// How a model's embedding call is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// One text a call: `inputText`, `dimensions` (Amazon Titan Text Embeddings v2).
    Titan,
    /// One text a call, no choice of dimension (Amazon Titan Embeddings v1).
    TitanV1,
    /// Up to 96 texts a call with an `input_type` (Cohere Embed v3).
    Cohere,
    /// Several texts a call: `input`, `dimensions` (OpenAI's API, whoever speaks it).
    #[serde(rename = "openai")]
    OpenAi,
}

/// What a space demands of its input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conventions {
    /// The wire form.
    pub form: Form,
    /// Tokens that the model reads of a text; the rest is cut unseen.
    pub max_tokens: usize,
    /// Whether it leaves out by itself what is longer; else it refuses the text.
    pub cuts: bool,
    /// Characters that the API takes in a text.
    pub max_characters: usize,
    /// Texts of one call.
    pub batch: usize,
}

/// A model, version and dimension inside which vectors compare.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// Its row.
    pub id: SpaceId,
    /// The model's id at its provider.
    pub model: String,
    /// Numbers of a vector.
    pub dimension: usize,
    /// What it demands of its input.
    pub conventions: Conventions,
    /// ISO 639-1 codes that the model reads; empty: all.
    pub languages: Vec<String>,
}

impl Space {
    /// Whether the model reads a language (`und`, undetermined, gets the benefit of the doubt).
    #[must_use]
    pub fn reads(&self, language: &str) -> bool {
        self.languages.is_empty() || language == "und" || self.languages.iter().any(|read| read == language)
    }
}

/// The id by which the one-machine stack's own model goes.
pub const LOCAL_MODEL: &str = "local.all-minilm-l6-v2";

/// How the id of a model begins that an OpenAI-compatible endpoint serves; the endpoint knows it by what follows.
pub const COMPATIBLE_PREFIX: &str = "openai/";

/// Tokens that models of OpenAI-compatible endpoints read of a text, by parts of their ids: OpenAI guide "Vector embeddings",
/// Gemini API guide "Embeddings", the model cards of the others (of nomic-embed-text: as Ollama runs it).
const COMPATIBLE_TOKENS: [(&str, usize); 6] = [
    ("text-embedding-3", 8_192),
    ("text-embedding-ada", 8_192),
    ("bge-m3", 8_192),
    ("gemini-embedding", 2_048),
    ("nomic-embed", 2_048),
    ("all-minilm", 256),
];
/// And any other: the encoders that all of them come from read no less.
const COMPATIBLE_TOKENS_AT_LEAST: usize = 512;
/// Those of them that read English only (their model cards).
const COMPATIBLE_ENGLISH: [&str; 4] = ["nomic-embed-text", "all-minilm", "mxbai-embed-large", "bge-large-en"];
/// Texts of a call to them: 32 of the longest stay under the 300,000 tokens that OpenAI takes (API reference, "Create
/// embeddings").
const COMPATIBLE_BATCH: usize = 32;

/// What is known of a model by its id: conventions and languages. A region's or profile's prefix (`us.`) and
/// an ARN around the id make no difference. Limits are the providers' (Bedrock user guide, "Titan Text
/// Embeddings" and "Cohere Embed v3"); an unknown model is taken as Titan v2's kin, or after [`COMPATIBLE_PREFIX`] as one
/// that reads little.
#[must_use]
pub fn known(model: &str) -> (Conventions, Vec<String>) {
    if let Some(model) = model.strip_prefix(COMPATIBLE_PREFIX) {
        return known_compatible(model);
    }
    let english = || vec!["en".to_owned()];
    let titan =
        Conventions { form: Form::Titan, max_tokens: 8_192, cuts: false, max_characters: 50_000, batch: 1 };
    let cohere =
        Conventions { form: Form::Cohere, max_tokens: 512, cuts: false, max_characters: 2_048, batch: 96 };
    if model.contains(LOCAL_MODEL) {
        (Conventions { max_tokens: 256, cuts: true, ..titan }, english())
    } else if model.contains("cohere.embed-english") {
        (cohere, english())
    } else if model.contains("cohere.embed") {
        (cohere, Vec::new())
    } else if model.contains("titan-embed-text-v1") || model.contains("titan-embed-g1") {
        (Conventions { form: Form::TitanV1, ..titan }, Vec::new())
    } else {
        (titan, Vec::new())
    }
}

fn known_compatible(model: &str) -> (Conventions, Vec<String>) {
    let model = model.to_lowercase();
    let tokens = COMPATIBLE_TOKENS.iter().find(|(part, _)| model.contains(part));
    let max_tokens = tokens.map_or(COMPATIBLE_TOKENS_AT_LEAST, |(_, tokens)| *tokens);
    // Four letters a token: a text of another script may be cut later by its tokens, never earlier by its characters.
    let max_characters = 4 * max_tokens;
    let conventions =
        Conventions { form: Form::OpenAi, max_tokens, cuts: false, max_characters, batch: COMPATIBLE_BATCH };
    // The second generation of nomic's is a multilingual one.
    let is_english = COMPATIBLE_ENGLISH.iter().any(|part| model.contains(part)) && !model.contains("-v2");
    let languages = if is_english { vec!["en".to_owned()] } else { Vec::new() };
    (conventions, languages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_known_by_their_id_under_any_prefix() {
        assert_eq!(known("amazon.titan-embed-text-v2:0").0.form, Form::Titan);
        assert_eq!(known("us.cohere.embed-multilingual-v3").0.batch, 96);
        assert_eq!(known(LOCAL_MODEL).0.max_tokens, 256);
        assert_eq!(known(LOCAL_MODEL).1, ["en"]);
    }

    #[test]
    fn models_of_a_compatible_endpoint_are_known_by_their_prefix() {
        let (large, all) = known("openai/text-embedding-3-large");
        assert_eq!((large.form, large.max_tokens, all.len()), (Form::OpenAi, 8_192, 0));
        assert!(large.batch * large.max_tokens < 300_000);
        let (nomic, languages) = known("openai/nomic-embed-text");
        assert_eq!((nomic.max_tokens, languages), (2_048, vec!["en".to_owned()]));
        assert_eq!(known("openai/nomic-embed-text-v2-moe").1.len(), 0);
        assert_eq!(known("openai/a-model-of-ours").0.max_tokens, 512);
    }

    #[test]
    fn forms_are_kept_under_their_names() {
        let names =
            [Form::Titan, Form::TitanV1, Form::Cohere, Form::OpenAi].map(|form| serde_json::json!(form));
        assert_eq!(names, ["titan", "titan_v1", "cohere", "openai"]);
    }
}
