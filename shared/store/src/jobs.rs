//! Ingestion jobs: the progress of one run, for people who wait.

use crate::{Result, TenantTx, sql};
use domain::{DocumentId, Failure, IngestionJobId};
use tokio_postgres::types::Type;

/// Begins the ingestion of a document.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin(tx: &TenantTx, document: DocumentId) -> Result<IngestionJobId> {
    let id = IngestionJobId::generate();
    tx.execute(sql!("ingestion_jobs/begin"), &[(&id.0, Type::UUID), (&document.0, Type::UUID)]).await?;
    Ok(id)
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

/// Settles a job.
///
/// # Errors
/// [`crate::Error`].
pub async fn settle(tx: &TenantTx, id: IngestionJobId, failure: Option<&Failure>) -> Result<()> {
    let error = failure.map(|failure| serde_json::json!(failure));
    tx.execute(sql!("ingestion_jobs/settle"), &[(&id.0, Type::UUID), (&error, Type::JSONB)]).await?;
    Ok(())
}
