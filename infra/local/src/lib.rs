//! The whole of Docent on one machine: the same template, the same binaries, real wire protocols.
#![expect(clippy::disallowed_methods, reason = "a developer's tool starts in the developer's environment")]

pub mod assets;
pub mod bedrock;
pub mod control;
pub mod credentials;
pub mod database;
pub mod event_source;
pub mod folder;
pub mod functions;
pub mod gateway;
pub mod minilm;
pub mod postgres;
pub mod queues;
pub mod runtime_api;
pub mod s3;
pub mod sqs;
pub mod stack;
pub mod template;

pub mod client;
pub mod demo;
