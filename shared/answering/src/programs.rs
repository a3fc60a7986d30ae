//! What other programs' protocols ask for beside turns: which chatbots there are, and vectors.

use crate::{Answering, Refusal};
use domain::{ApiKey, ChatbotId, Scope};
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
    /// The model does not do it.
    #[error(transparent)]
    Model(#[from] models::Error),
}

impl Answering {
    /// The chatbots that talk, oldest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbots(&self, key: &ApiKey) -> Result<Vec<Talking>, Refusal> {
        self.admitted(key, Scope::Chat, async |tx: &TenantTx| chatbots::talking(tx).await).await
    }

    /// The chatbot of an id or a name.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbot(&self, key: &ApiKey, named: &str) -> Result<ChatbotId, Refusal> {
        if let Ok(id) = named.parse() {
            return Ok(id);
        }
        let read = async |tx: &TenantTx| chatbots::of_name(tx, named).await;
        self.admitted(key, Scope::Chat, read).await?.ok_or(Refusal::NotFound("chatbot"))
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
        Ok(self.embedder.embed(&space, purpose, texts).await?)
    }
}
