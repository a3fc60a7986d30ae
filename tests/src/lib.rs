//! What the tests stand on: a real Postgres with a migrated database for each test, organizations and documents
//! made in sentences, and the repository's own files. It holds no tests; those are in `it/`, one binary.

pub mod aside;
pub mod database;
pub mod document;
pub mod double;
pub mod faults;
pub mod golden;
pub mod hostile;
pub mod invariants;
pub mod issuer;
pub mod kms;
pub mod organization;
pub mod pipeline;
pub mod repository;
pub mod server;
pub mod tampered;
pub mod topics;
pub mod vectors;
pub mod wire;

pub use aside::Aside;
pub use database::{TestDatabase, database};
pub use document::NewDocument;
pub use issuer::Issuer;
pub use organization::Organization;
pub use pipeline::Pipeline;

/// A setting of a test run, from the environment: for longer runs than the common one.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a test run has no configuration but the environment")]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
