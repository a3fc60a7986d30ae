//! Products: list, get, make, change, delete.

use crate::problems::OrProblem as _;
use access::Bearer;
use axum::extract::State;
use domain::{ProductId, limits};
use http::StatusCode;
use jiff::Timestamp;
use management::{
    Management,
    products::{Given, STATUSES},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::products::{Product, Which};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, paging};

/// What documents are about.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductView {
    #[schema(value_type = uuid::Uuid)]
    id: ProductId,
    name: String,
    description: Option<String>,
    category: String,
    /// The organization's own number of it; documents name their product by it.
    sku: Option<String>,
    /// `active`, `inactive`, `draft` or `archived`.
    status: String,
    #[schema(value_type = Object)]
    metadata: serde_json::Value,
    /// Documents about it.
    document_count: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Product> for ProductView {
    fn from(product: Product) -> Self {
        let settings = product.settings;
        Self {
            id: product.id,
            name: settings.name,
            description: settings.description,
            category: settings.category,
            sku: settings.sku,
            status: settings.status,
            metadata: settings.metadata,
            document_count: product.documents,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

/// Which products.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListProducts {
    /// Of this category.
    category: Option<String>,
    /// `active`, `inactive`, `draft` or `archived`.
    status: Option<String>,
    /// Part of name or SKU, at most 200 characters.
    q: Option<String>,
    /// Of the page before.
    cursor: Option<String>,
    /// 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Products, newest first. Scope `products:read`.
#[utoipa::path(get, path = "/api/v1/products", tag = "products", params(ListProducts),
    responses((status = 200, body = Page<ProductView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_products(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListProducts>,
) -> Result<axum::Json<Page<ProductView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    for (name, text) in [("?category", &query.category), ("?status", &query.status), ("?q", &query.q)] {
        let text = text.as_deref().unwrap_or_default();
        if text.contains('\0') || text.chars().count() > limits::LIST_QUERY_CHARACTERS {
            let most = limits::LIST_QUERY_CHARACTERS;
            let detail = format!("A text has at most {most} characters, none of them NUL.");
            return Err(Problem::invalid("invalid-query", name, detail));
        }
    }
    if query.status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        let detail = format!("A product's status is one of {}.", STATUSES.join(", "));
        return Err(Problem::invalid("invalid-query", "?status", detail));
    }
    let which = Which {
        category: query.category.as_deref(),
        status: query.status.as_deref(),
        text: query.q.as_deref(),
        before: paging::cursor(query.cursor.as_deref())?,
    };
    let rows = management.products(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(ProductView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &ProductView| view.id)))
}

/// One product. Scope `products:read`.
#[utoipa::path(get, path = "/api/v1/products/{id}", tag = "products", params(("id" = uuid::Uuid, Path, description = "The product's id")),
    responses((status = 200, body = ProductView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_product(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ProductId>,
) -> Result<axum::Json<ProductView>, Problem> {
    Ok(axum::Json(management.product(&caller, id).await.or_problem()?.into()))
}

/// What is said of a product; of a change, what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductBody {
    /// Must be given for a new one.
    #[schema(max_length = 255, example = "Pump P-40")]
    name: Option<String>,
    /// Blank takes it away.
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// Must be given for a new one.
    #[schema(max_length = 100, example = "pumps")]
    category: Option<String>,
    /// Unique; blank takes it away.
    #[schema(max_length = 50, example = "P-40")]
    sku: Option<String>,
    /// `active` (when not said), `inactive`, `draft` or `archived`.
    status: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<serde_json::Value>,
}

impl From<ProductBody> for Given {
    fn from(body: ProductBody) -> Self {
        Self {
            name: body.name,
            description: body.description,
            category: body.category,
            sku: body.sku,
            status: body.status,
            metadata: body.metadata,
        }
    }
}

/// Make a product. Scope `products:write`.
#[utoipa::path(post, path = "/api/v1/products", tag = "products", request_body = ProductBody,
    responses((status = 201, body = ProductView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_product(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<ProductBody>,
) -> Result<(StatusCode, axum::Json<ProductView>), Problem> {
    let product = management.create_product(&caller, body.into()).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(product.into())))
}

/// Change a product. Scope `products:write`.
#[utoipa::path(patch, path = "/api/v1/products/{id}", tag = "products", params(("id" = uuid::Uuid, Path, description = "The product's id")),
    request_body = ProductBody,
    responses((status = 200, body = ProductView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change_product(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ProductId>,
    Json(body): Json<ProductBody>,
) -> Result<axum::Json<ProductView>, Problem> {
    Ok(axum::Json(management.change_product(&caller, id, body.into()).await.or_problem()?.into()))
}

/// Delete a product; its documents stay, and are about none. Scope `products:write`.
#[utoipa::path(delete, path = "/api/v1/products/{id}", tag = "products", params(("id" = uuid::Uuid, Path, description = "The product's id")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_product(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ProductId>,
) -> Result<StatusCode, Problem> {
    management.delete_product(&caller, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
