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

use runtime::{config, logs};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let database = store::Database::new(&config::text("DATABASE_URL")?)?;
    let access = context::access(&database)?;
    let insight = context::insight(database).await?;
    let app = routes::app(Arc::new(insight), access, &config::optional("PUBLIC_URL"));
    lambda_http::run(app).await.map_err(|error| anyhow::anyhow!(error))
}
