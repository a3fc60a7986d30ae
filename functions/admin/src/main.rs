//! `admin`: what an organization's keepers do, over HTTP.

mod ai_models;
mod alerts;
mod api_keys;
mod categories;
mod chatbots;
mod collections;
mod config_versions;
mod context;
mod curated;
mod documents;
mod events;
mod integrations;
mod invitations;
mod jobs;
mod notifications;
mod organization;
mod passages;
mod problems;
mod products;
mod routes;
mod subjects;
mod uploads;
mod users;
mod web_sources;
mod wire;

use runtime::{aws, config, logs};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let database = store::Database::new(&config::text("DATABASE_URL")?)?;
    let aws = aws::config().await;
    let vault = vault::Vault::new(&aws, &database, &config::optional("KMS_KEY_ARN"));
    let access = context::access(&database, &vault)?;
    let management = context::management(&aws, database, &access, vault)?;
    let told = context::told(&aws, &management)?;
    let app = routes::app(Arc::new(management), access, &config::optional("PUBLIC_URL"));
    lambda_http::run(app.layer(told)).await.map_err(|error| anyhow::anyhow!(error))
}
