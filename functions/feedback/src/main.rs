//! `feedback`: what people say of answers and what is made of it, over HTTP.

mod admin_feedback;
mod context;
mod escalations;
mod gold_questions;
mod messages;
mod problems;
mod replays;
mod reviews;
mod routes;
mod sessions;
mod tickets;
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
    let insight = context::insight(&aws, database)?;
    let app = routes::app(Arc::new(insight), access, &config::optional("PUBLIC_URL"));
    lambda_http::run(app).await.map_err(|error| anyhow::anyhow!(error))
}
