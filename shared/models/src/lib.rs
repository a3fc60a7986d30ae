//! The models we call: texts to vectors, prompts to answers. Bedrock's wire, spoken by the AWS SDK; which
//! endpoint answers is configuration.

mod embed;
mod error;
mod generate;

pub use embed::{Embedded, Embedder, Purpose};
pub use error::{Error, Result};
pub use generate::{Delta, Generator, Prompt, Turn, Usage};
