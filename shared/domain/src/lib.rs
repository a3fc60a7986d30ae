//! The nouns of Docent, their limits and their spelling. No I/O, no async, no AWS: everything else may know
//! this crate, and it knows nobody.

pub mod api_key;
pub mod caller;
pub mod chatbot;
pub mod conversation;
pub mod derived;
pub mod document;
pub mod embedding;
pub mod escalation;
pub mod feedback;
pub mod file;
pub mod ids;
pub mod limits;
pub mod metadata;
pub mod organization;
pub mod risk;
pub mod role;
pub mod sealed;
pub mod subject;
pub mod ticketing;
pub mod topic;

pub use api_key::{ApiKey, Scope};
pub use caller::Caller;
pub use document::{Failure, FailureCode, ObjectKey};
pub use file::FileKey;
pub use ids::*;
pub use risk::Risk;
pub use role::Role;
