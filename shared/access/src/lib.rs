//! THE FRONT DOOR: what a request presents becomes a caller of one organization.
//!
//! [`Bearer`] reads as the way: told apart by its form ([`web::bearer`]) ▸ verified ([`identity`]) ▸ of which organization
//! ([`membership`], for people) ▸ caller. Whether the caller is let in, every use case asks the database again, in the
//! flush that it makes anyway. [`heed`] hears what a request demands of what it changes,
//! [`visit`] tells where it comes from, [`callers_first`] sees to it that strangers learn nothing else than that they are.

mod configured;
mod callers_first;
mod database;
mod heed;
mod membership;
mod visit;

pub use callers_first::callers_first;
pub use configured::Configured;
pub use database::{database_problem, database_unavailable};
pub use heed::{ShownOnce, heed};
pub use visit::visit;

use axum::extract::FromRequestParts;
use domain::{Caller, sealed::IdentityHashKey};
use http::request::Parts;
use identity::{Origin, Session, SessionKeys, SessionTokenError, Verifier, oidc};
use jiff::Timestamp;
use membership::Memberships;
use std::sync::Arc;
use store::Database;
use vault::Vault;
use web::{Credential, Presented, Problem};

/// What callers are told by. One a process, since it keeps the identity provider's keys; cheap to clone.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    /// None: nobody signs in.
    verifier: Option<Verifier>,
    session_keys: SessionKeys,
    identity_hash_key: IdentityHashKey,
    /// Seals the address of whoever becomes a user.
    vault: Vault,
    memberships: Memberships,
}

impl Access {
    /// Callers of this deployment.
    ///
    /// # Errors
    /// When the configuration lets nobody in, or the wrong ones.
    pub fn new(database: &Database, vault: &Vault, configured: Configured) -> anyhow::Result<Self> {
        Ok(Self {
            inner: Arc::new(Inner {
                database: database.clone(),
                verifier: configured.verifier()?,
                session_keys: configured.session_keys()?,
                identity_hash_key: configured.identity_hash_key()?,
                vault: vault.clone(),
                memberships: Memberships::default(),
            }),
        })
    }

    /// The key of look-up hashes.
    #[must_use]
    pub fn identity_hash_key(&self) -> &IdentityHashKey {
        &self.inner.identity_hash_key
    }

    /// The token of a session for its end user; bound to the page, when a browser asks for one.
    #[must_use]
    pub fn session_token(&self, session: &Session) -> String {
        self.inner.session_keys.issue(session)
    }

    /// Who presents this at this moment.
    ///
    /// # Errors
    /// 401, 403, 400 for a person of several organizations, 503 when the identity provider or the database does not answer.
    pub async fn caller(&self, presented: Presented, now: Timestamp) -> Result<Caller, Problem> {
        match presented.credential {
            Credential::Key(key) => Ok(Caller::Key(key)),
            Credential::SessionToken(token) => self.end_user(&token, presented.origin.as_deref(), now),
            Credential::AccessToken(token) => {
                let verifier = self.inner.verifier.as_ref().ok_or_else(Problem::unauthorized)?;
                let person = verifier.verify(&token, now).await.map_err(not_verified)?;
                self.member(&person, presented.organization.as_deref()).await
            }
        }
    }

    fn end_user(&self, token: &str, origin: Option<&str>, now: Timestamp) -> Result<Caller, Problem> {
        match self.inner.session_keys.verify(token, origin, now) {
            Ok(Session { organization, chatbot, session, .. }) => {
                Ok(Caller::EndUser { organization, chatbot, session })
            }
            Err(SessionTokenError::Untrusted | SessionTokenError::Expired) => Err(Problem::unauthorized()),
            Err(SessionTokenError::OtherOrigin) => {
                Err(Problem::not_welcome("This session was opened by a page of another origin."))
            }
        }
    }
}

fn not_verified(error: oidc::Error) -> Problem {
    match error {
        oidc::Error::Malformed | oidc::Error::Untrusted | oidc::Error::Expired => Problem::unauthorized(),
        oidc::Error::Refused => Problem::not_welcome(
            "Who is anonymous or restricted at the identity provider cannot sign in here.",
        ),
        oidc::Error::Unavailable => Problem::unavailable(
            "identity-provider-unavailable",
            "The identity provider does not answer. Try again in a moment.",
        ),
    }
}

/// The page that a request comes from, when a browser says so.
#[must_use]
pub fn origin(headers: &http::HeaderMap) -> Option<Origin> {
    headers.get(http::header::ORIGIN)?.to_str().ok().and_then(Origin::parse)
}

/// A request's caller. Its service has an [`Access`] among the request's extensions.
#[derive(Debug, Clone)]
pub struct Bearer(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let presented = Presented::of(&parts.headers)?;
        let Some(access) = parts.extensions.get::<Access>().cloned() else {
            tracing::error!("the service knows no callers");
            return Err(Problem::internal());
        };
        access.caller(presented, Timestamp::now()).await.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ApiKey, ChatbotId, OrganizationId, SessionId};

    /// Where no identity provider is configured; no database is asked.
    fn without_people() -> Access {
        let database = Database::new("postgres://nobody@127.0.0.1:1/nothing").expect("a URL");
        let configured = Configured {
            session_token_key: "k".repeat(32),
            identity_hash_key: "i".repeat(32),
            ..Configured::default()
        };
        Access::new(&database, &Vault::without_key(), configured).expect("configured")
    }

    fn presented(credential: Credential, origin: Option<&str>) -> Presented {
        Presented { credential, origin: origin.map(ToOwned::to_owned), organization: None }
    }

    #[tokio::test]
    async fn without_an_identity_provider_no_person_is_known() {
        let (access, now) = (without_people(), Timestamp::UNIX_EPOCH);
        let token = Credential::AccessToken("eyJhbGciOiJSUzI1NiJ9.e30.AAAA".to_owned());
        let refused = access.caller(presented(token, None), now).await.map_err(|problem| problem.status);
        assert!(matches!(refused, Err(401)), "{refused:?}");
        let key = Credential::Key(ApiKey::generate(OrganizationId::generate()));
        assert!(matches!(access.caller(presented(key, None), now).await, Ok(Caller::Key(_))));
    }

    #[tokio::test]
    async fn a_sessions_token_is_an_end_user_on_its_page_until_it_expires() {
        let access = without_people();
        let said = Session {
            organization: OrganizationId::generate(),
            chatbot: ChatbotId::generate(),
            session: SessionId::generate(),
            origin: Origin::parse("https://shop.example"),
            expires_at: 100,
        };
        let caller = async |origin: Option<&str>, second: i64| {
            let token = Credential::SessionToken(access.session_token(&said));
            let now = Timestamp::from_second(second).expect("in range");
            access.caller(presented(token, origin), now).await.map_err(|problem| problem.status)
        };
        let page = Some("https://shop.example");
        let known = caller(page, 99).await;
        assert!(matches!(known, Ok(Caller::EndUser { session, .. }) if session == said.session), "{known:?}");
        assert!(matches!(caller(page, 100).await, Err(401)));
        for other in [None, Some("https://evil.example"), Some("\u{fffd}")] {
            assert!(matches!(caller(other, 99).await, Err(403)), "{other:?}");
        }
    }
}
