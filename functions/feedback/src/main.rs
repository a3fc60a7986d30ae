//! `feedback`: what people say of answers and what is made of it, over HTTP.

mod admin_feedback;
mod escalations;
mod messages;
mod problems;
mod reviews;
mod routes;
mod sessions;
mod tickets;
mod wire;

use insight::Insight;
use runtime::{aws, config, logs};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let aws = aws::config().await;
    let (base_url, key) = (config::optional("OPENAI_BASE_URL"), config::optional("OPENAI_API_KEY"));
    let endpoint = models::Endpoint::configured(&base_url, &key)?;
    let insight = Insight {
        database: store::Database::new(&config::text("DATABASE_URL")?)?,
        embedder: models::Embedder::new(&aws).with_endpoint(endpoint),
        embedding_model: config::text("EMBEDDING_MODEL")?,
        embedding_dimension: config::number("EMBEDDING_DIMENSION")?,
    };
    let app = routes::app(Arc::new(insight), &config::optional("PUBLIC_URL"));
    lambda_http::run(app).await.map_err(|error| anyhow::anyhow!(error))
}
