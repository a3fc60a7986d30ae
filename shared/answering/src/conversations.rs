//! Sessions: opened, read, listed. Each is one flush, the caller's check included.

use crate::{Answering, Identifiers, Refusal};
use domain::{Caller, MessageId, Scope, SessionId, feedback::Voice};
use futures_util::try_join;
use serde_json::json;
use store::{
    TenantTx,
    audit::Read,
    caller::{self, Need},
    feedback::{self, Worth},
    idempotency::{self, Claim, Once},
    messages::{self, Message},
    organizations::{self, Organization},
    retrievals::{self, Retrieval},
    sessions::{self, Changes, Ending, Opening, Session, Which},
};

/// A session that was opened, for whoever is to talk in it.
#[derive(Debug)]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// The first second (Unix time) at which its token is good no more: the organization's hours after its beginning.
    pub token_expires_at: i64,
}

impl Opened {
    fn of(session: Session, tenant: &Organization) -> Self {
        let seconds = i64::from(tenant.settings.session_expiry_hours) * 3_600;
        Self { token_expires_at: session.started_at.as_second() + seconds, session }
    }
}

fn owned(caller: &Caller, opening: Opening) -> Opening {
    Opening { subject: caller.subject().map(ToOwned::to_owned), ..opening }
}

impl Answering {
    /// Opens a session with a chatbot; a person's is their own.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn open_session(
        &self,
        caller: &Caller,
        opening: Opening,
        who: &Identifiers,
    ) -> Result<Opened, Refusal> {
        let id = SessionId::generate();
        caller::check(&self.database, caller, Scope::Chat).await?;
        let opening = self.named(caller, id, who, owned(caller, opening)).await;
        let tx = self.database.tenant(caller.organization()).await?;
        let opened = sessions::open(&tx, id, &opening);
        let (opened, tenant) = try_join!(opened, organizations::get(&tx))?;
        let session = opened.ok_or(Refusal::NotFound("chatbot"))?;
        tx.finish().await?;
        Ok(Opened::of(session, &tenant))
    }

    /// Opens a session once, however often it is asked under the same key of the caller's. `true`: it was open before.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn open_session_once(
        &self,
        caller: &Caller,
        opening: Opening,
        who: &Identifiers,
        once: &Once,
    ) -> Result<(Opened, bool), Refusal> {
        let id = SessionId::generate();
        caller::check(&self.database, caller, Scope::Chat).await?;
        let opening = self.named(caller, id, who, owned(caller, opening)).await;
        let tx = self.database.tenant(caller.organization()).await?;
        let known = match idempotency::claim(&tx, caller, once).await? {
            Claim::Ours => None,
            Claim::UnderWay => return Err(Refusal::UnderWay),
            Claim::Other => return Err(Refusal::KeyReused),
            Claim::Settled(kept) => Some(SessionId(serde_json::from_value(kept).map_err(|error| {
                Refusal::Store(store::Error::Unexpected(format!("a kept session: {error}")))
            })?)),
        };
        let session = match known {
            Some(id) => sessions::get(&tx, id).await?.ok_or(Refusal::NotFound("session"))?,
            None => {
                let opened = sessions::open(&tx, id, &opening).await?;
                let opened = opened.ok_or(Refusal::NotFound("chatbot"))?;
                idempotency::settle(&tx, caller, once, &json!(opened.id.0)).await?;
                opened
            }
        };
        let tenant = organizations::get(&tx).await?;
        tx.finish().await?;
        Ok((Opened::of(session, &tenant), known.is_some()))
    }

    /// Sessions, newest first: the organization's for who looks after them, for everybody else who may ask those that they
    /// opened themselves.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn sessions(&self, caller: &Caller, which: Which, limit: u32) -> Result<Vec<Session>, Refusal> {
        let Some(subject) = caller.subject() else {
            let list = async |tx: &TenantTx| sessions::list(tx, &which, limit).await;
            return self.admitted(caller, Scope::SessionsRead, list).await;
        };
        let (tx, known) = caller::enter_known(&self.database, caller).await?;
        let owner = match (known.scopes.contains(&Scope::SessionsRead), known.scopes.contains(&Scope::Chat)) {
            (true, _) => None,
            (false, true) => Some(subject.to_owned()),
            (false, false) => return Err(Refusal::Forbidden(Scope::SessionsRead)),
        };
        let listed = sessions::list(&tx, &Which { owner, ..which }, limit).await?;
        tx.finish().await?;
        Ok(listed)
    }

    /// Changes what is said of a session: by whoever tends sessions, and by the person who opened it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_session(
        &self,
        caller: &Caller,
        id: SessionId,
        changes: &Changes,
    ) -> Result<Session, Refusal> {
        let need = match caller {
            // A name and tags are for people; whoever holds a session's token only talks in it.
            Caller::EndUser { .. } => Need::from(Scope::SessionsWrite),
            Caller::Key(_) | Caller::Person { .. } => Need::inside(id, Scope::SessionsWrite),
        };
        let tx = caller::enter(&self.database, caller, need).await?;
        let session = sessions::change(&tx, id, changes).await?.ok_or(Refusal::NotFound("session"))?;
        tx.finish().await?;
        Ok(session)
    }

    /// Ends a session: no turn is let in from then on.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::SessionClosed`] when it had ended.
    pub async fn end_session(
        &self,
        caller: &Caller,
        id: SessionId,
        ending: Ending,
        nps: Option<i32>,
    ) -> Result<Session, Refusal> {
        let need = Need::inside(id, Scope::Chat);
        let (tx, asking) = caller::enter_as(&self.database, caller, need).await?;
        if nps.is_some() {
            let worth = Worth { nps, ..Worth::default() };
            feedback::put_session(&tx, id, Voice::of(caller, asking.id), &worth).await?;
        }
        if let Some(session) = sessions::end(&tx, id, ending).await? {
            self.bell.ring(tx.finish_activity().await?, caller.organization()).await;
            return Ok(session);
        }
        let known = sessions::get(&tx, id).await?.ok_or(Refusal::NotFound("session"))?;
        Err(Refusal::SessionClosed(known.status))
    }

    /// Stops the answer that is being written in a session, if there is one: whoever writes it looks once a second.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn cancel(&self, caller: &Caller, id: SessionId) -> Result<(), Refusal> {
        let tx = caller::enter(&self.database, caller, Need::inside(id, Scope::Chat)).await?;
        if !sessions::cancel(&tx, id).await? {
            return Err(Refusal::NotFound("session"));
        }
        tx.finish().await?;
        Ok(())
    }

    /// What was searched and found for a question, or for an answer.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn retrieval(&self, caller: &Caller, message: MessageId) -> Result<Retrieval, Refusal> {
        let read = async |tx: &TenantTx| retrievals::of_message(tx, message).await;
        let need = Need::reading(Scope::SessionsRead, Read::Retrieval(message));
        self.admitted(caller, need, read).await?.ok_or(Refusal::NotFound("message"))
    }

    /// Messages of a session in order, after a sequence number.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn messages(
        &self,
        caller: &Caller,
        id: SessionId,
        after: i32,
        limit: u32,
    ) -> Result<Vec<Message>, Refusal> {
        let read =
            async |tx: &TenantTx| try_join!(sessions::get(tx, id), messages::list(tx, id, after, limit));
        let need = Need::reading_inside(id, Scope::SessionsRead, Read::Transcript(id));
        let (session, messages) = self.admitted(caller, need, read).await?;
        session.ok_or(Refusal::NotFound("session"))?;
        Ok(messages)
    }
}
