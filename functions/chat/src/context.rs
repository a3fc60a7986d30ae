//! What the handlers work with.

use crate::{mcp, sources::Sources};
use answering::Answering;
use domain::sealed::IdentityHashKey;
use models::{Endpoint, Guardrail};
use runtime::config;
use std::sync::{Arc, OnceLock};

/// Made once a process.
pub struct Context {
    pub answering: Arc<Answering>,
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
