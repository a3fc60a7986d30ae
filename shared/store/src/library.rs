//! Documents as those who keep them see them: listed with their state, and asked to be processed anew.

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::{CollectionId, DocumentId, DocumentVersionId, Failure, ProductId};
use jiff::Timestamp;
use tokio_postgres::{Row, types::Type};

/// A document with all that is known of its processing.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its row.
    pub id: DocumentId,
    /// Its collection.
    pub collection: CollectionId,
    /// Slug of that.
    pub collection_slug: String,
    /// For people.
    pub title: String,
    /// Last part of its key.
    pub filename: String,
    /// Where its object is.
    pub key: String,
    /// `uploaded`, `processing`, `completed` or `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Chunks that stand, and chunks of the whole, of the latest run.
    pub progress: Option<(i32, i32)>,
    /// One of the document types.
    pub document_type: String,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// `pdf`, `docx`, …; `None` before it was read.
    pub format: Option<String>,
    /// As S3 knows it.
    pub mime_type: String,
    /// Where it came from.
    pub source_url: Option<String>,
    /// What it is about.
    pub product: Option<ProductId>,
    /// Bytes.
    pub size: i64,
    /// Where the format has pages.
    pub pages: Option<i32>,
    /// Pages with a picture and no text, from 1.
    pub unread_pages: Vec<i32>,
    /// How sure OCR was, 0..1.
    pub ocr_confidence: Option<f32>,
    /// Chunks that can be found.
    pub chunks: i32,
    /// By the collection's schema.
    pub metadata: serde_json::Value,
    /// Tokens that were embedded for it.
    pub embedding_tokens: i64,
    /// US dollars for them, as decimal text; `None` while the price is not known.
    pub embedding_cost: Option<String>,
    /// Whether the model says nothing of tokens.
    pub tokens_are_estimated: bool,
    /// Tokens of the model that wrote contextual headers, in and out.
    pub header_tokens: i64,
    /// US dollars, as decimal text; `None` while the price is not known.
    pub header_cost: Option<String>,
    /// What readers see.
    pub active_version: Option<DocumentVersionId>,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// When anything of it changed.
    pub updated_at: Timestamp,
    /// When it was last settled.
    pub processed_at: Option<Timestamp>,
    /// When its original's time had passed.
    pub original_removed_at: Option<Timestamp>,
    /// When its text's time had passed.
    pub text_removed_at: Option<Timestamp>,
    /// When its vectors' time had passed.
    pub embeddings_removed_at: Option<Timestamp>,
}

/// Which documents; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// A slug.
    pub collection: Option<&'a str>,
    /// One of the states.
    pub status: Option<&'a str>,
    /// Part of title or key, in whichever case.
    pub text: Option<&'a str>,
    /// Older than this one.
    pub before: Option<DocumentId>,
}

/// Documents of a bucket, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, bucket: &str, which: &Which<'_>, limit: u32) -> Result<Vec<Document>> {
    find(tx, bucket, None, which, limit).await
}

/// One document.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, bucket: &str, id: DocumentId) -> Result<Option<Document>> {
    Ok(find(tx, bucket, Some(id), &Which::default(), 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    bucket: &str,
    id: Option<DocumentId>,
    which: &Which<'_>,
    limit: u32,
) -> Result<Vec<Document>> {
    let (id, before, limit) = (id.map(|id| id.0), which.before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[
        (&bucket, Type::TEXT),
        (&id, Type::UUID),
        (&which.collection, Type::TEXT),
        (&which.status, Type::TEXT),
        (&which.text, Type::TEXT),
        (&before, Type::UUID),
        (&limit, Type::INT8),
    ];
    Ok(tx.query(sql!("documents/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Document {
    let failure: Option<serde_json::Value> = row.get("failure");
    let (done, total): (Option<i32>, Option<i32>) = (row.get("done"), row.get("total"));
    Document {
        id: DocumentId(row.get("id")),
        collection: CollectionId(row.get("collection_id")),
        collection_slug: row.get("collection"),
        title: row.get("title"),
        filename: row.get("filename"),
        key: row.get("s3_key"),
        status: row.get("processing_status"),
        failure: failure.and_then(|failure| serde_json::from_value(failure).ok()),
        progress: done.zip(total),
        document_type: row.get("document_type"),
        language: row.get("language"),
        format: row.get("source_format"),
        mime_type: row.get("mime_type"),
        source_url: row.get("source_url"),
        product: row.get::<_, Option<uuid::Uuid>>("product_id").map(ProductId),
        size: row.get("file_size"),
        pages: row.get("page_count"),
        unread_pages: row.get("unread_pages"),
        ocr_confidence: row.get("ocr_confidence"),
        chunks: row.get("chunk_count"),
        metadata: row.get("extracted_metadata"),
        embedding_tokens: row.get("embedding_tokens"),
        embedding_cost: row.get("embedding_cost"),
        tokens_are_estimated: row.get("tokens_are_estimated"),
        header_tokens: row.get("header_tokens"),
        header_cost: row.get("header_cost"),
        active_version: row.get::<_, Option<uuid::Uuid>>("active_version_id").map(DocumentVersionId),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
        processed_at: row.get("processed_at"),
        original_removed_at: row.get("original_removed_at"),
        text_removed_at: row.get("text_removed_at"),
        embeddings_removed_at: row.get("embeddings_removed_at"),
    }
}

/// What is to be processed anew.
#[derive(Debug, Clone, Copy)]
pub enum Anew {
    /// One document.
    Document(DocumentId),
    /// All of a collection.
    Collection(CollectionId),
    /// Those of a collection that failed.
    FailedOf(CollectionId),
}

/// Takes what is known of documents for out of date, so that the next look at their keys processes them again. Their
/// keys; readers keep what they see until then.
///
/// # Errors
/// [`crate::Error`].
pub async fn unsettle(tx: &TenantTx, bucket: &str, which: Anew) -> Result<Vec<String>> {
    let (document, collection, status) = match which {
        Anew::Document(id) => (Some(id.0), None, None),
        Anew::Collection(id) => (None, Some(id.0), None),
        Anew::FailedOf(id) => (None, Some(id.0), Some("failed")),
    };
    let params: Params<'_> =
        &[(&bucket, Type::TEXT), (&document, Type::UUID), (&collection, Type::UUID), (&status, Type::TEXT)];
    let rows = tx.query(sql!("documents/unsettle"), params).await?;
    Ok(rows.iter().map(|row| row.get("s3_key")).collect())
}
