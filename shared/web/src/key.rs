//! The caller's API key.

use crate::Problem;
use axum::extract::FromRequestParts;
use domain::ApiKey;
use http::{header, request::Parts};

/// A well-formed key as presented; whether it is good is the database's to say.
#[derive(Debug)]
pub struct BearerKey(pub ApiKey);

impl<S: Send + Sync> FromRequestParts<S> for BearerKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, key) =
            header.and_then(|value| value.split_once(' ')).ok_or_else(Problem::unauthorized)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Problem::unauthorized());
        }
        ApiKey::parse(key.trim()).map(Self).ok_or_else(Problem::unauthorized)
    }
}
