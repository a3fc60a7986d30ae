//! Answers that people wrote, as a search for a turn finds them: candidates for the program to judge.

use domain::{CuratedAnswerId, DocumentId};
use tokio_postgres::Row;

/// An answer whose question has the asked one's words, or lies near it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its row.
    pub id: CuratedAnswerId,
    /// The question that people answered.
    pub question: String,
    /// Their answer.
    pub answer: String,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// Whether it is this chatbot's alone.
    pub is_own: bool,
    /// Of both questions' vectors, −1..1; `None` where they were not compared.
    pub cosine: Option<f64>,
    /// The document that it was imported by.
    pub document: Option<Imported>,
}

/// The document that an answer was imported by.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its row.
    pub id: DocumentId,
    /// Its title.
    pub title: String,
    /// Its key.
    pub key: String,
    /// Whether there is an object under it.
    pub has_original: bool,
}

impl Candidate {
    /// Reads a row that has a question, whose other columns are named as a passage's.
    pub(crate) fn from_row(row: &Row) -> Self {
        Self {
            id: CuratedAnswerId(row.get("chunk_id")),
            question: row.get("question"),
            answer: row.get("content"),
            language: row.get("language"),
            is_own: row.get("is_after"),
            cosine: row.get("dense"),
            document: row.get::<_, Option<uuid::Uuid>>("document_id").map(|id| Imported {
                id: DocumentId(id),
                title: row.get("document_title"),
                key: row.get("document_key"),
                has_original: row.get("has_original"),
            }),
        }
    }
}
