//! What the handlers work with.

use crate::{mcp, sources::Sources};
use answering::{Answering, attaching::Attaching};
use domain::sealed::IdentityHashKey;
use models::{Endpoint, Guardrail};
use objects::{Bucket, Signer};
use runtime::config;
use std::sync::{Arc, OnceLock};
use store::Database;

/// Made once a process.
pub struct Context {
    pub answering: Arc<Answering>,
    pub attaching: Attaching,
    pub identity_hash_key: IdentityHashKey,
    pub embedding_model: String,
    pub embedding_dimension: usize,
    /// Opens what citations name.
    pub sources: Sources,
    pub public_url: String,
    pub mcp: OnceLock<mcp::Service>,
}

impl Context {
    /// The service of the Model Context Protocol, which works with this same context.
    pub fn mcp(self: &Arc<Self>) -> &mcp::Service {
        self.mcp.get_or_init(|| mcp::service(self, &self.public_url))
    }
}

/// What files are attached with.
///
/// # Errors
/// When no bucket is named.
pub fn attaching(aws: &aws_config::SdkConfig, database: Database) -> anyhow::Result<Attaching> {
    let bucket = Bucket::new(aws, config::text("BUCKET")?);
    Ok(Attaching { database, signer: Signer::new(aws, &bucket), bucket })
}

/// The key of the hashes that end users are known by.
///
/// # Errors
/// When there is none, or a short one.
pub fn identity_hash_key() -> anyhow::Result<IdentityHashKey> {
    IdentityHashKey::new(&config::text("IDENTITY_HASH_KEY")?)
        .ok_or_else(|| anyhow::anyhow!("IDENTITY_HASH_KEY is shorter than 32 bytes"))
}

/// Where models are served whose id begins with `openai/`, where the deployment names a place.
///
/// # Errors
/// When the place is none.
pub fn endpoint() -> anyhow::Result<Option<Endpoint>> {
    let (base_url, key) = (config::optional("OPENAI_BASE_URL"), config::optional("OPENAI_API_KEY"));
    Ok(Endpoint::configured(&base_url, &key)?)
}

/// What prompts and answers pass on their way, where the deployment names one.
pub fn guardrail() -> Option<Guardrail> {
    Guardrail::named(&config::optional("GUARDRAIL_ID"), &config::optional("GUARDRAIL_VERSION"))
}
