//! Document versions: built beside the active one, in units of work, never over it.
//!
//! One worker builds a version at a time. It holds a lease while it works, for others to see; but what makes its
//! writes safe is that each of them names the worker and the number of chunks that stand: whoever was replaced, or
//! comes twice, changes nothing.

use crate::{Result, TenantTx, sql};
use domain::{DocumentId, DocumentVersionId, SpaceId, limits};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Who builds: one unit of work of one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worker(pub Uuid);

impl Worker {
    /// A new one.
    #[must_use]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl Default for Worker {
    fn default() -> Self {
        Self::new()
    }
}

/// A version that is begun.
#[derive(Debug)]
pub struct Beginning<'a> {
    /// Of these bytes.
    pub etag: &'a str,
    /// Of these bytes and what was said with them.
    pub fingerprint: &'a str,
    /// Of all else that decides its chunks.
    pub recipe: &'a str,
    /// Bytes.
    pub size: i64,
}

/// Begins a version, dropping any other that is still being built: its object is not the present one.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin(
    tx: &TenantTx,
    document: DocumentId,
    beginning: &Beginning<'_>,
    worker: Worker,
) -> Result<DocumentVersionId> {
    tx.execute(sql!("document_versions/abandon"), &[(&document.0, Type::UUID)]).await?;
    let id = DocumentVersionId::generate();
    tx.execute(
        sql!("document_versions/begin"),
        &[
            (&id.0, Type::UUID),
            (&document.0, Type::UUID),
            (&beginning.etag, Type::TEXT),
            (&beginning.fingerprint, Type::TEXT),
            (&beginning.recipe, Type::TEXT),
            (&beginning.size, Type::INT8),
            (&worker.0, Type::UUID),
            (&limits::LEASE_SECONDS, Type::FLOAT8),
        ],
    )
    .await?;
    Ok(id)
}

/// Takes over a version that is being built.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &TenantTx, id: DocumentVersionId, worker: Worker) -> Result<()> {
    let params: crate::tenant::Params<'_> =
        &[(&id.0, Type::UUID), (&worker.0, Type::UUID), (&limits::LEASE_SECONDS, Type::FLOAT8)];
    tx.execute(sql!("document_versions/claim"), params).await?;
    Ok(())
}

/// Ends a unit of work whose version is not finished: the next one need not wait for the lease.
///
/// # Errors
/// [`crate::Error`].
pub async fn release(tx: &TenantTx, id: DocumentVersionId, worker: Worker) -> Result<()> {
    tx.execute(sql!("document_versions/release"), &[(&id.0, Type::UUID), (&worker.0, Type::UUID)]).await?;
    Ok(())
}

/// Ends every lease of the tenant: for a start after which nobody can be at work.
///
/// # Errors
/// [`crate::Error`].
pub async fn release_all(tx: &TenantTx) -> Result<()> {
    tx.execute(sql!("document_versions/release_all"), &[]).await?;
    Ok(())
}

/// What models were paid for.
#[derive(Debug, Clone, Default)]
pub struct Spent {
    /// By the embedding models.
    pub embedded: Vec<Tokens>,
    /// Whether some of those are an estimate, for the model does not say.
    pub is_estimated: bool,
    /// By the model that writes contextual headers.
    pub headers: Vec<Tokens>,
}

/// Tokens of one model's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Its id at its provider.
    pub model: String,
    /// Read.
    pub prompt: i64,
    /// Written.
    pub completion: i64,
}

/// A step of a version.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Chunks that stood before it.
    pub from: i32,
    /// Chunks that stand with it.
    pub to: i32,
    /// Chunks of the whole.
    pub total: i32,
    /// The version that they are copied from.
    pub copied_from: Option<DocumentVersionId>,
    /// What it cost; `None`: nothing.
    pub spent: Option<&'a Spent>,
}

/// Tokens by model, as the database takes them: models, read, written.
pub(crate) fn columns(tokens: &[Tokens]) -> (Vec<&str>, Vec<i64>, Vec<i64>) {
    let models = tokens.iter().map(|one| one.model.as_str()).collect();
    (models, tokens.iter().map(|one| one.prompt).collect(), tokens.iter().map(|one| one.completion).collect())
}

/// Notes a step, in the transaction that writes its chunks. `false`: another worker has the version, or it is gone.
///
/// # Errors
/// [`crate::Error`].
pub async fn advance(tx: &TenantTx, id: DocumentVersionId, worker: Worker, step: &Step<'_>) -> Result<bool> {
    let copied_from = step.copied_from.map(|donor| donor.0);
    let nothing = Spent::default();
    let spent = step.spent.unwrap_or(&nothing);
    let (embedders, embedded, _) = columns(&spent.embedded);
    let (writers, read, written) = columns(&spent.headers);
    let advanced = tx
        .execute(
            sql!("document_versions/advance"),
            &[
                (&id.0, Type::UUID),
                (&worker.0, Type::UUID),
                (&step.from, Type::INT4),
                (&step.to, Type::INT4),
                (&step.total, Type::INT4),
                (&copied_from, Type::UUID),
                (&limits::LEASE_SECONDS, Type::FLOAT8),
                (&embedders, Type::TEXT_ARRAY),
                (&embedded, Type::INT8_ARRAY),
                (&spent.is_estimated, Type::BOOL),
                (&writers, Type::TEXT_ARRAY),
                (&read, Type::INT8_ARRAY),
                (&written, Type::INT8_ARRAY),
            ],
        )
        .await?;
    Ok(advanced > 0)
}

/// Adds what a model read of versions that stand already, in the transaction that writes what it made of them. Comes after those
/// writes: whoever replaces a version waits for its passages before its row.
///
/// # Errors
/// [`crate::Error`].
pub async fn spend(
    tx: &TenantTx,
    model: &str,
    read: &[(DocumentVersionId, i64)],
    is_estimated: bool,
) -> Result<()> {
    let (ids, tokens): (Vec<Uuid>, Vec<i64>) =
        read.iter().map(|(version, tokens)| (version.0, *tokens)).unzip();
    let params: crate::tenant::Params<'_> = &[
        (&ids, Type::UUID_ARRAY),
        (&tokens, Type::INT8_ARRAY),
        (&model, Type::TEXT),
        (&is_estimated, Type::BOOL),
    ];
    tx.execute(sql!("document_versions/spend"), params).await?;
    Ok(())
}

/// Drops one version that will not be finished, with whatever was written of it.
///
/// # Errors
/// [`crate::Error`].
pub async fn abandon(tx: &TenantTx, id: DocumentVersionId, worker: Worker) -> Result<()> {
    tx.execute(sql!("document_versions/abandon_one"), &[(&id.0, Type::UUID), (&worker.0, Type::UUID)])
        .await?;
    Ok(())
}

/// What a version holds and how it was made: kept with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Chunks.
    pub chunks: i32,
    /// Bytes of extracted text.
    pub text_bytes: i64,
    /// The document's own title, where it has one.
    pub title: Option<String>,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// `pdf`, `docx`, …
    pub format: String,
    /// Where the format has pages.
    pub page_count: Option<i32>,
    /// Name and version of what read it.
    pub extractor: String,
    /// Tokens of a chunk, as applied.
    pub chunk_size: i32,
    /// Tokens that neighbours share.
    pub chunk_overlap: i32,
    /// How sure OCR was of what it read, 0..1.
    pub ocr_confidence: Option<f32>,
    /// Pages that hold pictures without text, and that nobody read.
    pub unread_pages: Vec<i32>,
    /// What the file says of itself.
    pub metadata: std::collections::BTreeMap<String, String>,
    /// Curated answers that it brought.
    #[serde(default)]
    pub curated: i32,
}

/// Records how a version was made.
///
/// # Errors
/// [`crate::Error`].
pub async fn describe(
    tx: &TenantTx,
    id: DocumentVersionId,
    content_hash: &str,
    segmenter: &str,
    manifest: &Manifest,
) -> Result<()> {
    tx.execute(
        sql!("document_versions/describe"),
        &[
            (&id.0, Type::UUID),
            (&content_hash, Type::TEXT),
            (&manifest.extractor, Type::TEXT),
            (&segmenter, Type::TEXT),
            (&manifest.chunk_size, Type::INT4),
            (&manifest.chunk_overlap, Type::INT4),
            (&serde_json::json!(manifest), Type::JSONB),
            (&manifest.ocr_confidence, Type::FLOAT4),
            (&manifest.unread_pages, Type::INT4_ARRAY),
        ],
    )
    .await?;
    Ok(())
}

/// A version whose chunks can be copied.
#[derive(Debug)]
pub struct Donor {
    /// Its row.
    pub id: DocumentVersionId,
    /// Whose it is.
    pub document: DocumentId,
    /// SHA-256 of its bytes, in hex.
    pub content_hash: String,
    /// What it holds.
    pub manifest: Manifest,
}

/// An active version of the same bytes and recipe.
///
/// # Errors
/// [`crate::Error`].
pub async fn donor(
    tx: &TenantTx,
    document: DocumentId,
    content_hash: &str,
    recipe: &str,
    spaces: &[SpaceId],
) -> Result<Option<Donor>> {
    let spaces = space_ids(spaces);
    let params: crate::tenant::Params<'_> = &[
        (&content_hash, Type::TEXT),
        (&recipe, Type::TEXT),
        (&document.0, Type::UUID),
        (&spaces, Type::UUID_ARRAY),
    ];
    let row = tx.query_opt(sql!("document_versions/donor"), params).await?;
    row.map(|row| read_donor(&row)).transpose()
}

/// The donor that a copy was begun from, if it still stands.
///
/// # Errors
/// [`crate::Error`].
pub async fn donor_by_id(tx: &TenantTx, id: DocumentVersionId) -> Result<Option<Donor>> {
    let row = tx.query_opt(sql!("document_versions/donor_by_id"), &[(&id.0, Type::UUID)]).await?;
    row.map(|row| read_donor(&row)).transpose()
}

fn read_donor(row: &tokio_postgres::Row) -> Result<Donor> {
    let manifest: serde_json::Value = row.get("manifest");
    Ok(Donor {
        id: DocumentVersionId(row.get("id")),
        document: DocumentId(row.get("document_id")),
        content_hash: row.get("content_hash"),
        manifest: serde_json::from_value(manifest)
            .map_err(|error| crate::Error::Unexpected(format!("manifest: {error}")))?,
    })
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
    let params: crate::tenant::Params<'_> = &[(&document.0, Type::UUID), (&keep, Type::UUID)];
    tx.execute(sql!("document_versions/clear_others"), params).await?;
    tx.execute(sql!("document_versions/supersede_others"), params).await?;
    Ok(())
}

/// Of these versions, the ones that somebody reads or builds.
///
/// # Errors
/// [`crate::Error`].
pub async fn in_use(tx: &TenantTx, ids: &[Uuid]) -> Result<Vec<DocumentVersionId>> {
    let rows = tx.query(sql!("document_versions/in_use"), &[(&ids, Type::UUID_ARRAY)]).await?;
    Ok(rows.iter().map(|row| DocumentVersionId(row.get("id"))).collect())
}

/// Ids as the database takes them.
pub(crate) fn space_ids(spaces: &[SpaceId]) -> Vec<Uuid> {
    spaces.iter().map(|space| space.0).collect()
}
