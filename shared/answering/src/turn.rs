//! The beginning of a turn: who asks, in which conversation, of which bot. One flush.

use crate::{Answering, Refusal, caller::admit};
use domain::{ApiKey, OrganizationId, Scope, SessionId, chatbot::Config, embedding::Space, limits};
use futures_util::try_join;
use store::{
    api_keys, messages,
    sessions::{self, Opening},
};

/// A turn that was let in.
#[derive(Debug)]
pub struct Turn {
    /// The tenant.
    pub organization: OrganizationId,
    /// The conversation.
    pub session: SessionId,
    /// The bot's settings at this moment.
    pub config: Config,
    /// Where they search.
    pub space: Space,
    /// The last messages before this turn, oldest first: `(role, content)`.
    pub history: Vec<(String, String)>,
    /// What the calling program adds to the bot's own instructions.
    pub instructions: Option<String>,
}

/// What a calling program that keeps the conversation itself says of it.
#[derive(Debug, Default)]
pub struct Given {
    /// The messages before this turn, oldest first: `(role, content)`.
    pub history: Vec<(String, String)>,
    /// What it adds to the bot's own instructions.
    pub instructions: Option<String>,
}

impl Answering {
    /// Lets a caller's turn in. The key is checked and the conversation loaded in one flush; nothing of what
    /// was loaded leaves before the key is known to be good, and no model is called for a bad one.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn begin(&self, key: &ApiKey, session: SessionId) -> Result<Turn, Refusal> {
        match self.load(key, session).await {
            // A connection that was cut while the function slept: nothing that matters was written, so once more.
            Err(Refusal::Store(error)) if error.is_retryable() => self.load(key, session).await,
            result => result,
        }
    }

    async fn load(&self, key: &ApiKey, session: SessionId) -> Result<Turn, Refusal> {
        let tx = self.database.tenant(key.organization).await?;
        let (known, context, history, ()) = try_join!(
            api_keys::look_up(&tx, key),
            sessions::turn_context(&tx, session),
            messages::history(&tx, session, limits::HISTORY_MESSAGES),
            tx.commit_what_may_be_lost(),
        )?;
        tx.close();
        admit(known.as_ref(), key, Scope::Chat)?;
        let context = context.ok_or(Refusal::NotFound("session"))?;
        if !matches!(context.status.as_str(), "active" | "escalated" | "expired") {
            return Err(Refusal::SessionClosed(context.status));
        }
        Ok(Turn {
            organization: key.organization,
            session,
            config: context.config,
            space: context.space,
            history,
            instructions: None,
        })
    }

    /// Opens a session and lets its first turn in, with the history that the caller gives.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn begin_new(&self, key: &ApiKey, opening: &Opening, given: Given) -> Result<Turn, Refusal> {
        let session = SessionId::generate();
        let tx = self.database.tenant(key.organization).await?;
        // Written before the key is known to be good, but not committed: a refusal rolls back.
        let (known, opened, context) = try_join!(
            api_keys::look_up(&tx, key),
            sessions::open(&tx, session, opening),
            sessions::turn_context(&tx, session),
        )?;
        admit(known.as_ref(), key, Scope::Chat)?;
        let (Some(_), Some(context)) = (opened, context) else { return Err(Refusal::NotFound("chatbot")) };
        tx.finish().await?;
        let newest = given.history.len().saturating_sub(limits::HISTORY_MESSAGES as usize);
        Ok(Turn {
            organization: key.organization,
            session,
            config: context.config,
            space: context.space,
            history: given.history.into_iter().skip(newest).collect(),
            instructions: given.instructions,
        })
    }
}
