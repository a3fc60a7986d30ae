//! `dashboards`: figures for executives, engineers and those who serve people, over HTTP.

mod behind;
mod chatbots;
mod client_service;
mod context;
mod costs;
mod documents;
mod drill_down;
mod executive;
mod export;
mod figures;
mod problems;
mod routes;
mod technical;

use runtime::{aws, config, logs};
use std::sync::Arc;
use store::Database;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let database = Database::new(&config::text("DATABASE_URL")?)?;
    let vault = vault::Vault::new(&aws::config().await, &database, &config::optional("KMS_KEY_ARN"));
    let access = context::access(&database, &vault)?;
    let metrics = context::metrics(database)?;
    let app = routes::app(Arc::new(metrics), access, &config::optional("PUBLIC_URL"));
    lambda_http::run(app).await.map_err(|error| anyhow::anyhow!(error))
}
