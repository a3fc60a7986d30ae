//! What callers branch on when the database says no; all else is passed on as it is.

use tokio_postgres::error::SqlState;

/// Result of a database call.
pub type Result<T> = std::result::Result<T, Error>;

/// A database error, sorted by what a caller can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection is gone or the server is not ready: the same call may work in a moment (Neon resumes a
    /// suspended compute in a few hundred milliseconds).
    #[error("database is not reachable")]
    Unavailable(#[source] tokio_postgres::Error),
    /// All connections that a process may have are in use, and none came free in time.
    #[error("all connections of this process are in use")]
    Busy,
    /// A named constraint refused the row.
    #[error("constraint {constraint} refuses the row")]
    Refused {
        /// The constraint's name.
        constraint: String,
        /// The database's error.
        #[source]
        source: tokio_postgres::Error,
    },
    /// Anything else: a defect.
    #[error("database refuses the statement")]
    Other(#[source] tokio_postgres::Error),
    /// The database's side of tenancy has a hole: nothing is served.
    #[error("refuses to serve: {0}")]
    Unguarded(String),
    /// The request was done before, or what it is about was changed meanwhile ([`crate::demands`]): whoever serves it knows.
    #[error("not as the request demands")]
    NotAsDemanded,
    /// A row that the program cannot read: a defect as well.
    #[error("row does not hold what the program expects: {0}")]
    Unexpected(String),
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let retryable = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
        ];
        match error.as_db_error() {
            None => Error::Unavailable(error),
            Some(db) if retryable.contains(db.code()) || db.code().code().starts_with("08") => {
                Error::Unavailable(error)
            }
            Some(db) if db.code().code().starts_with("23") => {
                Error::Refused { constraint: db.constraint().unwrap_or_default().to_owned(), source: error }
            }
            Some(_) => Error::Other(error),
        }
    }
}

impl Error {
    /// Whether the same call may work in a moment.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Unavailable(_) | Error::Busy)
    }
}
