//! `aggregate`: what the clock starts once a day, and activity a minute later. Counts what was written, ends what was left,
//! evaluates alert rules, sends what waits, deletes what has passed its time.

mod handler;

use alerting::Alerting;
use anyhow::Context as _;
use deliver::Courier;
use domain::sealed::IdentityHashKey;
use lambda_runtime::{LambdaEvent, run, service_fn};
use metrics::Metrics;
use runtime::{aws, config, logs};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let database = store::Database::new(&config::text("DATABASE_URL")?)?;
    let aws = aws::config().await;
    let key = IdentityHashKey::new(&config::text("IDENTITY_HASH_KEY")?);
    let key = key.context("IDENTITY_HASH_KEY has at least 32 characters")?;
    let context = Arc::new(handler::Context {
        vault: vault::Vault::new(&aws, &database, &config::optional("KMS_KEY_ARN")),
        alerting: Alerting { database: database.clone(), key: key.clone() },
        courier: Courier {
            database: database.clone(),
            key,
            policy: pages::Policy { allow_private: config::optional("WEB_ALLOW_PRIVATE") == "true" },
        },
        metrics: Metrics { reading: database.clone(), database },
        activity: queue::Queue::new(&aws, config::text("ACTIVITY_QUEUE_URL")?),
    });
    let handle =
        service_fn(move |event: LambdaEvent<_>| handler::handle(Arc::clone(&context), event.payload));
    run(handle).await.map_err(|error| anyhow::anyhow!(error))
}
