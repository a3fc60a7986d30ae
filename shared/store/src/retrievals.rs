//! What was searched and found for a message, as it was logged.

use crate::{Error, Result, TenantTx, sql};
use domain::{ChunkId, DocumentId, FileId, MessageId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::types::Type;

/// A search for a message.
#[derive(Debug)]
pub struct Retrieval {
    /// The question.
    pub question: MessageId,
    /// What was answered; `None`: it broke off before.
    pub answer: Option<MessageId>,
    /// What was asked.
    pub query: String,
    /// What was searched for in its place.
    pub rewritten: Option<String>,
    /// Who looked at it for that: `rules` or `model`; `None`: nothing was asked before it.
    pub rewritten_by: Option<String>,
    /// Where its vector lives.
    pub space: Option<(String, i32)>,
    /// Whether there was a vector; without one the words alone searched.
    pub has_vector: bool,
    /// On the final score.
    pub threshold: f64,
    /// Passages wanted.
    pub k: i32,
    /// Who ordered anew.
    pub reranker: Option<String>,
    /// What the model was told and said; `None`: this answer was not sampled.
    pub transcript: Option<Value>,
    /// What the answer's confidence was computed from; `None`: no model said anything that could be weighed.
    pub evidence: Option<Value>,
    /// Milliseconds by step.
    pub timings: Value,
    /// When.
    pub at: Timestamp,
    /// What was found, best first; behind it, what the model was given of the session's files.
    pub passages: Vec<Found>,
}

/// A passage that was found, with every score that it had.
#[derive(Debug, Clone, Deserialize)]
pub struct Found {
    /// Its row, of a chunk or of a file's passage, which may be gone.
    pub chunk_id: ChunkId,
    /// Gone with it, as all that follows up to the content.
    pub document_id: Option<DocumentId>,
    /// The session's file that it is of, in place of a document; older logs have none.
    #[serde(default)]
    pub file_id: Option<FileId>,
    /// Its document's title, or its file's name.
    pub document_title: Option<String>,
    /// From 1.
    pub page_number: Option<i32>,
    /// Outermost first.
    pub headings: Option<Vec<String>>,
    /// The passage.
    pub content: Option<String>,
    /// Cosine.
    pub dense: Option<f64>,
    /// BM25.
    pub lexical: f64,
    /// Share of the question's word weight.
    pub coverage: f64,
    /// Both legs: the order.
    pub fused: f64,
    /// The final score.
    pub score: f64,
    /// The reranker's score.
    #[serde(default)]
    pub reranked: Option<f64>,
    /// Its place before it was reranked, from 1.
    #[serde(default)]
    pub found_rank: Option<usize>,
    /// Whether the model was given it; older logs do not say.
    #[serde(default)]
    pub in_prompt: Option<bool>,
    /// The marks by which the answer cites it.
    pub markers: Vec<i32>,
}

/// What was searched for a question, the last time that it was answered, or for an answer.
///
/// # Errors
/// [`Error`].
pub async fn of_message(tx: &TenantTx, id: MessageId) -> Result<Option<Retrieval>> {
    let Some(row) = tx.query_opt(sql!("retrieval_logs/of_message"), &[(&id.0, Type::UUID)]).await? else {
        return Ok(None);
    };
    let (model, dimension): (Option<String>, Option<i32>) =
        (row.get("embedding_model"), row.get("embedding_dimension"));
    Ok(Some(Retrieval {
        question: MessageId(row.get("message_id")),
        answer: row.get::<_, Option<uuid::Uuid>>("answer_id").map(MessageId),
        query: row.get("query"),
        rewritten: row.get("rewritten_query"),
        rewritten_by: row.get("rewritten_by"),
        space: model.zip(dimension),
        has_vector: row.get("has_vector"),
        threshold: row.get("retrieval_threshold"),
        k: row.get("retrieval_k"),
        reranker: row.get("reranker_model"),
        transcript: row.get("transcript"),
        evidence: row.get("evidence"),
        timings: row.get("timings"),
        at: row.get("created_at"),
        passages: serde_json::from_value(row.get("passages"))
            .map_err(|error| Error::Unexpected(format!("logged passages: {error}")))?,
    }))
}
