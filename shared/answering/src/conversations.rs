//! Sessions: opened, read, listed. Each is one flush, the key's check included.

use crate::{Answering, Refusal, caller::admit};
use domain::{ApiKey, Scope, SessionId};
use futures_util::try_join;
use store::{
    TenantTx, api_keys,
    messages::{self, Message},
    sessions::{self, Opening, Session},
};

impl Answering {
    /// Opens a session with a chatbot.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn open_session(&self, key: &ApiKey, opening: &Opening) -> Result<Session, Refusal> {
        let tx = self.database.tenant(key.organization).await?;
        // Written before the key is known to be good, but not committed: a refusal rolls back.
        let (known, opened) =
            try_join!(api_keys::look_up(&tx, key), sessions::open(&tx, SessionId::generate(), opening))?;
        admit(known.as_ref(), key, Scope::Chat)?;
        let opened = opened.ok_or(Refusal::NotFound("chatbot"))?;
        tx.finish().await?;
        Ok(opened)
    }

    /// One session.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn session(&self, key: &ApiKey, id: SessionId) -> Result<Session, Refusal> {
        let session = self.admitted(key, Scope::SessionsRead, async |tx| sessions::get(tx, id).await).await?;
        session.ok_or(Refusal::NotFound("session"))
    }

    /// Sessions of the organization, newest first, older than `before`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn sessions(
        &self,
        key: &ApiKey,
        before: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<Session>, Refusal> {
        self.admitted(key, Scope::SessionsRead, async |tx| sessions::list(tx, before, limit).await).await
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
