//! Refusals of figures as problem documents.

use access::database_problem;
use metrics::Refusal;
use web::Problem;

/// A use case's refusal as its handler's answer.
pub trait OrProblem<T> {
    fn or_problem(self) -> Result<T, Problem>;
}

impl<T> OrProblem<T> for Result<T, Refusal> {
    fn or_problem(self) -> Result<T, Problem> {
        self.map_err(refused)
    }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Unauthorized => Problem::unauthorized(),
        Refusal::NotAMember => Problem::not_a_member(),
        Refusal::OutsideSession => Problem::outside_session(),
        Refusal::Forbidden(scope) => Problem::forbidden(scope.as_str()),
        Refusal::TooManyCalls(exceeded) => {
            Problem::too_many_calls(exceeded.per_minute, exceeded.retry_after_seconds)
        }
        Refusal::NotFound(what) => Problem::not_found(what),
        Refusal::Invalid { pointer, detail } => Problem::invalid("invalid-query", pointer, detail),
        Refusal::Store(error) => database_problem(&error),
    }
}
