//! Sessions: opened, read, listed. Each is one flush, the key's check included.

use crate::{Answering, Refusal};
use domain::{ApiKey, MessageId, Scope, SessionId};
use futures_util::try_join;
use serde_json::json;
use store::{
    TenantTx, caller,
    idempotency::{self, Claim, Once},
    messages::{self, Message},
    retrievals::{self, Retrieval},
    sessions::{self, Changes, Ending, Opening, Session, Which},
};

impl Answering {
    /// Opens a session with a chatbot.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn open_session(&self, key: &ApiKey, opening: &Opening) -> Result<Session, Refusal> {
        let tx = caller::enter(&self.database, key, Scope::Chat).await?;
        let opened = sessions::open(&tx, SessionId::generate(), opening).await?;
        let opened = opened.ok_or(Refusal::NotFound("chatbot"))?;
        tx.finish().await?;
        Ok(opened)
    }

    /// Opens a session once, however often it is asked under the same key of the caller's. `true`: it was open before.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn open_session_once(
        &self,
        key: &ApiKey,
        opening: &Opening,
        once: &Once,
    ) -> Result<(Session, bool), Refusal> {
        let tx = caller::enter(&self.database, key, Scope::Chat).await?;
        let known = match idempotency::claim(&tx, key, once).await? {
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
                let opened = sessions::open(&tx, SessionId::generate(), opening).await?;
                let opened = opened.ok_or(Refusal::NotFound("chatbot"))?;
                idempotency::settle(&tx, key, once, &json!(opened.id.0)).await?;
                opened
            }
        };
        tx.finish().await?;
        Ok((session, known.is_some()))
    }

    /// One session.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn session(&self, key: &ApiKey, id: SessionId) -> Result<Session, Refusal> {
        let session = self.admitted(key, Scope::SessionsRead, async |tx| sessions::get(tx, id).await).await?;
        session.ok_or(Refusal::NotFound("session"))
    }

    /// Sessions of the organization, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn sessions(&self, key: &ApiKey, which: &Which, limit: u32) -> Result<Vec<Session>, Refusal> {
        self.admitted(key, Scope::SessionsRead, async |tx| sessions::list(tx, which, limit).await).await
    }

    /// Changes what is said of a session.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_session(
        &self,
        key: &ApiKey,
        id: SessionId,
        changes: &Changes,
    ) -> Result<Session, Refusal> {
        let tx = caller::enter(&self.database, key, Scope::SessionsWrite).await?;
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
        key: &ApiKey,
        id: SessionId,
        ending: Ending,
        nps: Option<i32>,
    ) -> Result<Session, Refusal> {
        let tx = caller::enter(&self.database, key, Scope::Chat).await?;
        if let Some(session) = sessions::end(&tx, id, ending, nps).await? {
            tx.finish().await?;
            return Ok(session);
        }
        let known = sessions::get(&tx, id).await?.ok_or(Refusal::NotFound("session"))?;
        Err(Refusal::SessionClosed(known.status))
    }

    /// Stops the answer that is being written in a session, if there is one: whoever writes it looks once a second.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn cancel(&self, key: &ApiKey, id: SessionId) -> Result<(), Refusal> {
        let tx = caller::enter(&self.database, key, Scope::Chat).await?;
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
    pub async fn retrieval(&self, key: &ApiKey, message: MessageId) -> Result<Retrieval, Refusal> {
        let read = async |tx: &TenantTx| retrievals::of_message(tx, message).await;
        self.admitted(key, Scope::SessionsRead, read).await?.ok_or(Refusal::NotFound("message"))
    }

    /// Messages of a session in order, after a sequence number.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn messages(
        &self,
        key: &ApiKey,
        id: SessionId,
        after: i32,
        limit: u32,
    ) -> Result<Vec<Message>, Refusal> {
        let read =
            async |tx: &TenantTx| try_join!(sessions::get(tx, id), messages::list(tx, id, after, limit));
        let (session, messages) = self.admitted(key, Scope::SessionsRead, read).await?;
        session.ok_or(Refusal::NotFound("session"))?;
        Ok(messages)
    }
}
