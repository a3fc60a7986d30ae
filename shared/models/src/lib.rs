//! The models we call: texts to vectors, prompts to answers, passages to an order. Bedrock's wire, spoken by the AWS SDK; which
//! endpoint answers is configuration.

mod embed;
mod error;
mod generate;
mod invoke;
mod rerank;

pub use embed::{Embedded, Embedder, Purpose};
pub use error::{Error, Result};
pub use generate::{Delta, Generator, Guardrail, Prompt, Turn, Usage};
pub use rerank::Reranker;
