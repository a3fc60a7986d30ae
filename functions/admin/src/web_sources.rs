//! Web sources: list, get, declare, visit, delete.

use crate::{problems::OrProblem as _, wire};
use access::Bearer;
use axum::extract::State;
use domain::{CollectionId, WebSourceId};
use http::StatusCode;
use jiff::Timestamp;
use management::{
    Management,
    web_sources::{Given, Kind},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::web_sources::WebSource;
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, paging};

/// A page or a sitemap that a collection is kept in step with.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebSourceView {
    #[schema(value_type = uuid::Uuid)]
    id: WebSourceId,
    #[schema(value_type = uuid::Uuid)]
    collection_id: CollectionId,
    /// The collection's slug.
    collection: String,
    /// `page` or `sitemap`.
    kind: String,
    url: String,
    /// Hours between two visits.
    every_hours: i32,
    /// `queued`, `processing`, `completed` or `failed`.
    status: String,
    /// What the last visit found.
    #[schema(value_type = Object)]
    last_result: serde_json::Value,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_visited_at: Option<Timestamp>,
    /// Pages that are kept.
    page_count: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<WebSource> for WebSourceView {
    fn from(source: WebSource) -> Self {
        Self {
            id: source.id,
            collection_id: source.collection,
            collection: source.collection_slug,
            kind: source.kind,
            url: source.url,
            every_hours: source.every_hours,
            status: source.status,
            last_result: source.last_result,
            last_visited_at: source.last_visited_at,
            page_count: source.pages,
            created_at: source.created_at,
            updated_at: source.updated_at,
        }
    }
}

/// Which web sources.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WebSourceQuery {
    /// A collection's slug.
    collection: Option<String>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Web sources, newest first. Scope `web-sources:read`.
#[utoipa::path(get, path = "/api/v1/web-sources", tag = "web sources", params(WebSourceQuery),
    responses((status = 200, body = Page<WebSourceView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_web_sources(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<WebSourceQuery>,
) -> Result<axum::Json<Page<WebSourceView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let collection = wire::words("collection", query.collection)?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let rows =
        management.web_sources(&caller, collection.as_deref(), before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(WebSourceView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &WebSourceView| view.id)))
}

/// One web source. Scope `web-sources:read`.
#[utoipa::path(get, path = "/api/v1/web-sources/{id}", tag = "web sources", params(("id" = uuid::Uuid, Path, description = "The web source")),
    responses((status = 200, body = WebSourceView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_web_source(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<WebSourceId>,
) -> Result<axum::Json<WebSourceView>, Problem> {
    let source = management.web_source(&caller, id).await.or_problem()?;
    Ok(axum::Json(source.into()))
}

/// What stands at an address.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebSourceKind {
    /// One page.
    Page,
    /// A sitemap with the pages that it names.
    Sitemap,
}

/// A new web source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWebSource {
    /// The slug or id of a collection that exists.
    collection: String,
    kind: WebSourceKind,
    /// `http` or `https`, without user name or password, at most 2,048 bytes.
    #[schema(max_length = 2048, example = "https://example.org/sitemap.xml")]
    url: String,
    /// Hours between two visits, 1 to 8,760; 24 when not said.
    #[schema(minimum = 1, maximum = 8760)]
    every_hours: Option<i64>,
}

/// Keep a collection in step with a page or a sitemap; the first visit begins at once. Scope `web-sources:write`.
#[utoipa::path(post, path = "/api/v1/web-sources", tag = "web sources", request_body = CreateWebSource,
    responses((status = 201, body = WebSourceView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn create_web_source(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<CreateWebSource>,
) -> Result<(StatusCode, axum::Json<WebSourceView>), Problem> {
    let kind = match body.kind {
        WebSourceKind::Page => Kind::Page,
        WebSourceKind::Sitemap => Kind::Sitemap,
    };
    let given = Given { collection: body.collection, kind, url: body.url, every_hours: body.every_hours };
    let source = management.create_web_source(&caller, given).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(source.into())))
}

/// Have a web source visited now. Scope `web-sources:write`.
#[utoipa::path(post, path = "/api/v1/web-sources/{id}/visit", tag = "web sources", params(("id" = uuid::Uuid, Path, description = "The web source")),
    responses((status = 202), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub async fn visit_web_source(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<WebSourceId>,
) -> Result<StatusCode, Problem> {
    management.visit(&caller, id).await.or_problem()?;
    Ok(StatusCode::ACCEPTED)
}

/// Delete a web source with the documents of the pages that it alone keeps. Scope `web-sources:write`.
#[utoipa::path(delete, path = "/api/v1/web-sources/{id}", tag = "web sources", params(("id" = uuid::Uuid, Path, description = "The web source")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub async fn delete_web_source(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<WebSourceId>,
) -> Result<StatusCode, Problem> {
    management.delete_web_source(&caller, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
