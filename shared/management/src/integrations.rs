//! Systems of others that an organization works with: where its tickets are kept besides.

use crate::{Management, Refusal, check, refusal::Means};
use deliver::Signer;
use domain::{Caller, IntegrationId, Scope, limits, sealed::Column, ticketing::Adapter};
use serde_json::{Map, Value, json};
use store::{
    TenantTx, caller,
    demands::{self, Thing},
    events::{self, Category, Event},
    integrations::{self, Credentials, Integration, Settings},
};

/// The kinds of integrations.
pub const KINDS: [&str; 1] = ["ticket_webhook"];

/// What is said of an integration; of a change, what is not named stays.
#[derive(Debug, Default)]
pub struct Given {
    /// One of [`KINDS`], of a new one.
    pub kind: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// How the system is spoken to.
    pub settings: Option<Adapter>,
    /// The header `Authorization`; an inner `None` takes it away.
    pub authorization: Option<Option<String>>,
    /// Whether anything is sent.
    pub is_enabled: Option<bool>,
}

impl Management {
    /// Integrations, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn integrations(
        &self,
        caller: &Caller,
        before: Option<IntegrationId>,
        limit: u32,
    ) -> Result<Vec<Integration>, Refusal> {
        let read = async |tx: &TenantTx| integrations::list(tx, before, limit).await;
        self.admitted(caller, Scope::IntegrationsRead, read).await
    }

    /// One integration.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn integration(&self, caller: &Caller, id: IntegrationId) -> Result<Integration, Refusal> {
        let read = async |tx: &TenantTx| integrations::get(tx, id).await;
        let found = self.admitted(caller, Scope::IntegrationsRead, read).await?;
        found.ok_or(Refusal::NotFound("integration"))
    }

    /// Makes an integration. The secret that its messages are signed with is returned here and nowhere else.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when there are as many as there may be, or one that tickets go to.
    pub async fn create_integration(
        &self,
        caller: &Caller,
        given: Given,
    ) -> Result<(Integration, String), Refusal> {
        caller::check(&self.database, caller, Scope::IntegrationsWrite).await?;
        let kind = given.kind.clone().unwrap_or_default();
        if !KINDS.contains(&kind.as_str()) {
            return Err(Refusal::invalid("/kind", format!("It is one of {}.", KINDS.join(", "))));
        }
        let id = IntegrationId::generate();
        let authorization = self.authorization(caller, id, given.authorization.clone().flatten()).await?;
        let settings = settings(given, None)?;
        let signer = Signer { key: self.identity_hash_key.clone(), vault: self.vault.clone() };
        let secret = signer.new_secret(Column::IntegrationSecret.of(caller.organization(), id.0)).await?;
        let credentials =
            Credentials { secret: secret.sealed.as_deref(), authorization: authorization.as_deref() };
        let tx = self.again(caller).await?;
        demands::claim(&tx, caller).await?;
        let made = integrations::create(&tx, id, &kind, &settings, credentials).await;
        if !made.map_err(|error| Refusal::of_row(error, &ONE_TICKET_SYSTEM))? {
            let detail = format!("An organization has at most {} integrations.", limits::INTEGRATIONS);
            return Err(Refusal::conflict("too-many-integrations", detail));
        }
        configured(&tx, id, &kind).await?;
        Ok((finish_with(tx, id).await?, secret.shown))
    }

    /// Changes an integration. While it is switched off nothing is sent to it; what waits is sent afterwards.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_integration(
        &self,
        caller: &Caller,
        id: IntegrationId,
        given: Given,
    ) -> Result<Integration, Refusal> {
        caller::check(&self.database, caller, Scope::IntegrationsWrite).await?;
        let authorization = match given.authorization.clone() {
            Some(text) => Some(self.authorization(caller, id, text).await?),
            None => None,
        };
        let tx = self.again(caller).await?;
        demands::unchanged(&tx, Thing::Integration(id.0)).await?;
        let known = integrations::get(&tx, id).await?.ok_or(Refusal::NotFound("integration"))?;
        if given.kind.as_ref().is_some_and(|kind| *kind != known.kind) {
            return Err(Refusal::invalid("/kind", "An integration stays what it is; make another one."));
        }
        let kind = known.kind.clone();
        let settings = settings(given, Some(known))?;
        let authorization = authorization.as_ref().map(Option::as_deref);
        let changed = integrations::change(&tx, id, &settings, authorization).await;
        changed.map_err(|error| Refusal::of_row(error, &ONE_TICKET_SYSTEM))?;
        configured(&tx, id, &kind).await?;
        finish_with(tx, id).await
    }

    /// Deletes an integration, with what was sent to it. Tickets keep what they are called there.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_integration(&self, caller: &Caller, id: IntegrationId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::IntegrationsWrite).await?;
        demands::unchanged(&tx, Thing::Integration(id.0)).await?;
        if !integrations::delete(&tx, id).await? {
            return Err(Refusal::NotFound("integration"));
        }
        tx.finish().await?;
        Ok(())
    }

    /// A credential, sealed for its place. Without a key nothing is kept: a credential of somebody else's is never in the clear.
    async fn authorization(
        &self,
        caller: &Caller,
        id: IntegrationId,
        given: Option<String>,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        const POINTER: &str = "/authorization";
        let Some(text) = given else { return Ok(None) };
        let text = text.trim();
        if text.is_empty() || text.len() > limits::INTEGRATION_AUTHORIZATION_BYTES {
            let most = limits::INTEGRATION_AUTHORIZATION_BYTES;
            return Err(Refusal::invalid(POINTER, format!("It has 1 to {most} bytes, as in Bearer ….")));
        }
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(Refusal::invalid(POINTER, "A header holds printable ASCII alone."));
        }
        let place = Column::IntegrationAuthorization.of(caller.organization(), id.0);
        let sealed = self.vault.seal_kept(place, text).await?;
        let without = "This deployment has no key (KmsKeyArn) to seal it with; leave it out, and let the other side check the \
                       signature.";
        Ok(Some(sealed.ok_or_else(|| Refusal::conflict("no-key", without))?))
    }
}

/// What a second place for tickets means.
const ONE_TICKET_SYSTEM: [Means; 1] = [("integrations_one_ticket_system", || {
    let detail = "Tickets go to another integration; switch that one off first.";
    Refusal::conflict("one-ticket-system", detail)
})];

fn settings(given: Given, known: Option<Integration>) -> Result<Settings, Refusal> {
    let (name, kept, is_enabled) = match known {
        Some(known) => (known.name, Some(known.settings), known.is_enabled),
        None => (String::new(), None, true),
    };
    let settings = match (given.settings, kept) {
        (Some(adapter), _) => checked(&adapter)?,
        (None, Some(kept)) => kept,
        (None, None) => return Err(Refusal::invalid("/settings", "It must be given.")),
    };
    Ok(Settings {
        name: check::text("/name", &given.name.unwrap_or(name), limits::ALERT_NAME_CHARACTERS)?,
        settings,
        is_enabled: given.is_enabled.unwrap_or(is_enabled),
    })
}

/// An adapter as it is kept: it can be sent, and what it names never changes whom it is sent to.
fn checked(adapter: &Adapter) -> Result<Value, Refusal> {
    adapter.check().map_err(|(pointer, detail)| Refusal::invalid(format!("/settings{pointer}"), detail))?;
    for (name, call) in adapter.calls() {
        let pointer = format!("/settings/{name}/url");
        let with = |id: &str| {
            let ids = [("ticket_id", json!(id)), ("external_id", json!(id))];
            let ids: Map<String, Value> = ids.map(|(name, id)| (name.to_owned(), id)).into_iter().collect();
            check::web_address(&pointer, &call.url(&ids, str::to_owned))
        };
        let (one, other) = (with("1")?, with("22")?);
        if one.origin() != other.origin() {
            let detail = "Its variables stand in the path or behind the question mark, not in the host.";
            return Err(Refusal::invalid(pointer, detail));
        }
    }
    let value = serde_json::to_value(adapter)
        .map_err(|error| Refusal::Store(store::Error::Unexpected(format!("an adapter: {error}"))))?;
    check::json("/settings", &value)?;
    Ok(value)
}

async fn configured(tx: &TenantTx, id: IntegrationId, kind: &str) -> Result<(), Refusal> {
    let event = Event {
        kind: "integration_configured",
        category: Category::UserAction,
        payload: json!({ "kind": kind }),
        session: None,
        resource: Some(("integration", id.0)),
    };
    Ok(events::record(tx, &[event]).await?)
}

async fn finish_with(tx: TenantTx, id: IntegrationId) -> Result<Integration, Refusal> {
    let integration = integrations::get(&tx, id).await?;
    tx.finish().await?;
    integration.ok_or(Refusal::NotFound("integration"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(url: &str) -> Adapter {
        serde_json::from_value(json!({ "create": { "url": url, "body": {} } })).expect("an adapter")
    }

    #[test]
    fn ids_never_change_whom_something_is_sent_to() {
        for well in [
            "https://desk.example/{{ticket_id}}",
            "https://desk.example/a?id={{ticket_id}}",
            "http://desk.example/{{ticket_id}}/a",
        ] {
            assert!(checked(&adapter(well)).is_ok(), "{well}");
        }
        for wrong in [
            "https://{{ticket_id}}.example/",
            "https://desk.example:{{ticket_id}}/",
            "https://desk.example{{ticket_id}}/",
            "{{ticket_id}}://desk.example/",
            "https://{{ticket_id}}@desk.example/",
            "ftp://desk.example/",
            "desk.example",
            "",
        ] {
            let refused = checked(&adapter(wrong)).expect_err(wrong);
            assert!(
                matches!(&refused, Refusal::Invalid { pointer, .. } if pointer == "/settings/create/url"),
                "{wrong}: {refused:?}"
            );
        }
    }
}
