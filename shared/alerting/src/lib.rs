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
pub use targets::{GivenTarget, TARGET_KINDS};

use deliver::Signer;
use domain::topic::Topics;
use store::Database;

/// What alerts are made with.
pub struct Alerting {
    /// Everything that is known.
    pub database: Database,
    /// Where targets' secrets come from.
    pub signer: Signer,
    /// The topics that targets may be.
    pub topics: Topics,
}
