//! Refusals of administration as problem documents.

use access::database_problem;
use management::Refusal;
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
        Refusal::Invalid { pointer, detail } => Problem::invalid("invalid-field", pointer, detail),
        Refusal::Conflict { kind, detail } => Problem::conflict(kind, detail),
        Refusal::Gone { kind, detail } => Problem::gone(kind, detail),
        Refusal::ModelUnavailable => Problem::unavailable(
            "model-unavailable",
            "The embedding model is busy or broke off. Nothing was changed; try again in a moment.",
        ),
        Refusal::ModelRefused => Problem::bad_gateway(
            "model-refused",
            "The embedding model refuses the call. Nothing was changed; check the model and its access.",
        ),
        Refusal::KeyUnavailable(why) => {
            tracing::error!(why, "nothing can be sealed");
            Problem::unavailable(
                "key-unavailable",
                "The key that seals personal data does not answer. Nothing was changed; try again in a moment.",
            )
        }
        Refusal::Platform(error) => {
            tracing::error!(error = format!("{error:#}"), "storage or queue refuses");
            Problem::unavailable(
                "platform-unavailable",
                "Storage or queue do not answer. Try again in a moment; what was begun is not done twice.",
            )
        }
        Refusal::Store(error) => database_problem(&error),
    }
}
