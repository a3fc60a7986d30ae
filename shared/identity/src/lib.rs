//! Who is calling: a person with an access token of the organization's identity provider, or an end user with a
//! session token of ours. API keys are `domain::ApiKey`.
//!
//! It says only whose token it is. What the caller may do is a role's or a key's scopes; whether the person is known
//! here is the database's to say. No SQL, no handlers; the moment travels as a value.

pub mod oidc;
pub mod session_token;
pub mod fetch;
mod algorithm;
mod key_set;
mod key_cache;
#[cfg(test)]
mod testing;

pub use algorithm::Algorithm;
pub use fetch::{Fetch, Https};
pub use oidc::{Issuer, Misconfigured, Person, Verifier};
pub use session_token::{Origin, Session, SessionKey, SessionKeys, SessionTokenError};
