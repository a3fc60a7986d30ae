//! What a version's chunks are made from: an equal version, what an earlier unit has read, or the file.

use crate::{Ingestion, build::Written, extract::Extracted, locate::Work, ocr, unit::Clock};
use anyhow::Context as _;
use domain::{Failure, FailureCode, OrganizationId, derived, document::DERIVED_PREFIX, limits};
use objects::Error as ObjectError;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{path::Path, time::Duration};
use store::versions::{self, Donor};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;

/// What a page may take at most: to have its picture, and to have it read.
const PAGE_SECONDS: Duration = Duration::from_secs(2 * limits::OCR_SECONDS);

/// A document that was read. Kept as an object while a long document is built in several units.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) extracted: Extracted,
    /// SHA-256 of the bytes, in hex.
    pub(crate) content_hash: String,
    /// Pages that OCR has yet to look at.
    pub(crate) pictures: Vec<u32>,
    /// Pages that OCR has read.
    pub(crate) ocr_pages: Vec<u32>,
}

impl Reading {
    /// How sure OCR was of what it read, 0..1: the mean over its letters.
    #[expect(clippy::cast_precision_loss, reason = "letters of a document")]
    pub(crate) fn ocr_confidence(&self) -> Option<f32> {
        let read = self.extracted.blocks.iter();
        let read = read.filter(|block| block.page.is_some_and(|page| self.ocr_pages.contains(&page)));
        let (sum, letters) = read.fold((0.0, 0.0), |(sum, letters), block| {
            let length = block.range.len() as f32;
            (sum + block.confidence * length, letters + length)
        });
        (letters > 0.0).then_some(sum / letters)
    }
}

/// Where chunks come from.
pub(crate) enum Source {
    Copy(Box<Donor>),
    Read(Box<Reading>),
    Unreadable(Failure),
    /// The bytes are not the ones that were looked at any more.
    Moved,
}

impl Ingestion {
    pub(crate) async fn source(&self, organization: OrganizationId, work: &Work) -> anyhow::Result<Source> {
        if let Some(donor) = work.copied_from {
            let tx = self.database.tenant(organization).await?;
            let donor = versions::donor_by_id(&tx, donor).await.context("find donor")?;
            tx.finish().await?;
            return match donor {
                Some(donor) => Ok(Source::Copy(Box::new(donor))),
                None => self.abandon(organization, work).await.map(|()| Source::Moved),
            };
        }
        if work.total.is_some()
            && let Some(reading) = self.kept_reading(organization, work).await?
        {
            return Ok(Source::Read(Box::new(reading)));
        }
        self.read(organization, work).await
    }

    async fn read(&self, organization: OrganizationId, work: &Work) -> anyhow::Result<Source> {
        if let Some(failure) = unfit(work.object.size, limits::DOCUMENT_BYTES, "Upload") {
            return Ok(Source::Unreadable(failure));
        }
        let (file, content_hash) = match self.download(&work.key, &work.object.etag).await {
            Ok(download) => download,
            Err(error) if matches!(error.downcast_ref(), Some(ObjectError::Gone)) => {
                return self.abandon(organization, work).await.map(|()| Source::Moved);
            }
            Err(error) => {
                let Some(ObjectError::Withheld(why)) = error.downcast_ref() else { return Err(error) };
                return Ok(Source::Unreadable(Failure::new(FailureCode::Locked, *why)));
            }
        };
        if work.done() == 0 {
            let tx = self.database.tenant(organization).await?;
            let donor =
                versions::donor(&tx, work.document, &content_hash, &work.recipe, &work.spaces()).await;
            let donor = donor.context("look for an equal version")?;
            tx.finish().await?;
            if let Some(donor) = donor
                && self.has_text(organization, &donor).await?
            {
                return Ok(Source::Copy(Box::new(donor)));
            }
        }
        let extracted = self.extractor.extract(file.path(), &work.filename, &work.object.content_type).await;
        let extracted = extracted.context("extract text")?;
        Ok(match extracted {
            Ok(extracted) => {
                let pictures = if self.ocr.reads() { extracted.unread.clone() } else { Vec::new() };
                Source::Read(Box::new(Reading { extracted, content_hash, pictures, ocr_pages: Vec::new() }))
            }
            Err(failure) => Source::Unreadable(failure),
        })
    }

    /// Whether an equal version's text is still there, which is copied with its passages. It was lost otherwise: then the file is
    /// read as if there were no such version, and not one copy after the other begun in vain.
    async fn has_text(&self, organization: OrganizationId, donor: &Donor) -> anyhow::Result<bool> {
        let path = derived::text(organization, donor.document, donor.id);
        let text = self.bucket.head(&format!("{DERIVED_PREFIX}{path}")).await;
        let has_text = text.context("look for the equal version's text")?.is_some();
        if !has_text {
            tracing::warn!(document.id = %donor.document, "the text of an equal version is gone");
        }
        Ok(has_text)
    }

    /// Streams the object into a temporary file, hashing on the way.
    pub(crate) async fn download(&self, key: &str, etag: &str) -> anyhow::Result<(NamedTempFile, String)> {
        let mut body = self.bucket.get(key, etag).await?;
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

    /// Has OCR look at the pages that hold pictures, as many as the unit has time for; `false`: there are more.
    pub(crate) async fn read_pictures(
        &self,
        organization: OrganizationId,
        work: &Work,
        reading: &mut Reading,
        clock: Clock,
    ) -> anyhow::Result<bool> {
        if reading.pictures.is_empty() {
            return Ok(true);
        }
        // Reading the file took the unit: the next one begins with its pictures.
        if work.total.is_none() && clock.is_up() {
            self.set_aside(organization, work, reading).await?;
            return Ok(false);
        }
        let (file, _) = self.download(&work.key, &work.object.etag).await?;
        let mut result = Ok(true);
        let mut looked = 0;
        while let Some(page) = reading.pictures.first().copied() {
            if looked > 0 && (clock.is_up() || clock.remaining() < PAGE_SECONDS) {
                result = Ok(false);
                break;
            }
            if let Err(error) = self.read_picture(file.path(), work, reading, page).await {
                // Who has read one page will be asked again; who has read none for the last time is not waited for.
                if ocr::is_closed(&error) || (work.is_last && looked == 0) {
                    return self.leave_unread(organization, work, reading, &error).await.map(|()| true);
                }
                result = Err(error);
                break;
            }
            reading.pictures.remove(0);
            looked += 1;
        }
        // Pages cost time and money: those that were read are not read again.
        if looked > 0 && !matches!(result, Ok(true)) {
            self.set_aside(organization, work, reading).await?;
        }
        result
    }

    /// Goes on without the pages that OCR has yet to look at: they stay unread, in every unit that follows.
    async fn leave_unread(
        &self,
        organization: OrganizationId,
        work: &Work,
        reading: &mut Reading,
        error: &anyhow::Error,
    ) -> anyhow::Result<()> {
        let pages = reading.pictures.len();
        tracing::error!(pages, document.id = %work.document, error = format!("{error:#}"), "pages left unread");
        reading.pictures.clear();
        if work.total.is_some() {
            self.keep_reading(organization, work, reading).await?;
        }
        Ok(())
    }

    /// Keeps what was read, and that it was, though nobody knows yet how many passages it will make.
    async fn set_aside(
        &self,
        organization: OrganizationId,
        work: &Work,
        reading: &Reading,
    ) -> anyhow::Result<()> {
        self.keep_reading(organization, work, reading).await?;
        if let Written::Gone = self.note_total(organization, work, 0).await? {
            self.drop_unused(organization, work).await?;
        }
        Ok(())
    }

    async fn read_picture(
        &self,
        file: &Path,
        work: &Work,
        reading: &mut Reading,
        page: u32,
    ) -> anyhow::Result<()> {
        let image = self.extractor.page_image(file, &work.filename, page).await?;
        let Some(image) = image else { return Ok(()) };
        match self.ocr.read(&image).await {
            Ok(text) => {
                ocr::with_ocr(&mut reading.extracted, page, &text);
                reading.ocr_pages.push(page);
            }
            Err(error) if ocr::is_permanent(&error) => {
                tracing::warn!(page, document.id = %work.document, error = format!("{error:#}"), "page not read");
            }
            Err(error) => return Err(error).context("read a page by OCR"),
        }
        Ok(())
    }

    /// Keeps what was read for the next unit.
    pub(crate) async fn keep_reading(
        &self,
        organization: OrganizationId,
        work: &Work,
        reading: &Reading,
    ) -> anyhow::Result<()> {
        let path = derived::reading(organization, work.document, work.version);
        let bytes = serde_json::to_vec(reading).context("write down what was read")?;
        self.bucket.put_derived(&path, "application/json", bytes).await.context("keep what was read")
    }

    async fn kept_reading(
        &self,
        organization: OrganizationId,
        work: &Work,
    ) -> anyhow::Result<Option<Reading>> {
        let path = derived::reading(organization, work.document, work.version);
        let bytes = self.bucket.get_derived(&path).await.context("read on")?;
        // One that cannot be read is as good as none: the file is read again.
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }
}

/// Why a file of this size cannot be read, if that is so; `again` is what its owner does ("Upload", "Attach").
pub(crate) fn unfit(size: u64, most: u64, again: &str) -> Option<Failure> {
    if size == 0 {
        let detail = format!("The file is empty. {again} it again with its content.");
        return Some(Failure::new(FailureCode::Empty, detail));
    }
    (size > most).then(|| {
        let megabytes = most / (1024 * 1024);
        let detail = format!(
            "The file has {size} bytes; at most {most} ({megabytes} MB) can be read. Split it into parts."
        );
        Failure::new(FailureCode::TooLarge, detail)
    })
}
