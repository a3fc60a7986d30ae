//! Retrieval alone.

use crate::{
    Context,
    problems::{self, OrProblem as _},
};
use answering::Passage;
use axum::extract::State;
use domain::{ChunkId, DocumentId, conversation::Question, limits};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::search::Filter;
use utoipa::{IntoParams, ToSchema};
use web::{BearerKey, Problem, Query, paging};

/// What is searched, and where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// The question, 1 to 2,000 characters.
    q: String,
    /// Passages wanted, 1 to 50; 10 when not said.
    k: Option<u32>,
    /// A collection's slug.
    collection: Option<String>,
    /// A document's id.
    #[param(value_type = Option<uuid::Uuid>)]
    document: Option<DocumentId>,
    /// `general`, `technical`, `regulatory`, `safety`, `marketing` or `certification`.
    document_type: Option<String>,
    /// ISO 639-1.
    language: Option<String>,
}

/// Passages, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResults {
    items: Vec<PassageView>,
}

/// A passage.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassageView {
    #[schema(value_type = uuid::Uuid)]
    chunk_id: ChunkId,
    #[schema(value_type = uuid::Uuid)]
    document_id: DocumentId,
    document_title: String,
    document_key: String,
    page_number: Option<i32>,
    /// Outermost first.
    headings: Vec<String>,
    content: String,
    /// 0..1: how likely the passage is about the question.
    score: f64,
    scores: Scores,
}

/// How the score came about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scores {
    /// Cosine similarity; null where the model does not read the language.
    dense: Option<f64>,
    /// BM25.
    lexical: f64,
    /// Both, scaled among the candidates: the order.
    fused: f64,
    /// Null: no reranker is configured.
    reranked: Option<f64>,
}

impl From<Passage> for PassageView {
    fn from(passage: Passage) -> Self {
        let Passage { hit, score } = passage;
        Self {
            chunk_id: hit.chunk,
            document_id: hit.document,
            document_title: hit.title,
            document_key: hit.key,
            page_number: hit.page,
            headings: hit.headings,
            content: hit.content,
            score,
            scores: Scores { dense: hit.dense, lexical: hit.lexical, fused: hit.fused, reranked: None },
        }
    }
}

/// Search the organization's documents.
#[utoipa::path(get, path = "/api/v1/search", tag = "chat", params(SearchQuery),
    responses((status = 200, body = SearchResults), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn search(
    State(context): State<Arc<Context>>,
    BearerKey(key): BearerKey,
    Query(query): Query<SearchQuery>,
) -> Result<axum::Json<SearchResults>, Problem> {
    let question = Question::new(&query.q).map_err(|problem| problems::not_a_question(problem, "?q"))?;
    let k = paging::bounded("k", query.k, limits::SEARCH_RESULTS_DEFAULT, limits::SEARCH_RESULTS)?;
    let texts = [&query.collection, &query.document_type, &query.language];
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        return Err(Problem::invalid("invalid-query", "?", "A text must not hold NUL characters."));
    }
    let filter = Filter {
        collections: query.collection.into_iter().collect(),
        documents: query.document.into_iter().collect(),
        document_types: query.document_type.into_iter().collect(),
        languages: query.language.into_iter().collect(),
    };
    let model = (context.embedding_model.as_str(), context.embedding_dimension);
    let passages = context.answering.search(&key, model, question.as_str(), &filter, k).await;
    let passages = passages.or_problem()?;
    Ok(axum::Json(SearchResults { items: passages.into_iter().map(PassageView::from).collect() }))
}
