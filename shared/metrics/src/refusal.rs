//! Why something is not told.

use domain::Scope;
use store::{api_keys::Exceeded, caller::Denied};

/// Why a call is not served. What exists in another organization does not exist here.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No such key, a wrong secret, revoked or expired: all the same to the caller.
    #[error("the API key is not valid")]
    Unauthorized,
    /// A person who is no user of the organization, or no longer.
    #[error("the person is not a member of the organization")]
    NotAMember,
    /// An end user asks for what is not of their session.
    #[error("an end user asks for more than their session")]
    OutsideSession,
    /// The key lacks this scope.
    #[error("the API key has not the scope {}", .0.as_str())]
    Forbidden(Scope),
    /// More calls than the key may make: later again.
    #[error("the API key makes more than {} calls a minute", .0.per_minute)]
    TooManyCalls(Exceeded),
    /// Nothing of the caller's has this id.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A parameter is wrong.
    #[error("{detail}")]
    Invalid {
        /// `?name`.
        pointer: &'static str,
        /// What is wrong, and what is right.
        detail: String,
    },
    /// The database refuses or is not reachable.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Refusal {
    /// A parameter is wrong.
    pub(crate) fn invalid(pointer: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid { pointer, detail: detail.into() }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthorized => Self::Unauthorized,
            Denied::NotAMember => Self::NotAMember,
            // Figures are of no session.
            Denied::OutsideSession | Denied::OthersSession => Self::OutsideSession,
            Denied::Forbidden(scope) => Self::Forbidden(scope),
            Denied::TooManyCalls(exceeded) => Self::TooManyCalls(exceeded),
            Denied::Store(error) => Self::Store(error),
        }
    }
}
