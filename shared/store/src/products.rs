//! Products: what documents are about.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::ProductId;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};

/// What is said of a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// For people.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Searches and bots can be narrowed to one.
    pub category: String,
    /// The organization's own number of it, unique; documents name their product by it.
    pub sku: Option<String>,
    /// `active`, `inactive`, `draft` or `archived`.
    pub status: String,
    /// Whatever its keepers like to keep with it, an object.
    pub metadata: Value,
}

/// A product.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its row.
    pub id: ProductId,
    /// What can be changed.
    pub settings: Settings,
    /// Documents about it.
    pub documents: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// Which products; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// Of this category.
    pub category: Option<&'a str>,
    /// In this state.
    pub status: Option<&'a str>,
    /// Part of name or SKU, in whichever case.
    pub text: Option<&'a str>,
    /// Older than this one.
    pub before: Option<ProductId>,
}

/// The product of a SKU or an id; `None` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_name(tx: &TenantTx, name: &str) -> Result<Option<ProductId>> {
    let row = tx.query_opt(sql!("products/of_name"), &[(&name, Type::TEXT)]).await?;
    Ok(row.map(|row| ProductId(row.get("id"))))
}

/// Products, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Product>> {
    find(tx, None, which, limit).await
}

/// One product.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: ProductId) -> Result<Option<Product>> {
    Ok(find(tx, Some(id), &Which::default(), 1).await?.pop())
}

async fn find(tx: &TenantTx, id: Option<ProductId>, which: &Which<'_>, limit: u32) -> Result<Vec<Product>> {
    let (id, before, limit) = (id.map(|id| id.0), which.before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[
        (&id, Type::UUID),
        (&which.category, Type::TEXT),
        (&which.status, Type::TEXT),
        (&which.text, Type::TEXT),
        (&before, Type::UUID),
        (&limit, Type::INT8),
    ];
    Ok(tx.query(sql!("products/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Product {
    Product {
        id: ProductId(row.get("id")),
        settings: Settings {
            name: row.get("name"),
            description: row.get("description"),
            category: row.get("category"),
            sku: row.get("sku"),
            status: row.get("status"),
            metadata: row.get("metadata"),
        },
        documents: row.get("documents"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// Makes a product. `words` are those of name and description, in `language`.
///
/// # Errors
/// [`crate::Error::Refused`] with `products_organization_id_sku_key` when the SKU is taken.
pub async fn create(
    tx: &TenantTx,
    settings: &Settings,
    language: &str,
    words: &[String],
) -> Result<ProductId> {
    let id = ProductId::generate();
    tx.execute(sql!("products/create"), &params(&id.0, settings, &language, &words)).await?;
    audit::made("product", id.0);
    Ok(id)
}

/// Changes a product; `false` when there is none.
///
/// # Errors
/// As [`create`].
pub async fn change(
    tx: &TenantTx,
    id: ProductId,
    settings: &Settings,
    language: &str,
    words: &[String],
) -> Result<bool> {
    Ok(tx.execute(sql!("products/change"), &params(&id.0, settings, &language, &words)).await? > 0)
}

fn params<'a>(
    id: &'a uuid::Uuid,
    settings: &'a Settings,
    language: &'a &str,
    words: &'a &[String],
) -> [(&'a (dyn tokio_postgres::types::ToSql + Sync), Type); 9] {
    [
        (id, Type::UUID),
        (&settings.name, Type::TEXT),
        (&settings.description, Type::TEXT),
        (&settings.category, Type::TEXT),
        (&settings.sku, Type::TEXT),
        (&settings.status, Type::TEXT),
        (&settings.metadata, Type::JSONB),
        (language, Type::TEXT),
        (words, Type::TEXT_ARRAY),
    ]
}

/// Deletes a product; its documents stay and are about none. `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, id: ProductId) -> Result<bool> {
    Ok(tx.execute(sql!("products/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}
