//! What the handler works with, from the environment.

use alerting::Alerting;
use answering::Answering;
use anyhow::Context as _;
use aws_config::SdkConfig;
use deliver::{Courier, Publisher, Signer};
use domain::{limits, sealed::IdentityHashKey, topic::Topics};
use insight::replay::Replaying;
use metrics::Metrics;
use objects::Bucket;
use queue::{ActivityQueue, Bell, Queue};
use retention::Retention;
use runtime::config;
use std::sync::Arc;
use store::Database;
use tokio::sync::OnceCell;
use vault::Vault;

/// Made once a process.
pub struct Context {
    pub metrics: Metrics,
    pub alerting: Alerting,
    pub courier: Courier,
    pub vault: Vault,
    pub retention: Retention,
    /// Where its messages come from.
    pub activity: ActivityQueue,
    aws: SdkConfig,
    replaying: OnceCell<Replaying>,
}

impl Context {
    /// # Errors
    /// When no queue or bucket is named, or no key that targets' secrets are derived from.
    pub fn new(aws: SdkConfig, database: Database) -> anyhow::Result<Self> {
        let key = IdentityHashKey::new(&config::text("IDENTITY_HASH_KEY")?)
            .context("IDENTITY_HASH_KEY has at least 32 characters")?;
        let vault = Vault::new(&aws, &database, &config::optional("KMS_KEY_ARN"));
        let signer = Signer { key, vault: vault.clone() };
        let topics = Topics::new(&config::optional("NOTIFICATION_TOPIC_ARN"));
        Ok(Self {
            retention: Retention {
                database: database.clone(),
                bucket: Bucket::new(&aws, config::text("BUCKET")?),
                vault: vault.clone(),
                most_file_bytes: limits::EXPORT_FILE_BYTES,
            },
            alerting: Alerting { database: database.clone(), signer: signer.clone(), topics: topics.clone() },
            courier: Courier {
                database: database.clone(),
                signer,
                publisher: Publisher::new(&aws, topics),
                policy: pages::Policy { allow_private: config::optional("WEB_ALLOW_PRIVATE") == "true" },
            },
            vault,
            metrics: Metrics { reading: database.clone(), database },
            activity: Queue::new(&aws, config::text("ACTIVITY_QUEUE_URL")?),
            aws,
            replaying: OnceCell::new(),
        })
    }

    /// What replays are done with: made with the first of them, for the daily work asks no model.
    pub async fn replaying(&self) -> anyhow::Result<&Replaying> {
        self.replaying.get_or_try_init(async || replaying(&self.aws, self.metrics.database.clone())).await
    }
}

fn replaying(aws: &SdkConfig, database: Database) -> anyhow::Result<Replaying> {
    let (base_url, key) = (config::optional("OPENAI_BASE_URL"), config::optional("OPENAI_API_KEY"));
    let endpoint = models::Endpoint::configured(&base_url, &key)?;
    let guardrail =
        models::Guardrail::named(&config::optional("GUARDRAIL_ID"), &config::optional("GUARDRAIL_VERSION"));
    let answering = Answering {
        database: database.clone(),
        embedder: models::Embedder::new(aws).with_endpoint(endpoint.clone()),
        generator: models::Generator::new(aws).behind(guardrail).with_endpoint(endpoint),
        reranker: models::Reranker::new(aws),
        // A trial is no activity, and nobody talks in it.
        bell: Bell::default(),
        vault: Vault::without_key(),
    };
    Ok(Replaying { database, answering: Arc::new(answering) })
}
