//! What other programs' protocols ask for beside turns: which chatbots there are, and vectors.

use crate::{Answering, Refusal};
use domain::{Caller, Scope, limits};
use models::{Embedded, Purpose};
use store::{
    TenantTx,
    chatbots::{self, Talking},
    spaces,
};

/// Why texts get no vectors.
#[derive(Debug, thiserror::Error)]
pub enum NotEmbedded {
    /// The caller is not served.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing is cut in silence.
    #[error("text {place} is longer than {most} characters")]
    TooLong {
        /// Which, from 0.
        place: usize,
        /// Characters that the model reads.
        most: usize,
    },
    /// The model does not do it.
    #[error(transparent)]
    Model(#[from] models::Error),
}

impl Answering {
    /// The chatbots that talk, by name.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbots(&self, caller: &Caller) -> Result<Vec<Talking>, Refusal> {
        let read = async |tx: &TenantTx| chatbots::talking(tx, limits::MODELS).await;
        self.admitted(caller, Scope::Chat, read).await
    }

    /// The chatbot that is meant by an id, by a name, or by a name as a slug where no other is called so.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbot(&self, caller: &Caller, named: &str) -> Result<Talking, Refusal> {
        let read = async |tx: &TenantTx| chatbots::talking_one(tx, named).await;
        self.admitted(caller, Scope::Chat, read).await?.ok_or(Refusal::NotFound("chatbot"))
    }

    /// Whether a caller is known and may call at present, whatever for.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`], [`Refusal::NotAMember`], [`Refusal::TooManyCalls`], [`Refusal::Store`].
    pub async fn knows(&self, caller: &Caller) -> Result<(), Refusal> {
        store::caller::known(&self.database, caller).await?;
        Ok(())
    }

    /// Vectors of texts, in the space that new documents are embedded in.
    ///
    /// # Errors
    /// [`NotEmbedded`].
    pub async fn embed(
        &self,
        caller: &Caller,
        (model, dimension): (&str, usize),
        purpose: Purpose,
        texts: &[String],
    ) -> Result<Vec<Embedded>, NotEmbedded> {
        let read = async |tx: &TenantTx| spaces::of_model(tx, model, dimension).await;
        let space = self.admitted(caller, Scope::Search, read).await?;
        let most = space.conventions.max_characters;
        if let Some(place) = texts.iter().position(|text| text.chars().count() > most) {
            return Err(NotEmbedded::TooLong { place, most });
        }
        Ok(self.embedder.embed(&space, purpose, texts).await?)
    }
}
