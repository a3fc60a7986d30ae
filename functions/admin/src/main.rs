//! `admin`: what an organization's keepers do, over HTTP.

mod ai_models;
mod api_keys;
mod chatbots;
mod collections;
mod config_versions;
mod curated;
mod documents;
mod jobs;
mod organization;
mod passages;
mod problems;
mod products;
mod routes;
mod uploads;
mod web_sources;
mod wire;

use management::Management;
use objects::{Bucket, Signer};
use runtime::{aws, config, logs};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let aws = aws::config().await;
    let (base_url, key) = (config::optional("OPENAI_BASE_URL"), config::optional("OPENAI_API_KEY"));
    let endpoint = models::Endpoint::configured(&base_url, &key)?;
    let bucket = Bucket::new(&aws, config::text("BUCKET")?);
    let management = Management {
        database: store::Database::new(&config::text("DATABASE_URL")?)?,
        signer: Signer::new(&aws, &bucket),
        bucket,
        queue: queue::WorkQueue::new(&aws, config::text("WORK_QUEUE_URL")?),
        embedder: models::Embedder::new(&aws).with_endpoint(endpoint),
        embedding_model: config::text("EMBEDDING_MODEL")?,
        embedding_dimension: config::number("EMBEDDING_DIMENSION")?,
        generation_model: config::text("GENERATION_MODEL")?,
    };
    let app = routes::app(Arc::new(management), &config::optional("PUBLIC_URL"));
    lambda_http::run(app).await.map_err(|error| anyhow::anyhow!(error))
}
