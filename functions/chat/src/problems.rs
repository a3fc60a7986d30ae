//! Refusals of the read path as problem documents.

use access::{database_problem, database_unavailable};
use answering::{Broken, Refusal};
use domain::{conversation::MessageProblem, limits};
use std::num::NonZeroU32;
use web::Problem;

/// Seconds after which what is under way may be done.
const UNDER_WAY_SECONDS: u32 = 5;

/// A use case's refusal as its handler's answer.
pub trait OrProblem<T> {
    fn or_problem(self) -> Result<T, Problem>;
}

impl<T> OrProblem<T> for Result<T, Refusal> {
    fn or_problem(self) -> Result<T, Problem> {
        self.map_err(|refusal| refused(&refusal))
    }
}

/// A use case's refusal.
pub fn refused(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::Unauthorized => Problem::unauthorized(),
        Refusal::NotAMember => Problem::not_a_member(),
        Refusal::OutsideSession => Problem::outside_session(),
        Refusal::Forbidden(scope) => Problem::forbidden(scope.as_str()),
        Refusal::TooManyCalls(exceeded) => {
            Problem::too_many_calls(exceeded.per_minute, exceeded.retry_after_seconds)
        }
        Refusal::OverBudget(over) => Problem::over_budget(&over.whose, over.retry_after_seconds),
        Refusal::NotFound(what) => Problem::not_found(what),
        Refusal::SessionClosed(status) => Problem::session_closed(status),
        Refusal::NotTheirs => Problem::conflict(
            "not-a-users-message",
            "Only what a user said can be changed, not what was answered.",
        ),
        Refusal::UnderWay => Problem {
            retry_after_seconds: NonZeroU32::new(UNDER_WAY_SECONDS),
            ..Problem::conflict(
                "request-under-way",
                "The same request is being answered at this moment, under the same Idempotency-Key. Try again in a moment.",
            )
        },
        Refusal::KeyReused => Problem::invalid(
            "idempotency-key-reused",
            "Idempotency-Key",
            "This key was used for another request. Choose a new one for each request that is to be done once.",
        ),
        Refusal::Invalid { pointer, detail } => Problem::invalid("invalid-field", *pointer, detail),
        Refusal::TooManyFiles => Problem::conflict(
            "too-many-files",
            format!("A session has at most {} files. Delete one of them first.", limits::SESSION_FILES),
        ),
        Refusal::Objects(error) => {
            tracing::error!(error = %error, "object store refuses");
            Problem::unavailable("platform-unavailable", "Storage does not answer. Try again in a moment.")
        }
        Refusal::Store(error) => database_problem(error),
    }
}

pub fn broken(broken: Broken) -> Problem {
    match broken {
        Broken::ModelUnavailable => Problem::unavailable(
            "model-unavailable",
            "The language model is busy or broke off. Ask again in a moment.",
        ),
        Broken::ModelRefused => Problem::bad_gateway(
            "model-refused",
            "The language model refuses the call. An administrator should check the chatbot's model and its access.",
        ),
        Broken::Cancelled => {
            Problem::conflict("cancelled", "The answer was stopped by request; what was written is kept.")
        }
        Broken::TooSlow => Problem::unavailable(
            "model-too-slow",
            "The language model took too long. Ask again, or in fewer words.",
        ),
        Broken::DatabaseUnavailable => database_unavailable(),
        Broken::Internal => Problem::internal(),
    }
}

pub fn not_a_question(problem: MessageProblem, pointer: &str) -> Problem {
    match problem {
        MessageProblem::Empty => {
            Problem::invalid("message-empty", pointer, "Write a question: this one is empty.")
        }
        MessageProblem::TooLong => Problem::invalid(
            "message-too-long",
            pointer,
            format!("A question has at most {} characters.", limits::USER_MESSAGE_CHARACTERS),
        ),
        MessageProblem::Nul => {
            Problem::invalid("message-invalid", pointer, "A question must not hold NUL characters.")
        }
    }
}
