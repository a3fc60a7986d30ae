//! A conversation that its caller keeps: what was said before comes with every question, as in the OpenAI protocol.
//! It is believed as a history (whoever may ask may also say what was said), and never as a source.

use crate::{Answering, Refusal, Turn, caller::admit, turn::let_in};
use domain::{ApiKey, Scope, SessionId, conversation::Platform, limits};
use futures_util::try_join;
use store::{
    api_keys, chatbots, messages,
    sessions::{self, Opening},
};

/// What a caller brings along.
#[derive(Debug, Default)]
pub struct Carried {
    /// A chatbot's id, its name, or its name as a slug where no other is called so.
    pub chatbot: String,
    /// The session to go on with; none: the turn opens one.
    pub session: Option<SessionId>,
    /// Keyed hash of who asks, for a session that is opened.
    pub user_identifier_hash: Option<Vec<u8>>,
    /// What was said before, and what the caller's program asks of the answer.
    pub given: Given,
}

/// What a calling program that keeps the conversation itself says of it.
#[derive(Debug, Default)]
pub struct Given {
    /// The messages before this turn, oldest first: `(role, content)`. The last [`limits::HISTORY_MESSAGES`] are heard;
    /// without any, a session that is gone on with has its own.
    pub history: Vec<(String, String)>,
    /// What it adds to the bot's own instructions.
    pub instructions: Option<String>,
}

impl Answering {
    /// Lets a turn in whose caller brings the history. One flush, as [`Answering::begin`]; a session that is to be
    /// opened is opened together with the question, in the next one.
    ///
    /// # Errors
    /// [`Refusal`]; a session of another chatbot is none.
    pub async fn begin_with_history(&self, key: &ApiKey, carried: &Carried) -> Result<Turn, Refusal> {
        let turn = match self.load_carried(key, carried).await {
            Err(Refusal::Store(error)) if error.is_retryable() => self.load_carried(key, carried).await?,
            result => result?,
        };
        let given = &carried.given;
        let newest = given.history.len().saturating_sub(limits::HISTORY_MESSAGES as usize);
        let history = if given.history.is_empty() { turn.history } else { given.history[newest..].to_vec() };
        Ok(Turn { history, instructions: given.instructions.clone(), ..turn })
    }

    async fn load_carried(&self, key: &ApiKey, carried: &Carried) -> Result<Turn, Refusal> {
        match carried.session {
            Some(session) => self.load_named(key, session, &carried.chatbot).await,
            None => self.load_new(key, carried).await,
        }
    }

    async fn load_new(&self, key: &ApiKey, carried: &Carried) -> Result<Turn, Refusal> {
        let tx = self.database.tenant(key.organization).await?;
        let (known, context, ()) = try_join!(
            api_keys::look_up(&tx, key),
            chatbots::turn_context(&tx, &carried.chatbot),
            tx.commit_what_may_be_lost(),
        )?;
        tx.close();
        admit(known.as_ref(), key, Scope::Chat)?;
        let context = context.ok_or(Refusal::NotFound("chatbot"))?;
        let user_identifier_hash = carried.user_identifier_hash.clone();
        let opening = Opening { user_identifier_hash, ..Opening::of(context.config.chatbot, Platform::Api) };
        let turn = let_in(key, SessionId::generate(), Some(context), Vec::new())?;
        Ok(Turn { opening: Some(opening), ..turn })
    }

    async fn load_named(&self, key: &ApiKey, session: SessionId, chatbot: &str) -> Result<Turn, Refusal> {
        let tx = self.database.tenant(key.organization).await?;
        let (known, meant, context, history, ()) = try_join!(
            api_keys::look_up(&tx, key),
            chatbots::talking_one(&tx, chatbot),
            sessions::turn_context(&tx, session),
            messages::history(&tx, session, limits::HISTORY_MESSAGES),
            tx.commit_what_may_be_lost(),
        )?;
        tx.close();
        admit(known.as_ref(), key, Scope::Chat)?;
        let meant = meant.ok_or(Refusal::NotFound("chatbot"))?;
        let context = context.filter(|context| context.config.chatbot == meant.id);
        let_in(key, session, context, history)
    }
}
