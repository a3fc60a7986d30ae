//! What of documents has passed its time: originals, texts, vectors, each by the organization's own days from the upload on.
//!
//! It is said before it is done, document by document, so that a run may die anywhere and the next one goes on; and what comes
//! of an object's deletion (an event like any other) finds it said: the document goes on without its original.

use crate::Retention;
use anyhow::Context as _;
use domain::{DocumentId, OrganizationId, derived, limits};
use jiff::Timestamp;
use std::time::Instant;
use store::{
    documents,
    retention::{self, DocumentHorizons, Due, Part},
};

/// Documents that lost something, and rows that went with it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SweptDocuments {
    /// Objects.
    pub originals: u64,
    /// Documents that are found no more.
    pub texts: u64,
    /// Documents that are found by their words alone.
    pub embeddings: u64,
}

impl Retention {
    /// Removes the parts of an organization's documents whose time has passed, until a moment; what is left then waits for the
    /// next day.
    ///
    /// # Errors
    /// When the database or S3 is not there.
    pub async fn sweep_documents(
        &self,
        organization: OrganizationId,
        until: Instant,
    ) -> anyhow::Result<SweptDocuments> {
        let tx = self.database.tenant(organization).await?;
        let horizons = retention::document_horizons(&tx).await?;
        tx.finish().await?;
        self.sweep_before(organization, horizons, until).await
    }

    /// The same by these horizons, whatever the organization says.
    ///
    /// # Errors
    /// When the database or S3 is not there.
    pub async fn sweep_before(
        &self,
        organization: OrganizationId,
        horizons: DocumentHorizons,
        until: Instant,
    ) -> anyhow::Result<SweptDocuments> {
        let mut swept = SweptDocuments::default();
        if let Some(before) = horizons.embeddings {
            swept.embeddings = self.sweep_part(organization, Part::Embeddings, before, until).await?;
        }
        if let Some(before) = horizons.texts {
            swept.texts = self.sweep_part(organization, Part::Text, before, until).await?;
        }
        if let Some(before) = horizons.originals {
            swept.originals = self.sweep_part(organization, Part::Original, before, until).await?;
        }
        Ok(swept)
    }

    async fn sweep_part(
        &self,
        organization: OrganizationId,
        part: Part,
        before: Timestamp,
        until: Instant,
    ) -> anyhow::Result<u64> {
        let (mut swept, mut after) = (0, None);
        loop {
            let tx = self.database.tenant(organization).await?;
            let bucket = self.bucket.name();
            let due = retention::due(&tx, part, bucket, before, after, limits::SWEPT_AT_ONCE).await?;
            tx.finish().await?;
            let Some(last) = due.last() else { return Ok(swept) };
            after = Some(last.id);
            for document in &due {
                if Instant::now() > until {
                    return Ok(swept);
                }
                let is_done = match part {
                    Part::Original => self.original(organization, document, before).await?,
                    Part::Text | Part::Embeddings => {
                        self.rows(organization, part, document, before, until).await?
                    }
                };
                swept += u64::from(is_done);
            }
        }
    }

    /// Deletes an original. Of a document of which nothing else is left, its object's event takes the rest along.
    async fn original(
        &self,
        organization: OrganizationId,
        document: &Due,
        before: Timestamp,
    ) -> anyhow::Result<bool> {
        let object = self.bucket.head(&document.key).await.context("look at an original")?;
        if object.is_some_and(|object| object.last_modified >= before) {
            // Somebody uploaded another one meanwhile: whoever reads it says so.
            return Ok(false);
        }
        let tx = self.database.tenant(organization).await?;
        if document.is_last {
            documents::let_go(&tx, self.bucket.name(), std::slice::from_ref(&document.key)).await?;
            tx.finish().await?;
            self.bucket.delete(&document.key).await.context("delete the last of a document")?;
            return Ok(true);
        }
        let is_marked = retention::mark(&tx, Part::Original, document.id, before).await?;
        tx.finish().await?;
        if !is_marked {
            return Ok(false);
        }
        self.bucket.delete(&document.key).await.context("delete an original")?;
        let tx = self.database.tenant(organization).await?;
        retention::original_deleted(&tx, document.id).await?;
        tx.finish().await?;
        Ok(true)
    }

    /// Deletes a document's text with its vectors, or its vectors alone.
    async fn rows(
        &self,
        organization: OrganizationId,
        part: Part,
        document: &Due,
        before: Timestamp,
        until: Instant,
    ) -> anyhow::Result<bool> {
        let tx = self.database.tenant(organization).await?;
        let is_marked = retention::mark(&tx, part, document.id, before).await?;
        tx.finish().await?;
        if !is_marked {
            return Ok(false);
        }
        if part == Part::Text {
            let below = derived::of_document(organization, document.id);
            self.bucket.delete_derived(&below, None).await.context("delete a text")?;
        }
        loop {
            let tx = self.database.tenant(organization).await?;
            let rows = retention::sweep_part(&tx, part, document.id, limits::SWEPT_AT_ONCE).await?;
            tx.finish().await?;
            if rows < limits::SWEPT_AT_ONCE.unsigned_abs() {
                break;
            }
            if Instant::now() > until {
                return Ok(false);
            }
        }
        if document.is_last {
            self.forget(organization, document.id).await?;
        }
        Ok(true)
    }

    /// Of a document without original and text nothing is left to be shown.
    async fn forget(&self, organization: OrganizationId, document: DocumentId) -> anyhow::Result<()> {
        let tx = self.database.tenant(organization).await?;
        documents::delete(&tx, document).await?;
        tx.finish().await?;
        Ok(())
    }
}
