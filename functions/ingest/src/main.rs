//! `ingest`: S3's events and work messages in, searchable documents out.

mod handler;

use ingestion::{Ingestion, extract, ocr::Ocr};
use lambda_runtime::{LambdaEvent, run, service_fn};
use runtime::{aws, config, logs};
use std::sync::Arc;

fn main() -> anyhow::Result<()> {
    // Files are read by this same program as a child process, before anything else of it starts.
    if extract::run_child() {
        return Ok(());
    }
    extract::hide_from_children();
    serve()
}

#[tokio::main(flavor = "current_thread")]
async fn serve() -> anyhow::Result<()> {
    logs::start();
    let aws = aws::config().await;
    let (base_url, key) = (config::optional("OPENAI_BASE_URL"), config::optional("OPENAI_API_KEY"));
    let endpoint = models::Endpoint::configured(&base_url, &key)?;
    let context = Arc::new(handler::Context {
        ingestion: Ingestion {
            database: store::Database::new(&config::text("DATABASE_URL")?)?,
            bucket: objects::Bucket::new(&aws, config::text("BUCKET")?),
            embedder: models::Embedder::new(&aws).with_endpoint(endpoint.clone()),
            generator: models::Generator::new(&aws).with_endpoint(endpoint),
            header_model: config::text("GENERATION_MODEL")?,
            extractor: Arc::new(extract::Extractor::of_this_program()?),
            ocr: Ocr::chosen(&config::optional("OCR"), &aws)?,
            web: pages::Policy { allow_private: config::optional("WEB_ALLOW_PRIVATE") == "true" },
            embedding_model: config::text("EMBEDDING_MODEL")?,
            embedding_dimension: config::number("EMBEDDING_DIMENSION")?,
            bell: queue::Bell::of(queue::Queue::new(&aws, config::text("ACTIVITY_QUEUE_URL")?)),
        },
        work: queue::WorkQueue::new(&aws, config::text("WORK_QUEUE_URL")?),
        events: queue::WorkQueue::new(&aws, config::text("EVENTS_QUEUE_URL")?),
    });
    let handle =
        service_fn(move |event: LambdaEvent<_>| handler::handle(Arc::clone(&context), event.payload));
    run(handle).await.map_err(|error| anyhow::anyhow!(error))
}
