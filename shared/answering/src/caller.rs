//! Who calls, and why a call is not served.

use crate::Answering;
use domain::{Caller, Scope, limits};
use store::{
    TenantTx,
    api_keys::Exceeded,
    caller::{self, Denied, Need},
    sessions::OverBudget,
};

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
    /// The same is being done at this moment, under the same key of the caller's.
    #[error("the same request is under way")]
    UnderWay,
    /// The caller's key stands for another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// Only what a user said can be changed.
    #[error("the message is not a user's")]
    NotTheirs,
    /// The session ended; its status says how.
    #[error("the session is {0}")]
    SessionClosed(String),
    /// A field is wrong.
    #[error("{detail}")]
    Invalid {
        /// JSON pointer into what was sent.
        pointer: &'static str,
        /// What is wrong, and what is right.
        detail: String,
    },
    /// The session has as many files as it may have.
    #[error("the session has {} files", limits::SESSION_FILES)]
    TooManyFiles,
    /// S3 does not do as it is asked: again in a moment.
    #[error(transparent)]
    Objects(#[from] objects::Error),
    /// What may be spent today is spent.
    #[error("the {}'s budget of today is used up", .0.whose)]
    OverBudget(OverBudget),
    /// The database refuses or is not reachable.
    #[error(transparent)]
    Store(#[from] store::Error),
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

impl Answering {
    /// Reads for a caller in one flush.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(crate) async fn admitted<T>(
        &self,
        caller: &Caller,
        need: impl Into<Need>,
        read: impl AsyncFnOnce(&TenantTx) -> store::Result<T>,
    ) -> Result<T, Refusal> {
        Ok(caller::admitted(&self.database, caller, need, read).await?)
    }
}
