//! Visits to web sources: what is due, what was found the last time.

use crate::{Result, TenantTx, sql};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// A source under visit.
#[derive(Debug)]
pub struct Source {
    /// Whether it is a sitemap, or a page.
    pub is_sitemap: bool,
    /// Where it is.
    pub url: String,
    /// The slug of its collection.
    pub collection: String,
    /// What the last visit found, or the units of this one so far.
    pub last_result: Value,
}

/// A page that was found.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it is.
    pub url: String,
    /// The object that it became.
    pub key: String,
    /// As its server gave it.
    pub etag: Option<String>,
    /// As its server gave it.
    pub last_modified: Option<String>,
    /// SHA-256 of its bytes, in hex; `None` of a page that never came, or is gone.
    pub content_hash: Option<String>,
    /// When it was asked for.
    pub visited_at: Timestamp,
}

/// Sources whose time has come.
///
/// # Errors
/// [`crate::Error`].
pub async fn due(tx: &TenantTx) -> Result<Vec<Uuid>> {
    let rows = tx.query(sql!("web_sources/due"), &[]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

/// Begins or goes on with a visit; `None` when there is no such source.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin(tx: &TenantTx, source: Uuid) -> Result<Option<Source>> {
    let row = tx.query_opt(sql!("web_sources/begin_visit"), &[(&source, Type::UUID)]).await?;
    Ok(row.map(|row| Source {
        is_sitemap: row.get::<_, &str>("kind") == "sitemap",
        url: row.get("url"),
        collection: row.get("slug"),
        last_result: row.get("last_result"),
    }))
}

/// The pages of a source as they were last found.
///
/// # Errors
/// [`crate::Error`].
pub async fn pages(tx: &TenantTx, source: Uuid) -> Result<Vec<Page>> {
    let rows = tx.query(sql!("web_pages/list"), &[(&source, Type::UUID)]).await?;
    Ok(rows
        .iter()
        .map(|row| Page {
            url: row.get("url"),
            key: row.get("s3_key"),
            etag: row.get("etag"),
            last_modified: row.get("last_modified"),
            content_hash: row.get("content_hash"),
            visited_at: row.get("visited_at"),
        })
        .collect())
}

/// Keeps what was found of a page.
///
/// # Errors
/// [`crate::Error`].
pub async fn keep(tx: &TenantTx, source: Uuid, page: &Page) -> Result<()> {
    tx.execute(
        sql!("web_pages/keep"),
        &[
            (&source, Type::UUID),
            (&page.url, Type::TEXT),
            (&page.key, Type::TEXT),
            (&page.etag, Type::TEXT),
            (&page.last_modified, Type::TEXT),
            (&page.content_hash, Type::TEXT),
        ],
    )
    .await?;
    Ok(())
}

/// Notes that a page was asked for: it is as it was, or never came.
///
/// # Errors
/// [`crate::Error`].
pub async fn touch(tx: &TenantTx, source: Uuid, url: &str, key: &str) -> Result<()> {
    let params: crate::tenant::Params<'_> = &[(&source, Type::UUID), (&url, Type::TEXT), (&key, Type::TEXT)];
    tx.execute(sql!("web_pages/touch"), params).await?;
    Ok(())
}

/// Notes that a page is gone, and its object with it.
///
/// # Errors
/// [`crate::Error`].
pub async fn let_go(tx: &TenantTx, source: Uuid, key: &str) -> Result<()> {
    tx.execute(sql!("web_pages/let_go"), &[(&source, Type::UUID), (&key, Type::TEXT)]).await?;
    Ok(())
}

/// Whether another source keeps the same page: its object is then not this one's to delete.
///
/// # Errors
/// [`crate::Error`].
pub async fn is_kept_elsewhere(tx: &TenantTx, source: Uuid, key: &str) -> Result<bool> {
    let params: crate::tenant::Params<'_> = &[(&source, Type::UUID), (&key, Type::TEXT)];
    Ok(tx.query_one(sql!("web_pages/kept_elsewhere"), params).await?.get("is_kept"))
}

/// Forgets a page.
///
/// # Errors
/// [`crate::Error`].
pub async fn drop_page(tx: &TenantTx, source: Uuid, key: &str) -> Result<()> {
    tx.execute(sql!("web_pages/drop"), &[(&source, Type::UUID), (&key, Type::TEXT)]).await?;
    Ok(())
}

/// Keeps how far a visit came; `status` is `processing`, `completed` or `failed`.
///
/// # Errors
/// [`crate::Error`].
pub async fn settle(tx: &TenantTx, source: Uuid, status: &str, result: &Value) -> Result<()> {
    let params: crate::tenant::Params<'_> =
        &[(&source, Type::UUID), (&status, Type::TEXT), (result, Type::JSONB)];
    tx.execute(sql!("web_sources/settle_visit"), params).await?;
    Ok(())
}
