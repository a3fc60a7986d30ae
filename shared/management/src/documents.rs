//! Documents: listed, read, downloaded, deleted, processed anew.

use crate::{Management, Refusal};
use anyhow::Context as _;
use domain::{Caller, DocumentId, Scope, derived, document::DERIVED_PREFIX, limits};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use objects::signed::Link;
use queue::Work;
use std::time::Duration;
use store::{
    audit::Read,
    caller::Need,
    collection_settings::{self, Named},
    demands::{self, Thing},
    documents,
    library::{self, Anew, Document, Which},
};

/// Messages of one turn at the queue, and turns at once.
const SENT_AT_ONCE: usize = 100;
const SENDERS: usize = 16;

/// Which documents of a collection are processed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of them.
    All,
    /// Those that failed.
    Failed,
}

impl Management {
    /// Documents, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn documents(
        &self,
        caller: &Caller,
        which: &Which<'_>,
        limit: u32,
    ) -> Result<Vec<Document>, Refusal> {
        let bucket = self.bucket.name();
        self.admitted(caller, Scope::DocumentsRead, async |tx| library::list(tx, bucket, which, limit).await)
            .await
    }

    /// One document.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn document(&self, caller: &Caller, id: DocumentId) -> Result<Document, Refusal> {
        self.document_for(caller, Scope::DocumentsRead, id).await
    }

    async fn document_for(
        &self,
        caller: &Caller,
        need: impl Into<Need>,
        id: DocumentId,
    ) -> Result<Document, Refusal> {
        let bucket = self.bucket.name();
        let found = self.admitted(caller, need, async |tx| library::get(tx, bucket, id).await).await?;
        found.ok_or(Refusal::NotFound("document"))
    }

    /// A link to the document's original.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn original(&self, caller: &Caller, id: DocumentId, now: Timestamp) -> Result<Link, Refusal> {
        let document = self.document_for(caller, read_in_full(id), id).await?;
        if document.original_removed_at.is_some() {
            let detail = "The original's time has passed, and it was deleted. The document is found and read as before.";
            return Err(Refusal::Gone { kind: "original-removed", detail });
        }
        self.link(&document.key, &document.filename, now).await
    }

    /// A link to the text that was read from the document.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::NotFound`] also while there is no such text.
    pub async fn text(&self, caller: &Caller, id: DocumentId, now: Timestamp) -> Result<Link, Refusal> {
        let document = self.document_for(caller, read_in_full(id), id).await?;
        if document.text_removed_at.is_some() {
            let detail = "The text's time has passed, and it was deleted: the document is found no more. Upload it again.";
            return Err(Refusal::Gone { kind: "text-removed", detail });
        }
        let version =
            document.active_version.ok_or(Refusal::NotFound("text: the document is not completed"))?;
        let object = format!("{DERIVED_PREFIX}{}", derived::text(caller.organization(), id, version));
        self.link(&object, &format!("{}.txt", document.filename), now).await
    }

    async fn link(&self, object: &str, filename: &str, now: Timestamp) -> Result<Link, Refusal> {
        let good_for = Duration::from_secs(limits::DOWNLOAD_SECONDS);
        Ok(self.signer.download(object, filename, good_for, now).await?)
    }

    /// Deletes the document's object, and has ingestion forget what it knows of it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_document(&self, caller: &Caller, id: DocumentId) -> Result<(), Refusal> {
        let document = self.document_for(caller, Scope::DocumentsWrite, id).await?;
        let tx = self.again(caller).await?;
        demands::unchanged(&tx, Thing::Document(id.0)).await?;
        let key = std::slice::from_ref(&document.key);
        documents::let_go(&tx, self.bucket.name(), key).await?;
        tx.finish().await?;
        self.bucket.delete(&document.key).await?;
        // The bucket's own event says the same; where the object was gone already there is none.
        self.look_at(vec![document.key]).await
    }

    /// Has a document processed anew.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn reprocess(&self, caller: &Caller, id: DocumentId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::DocumentsWrite).await?;
        let document =
            library::get(&tx, self.bucket.name(), id).await?.ok_or(Refusal::NotFound("document"))?;
        let parts = [document.original_removed_at, document.text_removed_at, document.embeddings_removed_at];
        if parts.iter().any(Option::is_some) {
            let detail = "Parts of the document were deleted because their time had passed; upload it again.";
            return Err(Refusal::conflict("removed-by-retention", detail));
        }
        let keys = library::unsettle(&tx, self.bucket.name(), Anew::Document(id)).await?;
        tx.finish().await?;
        self.look_at(keys).await
    }

    /// Has the documents of a collection processed anew. How many.
    ///
    /// # Errors
    /// [`Refusal`]; the same call again does what is left.
    pub async fn reprocess_collection(
        &self,
        caller: &Caller,
        collection: &Named,
        extent: Extent,
    ) -> Result<usize, Refusal> {
        let tx = self.enter(caller, Scope::DocumentsWrite).await?;
        let known = collection_settings::get(&tx, collection).await?;
        let id = known.ok_or(Refusal::NotFound("collection"))?.id;
        let which = match extent {
            Extent::All => Anew::Collection(id),
            Extent::Failed => Anew::FailedOf(id),
        };
        let keys = library::unsettle(&tx, self.bucket.name(), which).await?;
        tx.finish().await?;
        let documents = keys.len();
        self.look_at(keys).await?;
        Ok(documents)
    }

    /// Has ingestion look at keys.
    pub(crate) async fn look_at(&self, keys: Vec<String>) -> Result<(), Refusal> {
        let work: Vec<Work> = keys.into_iter().map(|key| Work::Look { key }).collect();
        self.send(&work).await
    }

    /// Sends work to ingestion when the effect that it is about is there.
    pub(crate) async fn send_afterwards(&self, work: Work) -> Result<(), Refusal> {
        let (queue, later) = (self.queue.clone(), work.clone());
        let sending = async move {
            if let Err(error) = queue.send(&[later]).await {
                tracing::error!(error = format!("{error:#}"), "ingestion is not asked");
            }
        };
        match demands::afterwards(sending) {
            None => Ok(()),
            Some(_) => self.send(&[work]).await,
        }
    }

    /// Sends work to ingestion, all or an error: what is sent twice does no harm.
    pub(crate) async fn send(&self, work: &[Work]) -> Result<(), Refusal> {
        let turns: Vec<_> = work.chunks(SENT_AT_ONCE).map(|turn| self.queue.send(turn)).collect();
        let sent = stream::iter(turns).buffer_unordered(SENDERS).try_collect::<Vec<()>>().await;
        sent.context("ask ingestion").map_err(Refusal::Platform)?;
        Ok(())
    }
}

/// Whoever is given a link reads all of it.
fn read_in_full(id: DocumentId) -> Need {
    Need::reading(Scope::DocumentsRead, Read::Original(id))
}
