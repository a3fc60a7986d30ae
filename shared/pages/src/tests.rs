//! The whole way of a page, against servers on this machine.

mod doors;
mod limited;
mod polite;
mod site;
mod visits;
