//! ALERTS: rules on what happens, what they find, and who is told.
//!
//! Evaluated a minute after activity and once a day: measure a window ▸ compare ▸ triggered or resolved ▸ written to the outbox,
//! in one transaction; sent by [`deliver`]. Use cases of keepers begin with the caller and one scope.

pub mod rule;
pub mod state;
mod evaluate;
mod keep;
mod targets;

pub use evaluate::Evaluated;
pub use keep::{GivenRule, Point, Preview};
pub use rule::{Missing, Rule, Severity};
pub use state::{State, Transition};
pub use targets::GivenTarget;

use domain::{Caller, sealed::IdentityHashKey};
use management::Refusal;
use sha2::{Digest as _, Sha256};
use store::{
    Database, TenantTx,
    idempotency::{self, Claim, Once},
};

/// What alerts are made with.
pub struct Alerting {
    /// Everything that is known.
    pub database: Database,
    /// What targets' secrets are derived from.
    pub key: IdentityHashKey,
}

/// Where a refusal about the caller's own key points to.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A caller's key with what it stands for.
fn once(key: Option<String>, what: &serde_json::Value) -> Option<Once> {
    key.map(|key| Once { key, fingerprint: Sha256::digest(what.to_string()).into() })
}

/// The id that came of the same request before; `None`: it is the first.
async fn made_before<T: serde::de::DeserializeOwned>(
    tx: &TenantTx,
    caller: &Caller,
    once: Option<&Once>,
) -> Result<Option<T>, Refusal> {
    let Some(once) = once else { return Ok(None) };
    match idempotency::claim(tx, caller, once).await? {
        Claim::Ours => Ok(None),
        Claim::Settled(known) => serde_json::from_value(known)
            .map(Some)
            .map_err(|error| Refusal::Store(store::Error::Unexpected(format!("a kept id: {error}")))),
        Claim::UnderWay => {
            let detail = "The same request is being served at this moment, under the same Idempotency-Key. Try again in a moment.";
            Err(Refusal::conflict("request-under-way", detail))
        }
        Claim::Other => {
            let detail = "This key was used for another request. Choose a new one for each request that is to be done once.";
            Err(Refusal::invalid(IDEMPOTENCY_KEY, detail))
        }
    }
}
