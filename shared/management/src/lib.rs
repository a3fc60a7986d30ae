//! RULES OF ADMINISTRATION: what an organization's keepers may ask for, and what comes of it.
//!
//! Every use case begins with the caller and the one scope that it needs. What takes long is asked for and done
//! by ingestion: a message is sent, the caller is told where to look. No transaction is open while a model, S3 or a
//! queue is called.

pub mod refusal;
pub mod check;
pub mod collections;
pub mod uploads;
pub mod documents;
pub mod passages;
pub mod jobs;
pub mod curated;
pub mod web_sources;
pub mod chatbots;
pub mod categories;
pub mod config_versions;
pub mod ai_models;
pub mod organization;
pub mod products;
pub mod api_keys;
pub mod users;
pub mod invitations;
pub mod events;
pub mod integrations;
pub mod subjects;
mod addresses;

pub use addresses::Addressed;
pub use refusal::Refusal;

use domain::{Caller, Scope, embedding::Space, sealed::IdentityHashKey};
use models::{Embedder, Purpose};
use objects::{Bucket, Signer};
use pgvector::Vector;
use queue::WorkQueue;
use store::{
    Database, TenantTx,
    caller::{self, Admitted, Need},
    demands,
};
use vault::Vault;

/// What administration works with.
pub struct Management {
    /// Everything that is known.
    pub database: Database,
    /// Documents' objects.
    pub bucket: Bucket,
    /// Forms and links to them.
    pub signer: Signer,
    /// Work for ingestion.
    pub queue: WorkQueue,
    /// What makes vectors.
    pub embedder: Embedder,
    /// Model of the space that new collections embed in.
    pub embedding_model: String,
    /// Its dimension.
    pub embedding_dimension: usize,
    /// Model that new chatbots answer with.
    pub generation_model: String,
    /// By which addresses are known again.
    pub identity_hash_key: IdentityHashKey,
    /// In which addresses are sealed.
    pub vault: Vault,
}

impl Management {
    /// Reads for a caller in one flush.
    async fn admitted<T>(
        &self,
        caller: &Caller,
        need: impl Into<Need>,
        read: impl AsyncFnOnce(&TenantTx) -> store::Result<T>,
    ) -> Result<T, Refusal> {
        Ok(caller::admitted(&self.database, caller, need, read).await?)
    }

    /// The same, telling who was let in.
    async fn admitted_as<T>(
        &self,
        caller: &Caller,
        need: impl Into<Need>,
        read: impl AsyncFnOnce(&TenantTx) -> store::Result<T>,
    ) -> Result<(Admitted, T), Refusal> {
        Ok(caller::admitted_as(&self.database, caller, need, read).await?)
    }

    /// A transaction of a caller who was let in.
    async fn enter(&self, caller: &Caller, scope: Scope) -> Result<TenantTx, Refusal> {
        Ok(caller::enter(&self.database, caller, scope).await?)
    }

    /// The same, telling who was let in.
    async fn enter_as(&self, caller: &Caller, scope: Scope) -> Result<(TenantTx, Admitted), Refusal> {
        Ok(caller::enter_as(&self.database, caller, scope).await?)
    }

    /// The same, of what is done once where the request has a key of its own.
    async fn enter_once(&self, caller: &Caller, scope: Scope) -> Result<(TenantTx, Admitted), Refusal> {
        let (tx, admitted) = self.enter_as(caller, scope).await?;
        demands::claim(&tx, caller).await?;
        Ok((tx, admitted))
    }

    /// Another transaction of a caller who was let in before.
    async fn again(&self, caller: &Caller) -> Result<TenantTx, Refusal> {
        Ok(caller::again(&self.database, caller).await?)
    }

    /// The vectors of texts in a space.
    async fn vectors(
        &self,
        space: &Space,
        purpose: Purpose,
        texts: &[String],
    ) -> Result<Vec<Vector>, Refusal> {
        let embedded = self.embedder.embed(space, purpose, texts).await?;
        Ok(embedded.into_iter().map(|one| one.vector).collect())
    }
}

/// Who changed something, as it is kept: the key or the user by id, never a secret or a name.
///
/// # Errors
/// [`store::Error`].
pub async fn author(tx: &TenantTx, caller: &Caller) -> store::Result<String> {
    match caller.subject() {
        Some(subject) => {
            let user = store::users::of_subject(tx, subject).await?;
            Ok(user.map_or_else(|| "user".to_owned(), |user| format!("user:{user}")))
        }
        None => Ok(format!("api_key:{}", caller.id())),
    }
}

/// A number of tokens or bytes as the database holds it.
fn as_i32(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
