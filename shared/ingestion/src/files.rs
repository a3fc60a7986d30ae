//! A file of a session: read like a document by the same child, cut into passages, and known to its session alone. It has
//! no vectors and no versions, and is small enough for one unit of work.

use crate::{
    Ingestion, Outcome, Shape, TRIES, chunk,
    extract::Extracted,
    ocr,
    read::unfit,
    reconcile::{Drift, files_of},
    unit::Clock,
};
use anyhow::Context as _;
use domain::{
    Failure, FailureCode, FileKey, OrganizationId,
    file::{ColumnSummary, ColumnType, DataSummary, TableSummary},
    limits,
};
use futures_util::FutureExt as _;
use language::{language_of, words};
use objects::ObjectState;
use serde_json::json;
use std::{fmt::Write as _, panic::AssertUnwindSafe, path::Path};
use store::{
    events::{self, Category, Event},
    files::{self, NewPassage, Object, Reading, Standing},
};
use tokio::time::timeout;
use uuid::Uuid;

const GIVEN_UP: &str = "The file could not be read after several tries; the operator's log has the reason. Attach it \
                        again to retry.";

/// Characters of an example in a prompt.
const SHORT_CHARACTERS: usize = 30;

/// A file that was read.
struct Read {
    sha256: String,
    extracted: Extracted,
}

impl Ingestion {
    /// Brings what is known of a session's file to its object's present state. Two who are at the same bytes do the same;
    /// what is settled of other bytes by then is left alone.
    pub(crate) async fn look_at_file(
        &self,
        key: &str,
        file: &FileKey,
        delivery: u32,
        clock: Clock,
    ) -> anyhow::Result<Outcome> {
        let object = self.bucket.head(key).await?;
        let tx = self.database.tenant(file.organization).await?;
        let Some(object) = object else {
            files::delete(&tx, file.session, file.file).await.context("forget file")?;
            tx.finish().await?;
            return Ok(Outcome::Forgotten);
        };
        let known = Object {
            filename: &file.filename,
            etag: &object.etag,
            size: i64::try_from(object.size).unwrap_or(i64::MAX),
            content_type: &object.content_type,
        };
        let standing = files::begin(&tx, file.session, file.file, &known).await.context("begin file")?;
        tx.finish().await?;
        match standing {
            Standing::Settled => return Ok(Outcome::Unchanged),
            Standing::Missing => {
                // Its session is gone, or it was taken back before it came.
                tracing::info!(file.id = %file.file, "object of no session's file deleted");
                self.bucket.delete(key).await?;
                return Ok(Outcome::Ignored("no session has this file"));
            }
            Standing::ToRead => {}
        }
        if delivery >= TRIES {
            // Should this try break off without a word like those before, this is what is known; success takes it back.
            self.fail_file(file, &object, &Failure::new(FailureCode::Internal, GIVEN_UP)).await?;
        }
        let reading = AssertUnwindSafe(self.read_file(key, file, &object, delivery, clock)).catch_unwind();
        let read = match timeout(clock.remaining(), reading).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) => Err(anyhow::anyhow!("reading the file panicked")),
            Err(_) => Err(anyhow::anyhow!("the unit of work was not over in time")),
        };
        match read {
            Ok(Ok(read)) => self.keep_file(file, &object, &read).await,
            Ok(Err(failure)) => self.fail_file(file, &object, &failure).await,
            Err(error) if delivery >= TRIES => {
                tracing::error!(file.id = %file.file, error = format!("{error:#}"), "file given up");
                Ok(Outcome::Failed(Failure::new(FailureCode::Internal, GIVEN_UP)))
            }
            Err(error) => Err(error),
        }
    }

    /// The inner error is the file's; the outer one ours.
    async fn read_file(
        &self,
        key: &str,
        file: &FileKey,
        object: &ObjectState,
        delivery: u32,
        clock: Clock,
    ) -> anyhow::Result<Result<Read, Failure>> {
        if let Some(failure) = unfit(object.size, limits::FILE_BYTES, "Attach") {
            return Ok(Err(failure));
        }
        let (bytes, sha256) = self.download(key, &object.etag).await?;
        let extracted = self.extractor.extract(bytes.path(), &file.filename, &object.content_type).await;
        let mut extracted = match extracted.context("extract text")? {
            Ok(extracted) => extracted,
            Err(failure) => return Ok(Err(failure)),
        };
        if self.ocr.reads() {
            self.read_pictures_of_file(bytes.path(), file, &mut extracted, delivery, clock).await?;
        }
        Ok(ocr::settled(extracted, self.ocr.reads()).map(|extracted| Read { sha256, extracted }))
    }

    /// As many pages as one unit has time for; the others stay unread.
    async fn read_pictures_of_file(
        &self,
        bytes: &Path,
        file: &FileKey,
        extracted: &mut Extracted,
        delivery: u32,
        clock: Clock,
    ) -> anyhow::Result<()> {
        for page in extracted.unread.clone() {
            if clock.is_up() {
                break;
            }
            let Some(image) = self.extractor.page_image(bytes, &file.filename, page).await? else { continue };
            match self.ocr.read(&image).await {
                Ok(text) => ocr::with_ocr(extracted, page, &text),
                Err(error) if ocr::is_permanent(&error) => {
                    tracing::warn!(page, file.id = %file.file, error = format!("{error:#}"), "page not read");
                }
                Err(error) if ocr::is_closed(&error) || delivery >= TRIES => {
                    tracing::error!(file.id = %file.file, error = format!("{error:#}"), "pages left unread");
                    break;
                }
                Err(error) => return Err(error).context("read a page by OCR"),
            }
        }
        Ok(())
    }

    async fn keep_file(&self, file: &FileKey, object: &ObjectState, read: &Read) -> anyhow::Result<Outcome> {
        let extracted = cut(&read.extracted);
        let language = language_of(&extracted.text);
        let passages = passages(&file.filename, language, &extracted);
        let summary = DataSummary { tables: extracted.tables.clone() };
        let characters = read.extracted.text.chars().count();
        let reading = Reading {
            sha256: &read.sha256,
            format: &extracted.format,
            language,
            extracted_characters: i32::try_from(characters).unwrap_or(i32::MAX),
            text: &extracted.text,
            data_summary: (!summary.tables.is_empty()).then_some(&summary),
            passages: &passages,
        };
        let tx = self.database.tenant(file.organization).await?;
        let settled = files::complete(&tx, file.file, &object.etag, &reading).await;
        if !settled.context("complete file")? {
            // Gone, or other bytes by now, whose own event tells of them.
            return Ok(Outcome::Unchanged);
        }
        let told = json!({ "passages": passages.len(), "bytes": object.size });
        events::record(&tx, &[event("file_completed", Category::System, file, told)]).await?;
        tx.finish().await?;
        Ok(Outcome::Completed { chunks: passages.len() })
    }

    async fn fail_file(
        &self,
        file: &FileKey,
        object: &ObjectState,
        failure: &Failure,
    ) -> anyhow::Result<Outcome> {
        let tx = self.database.tenant(file.organization).await?;
        if files::fail(&tx, file.file, &object.etag, failure).await.context("fail file")? {
            events::record(&tx, &[event("file_failed", Category::Error, file, json!(failure))]).await?;
        }
        tx.finish().await?;
        Ok(Outcome::Failed(failure.clone()))
    }

    /// Deletes objects of files that no session has, of a page, and names those that are still to be read; where the next page
    /// begins.
    pub(crate) async fn sweep_files(
        &self,
        organization: OrganizationId,
        from: &str,
        drift: &mut Drift,
        unread: &mut Vec<String>,
    ) -> anyhow::Result<Option<String>> {
        let page = self.bucket.list(&files_of(organization), Some(from)).await.context("list files")?;
        let keys = page.iter().filter_map(|object| Some((object, FileKey::parse(&object.key)?)));
        let keys: Vec<_> = keys.collect();
        let ids: Vec<Uuid> = keys.iter().map(|(_, file)| file.file.0).collect();
        let tx = self.database.tenant(organization).await?;
        let known = files::known(&tx, &ids).await.context("read files")?;
        tx.finish().await?;
        for (object, file) in keys {
            match known.iter().find(|known| known.id == file.file) {
                None => {
                    self.bucket.delete(&object.key).await.context("delete a file of no session")?;
                    drift.orphans += 1;
                }
                Some(known) if known.is_settled && known.etag.as_ref() == Some(&object.etag) => {}
                Some(_) => unread.push(object.key.clone()),
            }
        }
        Ok(page.last().map(|object| object.key.clone()))
    }
}

fn event(
    kind: &'static str,
    category: Category,
    file: &FileKey,
    payload: serde_json::Value,
) -> Event<'static> {
    Event { kind, category, payload, session: Some(file.session.0), resource: Some(("file", file.file.0)) }
}

/// The beginning of what was read, as much as is kept.
fn cut(read: &Extracted) -> Extracted {
    let mut kept = read.clone();
    if let Some((end, _)) = kept.text.char_indices().nth(limits::FILE_TEXT_CHARACTERS) {
        kept.text.truncate(end);
        kept.blocks.retain(|block| block.range.start < end);
        if let Some(last) = kept.blocks.last_mut() {
            last.range.end = last.range.end.min(end);
        }
    }
    kept
}

/// What an answer can cite: what its tables hold, then its text.
fn passages(filename: &str, language: &str, extracted: &Extracted) -> Vec<NewPassage> {
    let shape = Shape::plain(limits::FILE_PASSAGE_TOKENS, 0);
    let summaries = extracted.tables.iter().map(|table| {
        let content = described(table);
        let found_by = words(&format!("{filename}\n{content}"));
        (None, Vec::new(), content, language.to_owned(), found_by)
    });
    let text = chunk(extracted, &shape).into_iter().map(|chunk| {
        let found_by = words(&chunk.in_context(filename));
        let language = chunk.language(language).to_owned();
        // A row says little without its table's header.
        let content = match &chunk.carried {
            Some(carried) => format!("{carried}\n{}", chunk.content),
            None => chunk.content,
        };
        (chunk.page, chunk.headings, content, language, found_by)
    });
    let passages = summaries.chain(text).enumerate();
    passages
        .map(|(place, (page_number, headings, content, language, words))| NewPassage {
            id: Uuid::now_v7(),
            place: i32::try_from(place).unwrap_or(i32::MAX),
            page_number,
            headings,
            content,
            language,
            words,
        })
        .collect()
}

/// A table's summary in sentences, one a line, as many as fit.
fn described(table: &TableSummary) -> String {
    let name = table.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let mut text = format!("The table{name} has {} rows and {} columns.", table.rows, table.column_count);
    for column in &table.columns {
        let line = describe_column(column);
        if text.len() + line.len() > limits::FILE_SUMMARY_BYTES {
            break;
        }
        text.push('\n');
        text.push_str(&line);
    }
    text
}

fn describe_column(column: &ColumnSummary) -> String {
    let ColumnSummary { name, count, distinct, .. } = column;
    let kind = match column.kind {
        ColumnType::Empty => return format!("The column {name} is empty."),
        ColumnType::Integer => "whole numbers",
        ColumnType::Decimal => "numbers",
        ColumnType::Date => "dates",
        ColumnType::Boolean => "true or false",
        ColumnType::Text => "text",
    };
    let more = if column.distinct_is_capped { "more than " } else { "" };
    let mut line = format!("The column {name} holds {kind}: {count} values, {more}{distinct} different");
    if let (Some(min), Some(max)) = (&column.min, &column.max) {
        let _ = write!(line, ", minimum {min}, maximum {max}");
    }
    // A longer one stands in its row, where it is quoted from.
    let is_short = |value: &&String| value.chars().count() <= SHORT_CHARACTERS;
    let examples: Vec<&str> = column.examples.iter().filter(is_short).map(String::as_str).collect();
    if !examples.is_empty() {
        let _ = write!(line, ", for example {}", examples.join("; "));
    }
    line.push('.');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{BlockKind, extract_here};

    #[test]
    fn sizes_have_edges() {
        let unfit = |size| unfit(size, limits::FILE_BYTES, "Attach").map(|failure| failure.code);
        assert_eq!((unfit(1), unfit(limits::FILE_BYTES)), (None, None));
        assert_eq!(unfit(0), Some(FailureCode::Empty));
        assert_eq!(unfit(limits::FILE_BYTES + 1), Some(FailureCode::TooLarge));
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_its_blocks_with_it() {
        let mut read = Extracted::new("test");
        read.push(BlockKind::Paragraph, &"ก".repeat(limits::FILE_TEXT_CHARACTERS - 3), None);
        read.push(BlockKind::Paragraph, "ขขข", None);
        read.push(BlockKind::Paragraph, "gone", None);
        let kept = cut(&read);
        assert_eq!(kept.text.chars().count(), limits::FILE_TEXT_CHARACTERS);
        assert_eq!(kept.blocks.len(), 2);
        assert_eq!(&kept.text[kept.blocks[1].range.clone()], "ข");
        let short = Extracted { text: "ก".repeat(limits::FILE_TEXT_CHARACTERS), ..Extracted::new("test") };
        assert_eq!(cut(&short), short);
    }

    #[test]
    fn a_table_is_told_before_its_rows_and_rows_bring_their_header() {
        let rows: String = (1..=200).map(|row| format!("Seal {row},{row}.50,2026-03-01\n")).collect();
        let read =
            extract_here(format!("Part,Price,Since\n{rows}").as_bytes(), "stock.csv").expect("readable");
        let passages = passages("stock.csv", "en", &read);
        assert_eq!(
            passages[0].content,
            "The table has 200 rows and 3 columns.\n\
             The column Part holds text: 200 values, 200 different, for example Seal 1; Seal 2; Seal 3.\n\
             The column Price holds numbers: 200 values, 200 different, minimum 1.50, maximum 200.50, for example 1.50; 2.50; 3.50.\n\
             The column Since holds dates: 200 values, 1 different, minimum 2026-03-01, maximum 2026-03-01, for example 2026-03-01."
        );
        assert!(passages.len() > 3, "{}", passages.len());
        assert!(passages[1..].iter().all(|passage| passage.content.starts_with("Part | Price | Since\n")));
    }

    #[test]
    fn a_wide_table_is_told_as_far_as_it_fits() {
        let header: Vec<String> = (0..limits::FILE_COLUMNS).map(|at| format!("column {at}")).collect();
        let csv = format!(
            "{}\n{}\n",
            header.join(","),
            vec!["a rather long value of a cell"; header.len()].join(",")
        );
        let read = extract_here(csv.as_bytes(), "wide.csv").expect("readable");
        let told = described(&read.tables[0]);
        assert!(told.len() <= limits::FILE_SUMMARY_BYTES && told.len() > limits::FILE_SUMMARY_BYTES - 200);
    }
}
