//! Files of a session: announced with a form, listed with their state, taken back.

use crate::{Context, problems::OrProblem as _};
use access::Bearer;
use answering::attaching::Wish;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::IntoResponse,
};
use domain::{FailureCode, FileId, SessionId};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use store::files::File;
use utoipa::ToSchema;
use web::{Json, Page, PathId, Problem};

/// What is to be attached.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachFile {
    /// Its name, without folders.
    #[schema(min_length = 1, max_length = 200, example = "prices.csv")]
    filename: String,
    /// Bytes, at most 20 MB.
    #[schema(minimum = 1, maximum = 20_971_520)]
    size: u64,
    /// As in `text/csv`; what the file is, its content tells.
    #[schema(max_length = 100)]
    content_type: Option<String>,
}

/// A form: `POST` it to `url` as `multipart/form-data`, all `fields` first and the field `file` last.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachForm {
    /// The file's id; its state is at `GET /api/v1/sessions/{id}/files/{file_id}`.
    #[schema(value_type = uuid::Uuid)]
    id: FileId,
    url: String,
    fields: BTreeMap<String, String>,
    /// When it ceases to be good.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A file of a session.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileView {
    #[schema(value_type = uuid::Uuid)]
    id: FileId,
    filename: String,
    content_type: String,
    /// Bytes.
    size: i64,
    /// Of its bytes, in hex; null before they were read.
    sha256: Option<String>,
    /// `uploaded` (announced, or not looked at yet), `processing`, `completed` or `failed`.
    status: String,
    /// Why it could not be read.
    failure: Option<FileFailureView>,
    /// `pdf`, `docx`, `csv`, …; null before it was read.
    format: Option<String>,
    /// Characters of all its text; answers are made from the first 200,000.
    extracted_characters: Option<i32>,
    /// That text; null in lists.
    text: Option<String>,
    /// What the tables of a CSV, TSV, XLSX or ODS file hold; null where there are none.
    #[schema(value_type = Option<DataSummaryView>)]
    data_summary: Option<serde_json::Value>,
    /// Downloads it; good for 5 minutes. Null in lists, and before it was looked at.
    url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Why a file could not be read.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileFailureView {
    /// For programs.
    #[schema(value_type = String, example = "damaged")]
    code: FailureCode,
    /// For people: what is wrong and what to do.
    detail: String,
}

/// What tables hold, at most 20 of them.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of domain::file::DataSummary, which knows no OpenAPI")]
pub struct DataSummaryView {
    tables: Vec<TableSummaryView>,
}

/// What a table holds.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of domain::file::TableSummary, which knows no OpenAPI")]
pub struct TableSummaryView {
    /// Its sheet's; null where there are no sheets.
    name: Option<String>,
    /// Without its header.
    rows: u64,
    /// All that it has; the first 100 are described.
    column_count: u64,
    columns: Vec<ColumnSummaryView>,
}

/// What a column holds.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of domain::file::ColumnSummary, which knows no OpenAPI")]
pub struct ColumnSummaryView {
    /// By the header; else its number.
    name: String,
    /// `integer`, `decimal`, `date`, `boolean`, `text` or `empty`.
    r#type: String,
    /// Values, empty cells apart.
    count: u64,
    /// Different ones among them, counted up to 1,000.
    distinct: u64,
    distinct_is_capped: bool,
    /// The least of numbers or dates, as it is written; else null.
    min: Option<String>,
    max: Option<String>,
    /// Up to 3.
    examples: Vec<String>,
}

impl FileView {
    fn new(file: File, url: Option<String>) -> Self {
        Self {
            id: file.id,
            filename: file.filename,
            content_type: file.content_type,
            size: file.size,
            sha256: file.sha256,
            status: file.status,
            failure: file
                .failure
                .map(|failure| FileFailureView { code: failure.code, detail: failure.detail }),
            format: file.format,
            extracted_characters: file.extracted_characters,
            text: file.text,
            data_summary: file.data_summary,
            url,
            created_at: file.created_at,
            updated_at: file.updated_at,
        }
    }
}

/// Attach a file to a session: a form that uploads it, 1 byte to 20 MB, at most 10 files a session. Once it is `completed`, its
/// text and what its tables hold are context of every question of this session, and of no other. Scope `chat`.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/files", tag = "chat", params(("id" = uuid::Uuid, Path, description = "The session")),
    request_body = AttachFile,
    responses((status = 201, body = AttachForm), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn attach(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(session): PathId<SessionId>,
    Json(body): Json<AttachFile>,
) -> Result<impl IntoResponse, Problem> {
    let wish = Wish { filename: body.filename, size: body.size, content_type: body.content_type };
    let (id, form) =
        context.attaching.attach(&caller, session, &wish, Timestamp::now()).await.or_problem()?;
    let view = AttachForm { id, url: form.url, fields: form.fields, expires_at: form.expires_at };
    Ok((StatusCode::CREATED, axum::Json(view)))
}

/// Files of a session, in the order in which they were attached; all on one page. Scope `chat`.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/files", tag = "chat", params(("id" = uuid::Uuid, Path, description = "The session")),
    responses((status = 200, body = Page<FileView>), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn list(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(session): PathId<SessionId>,
) -> Result<axum::Json<Page<FileView>>, Problem> {
    let files = context.attaching.files(&caller, session).await.or_problem()?;
    let items = files.into_iter().map(|file| FileView::new(file, None)).collect();
    Ok(axum::Json(Page { items, next_cursor: None }))
}

/// One file of a session, with its text. Scope `chat`.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/files/{file_id}", tag = "chat",
    params(("id" = uuid::Uuid, Path, description = "The session"), ("file_id" = uuid::Uuid, Path, description = "Its file")),
    responses((status = 200, body = FileView), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    path: Result<Path<(SessionId, FileId)>, PathRejection>,
) -> Result<axum::Json<FileView>, Problem> {
    let Path((session, id)) = path.map_err(|_| Problem::not_found("file"))?;
    let file = context.attaching.file(&caller, session, id).await.or_problem()?;
    let url = context.attaching.link(&caller, session, &file, Timestamp::now()).await.or_problem()?;
    Ok(axum::Json(FileView::new(file, url)))
}

/// Take a file back: it is deleted, and no context any more. Scope `chat`.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}/files/{file_id}", tag = "chat",
    params(("id" = uuid::Uuid, Path, description = "The session"), ("file_id" = uuid::Uuid, Path, description = "Its file")),
    responses((status = 204, description = "Gone"), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub async fn detach(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    path: Result<Path<(SessionId, FileId)>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path((session, id)) = path.map_err(|_| Problem::not_found("file"))?;
    context.attaching.detach(&caller, session, id).await.or_problem()?;
    Ok(StatusCode::NO_CONTENT)
}
