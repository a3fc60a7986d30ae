//! Document versions: built beside the active one, never over it.

use crate::{Result, TenantTx, sql};
use domain::{DocumentId, DocumentVersionId};
use tokio_postgres::types::Type;

/// Begins a version of these bytes, abandoning any other that is still being built: its function is dead, or
/// its bytes are not the present ones.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin(tx: &TenantTx, document: DocumentId, etag: &str, size: i64) -> Result<DocumentVersionId> {
    tx.execute(sql!("document_versions/abandon"), &[(&document.0, Type::UUID)]).await?;
    let id = DocumentVersionId::generate();
    tx.execute(
        sql!("document_versions/begin"),
        &[(&id.0, Type::UUID), (&document.0, Type::UUID), (&etag, Type::TEXT), (&size, Type::INT8)],
    )
    .await?;
    Ok(id)
}

/// Drops one version that will not be finished, with whatever was written of it.
///
/// # Errors
/// [`crate::Error`].
pub async fn abandon(tx: &TenantTx, id: DocumentVersionId) -> Result<()> {
    tx.execute(sql!("document_versions/abandon_one"), &[(&id.0, Type::UUID)]).await?;
    Ok(())
}

/// Drops every version of the tenant that is being built: for a start after which nobody can be at it.
///
/// # Errors
/// [`crate::Error`].
pub async fn abandon_all(tx: &TenantTx) -> Result<()> {
    tx.execute(sql!("document_versions/abandon_all"), &[]).await?;
    Ok(())
}

/// How a version was made.
#[derive(Debug)]
pub struct Manifest<'a> {
    /// SHA-256 of the bytes, in hex.
    pub content_hash: &'a str,
    /// Name and version of what read them.
    pub extractor: &'a str,
    /// Name and version of what cut words.
    pub segmenter: &'a str,
    /// Tokens of a chunk, as applied.
    pub chunk_size: i32,
    /// Tokens that neighbours share.
    pub chunk_overlap: i32,
    /// Chunks.
    pub chunks: i32,
    /// Bytes of extracted text.
    pub text_bytes: i64,
}

/// Records how a version was made.
///
/// # Errors
/// [`crate::Error`].
pub async fn describe(tx: &TenantTx, id: DocumentVersionId, manifest: &Manifest<'_>) -> Result<()> {
    let counts = serde_json::json!({ "chunks": manifest.chunks, "text_bytes": manifest.text_bytes });
    tx.execute(
        sql!("document_versions/describe"),
        &[
            (&id.0, Type::UUID),
            (&manifest.content_hash, Type::TEXT),
            (&manifest.extractor, Type::TEXT),
            (&manifest.segmenter, Type::TEXT),
            (&manifest.chunk_size, Type::INT4),
            (&manifest.chunk_overlap, Type::INT4),
            (&counts, Type::JSONB),
        ],
    )
    .await?;
    Ok(())
}

/// Removes the chunks and vectors of every version but this one; `None`: of every version.
///
/// # Errors
/// [`crate::Error`].
pub async fn clear_others(
    tx: &TenantTx,
    document: DocumentId,
    keep: Option<DocumentVersionId>,
) -> Result<()> {
    let keep = keep.map(|id| id.0);
    tx.execute(sql!("document_versions/clear_others"), &[(&document.0, Type::UUID), (&keep, Type::UUID)])
        .await?;
    tx.execute(sql!("document_versions/supersede_others"), &[(&document.0, Type::UUID), (&keep, Type::UUID)])
        .await?;
    Ok(())
}
