//! Collections: how their documents are cut, and in which space they are embedded.

use crate::{Error, Result, TenantTx, spaces, sql};
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
    /// Where its documents are embedded: first the one that new documents are cut for.
    pub spaces: Vec<Space>,
    /// Which metadata its documents carry.
    pub metadata_schema: serde_json::Value,
    /// Which chunk is of which type.
    pub chunk_type_rules: serde_json::Value,
    /// Whether a model writes a chunk's context at ingest.
    pub contextual_headers: bool,
}

impl Collection {
    /// The space that new documents are cut for.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.spaces[0]
    }
}

/// The collection of a slug, made with the organization's defaults when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn ensure(tx: &TenantTx, slug: &str, space: SpaceId) -> Result<Collection> {
    let params: crate::tenant::Params<'_> =
        &[(&CollectionId::generate().0, Type::UUID), (&slug, Type::TEXT), (&space.0, Type::UUID)];
    tx.execute(sql!("collections/ensure"), params).await?;
    let rows = tx.query(sql!("collections/of_slug"), &[(&slug, Type::TEXT)]).await?;
    let spaces = rows.iter().map(spaces::from_row).collect::<Result<Vec<_>>>()?;
    let row = rows.first().ok_or_else(|| Error::Unexpected(format!("collection {slug} has no space")))?;
    Ok(Collection {
        id: CollectionId(row.get("id")),
        chunk_size: usize::try_from(row.get::<_, i32>("chunk_size")).unwrap_or_default(),
        chunk_overlap: usize::try_from(row.get::<_, i32>("chunk_overlap")).unwrap_or_default(),
        spaces,
        metadata_schema: row.get("metadata_schema"),
        chunk_type_rules: row.get("chunk_type_rules"),
        contextual_headers: row.get("contextual_headers"),
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
