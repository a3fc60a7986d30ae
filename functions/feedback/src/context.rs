//! What the handlers work with, from the environment.

use access::{Access, Configured};
use insight::Insight;
use runtime::config;
use store::Database;
use vault::Vault;

/// Keys, people where an identity provider is configured, and end users, who may say what their own session was worth.
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
pub fn insight(aws: &aws_config::SdkConfig, database: Database) -> anyhow::Result<Insight> {
    let (base_url, key) = (config::optional("OPENAI_BASE_URL"), config::optional("OPENAI_API_KEY"));
    let endpoint = models::Endpoint::configured(&base_url, &key)?;
    let activity = queue::Queue::new(aws, config::text("ACTIVITY_QUEUE_URL")?);
    Ok(Insight {
        database,
        embedder: models::Embedder::new(aws).with_endpoint(endpoint.clone()),
        generator: models::Generator::new(aws).with_endpoint(endpoint),
        analysis_model: Some(config::optional("ANALYSIS_MODEL")).filter(|model| !model.is_empty()),
        embedding_model: config::text("EMBEDDING_MODEL")?,
        embedding_dimension: config::number("EMBEDDING_DIMENSION")?,
        bell: queue::Bell::of(activity.clone()),
        activity,
    })
}
