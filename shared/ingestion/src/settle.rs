//! The end of a version, or of a document: switched to, failed, dropped or forgotten.

use crate::{Ingestion, Outcome, Step, build::Described, curated::Imported, locate::Work};
use anyhow::Context as _;
use domain::{DocumentId, Failure, OrganizationId, derived};
use serde_json::json;
use store::{
    documents::{self, Hidden, Reading},
    events::{self, Category, Event},
    jobs,
    versions::{self, Manifest},
};

/// A version whose chunks all stand.
pub(crate) struct Finished<'a> {
    pub(crate) content_hash: &'a str,
    pub(crate) manifest: &'a Manifest,
    pub(crate) described: &'a Described,
    pub(crate) text: Vec<u8>,
    /// Answers of people that the file brings.
    pub(crate) imported: Imported,
}

impl Ingestion {
    /// Keeps the text and switches: readers see the new version from here on.
    pub(crate) async fn finish(
        &self,
        organization: OrganizationId,
        work: &Work,
        finished: Finished<'_>,
    ) -> anyhow::Result<Step> {
        let path = derived::text(organization, work.document, work.version);
        let put = self.bucket.put_derived(&path, "text/plain; charset=utf-8", finished.text);
        put.await.context("keep text")?;
        let described = finished.described;
        let reading = Reading {
            title: &described.title,
            content_hash: finished.content_hash,
            document_type: described.document_type.as_str(),
            source_url: described.source_url.as_deref(),
            product: work.product,
            metadata: &described.attributes,
            spaces: &work.spaces(),
            manifest: finished.manifest,
        };
        let tx = self.database.tenant(organization).await?;
        let describe = versions::describe(
            &tx,
            work.version,
            finished.content_hash,
            language::SEGMENTER,
            finished.manifest,
        );
        describe.await.context("describe version")?;
        finished.imported.replace(&tx, work).await.context("write the answers that it brings")?;
        let switch = documents::switch(&tx, work.document, work.version, work.worker, &reading);
        if !switch.await.context("switch version")? {
            drop(tx);
            // Taken over, deleted, or built for too few spaces: in the last case only this drops it.
            return self.abandon(organization, work).await.map(|()| Step::Moved);
        }
        jobs::settle(&tx, work.job, None).await.context("settle job")?;
        events::record(&tx, &[completed(work, finished.manifest.chunks)]).await?;
        work.settling();
        tx.finish().await?;
        self.clear_up(organization, work.document).await?;
        Ok(Step::Built { chunks: usize::try_from(finished.manifest.chunks).unwrap_or_default() })
    }

    /// Removes the derived objects of every version but the active one.
    pub(crate) async fn clear_up(
        &self,
        organization: OrganizationId,
        document: DocumentId,
    ) -> anyhow::Result<()> {
        let tx = self.database.tenant(organization).await?;
        let active = documents::active_version(&tx, document).await.context("find active version")?;
        tx.finish().await?;
        let keep = active.map(|version| derived::text(organization, document, version));
        let below = derived::of_document(organization, document);
        self.bucket.delete_derived(&below, keep.as_deref()).await.context("clear up")?;
        Ok(())
    }

    /// Settles a version as failed.
    pub(crate) async fn fail(
        &self,
        organization: OrganizationId,
        work: &Work,
        failure: Failure,
    ) -> anyhow::Result<Step> {
        let settled = self.settle_failed(organization, work, &failure).await?;
        Ok(if settled { Step::Failed(failure) } else { Step::Moved })
    }

    /// Writes down why the document cannot be read; `false` when the ground moved.
    pub(crate) async fn settle_failed(
        &self,
        organization: OrganizationId,
        work: &Work,
        failure: &Failure,
    ) -> anyhow::Result<bool> {
        let tx = self.database.tenant(organization).await?;
        let fail = documents::fail(&tx, work.document, work.version, work.worker, failure);
        let settled = fail.await.context("fail document")?;
        if settled {
            jobs::settle(&tx, work.job, Some(failure)).await?;
            let failed = Event { category: Category::Error, payload: json!(failure), ..completed(work, 0) };
            events::record(&tx, &[failed]).await?;
            work.settling();
            self.bell.ring(tx.finish_activity().await?, organization).await;
            self.clear_up(organization, work.document).await?;
        }
        Ok(settled)
    }

    /// Drops a version that will not be finished, so that the next look begins a new one.
    pub(crate) async fn abandon(&self, organization: OrganizationId, work: &Work) -> anyhow::Result<()> {
        let tx = self.database.tenant(organization).await?;
        versions::abandon(&tx, work.version, work.worker).await.context("abandon version")?;
        tx.finish().await?;
        self.drop_unused(organization, work).await
    }

    /// Deletes what was derived for a version that nobody builds or reads: whoever deleted its document could not know that
    /// more was to come.
    pub(crate) async fn drop_unused(&self, organization: OrganizationId, work: &Work) -> anyhow::Result<()> {
        let tx = self.database.tenant(organization).await?;
        let in_use = versions::in_use(&tx, &[work.version.0]).await.context("read versions")?;
        tx.finish().await?;
        if in_use.is_empty() {
            let below = derived::of_version(organization, work.document, work.version);
            self.bucket.delete_derived(&below, None).await.context("delete what was derived")?;
        }
        Ok(())
    }

    /// Ends a unit whose version goes on.
    pub(crate) async fn release(&self, organization: OrganizationId, work: &Work) -> anyhow::Result<()> {
        let tx = self.database.tenant(organization).await?;
        versions::release(&tx, work.version, work.worker).await.context("release version")?;
        tx.finish().await?;
        Ok(())
    }

    /// Nobody finds the document from the first commit on; its row goes last, so that whoever comes after a
    /// function that died in between knows what to clear away.
    pub(crate) async fn forget(&self, organization: OrganizationId, key: &str) -> anyhow::Result<Outcome> {
        let tx = self.database.tenant(organization).await?;
        let hidden = documents::hide(&tx, self.bucket.name(), key).await.context("hide document")?;
        tx.finish().await?;
        let document = match hidden {
            Some(Hidden::Gone(document)) => document,
            Some(Hidden::GoesOn) => return Ok(Outcome::Unchanged),
            None => {
                tracing::warn!(
                    object.key = key,
                    reason = "there is no such object: deleted before it was read",
                    "object ignored"
                );
                return Ok(Outcome::Forgotten);
            }
        };
        let below = derived::of_document(organization, document);
        self.bucket.delete_derived(&below, None).await.context("delete what was derived")?;
        let tx = self.database.tenant(organization).await?;
        documents::delete(&tx, document).await.context("forget document")?;
        tx.finish().await?;
        Ok(Outcome::Forgotten)
    }
}

fn completed(work: &Work, chunks: i32) -> Event<'static> {
    Event {
        kind: "ingestion_completed",
        category: Category::System,
        payload: json!({ "chunks": chunks, "bytes": work.object.size }),
        session: None,
        resource: Some(("document", work.document.0)),
    }
}
