//! The search behind an answer: what each leg found, what the model was given, what is cited.

use crate::{Context, problems::OrProblem as _};
use access::Bearer;
use axum::extract::State;
use domain::{ChunkId, DocumentId, FileId, MessageId};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use store::retrievals::{Found, Retrieval};
use utoipa::ToSchema;
use web::{PathId, Problem};

/// What was searched and found for a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetrievalView {
    #[schema(value_type = uuid::Uuid)]
    question_id: MessageId,
    /// Null: it broke off before.
    #[schema(value_type = Option<uuid::Uuid>)]
    answer_id: Option<MessageId>,
    /// What was asked.
    query: String,
    /// What was searched for in its place; null: the question itself.
    rewritten_query: Option<String>,
    /// Who looked at it for that: `rules` or `model`; null: nothing was asked before it.
    rewritten_by: Option<String>,
    embedding_model: Option<String>,
    embedding_dimension: Option<i32>,
    /// False: the words alone searched.
    has_vector: bool,
    /// Passages below this final score were not used.
    score_threshold: f64,
    /// Passages wanted.
    retrieval_k: i32,
    reranker_model: Option<String>,
    /// What the model was told and said, word for word; null: this answer was not sampled.
    #[schema(value_type = Option<Object>)]
    transcript: Option<serde_json::Value>,
    /// What the answer's confidence was computed from: the sentences' `support`, the passages' `relevance`, the cosine of question and
    /// answer (`meaning`), the `signs` that speak against it, and how likely it thereby answers (`met`). Null: no model said anything
    /// that could be weighed.
    #[schema(value_type = Option<Object>)]
    evidence: Option<serde_json::Value>,
    /// Milliseconds of the steps.
    #[schema(value_type = Object)]
    timings: serde_json::Value,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Best first; behind them, what the model was given of the session's files.
    passages: Vec<FoundView>,
}

/// A passage that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundView {
    /// The final order, from 1: by both legs, or by the reranker.
    rank: usize,
    /// By both legs, where a reranker came after them; null: `rank`.
    found_rank: Option<usize>,
    /// Among these by vectors alone; null: it has none.
    dense_rank: Option<usize>,
    /// Among these by words alone; null: it holds none of them.
    lexical_rank: Option<usize>,
    #[schema(value_type = uuid::Uuid)]
    chunk_id: ChunkId,
    /// Null: it is of a file; or, as all that follows up to the content, the passage is gone.
    #[schema(value_type = Option<uuid::Uuid>)]
    document_id: Option<DocumentId>,
    /// The session's file; null for a passage of a document.
    #[schema(value_type = Option<uuid::Uuid>)]
    file_id: Option<FileId>,
    document_title: Option<String>,
    page_number: Option<i32>,
    headings: Option<Vec<String>>,
    content: Option<String>,
    /// Cosine similarity.
    dense: Option<f64>,
    /// BM25.
    lexical: f64,
    /// Share of the question's word weight that it holds.
    coverage: f64,
    /// Both legs: the order without a reranker.
    fused: f64,
    /// The reranker's score, on a scale of its own; null: none was asked.
    reranked: Option<f64>,
    /// 0..1: how likely it is about the question.
    score: f64,
    /// Whether the model was given it; null: not logged.
    in_prompt: Option<bool>,
    /// The marks by which the answer cites it.
    markers: Vec<i32>,
}

impl From<Retrieval> for RetrievalView {
    fn from(retrieval: Retrieval) -> Self {
        let dense = ranks(&retrieval.passages, |found| found.dense);
        let lexical = ranks(&retrieval.passages, |found| Some(found.lexical).filter(|score| *score > 0.0));
        let (embedding_model, embedding_dimension) = retrieval.space.unzip();
        let passages = retrieval.passages.into_iter().enumerate();
        let passages = passages.map(|(place, found)| FoundView {
            rank: place + 1,
            found_rank: found.found_rank,
            dense_rank: dense[place],
            lexical_rank: lexical[place],
            chunk_id: found.chunk_id,
            document_id: found.document_id,
            file_id: found.file_id,
            document_title: found.document_title,
            page_number: found.page_number,
            headings: found.headings,
            content: found.content,
            dense: found.dense,
            lexical: found.lexical,
            coverage: found.coverage,
            fused: found.fused,
            reranked: found.reranked,
            score: found.score,
            in_prompt: found.in_prompt,
            markers: found.markers,
        });
        Self {
            question_id: retrieval.question,
            answer_id: retrieval.answer,
            query: retrieval.query,
            rewritten_query: retrieval.rewritten,
            rewritten_by: retrieval.rewritten_by,
            embedding_model,
            embedding_dimension,
            has_vector: retrieval.has_vector,
            score_threshold: retrieval.threshold,
            retrieval_k: retrieval.k,
            reranker_model: retrieval.reranker,
            transcript: retrieval.transcript,
            evidence: retrieval.evidence,
            timings: retrieval.timings,
            created_at: retrieval.at,
            passages: passages.collect(),
        }
    }
}

/// The rank of each passage by one score, from 1; none where there is no score. Equal scores keep their order.
fn ranks(passages: &[Found], score: impl Fn(&Found) -> Option<f64>) -> Vec<Option<usize>> {
    let scored = passages.iter().enumerate().filter_map(|(place, found)| Some((place, score(found)?)));
    let mut scored: Vec<(usize, f64)> = scored.collect();
    scored.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let mut ranks = vec![None; passages.len()];
    for (rank, (place, _)) in scored.into_iter().enumerate() {
        ranks[place] = Some(rank + 1);
    }
    ranks
}

/// The search behind a question or its answer: what was asked, what each leg found with which scores, what the model was given,
/// what is cited, how long each step took. Scope `sessions:read`.
#[utoipa::path(get, path = "/api/v1/messages/{id}/retrieval", tag = "chat", params(("id" = uuid::Uuid, Path, description = "A question or an answer")),
    responses((status = 200, body = RetrievalView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn retrieval(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<MessageId>,
) -> Result<axum::Json<RetrievalView>, Problem> {
    Ok(axum::Json(context.answering.retrieval(&caller, id).await.or_problem()?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(dense: Option<f64>, lexical: f64) -> Found {
        Found {
            reranked: None,
            found_rank: None,
            chunk_id: ChunkId::generate(),
            document_id: None,
            file_id: None,
            document_title: None,
            page_number: None,
            headings: None,
            content: None,
            dense,
            lexical,
            coverage: 0.0,
            fused: 0.0,
            score: 0.0,
            in_prompt: None,
            markers: Vec::new(),
        }
    }

    #[test]
    fn each_leg_has_its_own_order() {
        let passages = [found(Some(0.5), 3.0), found(None, 9.0), found(Some(0.9), 0.0)];
        assert_eq!(ranks(&passages, |found| found.dense), [Some(2), None, Some(1)]);
        let lexical = ranks(&passages, |found| Some(found.lexical).filter(|score| *score > 0.0));
        assert_eq!(lexical, [Some(2), Some(1), None]);
    }
}
