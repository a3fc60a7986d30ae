//! Ingestion jobs as they are looked back at.

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::{DocumentId, Failure, IngestionJobId};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// A run.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its row.
    pub id: IngestionJobId,
    /// `ingest`, `reembed`, `cleanup` or `reconcile`.
    pub kind: String,
    /// `queued`, `processing`, `completed`, `failed` or `cleanup_completed`.
    pub status: String,
    /// What it is about.
    pub chatbot: Option<Uuid>,
    /// What it is about.
    pub collection: Option<Uuid>,
    /// What it is about.
    pub document: Option<Uuid>,
    /// Steps done.
    pub done: i32,
    /// Of how many; `None`: not known yet.
    pub total: Option<i32>,
    /// Why it failed.
    pub error: Option<Failure>,
    /// What it found and did: counts by name.
    pub report: Value,
    /// Tokens that models read and wrote for it.
    pub tokens: i64,
    /// What they cost, in dollars; `None`: the price of a model is not known.
    pub cost: Option<String>,
    /// Whether some of the tokens are an estimate, for a model does not say.
    pub tokens_are_estimated: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// Which jobs; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// One job.
    pub id: Option<IngestionJobId>,
    /// One of the states.
    pub status: Option<&'a str>,
    /// One of the kinds.
    pub kind: Option<&'a str>,
    /// About this document.
    pub document: Option<DocumentId>,
    /// Older than this one.
    pub before: Option<IngestionJobId>,
}

/// Jobs, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Job>> {
    let (id, before) = (which.id.map(|id| id.0), which.before.map(|id| id.0));
    let (document, limit) = (which.document.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[
        (&id, Type::UUID),
        (&which.status, Type::TEXT),
        (&which.kind, Type::TEXT),
        (&document, Type::UUID),
        (&before, Type::UUID),
        (&limit, Type::INT8),
    ];
    Ok(tx.query(sql!("ingestion_jobs/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Job {
    let error: Option<Value> = row.get("error");
    Job {
        id: IngestionJobId(row.get("id")),
        kind: row.get("kind"),
        status: row.get("status"),
        chatbot: row.get("chatbot_id"),
        collection: row.get("collection_id"),
        document: row.get("document_id"),
        done: row.get("done"),
        total: row.get("total"),
        error: error.and_then(|error| serde_json::from_value(error).ok()),
        report: row.get("report"),
        tokens: row.get("tokens"),
        cost: row.get("cost"),
        tokens_are_estimated: row.get("tokens_are_estimated"),
        created_at: row.get("created_at"),
        started_at: row.get("started_at"),
        completed_at: row.get("completed_at"),
    }
}
