//! What the handlers work with.

use crate::{mcp, sources::Sources};
use access::Access;
use answering::{Answering, attaching::Attaching};
use models::{Embedder, Endpoint, Generator, Guardrail, Reranker};
use objects::{Bucket, Signer};
use runtime::config;
use std::sync::{Arc, OnceLock};
use store::Database;
use vault::Vault;

/// Made once a process.
pub struct Context {
    pub answering: Arc<Answering>,
    pub attaching: Attaching,
    /// Tells whose request it is.
    pub access: Access,
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

/// What questions are answered with.
///
/// # Errors
/// When an endpoint is named that is none.
pub fn answering(
    aws: &aws_config::SdkConfig,
    database: Database,
    vault: Vault,
) -> anyhow::Result<Arc<Answering>> {
    let endpoint = endpoint()?;
    Ok(Arc::new(Answering {
        database,
        embedder: Embedder::new(aws).with_endpoint(endpoint.clone()),
        generator: Generator::new(aws).behind(guardrail()).with_endpoint(endpoint),
        reranker: Reranker::new(aws),
        bell: queue::Bell::of(queue::Queue::new(aws, config::text("ACTIVITY_QUEUE_URL")?)),
        vault,
    }))
}

/// Where models are served whose id begins with `openai/`, where the deployment names a place.
///
/// # Errors
/// When the place is none.
fn endpoint() -> anyhow::Result<Option<Endpoint>> {
    let (base_url, key) = (config::optional("OPENAI_BASE_URL"), config::optional("OPENAI_API_KEY"));
    Ok(Endpoint::configured(&base_url, &key)?)
}

/// What prompts and answers pass on their way, where the deployment names one.
fn guardrail() -> Option<Guardrail> {
    Guardrail::named(&config::optional("GUARDRAIL_ID"), &config::optional("GUARDRAIL_VERSION"))
}
