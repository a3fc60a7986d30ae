//! Web sources as those who keep them see them: which page or sitemap a collection is kept in step with.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{CollectionId, WebSourceId};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};

/// A web source.
#[derive(Debug, Clone)]
pub struct WebSource {
    /// Its row.
    pub id: WebSourceId,
    /// Where its pages go.
    pub collection: CollectionId,
    /// Slug of that.
    pub collection_slug: String,
    /// `page` or `sitemap`.
    pub kind: String,
    /// Where it is.
    pub url: String,
    /// Hours between two visits.
    pub every_hours: i32,
    /// `queued`, `processing`, `completed` or `failed`.
    pub status: String,
    /// What the last visit found.
    pub last_result: Value,
    /// When that was.
    pub last_visited_at: Option<Timestamp>,
    /// Pages that are kept.
    pub pages: i64,
    /// When it was declared.
    pub created_at: Timestamp,
    /// When it was visited or changed.
    pub updated_at: Timestamp,
}

/// Web sources, newest first; of one collection by its slug, or of all.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(
    tx: &TenantTx,
    collection: Option<&str>,
    before: Option<WebSourceId>,
    limit: u32,
) -> Result<Vec<WebSource>> {
    find(tx, None, collection, before, limit).await
}

/// One web source.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: WebSourceId) -> Result<Option<WebSource>> {
    Ok(find(tx, Some(id), None, None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<WebSourceId>,
    collection: Option<&str>,
    before: Option<WebSourceId>,
    limit: u32,
) -> Result<Vec<WebSource>> {
    let (id, before, limit) = (id.map(|id| id.0), before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> =
        &[(&id, Type::UUID), (&collection, Type::TEXT), (&before, Type::UUID), (&limit, Type::INT8)];
    Ok(tx.query(sql!("web_sources/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> WebSource {
    WebSource {
        id: WebSourceId(row.get("id")),
        collection: CollectionId(row.get("collection_id")),
        collection_slug: row.get("collection"),
        kind: row.get("kind"),
        url: row.get("url"),
        every_hours: row.get("every_hours"),
        status: row.get("status"),
        last_result: row.get("last_result"),
        last_visited_at: row.get("last_visited_at"),
        pages: row.get("pages"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// Declares a web source.
///
/// # Errors
/// [`crate::Error::Refused`] with `web_sources_organization_id_collection_id_url_key` when the collection has it.
pub async fn create(
    tx: &TenantTx,
    collection: CollectionId,
    kind: &str,
    url: &str,
    every_hours: i32,
) -> Result<WebSourceId> {
    let id = WebSourceId::generate();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&collection.0, Type::UUID),
        (&kind, Type::TEXT),
        (&url, Type::TEXT),
        (&every_hours, Type::INT4),
    ];
    tx.execute(sql!("web_sources/create"), params).await?;
    audit::made("web_source", id.0);
    Ok(id)
}

/// The objects of a source's pages that no other source keeps.
///
/// # Errors
/// [`crate::Error`].
pub async fn own_objects(tx: &TenantTx, id: WebSourceId) -> Result<Vec<String>> {
    let rows = tx.query(sql!("web_pages/only_of_source"), &[(&id.0, Type::UUID)]).await?;
    Ok(rows.iter().map(|row| row.get("s3_key")).collect())
}

/// Deletes a web source; its pages' objects are the caller's. `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, id: WebSourceId) -> Result<bool> {
    Ok(tx.execute(sql!("web_sources/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}
