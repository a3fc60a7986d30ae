//! Embedding spaces.

use crate::{Error, Result, TenantTx, sql};
use domain::{SpaceId, embedding::Space};
use tokio_postgres::{Row, types::Type};

/// The global space of a model and dimension.
///
/// # Errors
/// [`Error::Unexpected`] when the migrator did not make it.
pub async fn of_model(tx: &TenantTx, model: &str, dimension: usize) -> Result<Space> {
    let dimension = i32::try_from(dimension).unwrap_or(i32::MAX);
    let row = tx
        .query_opt(sql!("spaces/of_model"), &[(&model, Type::TEXT), (&dimension, Type::INT4)])
        .await?
        .ok_or_else(|| not_made(model, dimension))?;
    from_row(&row)
}

fn not_made(model: &str, dimension: i32) -> Error {
    Error::Unexpected(format!("no embedding space for {model} with {dimension} dimensions: run migrate"))
}

/// The space to search some collections in, by their slugs, or all: that of a model and dimension, unless more of their
/// documents are embedded in another.
///
/// # Errors
/// [`Error::Unexpected`] when the migrator did not make it.
pub async fn for_search(
    tx: &TenantTx,
    model: &str,
    dimension: usize,
    collections: &[String],
) -> Result<Space> {
    let dimension = i32::try_from(dimension).unwrap_or(i32::MAX);
    let params: crate::tenant::Params<'_> =
        &[(&model, Type::TEXT), (&dimension, Type::INT4), (&collections, Type::TEXT_ARRAY)];
    let row = tx.query_opt(sql!("spaces/for_search"), params).await?;
    from_row(&row.ok_or_else(|| not_made(model, dimension))?)
}

/// The space of a model and dimension that the organization may use; `None` when nobody made it.
///
/// # Errors
/// [`Error`].
pub async fn find(tx: &TenantTx, model: &str, dimension: i32) -> Result<Option<Space>> {
    let row =
        tx.query_opt(sql!("spaces/of_model"), &[(&model, Type::TEXT), (&dimension, Type::INT4)]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The spaces that vectors are searched in at present: that of a model and dimension, and every other that a collection of the
/// organization is embedded in.
///
/// # Errors
/// [`Error`].
pub async fn in_use(tx: &TenantTx, model: &str, dimension: usize) -> Result<Vec<Space>> {
    let dimension = i32::try_from(dimension).unwrap_or(i32::MAX);
    let rows = tx.query(sql!("spaces/in_use"), &[(&model, Type::TEXT), (&dimension, Type::INT4)]).await?;
    rows.iter().map(from_row).collect()
}

/// Reads the columns that begin with `space_`.
pub(crate) fn from_row(row: &Row) -> Result<Space> {
    let conventions: serde_json::Value = row.get("space_conventions");
    Ok(Space {
        id: SpaceId(row.get("space_id")),
        model: row.get("space_model"),
        dimension: usize::try_from(row.get::<_, i32>("space_dimension")).unwrap_or_default(),
        conventions: serde_json::from_value(conventions)
            .map_err(|error| Error::Unexpected(format!("space conventions: {error}")))?,
        languages: row.get("space_languages"),
    })
}
