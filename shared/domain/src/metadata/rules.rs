//! Chunk types by declared rule: the first rule whose conditions all hold names a chunk's type.

use super::{ChunkType, DocumentType, Malformed, listed};
use crate::limits;
use serde::Deserialize;
use serde_json::Value;

/// A collection's rules in their order, as `collections.chunk_type_rules` holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChunkTypeRules {
    rules: Vec<Rule>,
}

/// Conditions, at least one, words in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    names: ChunkType,
    heading: Option<String>,
    text: Option<String>,
    document_type: Option<DocumentType>,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'a> {
    /// Headings above it.
    pub headings: &'a [String],
    /// Its text.
    pub content: &'a str,
    /// Of its document.
    pub document_type: DocumentType,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    #[serde(rename = "type")]
    names: String,
    heading: Option<String>,
    text: Option<String>,
    document_type: Option<String>,
}

impl ChunkTypeRules {
    /// Reads rules: `[{"type": "ingredient_level", "heading": "ingredient", "text": "CAS", "document_type": "safety"}]`,
    /// of which each has a `type` and at least one condition.
    ///
    /// # Errors
    /// [`Malformed`] with the rule's number, from 1, and what is wrong with it.
    pub fn parse(declared: &Value) -> Result<Self, Malformed> {
        let declared = declared.as_array().ok_or_else(|| {
            Malformed(
                "The chunk type rules are no list, as in [{\"type\": \"product_level\", \"heading\": \"product\"}]."
                    .into(),
            )
        })?;
        if declared.len() > limits::CHUNK_TYPE_RULES {
            return Err(Malformed(format!(
                "There are {} chunk type rules; at most {} are kept.",
                declared.len(),
                limits::CHUNK_TYPE_RULES
            )));
        }
        let rules = declared.iter().enumerate().map(|(place, declared)| {
            Rule::parse(declared).map_err(|what| Malformed(format!("Chunk type rule {}: {what}.", place + 1)))
        });
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }

    /// The type of a passage. Words match anywhere in any heading of the path, or in the text, in whichever case.
    #[must_use]
    pub fn type_of(&self, passage: &Passage<'_>) -> ChunkType {
        if self.rules.is_empty() {
            return ChunkType::General;
        }
        let headings: Vec<String> = passage.headings.iter().map(|heading| heading.to_lowercase()).collect();
        let content = passage.content.to_lowercase();
        self.rules
            .iter()
            .find(|rule| {
                rule.document_type.is_none_or(|wanted| wanted == passage.document_type)
                    && rule
                        .heading
                        .as_ref()
                        .is_none_or(|words| headings.iter().any(|heading| heading.contains(words)))
                    && rule.text.as_ref().is_none_or(|words| content.contains(words))
            })
            .map_or(ChunkType::General, |rule| rule.names)
    }
}

impl Rule {
    fn parse(declared: &Value) -> Result<Self, String> {
        // Without this, serde takes a list of the right length for the object.
        if !declared.is_object() {
            return Err("it is no object".into());
        }
        let declared: Declared =
            serde_json::from_value(declared.clone()).map_err(|error| error.to_string())?;
        let names = ChunkType::parse(&declared.names).ok_or_else(|| {
            let known = listed(ChunkType::ALL.iter().map(|known| known.as_str()));
            format!("\"{}\" is no chunk type; there are {known}", declared.names)
        })?;
        let document_type = declared.document_type.map(|word| {
            DocumentType::parse(&word).ok_or_else(|| {
                let known = listed(DocumentType::ALL.iter().map(|known| known.as_str()));
                format!("\"{word}\" is no document type; there are {known}")
            })
        });
        let rule = Self {
            names,
            heading: declared.heading.map(|words| condition("heading", &words)).transpose()?,
            text: declared.text.map(|words| condition("text", &words)).transpose()?,
            document_type: document_type.transpose()?,
        };
        if rule.heading.is_none() && rule.text.is_none() && rule.document_type.is_none() {
            return Err("it has no condition: give \"heading\", \"text\" or \"document_type\"".into());
        }
        Ok(rule)
    }
}

fn condition(name: &str, words: &str) -> Result<String, String> {
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return Err(format!("its \"{name}\" is blank, which every passage has"));
    }
    if words.chars().count() > limits::METADATA_VALUE_CHARACTERS {
        return Err(format!("its \"{name}\" has more than {} characters", limits::METADATA_VALUE_CHARACTERS));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn type_of(rules: &Value, heading: &str, content: &str, document_type: DocumentType) -> ChunkType {
        let headings = ["Sheet".to_owned(), heading.to_owned()];
        ChunkTypeRules::parse(rules).expect("rules").type_of(&Passage {
            headings: &headings,
            content,
            document_type,
        })
    }

    #[test]
    fn the_first_rule_whose_conditions_all_hold_names_the_type() {
        let rules = json!([
            { "type": "ingredient_level", "heading": "Ingrédient", "text": "cas" },
            { "type": "formulation_level", "heading": "ingrédient" },
            { "type": "product_level", "document_type": "safety" }
        ]);
        let seen = |heading, content, document| type_of(&rules, heading, content, document);
        assert_eq!(seen("3. INGRÉDIENTS", "CAS 7732-18-5", DocumentType::Safety), ChunkType::IngredientLevel);
        assert_eq!(seen("3. INGRÉDIENTS", "Water", DocumentType::Safety), ChunkType::FormulationLevel);
        assert_eq!(seen("Use", "CAS 7732-18-5", DocumentType::Safety), ChunkType::ProductLevel);
        assert_eq!(seen("Use", "CAS 7732-18-5", DocumentType::General), ChunkType::General);
        assert_eq!(type_of(&json!([]), "Use", "x", DocumentType::Safety), ChunkType::General);
    }

    #[test]
    fn a_malformed_rule_is_refused_with_its_number() {
        for (rule, said) in [
            (json!({ "type": "general" }), "Chunk type rule 2: it has no condition"),
            (
                json!({ "type": "products", "text": "x" }),
                "\"products\" is no chunk type; there are \"general\"",
            ),
            (json!({ "type": "general", "txt": "x" }), "unknown field `txt`"),
            (json!({ "text": "x" }), "missing field `type`"),
            (json!({ "type": "general", "text": " " }), "\"text\" is blank"),
            (json!({ "type": "general", "heading": "x".repeat(201) }), "more than 200 characters"),
            (json!({ "type": "general", "document_type": "memo" }), "\"memo\" is no document type"),
            (json!(["general", "x", "y", "safety"]), "it is no object"),
        ] {
            let rules = json!([{ "type": "general", "text": "x" }, rule]);
            let wrong = ChunkTypeRules::parse(&rules).expect_err("malformed").to_string();
            assert!(wrong.contains(said), "{wrong}");
        }
        assert!(ChunkTypeRules::parse(&json!({})).is_err());
    }

    #[test]
    fn rules_have_an_edge() {
        let rules = |count| Value::Array(vec![json!({ "type": "general", "text": "x" }); count]);
        assert!(ChunkTypeRules::parse(&rules(limits::CHUNK_TYPE_RULES)).is_ok());
        assert!(ChunkTypeRules::parse(&rules(limits::CHUNK_TYPE_RULES + 1)).is_err());
    }
}
