//! The integration tests, one binary: the schema, the statements, the tenants' wall, the template and the
//! repository's own rules.

mod architecture;
mod migrator;
mod schema;
mod sql;
mod template;
mod tenancy;
