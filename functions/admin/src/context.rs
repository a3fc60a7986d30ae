//! What the handlers work with, from the environment.

use access::{Access, Configured};
use alerting::Alerting;
use axum::Extension;
use deliver::Signer as DeliverySigner;
use domain::topic::Topics;
use management::Management;
use objects::{Bucket, Signer};
use queue::ActivityQueue;
use runtime::config;
use std::sync::Arc;
use store::Database;
use vault::Vault;

/// Keys, people where an identity provider is configured, and end users, who may ask nothing here but who they are.
pub fn access(database: &Database, vault: &Vault) -> anyhow::Result<Access> {
    Access::new(
        database,
        vault,
        Configured {
            preset: config::optional("OIDC_PRESET"),
            issuer: config::optional("OIDC_ISSUER"),
            audience: config::optional("OIDC_AUDIENCE"),
            algorithms: config::optional("OIDC_ALGORITHMS"),
            jwks_url: config::optional("OIDC_JWKS_URL"),
            session_token_key: config::text("SESSION_TOKEN_KEY")?,
            session_token_key_previous: config::optional("SESSION_TOKEN_KEY_PREVIOUS"),
            identity_hash_key: config::text("IDENTITY_HASH_KEY")?,
        },
    )
}

/// The use cases.
pub fn management(
    aws: &aws_config::SdkConfig,
    database: Database,
    access: &Access,
    vault: Vault,
) -> anyhow::Result<Management> {
    let (base_url, key) = (config::optional("OPENAI_BASE_URL"), config::optional("OPENAI_API_KEY"));
    let endpoint = models::Endpoint::configured(&base_url, &key)?;
    let bucket = Bucket::new(aws, config::text("BUCKET")?);
    Ok(Management {
        database,
        signer: Signer::new(aws, &bucket),
        bucket,
        queue: queue::WorkQueue::new(aws, config::text("WORK_QUEUE_URL")?),
        embedder: models::Embedder::new(aws).with_endpoint(endpoint),
        embedding_model: config::text("EMBEDDING_MODEL")?,
        embedding_dimension: config::number("EMBEDDING_DIMENSION")?,
        generation_model: config::text("GENERATION_MODEL")?,
        identity_hash_key: access.identity_hash_key().clone(),
        vault,
    })
}

/// Rules, alerts and who is told; and who does what takes long.
pub fn told(
    aws: &aws_config::SdkConfig,
    management: &Management,
) -> anyhow::Result<(Extension<Arc<Alerting>>, Extension<ActivityQueue>)> {
    let alerting = Alerting {
        database: management.database.clone(),
        signer: DeliverySigner { key: management.identity_hash_key.clone(), vault: management.vault.clone() },
        topics: Topics::new(&config::optional("NOTIFICATION_TOPIC_ARN")),
    };
    Ok((
        Extension(Arc::new(alerting)),
        Extension(ActivityQueue::new(aws, config::text("ACTIVITY_QUEUE_URL")?)),
    ))
}
