//! A version of a document, built beside the active one and switched to by one update.

use crate::{Chunk, Ingestion, Outcome, Shape, chunk, extract::Extracted, locate::Work};
use anyhow::Context as _;
use domain::{
    DocumentId, Failure, FailureCode, OrganizationId,
    document::{clean, clip},
    limits,
};
use objects::Error as ObjectError;
use sha2::{Digest as _, Sha256};
use store::{
    chunks::{self, NewChunk},
    documents::{self, Reading},
    events::{self, Category, Event},
    jobs,
    versions::{self, Manifest},
};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;

/// Chunks that are embedded and written at a time: progress is seen between them.
const WRITTEN_AT_ONCE: usize = 96;

/// Where a document's extracted text is kept, under the derived prefix.
pub(crate) fn text_path(organization: OrganizationId, document: DocumentId) -> String {
    format!("text/{organization}/{document}.txt")
}

/// A document that was read: what it says and what its bytes are.
struct Read {
    extracted: Extracted,
    content_hash: String,
}

impl Ingestion {
    /// Extracts, chunks, embeds, stores and switches. `None` when the ground moved: look again.
    pub(crate) async fn build(
        &self,
        organization: OrganizationId,
        work: &Work,
    ) -> anyhow::Result<Option<Outcome>> {
        let read = match self.read(work).await? {
            Ok(read) => read,
            Err(Some(failure)) => {
                let settled = self.settle_failed(organization, work, &failure).await?;
                return Ok(settled.then_some(Outcome::Failed(failure)));
            }
            Err(None) => return self.abandon(organization, work).await.map(|()| None),
        };
        let language = match &work.language {
            Some(given) => given.clone(),
            None => language::language_of(&read.extracted.text).to_owned(),
        };
        let title = self.title(work, &read.extracted);
        let shape = Shape::of(&work.collection, &title);
        let chunks = chunk(&read.extracted, &shape);
        if chunks.len() > limits::DOCUMENT_CHUNKS {
            let failure = too_large(format!(
                "The document makes {} passages; at most {} can be kept.",
                chunks.len(),
                limits::DOCUMENT_CHUNKS
            ));
            let settled = self.settle_failed(organization, work, &failure).await?;
            return Ok(settled.then_some(Outcome::Failed(failure)));
        }
        if !self.write(organization, work, &title, &language, chunks.as_slice()).await? {
            return Ok(None);
        }
        let text = read.extracted.text.clone().into_bytes();
        self.bucket
            .put_derived(&text_path(organization, work.document), "text/plain; charset=utf-8", text)
            .await?;
        let switched =
            self.switch(organization, work, &read, &title, &language, &shape, chunks.len()).await?;
        Ok(switched.then_some(Outcome::Completed { chunks: chunks.len() }))
    }

    /// The bytes and what they say; `Err(None)` when they changed meanwhile.
    async fn read(&self, work: &Work) -> anyhow::Result<Result<Read, Option<Failure>>> {
        let size = work.object.size;
        if size == 0 {
            return Ok(Err(Some(Failure::new(
                FailureCode::Empty,
                "The file is empty. Upload it again with its content.",
            ))));
        }
        if size > limits::DOCUMENT_BYTES {
            return Ok(Err(Some(too_large(format!(
                "The file has {size} bytes; at most {} (200 MB) can be read. Split it into parts.",
                limits::DOCUMENT_BYTES
            )))));
        }
        let (file, content_hash) = match self.download(work).await {
            Ok(download) => download,
            Err(error) if matches!(error.downcast_ref(), Some(ObjectError::Gone)) => return Ok(Err(None)),
            Err(error) => return Err(error),
        };
        let extracted = self.extractor.extract(file.path(), &work.filename).await.context("extract text")?;
        Ok(match extracted {
            Ok(extracted) => Ok(Read { extracted, content_hash }),
            Err(failure) => Err(Some(failure)),
        })
    }

    /// Streams the object into a temporary file, hashing on the way.
    async fn download(&self, work: &Work) -> anyhow::Result<(NamedTempFile, String)> {
        let mut body = self.bucket.get(&work.key, &work.object.etag).await?;
        let file = NamedTempFile::new().context("make temporary file")?;
        let mut writer = tokio::fs::File::create(file.path()).await.context("open temporary file")?;
        let mut hasher = Sha256::new();
        while let Some(bytes) = body.try_next().await.context("read object")? {
            hasher.update(&bytes);
            writer.write_all(&bytes).await.context("write temporary file")?;
        }
        writer.flush().await.context("write temporary file")?;
        Ok((file, hex::encode(hasher.finalize())))
    }

    fn title(&self, work: &Work, extracted: &Extracted) -> String {
        let own = extracted
            .title
            .as_deref()
            .map(|title| clip(&clean(title), limits::TITLE_CHARACTERS))
            .filter(|title| !title.is_empty());
        if work.titled { work.title.clone() } else { own.unwrap_or_else(|| work.title.clone()) }
    }

    /// Embeds and stores, batch by batch; `false` when the version is gone.
    async fn write(
        &self,
        organization: OrganizationId,
        work: &Work,
        title: &str,
        language: &str,
        all: &[Chunk],
    ) -> anyhow::Result<bool> {
        let total = i32::try_from(all.len()).unwrap_or(i32::MAX);
        let mut done = 0;
        for batch in all.chunks(WRITTEN_AT_ONCE) {
            let rows: Vec<NewChunk> = self.embed(&work.collection.space, title, language, batch).await?;
            done += i32::try_from(batch.len()).unwrap_or(i32::MAX);
            let tx = self.database.tenant(organization).await?;
            match chunks::insert(&tx, work.document, work.version, work.collection.space.id, &rows).await {
                Ok(()) => {}
                Err(store::Error::Refused { .. }) => return Ok(false),
                Err(error) => return Err(error).context("write chunks"),
            }
            jobs::advance(&tx, work.job, done, total).await.context("note progress")?;
            tx.finish().await?;
        }
        Ok(true)
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one version, each used once")]
    async fn switch(
        &self,
        organization: OrganizationId,
        work: &Work,
        read: &Read,
        title: &str,
        language: &str,
        shape: &Shape,
        count: usize,
    ) -> anyhow::Result<bool> {
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        let manifest = Manifest {
            content_hash: &read.content_hash,
            extractor: &read.extracted.extractor,
            segmenter: language::SEGMENTER,
            chunk_size: i32::try_from(shape.tokens).unwrap_or(i32::MAX),
            chunk_overlap: i32::try_from(shape.overlap).unwrap_or(i32::MAX),
            chunks: count,
            text_bytes: i64::try_from(read.extracted.text.len()).unwrap_or(i64::MAX),
        };
        let reading = Reading {
            title,
            language,
            source_format: &read.extracted.format,
            page_count: read.extracted.page_count.and_then(|pages| i32::try_from(pages).ok()),
            content_hash: &read.content_hash,
            chunk_count: count,
        };
        let tx = self.database.tenant(organization).await?;
        versions::describe(&tx, work.version, &manifest).await.context("describe version")?;
        if !documents::switch(&tx, work.document, work.version, &reading).await.context("switch version")? {
            return Ok(false);
        }
        versions::clear_others(&tx, work.document, Some(work.version))
            .await
            .context("clear older versions")?;
        jobs::settle(&tx, work.job, None).await?;
        events::record(&tx, &[completed(work, count)]).await?;
        tx.finish().await?;
        Ok(true)
    }

    /// Writes down why the document cannot be read; `false` when the ground moved.
    pub(crate) async fn settle_failed(
        &self,
        organization: OrganizationId,
        work: &Work,
        failure: &Failure,
    ) -> anyhow::Result<bool> {
        let tx = self.database.tenant(organization).await?;
        let settled =
            documents::fail(&tx, work.document, work.version, failure).await.context("fail document")?;
        if settled {
            versions::clear_others(&tx, work.document, None).await.context("clear versions")?;
            jobs::settle(&tx, work.job, Some(failure)).await?;
            let failed = Event {
                category: Category::Error,
                payload: serde_json::json!(failure),
                ..completed(work, 0)
            };
            events::record(&tx, &[failed]).await?;
            tx.finish().await?;
            self.bucket.delete_derived(&text_path(organization, work.document)).await?;
        }
        Ok(settled)
    }

    /// Drops a version that will not be finished, so that the next look begins a new one.
    pub(crate) async fn abandon(&self, organization: OrganizationId, work: &Work) -> anyhow::Result<()> {
        let tx = self.database.tenant(organization).await?;
        versions::abandon(&tx, work.version).await.context("abandon version")?;
        tx.finish().await?;
        Ok(())
    }
}

fn completed(work: &Work, chunks: i32) -> Event<'static> {
    Event {
        kind: "ingestion_completed",
        category: Category::System,
        payload: serde_json::json!({ "chunks": chunks, "bytes": work.object.size }),
        session: None,
        resource: Some(("document", work.document.0)),
    }
}

fn too_large(detail: String) -> Failure {
    Failure::new(FailureCode::TooLarge, detail)
}
