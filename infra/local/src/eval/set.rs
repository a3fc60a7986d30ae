//! A question set: a folder with `docs.jsonl` and `questions.jsonl`, one JSON object a line.

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::BTreeSet, path::Path};

/// A document to be searched.
#[derive(Debug, Clone, Deserialize)]
pub struct Doc {
    /// Unique in its set; `en:…` where the set has languages.
    pub id: String,
    /// The text; dropped as a file.
    pub text: String,
}

/// A question, and what is known of its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Question {
    /// Unique in its set.
    pub id: String,
    /// As it is asked.
    pub question: String,
    /// Spellings of the answer; none where there is none.
    #[serde(default)]
    pub answers: Vec<String>,
    /// The document that holds it, or, of a question that cannot be answered, seems to.
    pub gold_doc: String,
    /// Whether it can be answered from the documents.
    #[serde(default = "yes")]
    pub answerable: bool,
}

fn yes() -> bool {
    true
}

/// What is asked, and of which documents.
#[derive(Debug)]
pub struct Set {
    /// The folder's name.
    pub name: String,
    /// All of them, or all of a language.
    pub docs: Vec<Doc>,
    /// Questions about them.
    pub questions: Vec<Question>,
}

impl Set {
    /// Reads a set: of documents whose ids begin with `only`, and at most `limit` questions, picked evenly over the
    /// whole so that a sample is like the set.
    ///
    /// # Errors
    /// When a file cannot be read, or nothing is left of it.
    pub fn read(folder: &Path, only: Option<&str>, limit: Option<usize>) -> Result<Self> {
        let name = folder.file_name().and_then(|name| name.to_str()).context("read the set's name")?;
        let mut docs: Vec<Doc> = lines(&folder.join("docs.jsonl"))?;
        docs.retain(|doc| only.is_none_or(|only| doc.id.starts_with(only)));
        let ids: BTreeSet<&str> = docs.iter().map(|doc| doc.id.as_str()).collect();
        let mut questions: Vec<Question> = lines(&folder.join("questions.jsonl"))?;
        questions.retain(|question| ids.contains(question.gold_doc.as_str()));
        let questions = evenly(questions, limit.unwrap_or(usize::MAX));
        ensure!(!questions.is_empty(), "{name} holds no question about such documents");
        Ok(Self { name: name.to_lowercase(), docs, questions })
    }

    /// What a document is called in its collection.
    #[must_use]
    pub fn file_name(doc: &str) -> String {
        format!("{}.txt", doc.replace([':', '/'], "-"))
    }
}

fn evenly(all: Vec<Question>, most: usize) -> Vec<Question> {
    let count = all.len();
    if count <= most {
        return all;
    }
    let picked: BTreeSet<usize> = (0..most).map(|place| place * count / most).collect();
    all.into_iter().enumerate().filter(|(place, _)| picked.contains(place)).map(|(_, one)| one).collect()
}

fn lines<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    filled
        .map(|(at, line)| {
            serde_json::from_str(line).with_context(|| format!("read line {} of {}", at + 1, file.display()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let docs = r#"{"id": "en:1", "text": "a", "title": "unused"}
{"id": "th:1", "text": "b"}"#;
        let question = |n: usize, doc: &str| {
            format!(r#"{{"id": "{n}", "question": "q?", "answers": ["a"], "gold_doc": "{doc}"}}"#)
        };
        let mut questions: Vec<String> = (0..10).map(|n| question(n, "en:1")).collect();
        questions.push(question(10, "th:1"));
        std::fs::write(folder.path().join("docs.jsonl"), docs).unwrap();
        std::fs::write(folder.path().join("questions.jsonl"), questions.join("\n")).unwrap();
        folder
    }

    #[test]
    fn a_part_of_a_set_is_read_evenly() {
        let folder = folder();
        let set = Set::read(folder.path(), Some("en"), Some(5)).unwrap();
        assert_eq!(set.docs.len(), 1);
        let ids: Vec<&str> = set.questions.iter().map(|question| question.id.as_str()).collect();
        assert_eq!(ids, ["0", "2", "4", "6", "8"]);
        assert_eq!(Set::read(folder.path(), None, None).unwrap().questions.len(), 11);
        assert!(Set::read(folder.path(), Some("fr"), None).is_err());
    }
}
