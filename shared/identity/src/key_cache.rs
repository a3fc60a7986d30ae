//! An issuer's keys, kept: fetched when first needed, again when they are old or a token names one that is not among
//! them, one fetch at a time.

use crate::{Fetch, key_set::KeySet, oidc::Error};
use anyhow::Context as _;
use domain::limits;
use jiff::Timestamp;
use serde::Deserialize;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// Where an issuer's key set is.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// At this address.
    At(String),
    /// Where the issuer's own document says (OpenID Connect Discovery 1.0, 4).
    Discovered { issuer: String },
}

/// What an issuer says of itself, as far as it is read.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

#[derive(Clone, Default)]
struct State {
    held: Option<(Arc<KeySet>, Timestamp)>,
    /// When the issuer was last asked, and whether it answered.
    asked: Option<(Timestamp, bool)>,
}

impl State {
    fn held_within(&self, now: Timestamp, seconds: i64) -> Option<Arc<KeySet>> {
        self.held.as_ref().filter(|(_, at)| within(*at, now, seconds)).map(|(keys, _)| Arc::clone(keys))
    }
}

/// Both ways: moments of requests under way at once come in any order, and a clock set back must not make keys fresh
/// for ever.
fn within(then: Timestamp, now: Timestamp, seconds: i64) -> bool {
    now.duration_since(then).as_secs().abs() < seconds
}

pub(crate) struct KeyCache {
    source: Source,
    fetch: Arc<dyn Fetch>,
    state: RwLock<State>,
    flight: Mutex<()>,
}

impl KeyCache {
    pub(crate) fn new(source: Source, fetch: Arc<dyn Fetch>) -> Self {
        Self { source, fetch, state: RwLock::default(), flight: Mutex::default() }
    }

    /// The keys: at most [`limits::KEY_SET_FRESH_SECONDS`] old, or [`limits::KEY_SET_STALE_SECONDS`] when the issuer
    /// does not answer.
    pub(crate) async fn current(&self, now: Timestamp) -> Result<Arc<KeySet>, Error> {
        let state = self.state();
        if let Some(keys) = state.held_within(now, limits::KEY_SET_FRESH_SECONDS) {
            return Ok(keys);
        }
        let stale = state.held_within(now, limits::KEY_SET_STALE_SECONDS);
        // Who has old keys does not wait for somebody else's question to an issuer that may be down.
        let _flight = match (self.flight.try_lock(), stale) {
            (Ok(flight), _) => flight,
            (Err(_), Some(keys)) => return Ok(keys),
            (Err(_), None) => self.flight.lock().await,
        };
        let state = self.state();
        if let Some(keys) = state.held_within(now, limits::KEY_SET_FRESH_SECONDS) {
            return Ok(keys);
        }
        let stale = state.held_within(now, limits::KEY_SET_STALE_SECONDS);
        let pause =
            if stale.is_some() { limits::KEY_SET_AGAIN_SECONDS } else { limits::KEY_SET_RETRY_SECONDS };
        if state.asked.is_some_and(|(at, answered)| !answered && within(at, now, pause)) {
            return stale.ok_or(Error::Unavailable);
        }
        match self.ask(now).await {
            Ok(keys) => Ok(keys),
            Err(unavailable) => stale.ok_or(unavailable),
        }
    }

    /// The keys after a token named one that is not among the `known`: fetched now, unless somebody did so meanwhile or
    /// within the last [`limits::KEY_SET_AGAIN_SECONDS`].
    pub(crate) async fn again(&self, now: Timestamp, known: &Arc<KeySet>) -> Result<Arc<KeySet>, Error> {
        let _flight = self.flight.lock().await;
        let state = self.state();
        if let Some((keys, _)) = state.held.filter(|(keys, _)| !Arc::ptr_eq(keys, known)) {
            return Ok(keys);
        }
        match state.asked.filter(|(at, _)| within(*at, now, limits::KEY_SET_AGAIN_SECONDS)) {
            Some((_, true)) => Ok(Arc::clone(known)),
            // The key may be a new one that could not be fetched: nothing can be said of the token.
            Some((_, false)) => Err(Error::Unavailable),
            None => self.ask(now).await,
        }
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the issuer. The caller holds the flight.
    async fn ask(&self, now: Timestamp) -> Result<Arc<KeySet>, Error> {
        let fetched = self.fetched().await;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.asked = Some((now, fetched.is_ok()));
        match fetched {
            Ok(keys) => {
                let keys = Arc::new(keys);
                state.held = Some((Arc::clone(&keys), now));
                Ok(keys)
            }
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "keys of the identity provider not fetched");
                Err(Error::Unavailable)
            }
        }
    }

    async fn fetched(&self) -> anyhow::Result<KeySet> {
        let url = match &self.source {
            Source::At(url) => url.clone(),
            Source::Discovered { issuer } => self.discovered(issuer).await.context("discover key set")?,
        };
        KeySet::read(&self.fetch.get(&url).await.context("fetch key set")?)
    }

    async fn discovered(&self, issuer: &str) -> anyhow::Result<String> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Metadata = serde_json::from_slice(&self.fetch.get(&url).await?)?;
        // OpenID Connect Discovery 1.0, 4.3: else one issuer could speak for another.
        anyhow::ensure!(metadata.issuer == issuer, "the document is another issuer's");
        anyhow::ensure!(crate::oidc::is_safe(&metadata.jwks_uri), "its key set is not at an https address");
        Ok(metadata.jwks_uri)
    }
}
