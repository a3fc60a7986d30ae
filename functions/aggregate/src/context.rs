//! What the handler works with, from the environment.

use answering::Answering;
use aws_config::SdkConfig;
use insight::replay::Replaying;
use metrics::Metrics;
use queue::ActivityQueue;
use runtime::config;
use std::sync::Arc;
use store::Database;
use tokio::sync::OnceCell;
use vault::Vault;

/// Made once a process.
pub struct Context {
    pub metrics: Metrics,
    pub vault: Vault,
    aws: SdkConfig,
    woken: OnceCell<Woken>,
}

/// What messages are worked on with. The daily work talks to Postgres alone, and does without.
pub struct Woken {
    pub activity: ActivityQueue,
    pub replaying: Replaying,
}

impl Context {
    pub fn new(aws: SdkConfig, database: Database) -> Self {
        let vault = Vault::new(&aws, &database, &config::optional("KMS_KEY_ARN"));
        let metrics = Metrics { reading: database.clone(), database };
        Self { metrics, vault, aws, woken: OnceCell::new() }
    }

    /// Made with the first message.
    pub async fn woken(&self) -> anyhow::Result<&Woken> {
        self.woken.get_or_try_init(|| wake(self.metrics.database.clone())).await
    }
}

fn wake(aws: &SdkConfig, database: Database) -> anyhow::Result<Woken> {
    let (base_url, key) = (config::optional("OPENAI_BASE_URL"), config::optional("OPENAI_API_KEY"));
    let endpoint = models::Endpoint::configured(&base_url, &key)?;
    let guardrail =
        models::Guardrail::named(&config::optional("GUARDRAIL_ID"), &config::optional("GUARDRAIL_VERSION"));
    let answering = Answering {
        database: database.clone(),
        embedder: models::Embedder::new(aws).with_endpoint(endpoint.clone()),
        generator: models::Generator::new(aws).behind(guardrail).with_endpoint(endpoint),
        reranker: models::Reranker::new(aws),
    };
    Ok(Woken {
        activity: ActivityQueue::new(aws, config::text("ACTIVITY_QUEUE_URL")?),
        replaying: Replaying { database, answering: Arc::new(answering) },
    })
}
