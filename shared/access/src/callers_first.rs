//! What is wrong with a request is told to callers alone. Whether somebody is one, only the database knows, which a use case asks
//! when the request is read; so what is refused before is asked for here, and costs nothing where nothing is refused.

use crate::{Access, database_problem};
use axum::{extract::Request, middleware::Next, response::Response};
use http::StatusCode;
use jiff::Timestamp;
use store::caller::{self, Denied};
use web::{Presented, Problem};

/// Middleware: whoever is no caller is told that, and nothing of what they sent.
///
/// # Errors
/// 401, 403 or 429 for whom the request's own fault is none of their business; 503.
pub async fn callers_first(request: Request, next: Next) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let access = request.extensions().get::<Access>().cloned();
    let (response, is_known) = caller::watched(next.run(request)).await;
    if let Some(access) = access
        && !is_known
        && tells_of_the_request(response.status())
    {
        let caller = access.caller(Presented::of(&headers)?, Timestamp::now()).await?;
        caller::known(&access.inner.database, &caller).await.map_err(|refused| denied(&refused))?;
    }
    Ok(response)
}

/// Not those that say who is calling, or which methods there are.
fn tells_of_the_request(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::NOT_FOUND
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

fn denied(denied: &Denied) -> Problem {
    match denied {
        Denied::Unauthorized => Problem::unauthorized(),
        Denied::NotAMember => Problem::not_a_member(),
        Denied::Forbidden(scope) => Problem::forbidden(scope.as_str()),
        Denied::OutsideSession | Denied::OthersSession => Problem::outside_session(),
        Denied::TooManyCalls(over) => Problem::too_many_calls(over.per_minute, over.retry_after_seconds),
        Denied::Store(error) => database_problem(error),
    }
}
