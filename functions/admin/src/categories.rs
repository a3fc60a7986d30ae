//! Categories of a chatbot: list, get, make, change, delete.

use crate::{problems::OrProblem as _, wire::Paging};
use access::Bearer;
use axum::extract::{Path, State, rejection::PathRejection};
use domain::{CategoryId, ChatbotId};
use http::StatusCode;
use jiff::Timestamp;
use management::{Management, categories::Given};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::categories::{Category, Intent};
use utoipa::ToSchema;
use web::{Json, Page, PathId, Problem, Query, paging};

/// What conversations of a chatbot may be about; in lists without examples.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryView {
    #[schema(value_type = uuid::Uuid)]
    id: CategoryId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    name: String,
    description: Option<String>,
    /// Those of its intents among them.
    example_count: i32,
    position: i32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A category with its examples.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeCategoryView {
    #[serde(flatten)]
    category: CategoryView,
    examples: Vec<String>,
    intents: Vec<IntentBody>,
}

/// What is wanted within a category.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntentBody {
    /// Unique within the category.
    #[schema(max_length = 100, example = "late delivery")]
    name: String,
    /// Questions that want it, each of at most 500 characters.
    examples: Vec<String>,
}

impl From<Category> for CategoryView {
    fn from(category: Category) -> Self {
        Self {
            id: category.id,
            chatbot_id: category.chatbot,
            name: category.settings.name,
            description: category.settings.description,
            example_count: category.examples,
            position: category.settings.position,
            created_at: category.created_at,
            updated_at: category.updated_at,
        }
    }
}

impl From<Category> for WholeCategoryView {
    fn from(mut category: Category) -> Self {
        let examples = std::mem::take(&mut category.settings.examples);
        let intents = std::mem::take(&mut category.settings.intents);
        let intent = |intent: Intent| IntentBody { name: intent.name, examples: intent.examples };
        Self { category: category.into(), examples, intents: intents.into_iter().map(intent).collect() }
    }
}

type CategoryPath = Result<Path<(ChatbotId, CategoryId)>, PathRejection>;

fn ids(path: CategoryPath) -> Result<(ChatbotId, CategoryId), Problem> {
    path.map(|Path(ids)| ids).map_err(|_| Problem::not_found("category"))
}

/// Categories of a chatbot, in their order. Scope `chatbots:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/categories", tag = "chatbots",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), Paging),
    responses((status = 200, body = Page<CategoryView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list_categories(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Query(query): Query<Paging>,
) -> Result<axum::Json<Page<CategoryView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let from: u32 = paging::cursor(query.cursor.as_deref())?.unwrap_or_default();
    let rows = management.categories(&caller, id, from, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(CategoryView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |_| from.saturating_add(limit))))
}

/// One category with its examples. Scope `chatbots:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/categories/{category_id}", tag = "chatbots",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ("category_id" = uuid::Uuid, Path, description = "The category")),
    responses((status = 200, body = WholeCategoryView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_category(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    path: CategoryPath,
) -> Result<axum::Json<WholeCategoryView>, Problem> {
    let (chatbot, id) = ids(path)?;
    Ok(axum::Json(management.category(&caller, chatbot, id).await.or_problem()?.into()))
}

/// What is said of a category; of a change, what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryBody {
    /// Must be given for a new one; unique within the chatbot.
    #[schema(max_length = 100, example = "Payments")]
    name: Option<String>,
    /// Compared with questions as well; blank takes it away.
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Questions that belong here, each of at most 500 characters: all of them, 150 at most with those of the intents.
    #[schema(example = json!(["Which cards do you take?", "Can I pay by invoice?"]))]
    examples: Option<Vec<String>>,
    /// What is wanted within it: all of it, 50 at most.
    intents: Option<Vec<IntentBody>>,
    /// Lowest first; 0 to 10,000, 0 when not said.
    position: Option<i64>,
}

impl From<CategoryBody> for Given {
    fn from(body: CategoryBody) -> Self {
        let intent = |body: IntentBody| Intent { name: body.name, examples: body.examples };
        Self {
            name: body.name,
            description: body.description,
            examples: body.examples,
            intents: body.intents.map(|intents| intents.into_iter().map(intent).collect()),
            position: body.position,
        }
    }
}

/// Make a category: its examples are embedded. Scope `chatbots:write`.
#[utoipa::path(post, path = "/api/v1/chatbots/{id}/categories", tag = "chatbots", request_body = CategoryBody,
    params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    responses((status = 201, body = WholeCategoryView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_category(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Json(body): Json<CategoryBody>,
) -> Result<(StatusCode, axum::Json<WholeCategoryView>), Problem> {
    let category = management.create_category(&caller, id, body.into()).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(category.into())))
}

/// Change a category; its examples are embedded anew. Scope `chatbots:write`.
#[utoipa::path(patch, path = "/api/v1/chatbots/{id}/categories/{category_id}", tag = "chatbots", request_body = CategoryBody,
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ("category_id" = uuid::Uuid, Path, description = "The category")),
    responses((status = 200, body = WholeCategoryView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change_category(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    path: CategoryPath,
    Json(body): Json<CategoryBody>,
) -> Result<axum::Json<WholeCategoryView>, Problem> {
    let (chatbot, id) = ids(path)?;
    Ok(axum::Json(management.change_category(&caller, chatbot, id, body.into()).await.or_problem()?.into()))
}

/// Delete a category; conversations that were about it stay so. Scope `chatbots:write`.
#[utoipa::path(delete, path = "/api/v1/chatbots/{id}/categories/{category_id}", tag = "chatbots",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ("category_id" = uuid::Uuid, Path, description = "The category")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_category(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    path: CategoryPath,
) -> Result<StatusCode, Problem> {
    let (chatbot, id) = ids(path)?;
    management.delete_category(&caller, chatbot, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
