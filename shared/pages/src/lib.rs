//! Web pages as a source of documents: fetched politely, from public addresses only, never more than was agreed.
//! Knows neither S3 nor Postgres: whoever calls keeps what is found, and what [`visit`] needs for the next time.

pub mod visit;
mod key;
mod fetch;
mod robots;
mod indexing;
mod kind;
mod sitemap;
mod exchange;
mod post;
mod connect;
mod location;
mod address;
mod refused;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use connect::Resolver;
pub use fetch::{Conditional, Fetched, Fetcher, Policy};
pub use key::key_of;
pub use post::{Answered, Outgoing};
pub use refused::Refused;
pub use sitemap::Entry;
pub use url::Url;

/// What robots.txt and pages call us.
pub const PRODUCT_TOKEN: &str = "DocentBot";
