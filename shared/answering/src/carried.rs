//! A conversation that its caller keeps: what was said before comes with every question, as in the OpenAI protocol.
//! It is believed as a history (whoever may ask may also say what was said), and never as a source.

use crate::{Answer, Answering, Identifiers, Refusal, Turn, turn::let_in};
use domain::{Caller, ChatbotId, Scope, SessionId, conversation::Platform, limits};
use futures_util::try_join;
use store::{
    caller::{self, Need, admit, look_up},
    chatbots,
    idempotency::{self, Claim, Once},
    messages,
    sessions::{self, Opening},
};

/// What a caller brings along.
#[derive(Debug, Default)]
pub struct Carried {
    /// A chatbot's id, its name, or its name as a slug where no other is called so.
    pub chatbot: String,
    /// The session to go on with; none: the turn opens one.
    pub session: Option<SessionId>,
    /// Who asks, for a session that is opened.
    pub who: Identifiers,
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

/// A turn that was let in, or what came of it before.
#[derive(Debug)]
pub enum Begun {
    /// To be answered.
    Turn(Box<Turn>),
    /// It was answered before, under the same key of the caller's.
    Answered {
        /// What.
        answer: Box<Answer>,
        /// Where.
        session: SessionId,
        /// By whom.
        chatbot: ChatbotId,
    },
}

impl Answering {
    /// The same as [`Answering::begin_with_history`] for a turn that is to be answered once, however often it is asked under the
    /// same key of the caller's.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn begin_with_history_once(
        &self,
        caller: &Caller,
        carried: &Carried,
        once: Once,
    ) -> Result<Begun, Refusal> {
        let tx = self.database.tenant(caller.organization()).await?;
        let claim = idempotency::claim(&tx, caller, &once).await?;
        tx.finish().await?;
        if let Claim::Ours = claim {
            // On the heap: futures within futures are deeper than the compiler follows.
            return match Box::pin(self.begin_with_history(caller, carried)).await {
                Ok(turn) => Ok(Begun::Turn(Box::new(Turn { once: Some((caller.clone(), once)), ..turn }))),
                Err(refusal) => {
                    self.release(caller, &once).await?;
                    Err(refusal)
                }
            };
        }
        // Whoever is not known claims nothing, and is told so.
        caller::check(&self.database, caller, Scope::Chat).await?;
        let kept = match claim {
            Claim::Settled(kept) => kept,
            Claim::Other => return Err(Refusal::KeyReused),
            Claim::Ours | Claim::UnderWay => return Err(Refusal::UnderWay),
        };
        let answer = self.kept_answer(caller, kept).await?;
        let tx = self.database.tenant(caller.organization()).await?;
        let standing = messages::get(&tx, answer.id).await?.ok_or(Refusal::NotFound("message"))?;
        tx.finish().await?;
        Ok(Begun::Answered { answer: Box::new(answer), session: standing.session, chatbot: standing.chatbot })
    }

    /// Lets a turn in whose caller brings the history. One flush, as [`Answering::begin`]; a session that is to be
    /// opened is opened together with the question, in the next one.
    ///
    /// # Errors
    /// [`Refusal`]; a session of another chatbot is none.
    pub async fn begin_with_history(&self, caller: &Caller, carried: &Carried) -> Result<Turn, Refusal> {
        let turn = match self.load_carried(caller, carried).await {
            Err(Refusal::Store(error)) if error.is_retryable() => self.load_carried(caller, carried).await?,
            result => result?,
        };
        let given = &carried.given;
        let newest = given.history.len().saturating_sub(limits::HISTORY_MESSAGES as usize);
        let history = if given.history.is_empty() { turn.history } else { given.history[newest..].to_vec() };
        let mut turn = Turn { history, instructions: given.instructions.clone(), ..turn };
        if turn.names_model.is_some() && (!given.history.is_empty() || given.instructions.is_some()) {
            // Nobody looks for names in what its caller brings, and a transcript holds all of it.
            turn.config.transcript_share = 0.0;
        }
        Ok(turn)
    }

    async fn load_carried(&self, caller: &Caller, carried: &Carried) -> Result<Turn, Refusal> {
        match carried.session {
            Some(session) => self.load_named(caller, session, &carried.chatbot).await,
            None => self.load_new(caller, carried).await,
        }
    }

    async fn load_new(&self, caller: &Caller, carried: &Carried) -> Result<Turn, Refusal> {
        let tx = self.database.tenant(caller.organization()).await?;
        let (known, context, ()) = try_join!(
            look_up(&tx, caller, Scope::Chat),
            chatbots::turn_context(&tx, &carried.chatbot),
            tx.commit_what_may_be_lost(),
        )?;
        tx.close();
        admit(known.as_ref(), caller, Scope::Chat)?;
        let context = context.ok_or(Refusal::NotFound("chatbot"))?;
        let subject = caller.subject().map(ToOwned::to_owned);
        let opening = Opening { subject, ..Opening::of(context.config.chatbot, Platform::Api) };
        let turn = let_in(caller, SessionId::generate(), Some(context), Vec::new())?;
        let opening = self.named(caller, turn.session, &carried.who, opening).await;
        Ok(Turn { opening: Some(opening), ..turn })
    }

    async fn load_named(&self, caller: &Caller, session: SessionId, chatbot: &str) -> Result<Turn, Refusal> {
        let need = Need::inside(session, Scope::Chat);
        let tx = self.database.tenant(caller.organization()).await?;
        let (known, meant, context, history, ()) = try_join!(
            look_up(&tx, caller, need),
            chatbots::talking_one(&tx, chatbot),
            sessions::turn_context(&tx, session),
            messages::history(&tx, session, limits::HISTORY_MESSAGES),
            tx.commit_what_may_be_lost(),
        )?;
        tx.close();
        admit(known.as_ref(), caller, need)?;
        let meant = meant.ok_or(Refusal::NotFound("chatbot"))?;
        let context = context.filter(|context| context.config.chatbot == meant.id);
        let_in(caller, session, context, history)
    }
}
