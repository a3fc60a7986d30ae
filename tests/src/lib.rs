//! What the tests stand on: a real Postgres with a migrated database for each test, organizations and documents
//! made in sentences, and the repository's own files. It holds no tests; those are in `it/`, one binary.

pub mod server;
pub mod database;
pub mod organization;
pub mod document;
pub mod vectors;
pub mod repository;
pub mod golden;

pub use database::{TestDatabase, database};
pub use document::NewDocument;
pub use organization::Organization;
