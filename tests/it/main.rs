//! The integration tests, one binary: the schema, the statements, the tenants' wall, search, figures, the template and the
//! repository's own rules.

mod admin;
mod alerting;
mod architecture;
mod attached;
mod conversations;
mod costs;
mod cuts;
mod discreet;
mod feedback;
mod ingestion;
mod metrics;
mod migrator;
mod model;
mod once;
mod outward;
mod people;
mod rewriting;
mod schema;
mod search;
mod sql;
mod stack;
mod subjects;
mod template;
mod tenancy;
mod tls;
mod trust;
mod vault;
mod walls;
