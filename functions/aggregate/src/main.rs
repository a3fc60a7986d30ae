//! `aggregate`: what the clock starts once a day, and activity a minute later. Counts what was written, ends what was left,
//! evaluates alert rules, sends what waits; deletes what has passed its time; and goes on with replays.

mod context;
mod handler;
mod rounds;

use lambda_runtime::{LambdaEvent, run, service_fn};
use runtime::{aws, config, logs};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let database = store::Database::new(&config::text("DATABASE_URL")?)?;
    let aws = aws::config().await;
    let context = Arc::new(context::Context::new(aws, database)?);
    let handle =
        service_fn(move |event: LambdaEvent<_>| handler::handle(Arc::clone(&context), event.payload));
    run(handle).await.map_err(|error| anyhow::anyhow!(error))
}
