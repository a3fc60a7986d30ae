//! Models: the organization's chatbots, and the model that makes vectors.

use super::{Failure, caller};
use crate::{Context, problems::OrProblem as _};
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use store::chatbots::Talking;
use utoipa::ToSchema;
use web::{BearerKey, PathId, Problem};

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    /// A chatbot's id; its name does as well. Or the id of the model that makes vectors.
    id: String,
    #[schema(example = "model")]
    object: &'static str,
    /// Unix seconds.
    created: i64,
    /// `docent`.
    owned_by: &'static str,
    /// For people.
    name: String,
    description: Option<String>,
}

impl From<Talking> for Model {
    fn from(chatbot: Talking) -> Self {
        Self {
            id: chatbot.id.to_string(),
            object: "model",
            created: chatbot.created_at.as_second(),
            owned_by: "docent",
            name: chatbot.name,
            description: chatbot.description,
        }
    }
}

/// Models.
#[derive(Debug, Serialize, ToSchema)]
pub struct Models {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<Model>,
}

/// The chatbots, as models. Scope `chat`.
#[utoipa::path(get, path = "/v1/models", tag = "openai",
    responses((status = 200, body = Models), (status = 401, body = Failure), (status = 403, body = Failure)))]
pub async fn list_models(
    State(context): State<Arc<Context>>,
    key: Result<BearerKey, Problem>,
) -> Result<axum::Json<Models>, Failure> {
    Ok(axum::Json(Models { object: "list", data: all(&context, key).await? }))
}

/// One model, by id or name. Scope `chat`.
#[utoipa::path(get, path = "/v1/models/{model}", tag = "openai", params(("model" = String, Path, description = "A chatbot's id or name")),
    responses((status = 200, body = Model), (status = 401, body = Failure), (status = 403, body = Failure), (status = 404, body = Failure)))]
pub async fn get_model(
    State(context): State<Arc<Context>>,
    key: Result<BearerKey, Problem>,
    PathId(named): PathId<String>,
) -> Result<axum::Json<Model>, Failure> {
    let models = all(&context, key).await?;
    let found = models.into_iter().find(|model| model.id.eq_ignore_ascii_case(&named) || model.name == named);
    found.map(axum::Json).ok_or_else(|| Failure::no_model(&named))
}

async fn all(context: &Context, key: Result<BearerKey, Problem>) -> Result<Vec<Model>, Failure> {
    let chatbots = context.answering.chatbots(&caller(key)?).await.or_problem()?;
    let embedding = Model {
        id: context.embedding_model.clone(),
        object: "model",
        created: 0,
        owned_by: "docent",
        name: format!("{} (vectors of {})", context.embedding_model, context.embedding_dimension),
        description: Some("For POST /v1/embeddings.".to_owned()),
    };
    Ok(chatbots.into_iter().map(Model::from).chain([embedding]).collect())
}
