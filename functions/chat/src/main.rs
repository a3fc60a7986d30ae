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
    let aws = aws::config().await;
    let database = store::Database::new(&config::text("DATABASE_URL")?)?;
    let vault = vault::Vault::new(&aws, &database, &config::optional("KMS_KEY_ARN"));
    let attaching = context::attaching(&aws, database.clone())?;
    let context = Context {
        access: callers::access(&database, &vault)?,
        answering: context::answering(&aws, database, vault)?,
        embedding_model: config::text("EMBEDDING_MODEL")?,
        embedding_dimension: config::number("EMBEDDING_DIMENSION")?,
        sources: sources::Sources::new(attaching.signer.clone()),
        attaching,
        public_url: config::optional("PUBLIC_URL"),
        mcp: OnceLock::new(),
    };
    let app = routes::app(Arc::new(context));
    lambda_http::run_with_streaming_response(app).await.map_err(|error| anyhow::anyhow!(error))
}
