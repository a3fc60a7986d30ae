//! Files of a session: what their uploaders announced, what was read from them, what a turn takes out of them.

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::{Failure, FileId, SessionId, file::DataSummary, limits};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// A file of a session.
#[derive(Debug, Clone)]
pub struct File {
    /// Its row.
    pub id: FileId,
    /// As its uploader calls it.
    pub filename: String,
    /// As its uploader says.
    pub content_type: String,
    /// Bytes; as its uploader says, until it is there.
    pub size: i64,
    /// Of its bytes, in hex, once they were read.
    pub sha256: Option<String>,
    /// `uploaded`, `processing`, `completed` or `failed`.
    pub status: String,
    /// Why it could not be read, while it is failed.
    pub failure: Option<Failure>,
    /// What it is by its content, once it was read.
    pub format: Option<String>,
    /// Characters of all its text.
    pub extracted_characters: Option<i32>,
    /// Its text, or the beginning of it; only where one file was asked for.
    pub text: Option<String>,
    /// `{tables: […]}`; `None` where it has no tables.
    pub data_summary: Option<Value>,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

fn from_row(row: &Row) -> File {
    File {
        id: FileId(row.get("id")),
        filename: row.get("filename"),
        content_type: row.get("content_type"),
        size: row.get("size_bytes"),
        sha256: row.get("sha256"),
        status: row.get("status"),
        failure: row.get::<_, Option<Value>>("failure").and_then(|why| serde_json::from_value(why).ok()),
        format: row.get("format"),
        extracted_characters: row.get("extracted_characters"),
        text: row.get("text"),
        data_summary: row.get("data_summary"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// A file that is to come.
#[derive(Debug)]
pub struct NewFile<'a> {
    /// Its row, chosen before.
    pub id: FileId,
    /// Whose.
    pub session: SessionId,
    /// As its uploader calls it.
    pub filename: &'a str,
    /// As its uploader says.
    pub content_type: &'a str,
    /// Bytes, as its uploader says.
    pub size: i64,
}

/// Announces a file; `false` when the session has as many as it may have. To be called under [`crate::sessions::hold`].
/// What was announced long ago and never came does not count, and goes.
///
/// # Errors
/// [`crate::Error`].
pub async fn create(tx: &TenantTx, file: &NewFile<'_>) -> Result<bool> {
    let params: Params<'_> = &[
        (&file.id.0, Type::UUID),
        (&file.session.0, Type::UUID),
        (&file.filename, Type::TEXT),
        (&file.content_type, Type::TEXT),
        (&file.size, Type::INT8),
        (&limits::FILE_UPLOAD_HOURS, Type::INT4),
        (&limits::SESSION_FILES, Type::INT8),
    ];
    Ok(tx.execute(sql!("files/create"), params).await? > 0)
}

/// Files of a session in the order of their announcement, without their texts.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, session: SessionId) -> Result<Vec<File>> {
    find(tx, session, None).await
}

/// One file of a session, with its text.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, session: SessionId, id: FileId) -> Result<Option<File>> {
    Ok(find(tx, session, Some(id)).await?.pop())
}

async fn find(tx: &TenantTx, session: SessionId, id: Option<FileId>) -> Result<Vec<File>> {
    let params: Params<'_> = &[(&session.0, Type::UUID), (&id.map(|id| id.0), Type::UUID)];
    Ok(tx.query(sql!("files/list"), params).await?.iter().map(from_row).collect())
}

/// Forgets a file and what was read from it; `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, session: SessionId, id: FileId) -> Result<bool> {
    let params: Params<'_> = &[(&session.0, Type::UUID), (&id.0, Type::UUID)];
    Ok(tx.execute(sql!("files/delete"), params).await? > 0)
}

/// A file's object as it stands in the bucket.
#[derive(Debug)]
pub struct Object<'a> {
    /// As its key says.
    pub filename: &'a str,
    /// Of its bytes.
    pub etag: &'a str,
    /// Bytes.
    pub size: i64,
    /// As its uploader said.
    pub content_type: &'a str,
}

/// What there is to do about a file's object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No session announced it.
    Missing,
    /// What is known is of these bytes.
    Settled,
    /// It is to be read, and says so.
    ToRead,
}

/// Looks at a file and, unless its bytes were read before, begins with them.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin(tx: &TenantTx, session: SessionId, id: FileId, object: &Object<'_>) -> Result<Standing> {
    let params: Params<'_> = &[
        (&session.0, Type::UUID),
        (&id.0, Type::UUID),
        (&object.filename, Type::TEXT),
        (&object.etag, Type::TEXT),
        (&object.size, Type::INT8),
        (&object.content_type, Type::TEXT),
    ];
    let row = tx.query_opt(sql!("files/begin"), params).await?;
    Ok(match row.map(|row| row.get("is_begun")) {
        None => Standing::Missing,
        Some(false) => Standing::Settled,
        Some(true) => Standing::ToRead,
    })
}

/// What was read from a file.
#[derive(Debug)]
pub struct Reading<'a> {
    /// Of its bytes, in hex.
    pub sha256: &'a str,
    /// What it is by its content.
    pub format: &'a str,
    /// ISO 639-1 or `und`.
    pub language: &'a str,
    /// Characters of all its text.
    pub extracted_characters: i32,
    /// Its text, or the beginning of it.
    pub text: &'a str,
    /// What its tables hold, where it has some.
    pub data_summary: Option<&'a DataSummary>,
    /// What an answer can cite, in order.
    pub passages: &'a [NewPassage],
}

/// A passage to be written.
#[derive(Debug, Serialize)]
pub struct NewPassage {
    /// Its row.
    pub id: Uuid,
    /// Place in its file, from 0.
    pub place: i32,
    /// Where the format has pages, from 1.
    pub page_number: Option<u32>,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// The text.
    pub content: String,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// Words that it is found by.
    pub words: Vec<String>,
}

/// Settles a file as read; `false` when it is gone, or has other bytes by now.
///
/// # Errors
/// [`crate::Error`].
pub async fn complete(tx: &TenantTx, id: FileId, etag: &str, reading: &Reading<'_>) -> Result<bool> {
    let summary = reading.data_summary.map(|summary| serde_json::json!(summary));
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&etag, Type::TEXT),
        (&reading.sha256, Type::TEXT),
        (&reading.format, Type::TEXT),
        (&reading.language, Type::TEXT),
        (&reading.extracted_characters, Type::INT4),
        (&reading.text, Type::TEXT),
        (&summary, Type::JSONB),
    ];
    if tx.execute(sql!("files/complete"), params).await? == 0 {
        return Ok(false);
    }
    tx.execute(sql!("file_passages/clear"), &[(&id.0, Type::UUID)]).await?;
    let rows = serde_json::json!(reading.passages);
    tx.execute(sql!("file_passages/insert"), &[(&id.0, Type::UUID), (&rows, Type::JSONB)]).await?;
    Ok(true)
}

/// Settles a file as failed; `false` when it is gone, or has other bytes by now.
///
/// # Errors
/// [`crate::Error`].
pub async fn fail(tx: &TenantTx, id: FileId, etag: &str, failure: &Failure) -> Result<bool> {
    let failure = serde_json::json!(failure);
    let params: Params<'_> = &[(&id.0, Type::UUID), (&etag, Type::TEXT), (&failure, Type::JSONB)];
    if tx.execute(sql!("files/fail"), params).await? == 0 {
        return Ok(false);
    }
    tx.execute(sql!("file_passages/clear"), &[(&id.0, Type::UUID)]).await?;
    Ok(true)
}

/// What is known of a file, for a comparison with the bucket.
#[derive(Debug)]
pub struct Known {
    /// Its row.
    pub id: FileId,
    /// Of the bytes that were looked at; `None`: none yet.
    pub etag: Option<String>,
    /// Whether it was read, or failed.
    pub is_settled: bool,
}

/// Those of these files that there are.
///
/// # Errors
/// [`crate::Error`].
pub async fn known(tx: &TenantTx, ids: &[Uuid]) -> Result<Vec<Known>> {
    let rows = tx.query(sql!("files/known"), &[(&ids, Type::UUID_ARRAY)]).await?;
    let known = |row: &Row| Known {
        id: FileId(row.get("id")),
        etag: row.get("etag"),
        is_settled: row.get("is_settled"),
    };
    Ok(rows.iter().map(known).collect())
}

/// A passage of a session's file.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Its row.
    pub id: Uuid,
    /// Its file.
    pub file: FileId,
    /// The file's name.
    pub filename: String,
    /// Where the format has pages.
    pub page: Option<i32>,
    /// Headings above it, outermost first.
    pub headings: Vec<String>,
    /// The text.
    pub content: String,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// Weight of the question's words that it holds.
    pub lexical: f64,
    /// Its share of the weight of all of them, 0..1.
    pub coverage: f64,
}

/// Passages of a session's files, at most so many: those that hold most of a question's words first, then in their order.
///
/// # Errors
/// [`crate::Error`].
pub async fn for_turn(
    tx: &TenantTx,
    session: SessionId,
    words: &[String],
    most: i32,
) -> Result<Vec<Passage>> {
    let params: Params<'_> = &[(&session.0, Type::UUID), (&words, Type::TEXT_ARRAY), (&most, Type::INT4)];
    let rows = tx.query(sql!("file_passages/for_turn"), params).await?;
    let passage = |row: &Row| Passage {
        id: row.get("id"),
        file: FileId(row.get("file_id")),
        filename: row.get("filename"),
        page: row.get("page_number"),
        headings: row.get("headings"),
        content: row.get("content"),
        language: row.get("language"),
        lexical: row.get("lexical"),
        coverage: row.get("coverage"),
    };
    Ok(rows.iter().map(passage).collect())
}
