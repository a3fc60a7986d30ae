//! Tokens of end users, who are nobody in particular: `docent_session_v1.{organization}.{payload}.{mac}`.
//!
//! A token is bound to one chatbot and one session, and to the page it was given to when there is one. The
//! organization's id stands in the clear, as 32 hexadecimal digits, so that the session is looked up inside its tenant's
//! transaction; the payload is signed, not secret. Nothing is kept of a token: what ends a session before its time is
//! the session's row.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{ChatbotId, OrganizationId, SessionId, limits};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use std::fmt;
use url::Url;
use uuid::Uuid;

const PREFIX: &str = "docent_session_v1";

/// Bytes that a key must have at least (RFC 2104, 3: no less than the hash's output).
pub const SESSION_KEY_BYTES: usize = 32;

/// A secret of the deployment that signs session tokens.
#[derive(Clone)]
pub struct SessionKey(Vec<u8>);

impl SessionKey {
    /// Takes the secret as configured; `None` when it is too short to protect anything.
    #[must_use]
    pub fn new(secret: &str) -> Option<Self> {
        (secret.len() >= SESSION_KEY_BYTES).then(|| Self(secret.as_bytes().to_vec()))
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(signed.as_bytes());
        mac
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

/// The scheme, host and port of a page (RFC 6454), in one spelling: lower case, without a scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// Reads an `Origin` header or a configured origin; `None` for `null`, for other schemes than those of the web, and
    /// for an address with more than scheme, host and port.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        (bare && matches!(url.scheme(), "http" | "https")).then(|| Self(url.origin().ascii_serialization()))
    }

    /// The spelling in a token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The tenant.
    pub organization: OrganizationId,
    /// The one chatbot that may be asked.
    pub chatbot: ChatbotId,
    /// The one session that may be gone on with.
    pub session: SessionId,
    /// The page that may use it; any caller where there is none.
    pub origin: Option<Origin>,
    /// The first second (Unix time) at which it is good no more.
    pub expires_at: i64,
}

/// Why a session token is not accepted, by what the caller does next. No text of it holds anything of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionTokenError {
    /// It is none of ours: 401.
    #[error("not a session token of this service")]
    Untrusted,
    /// It is past its time: 401, and the page opens another session.
    #[error("a session token past its time")]
    Expired,
    /// It was given to another page: 403.
    #[error("a session token of another page")]
    OtherOrigin,
}

/// The key that signs, and the one before it, by which tokens are still good while keys change.
#[derive(Debug, Clone)]
pub struct SessionKeys {
    current: SessionKey,
    previous: Option<SessionKey>,
}

impl SessionKeys {
    /// Signs and verifies with one key.
    #[must_use]
    pub fn new(current: SessionKey) -> Self {
        Self { current, previous: None }
    }

    /// Verifies with the key before as well.
    #[must_use]
    pub fn after(self, previous: SessionKey) -> Self {
        Self { previous: Some(previous), ..self }
    }

    /// A session's token: to be handed to its end user and kept nowhere.
    #[must_use]
    pub fn issue(&self, session: &Session) -> String {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(written(session));
        let signed = format!("{PREFIX}.{}.{payload}", session.organization.0.simple());
        let mac = self.current.mac(&signed).finalize().into_bytes();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac))
    }

    /// What a token says that is presented from this origin (the request's `Origin` header) at this moment.
    ///
    /// # Errors
    /// [`SessionTokenError`], by what the caller does next.
    pub fn verify(
        &self,
        token: &str,
        origin: Option<&str>,
        now: Timestamp,
    ) -> Result<Session, SessionTokenError> {
        let session = self.trusted(token).ok_or(SessionTokenError::Untrusted)?;
        if now.as_second() >= session.expires_at {
            return Err(SessionTokenError::Expired);
        }
        if session.origin.is_some() && session.origin != origin.and_then(Origin::parse) {
            return Err(SessionTokenError::OtherOrigin);
        }
        Ok(session)
    }

    fn trusted(&self, token: &str) -> Option<Session> {
        if !(..=limits::SESSION_TOKEN_BYTES).contains(&token.len()) {
            return None;
        }
        let (signed, mac) = token.rsplit_once('.')?;
        // The decoder refuses padding and loose bits at the end: a token has one spelling. All before the last dot is
        // signed as it is spelled.
        let mac = BASE64_URL_SAFE_NO_PAD.decode(mac).ok()?;
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        if !keys.any(|key| key.mac(signed).verify_slice(&mac).is_ok()) {
            return None;
        }
        let (organization, payload) = signed.strip_prefix(PREFIX)?.strip_prefix('.')?.split_once('.')?;
        let organization = OrganizationId(Uuid::try_parse(organization).ok()?);
        read(organization, &BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?)
    }
}

/// The payload: chatbot (16 bytes), session (16), expiry (8, the highest first), and the origin to the end, empty where
/// there is none.
fn written(session: &Session) -> Vec<u8> {
    let origin = session.origin.as_ref().map_or("", Origin::as_str);
    [
        &session.chatbot.0.as_bytes()[..],
        &session.session.0.as_bytes()[..],
        &session.expires_at.to_be_bytes(),
        origin.as_bytes(),
    ]
    .concat()
}

fn read(organization: OrganizationId, payload: &[u8]) -> Option<Session> {
    let (chatbot, rest) = payload.split_first_chunk::<16>()?;
    let (session, rest) = rest.split_first_chunk::<16>()?;
    let (expires_at, origin) = rest.split_first_chunk::<8>()?;
    let origin = match origin {
        [] => None,
        origin => Some(Origin::parse(str::from_utf8(origin).ok()?)?),
    };
    Some(Session {
        organization,
        chatbot: ChatbotId(Uuid::from_bytes(*chatbot)),
        session: SessionId(Uuid::from_bytes(*session)),
        origin,
        expires_at: i64::from_be_bytes(*expires_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRY: i64 = 1_800_000_000;

    fn keys(letter: &str) -> SessionKeys {
        SessionKeys::new(key(letter))
    }

    fn key(letter: &str) -> SessionKey {
        SessionKey::new(&letter.repeat(SESSION_KEY_BYTES)).expect("long enough")
    }

    fn session(origin: Option<&str>) -> Session {
        Session {
            organization: OrganizationId::generate(),
            chatbot: ChatbotId::generate(),
            session: SessionId::generate(),
            origin: origin.map(|origin| Origin::parse(origin).expect("an origin")),
            expires_at: EXPIRY,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn a_token_says_what_it_was_issued_for_until_it_expires() {
        let (keys, now) = (keys("k"), at(EXPIRY - 1));
        for origin in [None, Some("https://shop.example:8443")] {
            let session = session(origin);
            let token = keys.issue(&session);
            assert_eq!(keys.verify(&token, origin, now), Ok(session));
            assert_eq!(keys.verify(&token, origin, at(EXPIRY)), Err(SessionTokenError::Expired));
        }
    }

    #[test]
    fn another_page_cannot_use_it() {
        let (keys, now) = (keys("k"), at(0));
        let token = keys.issue(&session(Some("https://Shop.Example")));
        for same in ["https://shop.example", "HTTPS://SHOP.EXAMPLE", "https://shop.example:443"] {
            assert!(keys.verify(&token, Some(same), now).is_ok(), "{same}");
        }
        let other = [
            "http://shop.example",
            "https://shop.example:8443",
            "https://shop.example.evil.example",
            "https://evil.example/https://shop.example",
            "https://shop.example/page",
            "https://shop.example@evil.example",
            "https://user@shop.example",
            "null",
            "",
        ];
        for other in other.map(Some).into_iter().chain([None]) {
            assert_eq!(keys.verify(&token, other, now), Err(SessionTokenError::OtherOrigin), "{other:?}");
        }
        let unbound = keys.issue(&session(None));
        assert!(keys.verify(&unbound, Some("https://anywhere.example"), now).is_ok());
    }

    #[test]
    fn keys_change_without_ending_sessions() {
        let (old, new) = (keys("o"), keys("n"));
        let session = session(None);
        let rotated = new.clone().after(key("o"));
        assert_eq!(rotated.verify(&old.issue(&session), None, at(0)), Ok(session.clone()));
        assert_eq!(new.verify(&rotated.issue(&session), None, at(0)), Ok(session.clone()));
        let refused = new.verify(&old.issue(&session), None, at(0));
        assert_eq!(refused, Err(SessionTokenError::Untrusted));
    }

    #[test]
    fn no_byte_can_be_changed_added_or_left_out() {
        let keys = keys("k");
        let refused = |token: &str| {
            assert_eq!(keys.verify(token, None, at(0)), Err(SessionTokenError::Untrusted), "{token}");
        };
        // Origins of three lengths, so that the payload ends in each number of loose bits.
        for origin in
            [None, Some("https://a.example"), Some("https://ab.example"), Some("https://abc.example")]
        {
            let token = keys.issue(&session(origin));
            for position in 0..token.len() {
                for byte in (0..128).filter(|byte| *byte != token.as_bytes()[position]) {
                    let mut changed = token.clone().into_bytes();
                    changed[position] = byte;
                    refused(str::from_utf8(&changed).expect("ASCII"));
                }
                refused(&token[..position]);
                refused(&token[position + 1..]);
                refused(&[&token[..position], &token[position + 1..]].concat());
            }
            for byte in 0..128_u8 {
                refused(&format!("{token}{}", char::from(byte)));
                refused(&format!("{}{token}", char::from(byte)));
            }
            for padding in ["=", "==", ".", ".x"] {
                refused(&format!("{token}{padding}"));
            }
        }
    }

    #[test]
    fn parts_of_two_tokens_make_none() {
        let keys = keys("k");
        let (one, other) = (keys.issue(&session(None)), keys.issue(&session(None)));
        let (one, other): (Vec<_>, Vec<_>) = (one.split('.').collect(), other.split('.').collect());
        for part in 1..4 {
            let mut mixed = one.clone();
            mixed[part] = other[part];
            assert!(keys.verify(&mixed.join("."), None, at(0)).is_err());
        }
    }

    #[test]
    fn the_longest_origin_fits_and_short_keys_and_secrets_do_not_show() {
        let host = vec!["a".repeat(62); 4].join(".");
        let origin = format!("https://{host}:65535");
        let token = keys("k").issue(&session(Some(&origin)));
        assert!(token.len() <= limits::SESSION_TOKEN_BYTES, "{}", token.len());
        assert!(keys("k").verify(&token, Some(&origin), at(0)).is_ok());
        assert!(SessionKey::new(&"k".repeat(SESSION_KEY_BYTES - 1)).is_none());
        let shown = format!("{:?}", keys("k").after(key("o")));
        assert!(shown.contains("SessionKey(…)") && !shown.contains("kk"), "{shown}");
    }

    #[test]
    fn what_is_too_long_is_not_looked_at_however_well_it_is_signed() {
        let far = Origin("a".repeat(limits::SESSION_TOKEN_BYTES));
        let session = Session { origin: Some(far), ..session(None) };
        let token = keys("k").issue(&session);
        assert_eq!(keys("k").trusted(&token), None);
    }
}
