//! What callers branch on when a model says no.

use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};

/// Result of a model call.
pub type Result<T> = std::result::Result<T, Error>;

/// A model's refusal, sorted by what a caller can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too many requests, a time-out, or a service that is not ready: the same call may work later.
    #[error("the model is busy or not reachable: {0}")]
    Retryable(String),
    /// The call itself is refused: wrong model id, no access, input too long.
    #[error("the model refuses the call: {0}")]
    Refused(String),
    /// An answer that is not what the model's interface promises.
    #[error("the model's answer cannot be read: {0}")]
    Unexpected(String),
}

/// Codes whose message may be logged: it tells of accounts, models and rates. A validation's message may quote
/// the prompt, which belongs to somebody.
const SAYS_NOTHING_OF_THE_INPUT: [&str; 5] = [
    "AccessDeniedException",
    "ResourceNotFoundException",
    "ThrottlingException",
    "ServiceQuotaExceededException",
    "ModelNotReadyException",
];

impl Error {
    /// Whether the same call may work later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Retryable(_))
    }

    /// Sorts an SDK error by its code. Provider messages go to the log, never to a client.
    pub(crate) fn from_sdk<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
        error: &SdkError<E, R>,
    ) -> Self {
        let text = match error.code() {
            None => format!("no answer: {error}"),
            Some(code) if SAYS_NOTHING_OF_THE_INPUT.contains(&code) => {
                format!("{code}: {}", error.message().unwrap_or_default())
            }
            Some(code) => code.to_owned(),
        };
        match error {
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
                Error::Retryable(text)
            }
            _ => Self::from_code(error.code().unwrap_or_default(), text),
        }
    }

    /// Bedrock's error codes ("Troubleshooting Amazon Bedrock API Error Codes").
    pub(crate) fn from_code(code: &str, text: String) -> Self {
        match code {
            "ThrottlingException"
            | "ServiceUnavailableException"
            | "InternalServerException"
            | "ModelTimeoutException"
            | "ModelNotReadyException"
            | "ModelStreamErrorException"
            | "ModelErrorException" => Error::Retryable(text),
            _ => Error::Refused(text),
        }
    }
}
