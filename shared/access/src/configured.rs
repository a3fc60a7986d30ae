//! The configuration as a deployment writes it, all of it text.

use anyhow::{Context as _, Result, bail, ensure};
use domain::sealed::{IDENTITY_HASH_KEY_BYTES, IdentityHashKey};
use identity::{
    Algorithm, Https, Issuer, SessionKey, SessionKeys, Verifier, session_token::SESSION_KEY_BYTES,
};
use std::sync::Arc;

/// What the environment says; empty where it says nothing.
#[derive(Default)]
pub struct Configured {
    /// `stack-auth` or `hexclave`, whose audience is a project's id and says all the rest; or empty.
    pub preset: String,
    /// The claim `iss`. Empty without a preset: nobody signs in.
    pub issuer: String,
    /// Comma-separated: one of them is in a token's claim `aud`.
    pub audience: String,
    /// Comma-separated names of RFC 7518.
    pub algorithms: String,
    /// Where the keys are; empty: where the issuer's own document says.
    pub jwks_url: String,
    /// Signs session tokens.
    pub session_token_key: String,
    /// The one before, while keys change.
    pub session_token_key_previous: String,
    /// The key of look-up hashes.
    pub identity_hash_key: String,
}

impl Configured {
    pub(crate) fn verifier(&self) -> Result<Option<Verifier>> {
        let Some(issuer) = self.identity_provider()? else { return Ok(None) };
        let fetch = Https::new().context("read the machine's certificate authorities")?;
        Ok(Some(Verifier::new(issuer, Arc::new(fetch))?))
    }

    fn identity_provider(&self) -> Result<Option<Issuer>> {
        let (preset, issuer) = (self.preset.trim(), self.issuer.trim());
        if preset.is_empty() {
            return if issuer.is_empty() { Ok(None) } else { self.any(issuer).map(Some) };
        }
        let project = self.audience.trim();
        ensure!(issuer.is_empty(), "with OIDC_PRESET, OIDC_ISSUER is empty: the preset knows it");
        ensure!(!project.is_empty(), "with OIDC_PRESET, OIDC_AUDIENCE is the project's id");
        Ok(Some(match preset {
            "stack-auth" => Issuer::stack_auth(project),
            "hexclave" => Issuer::hexclave(project),
            other => bail!("OIDC_PRESET is stack-auth, hexclave or empty, not {other:?}"),
        }))
    }

    fn any(&self, issuer: &str) -> Result<Issuer> {
        let algorithm = |name: &str| {
            Algorithm::parse(name).with_context(|| format!("OIDC_ALGORITHMS names {name:?}, which is none"))
        };
        Ok(Issuer {
            issuer: issuer.to_owned(),
            audience: listed(&self.audience).map(ToOwned::to_owned).collect(),
            algorithms: listed(&self.algorithms).map(algorithm).collect::<Result<_>>()?,
            jwks_url: Some(self.jwks_url.trim().to_owned()).filter(|url| !url.is_empty()),
        })
    }

    pub(crate) fn session_keys(&self) -> Result<SessionKeys> {
        let short = |name: &str| format!("{name} is shorter than {SESSION_KEY_BYTES} bytes");
        let current = SessionKey::new(&self.session_token_key).with_context(|| short("SESSION_TOKEN_KEY"))?;
        let keys = SessionKeys::new(current);
        if self.session_token_key_previous.is_empty() {
            return Ok(keys);
        }
        let previous = SessionKey::new(&self.session_token_key_previous);
        Ok(keys.after(previous.with_context(|| short("SESSION_TOKEN_KEY_PREVIOUS"))?))
    }

    pub(crate) fn identity_hash_key(&self) -> Result<IdentityHashKey> {
        IdentityHashKey::new(&self.identity_hash_key)
            .with_context(|| format!("IDENTITY_HASH_KEY is shorter than {IDENTITY_HASH_KEY_BYTES} bytes"))
    }
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(preset: &str, issuer: &str, audience: &str, algorithms: &str) -> Configured {
        Configured {
            preset: preset.into(),
            issuer: issuer.into(),
            audience: audience.into(),
            algorithms: algorithms.into(),
            ..Configured::default()
        }
    }

    #[test]
    fn an_identity_provider_is_named_whole_or_not_at_all() {
        assert!(of("", "", "", "RS256").identity_provider().expect("none").is_none());
        let own = of("", "https://id.example.org", "docent, console", "RS256, ES256").identity_provider();
        let own = own.expect("whole").expect("one");
        assert_eq!(own.audience, ["docent", "console"]);
        assert_eq!(own.algorithms, [Algorithm::Rs256, Algorithm::Es256]);
        let preset = of("stack-auth", "", "project", "RS256").identity_provider().expect("whole");
        assert_eq!(preset, Some(Issuer::stack_auth("project")));
        let preset = of("hexclave", "", "project", "").identity_provider().expect("whole");
        assert_eq!(preset, Some(Issuer::hexclave("project")));
        for wrong in [
            of("stack-auth", "https://id.example.org", "project", ""),
            of("stack-auth", "", "", ""),
            of("auth0", "", "project", ""),
            of("", "https://id.example.org", "docent", "HS256"),
            of("", "https://id.example.org", "docent", "none"),
            of("", "https://id.example.org", "", "RS256"),
            of("", "https://id.example.org", "docent", ""),
            of("", "http://id.example.org", "docent", "RS256"),
        ] {
            assert!(wrong.verifier().is_err(), "{} {} {}", wrong.preset, wrong.issuer, wrong.audience);
        }
    }

    #[test]
    fn keys_have_an_edge() {
        let of = |current: usize, previous: usize| Configured {
            session_token_key: "k".repeat(current),
            session_token_key_previous: "p".repeat(previous),
            ..Configured::default()
        };
        assert!(of(32, 0).session_keys().is_ok() && of(32, 32).session_keys().is_ok());
        for (current, previous) in [(31, 0), (0, 0), (32, 31)] {
            assert!(of(current, previous).session_keys().is_err());
        }
    }
}
