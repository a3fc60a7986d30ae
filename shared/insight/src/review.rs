//! What needs eyes: answers that somebody disliked, that their bot was not sure of, or that it did not give.

use crate::{Insight, Refusal, answer};
use domain::{Caller, MessageId, Scope, limits};
use management::{author, check};
use store::{
    TenantTx,
    audit::Read,
    caller::Need,
    reviews::{self, Waiting, Which},
};

impl Insight {
    /// What needs eyes, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn review_queue(
        &self,
        caller: &Caller,
        which: &Which<'_>,
        limit: u32,
    ) -> Result<Vec<Waiting>, Refusal> {
        let need = Need::reading(Scope::FeedbackRead, Read::Questions);
        self.admitted(caller, need, async |tx: &TenantTx| reviews::queue(tx, which, limit).await).await
    }

    /// Takes an answer out of the queue: a reviewer has dealt with it.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the message is no answer.
    pub async fn mark_handled(
        &self,
        caller: &Caller,
        message: MessageId,
        note: Option<&str>,
    ) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::ImprovementWrite).await?;
        let note = check::optional("/note", note, limits::REVIEW_NOTE_CHARACTERS)?;
        let of = answer(&tx, message).await?;
        reviews::mark(&tx, message, of.session, note.as_deref(), &author(&tx, caller).await?).await?;
        tx.finish().await?;
        Ok(())
    }

    /// Puts an answer back into the queue; its note is forgotten.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the message is no answer.
    pub async fn mark_unhandled(&self, caller: &Caller, message: MessageId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::ImprovementWrite).await?;
        answer(&tx, message).await?;
        reviews::unmark(&tx, message).await?;
        tx.finish().await?;
        Ok(())
    }
}
