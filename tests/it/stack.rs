//! The real stack, end to end: the binaries that deploy, started from the template, spoken to as the world does.
//!
//! One stack serves all of these tests; each drops into a collection of its own.

mod aging;
pub mod asking;
mod dripping;
mod dropping;
mod files;
mod following;
mod keeping;
mod mcp;
mod observing;
mod openai;
mod refusing;
pub mod support;
mod terminal;
mod waking;
