//! Collections as those who keep them see and change them.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{CollectionId, SpaceId};
use jiff::Timestamp;
use serde_json::Value;
use std::{convert::Infallible, str::FromStr};
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// A collection by its id or its slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named(String);

impl FromStr for Named {
    type Err = Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl Named {
    fn id(&self) -> Option<Uuid> {
        self.0.parse().ok()
    }

    /// What cannot be a slug names nothing; the database would not even take some of it.
    fn slug(&self) -> &str {
        if domain::document::is_slug(&self.0) { &self.0 } else { "" }
    }
}

/// What can be changed of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Unique within the organization.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Tokens of a chunk, as asked for.
    pub chunk_size: i32,
    /// Tokens that neighbouring chunks share.
    pub chunk_overlap: i32,
    /// Which metadata its documents carry.
    pub metadata_schema: Value,
    /// Which chunk is of which type.
    pub chunk_type_rules: Value,
    /// Whether a model writes a chunk's context at ingest.
    pub contextual_headers: bool,
}

/// A collection.
#[derive(Debug, Clone)]
pub struct Collection {
    /// Its row.
    pub id: CollectionId,
    /// Its part of the keys.
    pub slug: String,
    /// What can be changed.
    pub settings: Settings,
    /// Model of the space that new documents are embedded in.
    pub embedding_model: String,
    /// Its dimension.
    pub embedding_dimension: i32,
    /// Documents in it.
    pub documents: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its settings changed.
    pub updated_at: Timestamp,
}

/// Collections, newest first, older than `before`.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, before: Option<CollectionId>, limit: u32) -> Result<Vec<Collection>> {
    find(tx, None, before, limit).await
}

/// One collection.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, named: &Named) -> Result<Option<Collection>> {
    Ok(find(tx, Some(named), None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    named: Option<&Named>,
    before: Option<CollectionId>,
    limit: u32,
) -> Result<Vec<Collection>> {
    let (id, slug) = (named.and_then(Named::id), named.map(Named::slug));
    let (before, limit) = (before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> =
        &[(&id, Type::UUID), (&slug, Type::TEXT), (&before, Type::UUID), (&limit, Type::INT8)];
    Ok(tx.query(sql!("collections/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Collection {
    Collection {
        id: CollectionId(row.get("id")),
        slug: row.get("slug"),
        settings: Settings {
            name: row.get("name"),
            description: row.get("description"),
            chunk_size: row.get("chunk_size"),
            chunk_overlap: row.get("chunk_overlap"),
            metadata_schema: row.get("metadata_schema"),
            chunk_type_rules: row.get("chunk_type_rules"),
            contextual_headers: row.get("contextual_headers"),
        },
        embedding_model: row.get("model_id"),
        embedding_dimension: row.get("dimension"),
        documents: row.get("documents"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// Makes a collection.
///
/// # Errors
/// [`crate::Error::Refused`] with `collections_organization_id_slug_key` or `…_name_key` when one of them is taken.
pub async fn create(tx: &TenantTx, slug: &str, space: SpaceId, settings: &Settings) -> Result<CollectionId> {
    let id = CollectionId::generate();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&slug, Type::TEXT),
        (&settings.name, Type::TEXT),
        (&settings.description, Type::TEXT),
        (&settings.chunk_size, Type::INT4),
        (&settings.chunk_overlap, Type::INT4),
        (&settings.metadata_schema, Type::JSONB),
        (&settings.chunk_type_rules, Type::JSONB),
        (&settings.contextual_headers, Type::BOOL),
        (&space.0, Type::UUID),
    ];
    tx.execute(sql!("collections/create"), params).await?;
    audit::made("collection", id.0);
    Ok(id)
}

/// Locks a collection's row; `None` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn hold(tx: &TenantTx, named: &Named) -> Result<Option<CollectionId>> {
    let (id, slug) = (named.id(), named.slug());
    let row = tx.query_opt(sql!("collections/hold"), &[(&id, Type::UUID), (&slug, Type::TEXT)]).await?;
    Ok(row.map(|row| CollectionId(row.get("id"))))
}

/// Changes a collection's settings.
///
/// # Errors
/// As [`create`].
pub async fn change(tx: &TenantTx, id: CollectionId, settings: &Settings) -> Result<()> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&settings.name, Type::TEXT),
        (&settings.description, Type::TEXT),
        (&settings.chunk_size, Type::INT4),
        (&settings.chunk_overlap, Type::INT4),
        (&settings.metadata_schema, Type::JSONB),
        (&settings.chunk_type_rules, Type::JSONB),
        (&settings.contextual_headers, Type::BOOL),
    ];
    tx.execute(sql!("collections/change"), params).await?;
    Ok(())
}

/// Deletes a collection that holds nothing; `false`: it holds something. To be called under [`hold`], so that nothing
/// comes in meanwhile.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, id: CollectionId) -> Result<bool> {
    Ok(tx.execute(sql!("collections/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_named_by_id_or_slug() {
        let named = |text: &str| -> Named { text.parse().expect("anything is a name") };
        let id = CollectionId::generate();
        assert_eq!(named(&id.to_string()).id(), Some(id.0));
        assert_eq!((named("handbook").id(), named("handbook").slug()), (None, "handbook"));
        assert_eq!(named("a\0b").slug(), "");
    }
}
