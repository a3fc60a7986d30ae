//! What callers branch on when a model says no.

use aws_sdk_bedrockruntime::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

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
    /// An answer that is not what the model's interface promises. It may be whole another time.
    #[error("the model's answer cannot be read: {0}")]
    Unexpected(String),
    /// Vectors of another length than their space's: so it would be another time.
    #[error("the model's vectors are not of their space: {0}")]
    WrongDimension(String),
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

    /// Sorts an SDK error by its code and its status: what stands between us and the model, a proxy or a balancer, has no code to
    /// give. Provider messages go to the log, never to a client.
    pub(crate) fn from_sdk<E: ProvideErrorMetadata + std::fmt::Debug>(
        error: &SdkError<E, HttpResponse>,
    ) -> Self {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let text = match (error.code(), status) {
            (None, None) => format!("no answer: {error}"),
            (None, Some(status)) => format!("status {status} without a code"),
            (Some(code), _) if SAYS_NOTHING_OF_THE_INPUT.contains(&code) => {
                format!("{code}: {}", error.message().unwrap_or_default())
            }
            (Some(code), _) => code.to_owned(),
        };
        match error {
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
                Error::Retryable(text)
            }
            _ if status.is_some_and(may_pass) => Error::Retryable(text),
            _ => Self::from_code(error.code().unwrap_or_default(), text),
        }
    }

    /// Bedrock's error codes ("Troubleshooting Amazon Bedrock API Error Codes"), and those of every AWS service for a signature
    /// whose credentials or time are just being renewed.
    fn from_code(code: &str, text: String) -> Self {
        match code {
            "ThrottlingException"
            | "ServiceQuotaExceededException"
            | "ServiceUnavailableException"
            | "InternalServerException"
            | "ModelTimeoutException"
            | "ModelNotReadyException"
            | "ModelStreamErrorException"
            | "ModelErrorException"
            | "ExpiredTokenException"
            | "ExpiredToken"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "RequestExpired" => Error::Retryable(text),
            _ => Error::Refused(text),
        }
    }
}

/// Whether an HTTP status tells of the moment, and not of the request: too slow, too many, or the other side's own fault.
fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 429) || status >= 500
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_bedrockruntime::{error::ErrorMetadata, operation::invoke_model::InvokeModelError};

    fn sorted(status: u16, code: Option<&str>) -> Error {
        let mut said = ErrorMetadata::builder();
        if let Some(code) = code {
            said = said.code(code);
        }
        let status = status.try_into().expect("a status");
        let answer = HttpResponse::new(status, "<html>trouble</html>".into());
        Error::from_sdk(&SdkError::service_error(InvokeModelError::generic(said.build()), answer))
    }

    #[test]
    fn a_status_without_a_code_is_sorted_by_itself() {
        for status in [408, 429, 500, 502, 503, 504, 529] {
            let error = sorted(status, None);
            assert!(error.is_retryable(), "{status}: {error}");
            assert!(error.to_string().contains(&status.to_string()), "{error}");
        }
        for status in [400, 401, 403, 404, 407, 413, 424, 428, 430, 499] {
            assert!(matches!(sorted(status, None), Error::Refused(_)), "{status}");
        }
    }

    #[test]
    fn a_code_says_whether_the_same_call_may_work_later() {
        for code in [
            "ServiceQuotaExceededException",
            "ExpiredTokenException",
            "ExpiredToken",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "RequestExpired",
        ] {
            assert!(sorted(400, Some(code)).is_retryable(), "{code}");
        }
        assert!(sorted(424, Some("ModelErrorException")).is_retryable());
        for code in ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"] {
            assert!(matches!(sorted(400, Some(code)), Error::Refused(_)), "{code}");
        }
    }
}
