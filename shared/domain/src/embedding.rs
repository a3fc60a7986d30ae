//! Embedding spaces: which model, how it is spoken to, how much and which languages it reads.

use crate::SpaceId;
use serde::{Deserialize, Serialize};

/// How a model's embedding call is spelled on Bedrock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// One text a call: `inputText`, `dimensions` (Amazon Titan Text Embeddings v2).
    Titan,
    /// One text a call, no choice of dimension (Amazon Titan Embeddings v1).
    TitanV1,
    /// Up to 96 texts a call with an `input_type` (Cohere Embed v3).
    Cohere,
}

/// What a space demands of its input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conventions {
    /// The wire form.
    pub form: Form,
    /// Tokens that the model reads of a text; the rest is cut unseen.
    pub max_tokens: usize,
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

/// What is known of a model by its id: conventions and languages. A region's or profile's prefix (`us.`) and
/// an ARN around the id make no difference. Limits are the providers' (Bedrock user guide, "Titan Text
/// Embeddings" and "Cohere Embed v3"); an unknown model is taken as Titan v2's kin.
#[must_use]
pub fn known(model: &str) -> (Conventions, Vec<String>) {
    let english = || vec!["en".to_owned()];
    let titan = Conventions { form: Form::Titan, max_tokens: 8_192, max_characters: 50_000, batch: 1 };
    let cohere = Conventions { form: Form::Cohere, max_tokens: 512, max_characters: 2_048, batch: 96 };
    if model.contains(LOCAL_MODEL) {
        (Conventions { max_tokens: 256, ..titan }, english())
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
}
