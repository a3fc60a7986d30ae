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
pub mod organizations;
pub mod api_keys;
pub mod users;
pub mod invitations;
pub mod data_keys;
pub mod sealed;
pub mod budgets;
pub mod side_costs;
pub mod caller;
pub mod idempotency;
pub mod demands;
pub mod spaces;
pub mod space_jobs;
pub mod web_visits;
pub mod collections;
pub mod collection_settings;
pub mod products;
pub mod documents;
pub mod library;
pub mod versions;
pub mod chunks;
pub mod passages;
pub mod jobs;
pub mod job_history;
pub mod curated;
pub mod web_sources;
pub mod ai_models;
pub mod chatbots;
pub mod categories;
pub mod chatbot_settings;
pub mod config_versions;
pub mod search;
pub mod curated_search;
pub mod sessions;
pub mod files;
pub mod messages;
pub mod readings;
pub mod retrievals;
pub mod events;
pub mod audit;
pub mod feedback;
pub mod reviews;
pub mod escalations;
pub mod admin_feedback;
pub mod gold_questions;
pub mod replays;
pub mod metrics;
pub mod metric_lists;
pub mod metric_parts;
pub mod retention;
pub mod subjects;
pub mod alert_rules;
pub mod alerts;
pub mod deliveries;
pub mod integrations;
pub mod wakes;

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
