//! Access tokens of people: JWTs (RFC 7519, RFC 9068) of any OpenID Connect issuer, by configuration.

use crate::{
    Algorithm, Fetch,
    key_cache::{KeyCache, Source},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::limits;
use jiff::Timestamp;
use jsonwebtoken::Header;
use serde::Deserialize;
use serde_json::Value;
use std::{fmt, sync::Arc};
use url::{Host, Url};

#[cfg(test)]
mod tests;

/// Characters of a subject (OpenID Connect Core 1.0, 2).
const SUBJECT_CHARACTERS: usize = 255;
/// Values of `typ` for an access token, in lower case (RFC 7519, 5.1 and RFC 9068, 2.1; `application/` may be left out,
/// RFC 7515, 4.1.9).
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];

/// Whose tokens are believed, and which of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// The claim `iss`, letter by letter, which is also the address it is discovered at.
    pub issuer: String,
    /// What a token must be for: one of these is in its claim `aud`.
    pub audience: Vec<String>,
    /// How it may be signed.
    pub algorithms: Vec<Algorithm>,
    /// Where the keys are; when nothing is said, where the issuer's own document says.
    pub jwks_url: Option<String>,
}

impl Issuer {
    /// A project of Stack Auth, which is now Hexclave, at its first address. It signs with ES256; people who are
    /// anonymous or restricted get another issuer (`projects-anonymous-users`, `projects-restricted-users`), another
    /// audience (`…:anon`, `…:restricted`) and other keys, which its key set leaves out unless asked.
    /// Sources: hexclave/hexclave at 4232f3674246b45c4b120028cdfdae1e115efa1e, `apps/backend/src/lib/tokens.tsx`
    /// (`getIssuer`, `getAudience`, `getPublicProjectJwkSet`; the claims in
    /// `generateAccessTokenFromRefreshTokenIfValid`), and its guide to JWTs as changed by hexclave/stack-auth#1136.
    #[must_use]
    pub fn stack_auth(project: &str) -> Self {
        Self::project("https://api.stack-auth.com", project)
    }

    /// The same for applications that talk to Hexclave by its new address: the issuer of a token is the host that the
    /// person's browser signed in at (same source).
    #[must_use]
    pub fn hexclave(project: &str) -> Self {
        Self::project("https://api.hexclave.com", project)
    }

    fn project(host: &str, project: &str) -> Self {
        let issuer = format!("{host}/api/v1/projects/{project}");
        Self {
            jwks_url: Some(format!("{issuer}/.well-known/jwks.json")),
            issuer,
            audience: vec![project.to_owned()],
            algorithms: vec![Algorithm::Es256],
        }
    }

    fn check(&self) -> Result<(), Misconfigured> {
        if !is_safe(&self.issuer) {
            return Err(Misconfigured("the issuer is not an https address"));
        }
        if self.jwks_url.as_deref().is_some_and(|url| !is_safe(url)) {
            return Err(Misconfigured("the key set is not at an https address"));
        }
        if self.audience.is_empty() || self.audience.iter().any(|audience| audience.trim().is_empty()) {
            return Err(Misconfigured("an audience is missing"));
        }
        if self.algorithms.is_empty() {
            return Err(Misconfigured("no algorithm is allowed"));
        }
        Ok(())
    }
}

/// Whether keys may come from there: by HTTPS, or from an issuer on the same machine.
pub(crate) fn is_safe(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    })
}

/// An [`Issuer`] that nothing could be verified by, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("identity provider: {0}")]
pub struct Misconfigured(&'static str);

/// Why a token gives nobody, by what the caller does next. No text of it holds anything of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no access token: 401.
    #[error("not an access token")]
    Malformed,
    /// Its signature, key, algorithm, issuer or audience is not what we believe: 401.
    #[error("an access token that is not trusted")]
    Untrusted,
    /// It is past its time or before it: 401, and the bearer gets a new one.
    #[error("an access token that is not good at this time")]
    Expired,
    /// It is good, but its bearer is anonymous or restricted: 403.
    #[error("an access token of somebody who may not sign in here")]
    Refused,
    /// The issuer's keys cannot be fetched, so that nothing can be said: 503, and the bearer tries again.
    #[error("the identity provider does not answer")]
    Unavailable,
}

/// Who presented a token. Shows and logs without the address.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The issuer's name for them: 1 to 255 characters, never given to another.
    pub subject: String,
    /// Their address, only when the issuer verified it.
    pub email: Option<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let email = self.email.as_ref().map(|_| "…");
        f.debug_struct("Person").field("subject", &self.subject).field("email", &email).finish()
    }
}

/// Tells whose access token it is. One a process: it keeps the issuer's keys.
pub struct Verifier {
    issuer: Issuer,
    keys: KeyCache,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Verifier {
    /// Believes this issuer. Nothing is fetched before the first token comes.
    ///
    /// # Errors
    /// [`Misconfigured`] when no token could ever be good, or keys would come in the clear.
    pub fn new(issuer: Issuer, fetch: Arc<dyn Fetch>) -> Result<Self, Misconfigured> {
        issuer.check()?;
        let source = match &issuer.jwks_url {
            Some(url) => Source::At(url.clone()),
            None => Source::Discovered { issuer: issuer.issuer.clone() },
        };
        Ok(Self { keys: KeyCache::new(source, fetch), issuer })
    }

    /// Who presents this token at this moment.
    ///
    /// # Errors
    /// [`Error`], by what the caller does next.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Person, Error> {
        let token = Token::read(token)?;
        let algorithm = Algorithm::of(token.header.alg)
            .filter(|algorithm| self.issuer.algorithms.contains(algorithm))
            .ok_or(Error::Untrusted)?;
        // Before the signature, so that another issuer's tokens do not have this one asked for their keys.
        token.claims.are_for(&self.issuer)?;
        let id = token.header.kid.as_deref();
        let mut keys = self.keys.current(now).await?;
        if !keys.knows(id, algorithm) {
            keys = self.keys.again(now, &keys).await?;
        }
        if !keys.verifies(id, algorithm, token.signed, &token.signature) {
            return Err(Error::Untrusted);
        }
        token.claims.are_good_at(now)?;
        token.claims.person()
    }
}

/// A token taken apart (RFC 7515, 3.1), nothing of it believed yet.
struct Token<'a> {
    header: Header,
    claims: Claims,
    signed: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    fn read(text: &'a str) -> Result<Self, Error> {
        if text.len() > limits::ACCESS_TOKEN_BYTES {
            return Err(Error::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Error::Malformed)?;
        let (_, claims) = signed.split_once('.').ok_or(Error::Malformed)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Error::Malformed);
        let header = jsonwebtoken::decode_header(text).map_err(|_| Error::Malformed)?;
        let typ = header.typ.as_deref().map(str::to_ascii_lowercase);
        // `crit` names what must be understood, and we understand no extension (RFC 7515, 4.1.11).
        if header.crit.is_some() || typ.is_some_and(|typ| !TYPES.contains(&typ.as_str())) {
            return Err(Error::Malformed);
        }
        let claims = serde_json::from_slice(&decode(claims)?).map_err(|_| Error::Malformed)?;
        Ok(Self { header, claims, signed: signed.as_bytes(), signature: decode(signature)? })
    }
}

/// Claims as RFC 7519, 4.1 and OpenID Connect Core 1.0, 5.1 name them. A claim that stands twice is an error.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    #[serde(default)]
    email: Value,
    #[serde(default)]
    email_verified: Value,
    /// The next three are Stack Auth's (`AccessTokenPayload`); tokens of before 2026 lack the last two.
    #[serde(default)]
    is_anonymous: Value,
    #[serde(default)]
    is_restricted: Value,
    #[serde(default)]
    restricted_reason: Value,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    fn are_for(&self, issuer: &Issuer) -> Result<(), Error> {
        let named = match &self.aud {
            Audience::One(audience) => std::slice::from_ref(audience),
            Audience::Several(audiences) => audiences,
        };
        let ours = named.iter().any(|audience| issuer.audience.contains(audience));
        if self.iss == issuer.issuer && ours { Ok(()) } else { Err(Error::Untrusted) }
    }

    /// Good from `nbf` until before `exp`, with the clocks' difference on both sides. Moments may have fractions
    /// (RFC 7519, 2, NumericDate).
    #[expect(clippy::cast_precision_loss, reason = "seconds of this age are exact in 53 bits")]
    fn are_good_at(&self, now: Timestamp) -> Result<(), Error> {
        let (now, leeway) = (now.as_second() as f64, limits::CLOCK_LEEWAY_SECONDS as f64);
        let good = now < self.exp + leeway && self.nbf.is_none_or(|nbf| nbf - leeway <= now);
        if good { Ok(()) } else { Err(Error::Expired) }
    }

    fn person(self) -> Result<Person, Error> {
        // OpenID Connect Core 1.0, 2, has ASCII; a NUL no database holds.
        let is_text = !self.sub.is_empty() && !self.sub.contains('\0');
        if !is_text || self.sub.chars().count() > SUBJECT_CHARACTERS {
            return Err(Error::Malformed);
        }
        // Anything but a plain "no" is a yes: a changed shape of the claim must not let people in.
        let no = |claim: &Value| matches!(claim, Value::Null | Value::Bool(false));
        if !no(&self.is_anonymous) || !no(&self.is_restricted) || !self.restricted_reason.is_null() {
            return Err(Error::Refused);
        }
        let email = match (self.email, self.email_verified) {
            (Value::String(email), Value::Bool(true)) => Some(email),
            _ => None,
        };
        let email = email.filter(|email| domain::sealed::email(email).is_some());
        Ok(Person { subject: self.sub, email })
    }
}
