//! `migrate`: the owner's function. Brings the database to the present schema, as CloudFormation's custom resource
//! or on demand, and makes organizations.

mod custom_resource;
mod handler;

use anyhow::Context as _;
use domain::sealed::IdentityHashKey;
use lambda_runtime::{LambdaEvent, run, service_fn};
use runtime::{config, logs};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let hash_key = IdentityHashKey::new(&config::text("IDENTITY_HASH_KEY")?);
    let context = Arc::new(handler::Context {
        owner_url: config::text("OWNER_DATABASE_URL")?,
        application_url: config::text("DATABASE_URL")?,
        embedding_model: config::text("EMBEDDING_MODEL")?,
        embedding_dimension: config::number("EMBEDDING_DIMENSION")?,
        generation_model: config::text("GENERATION_MODEL")?,
        identity_hash_key: hash_key.context("IDENTITY_HASH_KEY is shorter than 32 bytes")?,
    });
    let handle =
        service_fn(move |event: LambdaEvent<_>| handler::handle(Arc::clone(&context), event.payload));
    run(handle).await.map_err(|error| anyhow::anyhow!(error))
}
