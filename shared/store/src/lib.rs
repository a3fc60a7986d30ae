//! The only crate that knows SQL. Every data function takes a [`TenantTx`]: there is no statement without a
//! tenant, and the database checks again.
//!
//! One statement, one file under `sql/<entity>/<verb>.sql`, with bound parameters only.

mod database;
mod error;
mod guard;
pub mod migrator;
mod tenant;

// In the order of the data's way.
pub mod api_keys;
pub mod chatbots;
pub mod chunks;
pub mod collections;
pub mod documents;
pub mod events;
pub mod jobs;
pub mod messages;
pub mod organizations;
pub mod search;
pub mod sessions;
pub mod spaces;
pub mod versions;

pub use database::Database;
pub use error::{Error, Result};
pub use tenant::TenantTx;

/// The text of a statement's file.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("sql/", $name, ".sql"))
    };
}
pub(crate) use sql;
