//! `local eval`: a question set through the running stack, as a user would get it, and what comes of it in figures.
//!
//! [`set`] reads the questions, [`run`] asks them, [`row`] is what one of them gave, [`measures`] turns rows into
//! figures with the mathematics of [`statistics`], and [`compare`] says what two runs differ in, and how surely.

pub mod set;
pub mod run;
mod legs;
pub mod row;
pub mod measures;
pub mod statistics;
pub mod compare;
