//! The models we call: texts to vectors, prompts to answers, passages to an order. Bedrock's wire, spoken by the AWS SDK, and
//! OpenAI's, for models whose id says so; which endpoints answer is configuration.

mod compatible;
mod embed;
mod error;
mod generate;
mod invoke;
mod rerank;

pub use compatible::{Endpoint, PREFIX};
pub use embed::{Embedded, Embedder, Purpose, reads};
pub use error::{Error, Result};
pub use generate::{Delta, Generator, Guardrail, Prompt, Turn, Usage};
pub use rerank::Reranker;
