//! Collections: list, get, make, change, delete.

use crate::{problems::OrProblem as _, wire::Paging};
use access::Bearer;
use axum::extract::State;
use domain::CollectionId;
use http::StatusCode;
use jiff::Timestamp;
use management::{Management, collections::Given};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::collection_settings::{Collection, Named};
use utoipa::ToSchema;
use web::{Json, Page, PathId, Problem, Query, paging};

/// A collection.
#[derive(Debug, Serialize, ToSchema)]
pub struct CollectionView {
    #[schema(value_type = uuid::Uuid)]
    id: CollectionId,
    /// Its part of the keys in the bucket.
    slug: String,
    name: String,
    description: Option<String>,
    /// Tokens of a chunk, as asked for; never more than the model reads.
    chunk_size: i32,
    /// Tokens that neighbouring chunks share.
    chunk_overlap: i32,
    #[schema(value_type = Object)]
    metadata_schema: serde_json::Value,
    #[schema(value_type = Vec<Object>)]
    chunk_type_rules: serde_json::Value,
    contextual_headers: bool,
    embedding_model: String,
    embedding_dimension: i32,
    document_count: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Collection> for CollectionView {
    fn from(collection: Collection) -> Self {
        let settings = collection.settings;
        Self {
            id: collection.id,
            slug: collection.slug,
            name: settings.name,
            description: settings.description,
            chunk_size: settings.chunk_size,
            chunk_overlap: settings.chunk_overlap,
            metadata_schema: settings.metadata_schema,
            chunk_type_rules: settings.chunk_type_rules,
            contextual_headers: settings.contextual_headers,
            embedding_model: collection.embedding_model,
            embedding_dimension: collection.embedding_dimension,
            document_count: collection.documents,
            created_at: collection.created_at,
            updated_at: collection.updated_at,
        }
    }
}

/// Collections, newest first. Scope `collections:read`.
#[utoipa::path(get, path = "/api/v1/collections", tag = "collections", params(Paging),
    responses((status = 200, body = Page<CollectionView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_collections(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<CollectionView>>, Problem> {
    let limit = paging::limit(paging.limit)?;
    let before = paging::cursor(paging.cursor.as_deref())?;
    let rows = management.collections(&caller, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(CollectionView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &CollectionView| view.id)))
}

/// One collection. Scope `collections:read`.
#[utoipa::path(get, path = "/api/v1/collections/{id}", tag = "collections", params(("id" = String, Path, description = "The collection's id or slug")),
    responses((status = 200, body = CollectionView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_collection(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(named): PathId<Named>,
) -> Result<axum::Json<CollectionView>, Problem> {
    let collection = management.collection(&caller, &named).await.or_problem()?;
    Ok(axum::Json(collection.into()))
}

/// A new collection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCollection {
    /// Its part of the keys in the bucket; it cannot be changed.
    #[schema(max_length = 100, example = "handbook")]
    slug: String,
    /// Unique; the slug when not said.
    #[schema(max_length = 255)]
    name: Option<String>,
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// Tokens of a chunk, 64 to 2,000; 512 when not said.
    #[schema(minimum = 64, maximum = 2000)]
    chunk_size: Option<i64>,
    /// Tokens that neighbouring chunks share, at most half a chunk; none when not said.
    chunk_overlap: Option<i64>,
    /// `{"module": {"allowed": ["m1", "m2"], "required": true, "description": "…"}}`
    #[schema(value_type = Option<Object>)]
    metadata_schema: Option<serde_json::Value>,
    /// `[{"type": "ingredient_level", "heading": "ingredient", "text": "CAS"}]`: the first that matches.
    #[schema(value_type = Option<Vec<Object>>)]
    chunk_type_rules: Option<serde_json::Value>,
    /// Whether a model writes a line of context for each chunk; this costs.
    contextual_headers: Option<bool>,
}

/// Make a collection. Scope `collections:write`.
#[utoipa::path(post, path = "/api/v1/collections", tag = "collections", request_body = CreateCollection,
    responses((status = 201, body = CollectionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_collection(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<CreateCollection>,
) -> Result<(StatusCode, axum::Json<CollectionView>), Problem> {
    let given = Given {
        name: body.name,
        description: body.description,
        chunk_size: body.chunk_size,
        chunk_overlap: body.chunk_overlap,
        metadata_schema: body.metadata_schema,
        chunk_type_rules: body.chunk_type_rules,
        contextual_headers: body.contextual_headers,
    };
    let collection = management.create_collection(&caller, &body.slug, given).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(collection.into())))
}

/// What is to be changed; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeCollection {
    #[schema(max_length = 255)]
    name: Option<String>,
    /// Blank takes it away.
    #[schema(max_length = 2000)]
    description: Option<String>,
    #[schema(minimum = 64, maximum = 2000)]
    chunk_size: Option<i64>,
    chunk_overlap: Option<i64>,
    #[schema(value_type = Option<Object>)]
    metadata_schema: Option<serde_json::Value>,
    #[schema(value_type = Option<Vec<Object>>)]
    chunk_type_rules: Option<serde_json::Value>,
    contextual_headers: Option<bool>,
}

/// Change a collection. How documents are cut holds for those processed from now on: reprocess the others. Scope
/// `collections:write`.
#[utoipa::path(patch, path = "/api/v1/collections/{id}", tag = "collections", params(("id" = String, Path, description = "The collection's id or slug")),
    request_body = ChangeCollection,
    responses((status = 200, body = CollectionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change_collection(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(named): PathId<Named>,
    Json(body): Json<ChangeCollection>,
) -> Result<axum::Json<CollectionView>, Problem> {
    let given = Given {
        name: body.name,
        description: body.description,
        chunk_size: body.chunk_size,
        chunk_overlap: body.chunk_overlap,
        metadata_schema: body.metadata_schema,
        chunk_type_rules: body.chunk_type_rules,
        contextual_headers: body.contextual_headers,
    };
    let collection = management.change_collection(&caller, &named, given).await.or_problem()?;
    Ok(axum::Json(collection.into()))
}

/// Delete a collection that holds nothing. Scope `collections:write`.
#[utoipa::path(delete, path = "/api/v1/collections/{id}", tag = "collections", params(("id" = String, Path, description = "The collection's id or slug")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn delete_collection(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(named): PathId<Named>,
) -> Result<StatusCode, Problem> {
    management.delete_collection(&caller, &named).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
