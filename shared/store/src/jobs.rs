//! Ingestion jobs: the progress of one run, for people who wait.

use crate::{
    Result, TenantTx, sql,
    versions::{Spent, columns},
};
use domain::{DocumentId, Failure, IngestionJobId};
use tokio_postgres::types::Type;

/// Begins the ingestion of a document, or goes on with the run that is open.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin(tx: &TenantTx, document: DocumentId) -> Result<IngestionJobId> {
    let id = IngestionJobId::generate();
    let params: crate::tenant::Params<'_> = &[(&id.0, Type::UUID), (&document.0, Type::UUID)];
    let row = tx.query_one(sql!("ingestion_jobs/begin"), params).await?;
    Ok(IngestionJobId(row.get("id")))
}

/// Notes progress in chunks.
///
/// # Errors
/// [`crate::Error`].
pub async fn advance(tx: &TenantTx, id: IngestionJobId, done: i32, total: i32) -> Result<()> {
    tx.execute(
        sql!("ingestion_jobs/advance"),
        &[(&id.0, Type::UUID), (&done, Type::INT4), (&total, Type::INT4)],
    )
    .await?;
    Ok(())
}

/// Adds what models were paid for.
///
/// # Errors
/// [`crate::Error`].
pub async fn spend(tx: &TenantTx, id: IngestionJobId, spent: &Spent) -> Result<()> {
    let all: Vec<_> = spent.embedded.iter().chain(&spent.headers).cloned().collect();
    let (models, read, written) = columns(&all);
    let params: crate::tenant::Params<'_> = &[
        (&id.0, Type::UUID),
        (&models, Type::TEXT_ARRAY),
        (&read, Type::INT8_ARRAY),
        (&written, Type::INT8_ARRAY),
        (&spent.is_estimated, Type::BOOL),
    ];
    tx.execute(sql!("ingestion_jobs/spend"), params).await?;
    Ok(())
}

/// Settles a job.
///
/// # Errors
/// [`crate::Error`].
pub async fn settle(tx: &TenantTx, id: IngestionJobId, failure: Option<&Failure>) -> Result<()> {
    let error = failure.map(|failure| serde_json::json!(failure));
    tx.execute(sql!("ingestion_jobs/settle"), &[(&id.0, Type::UUID), (&error, Type::JSONB)]).await?;
    Ok(())
}

/// Begins a comparison of the bucket with the database.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin_reconcile(tx: &TenantTx) -> Result<IngestionJobId> {
    let id = IngestionJobId::generate();
    tx.execute(sql!("ingestion_jobs/begin_reconcile"), &[(&id.0, Type::UUID)]).await?;
    Ok(id)
}

/// Adds a unit's counts to a job's report, and says what the report is now.
///
/// # Errors
/// [`crate::Error`].
pub async fn report(
    tx: &TenantTx,
    id: IngestionJobId,
    counts: &serde_json::Value,
    done: i32,
    is_last: bool,
) -> Result<serde_json::Value> {
    let params: crate::tenant::Params<'_> =
        &[(&id.0, Type::UUID), (counts, Type::JSONB), (&done, Type::INT4), (&is_last, Type::BOOL)];
    Ok(tx.query_one(sql!("ingestion_jobs/report"), params).await?.get("report"))
}
