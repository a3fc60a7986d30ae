//! `admin`: what an organization's keepers do, over HTTP.

mod ai_models;
mod api_keys;
mod categories;
mod chatbots;
mod collections;
mod config_versions;
mod context;
mod curated;
mod documents;
mod invitations;
mod jobs;
mod organization;
mod passages;
mod problems;
mod products;
mod routes;
mod uploads;
mod users;
mod web_sources;
mod wire;

use runtime::{config, logs};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let database = store::Database::new(&config::text("DATABASE_URL")?)?;
    let access = context::access(&database)?;
    let management = context::management(database, &access).await?;
    let app = routes::app(Arc::new(management), access, &config::optional("PUBLIC_URL"));
    lambda_http::run(app).await.map_err(|error| anyhow::anyhow!(error))
}
