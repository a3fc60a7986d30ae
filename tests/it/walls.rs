//! The walls between organizations, tried at every route by everybody who must not pass.
//!
//! Routes are read from the documents that the functions make of their routers, tables from the database. A new route needs
//! nothing here when it takes ids in its path alone; else one line in `walls/cases.rs`. A new table needs one row in
//! `walls/seeds.rs`. What is missing fails, and says where to write what.

mod cases;
mod matrix;
mod naughty;
mod pooled;
mod routes;
mod seeds;
mod strangers;
mod support;
mod tampering;
