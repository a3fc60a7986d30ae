//! A version of a document, built beside the active one and switched to by one update.

use crate::{
    Chunk, Ingestion, Shape, Step, chunk,
    curated::Imported,
    describe::{Given, unknown_product},
    extract::Extracted,
    locate::Work,
    ocr,
    read::{Reading, Source},
    settle::Finished,
    unit::{Clock, Pace},
};
use anyhow::Context as _;
use domain::{
    Failure, FailureCode, OrganizationId, derived, limits,
    metadata::{ChunkTypeRules, DocumentType, MetadataSchema},
};
use serde_json::{Value, json};
use std::time::Instant;
use store::{
    chunks::{self, Override},
    jobs,
    versions::{self, Donor, Manifest, Step as Stride},
};

impl Ingestion {
    /// Extracts, chunks, embeds, stores and switches: as much of it as the unit has time for.
    pub(crate) async fn build(
        &self,
        organization: OrganizationId,
        work: &Work,
        clock: Clock,
    ) -> anyhow::Result<Step> {
        match self.source(organization, work).await? {
            Source::Moved => Ok(Step::Moved),
            Source::Unreadable(failure) => self.fail(organization, work, failure).await,
            Source::Copy(donor) => self.copy(organization, work, &donor, clock).await,
            Source::Read(mut reading) => {
                if !self.read_pictures(organization, work, &mut reading, clock).await? {
                    return Ok(Step::Continues { done: 0, after: 0 });
                }
                match ocr::settled(reading.extracted, self.ocr.reads()) {
                    Ok(extracted) => {
                        let reading = Reading { extracted, ..*reading };
                        self.make(organization, work, &reading, clock).await
                    }
                    Err(failure) => self.fail(organization, work, failure).await,
                }
            }
        }
    }

    /// Makes chunks of what was read.
    async fn make(
        &self,
        organization: OrganizationId,
        work: &Work,
        reading: &Reading,
        clock: Clock,
    ) -> anyhow::Result<Step> {
        let extracted = &reading.extracted;
        let described = match self.describe(work, extracted)? {
            Ok(described) => described,
            Err(failure) => return self.fail(organization, work, failure).await,
        };
        let title = &described.title;
        let shape = Shape::of(&work.collection, title, &extracted.text);
        let all = chunk(extracted, &shape);
        if all.len() > limits::DOCUMENT_CHUNKS {
            let detail = format!(
                "The document makes {} passages; at most {} can be kept.",
                all.len(),
                limits::DOCUMENT_CHUNKS
            );
            return self.fail(organization, work, Failure::new(FailureCode::TooLarge, detail)).await;
        }
        match self.write(organization, work, &described, (extracted, &all), clock).await? {
            Written::All => {}
            Written::Gone => {
                self.drop_unused(organization, work).await?;
                return Ok(Step::Moved);
            }
            Written::Part => {
                if work.total.is_none() {
                    self.keep_reading(organization, work, reading).await?;
                }
                return Ok(Step::Continues { done: work.done(), after: 0 });
            }
        }
        let imported = self.imported(work, &extracted.pairs).await?;
        let manifest = Manifest {
            chunks: as_i32(all.len()),
            text_bytes: i64::try_from(extracted.text.len()).unwrap_or(i64::MAX),
            title: extracted.title.clone(),
            language: described.language.clone(),
            format: extracted.format.clone(),
            page_count: extracted.page_count.map(|pages| as_i32(pages as usize)),
            extractor: extracted.extractor.clone(),
            chunk_size: as_i32(shape.tokens),
            chunk_overlap: as_i32(shape.overlap),
            ocr_confidence: reading.ocr_confidence(),
            unread_pages: extracted.unread.iter().map(|page| as_i32(*page as usize)).collect(),
            metadata: extracted.metadata.clone(),
            curated: as_i32(extracted.pairs.len()),
        };
        let finished = Finished {
            content_hash: &reading.content_hash,
            manifest: &manifest,
            described: &described,
            text: extracted.text.clone().into_bytes(),
            imported,
        };
        self.finish(organization, work, finished).await
    }

    /// Embeds and stores from where the version stands, batch by batch.
    async fn write(
        &self,
        organization: OrganizationId,
        work: &Work,
        described: &Described,
        (extracted, all): (&Extracted, &[Chunk]),
        clock: Clock,
    ) -> anyhow::Result<Written> {
        let total = as_i32(all.len());
        let spaces = work.spaces();
        let overrides = self.overrides(organization, work).await?;
        let mut pace = Pace::start();
        while work.done() < total {
            let from = usize::try_from(work.done()).unwrap_or_default();
            let batch = &all[from..all.len().min(from + pace.chunks())];
            // Every unit that did not read the file writes a batch, however late it is: or none ever would.
            if clock.is_up() && (work.has_advanced() || work.total.is_none()) {
                return self.note_total(organization, work, total).await;
            }
            let began = Instant::now();
            let (rows, spent) = self.embed(work, described, extracted, batch, &overrides).await?;
            let stride = Stride {
                from: work.done(),
                to: work.done() + as_i32(batch.len()),
                total,
                copied_from: None,
                spent: Some(&spent),
            };
            let tx = self.database.tenant(organization).await?;
            if !versions::advance(&tx, work.version, work.worker, &stride).await.context("note progress")? {
                return Ok(Written::Gone);
            }
            let write =
                chunks::insert(&tx, work.document, work.version, &spaces, &described.attributes, &rows);
            match write.await {
                Ok(()) => {}
                Err(store::Error::Refused { .. }) => return Ok(Written::Gone),
                Err(error) => return Err(error).context("write chunks"),
            }
            jobs::advance(&tx, work.job, stride.to, total).await.context("note progress")?;
            jobs::spend(&tx, work.job, &spent).await.context("note what it cost")?;
            tx.finish().await?;
            work.advanced_to(stride.to);
            pace.took(began.elapsed());
        }
        Ok(Written::All)
    }

    /// Notes how much there is to do, for a unit that ends before it did any of it.
    pub(crate) async fn note_total(
        &self,
        organization: OrganizationId,
        work: &Work,
        total: i32,
    ) -> anyhow::Result<Written> {
        let done = work.done();
        let tx = self.database.tenant(organization).await?;
        let stride = Stride { from: done, to: done, total, copied_from: None, spent: None };
        let is_ours = versions::advance(&tx, work.version, work.worker, &stride).await?;
        if total > 0 {
            jobs::advance(&tx, work.job, done, total).await?;
        }
        tx.finish().await?;
        work.advanced_to(done);
        Ok(if is_ours { Written::Part } else { Written::Gone })
    }

    /// Copies an equal version's chunks and vectors: no model is called.
    async fn copy(
        &self,
        organization: OrganizationId,
        work: &Work,
        donor: &Donor,
        clock: Clock,
    ) -> anyhow::Result<Step> {
        let total = donor.manifest.chunks;
        let described = match self.describe(work, &as_read(&donor.manifest))? {
            Ok(described) => described,
            Err(failure) => return self.fail(organization, work, failure).await,
        };
        let spaces = work.spaces();
        while work.done() < total {
            if clock.is_up() && work.has_advanced() {
                return Ok(Step::Continues { done: work.done(), after: 0 });
            }
            let to = (work.done() + limits::COPIED_AT_ONCE).min(total);
            let stride = Stride { from: work.done(), to, total, copied_from: Some(donor.id), spent: None };
            let tx = self.database.tenant(organization).await?;
            if !versions::advance(&tx, work.version, work.worker, &stride).await.context("note progress")? {
                return Ok(Step::Moved);
            }
            let places = stride.from..stride.to;
            let wanted = i64::from(stride.to - stride.from);
            let copied = chunks::copy(
                &tx,
                work.document,
                work.version,
                donor.id,
                places,
                &spaces,
                &described.attributes,
            )
            .await;
            let vectors = wanted * i64::try_from(spaces.len()).unwrap_or(i64::MAX);
            match copied {
                Ok(copied) if copied == (wanted, vectors) => {}
                // The donor went away under our hands.
                Ok(_) | Err(store::Error::Refused { .. }) => {
                    drop(tx);
                    return self.abandon(organization, work).await.map(|()| Step::Moved);
                }
                Err(error) => return Err(error).context("copy chunks"),
            }
            jobs::advance(&tx, work.job, to, total).await.context("note progress")?;
            tx.finish().await?;
            work.advanced_to(to);
        }
        let path = derived::text(organization, donor.document, donor.id);
        let text = self.bucket.get_derived(&path).await.context("read the equal version's text")?;
        let Some(text) = text else {
            return self.abandon(organization, work).await.map(|()| Step::Moved);
        };
        let finished = Finished {
            content_hash: &donor.content_hash,
            manifest: &donor.manifest,
            described: &described,
            text,
            // A version that brought answers is no donor.
            imported: Imported::default(),
        };
        self.finish(organization, work, finished).await
    }

    async fn overrides(&self, organization: OrganizationId, work: &Work) -> anyhow::Result<Vec<Override>> {
        let tx = self.database.tenant(organization).await?;
        let overrides = chunks::overrides(&tx, work.document).await.context("read corrections")?;
        tx.finish().await?;
        Ok(overrides)
    }

    /// What is known of the document besides its text. The inner error is the document's, or its uploader's.
    fn describe(&self, work: &Work, read: &Extracted) -> anyhow::Result<Result<Described, Failure>> {
        let schema =
            MetadataSchema::parse(&work.collection.metadata_schema).context("read metadata schema")?;
        let rules =
            ChunkTypeRules::parse(&work.collection.chunk_type_rules).context("read chunk type rules")?;
        let given = match Given::of(&work.object.metadata) {
            Ok(given) => given,
            Err(failure) => return Ok(Err(failure)),
        };
        if let (Some(name), None) = (&given.product, work.product) {
            return Ok(Err(unknown_product(name)));
        }
        Ok(given.describe(read, &work.name, &schema).map(|description| Described {
            title: description.title,
            language: description.language,
            attributes: json!(description.attributes),
            document_type: given.document_type,
            source_url: given.source_url,
            rules,
        }))
    }
}

/// What is known of a document besides its text, and what decides its chunks' types.
pub(crate) struct Described {
    pub(crate) title: String,
    pub(crate) language: String,
    /// By the collection's schema.
    pub(crate) attributes: Value,
    pub(crate) document_type: DocumentType,
    pub(crate) source_url: Option<String>,
    pub(crate) rules: ChunkTypeRules,
}

/// How far a unit wrote.
pub(crate) enum Written {
    All,
    Part,
    Gone,
}

/// What the reader of an equal version said of it.
fn as_read(manifest: &Manifest) -> Extracted {
    let mut read = Extracted::new(&manifest.format);
    read.title.clone_from(&manifest.title);
    read.metadata.clone_from(&manifest.metadata);
    read.metadata.entry("language".to_owned()).or_insert_with(|| manifest.language.clone());
    read
}

fn as_i32(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
