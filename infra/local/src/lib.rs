//! The whole of Docent on one machine: the same template, the same binaries, real wire protocols.
#![expect(clippy::disallowed_methods, reason = "a developer's tool starts in the developer's environment")]

pub mod stack;
pub mod template;
pub mod assets;
pub mod postgres;
pub mod database;
pub mod s3;
pub mod sqs;
pub mod queues;
pub mod bedrock;
pub mod kms;
pub mod sns;
pub mod minilm;
pub mod runtime_api;
pub mod functions;
pub mod event_source;
pub mod gateway;
mod trace;
pub mod clock;
pub mod control;
pub mod folder;
pub mod credentials;
pub mod demo;
pub mod client;
pub mod eval;
pub mod replay;
