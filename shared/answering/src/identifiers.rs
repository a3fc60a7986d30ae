//! Who talks in a session, in the caller's own words: known again by a hash, and read again where it can be sealed.

use crate::{Answering, Refusal};
use domain::{
    Caller, Scope, SessionId, limits,
    sealed::{Column, IdentityHashKey},
};
use serde_json::json;
use store::{
    audit,
    caller::{self, Admitted, Need},
    events::{Category, Event},
    sessions::{self, Opening, SealedIdentifiers, Session},
};

/// The kind of event that says who read whose identifiers.
pub const IDENTIFIERS_READ: &str = "identifiers_read";

/// A caller's name for a person or a client, and its keyed hash.
#[derive(Clone)]
pub struct Identifier {
    value: String,
    hash: Vec<u8>,
}

impl Identifier {
    /// Of what a caller says, hashed for this purpose; `None` when it says nothing.
    #[must_use]
    pub fn new(key: &IdentityHashKey, purpose: &str, value: Option<&str>) -> Option<Self> {
        let value = value.filter(|value| !value.trim().is_empty())?;
        Some(Self { hash: key.hash(purpose, value), value: value.to_owned() })
    }
}

impl std::fmt::Debug for Identifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identifier(…)")
    }
}

/// What an opening says of who talks.
#[derive(Debug, Clone, Default)]
pub struct Identifiers {
    /// The caller's name for the person.
    pub user: Option<Identifier>,
    /// The caller's own client id.
    pub client: Option<Identifier>,
}

/// A session, with what only those may read who look after other people's sessions.
#[derive(Debug)]
pub struct Named {
    /// The session.
    pub session: Session,
    /// The caller's name for the person; `None`: none was said, only its hash is kept, or who asks may not read it.
    pub user_identifier: Option<String>,
    /// The caller's own client id; `None` for the same reasons.
    pub external_client_id: Option<String>,
}

impl Answering {
    /// An opening that knows who talks. While KMS does not answer, a session is opened with the hashes alone.
    pub(crate) async fn named(
        &self,
        caller: &Caller,
        session: SessionId,
        who: &Identifiers,
        opening: Opening,
    ) -> Opening {
        let seal = async |column: Column, one: &Option<Identifier>| {
            let value = one.as_ref().map(|one| one.value.as_str());
            // What is longer than anybody's name is known again, and not kept.
            let value = value.filter(|value| value.chars().count() <= limits::IDENTIFIER_CHARACTERS);
            self.vault.seal_if_possible(column.of(caller.organization(), session.0), value).await
        };
        let user_identifier_sealed = seal(Column::SessionUserIdentifier, &who.user).await;
        let external_client_sealed = seal(Column::SessionExternalClientId, &who.client).await;
        Opening {
            user_identifier_hash: who.user.as_ref().map(|one| one.hash.clone()),
            external_client_hash: who.client.as_ref().map(|one| one.hash.clone()),
            user_identifier_sealed,
            external_client_sealed,
            ..opening
        }
    }

    /// One session. Who has the scope `sessions:read` is told who talks in it, and that they were is kept.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn session(&self, caller: &Caller, id: SessionId) -> Result<Named, Refusal> {
        let need = Need::inside(id, Scope::SessionsRead);
        let read = async |tx: &store::TenantTx| {
            futures_util::try_join!(sessions::get(tx, id), sessions::identifiers(tx, id))
        };
        let (asking, (session, sealed)) = caller::admitted_as(&self.database, caller, need, read).await?;
        let session = session.ok_or(Refusal::NotFound("session"))?;
        let may_read =
            !matches!(caller, Caller::EndUser { .. }) && asking.scopes.contains(&Scope::SessionsRead);
        if !may_read {
            return Ok(Named { session, user_identifier: None, external_client_id: None });
        }
        self.identified(caller, &asking, session, &sealed).await
    }

    async fn identified(
        &self,
        caller: &Caller,
        asking: &Admitted,
        session: Session,
        sealed: &SealedIdentifiers,
    ) -> Result<Named, Refusal> {
        let open = async |column: Column, sealed: &Option<Vec<u8>>| {
            let rows = [(session.id.0, sealed.as_deref())];
            self.vault.open_each(caller.organization(), column, &rows).await.pop().flatten()
        };
        let user_identifier = open(Column::SessionUserIdentifier, &sealed.user_identifier).await;
        let external_client_id = open(Column::SessionExternalClientId, &sealed.external_client_id).await;
        if user_identifier.is_some() || external_client_id.is_some() {
            let event = Event {
                kind: IDENTIFIERS_READ,
                category: Category::Audit,
                payload: json!({}),
                session: Some(session.id.0),
                resource: Some(("session", session.id.0)),
            };
            let tx = self.database.tenant(caller.organization()).await?;
            audit::record(&tx, asking, &event).await?;
            tx.finish().await?;
        }
        Ok(Named { session, user_identifier, external_client_id })
    }
}
