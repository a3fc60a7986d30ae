//! THE FEEDBACK PATH: what people say of answers, and what is made of it.
//!
//! Said, looked at, mended: thumbs and scores are kept, reviewers find what needs eyes, a correction becomes an answer, a
//! conversation that a machine cannot finish becomes a ticket, and a criticism becomes a measured change of a chatbot's
//! settings. Every use case begins with the caller's key and the one scope that it needs; how settings and curated answers
//! are changed is [`management`]'s to know. No transaction is open while a model is called.

// In the order of the data's way.
pub mod feedback;
pub mod review;
pub mod correct;
pub mod escalate;
pub mod criticise;
pub mod analyse;
pub mod analyst;
mod examine;
pub mod gold;
pub mod replay;
mod judge;
pub mod summary;
pub mod measure;
pub mod improve;
pub mod impact;

pub use management::Refusal;

use domain::{Caller, MessageId, Scope, document::clip};
use models::{Embedder, Generator};
use privacy::Kind;
use queue::ActivityQueue;
use store::{
    Database, TenantTx,
    caller::{self, Admitted, Need},
    demands, messages, organizations,
};

/// What the feedback path works with.
pub struct Insight {
    /// Everything that is known.
    pub database: Database,
    /// What makes vectors.
    pub embedder: Embedder,
    /// Model of the space that questions of curated answers are embedded in.
    pub embedding_model: String,
    /// Its dimension.
    pub embedding_dimension: usize,
    /// What asks language models.
    pub generator: Generator,
    /// The one that looks at criticism, beside the rules; `None`: rules alone do.
    pub analysis_model: Option<String>,
    /// Where work is asked for that nobody waits for.
    pub activity: ActivityQueue,
    /// Who hears of what was said.
    pub bell: queue::Bell,
}

impl Insight {
    /// Reads for a caller in one flush.
    async fn admitted<T>(
        &self,
        caller: &Caller,
        need: impl Into<Need>,
        read: impl AsyncFnOnce(&TenantTx) -> store::Result<T>,
    ) -> Result<T, Refusal> {
        Ok(caller::admitted(&self.database, caller, need, read).await?)
    }

    /// The same, where an end user may as well: of what is in their session, which the use case checks.
    async fn enter_own(&self, caller: &Caller, scope: Scope) -> Result<(TenantTx, Admitted), Refusal> {
        let need = match caller {
            Caller::EndUser { session, .. } => Need::inside(*session, scope),
            Caller::Key(_) | Caller::Person { .. } => Need::from(scope),
        };
        Ok(caller::enter_as(&self.database, caller, need).await?)
    }

    /// The same, of what is done once where the request has a key of its own.
    async fn enter_once(&self, caller: &Caller, scope: Scope) -> Result<TenantTx, Refusal> {
        let tx = self.enter(caller, scope).await?;
        demands::claim(&tx, caller).await?;
        Ok(tx)
    }

    /// A transaction of a caller who was let in.
    async fn enter(&self, caller: &Caller, need: impl Into<Need>) -> Result<TenantTx, Refusal> {
        Ok(caller::enter(&self.database, caller, need).await?)
    }
}

/// An answer: whatever else a message is, nobody can judge it.
async fn answer(tx: &TenantTx, id: MessageId) -> Result<messages::Standing, Refusal> {
    let message = messages::get(tx, id).await?.ok_or(Refusal::NotFound("message"))?;
    if message.role == "assistant" {
        return Ok(message);
    }
    let detail =
        "This is not an answer of a chatbot; only those are judged. A conversation lists its answers' ids.";
    Err(Refusal::conflict("not-an-answer", detail))
}

/// Whether a caller may read what a message stands in: who may not, may not judge it either.
fn is_theirs(caller: &Caller, asking: &Admitted, of: &messages::Standing) -> bool {
    match caller {
        Caller::Key(_) => true,
        Caller::EndUser { session, .. } => *session == of.session,
        Caller::Person { .. } => {
            of.is_shared || of.owner == Some(asking.id) || asking.scopes.contains(&Scope::SessionsRead)
        }
    }
}

/// What the organization's policy takes out of whatever people say, before it is kept.
async fn taken_out(tx: &TenantTx) -> Result<Vec<Kind>, Refusal> {
    let words = organizations::get(tx).await?.settings.pii_policy.messages;
    Ok(Kind::ALL.into_iter().filter(|kind| words.iter().any(|word| word == kind.as_str())).collect())
}

/// A text as it may be kept; what stands for personal data may be longer than it, so the end is cut at the limit.
fn kept(text: String, taken_out: &[Kind], characters: usize) -> String {
    if taken_out.is_empty() { text } else { clip(&privacy::redact(&text, taken_out).text, characters) }
}

/// A word of a list; `pointer` says where it was given.
fn one_of(pointer: &str, given: &str, known: &[&str]) -> Result<(), Refusal> {
    if known.contains(&given) {
        return Ok(());
    }
    Err(Refusal::invalid(pointer, format!("It is one of {}.", known.join(", "))))
}
