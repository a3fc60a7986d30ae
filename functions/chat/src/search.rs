//! Retrieval alone.

use crate::{
    Context,
    problems::{self, OrProblem as _},
};
use access::Bearer;
use answering::Passage;
use axum::extract::State;
use domain::{
    ChunkId, DocumentId,
    conversation::Question,
    limits,
    metadata::{ChunkType, DocumentType, is_name, listed},
};
use serde::Serialize;
use std::{collections::BTreeMap, str::FromStr, sync::Arc};
use store::search::Filter;
use utoipa::{IntoParams, ToSchema};
use web::{Problem, Query, paging};

/// What a parameter about metadata begins with; a field's name follows.
const METADATA: &str = "metadata.";

/// What is searched, and where.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// The question, 1 to 2,000 characters.
    #[param(required = true)]
    q: Option<String>,
    /// Passages wanted, 1 to 50; 10 when not said.
    k: Option<u32>,
    /// A collection's slug.
    collection: Option<String>,
    /// A document's id.
    #[param(value_type = Option<uuid::Uuid>)]
    document: Option<DocumentId>,
    /// A product's SKU or id.
    product: Option<String>,
    /// A product's category.
    category: Option<String>,
    /// `general`, `technical`, `regulatory`, `safety`, `marketing` or `certification`.
    document_type: Option<String>,
    /// `general`, `product_level`, `formulation_level` or `ingredient_level`.
    chunk_type: Option<String>,
    /// ISO 639-1.
    language: Option<String>,
    /// A value that a metadata field has, as in `metadata.module=m1`. A field given again: any of its values; several
    /// fields: all of them.
    #[param(rename = "metadata.*", value_type = Option<String>)]
    metadata: BTreeMap<String, Vec<String>>,
}

impl SearchQuery {
    /// Reads the query string's parameters; an unknown one is refused.
    fn read(parameters: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut query = Self::default();
        for (name, value) in parameters {
            if value.contains('\0') {
                return Err(invalid(&name, "A text must not hold NUL characters."));
            }
            match name.as_str() {
                "q" => once(&mut query.q, &name, value)?,
                "k" => once(&mut query.k, &name, number(&name, &value)?)?,
                "collection" => once(&mut query.collection, &name, value)?,
                "document" => once(&mut query.document, &name, id(&name, &value)?)?,
                "product" => once(&mut query.product, &name, value)?,
                "category" => once(&mut query.category, &name, value)?,
                "document_type" => {
                    let known = DocumentType::ALL.map(DocumentType::as_str);
                    once(&mut query.document_type, &name, one_of(&name, value, &known)?)?;
                }
                "chunk_type" => {
                    let known = ChunkType::ALL.map(ChunkType::as_str);
                    once(&mut query.chunk_type, &name, one_of(&name, value, &known)?)?;
                }
                "language" => once(&mut query.language, &name, value)?,
                _ => match name.strip_prefix(METADATA) {
                    Some(field) if is_name(field) => query.add_metadata(field, value)?,
                    Some(_) => {
                        return Err(invalid(
                            &name,
                            "A metadata field is named like `metadata.module`: lower-case letters, digits and \"_\".",
                        ));
                    }
                    None => {
                        let known = "q, k, collection, document, product, category, document_type, chunk_type, language and metadata.*";
                        return Err(invalid(
                            &name,
                            format!("There is no such parameter; there are {known}."),
                        ));
                    }
                },
            }
        }
        Ok(query)
    }

    fn add_metadata(&mut self, field: &str, value: String) -> Result<(), Problem> {
        self.metadata.entry(field.to_owned()).or_default().push(value);
        if self.metadata.values().map(Vec::len).sum::<usize>() > limits::METADATA_CONDITIONS {
            let most = limits::METADATA_CONDITIONS;
            return Err(invalid("metadata", format!("At most {most} metadata values can be asked for.")));
        }
        Ok(())
    }

    fn filter(self) -> Filter {
        Filter {
            collections: self.collection.into_iter().collect(),
            documents: self.document.into_iter().collect(),
            products: self.product.into_iter().collect(),
            categories: self.category.into_iter().collect(),
            document_types: self.document_type.into_iter().collect(),
            languages: self.language.into_iter().collect(),
            chunk_types: self.chunk_type.into_iter().collect(),
            metadata: self.metadata,
        }
    }
}

fn invalid(name: &str, detail: impl Into<String>) -> Problem {
    Problem::invalid("invalid-query", format!("?{name}"), detail)
}

fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), Problem> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(invalid(name, format!("{name} can be given once."))),
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, Problem> {
    value.parse().map_err(|_| invalid(name, format!("{name} is a whole number.")))
}

fn id<T: FromStr>(name: &str, value: &str) -> Result<T, Problem> {
    value.parse().map_err(|_| invalid(name, format!("{name} is an id, as the API gives it.")))
}

fn one_of(name: &str, value: String, known: &[&str]) -> Result<String, Problem> {
    if known.contains(&value.as_str()) {
        return Ok(value);
    }
    let allowed = listed(known.iter().copied());
    let value = domain::document::clip(&value, limits::METADATA_VALUE_CHARACTERS);
    Err(invalid(name, format!("{name} is one of {allowed}, not \"{value}\".")))
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
    /// 0..1: how likely the passage is about the question at all. The order of the items is that of `scores.fused`, which
    /// compares passages of one search alone.
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

impl PassageView {
    /// Where it stands, for people.
    pub fn source(&self) -> String {
        let page = self.page_number.map(|page| format!(", page {page}")).unwrap_or_default();
        format!("{}{page}", self.document_title)
    }

    /// What it says.
    pub fn content(&self) -> &str {
        &self.content
    }
}

impl From<Passage> for PassageView {
    fn from(passage: Passage) -> Self {
        let Passage { hit, score, beside: _, reranked: _, file: _ } = passage;
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

/// Search the organization's documents. Scope `search`.
#[utoipa::path(get, path = "/api/v1/search", tag = "chat", params(SearchQuery),
    responses((status = 200, body = SearchResults), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn search(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<axum::Json<SearchResults>, Problem> {
    let query = SearchQuery::read(parameters)?;
    let q = query
        .q
        .as_deref()
        .ok_or_else(|| invalid("q", "Say what to search for: the parameter q is missing."))?;
    let question = Question::new(q).map_err(|problem| problems::not_a_question(problem, "?q"))?;
    let k = paging::bounded("k", query.k, limits::SEARCH_RESULTS_DEFAULT, limits::SEARCH_RESULTS)?;
    let filter = query.filter();
    let model = (context.embedding_model.as_str(), context.embedding_dimension);
    let passages = context.answering.search(&caller, model, question.as_str(), &filter, k).await;
    let passages = passages.or_problem()?;
    Ok(axum::Json(SearchResults { items: passages.into_iter().map(PassageView::from).collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Filter, Problem> {
        let parameters = query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        SearchQuery::read(parameters).map(SearchQuery::filter)
    }

    #[test]
    fn metadata_of_one_field_adds_up_and_fields_are_apart() {
        let query = [("metadata.module", "m1"), ("metadata.module", "m2"), ("metadata.chapter", "3")];
        let filter = read(&query).expect("a filter");
        assert_eq!(
            serde_json::json!(filter),
            serde_json::json!({ "metadata": { "module": ["m1", "m2"], "chapter": ["3"] } })
        );
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        let refused = |query: &[(&str, &str)]| {
            let problem = read(query).expect_err("a problem");
            assert_eq!(problem.status, 422);
            (problem.errors[0].pointer.clone(), problem.detail)
        };
        assert_eq!(
            refused(&[("document_type", "manual")]),
            (
                "?document_type".into(),
                "document_type is one of \"general\", \"technical\", \"regulatory\", \"safety\", \"marketing\", \
                 \"certification\", not \"manual\"."
                    .into()
            )
        );
        assert!(refused(&[("chunk_type", "product")]).1.contains("\"product_level\""));
        for (name, value) in [
            ("metadata.Module", "x"),
            ("metadata.", "x"),
            ("page", "3"),
            ("k", "x"),
            ("document", "x"),
            ("q", "\0"),
        ] {
            assert_eq!(refused(&[(name, value)]).0, format!("?{name}"));
        }
        assert_eq!(refused(&[("q", "a"), ("q", "b")]).1, "q can be given once.");
    }

    #[test]
    fn metadata_values_have_an_edge() {
        let values = |count| vec![("metadata.module", "m"); count];
        assert!(read(&values(limits::METADATA_CONDITIONS)).is_ok());
        assert_eq!(read(&values(limits::METADATA_CONDITIONS + 1)).expect_err("too many").status, 422);
    }
}
