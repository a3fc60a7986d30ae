//! The whole of Docent on one machine: the same template, the same binaries, real wire protocols.

pub mod assets;
pub mod postgres;
pub mod minilm;
pub mod bedrock;
pub mod credentials;
pub mod s3;
pub mod sqs;
pub mod template;
pub mod runtime_api;
pub mod event_source;
pub mod gateway;
pub mod functions;
pub mod queues;
pub mod database;
pub mod folder;
pub mod control;
pub mod stack;

pub mod client;
pub mod demo;
