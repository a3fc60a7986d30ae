//! The beginning of a turn: who asks, in which conversation, of which bot. One flush.

use crate::{Answer, Answering, Refusal, names::Names, understood};
use domain::{
    Caller, MessageId, OrganizationId, Scope, SessionId, chatbot::Config, conversation::Question,
    embedding::Space, limits,
};
use futures_util::try_join;
use jiff::Timestamp;
use privacy::Kind;
use serde_json::Value;
use std::borrow::Cow;
use store::{
    TenantTx, budgets,
    caller::{Need, admit, enter, look_up},
    idempotency::{self, Claim, Once},
    messages::{self, Edited},
    organizations,
    sessions::{self, Opening, TurnContext},
    side_costs::{self, Purpose},
};
use tokio::time::{Duration, Instant};

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
    /// Said of a session that the turn's question opens; `None`: it is open.
    pub opening: Option<Opening>,
    /// The message that is answered again; `None`: it is new, and is written by this turn.
    pub again: Option<MessageId>,
    /// What is kept of the answer for a caller who may ask a second time.
    pub once: Option<(Caller, Once)>,
    /// When it began, by the database's clock.
    pub began_at: Timestamp,
    /// Until when its answer must be written; what is there then is kept.
    pub answer_by: Instant,
    /// Personal data that is taken out of whatever is kept of it.
    pub redacted: Vec<Kind>,
    /// The model that says which names are taken out as well.
    pub names_model: Option<String>,
    /// What it said of the question, where it was asked before.
    pub(crate) names: Option<Names>,
    /// Whether what it spends is counted.
    pub is_limited: bool,
}

impl Turn {
    /// A text of the conversation as it may be kept, once it is known which names stand in the question.
    pub(crate) fn kept<'a>(&self, names: &Names, text: &'a str) -> Cow<'a, str> {
        names.kept(text, &self.redacted)
    }
}

/// The kinds of a policy, by their words.
fn kinds(words: &[String]) -> Vec<Kind> {
    Kind::ALL.into_iter().filter(|kind| words.iter().any(|word| word == kind.as_str())).collect()
}

/// A turn that was let in, or what came of it before.
#[derive(Debug)]
pub enum Begun {
    /// To be answered.
    Turn(Box<Turn>),
    /// It was answered before, under the same key of the caller's.
    Answered(Box<Answer>),
}

impl Answering {
    /// Lets a caller's turn in. The caller is looked up and the conversation loaded in one flush; nothing of
    /// what was loaded leaves before the caller is let in, and no model is called for another.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn begin(&self, caller: &Caller, session: SessionId) -> Result<Turn, Refusal> {
        match self.load(caller, session).await {
            // A connection that was cut while the function slept: nothing that matters was written, so once more.
            Err(Refusal::Store(error)) if error.is_retryable() => self.load(caller, session).await,
            result => result,
        }
    }

    /// Lets a turn in that is to be answered once, however often it is asked under the same key of the caller's.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn begin_once(
        &self,
        caller: &Caller,
        session: SessionId,
        once: Once,
    ) -> Result<Begun, Refusal> {
        let need = Need::inside(session, Scope::Chat);
        let tx = self.database.tenant(caller.organization()).await?;
        let (known, claim, context, history, ()) = try_join!(
            look_up(&tx, caller, need),
            idempotency::claim(&tx, caller, &once),
            sessions::turn_context(&tx, session),
            messages::history(&tx, session, limits::HISTORY_MESSAGES),
            tx.commit(),
        )?;
        tx.close();
        if let Err(denied) = admit(known.as_ref(), caller, need) {
            if matches!(claim, Claim::Ours) {
                self.release(caller, &once).await?;
            }
            return Err(denied.into());
        }
        match claim {
            Claim::Ours => {}
            Claim::UnderWay => return Err(Refusal::UnderWay),
            Claim::Other => return Err(Refusal::KeyReused),
            Claim::Settled(kept) => {
                return Ok(Begun::Answered(Box::new(self.kept_answer(caller, kept).await?)));
            }
        }
        match let_in(caller, session, context, history) {
            Ok(turn) => Ok(Begun::Turn(Box::new(Turn { once: Some((caller.clone(), once)), ..turn }))),
            Err(refusal) => {
                self.release(caller, &once).await?;
                Err(refusal)
            }
        }
    }

    /// An answer as it was kept, with what became of its sources since.
    pub(crate) async fn kept_answer(&self, caller: &Caller, kept: Value) -> Result<Answer, Refusal> {
        let mut answer: Answer = serde_json::from_value(kept)
            .map_err(|error| Refusal::Store(store::Error::Unexpected(format!("a kept answer: {error}"))))?;
        if !answer.citations.is_empty() {
            let tx = self.database.tenant(caller.organization()).await?;
            let standing = messages::standing_citations(&tx, answer.id).await?;
            tx.finish().await?;
            for citation in &mut answer.citations {
                citation.is_there &= standing.contains(&citation.marker);
            }
        }
        Ok(answer)
    }

    /// Nothing came of what a caller asked for under its own key: it may ask again.
    pub(crate) async fn release(&self, caller: &Caller, once: &Once) -> Result<(), store::Error> {
        let tx = self.database.tenant(caller.organization()).await?;
        idempotency::release(&tx, caller, once).await?;
        tx.finish().await
    }

    /// Changes what a user's message says; what it said first is kept.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::SessionClosed`] when the conversation has ended.
    pub async fn edit(
        &self,
        caller: &Caller,
        session: SessionId,
        message: MessageId,
        question: &Question,
    ) -> Result<(), Refusal> {
        let mut tx = enter(&self.database, caller, Need::inside(session, Scope::Chat)).await?;
        let policy = organizations::get(&tx).await?.settings.pii_policy;
        let mut names = Names::default();
        let mut asked_for = None;
        if let Some(model) = policy.names_model.as_deref() {
            let known = messages::get(&tx, message).await?.filter(|known| known.session == session);
            let chatbot = known.ok_or(Refusal::NotFound("message"))?.chatbot;
            let budget = budgets::standing(&tx, chatbot).await?;
            tx.finish().await?;
            names = match budget.exceeded {
                Some(_) => Names::unasked(model),
                None => self.names(Some(model), question.as_str()).await,
            };
            asked_for = Some((chatbot, budget.is_limited));
            tx = self.database.tenant(caller.organization()).await?;
        }
        if let (Some((chatbot, is_limited)), Some(spent)) = (asked_for, names.spent()) {
            side_costs::pay(&tx, Purpose::Names, chatbot, &spent, &[], is_limited).await?;
        }
        let held = sessions::hold(&tx, session).await?.ok_or(Refusal::NotFound("session"))?;
        if !sessions::goes_on(&held) {
            return Err(Refusal::SessionClosed(held));
        }
        changed(edited(&tx, session, message, question, (&kinds(&policy.messages), &names)).await?)?;
        Ok(tx.finish().await?)
    }

    /// Changes what a user's message says and lets it be answered again: what was said before it is its history. Where it may
    /// not be answered, nothing is changed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn begin_again(
        &self,
        caller: &Caller,
        session: SessionId,
        message: MessageId,
        question: &Question,
    ) -> Result<Turn, Refusal> {
        let need = Need::inside(session, Scope::Chat);
        let tx = self.database.tenant(caller.organization()).await?;
        let (known, context, history) = try_join!(
            look_up(&tx, caller, need),
            sessions::turn_context(&tx, session),
            messages::history_before(&tx, session, Some(message), limits::HISTORY_MESSAGES),
        )?;
        admit(known.as_ref(), caller, need)?;
        let begun = match let_in(caller, session, context, history) {
            // No transaction is open while a model is called.
            Ok(turn) if turn.names_model.is_some() => {
                tx.finish().await?;
                return self.begin_again_without_names(caller, turn, message, question).await;
            }
            Ok(turn) => {
                let redacted = (turn.redacted.as_slice(), &Names::default());
                changed(edited(&tx, session, message, question, redacted).await?).map(|()| turn)
            }
            refused => refused,
        };
        match begun {
            Ok(turn) => {
                tx.finish().await?;
                Ok(Turn { again: Some(message), ..turn })
            }
            Err(refusal) => {
                // With the change the token goes back that the call cost; it is taken again.
                drop(tx);
                self.knows(caller).await?;
                Err(refusal)
            }
        }
    }

    /// The rest of it where names are taken out of the question.
    async fn begin_again_without_names(
        &self,
        caller: &Caller,
        turn: Turn,
        message: MessageId,
        question: &Question,
    ) -> Result<Turn, Refusal> {
        let names = self.names(turn.names_model.as_deref(), question.as_str()).await;
        let tx = self.database.tenant(caller.organization()).await?;
        let redacted = (turn.redacted.as_slice(), &names);
        changed(edited(&tx, turn.session, message, question, redacted).await?)?;
        tx.finish().await?;
        Ok(Turn { again: Some(message), names: Some(names), ..turn })
    }

    async fn load(&self, caller: &Caller, session: SessionId) -> Result<Turn, Refusal> {
        let need = Need::inside(session, Scope::Chat);
        let tx = self.database.tenant(caller.organization()).await?;
        let (known, context, history, ()) = try_join!(
            look_up(&tx, caller, need),
            sessions::turn_context(&tx, session),
            messages::history(&tx, session, limits::HISTORY_MESSAGES),
            tx.commit_what_may_be_lost(),
        )?;
        tx.close();
        admit(known.as_ref(), caller, need)?;
        let_in(caller, session, context, history)
    }
}

async fn edited(
    tx: &TenantTx,
    session: SessionId,
    message: MessageId,
    question: &Question,
    (redacted, names): (&[Kind], &Names),
) -> store::Result<Edited> {
    let text = names.kept(question.as_str(), redacted);
    let read = understood::reading(&understanding::understand(question.as_str()));
    let edited = messages::edit(tx, session, message, (&text, &language::words(&text)), &read).await?;
    if edited == Edited::Changed {
        note_names(tx, message, names).await?;
    }
    Ok(edited)
}

/// Says with a message how names were looked for, where they were.
pub(crate) async fn note_names(tx: &TenantTx, message: MessageId, names: &Names) -> store::Result<()> {
    match (names.about(), names.spent()) {
        (Some(about), Some(spent)) => messages::note_redaction(tx, message, &about, &spent).await,
        _ => Ok(()),
    }
}

fn changed(edited: Edited) -> Result<(), Refusal> {
    match edited {
        Edited::Changed => Ok(()),
        Edited::NotTheirs => Err(Refusal::NotTheirs),
        Edited::Missing => Err(Refusal::NotFound("message")),
    }
}

pub(crate) fn let_in(
    caller: &Caller,
    session: SessionId,
    context: Option<TurnContext>,
    history: Vec<(String, String)>,
) -> Result<Turn, Refusal> {
    let_in_for(caller.organization(), session, context, history)
}

/// The same for work that no caller waits for.
pub(crate) fn let_in_for(
    organization: OrganizationId,
    session: SessionId,
    context: Option<TurnContext>,
    history: Vec<(String, String)>,
) -> Result<Turn, Refusal> {
    let context = context.ok_or(Refusal::NotFound("session"))?;
    if !sessions::goes_on(&context.status) {
        return Err(Refusal::SessionClosed(context.status));
    }
    if let Some(exceeded) = context.exceeded {
        return Err(Refusal::OverBudget(exceeded));
    }
    Ok(Turn {
        organization,
        session,
        config: context.config,
        space: context.space,
        history,
        instructions: None,
        opening: None,
        again: None,
        once: None,
        began_at: context.began_at,
        answer_by: Instant::now() + Duration::from_secs(limits::ANSWER_SECONDS),
        redacted: kinds(&context.redacted),
        names_model: context.names_model,
        names: None,
        is_limited: context.is_limited,
    })
}
