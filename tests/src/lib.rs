//! What the tests stand on: a real Postgres with a migrated database for each test, organizations and documents
//! made in sentences, and the repository's own files. It holds no tests; those are in `it/`, one binary.

pub mod database;
pub mod document;
pub mod golden;
pub mod organization;
pub mod repository;
pub mod server;
pub mod vectors;

pub use database::{TestDatabase, database};
pub use document::NewDocument;
pub use organization::Organization;
