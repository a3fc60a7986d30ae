//! What has passed its time: sessions that nobody uses any more, and rows that the organization wants to keep no longer. Each
//! statement takes a batch and says how many it took.

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::{DocumentId, limits};
use jiff::{Timestamp, civil::Date};
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Writes down that sessions have expired.
///
/// # Errors
/// [`crate::Error`].
pub async fn expire_sessions(tx: &TenantTx, limit: i64) -> Result<u64> {
    tx.execute(sql!("sessions/expire"), &[(&limit, Type::INT8)]).await
}

/// Until when the organization's messages and logs go.
#[derive(Debug, Clone, Copy)]
pub struct Horizons {
    /// Messages and sessions; `None`: they stay.
    pub messages: Option<MessageHorizon>,
    /// Logs of searches; `None`: they stay.
    pub logs: Option<LogHorizon>,
}

/// Until when messages go.
#[derive(Debug, Clone, Copy)]
pub struct MessageHorizon {
    /// The first day that stays, by the organization's clock.
    pub day: Date,
    /// When it begins.
    pub instant: Timestamp,
    /// The smallest id of that moment.
    pub before: Uuid,
}

/// Until when logs of searches go.
#[derive(Debug, Clone, Copy)]
pub struct LogHorizon {
    /// The first day that stays, by the organization's clock.
    pub day: Date,
    /// The smallest id of its beginning.
    pub before: Uuid,
}

/// What the organization's settings say of today.
///
/// # Errors
/// [`crate::Error`].
pub async fn horizons(tx: &TenantTx) -> Result<Horizons> {
    let row = tx.query_one(sql!("retention/horizons"), &[]).await?;
    let messages = row.get::<_, Option<Date>>("messages_from").map(|day| MessageHorizon {
        day,
        instant: row.get("messages_before_instant"),
        before: row.get("messages_before"),
    });
    let logs =
        row.get::<_, Option<Date>>("logs_from").map(|day| LogHorizon { day, before: row.get("logs_before") });
    Ok(Horizons { messages, logs })
}

/// Says that days before the first that stay are not to be counted anew, nor the searches of days before theirs.
///
/// # Errors
/// [`crate::Error`].
pub async fn advance(tx: &TenantTx, horizons: &Horizons) -> Result<()> {
    let (messages, logs) = (horizons.messages.map(|one| one.day), horizons.logs.map(|one| one.day));
    let params: Params<'_> = &[(&messages, Type::DATE), (&logs, Type::DATE)];
    tx.execute(sql!("retention/advance"), params).await?;
    Ok(())
}

/// A class of rows that goes by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// What was said.
    Messages,
    /// Copies of it in replays, with what both sides answered: by the id of the message.
    ReplayedQuestions,
    /// What supports it.
    Citations,
    /// What was searched for it.
    RetrievalLogs,
}

/// Deletes rows of a class with a smaller id.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep(tx: &TenantTx, class: Class, before: Uuid, limit: i64) -> Result<u64> {
    let params: Params<'_> = &[(&before, Type::UUID), (&limit, Type::INT8)];
    match class {
        Class::Messages => tx.execute(sql!("retention/sweep_messages"), params).await,
        Class::ReplayedQuestions => {
            let row = tx.query_one(sql!("retention/sweep_replayed_questions"), params).await?;
            Ok(u64::try_from(row.get::<_, i64>("swept")).unwrap_or_default())
        }
        Class::Citations => tx.execute(sql!("retention/sweep_citations"), params).await,
        Class::RetrievalLogs => tx.execute(sql!("retention/sweep_retrieval_logs"), params).await,
    }
}

/// Deletes sessions of before, of which no message is left.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep_sessions(tx: &TenantTx, before: Timestamp, limit: i64) -> Result<u64> {
    let params: Params<'_> = &[(&before, Type::TIMESTAMPTZ), (&limit, Type::INT8)];
    tx.execute(sql!("retention/sweep_sessions"), params).await
}

/// Deletes what persons cost on days before this one.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep_persons(tx: &TenantTx, before: Date, limit: i64) -> Result<u64> {
    tx.execute(sql!("retention/sweep_persons"), &[(&before, Type::DATE), (&limit, Type::INT8)]).await
}

/// Deletes facts whose time has passed by the organization's own setting.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep_events(tx: &TenantTx, limit: i64) -> Result<u64> {
    let row = tx.query_one(sql!("retention/sweep_events"), &[(&limit, Type::INT8)]).await?;
    Ok(u64::try_from(row.get::<_, i64>("swept")).unwrap_or_default())
}

/// Deletes answers that nobody may ask for again under a key of their own.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep_idempotency_keys(tx: &TenantTx, limit: i64) -> Result<u64> {
    let params: Params<'_> = &[(&limits::IDEMPOTENCY_HOURS, Type::INT4), (&limit, Type::INT8)];
    tx.execute(sql!("retention/sweep_idempotency_keys"), params).await
}

/// Deletes token buckets that nobody took of for a while.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep_rate_limits(tx: &TenantTx, limit: i64) -> Result<u64> {
    let params: Params<'_> = &[(&limits::IDLE_BUCKET_MINUTES, Type::INT4), (&limit, Type::INT8)];
    tx.execute(sql!("retention/sweep_rate_limits"), params).await
}

/// Until when uploads lose their parts.
#[derive(Debug, Clone, Copy)]
pub struct DocumentHorizons {
    /// Their objects; `None`: they stay, and so on.
    pub originals: Option<Timestamp>,
    /// What was read from them.
    pub texts: Option<Timestamp>,
    /// Their vectors.
    pub embeddings: Option<Timestamp>,
}

/// What the organization's settings say of today.
///
/// # Errors
/// [`crate::Error`].
pub async fn document_horizons(tx: &TenantTx) -> Result<DocumentHorizons> {
    let row = tx.query_one(sql!("retention/document_horizons"), &[]).await?;
    Ok(DocumentHorizons {
        originals: row.get("originals_before"),
        texts: row.get("text_before"),
        embeddings: row.get("embeddings_before"),
    })
}

/// A part of a document that goes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Its object.
    Original,
    /// What was read from it.
    Text,
    /// Its vectors.
    Embeddings,
}

/// A document of which a part is to go.
#[derive(Debug, Clone)]
pub struct Due {
    /// Its row.
    pub id: DocumentId,
    /// Where its object is.
    pub key: String,
    /// Whether nothing else of it would be left.
    pub is_last: bool,
}

/// Documents that were uploaded before, of which a part is to go, or was going when a function died; behind one.
///
/// # Errors
/// [`crate::Error`].
pub async fn due(
    tx: &TenantTx,
    part: Part,
    bucket: &str,
    before: Timestamp,
    after: Option<DocumentId>,
    limit: i64,
) -> Result<Vec<Due>> {
    let params: Params<'_> = &[
        (&bucket, Type::TEXT),
        (&before, Type::TIMESTAMPTZ),
        (&after.map(|id| id.0), Type::UUID),
        (&limit, Type::INT8),
    ];
    let rows = match part {
        Part::Original => tx.query(sql!("retention/originals_due"), params).await?,
        Part::Text => tx.query(sql!("retention/texts_due"), params).await?,
        Part::Embeddings => tx.query(sql!("retention/embeddings_due"), params).await?,
    };
    let due = |row: &tokio_postgres::Row| Due {
        id: DocumentId(row.get("id")),
        key: row.get("s3_key"),
        is_last: row.get("is_last"),
    };
    Ok(rows.iter().map(due).collect())
}

/// Says that a part goes, before it does; `false`: it was uploaded anew meanwhile, or is being read.
///
/// # Errors
/// [`crate::Error`].
pub async fn mark(tx: &TenantTx, part: Part, id: DocumentId, before: Timestamp) -> Result<bool> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&before, Type::TIMESTAMPTZ)];
    let row = match part {
        Part::Original => tx.query_opt(sql!("retention/mark_original"), params).await?,
        Part::Text => tx.query_opt(sql!("retention/hide_text"), params).await?,
        Part::Embeddings => tx.query_opt(sql!("retention/mark_embeddings"), params).await?,
    };
    Ok(row.is_some())
}

/// Notes that an original that was to go is deleted.
///
/// # Errors
/// [`crate::Error`].
pub async fn original_deleted(tx: &TenantTx, id: DocumentId) -> Result<()> {
    tx.execute(sql!("retention/original_deleted"), &[(&id.0, Type::UUID)]).await?;
    Ok(())
}

/// Deletes rows of a part that goes, text or vectors; how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn sweep_part(tx: &TenantTx, part: Part, id: DocumentId, limit: i64) -> Result<u64> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&limit, Type::INT8)];
    match part {
        Part::Original => Ok(0),
        Part::Text => tx.execute(sql!("retention/sweep_chunks"), params).await,
        Part::Embeddings => tx.execute(sql!("retention/sweep_embeddings"), params).await,
    }
}
