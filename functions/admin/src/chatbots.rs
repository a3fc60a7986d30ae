//! Chatbots: list, get, make, change, delete, and what they are linked to.

use crate::{config_versions::ConfigBody, organization::BudgetsBody, problems::OrProblem as _};
use access::Bearer;
use axum::extract::State;
use domain::{ChatbotId, CollectionId, ConfigVersionId, DocumentId};
use http::StatusCode;
use jiff::Timestamp;
use management::{
    Management,
    chatbots::{Given, Links, STATUSES},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::chatbot_settings::Chatbot;
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, paging};

/// What an end user talks to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatbotView {
    #[schema(value_type = uuid::Uuid)]
    id: ChatbotId,
    name: String,
    description: Option<String>,
    /// `draft`, `active`, `inactive`, `testing` or `maintenance`; those `active` and `testing` talk.
    status: String,
    avatar_url: Option<String>,
    /// The settings that answer.
    #[schema(value_type = Option<uuid::Uuid>)]
    active_config_version_id: Option<ConfigVersionId>,
    config_version_count: i64,
    #[schema(value_type = Object)]
    knowledge_base_filter: serde_json::Value,
    /// What it may spend in a day, beside what the organization may.
    budget: BudgetsBody,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_active_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Chatbot> for ChatbotView {
    fn from(chatbot: Chatbot) -> Self {
        let settings = chatbot.settings;
        Self {
            id: chatbot.id,
            name: settings.name,
            description: settings.description,
            status: settings.status,
            avatar_url: settings.avatar_url,
            active_config_version_id: chatbot.active,
            config_version_count: chatbot.versions,
            knowledge_base_filter: settings.knowledge_base_filter,
            budget: settings.budget.into(),
            last_active_at: chatbot.last_active_at,
            created_at: chatbot.created_at,
            updated_at: chatbot.updated_at,
        }
    }
}

/// Which chatbots.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListChatbots {
    /// `draft`, `active`, `inactive`, `testing` or `maintenance`.
    status: Option<String>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Chatbots, newest first. Scope `chatbots:read`.
#[utoipa::path(get, path = "/api/v1/chatbots", tag = "chatbots", params(ListChatbots),
    responses((status = 200, body = Page<ChatbotView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_chatbots(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListChatbots>,
) -> Result<axum::Json<Page<ChatbotView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let status = query.status.as_deref();
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        let detail = format!("A chatbot's status is one of {}.", STATUSES.join(", "));
        return Err(Problem::invalid("invalid-query", "?status", detail));
    }
    let before = paging::cursor(query.cursor.as_deref())?;
    let rows = management.chatbots(&caller, status, before, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(ChatbotView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &ChatbotView| view.id)))
}

/// One chatbot. Scope `chatbots:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}", tag = "chatbots", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    responses((status = 200, body = ChatbotView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_chatbot(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
) -> Result<axum::Json<ChatbotView>, Problem> {
    Ok(axum::Json(management.chatbot(&caller, id).await.or_problem()?.into()))
}

/// A new chatbot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateChatbot {
    /// Unique.
    #[schema(max_length = 255, example = "Service desk")]
    name: String,
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// `active` when not said.
    status: Option<String>,
    avatar_url: Option<String>,
    /// `{"product_ids": [], "categories": [], "document_types": [], "languages": []}`: narrows what it reads.
    #[schema(value_type = Option<Object>)]
    knowledge_base_filter: Option<serde_json::Value>,
    /// What it may spend in a day; no limit when not said.
    budget: Option<BudgetsBody>,
    /// Its first settings; defaults for what is not named.
    #[serde(default)]
    config: ConfigBody,
}

/// Make a chatbot; it answers at once, from everything that the organization has until it is linked. Scope
/// `chatbots:write`.
#[utoipa::path(post, path = "/api/v1/chatbots", tag = "chatbots", request_body = CreateChatbot,
    responses((status = 201, body = ChatbotView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_chatbot(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<CreateChatbot>,
) -> Result<(StatusCode, axum::Json<ChatbotView>), Problem> {
    let bot = Given {
        name: Some(body.name),
        description: body.description,
        status: body.status,
        avatar_url: body.avatar_url,
        knowledge_base_filter: body.knowledge_base_filter,
        budget: body.budget.map(Into::into),
    };
    let made = management.create_chatbot(&caller, bot, body.config.into()).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(made.into())))
}

/// What is to be changed; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeChatbot {
    #[schema(max_length = 255)]
    name: Option<String>,
    /// Blank takes it away.
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// `draft`, `active`, `inactive`, `testing` or `maintenance`.
    status: Option<String>,
    /// Blank takes it away.
    avatar_url: Option<String>,
    #[schema(value_type = Option<Object>)]
    knowledge_base_filter: Option<serde_json::Value>,
    /// Replaced as a whole.
    budget: Option<BudgetsBody>,
}

/// Change a chatbot. Scope `chatbots:write`.
#[utoipa::path(patch, path = "/api/v1/chatbots/{id}", tag = "chatbots", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    request_body = ChangeChatbot,
    responses((status = 200, body = ChatbotView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change_chatbot(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Json(body): Json<ChangeChatbot>,
) -> Result<axum::Json<ChatbotView>, Problem> {
    let given = Given {
        name: body.name,
        description: body.description,
        status: body.status,
        avatar_url: body.avatar_url,
        knowledge_base_filter: body.knowledge_base_filter,
        budget: body.budget.map(Into::into),
    };
    Ok(axum::Json(management.change_chatbot(&caller, id, given).await.or_problem()?.into()))
}

/// Delete a chatbot, with its settings and its conversations. Scope `chatbots:write`.
#[utoipa::path(delete, path = "/api/v1/chatbots/{id}", tag = "chatbots", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_chatbot(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
) -> Result<StatusCode, Problem> {
    management.delete_chatbot(&caller, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a chatbot is linked to.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinksView {
    items: Vec<LinkView>,
    /// When the chatbot was changed last, its links included.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// One link.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    /// The collection's or the document's.
    id: uuid::Uuid,
    /// The collection's slug, or the document's key.
    name: String,
    #[schema(value_type = String, format = DateTime)]
    assigned_at: Timestamp,
}

fn links((linked, updated_at): Links) -> axum::Json<LinksView> {
    let items = linked.into_iter();
    let items = items.map(|link| LinkView { id: link.id, name: link.name, assigned_at: link.assigned_at });
    axum::Json(LinksView { items: items.collect(), updated_at })
}

/// The collections that a chatbot is linked to. Scope `chatbots:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/collections", tag = "chatbots", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    responses((status = 200, body = LinksView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_chatbot_collections(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
) -> Result<axum::Json<LinksView>, Problem> {
    Ok(links(management.chatbot_collections(&caller, id).await.or_problem()?))
}

/// The collections that a chatbot is to be linked to: these and no others.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCollections {
    #[schema(value_type = Vec<uuid::Uuid>)]
    collection_ids: Vec<CollectionId>,
}

/// Link a chatbot to collections, and to no others; without any link, to a collection or a document, it reads everything. Scope
/// `chatbots:write`.
#[utoipa::path(put, path = "/api/v1/chatbots/{id}/collections", tag = "chatbots", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    request_body = SetCollections,
    responses((status = 200, body = LinksView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn set_chatbot_collections(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Json(body): Json<SetCollections>,
) -> Result<axum::Json<LinksView>, Problem> {
    Ok(links(management.set_chatbot_collections(&caller, id, &body.collection_ids).await.or_problem()?))
}

/// The documents that a chatbot is linked to. Scope `chatbots:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/documents", tag = "chatbots", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    responses((status = 200, body = LinksView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_chatbot_documents(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
) -> Result<axum::Json<LinksView>, Problem> {
    Ok(links(management.chatbot_documents(&caller, id).await.or_problem()?))
}

/// The documents that a chatbot is to be linked to: these and no others.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetDocuments {
    #[schema(value_type = Vec<uuid::Uuid>)]
    document_ids: Vec<DocumentId>,
}

/// Link a chatbot to documents one by one, and to no others. Scope `chatbots:write`.
#[utoipa::path(put, path = "/api/v1/chatbots/{id}/documents", tag = "chatbots", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    request_body = SetDocuments,
    responses((status = 200, body = LinksView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn set_chatbot_documents(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Json(body): Json<SetDocuments>,
) -> Result<axum::Json<LinksView>, Problem> {
    Ok(links(management.set_chatbot_documents(&caller, id, &body.document_ids).await.or_problem()?))
}
