//! How far documents are.

use crate::problems::OrProblem as _;
use access::Bearer;
use axum::extract::State;
use domain::{DocumentId, ProductId};
use jiff::Timestamp;
use metrics::Metrics;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::metric_lists::DocumentStatus;
use utoipa::{IntoParams, ToSchema};
use web::{Page, Problem, Query, paging};

/// Which documents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentsQuery {
    /// `uploaded`, `processing`, `completed` or `failed`.
    status: Option<String>,
    /// Of the page before.
    cursor: Option<String>,
    /// 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// A document and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentStatusView {
    #[schema(value_type = uuid::Uuid)]
    id: DocumentId,
    title: String,
    #[schema(value_type = Option<uuid::Uuid>)]
    product_id: Option<ProductId>,
    product_name: Option<String>,
    /// `uploaded`, `processing`, `completed` or `failed`.
    processing_status: String,
    /// Bytes.
    file_size: i64,
    document_type: String,
    /// `und`: not known.
    language: String,
    /// Of the version that is found.
    chunk_count: i64,
    /// Mean, 0 to 1; null without one.
    avg_chunk_confidence: Option<f64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    processed_at: Option<Timestamp>,
}

impl From<DocumentStatus> for DocumentStatusView {
    fn from(of: DocumentStatus) -> Self {
        let (product_id, product_name) = of.product.unzip();
        Self {
            id: of.id,
            title: of.title,
            product_id,
            product_name,
            processing_status: of.status,
            file_size: of.file_size,
            document_type: of.document_type,
            language: of.language,
            chunk_count: of.chunks,
            avg_chunk_confidence: of.confidence,
            created_at: of.created_at,
            processed_at: of.processed_at,
        }
    }
}

/// Documents and how far they are, newest first. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/documents", tag = "dashboards", params(DocumentsQuery),
    responses((status = 200, body = Page<DocumentStatusView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn document_processing_status(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<DocumentsQuery>,
) -> Result<axum::Json<Page<DocumentStatusView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let rows = metrics.documents(&caller, query.status.as_deref(), before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(DocumentStatusView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &DocumentStatusView| view.id)))
}
