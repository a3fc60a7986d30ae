//! `aggregate`: what the clock starts once a day. Counts what was written, ends what was left, deletes what has passed its
//! time.

mod handler;

use lambda_runtime::{LambdaEvent, run, service_fn};
use metrics::Metrics;
use runtime::{aws, config, logs};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let database = store::Database::new(&config::text("DATABASE_URL")?)?;
    let vault = vault::Vault::new(&aws::config().await, &database, &config::optional("KMS_KEY_ARN"));
    let metrics = Metrics { reading: database.clone(), database };
    let context = Arc::new(handler::Context { metrics, vault });
    let handle =
        service_fn(move |event: LambdaEvent<_>| handler::handle(Arc::clone(&context), event.payload));
    run(handle).await.map_err(|error| anyhow::anyhow!(error))
}
