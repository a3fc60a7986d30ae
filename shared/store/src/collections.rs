//! Collections: how their documents are cut, and in which space they are embedded.

use crate::{Result, TenantTx, spaces, sql};
use domain::{CollectionId, SpaceId, embedding::Space};
use tokio_postgres::types::Type;

/// A collection as ingestion needs it.
#[derive(Debug, Clone)]
pub struct Collection {
    /// Its row.
    pub id: CollectionId,
    /// Tokens of a chunk, as asked for.
    pub chunk_size: usize,
    /// Tokens that neighbouring chunks share.
    pub chunk_overlap: usize,
    /// Where its new documents are embedded.
    pub space: Space,
}

/// The collection of a slug, made with the organization's defaults when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn ensure(tx: &TenantTx, slug: &str, space: SpaceId) -> Result<Collection> {
    let params: crate::tenant::Params<'_> =
        &[(&CollectionId::generate().0, Type::UUID), (&slug, Type::TEXT), (&space.0, Type::UUID)];
    tx.execute(sql!("collections/ensure"), params).await?;
    let row = tx.query_one(sql!("collections/of_slug"), &[(&slug, Type::TEXT)]).await?;
    Ok(Collection {
        id: CollectionId(row.get("id")),
        chunk_size: usize::try_from(row.get::<_, i32>("chunk_size")).unwrap_or_default(),
        chunk_overlap: usize::try_from(row.get::<_, i32>("chunk_overlap")).unwrap_or_default(),
        space: spaces::from_row(&row)?,
    })
}

/// Whether one of these slugs names no collection.
///
/// # Errors
/// [`crate::Error`].
pub async fn unknown(tx: &TenantTx, slugs: &[String]) -> Result<bool> {
    let row = tx.query_one(sql!("collections/unknown"), &[(&slugs, Type::TEXT_ARRAY)]).await?;
    Ok(row.get("is_unknown"))
}
