//! What the handlers work with, from the environment.

use access::{Access, Configured};
use metrics::Metrics;
use runtime::config;
use store::Database;
use vault::Vault;

/// Keys, people where an identity provider is configured, and end users, to whom figures are nothing.
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
pub fn metrics(database: Database) -> anyhow::Result<Metrics> {
    let reading = match config::optional("DATABASE_READ_URL") {
        url if url.is_empty() => database.clone(),
        url => Database::new(&url)?,
    };
    Ok(Metrics { database, reading })
}
