//! What other programs' protocols ask for beside turns: which chatbots there are, and vectors.

use crate::{Answering, Refusal};
use domain::{ApiKey, Scope, limits};
use futures_util::try_join;
use models::{Embedded, Purpose};
use store::{
    TenantTx, api_keys,
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
    pub async fn chatbots(&self, key: &ApiKey) -> Result<Vec<Talking>, Refusal> {
        let read = async |tx: &TenantTx| chatbots::talking(tx, limits::MODELS).await;
        self.admitted(key, Scope::Chat, read).await
    }

    /// The chatbot that is meant by an id, by a name, or by a name as a slug where no other is called so.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbot(&self, key: &ApiKey, named: &str) -> Result<Talking, Refusal> {
        let read = async |tx: &TenantTx| chatbots::talking_one(tx, named).await;
        self.admitted(key, Scope::Chat, read).await?.ok_or(Refusal::NotFound("chatbot"))
    }

    /// Whether a key is good and may call at present, whatever for.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`], [`Refusal::TooManyCalls`], [`Refusal::Store`].
    pub async fn knows(&self, key: &ApiKey) -> Result<(), Refusal> {
        let tx = self.database.tenant(key.organization).await?;
        let (known, ()) = try_join!(api_keys::look_up(&tx, key), tx.commit_what_may_be_lost())?;
        tx.close();
        store::caller::recognise(known.as_ref(), key)?;
        Ok(())
    }

    /// Vectors of texts, in the space that new documents are embedded in.
    ///
    /// # Errors
    /// [`NotEmbedded`].
    pub async fn embed(
        &self,
        key: &ApiKey,
        (model, dimension): (&str, usize),
        purpose: Purpose,
        texts: &[String],
    ) -> Result<Vec<Embedded>, NotEmbedded> {
        let read = async |tx: &TenantTx| spaces::of_model(tx, model, dimension).await;
        let space = self.admitted(key, Scope::Search, read).await?;
        let most = space.conventions.max_characters;
        if let Some(place) = texts.iter().position(|text| text.chars().count() > most) {
            return Err(NotEmbedded::TooLong { place, most });
        }
        Ok(self.embedder.embed(&space, purpose, texts).await?)
    }
}
