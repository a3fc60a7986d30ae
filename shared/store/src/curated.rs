//! Curated answers: questions that people answered themselves, with their vectors.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{ChatbotId, CollectionId, CuratedAnswerId, DocumentId, SpaceId};
use jiff::Timestamp;
use pgvector::Vector;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// A curated answer.
#[derive(Debug, Clone)]
pub struct Curated {
    /// Its row.
    pub id: CuratedAnswerId,
    /// Whose; `None`: of every chatbot that reads the collection, and with neither, of all.
    pub chatbot: Option<ChatbotId>,
    /// Where it belongs.
    pub collection: Option<CollectionId>,
    /// Slug of that.
    pub collection_slug: Option<String>,
    /// The document that it was imported by.
    pub document: Option<DocumentId>,
    /// As people ask.
    pub question: String,
    /// As it is answered.
    pub answer: String,
    /// Where more stands.
    pub source_url: Option<String>,
    /// `import`, `api` or `correction`.
    pub source: String,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// Whether it answers.
    pub is_active: bool,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// Which of them; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// One chatbot's own.
    pub chatbot: Option<ChatbotId>,
    /// A slug.
    pub collection: Option<&'a str>,
    /// Older than this one.
    pub before: Option<CuratedAnswerId>,
}

/// Curated answers, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Curated>> {
    find(tx, None, which, limit).await
}

/// One curated answer.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: CuratedAnswerId) -> Result<Option<Curated>> {
    Ok(find(tx, Some(id), &Which::default(), 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<CuratedAnswerId>,
    which: &Which<'_>,
    limit: u32,
) -> Result<Vec<Curated>> {
    let (id, chatbot) = (id.map(|id| id.0), which.chatbot.map(|id| id.0));
    let (before, limit) = (which.before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[
        (&id, Type::UUID),
        (&chatbot, Type::UUID),
        (&which.collection, Type::TEXT),
        (&before, Type::UUID),
        (&limit, Type::INT8),
    ];
    Ok(tx.query(sql!("curated_answers/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Curated {
    Curated {
        id: CuratedAnswerId(row.get("id")),
        chatbot: row.get::<_, Option<Uuid>>("chatbot_id").map(ChatbotId),
        collection: row.get::<_, Option<Uuid>>("collection_id").map(CollectionId),
        collection_slug: row.get("collection"),
        document: row.get::<_, Option<Uuid>>("document_id").map(DocumentId),
        question: row.get("question"),
        answer: row.get("answer"),
        source_url: row.get("source_url"),
        source: row.get("source"),
        language: row.get("language"),
        is_active: row.get("is_active"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// A curated answer to be written.
#[derive(Debug, Clone)]
pub struct Writing {
    /// Its row.
    pub id: CuratedAnswerId,
    /// Whose.
    pub chatbot: Option<ChatbotId>,
    /// Where it belongs.
    pub collection: Option<CollectionId>,
    /// As people ask.
    pub question: String,
    /// As it is answered.
    pub answer: String,
    /// Where more stands.
    pub source_url: Option<String>,
    /// ISO 639-1 or `und`.
    pub language: String,
    /// Of the question.
    pub words: Vec<String>,
    /// Whether it answers.
    pub is_active: bool,
}

/// Where curated answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Many at once.
    Import,
    /// One, written through the API.
    Api,
    /// What somebody said should have been answered.
    Correction,
}

/// Writes new curated answers in one statement; `document`: the file that brings them.
///
/// # Errors
/// [`crate::Error::Refused`] with `curated_answers_organization_id_chatbot_id_fkey` (or `…_collection_id_fkey`) when
/// there is no such chatbot (or collection).
pub async fn create(
    tx: &TenantTx,
    answers: &[Writing],
    origin: Origin,
    by: &str,
    document: Option<DocumentId>,
) -> Result<()> {
    let document = document.map(|id| id.0);
    let ids: Vec<Uuid> = answers.iter().map(|answer| answer.id.0).collect();
    let chatbots: Vec<Option<Uuid>> = answers.iter().map(|answer| answer.chatbot.map(|id| id.0)).collect();
    let collections: Vec<Option<Uuid>> =
        answers.iter().map(|answer| answer.collection.map(|id| id.0)).collect();
    let questions: Vec<&str> = answers.iter().map(|answer| answer.question.as_str()).collect();
    let texts: Vec<&str> = answers.iter().map(|answer| answer.answer.as_str()).collect();
    let urls: Vec<Option<&str>> = answers.iter().map(|answer| answer.source_url.as_deref()).collect();
    let languages: Vec<&str> = answers.iter().map(|answer| answer.language.as_str()).collect();
    let words: Vec<String> = answers.iter().map(|answer| answer.words.join(" ")).collect();
    let active: Vec<bool> = answers.iter().map(|answer| answer.is_active).collect();
    let origin = match origin {
        Origin::Import => "import",
        Origin::Api => "api",
        Origin::Correction => "correction",
    };
    let params: Params<'_> = &[
        (&ids, Type::UUID_ARRAY),
        (&chatbots, Type::UUID_ARRAY),
        (&collections, Type::UUID_ARRAY),
        (&questions, Type::TEXT_ARRAY),
        (&texts, Type::TEXT_ARRAY),
        (&urls, Type::TEXT_ARRAY),
        (&languages, Type::TEXT_ARRAY),
        (&words, Type::TEXT_ARRAY),
        (&active, Type::BOOL_ARRAY),
        (&origin, Type::TEXT),
        (&by, Type::TEXT),
        (&document, Type::UUID),
    ];
    tx.execute(sql!("curated_answers/create"), params).await?;
    if let [id] = ids.as_slice() {
        audit::made("curated_answer", *id);
    }
    Ok(())
}

/// Deletes those that a document brought.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_of(tx: &TenantTx, document: DocumentId) -> Result<()> {
    tx.execute(sql!("curated_answers/delete_of"), &[(&document.0, Type::UUID)]).await?;
    Ok(())
}

/// Writes a curated answer anew; `false` when there is none.
///
/// # Errors
/// As [`create`].
pub async fn change(tx: &TenantTx, answer: &Writing) -> Result<bool> {
    let (chatbot, collection) = (answer.chatbot.map(|id| id.0), answer.collection.map(|id| id.0));
    let words = answer.words.join(" ");
    let params: Params<'_> = &[
        (&answer.id.0, Type::UUID),
        (&chatbot, Type::UUID),
        (&collection, Type::UUID),
        (&answer.question, Type::TEXT),
        (&answer.answer, Type::TEXT),
        (&answer.source_url, Type::TEXT),
        (&answer.language, Type::TEXT),
        (&words, Type::TEXT),
        (&answer.is_active, Type::BOOL),
    ];
    Ok(tx.execute(sql!("curated_answers/change"), params).await? > 0)
}

/// Deletes a curated answer; `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, id: CuratedAnswerId) -> Result<bool> {
    Ok(tx.execute(sql!("curated_answers/delete"), &[(&id.0, Type::UUID)]).await? > 0)
}

/// Removes a curated answer's vectors in every space.
///
/// # Errors
/// [`crate::Error`].
pub async fn remove_vectors(tx: &TenantTx, id: CuratedAnswerId) -> Result<()> {
    tx.execute(sql!("curated_answers/remove_embeddings"), &[(&id.0, Type::UUID)]).await?;
    Ok(())
}

/// Curated answers whose questions have no vector in a space, of a collection and of none: ids and questions.
///
/// # Errors
/// [`crate::Error`].
pub async fn without_vector(
    tx: &TenantTx,
    collection: CollectionId,
    space: SpaceId,
    limit: usize,
) -> Result<Vec<(CuratedAnswerId, String)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params: Params<'_> = &[(&collection.0, Type::UUID), (&space.0, Type::UUID), (&limit, Type::INT8)];
    let rows = tx.query(sql!("curated_answers/without_vector"), params).await?;
    Ok(rows.iter().map(|row| (CuratedAnswerId(row.get("id")), row.get("question"))).collect())
}

/// Removes the vectors that a collection's curated answers have in a space.
///
/// # Errors
/// [`crate::Error`].
pub async fn leave_space(tx: &TenantTx, collection: CollectionId, space: SpaceId) -> Result<()> {
    let params: Params<'_> = &[(&collection.0, Type::UUID), (&space.0, Type::UUID)];
    tx.execute(sql!("curated_answers/leave_space"), params).await?;
    Ok(())
}

/// Writes the vectors of curated answers' questions, in their order; what went away meanwhile gets none.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert_vectors(
    tx: &TenantTx,
    space: SpaceId,
    answers: &[CuratedAnswerId],
    vectors: &[Vector],
) -> Result<()> {
    let ids: Vec<Uuid> = answers.iter().map(|id| id.0).collect();
    let vectors: Vec<&[f32]> = vectors.iter().map(Vector::as_slice).collect();
    let dimension = vectors.first().map_or(0, |vector| vector.len());
    let (dimension, numbers) = (i32::try_from(dimension).unwrap_or(i32::MAX), vectors.concat());
    let params: Params<'_> = &[
        (&space.0, Type::UUID),
        (&ids, Type::UUID_ARRAY),
        (&numbers, Type::FLOAT4_ARRAY),
        (&dimension, Type::INT4),
    ];
    tx.execute(sql!("curated_answers/insert_embeddings"), params).await?;
    Ok(())
}
