//! Models and their prices.

use crate::problems::OrProblem as _;
use access::Bearer;
use axum::extract::State;
use management::{Management, ai_models::KINDS};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::ai_models::AiModel;
use utoipa::{IntoParams, ToSchema};
use web::{Json, Problem, Query};

/// A model with its terms.
#[derive(Debug, Serialize, ToSchema)]
pub struct AiModelView {
    /// Whether these are the organization's own terms.
    is_own: bool,
    /// Who serves it.
    provider: String,
    /// As the provider names it.
    model_id: String,
    /// `chat`, `embedding` or `rerank`.
    kind: String,
    display_name: String,
    supports_vision: bool,
    supports_function_calling: bool,
    max_context_tokens: Option<i32>,
    max_output_tokens: Option<i32>,
    /// US dollars a million tokens; of a reranker, a million searches. Null: not known.
    input_price: Option<String>,
    output_price: Option<String>,
    /// The same of a prompt that the provider had kept, and of one that it keeps from now on. Null: as any other.
    cache_read_price: Option<String>,
    cache_write_price: Option<String>,
    /// The day on which the prices were read.
    prices_read_on: Option<String>,
    /// Whether it may be chosen.
    is_available: bool,
}

/// A model's terms.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AiModelBody {
    /// Who serves it.
    #[schema(max_length = 50, example = "bedrock")]
    provider: String,
    /// As the provider names it, without the prefix of an inference profile (`global.`, `us.`, …).
    #[schema(max_length = 256, example = "amazon.nova-lite-v1:0")]
    model_id: String,
    /// `chat`, `embedding` or `rerank`.
    kind: String,
    #[schema(max_length = 255)]
    display_name: String,
    #[serde(default)]
    supports_vision: bool,
    #[serde(default)]
    supports_function_calling: bool,
    #[serde(default)]
    max_context_tokens: Option<i32>,
    #[serde(default)]
    max_output_tokens: Option<i32>,
    /// US dollars a million tokens; of a reranker, a million searches. Null: not known.
    #[serde(default)]
    #[schema(example = "0.06")]
    input_price: Option<String>,
    #[serde(default)]
    #[schema(example = "0.24")]
    output_price: Option<String>,
    /// US dollars a million tokens of a prompt that the provider had kept. Null: as any other.
    #[serde(default)]
    #[schema(example = "0.015")]
    cache_read_price: Option<String>,
    /// US dollars a million tokens of a prompt that it keeps from now on. Null: as any other.
    #[serde(default)]
    cache_write_price: Option<String>,
    /// The day on which the prices were read.
    #[serde(default)]
    #[schema(example = "2026-11-27")]
    prices_read_on: Option<String>,
    /// Whether it may be chosen.
    #[serde(default = "yes")]
    is_available: bool,
}

fn yes() -> bool {
    true
}

impl From<AiModel> for AiModelView {
    fn from(model: AiModel) -> Self {
        Self {
            is_own: model.is_own,
            provider: model.provider,
            model_id: model.model_id,
            kind: model.kind,
            display_name: model.display_name,
            supports_vision: model.supports_vision,
            supports_function_calling: model.supports_function_calling,
            max_context_tokens: model.max_context_tokens,
            max_output_tokens: model.max_output_tokens,
            input_price: model.input_price,
            output_price: model.output_price,
            cache_read_price: model.cache_read_price,
            cache_write_price: model.cache_write_price,
            prices_read_on: model.prices_read_on,
            is_available: model.is_available,
        }
    }
}

impl From<AiModelBody> for AiModel {
    fn from(body: AiModelBody) -> Self {
        Self {
            is_own: true,
            provider: body.provider,
            model_id: body.model_id,
            kind: body.kind,
            display_name: body.display_name,
            supports_vision: body.supports_vision,
            supports_function_calling: body.supports_function_calling,
            max_context_tokens: body.max_context_tokens,
            max_output_tokens: body.max_output_tokens,
            input_price: body.input_price,
            output_price: body.output_price,
            cache_read_price: body.cache_read_price,
            cache_write_price: body.cache_write_price,
            prices_read_on: body.prices_read_on,
            is_available: body.is_available,
        }
    }
}

/// Models.
#[derive(Debug, Serialize, ToSchema)]
pub struct AiModels {
    items: Vec<AiModelView>,
}

fn view(models: Vec<AiModel>) -> axum::Json<AiModels> {
    axum::Json(AiModels { items: models.into_iter().map(AiModelView::from).collect() })
}

/// Which models.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAiModels {
    /// `chat`, `embedding` or `rerank`.
    kind: Option<String>,
}

/// Models and what they cost, by provider and id: the organization's own terms where it has them. Scope `ai-models:read`.
#[utoipa::path(get, path = "/api/v1/ai-models", tag = "ai models", params(ListAiModels),
    responses((status = 200, body = AiModels), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_ai_models(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListAiModels>,
) -> Result<axum::Json<AiModels>, Problem> {
    let kind = query.kind.as_deref();
    if kind.is_some_and(|kind| !KINDS.contains(&kind)) {
        let detail = format!("A model is for {}.", KINDS.join(", "));
        return Err(Problem::invalid("invalid-query", "?kind", detail));
    }
    Ok(view(management.ai_models(&caller, kind).await.or_problem()?))
}

/// The organization's own terms of models.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutAiModels {
    /// 1 to 100.
    models: Vec<AiModelBody>,
}

/// Keep the organization's own terms of models, which come before those for all: messages from now on cost so much. Scope
/// `ai-models:write`.
#[utoipa::path(put, path = "/api/v1/ai-models", tag = "ai models", request_body = PutAiModels,
    responses((status = 200, body = AiModels), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn put_ai_models(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<PutAiModels>,
) -> Result<axum::Json<AiModels>, Problem> {
    let models = body.models.into_iter().map(AiModel::from).collect();
    Ok(view(management.put_ai_models(&caller, models).await.or_problem()?))
}
