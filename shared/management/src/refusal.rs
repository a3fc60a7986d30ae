//! Why something is not done.

use domain::Scope;
use store::{api_keys::Exceeded, caller::Denied};

/// A constraint's name, and what its refusal means to the caller.
pub type Means = (&'static str, fn() -> Refusal);

/// Why a call is not served. What exists in another organization does not exist here.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No such key, a wrong secret, revoked or expired, a session that is gone: all the same to the caller.
    #[error("the caller is not known")]
    Unauthorized,
    /// A person who is no user of the organization, or no longer.
    #[error("the person is not a member of the organization")]
    NotAMember,
    /// The caller lacks this scope.
    #[error("the caller has not the scope {}", .0.as_str())]
    Forbidden(Scope),
    /// An end user asks for what is not of their session.
    #[error("an end user asks for more than their session")]
    OutsideSession,
    /// More calls than the caller may make: later again.
    #[error("the caller makes more than {} calls a minute", .0.per_minute)]
    TooManyCalls(Exceeded),
    /// Nothing of the caller's has this id.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A field is wrong.
    #[error("{detail}")]
    Invalid {
        /// JSON pointer into what was sent.
        pointer: String,
        /// What is wrong, and what is right.
        detail: String,
    },
    /// The request is well, and what it is about does not allow it now.
    #[error("{detail}")]
    Conflict {
        /// Stable, for programs.
        kind: &'static str,
        /// What is in the way, and what to do.
        detail: String,
    },
    /// It was there, and its time has passed.
    #[error("{detail}")]
    Gone {
        /// Stable, for programs.
        kind: &'static str,
        /// What has gone, and what is left.
        detail: &'static str,
    },
    /// The model that makes vectors is busy: again in a moment.
    #[error("the embedding model is busy")]
    ModelUnavailable,
    /// The model refuses the call: its id or its access is wrong.
    #[error("the embedding model refuses")]
    ModelRefused,
    /// What is to be sealed cannot be at present: again in a moment.
    #[error("{0}")]
    KeyUnavailable(String),
    /// S3 or SQS does not do as it is asked: again in a moment.
    #[error("{0:#}")]
    Platform(anyhow::Error),
    /// The database refuses or is not reachable.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Refusal {
    /// A field is wrong.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid { pointer: pointer.into(), detail: detail.into() }
    }

    /// Something is in the way.
    pub fn conflict(kind: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { kind, detail: detail.into() }
    }

    /// What a row's refusal means to the caller, by the constraint's name.
    #[must_use]
    pub fn of_row(error: store::Error, known: &[Means]) -> Self {
        let means = match &error {
            store::Error::Refused { constraint, .. } => known.iter().find(|(name, _)| name == constraint),
            _ => None,
        };
        means.map_or_else(|| Self::Store(error), |(_, refusal)| refusal())
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthorized => Self::Unauthorized,
            Denied::NotAMember => Self::NotAMember,
            Denied::Forbidden(scope) => Self::Forbidden(scope),
            Denied::OutsideSession => Self::OutsideSession,
            Denied::OthersSession => Self::NotFound("session"),
            Denied::TooManyCalls(exceeded) => Self::TooManyCalls(exceeded),
            Denied::Store(error) => Self::Store(error),
        }
    }
}

impl From<models::Error> for Refusal {
    fn from(error: models::Error) -> Self {
        tracing::warn!(error = format!("{error}"), "embedding failed");
        if error.is_retryable() { Self::ModelUnavailable } else { Self::ModelRefused }
    }
}

impl From<vault::Error> for Refusal {
    fn from(error: vault::Error) -> Self {
        match error {
            vault::Error::Store(error) => Self::Store(error),
            other => Self::KeyUnavailable(other.to_string()),
        }
    }
}

impl From<objects::Error> for Refusal {
    fn from(error: objects::Error) -> Self {
        Self::Platform(error.into())
    }
}
