//! What every function answers when the database does not do its part.

use web::Problem;

/// 503 where the same request may work in a moment, else 500; logged here, since a client is told nothing of it.
#[must_use]
pub fn database_problem(error: &store::Error) -> Problem {
    if matches!(error, store::Error::NotAsDemanded) {
        // Never seen: `heed` knows why and says so.
        return Problem::internal();
    }
    if error.is_retryable() {
        tracing::error!(error = %error, "database is not reachable");
        return database_unavailable();
    }
    let source = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(error = %error, source, "database refuses");
    Problem::internal()
}

/// 503: the database does not answer.
#[must_use]
pub fn database_unavailable() -> Problem {
    Problem::unavailable("database-unavailable", "The database does not answer. Try again in a moment.")
}
