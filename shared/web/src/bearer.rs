//! What a request presents of its caller, told apart by how it begins. Whether it is good is not said here.

use crate::Problem;
use axum::extract::FromRequestParts;
use domain::ApiKey;
use http::{HeaderMap, header, request::Parts};

/// How an API key begins.
const API_KEY: &str = "dk_";
/// How an end user's session token begins.
const SESSION_TOKEN: &str = "docent_session_v1.";
/// The header by which a person of several organizations says which one they mean.
const ORGANIZATION: &str = "docent-organization";

/// What is presented as `Authorization: Bearer`.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A machine's.
    Key(ApiKey),
    /// An end user's.
    SessionToken(String),
    /// A person's, if an identity provider is configured.
    AccessToken(String),
}

/// A credential, and what counts beside it.
#[derive(Debug, Clone)]
pub struct Presented {
    /// Well-formed, where the form says something.
    pub credential: Credential,
    /// The `Origin` header: the page that a browser asks for.
    pub origin: Option<String>,
    /// The slug in the header `Docent-Organization`.
    pub organization: Option<String>,
}

impl Presented {
    /// Reads the headers.
    ///
    /// # Errors
    /// 401 when there is no bearer, or an API key that is none.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (scheme, token) = text(header::AUTHORIZATION.as_str())
            .and_then(|value| value.split_once(' '))
            .ok_or_else(Problem::unauthorized)?;
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return Err(Problem::unauthorized());
        }
        let credential = if token.starts_with(API_KEY) {
            Credential::Key(ApiKey::parse(token).ok_or_else(Problem::unauthorized)?)
        } else if token.starts_with(SESSION_TOKEN) {
            Credential::SessionToken(token.to_owned())
        } else {
            Credential::AccessToken(token.to_owned())
        };
        // A header that is no text is no page of ours and no organization: it must not look as if there were none.
        let lossy = |name: &str| {
            headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let organization = lossy(ORGANIZATION).map(|slug| slug.trim().to_owned());
        Ok(Self {
            credential,
            origin: lossy(header::ORIGIN.as_str()),
            organization: organization.filter(|slug| !slug.is_empty()),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Presented {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::OrganizationId;
    use http::HeaderValue;

    fn presented(authorization: &str) -> Result<Credential, u16> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::try_from(authorization).expect("a value"));
        Presented::of(&headers).map(|presented| presented.credential).map_err(|problem| problem.status)
    }

    #[test]
    fn what_is_no_text_is_not_as_if_it_were_not_there() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer eyJ.a.b"));
        headers.insert(header::ORIGIN, HeaderValue::from_bytes(b"\xff").expect("a value"));
        headers.insert(ORGANIZATION, HeaderValue::from_bytes(b" \xff ").expect("a value"));
        let presented = Presented::of(&headers).expect("a bearer");
        assert_eq!(presented.origin.as_deref(), Some("\u{fffd}"));
        assert_eq!(presented.organization.as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn a_bearer_is_told_by_how_it_begins() {
        let key = ApiKey::generate(OrganizationId::generate()).reveal();
        assert!(matches!(presented(&format!("bearer {key}")), Ok(Credential::Key(_))));
        let token = presented("Bearer docent_session_v1.a.b.c");
        assert!(matches!(token, Ok(Credential::SessionToken(_))), "{token:?}");
        assert!(matches!(presented("Bearer eyJ.a.b"), Ok(Credential::AccessToken(_))));
        for wrong in ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer dk_1_2_3"] {
            assert!(matches!(presented(wrong), Err(401)), "{wrong:?}");
        }
        assert_eq!(Presented::of(&HeaderMap::new()).map(|_| ()).map_err(|problem| problem.status), Err(401));
    }
}
