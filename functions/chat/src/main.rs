//! `chat`: sessions, turns and search over HTTP, streamed.

mod answers;
mod callers;
mod context;
mod files;
mod keeping;
mod mcp;
mod openai;
mod problems;
mod retrieval;
mod routes;
mod search;
mod sessions;
mod sources;

use context::Context;
use runtime::{aws, config, logs};
use std::sync::{Arc, OnceLock};

// One event at a time needs one thread; and what a transaction sends together leaves in one flush, since the
// connection's task runs only when the turn waits.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let (aws, endpoint) = (aws::config().await, context::endpoint()?);
    let database = store::Database::new(&config::text("DATABASE_URL")?)?;
    let attaching = context::attaching(&aws, database.clone())?;
    let app = routes::app(Arc::new(Context {
        access: callers::access(&database)?,
        answering: Arc::new(answering::Answering {
            database,
            embedder: models::Embedder::new(&aws).with_endpoint(endpoint.clone()),
            generator: models::Generator::new(&aws).behind(context::guardrail()).with_endpoint(endpoint),
            reranker: models::Reranker::new(&aws),
            bell: queue::Bell::of(queue::Queue::new(&aws, config::text("ACTIVITY_QUEUE_URL")?)),
        }),
        embedding_model: config::text("EMBEDDING_MODEL")?,
        embedding_dimension: config::number("EMBEDDING_DIMENSION")?,
        sources: sources::Sources::new(attaching.signer.clone()),
        attaching,
        public_url: config::optional("PUBLIC_URL"),
        mcp: OnceLock::new(),
    }));
    lambda_http::run_with_streaming_response(app).await.map_err(|error| anyhow::anyhow!(error))
}
