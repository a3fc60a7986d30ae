//! Reviewers' criticism: of an answer, or of a chatbot as a whole; listed, read, put aside.

use crate::{Insight, Refusal, answer, one_of};
use domain::{
    AdminFeedbackId, Caller, ChatbotId, Scope,
    feedback::{CRITICISM_TYPES, SEVERITIES},
    limits,
};
use management::{author, check, refusal::Means};
use store::{
    TenantTx,
    admin_feedback::{self, Criticism, Said, Which},
    chatbot_settings, reviews,
};

impl Insight {
    /// Writes a criticism down.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the message is no answer.
    pub async fn criticise(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        said: Said,
    ) -> Result<Criticism, Refusal> {
        let tx = self.enter_once(caller, Scope::ImprovementWrite).await?;
        let said = checked(said)?;
        if let Some(message) = said.message {
            // Of another chatbot, it is no answer of this one.
            if answer(&tx, message).await?.chatbot != chatbot {
                return Err(Refusal::NotFound("message"));
            }
        }
        let created = admin_feedback::create(&tx, chatbot, &said, &author(&tx, caller).await?).await;
        let id = created.map_err(|error| Refusal::of_row(error, &UNKNOWN))?;
        finish_with(tx, id).await
    }

    /// Criticisms of a chatbot, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn criticisms(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        status: Option<&str>,
        before: Option<AdminFeedbackId>,
        limit: u32,
    ) -> Result<Vec<Criticism>, Refusal> {
        let which = Which { chatbot: Some(chatbot), status, before };
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(
                chatbot_settings::get(tx, chatbot),
                admin_feedback::list(tx, &which, limit)
            )
        };
        let (known, criticisms) = self.admitted(caller, Scope::FeedbackRead, read).await?;
        known.map(|_| criticisms).ok_or(Refusal::NotFound("chatbot"))
    }

    /// One criticism.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn criticism(&self, caller: &Caller, id: AdminFeedbackId) -> Result<Criticism, Refusal> {
        let read = async |tx: &TenantTx| admin_feedback::get(tx, id).await;
        self.admitted(caller, Scope::FeedbackRead, read).await?.ok_or(Refusal::NotFound("admin feedback"))
    }

    /// Puts a criticism aside. The answer that it is about is dealt with.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when it was applied.
    pub async fn reject(
        &self,
        caller: &Caller,
        id: AdminFeedbackId,
        why: Option<&str>,
    ) -> Result<Criticism, Refusal> {
        let tx = self.enter(caller, Scope::ImprovementWrite).await?;
        let why = check::optional("/reason", why, limits::SAID_CHARACTERS)?;
        let held = hold(&tx, id).await?;
        admin_feedback::reject(&tx, id, why.as_deref(), &author(&tx, caller).await?).await?;
        handled(&tx, &held, &author(&tx, caller).await?).await?;
        finish_with(tx, id).await
    }
}

/// What an unknown chatbot means.
const UNKNOWN: [Means; 1] =
    [("admin_feedback_organization_id_chatbot_id_fkey", || Refusal::NotFound("chatbot"))];

/// Holds a criticism of which nothing came yet.
pub(crate) async fn hold(tx: &TenantTx, id: AdminFeedbackId) -> Result<Criticism, Refusal> {
    let held = admin_feedback::hold(tx, id).await?.ok_or(Refusal::NotFound("admin feedback"))?;
    match held.status.as_str() {
        "applied" => {
            let detail = "This criticism was applied. To undo that, roll it back; to go on, criticise anew.";
            Err(Refusal::conflict("applied-before", detail))
        }
        "rolled_back" => {
            let detail = "This criticism was applied and rolled back. To go on, criticise anew.";
            Err(Refusal::conflict("applied-before", detail))
        }
        _ => Ok(held),
    }
}

/// The answer that a criticism is about needs no more eyes.
pub(crate) async fn handled(tx: &TenantTx, criticism: &Criticism, by: &str) -> Result<(), Refusal> {
    let Some(message) = criticism.message else { return Ok(()) };
    // It may be gone: messages are kept for a time.
    if let Some(known) = store::messages::get(tx, message).await? {
        reviews::mark(tx, message, known.session, None, by).await?;
    }
    Ok(())
}

pub(crate) async fn finish_with(tx: TenantTx, id: AdminFeedbackId) -> Result<Criticism, Refusal> {
    let criticism = admin_feedback::get(&tx, id).await?;
    tx.finish().await?;
    criticism.ok_or(Refusal::NotFound("admin feedback"))
}

fn checked(said: Said) -> Result<Said, Refusal> {
    one_of("/feedback_type", &said.kind, &CRITICISM_TYPES)?;
    one_of("/severity", &said.severity, &SEVERITIES)?;
    Ok(Said {
        text: check::text("/feedback_text", &said.text, limits::CRITICISM_CHARACTERS)?,
        context: check::optional("/context", said.context.as_deref(), limits::CRITICISM_CHARACTERS)?,
        ..said
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_criticism_has_edges() {
        let said = || Said {
            message: None,
            text: "ก".repeat(limits::CRITICISM_CHARACTERS),
            kind: "tone".to_owned(),
            severity: "low".to_owned(),
            context: Some("ก".repeat(limits::CRITICISM_CHARACTERS)),
        };
        assert!(checked(said()).is_ok());
        let long = "ก".repeat(limits::CRITICISM_CHARACTERS + 1);
        let wrong = [
            (Said { text: long.clone(), ..said() }, "/feedback_text"),
            (Said { text: " ".into(), ..said() }, "/feedback_text"),
            (Said { context: Some(long), ..said() }, "/context"),
            (Said { kind: "colour".into(), ..said() }, "/feedback_type"),
            (Said { severity: "huge".into(), ..said() }, "/severity"),
        ];
        for (said, at) in wrong {
            let refused = checked(said).expect_err("over an edge");
            assert!(matches!(&refused, Refusal::Invalid { pointer, .. } if pointer == at), "{refused:?}");
        }
    }
}
