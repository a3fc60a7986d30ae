//! What every function starts with: configuration, logs, figures, AWS clients, and batches of queue messages as one
//! outcome a record. Knows `domain` and nothing of the business.

pub mod aws;
pub mod batch;
pub mod config;
pub mod logs;
pub mod measures;
pub mod notification;
