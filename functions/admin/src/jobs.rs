//! Ingestion jobs: list, get; a comparison of bucket and documents on demand.

use crate::{documents::FailureView, problems::OrProblem as _};
use access::Bearer;
use axum::extract::State;
use domain::{DocumentId, IngestionJobId};
use http::StatusCode;
use jiff::Timestamp;
use management::Management;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::job_history::{Job, Which};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::{Page, PathId, Problem, Query, paging};

/// A job's state.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    Queued,
    Processing,
    Completed,
    Failed,
    CleanupCompleted,
}

impl JobStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::CleanupCompleted => "cleanup_completed",
        }
    }
}

/// What a job does.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    Ingest,
    Reembed,
    Cleanup,
    Reconcile,
}

impl JobKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Reembed => "reembed",
            Self::Cleanup => "cleanup",
            Self::Reconcile => "reconcile",
        }
    }
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct JobQuery {
    /// `queued`, `processing`, `completed`, `failed` or `cleanup_completed`.
    #[param(inline)]
    status: Option<JobStatus>,
    /// `ingest`, `reembed`, `cleanup` or `reconcile`.
    #[param(inline)]
    kind: Option<JobKind>,
    /// About this document.
    #[param(value_type = Option<uuid::Uuid>)]
    document: Option<DocumentId>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// One run of ingestion.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobView {
    #[schema(value_type = uuid::Uuid)]
    id: IngestionJobId,
    /// `ingest`, `reembed`, `cleanup` or `reconcile`.
    kind: String,
    /// `queued`, `processing`, `completed`, `failed` or `cleanup_completed`.
    status: String,
    chatbot_id: Option<Uuid>,
    collection_id: Option<Uuid>,
    document_id: Option<Uuid>,
    /// Steps done.
    done: i32,
    /// Of how many; null while not known.
    total: Option<i32>,
    /// Why it failed.
    error: Option<FailureView>,
    /// What it found and did: counts by name.
    #[schema(value_type = Object)]
    report: serde_json::Value,
    /// Tokens that models read and wrote for it.
    tokens: i64,
    /// What they cost, in dollars; null when the price of a model is not known.
    cost: Option<String>,
    /// Whether some of the tokens are an estimate, for a model does not say.
    tokens_are_estimated: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            status: job.status,
            chatbot_id: job.chatbot,
            collection_id: job.collection,
            document_id: job.document,
            done: job.done,
            total: job.total,
            error: job.error.map(FailureView::from),
            report: job.report,
            tokens: job.tokens,
            cost: job.cost,
            tokens_are_estimated: job.tokens_are_estimated,
            created_at: job.created_at,
            started_at: job.started_at,
            completed_at: job.completed_at,
        }
    }
}

/// Ingestion jobs, newest first. Scope `ingestion:read`.
#[utoipa::path(get, path = "/api/v1/ingestion-jobs", tag = "ingestion", params(JobQuery),
    responses((status = 200, body = Page<JobView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_ingestion_jobs(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<JobQuery>,
) -> Result<axum::Json<Page<JobView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let which = Which {
        id: None,
        status: query.status.map(JobStatus::as_str),
        kind: query.kind.map(JobKind::as_str),
        document: query.document,
        before: paging::cursor(query.cursor.as_deref())?,
    };
    let rows = management.jobs(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(JobView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &JobView| view.id)))
}

/// One ingestion job. Scope `ingestion:read`.
#[utoipa::path(get, path = "/api/v1/ingestion-jobs/{id}", tag = "ingestion", params(("id" = uuid::Uuid, Path, description = "The job")),
    responses((status = 200, body = JobView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_ingestion_job(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<IngestionJobId>,
) -> Result<axum::Json<JobView>, Problem> {
    let job = management.job(&caller, id).await.or_problem()?;
    Ok(axum::Json(job.into()))
}

/// A job that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobAccepted {
    /// To be looked at: `GET /api/v1/ingestion-jobs/{job_id}`.
    #[schema(value_type = uuid::Uuid)]
    job_id: IngestionJobId,
}

impl JobAccepted {
    /// Of this job.
    pub fn of(job_id: IngestionJobId) -> Self {
        Self { job_id }
    }
}

/// Have the organization's part of the bucket compared with its documents; what differs is processed. Scope
/// `ingestion:run`.
#[utoipa::path(post, path = "/api/v1/ingestion/reconcile", tag = "ingestion",
    responses((status = 202, body = JobAccepted), (status = 401, body = Problem), (status = 403, body = Problem), (status = 503, body = Problem)))]
pub async fn reconcile(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
) -> Result<(StatusCode, axum::Json<JobAccepted>), Problem> {
    let job_id = management.reconcile(&caller).await.or_problem()?;
    Ok((StatusCode::ACCEPTED, axum::Json(JobAccepted { job_id })))
}
