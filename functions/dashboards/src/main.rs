//! `dashboards`: figures for executives, engineers and those who serve people, over HTTP.

mod chatbots;
mod client_service;
mod documents;
mod executive;
mod export;
mod figures;
mod problems;
mod routes;
mod technical;

use metrics::Metrics;
use runtime::{config, logs};
use std::sync::Arc;
use store::Database;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let database = Database::new(&config::text("DATABASE_URL")?)?;
    let reading = match config::optional("DATABASE_READ_URL") {
        url if url.is_empty() => database.clone(),
        url => Database::new(&url)?,
    };
    let app = routes::app(Arc::new(Metrics { database, reading }), &config::optional("PUBLIC_URL"));
    lambda_http::run(app).await.map_err(|error| anyhow::anyhow!(error))
}
