//! What is known of a document besides its text: what its uploader said with the object, else what the file says of
//! itself.

use crate::extract::Extracted;
use domain::{
    Failure, FailureCode,
    document::{clean, clip},
    limits,
    metadata::{DocumentType, MetadataSchema, listed},
};
use std::collections::{BTreeMap, HashMap};

/// Before the name of a metadata field, in the names of an object's metadata.
const ATTRIBUTE: &str = "attr-";

/// What an object's metadata says, known before its bytes are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// `title`, at most [`limits::TITLE_CHARACTERS`].
    pub title: Option<String>,
    /// `document-type`.
    pub document_type: DocumentType,
    /// `language`, as ISO 639 code without region.
    pub language: Option<String>,
    /// `source-url`.
    pub source_url: Option<String>,
    /// `product`: a SKU or an id.
    pub product: Option<String>,
    /// `attr-*` by name, in lower case with `_` for `-`.
    pub attributes: BTreeMap<String, String>,
}

/// What is known of a document when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What it is called.
    pub title: String,
    /// ISO 639 code, or [`language::UNDETERMINED`].
    pub language: String,
    /// By the collection's schema, or as given.
    pub attributes: BTreeMap<String, String>,
}

impl Given {
    /// Reads an object's metadata: names in lower case without `x-amz-meta-`, values decoded.
    ///
    /// # Errors
    /// A [`Failure`] that says which value cannot be, and what can.
    pub fn of(metadata: &HashMap<String, String>) -> Result<Self, Failure> {
        let present = |name: &str| present(metadata, name);
        let document_type = match present("document-type") {
            Some(word) => DocumentType::parse(&word).ok_or_else(|| unknown_document_type(&word))?,
            None => DocumentType::General,
        };
        let language = match present("language") {
            Some(word) => Some(language_code(&word).ok_or_else(|| no_language(&word))?),
            None => None,
        };
        Ok(Self {
            title: present("title").map(|title| clip(&title, limits::TITLE_CHARACTERS)),
            document_type,
            language,
            source_url: present("source-url"),
            product: product(metadata),
            attributes: as_fields(
                metadata
                    .iter()
                    .filter_map(|(name, value)| Some((name.strip_prefix(ATTRIBUTE)?, value.as_str()))),
            ),
        })
    }

    /// Adds what the file says of itself. What was given wins; `named` is the title when neither has one.
    ///
    /// # Errors
    /// A [`Failure`] of [`FailureCode::Metadata`] when the collection's schema is broken.
    pub fn describe(
        &self,
        extracted: &Extracted,
        named: &str,
        schema: &MetadataSchema,
    ) -> Result<Description, Failure> {
        let said = as_fields(extracted.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let title = extracted.title.as_deref().map(|title| clip(&clean(title), limits::TITLE_CHARACTERS));
        let language = ["language", "lang"].iter().find_map(|name| language_code(said.get(*name)?));
        Ok(Description {
            title: self
                .title
                .clone()
                .or(title.filter(|title| !title.is_empty()))
                .unwrap_or_else(|| named.to_owned()),
            language: self
                .language
                .clone()
                .or(language)
                .unwrap_or_else(|| language::language_of(&extracted.text).to_owned()),
            attributes: schema.values(&self.attributes, &said)?,
        })
    }
}

/// The SKU or id of the product that a document is about, as its uploader says.
#[must_use]
pub fn product(metadata: &HashMap<String, String>) -> Option<String> {
    present(metadata, "product")
}

fn present(metadata: &HashMap<String, String>, name: &str) -> Option<String> {
    metadata.get(name).map(|value| clean(value).trim().to_owned()).filter(|value| !value.is_empty())
}

/// Why a document about a product that there is not is not read.
#[must_use]
pub fn unknown_product(name: &str) -> Failure {
    Failure::new(
        FailureCode::Metadata,
        format!(
            "There is no product with the SKU or id \"{}\". Make it (POST /api/v1/products), and process the document \
             again; or correct x-amz-meta-product, or leave it out, and upload the document again.",
            clip(name, limits::METADATA_VALUE_CHARACTERS)
        ),
    )
}

/// Values under names as a schema spells them. Of two names that become one, the one that is spelled so wins.
fn as_fields<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let mut sorted: Vec<_> = pairs.collect();
    // In ASCII, ' ' and '-' come before '_'.
    sorted.sort_unstable();
    sorted
        .into_iter()
        .map(|(name, value)| (name.trim().to_lowercase().replace(['-', ' '], "_"), value.to_owned()))
        .collect()
}

/// The code of `en`, `en-GB` or `zh_Hant`; `None` for what is no code.
fn language_code(word: &str) -> Option<String> {
    let code = word.trim().split(['-', '_']).next().unwrap_or_default();
    let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| code.to_ascii_lowercase())
}

fn unknown_document_type(word: &str) -> Failure {
    Failure::new(
        FailureCode::Metadata,
        format!(
            "The document type \"{}\" is not known; allowed: {}. Correct x-amz-meta-document-type, or leave it out, and \
             upload the document again.",
            clip(word, limits::METADATA_VALUE_CHARACTERS),
            listed(DocumentType::ALL.iter().map(|known| known.as_str()))
        ),
    )
}

fn no_language(word: &str) -> Failure {
    Failure::new(
        FailureCode::Metadata,
        format!(
            "The language \"{}\" is no code of ISO 639; allowed: two or three letters, as in \"en\" or \"th\". Correct \
             x-amz-meta-language, or leave it out, and upload the document again.",
            clip(word, limits::METADATA_VALUE_CHARACTERS)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn given(pairs: &[(&str, &str)]) -> Result<Given, Failure> {
        Given::of(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn file(title: &str, pairs: &[(&str, &str)]) -> Extracted {
        let mut extracted = Extracted::new("markdown");
        extracted.title = Some(title.to_owned());
        extracted.metadata =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        extracted
    }

    #[test]
    fn what_was_given_wins_over_what_the_file_says() {
        let schema = MetadataSchema::parse(&json!({ "product_line": {}, "module": {} })).expect("a schema");
        let said = file("Own\u{0}", &[("lang", "th-TH"), ("product line", "X"), ("module", "m1")]);
        let all = given(&[
            ("title", " Given "),
            ("language", "en-GB"),
            ("attr-product-line", "P"),
            ("attr-x", "1"),
        ]);
        let all = all.expect("in order").describe(&said, "Named", &schema).expect("in order");
        assert_eq!((all.title.as_str(), all.language.as_str()), ("Given", "en"));
        assert_eq!((all.attributes["product_line"].as_str(), all.attributes["module"].as_str()), ("P", "m1"));
        assert_eq!(all.attributes.len(), 2);
        let own = given(&[]).expect("in order").describe(&said, "Named", &schema).expect("in order");
        assert_eq!((own.title.as_str(), own.language.as_str()), ("Own", "th"));
        assert_eq!(own.attributes["product_line"], "X");
        let none =
            given(&[]).expect("in order").describe(&file(" ", &[("lang", "English")]), "Named", &schema);
        let none = none.expect("in order");
        assert_eq!((none.title.as_str(), none.language.as_str()), ("Named", language::UNDETERMINED));
    }

    #[test]
    fn an_unknown_word_is_refused_and_not_taken_for_general() {
        assert_eq!(given(&[("document-type", "safety")]).expect("known").document_type, DocumentType::Safety);
        let wrong = given(&[("document-type", "Safety\n")]).expect_err("unknown");
        assert_eq!(wrong.code, FailureCode::Metadata);
        assert!(wrong.detail.contains("\"Safety\" is not known; allowed: \"general\""), "{wrong}");
        assert!(given(&[("language", "English")]).expect_err("no code").detail.contains("\"English\""));
        assert_eq!(given(&[("document-type", " "), ("language", "")]), Ok(Given::default()));
    }

    #[test]
    fn a_broken_schema_is_a_failure_of_the_document() {
        let schema = MetadataSchema::parse(&json!({ "module": { "required": true } })).expect("a schema");
        let broken = given(&[]).expect("in order").describe(&file("T", &[]), "N", &schema);
        assert_eq!(broken.expect_err("required").code, FailureCode::Metadata);
    }

    #[test]
    fn of_two_spellings_of_a_name_the_schemas_own_wins() {
        let both = given(&[("attr-product-line", "a"), ("attr-product_line", "b")]).expect("in order");
        assert_eq!(both.attributes["product_line"], "b");
    }
}
