//! Models: the organization's chatbots, and the model that makes vectors.

use super::{Failure, caller};
use crate::{Context, problems::OrProblem as _};
use access::Bearer;
use answering::Refusal;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use store::chatbots::Talking;
use utoipa::ToSchema;
use web::{PathId, Problem};

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

/// The chatbots that talk, at most 1,000 of them, by name; then the model that makes vectors. Scope `chat`.
#[utoipa::path(get, path = "/v1/models", tag = "openai",
    responses((status = 200, body = Models), (status = 401, body = Failure), (status = 403, body = Failure)))]
pub async fn list_models(
    State(context): State<Arc<Context>>,
    bearer: Result<Bearer, Problem>,
) -> Result<axum::Json<Models>, Failure> {
    let chatbots = context.answering.chatbots(&caller(bearer)?).await.or_problem()?;
    let data = chatbots.into_iter().map(Model::from).chain([embedding(&context)]).collect();
    Ok(axum::Json(Models { object: "list", data }))
}

/// One model: by its id, its name, or its name in lower case with hyphens where no other is called so. Scope `chat`.
#[utoipa::path(get, path = "/v1/models/{model}", tag = "openai", params(("model" = String, Path, description = "A chatbot, or the embedding model")),
    responses((status = 200, body = Model), (status = 401, body = Failure), (status = 403, body = Failure), (status = 404, body = Failure)))]
pub async fn get_model(
    State(context): State<Arc<Context>>,
    bearer: Result<Bearer, Problem>,
    PathId(named): PathId<String>,
) -> Result<axum::Json<Model>, Failure> {
    let found = context.answering.chatbot(&caller(bearer)?, &named).await;
    match found {
        Ok(chatbot) => Ok(axum::Json(chatbot.into())),
        Err(Refusal::NotFound(_)) if named == context.embedding_model => Ok(axum::Json(embedding(&context))),
        Err(refusal) => Err(Failure::of_turn(refusal, &named)),
    }
}

fn embedding(context: &Context) -> Model {
    Model {
        id: context.embedding_model.clone(),
        object: "model",
        created: 0,
        owned_by: "docent",
        name: format!("{} (vectors of {})", context.embedding_model, context.embedding_dimension),
        description: Some("For POST /v1/embeddings.".to_owned()),
    }
}
