//! Uploads: forms by which documents come into the bucket.

use crate::problems::OrProblem as _;
use access::Bearer;
use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use management::{Management, uploads::Wish};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;
use web::{Json, Problem};

/// What is to be uploaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadDocument {
    /// Slug of the collection; made with its first document when there is none.
    #[schema(example = "handbook")]
    collection: String,
    /// The file's name; or `path`, one of them.
    #[schema(example = "pump-manual.pdf")]
    filename: Option<String>,
    /// The document's name in its collection, with folders.
    #[schema(example = "pumps/p-40/manual.pdf")]
    path: Option<String>,
    /// As in `application/pdf`; what the file is, its content tells.
    content_type: Option<String>,
    /// Bytes, so that a file that is too large is refused before it travels.
    size: Option<u64>,
    /// Else the document's own title, or its file's name.
    #[schema(max_length = 255)]
    title: Option<String>,
    /// `general`, `technical`, `regulatory`, `safety`, `marketing` or `certification`.
    document_type: Option<String>,
    /// ISO 639; found out when not said.
    language: Option<String>,
    /// Where the document came from.
    source_url: Option<String>,
    /// What the document is about: a product's SKU or id.
    #[schema(max_length = 50, example = "P-40")]
    product: Option<String>,
    /// By the collection's metadata schema.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// A form: `POST` it to `url` as `multipart/form-data`, all `fields` first and the field `file` last.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadForm {
    /// The document's key; its state is at `GET /api/v1/documents?q={key}` from a moment after the upload.
    key: String,
    url: String,
    fields: BTreeMap<String, String>,
    /// When it ceases to be good.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Ask for a form that uploads one document of 1 byte to 200 MB; S3 refuses anything else. Scope `documents:write`.
#[utoipa::path(post, path = "/api/v1/documents/uploads", tag = "documents", request_body = UploadDocument,
    responses((status = 201, body = UploadForm), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 413, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn upload_document(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<UploadDocument>,
) -> Result<(StatusCode, axum::Json<UploadForm>), Problem> {
    let path = match (body.path, body.filename) {
        (Some(path), None) => path,
        (None, Some(filename)) if !filename.contains('/') => filename,
        (None, Some(_)) => {
            let detail = "A file's name holds no slash; give folders as path.";
            return Err(Problem::invalid("invalid-field", "/filename", detail));
        }
        _ => return Err(Problem::invalid("invalid-field", "/path", "Give either path or filename.")),
    };
    let wish = Wish {
        collection: body.collection,
        path,
        content_type: body.content_type,
        size: body.size,
        title: body.title,
        document_type: body.document_type,
        language: body.language,
        source_url: body.source_url,
        product: body.product,
        attributes: body.attributes,
    };
    let (object, form) = management.upload(&caller, &wish, Timestamp::now()).await.or_problem()?;
    let view = UploadForm { key: object, url: form.url, fields: form.fields, expires_at: form.expires_at };
    Ok((StatusCode::CREATED, axum::Json(view)))
}
