//! Config versions: list, get, make, compare, activate, roll back; and a collection embedded in one more space.

use crate::{chatbots::ChatbotView, jobs::JobAccepted, problems::OrProblem as _};
use access::Bearer;
use axum::extract::{Path, State, rejection::PathRejection};
use domain::{ChatbotId, ConfigVersionId};
use http::StatusCode;
use jiff::Timestamp;
use management::{
    Management,
    config_versions::{Difference, Given},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use store::{collection_settings::Named, config_versions::ConfigVersion};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, PathId, Problem, Query, paging};

use crate::wire::Paging;

/// A chatbot's settings as one version; it never changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigVersionView {
    #[schema(value_type = uuid::Uuid)]
    id: ConfigVersionId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    /// From 1.
    number: i32,
    /// Whether it answers at present.
    is_active: bool,
    llm_provider: String,
    llm_model: String,
    system_prompt: String,
    #[schema(value_type = Object)]
    model_config: Value,
    rag_enabled: bool,
    embedding_model: String,
    embedding_dimension: i32,
    reranker_model: Option<String>,
    retrieval_k: i32,
    score_threshold: f32,
    confidence_threshold: f32,
    context_window: i32,
    welcome_message: Option<String>,
    fallback_message: String,
    allowed_hosts: Vec<String>,
    why: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<ConfigVersion> for ConfigVersionView {
    fn from(version: ConfigVersion) -> Self {
        let settings = version.settings;
        Self {
            id: version.id,
            chatbot_id: version.chatbot,
            number: version.number,
            is_active: version.is_active,
            llm_provider: settings.llm_provider,
            llm_model: settings.llm_model,
            system_prompt: settings.system_prompt,
            model_config: settings.model_config,
            rag_enabled: settings.rag_enabled,
            embedding_model: version.embedding_model,
            embedding_dimension: version.embedding_dimension,
            reranker_model: settings.reranker_model,
            retrieval_k: settings.retrieval_k,
            score_threshold: settings.score_threshold,
            confidence_threshold: settings.confidence_threshold,
            context_window: settings.context_window,
            welcome_message: settings.welcome_message,
            fallback_message: settings.fallback_message,
            allowed_hosts: settings.allowed_hosts,
            why: version.why,
            created_at: version.created_at,
        }
    }
}

/// Settings; what is not named is as in the version that answers, or the default.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigBody {
    /// `bedrock`.
    llm_provider: Option<String>,
    /// As the provider names it.
    #[schema(max_length = 256)]
    llm_model: Option<String>,
    #[schema(max_length = 20_000)]
    system_prompt: Option<String>,
    model_config: Option<ModelConfigBody>,
    /// Whether documents are searched.
    rag_enabled: Option<bool>,
    /// Model of the embedding space that is searched; with `embedding_dimension`.
    embedding_model: Option<String>,
    embedding_dimension: Option<i64>,
    /// Blank: none.
    reranker_model: Option<String>,
    /// Passages that go into the prompt, 1 to 100.
    #[schema(minimum = 1, maximum = 100)]
    retrieval_k: Option<i64>,
    /// Passages below this final score are not used, 0 to 1.
    score_threshold: Option<f32>,
    /// Answers below this confidence are not given, 0 to 1.
    confidence_threshold: Option<f32>,
    /// Tokens of passages that go into the prompt, 1 to 200,000.
    context_window: Option<i64>,
    /// Blank: nothing.
    #[schema(max_length = 2000)]
    welcome_message: Option<String>,
    #[schema(max_length = 2000)]
    fallback_message: Option<String>,
    /// Hosts that an answer's links may lead to, their subdomains included; empty: answers hold no link.
    #[schema(max_items = 50)]
    allowed_hosts: Option<Vec<String>>,
    /// Why this version is made.
    #[schema(max_length = 2000)]
    why: Option<String>,
}

/// Parameters of the model's call.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfigBody {
    /// 0 to 2.
    temperature: Option<f32>,
    /// Tokens of an answer, 1 to 16,000.
    max_tokens: Option<i64>,
    /// Who makes a question that stands alone of a follow-up: `rules`, which call no model, or `model`, the version's own (a call for
    /// each question but a conversation's first; where it fails, the rules).
    #[schema(example = "rules")]
    rewrite: Option<String>,
}

impl From<ConfigBody> for Given {
    fn from(body: ConfigBody) -> Self {
        let model = body.model_config.unwrap_or_default();
        Self {
            llm_provider: body.llm_provider,
            llm_model: body.llm_model,
            system_prompt: body.system_prompt,
            temperature: model.temperature,
            max_tokens: model.max_tokens,
            rewrite: model.rewrite,
            rag_enabled: body.rag_enabled,
            embedding_model: body.embedding_model,
            embedding_dimension: body.embedding_dimension,
            reranker_model: body.reranker_model,
            retrieval_k: body.retrieval_k,
            score_threshold: body.score_threshold,
            confidence_threshold: body.confidence_threshold,
            context_window: body.context_window,
            welcome_message: body.welcome_message,
            fallback_message: body.fallback_message,
            allowed_hosts: body.allowed_hosts,
            why: body.why,
        }
    }
}

/// A chatbot's versions, newest first. Scope `chatbots:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/config-versions", tag = "chatbots",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), Paging),
    responses((status = 200, body = Page<ConfigVersionView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list_config_versions(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Query(paging): Query<Paging>,
) -> Result<axum::Json<Page<ConfigVersionView>>, Problem> {
    let limit = paging::limit(paging.limit)?;
    let below = paging::cursor(paging.cursor.as_deref())?;
    let rows = management.config_versions(&caller, id, below, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(ConfigVersionView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &ConfigVersionView| view.number)))
}

/// Make a chatbot's next version, from the one that answers; activate it to have it answer. Scope `chatbots:write`.
#[utoipa::path(post, path = "/api/v1/chatbots/{id}/config-versions", tag = "chatbots", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    request_body = ConfigBody,
    responses((status = 201, body = ConfigVersionView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn create_config_version(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Json(body): Json<ConfigBody>,
) -> Result<(StatusCode, axum::Json<ConfigVersionView>), Problem> {
    let made = management.create_config_version(&caller, id, body.into()).await.or_problem()?;
    Ok((StatusCode::CREATED, axum::Json(made.into())))
}

/// The two ids of a version's path. What is no id names nothing: 404.
type VersionPath = Result<Path<(ChatbotId, ConfigVersionId)>, PathRejection>;

fn ids(path: VersionPath) -> Result<(ChatbotId, ConfigVersionId), Problem> {
    path.map(|Path(ids)| ids).map_err(|_| Problem::not_found("config version"))
}

/// One version. Scope `chatbots:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/config-versions/{version_id}", tag = "chatbots",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ("version_id" = uuid::Uuid, Path, description = "The version")),
    responses((status = 200, body = ConfigVersionView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_config_version(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    path: VersionPath,
) -> Result<axum::Json<ConfigVersionView>, Problem> {
    let (chatbot, id) = ids(path)?;
    Ok(axum::Json(management.config_version(&caller, chatbot, id).await.or_problem()?.into()))
}

/// With which version.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffWith {
    /// The one that answers when not said.
    #[param(value_type = Option<uuid::Uuid>)]
    with: Option<ConfigVersionId>,
}

/// What a version changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Differences {
    items: Vec<DifferenceView>,
}

/// One setting that differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct DifferenceView {
    field: &'static str,
    #[schema(value_type = Object)]
    before: Value,
    #[schema(value_type = Object)]
    after: Value,
}

/// What a version would change of another one, of the one that answers when not said. Scope `chatbots:read`.
#[utoipa::path(get, path = "/api/v1/chatbots/{id}/config-versions/{version_id}/diff", tag = "chatbots",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ("version_id" = uuid::Uuid, Path, description = "The version"), DiffWith),
    responses((status = 200, body = Differences), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn diff_config_versions(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    path: VersionPath,
    Query(query): Query<DiffWith>,
) -> Result<axum::Json<Differences>, Problem> {
    let (chatbot, id) = ids(path)?;
    let differing = management.diff_config_versions(&caller, chatbot, id, query.with).await.or_problem()?;
    let view = |Difference { field, before, after }| DifferenceView { field, before, after };
    Ok(axum::Json(Differences { items: differing.into_iter().map(view).collect() }))
}

/// Have a version answer from now on; refused while a collection that the chatbot reads is not whole in the version's embedding
/// space. Scope `chatbots:write`.
#[utoipa::path(post, path = "/api/v1/chatbots/{id}/config-versions/{version_id}/activate", tag = "chatbots",
    params(("id" = uuid::Uuid, Path, description = "The chatbot"), ("version_id" = uuid::Uuid, Path, description = "The version")),
    responses((status = 200, body = ChatbotView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn activate_config_version(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    path: VersionPath,
) -> Result<axum::Json<ChatbotView>, Problem> {
    let (chatbot, id) = ids(path)?;
    Ok(axum::Json(management.activate_config_version(&caller, chatbot, id).await.or_problem()?.into()))
}

/// Have the version answer again that did before the present one. Scope `chatbots:write`.
#[utoipa::path(post, path = "/api/v1/chatbots/{id}/rollback", tag = "chatbots", params(("id" = uuid::Uuid, Path, description = "The chatbot")),
    responses((status = 200, body = ChatbotView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn roll_back(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
) -> Result<axum::Json<ChatbotView>, Problem> {
    Ok(axum::Json(management.roll_back(&caller, id).await.or_problem()?.into()))
}

/// A space for a collection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reembed {
    /// As the provider names it.
    #[schema(example = "cohere.embed-multilingual-v3")]
    embedding_model: String,
    #[schema(example = 1024)]
    dimension: i64,
}

/// Have a collection embedded in one more space; what serves it goes on serving, and new documents go to both. A chatbot moves
/// when a config version that names the space is activated; the space that nobody searches any more is cleaned up within a day. Scope
/// `collections:write`.
#[utoipa::path(post, path = "/api/v1/collections/{id}/reembed", tag = "collections", params(("id" = String, Path, description = "The collection's id or slug")),
    request_body = Reembed,
    responses((status = 202, body = JobAccepted), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn reembed_collection(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(named): PathId<Named>,
    Json(body): Json<Reembed>,
) -> Result<(StatusCode, axum::Json<JobAccepted>), Problem> {
    let job =
        management.reembed(&caller, &named, &body.embedding_model, body.dimension).await.or_problem()?;
    Ok((StatusCode::ACCEPTED, axum::Json(JobAccepted::of(job))))
}
