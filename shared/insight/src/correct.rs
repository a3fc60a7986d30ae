//! A correction becomes a curated answer: the next one who asks is answered by it.

use crate::{Insight, Refusal, answer};
use domain::{Caller, MessageFeedbackId, MessageId, Scope, SessionId, embedding::Space};
use management::{author, curated};
use store::{
    TenantTx, caller,
    curated::{Curated, Origin, Writing},
    demands,
    feedback::{self, MessageFeedback},
    retrievals, reviews, spaces,
};

/// Which correction is accepted, and how.
#[derive(Debug, Default)]
pub struct Acceptance {
    /// Whose; `None`: the newest.
    pub feedback: Option<MessageFeedbackId>,
    /// As people ask; `None`: as it was asked.
    pub question: Option<String>,
    /// As it is answered; `None`: as it was corrected.
    pub answer: Option<String>,
}

/// A correction that is about to be accepted.
struct Accepted {
    said: MessageFeedback,
    correction: String,
    session: SessionId,
    writing: Writing,
    /// Where questions are searched.
    spaces: Vec<Space>,
}

impl Insight {
    /// Makes a correction a curated answer of the chatbot that was corrected. The answer that it corrects is dealt with.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when nobody corrected the answer, or the correction was accepted before.
    pub async fn accept_correction(
        &self,
        caller: &Caller,
        message: MessageId,
        acceptance: Acceptance,
    ) -> Result<Curated, Refusal> {
        let tx = self.enter_once(caller, Scope::CuratedWrite).await?;
        let accepted = self.accepted(&tx, message, acceptance).await?;
        // What was claimed in it is claimed again with the effect.
        drop(tx);
        let Accepted { said, correction, session, writing, spaces } = accepted;
        let asked = std::slice::from_ref(&writing.question);
        let vectors = curated::vectors_in(&self.embedder, &self.embedding_model, &spaces, asked).await?;

        let tx = caller::again(&self.database, caller).await?;
        demands::claim(&tx, caller).await?;
        let by = author(&tx, caller).await?;
        let writings = std::slice::from_ref(&writing);
        curated::keep(&tx, writings, Origin::Correction, &by, &vectors).await?;
        if !feedback::accept(&tx, said.id, writing.id, &by, &correction).await? {
            return Err(accepted_before());
        }
        reviews::mark(&tx, message, session, None, &by).await?;
        let kept = store::curated::get(&tx, writing.id).await?;
        tx.finish().await?;
        kept.ok_or(Refusal::NotFound("curated answer"))
    }

    /// What is accepted: the correction, the question that it answers, and where that is embedded.
    async fn accepted(
        &self,
        tx: &TenantTx,
        message: MessageId,
        acceptance: Acceptance,
    ) -> Result<Accepted, Refusal> {
        let of = answer(tx, message).await?;
        let said = feedback::correction(tx, message, acceptance.feedback).await?;
        let Some((said, correction)) = said.and_then(|said| said.correction.clone().map(|text| (said, text)))
        else {
            let detail = "Nobody said what should have been answered: give feedback with a correction first.";
            return Err(Refusal::conflict("no-correction", detail));
        };
        if said.accepted_at.is_some() {
            return Err(accepted_before());
        }
        let question = match acceptance.question {
            Some(question) => question,
            None => asked(tx, message).await?,
        };
        let given = curated::Given {
            question,
            answer: acceptance.answer.unwrap_or_else(|| correction.clone()),
            chatbot: Some(of.chatbot),
            ..curated::Given::default()
        };
        let writing = curated::writing(tx, "", given).await?;
        let spaces = spaces::in_use(tx, &self.embedding_model, self.embedding_dimension).await?;
        Ok(Accepted { said, correction, session: of.session, writing, spaces })
    }
}

/// The question of an answer as it stands alone: what a follow-up was searched for, else what was asked.
async fn asked(tx: &TenantTx, message: MessageId) -> Result<String, Refusal> {
    let log = retrievals::of_message(tx, message).await?;
    log.map(|log| log.rewritten.unwrap_or(log.query)).ok_or_else(|| {
        Refusal::invalid("/question", "What was asked is no longer kept; say which question it answers.")
    })
}

fn accepted_before() -> Refusal {
    let detail = "This correction is a curated answer already, or says something else by now.";
    Refusal::conflict("correction-accepted", detail)
}
