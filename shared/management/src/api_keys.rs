//! API keys: made, listed, revoked. A key is shown once, when it is made; what is kept of it cannot be turned back.

use crate::{Management, Refusal, check};
use domain::{ApiKey, ApiKeyId, Caller, Scope, limits};
use jiff::Timestamp;
use store::{
    api_keys::{self, KeptKey, NewKey},
    audit::Read,
    caller::Need,
    demands::{self, Thing},
};

/// What is said of a key that is to be made.
#[derive(Debug)]
pub struct Wanted {
    /// For people.
    pub name: String,
    /// Spellings of scopes; none twice.
    pub scopes: Vec<String>,
    /// Calls a minute; the default when not said.
    pub rate_limit_per_minute: Option<i64>,
    /// When it stops working; never when not said.
    pub expires_at: Option<Timestamp>,
}

impl Management {
    /// Keys, newest first, revoked ones too.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn api_keys(
        &self,
        caller: &Caller,
        before: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<KeptKey>, Refusal> {
        let read = async |tx: &store::TenantTx| api_keys::list(tx, before, limit).await;
        self.admitted(caller, Need::reading(Scope::ApiKeysRead, Read::ApiKeys), read).await
    }

    /// One key.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<KeptKey, Refusal> {
        let read = async |tx: &store::TenantTx| api_keys::get(tx, id).await;
        let need = Need::reading(Scope::ApiKeysRead, Read::ApiKey(id));
        self.admitted(caller, need, read).await?.ok_or(Refusal::NotFound("API key"))
    }

    /// Makes a key that may do no more than whoever asks. The key itself is returned here and nowhere else.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Forbidden`] with a scope that the caller lacks.
    pub async fn create_api_key(
        &self,
        caller: &Caller,
        wanted: Wanted,
        now: Timestamp,
    ) -> Result<(ApiKey, KeptKey), Refusal> {
        let (tx, asking) = self.enter_once(caller, Scope::ApiKeysWrite).await?;
        let name = check::text("/name", &wanted.name, limits::KEY_NAME_CHARACTERS)?;
        let scopes = scopes(&wanted.scopes)?;
        let rate_limit_per_minute = wanted
            .rate_limit_per_minute
            .map(|calls| {
                check::within("/rate_limit_per_minute", calls, 1, limits::KEY_CALLS_PER_MINUTE_MOST.into())
            })
            .transpose()?;
        if wanted.expires_at.is_some_and(|at| at <= now) {
            return Err(Refusal::invalid("/expires_at", "It lies in the past; name a time to come."));
        }
        if let Some(more) = scopes.iter().find(|scope| !asking.scopes.contains(scope)) {
            return Err(Refusal::Forbidden(*more));
        }
        let made = ApiKey::generate(caller.organization());
        let new =
            NewKey { name: &name, scopes: &scopes, rate_limit_per_minute, expires_at: wanted.expires_at };
        api_keys::create(&tx, &made, &new).await?;
        let kept = api_keys::get(&tx, made.id).await?.ok_or(Refusal::NotFound("API key"))?;
        tx.finish().await?;
        Ok((made, kept))
    }

    /// Revokes a key: its next call is refused. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn revoke_api_key(&self, caller: &Caller, id: ApiKeyId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::ApiKeysWrite).await?;
        demands::unchanged(&tx, Thing::ApiKey(id.0)).await?;
        if !api_keys::revoke(&tx, id).await? {
            return Err(Refusal::NotFound("API key"));
        }
        tx.finish().await?;
        Ok(())
    }
}

fn scopes(spelled: &[String]) -> Result<Vec<Scope>, Refusal> {
    if spelled.is_empty() {
        return Err(Refusal::invalid("/scopes", "It is empty; a key without scopes can do nothing."));
    }
    let mut scopes = Vec::new();
    for (place, text) in spelled.iter().enumerate() {
        let Some(scope) = Scope::parse(text) else {
            let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
            let detail = format!("There is no such scope; there are {}.", known.join(", "));
            return Err(Refusal::invalid(format!("/scopes/{place}"), detail));
        };
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_known_and_counted_once() {
        let said = |texts: &[&str]| scopes(&texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(said(&["chat", "search", "chat"]).expect("known"), [Scope::Chat, Scope::Search]);
        assert!(
            matches!(said(&["chat", "root"]), Err(Refusal::Invalid { pointer, .. }) if pointer == "/scopes/1")
        );
        assert!(matches!(said(&[]), Err(Refusal::Invalid { pointer, .. }) if pointer == "/scopes"));
    }
}
