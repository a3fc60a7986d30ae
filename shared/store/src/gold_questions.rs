//! Questions of which it is known what should be answered.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{ChatbotId, GoldQuestionId};
use jiff::Timestamp;
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};

/// What is known of a question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// As people ask.
    pub question: String,
    /// Stands in a right answer, or is nearly its words.
    pub expected_answer: Option<String>,
    /// What a right answer cites: a document's id, its key, or the last part of that.
    pub expected_source: Option<String>,
    /// Whether the documents say it; where not, a right answer is none.
    pub is_answerable: bool,
    /// Of any kind.
    pub tags: Vec<String>,
}

/// A gold question.
#[derive(Debug, Clone)]
pub struct GoldQuestion {
    /// Its row.
    pub id: GoldQuestionId,
    /// Of whom.
    pub chatbot: ChatbotId,
    /// What is known.
    pub known: Known,
    /// Who knows.
    pub created_by: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// A chatbot's gold questions, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(
    tx: &TenantTx,
    chatbot: ChatbotId,
    tag: Option<&str>,
    before: Option<GoldQuestionId>,
    limit: u32,
) -> Result<Vec<GoldQuestion>> {
    find(tx, chatbot, None, tag, before, limit).await
}

/// One of a chatbot's gold questions.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, chatbot: ChatbotId, id: GoldQuestionId) -> Result<Option<GoldQuestion>> {
    Ok(find(tx, chatbot, Some(id), None, None, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    chatbot: ChatbotId,
    id: Option<GoldQuestionId>,
    tag: Option<&str>,
    before: Option<GoldQuestionId>,
    limit: u32,
) -> Result<Vec<GoldQuestion>> {
    let params: Params<'_> = &[
        (&chatbot.0, Type::UUID),
        (&id.map(|id| id.0), Type::UUID),
        (&tag, Type::TEXT),
        (&before.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
    ];
    Ok(tx.query(sql!("gold_questions/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> GoldQuestion {
    GoldQuestion {
        id: GoldQuestionId(row.get("id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        known: Known {
            question: row.get("question"),
            expected_answer: row.get("expected_answer"),
            expected_source: row.get("expected_source"),
            is_answerable: row.get("is_answerable"),
            tags: row.get("tags"),
        },
        created_by: row.get("created_by"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

/// How many a chatbot has.
///
/// # Errors
/// [`crate::Error`].
pub async fn count(tx: &TenantTx, chatbot: ChatbotId) -> Result<i64> {
    Ok(tx.query_one(sql!("gold_questions/count"), &[(&chatbot.0, Type::UUID)]).await?.get("known"))
}

fn fields(known: &Known) -> [(&(dyn ToSql + Sync), Type); 5] {
    [
        (&known.question, Type::TEXT),
        (&known.expected_answer, Type::TEXT),
        (&known.expected_source, Type::TEXT),
        (&known.is_answerable, Type::BOOL),
        (&known.tags, Type::TEXT_ARRAY),
    ]
}

/// Writes one down.
///
/// # Errors
/// [`crate::Error::Refused`] with `gold_questions_organization_id_chatbot_id_question_key` when the question is known.
pub async fn create(tx: &TenantTx, chatbot: ChatbotId, known: &Known, by: &str) -> Result<GoldQuestionId> {
    let id = GoldQuestionId::generate();
    let mut params: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&id.0, Type::UUID), (&chatbot.0, Type::UUID)];
    params.extend(fields(known));
    params.push((&by, Type::TEXT));
    tx.execute(sql!("gold_questions/create"), &params).await?;
    audit::made("gold_question", id.0);
    Ok(id)
}

/// Writes one down, or says anew what is known of its question; whether it is new.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(
    tx: &TenantTx,
    chatbot: ChatbotId,
    known: &Known,
    by: &str,
) -> Result<(GoldQuestionId, bool)> {
    let id = GoldQuestionId::generate();
    let mut params: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&id.0, Type::UUID), (&chatbot.0, Type::UUID)];
    params.extend(fields(known));
    params.push((&by, Type::TEXT));
    let row = tx.query_one(sql!("gold_questions/put"), &params).await?;
    Ok((GoldQuestionId(row.get("id")), row.get("is_new")))
}

/// Changes one; `false` when there is none.
///
/// # Errors
/// As [`create`].
pub async fn change(tx: &TenantTx, chatbot: ChatbotId, id: GoldQuestionId, known: &Known) -> Result<bool> {
    let mut params: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&chatbot.0, Type::UUID), (&id.0, Type::UUID)];
    params.extend(fields(known));
    Ok(tx.execute(sql!("gold_questions/change"), &params).await? > 0)
}

/// Deletes one; `false` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &TenantTx, chatbot: ChatbotId, id: GoldQuestionId) -> Result<bool> {
    let params: Params<'_> = &[(&chatbot.0, Type::UUID), (&id.0, Type::UUID)];
    Ok(tx.execute(sql!("gold_questions/delete"), params).await? > 0)
}
