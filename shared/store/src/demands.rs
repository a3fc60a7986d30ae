//! What a request demands of the transaction of its effect: that it happens once under a key of the caller's own, and only
//! while the thing is as the caller saw it.
//!
//! A request's demands surround its handler ([`Demands::within`]), so that no use case carries them along. A use case that
//! makes something claims the key in the transaction of its effect ([`claim`]); when that transaction is finished, it is kept
//! open for the moment that it takes to encode the answer, and commits with it ([`Kept::commit`]): effect and answer are
//! there together or not at all. A use case that changes something compares under the row's lock ([`unchanged`]).

use crate::{
    Error, Result, TenantTx,
    idempotency::{self, Claim, Once},
    sql,
    tenant::Params,
};
use domain::Caller;
use jiff::Timestamp;
use serde_json::Value;
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_postgres::types::Type;
use uuid::Uuid;

tokio::task_local! {
    static DEMANDS: Arc<Demands>;
}

/// What is done when the effect is there: work for others, who may look at once.
type Afterwards = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Of one request.
pub struct Demands {
    once: Option<Once>,
    /// When the thing was changed last, as the caller saw it: one of these. `None`: whenever.
    seen: Option<Vec<Timestamp>>,
    outcome: Mutex<Outcome>,
}

/// What became of the demands.
#[derive(Default)]
pub enum Outcome {
    /// Nobody asked for them.
    #[default]
    Unheard,
    /// The key is the caller's now, in a transaction that goes on.
    Claimed(Caller),
    /// The effect, as good as done.
    Kept(Box<Kept>),
    /// The answer of before.
    Answered(Value),
    /// The same is being done at this moment.
    UnderWay,
    /// The key stands for something else.
    OtherRequest,
    /// The thing was changed meanwhile.
    Changed,
}

/// A finished transaction, before its commit.
pub struct Kept {
    tx: TenantTx,
    caller: Caller,
    once: Once,
    afterwards: Vec<Afterwards>,
}

impl Demands {
    /// Demands of a request.
    #[must_use]
    pub fn new(once: Option<Once>, seen: Option<Vec<Timestamp>>) -> Arc<Self> {
        Arc::new(Self { once, seen, outcome: Mutex::default() })
    }

    /// Runs what serves the request, and says what became of its demands.
    pub async fn within<T>(self: Arc<Self>, serving: impl Future<Output = T>) -> (T, Outcome) {
        let served = DEMANDS.scope(Arc::clone(&self), serving).await;
        (served, std::mem::take(&mut *self.outcome()))
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, outcome: Outcome) -> Error {
        *self.outcome() = outcome;
        Error::NotAsDemanded
    }
}

impl Kept {
    /// Commits the effect with its answer.
    ///
    /// # Errors
    /// [`Error`]: neither is there.
    pub async fn commit(self, answer: &Value) -> Result<()> {
        idempotency::settle(&self.tx, &self.caller, &self.once, answer).await?;
        self.tx.commit().await?;
        self.tx.close();
        for work in self.afterwards {
            work.await;
        }
        Ok(())
    }
}

/// Claims the request's own key, if it has one, in the transaction of what it asks for.
///
/// # Errors
/// [`Error::NotAsDemanded`] when it was asked before.
pub async fn claim(tx: &TenantTx, caller: &Caller) -> Result<()> {
    let Ok(demands) = DEMANDS.try_with(Arc::clone) else { return Ok(()) };
    let Some(once) = &demands.once else { return Ok(()) };
    match idempotency::claim(tx, caller, once).await? {
        Claim::Ours => {
            tx.keep_for_the_answer();
            *demands.outcome() = Outcome::Claimed(caller.clone());
            Ok(())
        }
        Claim::Settled(answer) => Err(demands.refuse(Outcome::Answered(answer))),
        Claim::UnderWay => Err(demands.refuse(Outcome::UnderWay)),
        Claim::Other => Err(demands.refuse(Outcome::OtherRequest)),
    }
}

/// Keeps a finished transaction for the answer. Gives it back when nobody waits for it.
pub(crate) fn keep(tx: TenantTx) -> Option<TenantTx> {
    let Ok(demands) = DEMANDS.try_with(Arc::clone) else { return Some(tx) };
    let mut outcome = demands.outcome();
    match (std::mem::take(&mut *outcome), &demands.once) {
        (Outcome::Claimed(caller), Some(once)) => {
            let kept = Kept { tx, caller, once: once.clone(), afterwards: Vec::new() };
            *outcome = Outcome::Kept(Box::new(kept));
            None
        }
        (other, _) => {
            *outcome = other;
            Some(tx)
        }
    }
}

/// Has something done when the effect is there, where that waits for its answer; else gives it back, to be done now.
pub fn afterwards<F: Future<Output = ()> + Send + 'static>(work: F) -> Option<F> {
    let Ok(demands) = DEMANDS.try_with(Arc::clone) else { return Some(work) };
    match &mut *demands.outcome() {
        Outcome::Kept(kept) => {
            kept.afterwards.push(Box::pin(work));
            None
        }
        _ => Some(work),
    }
}

/// Things with a revision: when they were changed last.
#[derive(Debug, Clone, Copy)]
pub enum Thing {
    Collection(Uuid),
    Document(Uuid),
    Chunk(Uuid),
    CuratedAnswer(Uuid),
    WebSource(Uuid),
    Chatbot(Uuid),
    Product(Uuid),
    Organization(Uuid),
    ApiKey(Uuid),
    User(Uuid),
    Escalation(Uuid),
    GoldQuestion(Uuid),
    AlertRule(Uuid),
    NotificationTarget(Uuid),
    Integration(Uuid),
}

/// Refuses to go on when a thing is not as the caller saw it; else it stays so until the transaction ends. What is not
/// there is for others to say.
///
/// # Errors
/// [`Error::NotAsDemanded`].
pub async fn unchanged(tx: &TenantTx, thing: Thing) -> Result<()> {
    let Ok(demands) = DEMANDS.try_with(Arc::clone) else { return Ok(()) };
    let Some(seen) = &demands.seen else { return Ok(()) };
    let (kind, id) = match thing {
        Thing::Collection(id) => ("collections", id),
        Thing::Document(id) => ("documents", id),
        Thing::Chunk(id) => ("chunks", id),
        Thing::CuratedAnswer(id) => ("curated_answers", id),
        Thing::WebSource(id) => ("web_sources", id),
        Thing::Chatbot(id) => ("chatbots", id),
        Thing::Product(id) => ("products", id),
        Thing::Organization(id) => ("organizations", id),
        Thing::ApiKey(id) => ("api_keys", id),
        Thing::User(id) => ("users", id),
        Thing::Escalation(id) => ("escalations", id),
        Thing::GoldQuestion(id) => ("gold_questions", id),
        Thing::AlertRule(id) => ("alert_rules", id),
        Thing::NotificationTarget(id) => ("notification_targets", id),
        Thing::Integration(id) => ("integrations", id),
    };
    let params: Params<'_> = &[(&kind, Type::TEXT), (&id, Type::UUID)];
    let row = tx.query_one(sql!("demands/revision"), params).await?;
    match row.get::<_, Option<Timestamp>>("revision") {
        Some(revision) if !seen.contains(&revision) => Err(demands.refuse(Outcome::Changed)),
        _ => Ok(()),
    }
}
