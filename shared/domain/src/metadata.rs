//! What a collection wants to know of its documents, and what type their chunks are.
//!
//! Both are declared by people, as JSON of a collection: read strictly here, and refused with a sentence that says
//! which part is wrong.

mod rules;
mod schema;

pub use rules::{ChunkTypeRules, Passage};
pub use schema::{Field, MetadataSchema, is_name};

use std::fmt;

/// A declaration of a collection that cannot be read, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// What a document is for: the values of `documents.document_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DocumentType {
    /// Nobody said.
    #[default]
    General,
    /// How something is built and kept.
    Technical,
    /// What authorities ask for or grant.
    Regulatory,
    /// What keeps people unharmed.
    Safety,
    /// What sells.
    Marketing,
    /// What proves a quality.
    Certification,
}

impl DocumentType {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::General,
        Self::Technical,
        Self::Regulatory,
        Self::Safety,
        Self::Marketing,
        Self::Certification,
    ];

    /// Its word, in the database and for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Technical => "technical",
            Self::Regulatory => "regulatory",
            Self::Safety => "safety",
            Self::Marketing => "marketing",
            Self::Certification => "certification",
        }
    }

    /// The type of a word; `None` for a word that names none.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

impl fmt::Display for DocumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a chunk speaks of: the values of `chunks.chunk_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChunkType {
    /// No rule says otherwise.
    #[default]
    General,
    /// A product as a whole.
    ProductLevel,
    /// What a product is mixed from.
    FormulationLevel,
    /// One ingredient.
    IngredientLevel,
}

impl ChunkType {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::General, Self::ProductLevel, Self::FormulationLevel, Self::IngredientLevel];

    /// Its word, in the database and for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::ProductLevel => "product_level",
            Self::FormulationLevel => "formulation_level",
            Self::IngredientLevel => "ingredient_level",
        }
    }

    /// The type of a word; `None` for a word that names none.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

/// Words in quotation marks, separated by commas; of many, the first, and how many more.
#[must_use]
pub fn listed<'a>(words: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let more = words.len().saturating_sub(SHOWN);
    let mut text = words.take(SHOWN).map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_own_word_alone() {
        assert!(
            DocumentType::ALL.into_iter().all(|known| DocumentType::parse(known.as_str()) == Some(known))
        );
        assert!(ChunkType::ALL.into_iter().all(|known| ChunkType::parse(known.as_str()) == Some(known)));
        assert_eq!((DocumentType::parse("Safety"), ChunkType::parse("product")), (None, None));
    }
}
