//! What persons ask for about themselves: the requests, what is known of a person, and its removal.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{DataSubjectRequestId, SessionId, UserId, limits, subject::Wish};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// By which rows a person is found: ids, and keyed hashes of what they are called.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Who signs in.
    pub user: Option<UserId>,
    /// One conversation.
    pub session: Option<SessionId>,
    /// Of the address.
    pub email_hash: Option<Vec<u8>>,
    /// Of a caller's name for the person.
    pub user_identifier_hash: Option<Vec<u8>>,
    /// Of a caller's own client id.
    pub external_client_hash: Option<Vec<u8>>,
}

/// A request that is made.
#[derive(Debug)]
pub struct New<'a> {
    /// What is asked for.
    pub wish: Wish,
    /// By what the person was named.
    pub subject_kind: &'a str,
    /// By which rows they are found.
    pub found: &'a Found,
    /// Key or user.
    pub created_by: &'a str,
}

/// A request as its keepers see it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its row.
    pub id: DataSubjectRequestId,
    /// What is asked for.
    pub wish: Wish,
    /// By what the person was named.
    pub subject_kind: String,
    /// Who signs in, or whose session it is; `None`: named otherwise, or nothing is left to be found.
    pub subject_id: Option<Uuid>,
    /// `queued`, `running`, `completed` or `failed`.
    pub status: String,
    /// What was exported or removed, where.
    pub report: Value,
    /// Why it failed.
    pub error: Option<String>,
    /// Of an export: its size.
    pub export_bytes: Option<i64>,
    /// When the export was, or is to be, deleted.
    pub export_expires_at: Option<Timestamp>,
    /// Whether there is an export to be fetched.
    pub has_export: bool,
    /// Key or user.
    pub created_by: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the first unit began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub completed_at: Option<Timestamp>,
}

/// Makes a request, to be worked on.
///
/// # Errors
/// [`crate::Error`].
pub async fn create(tx: &TenantTx, new: &New<'_>) -> Result<DataSubjectRequestId> {
    let id = DataSubjectRequestId::generate();
    audit::made("data_subject_request", id.0);
    let Found { user, session, email_hash, user_identifier_hash, external_client_hash } = new.found;
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&new.wish.as_str(), Type::TEXT),
        (&new.subject_kind, Type::TEXT),
        (&user.map(|id| id.0), Type::UUID),
        (&session.map(|id| id.0), Type::UUID),
        (email_hash, Type::BYTEA),
        (user_identifier_hash, Type::BYTEA),
        (external_client_hash, Type::BYTEA),
        (&new.created_by, Type::TEXT),
    ];
    tx.execute(sql!("data_subject_requests/create"), params).await?;
    Ok(id)
}

/// How many requests are not over.
///
/// # Errors
/// [`crate::Error`].
pub async fn open(tx: &TenantTx) -> Result<i64> {
    Ok(tx.query_one(sql!("data_subject_requests/open"), &[]).await?.get("open"))
}

/// Which requests are listed.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// In this state.
    pub status: Option<&'a str>,
    /// Older than this one.
    pub before: Option<DataSubjectRequestId>,
}

/// Requests, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Request>> {
    find(tx, None, which, limit).await
}

/// One request.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: DataSubjectRequestId) -> Result<Option<Request>> {
    Ok(find(tx, Some(id), &Which::default(), 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    id: Option<DataSubjectRequestId>,
    which: &Which<'_>,
    limit: u32,
) -> Result<Vec<Request>> {
    let params: Params<'_> = &[
        (&id.map(|id| id.0), Type::UUID),
        (&which.status, Type::TEXT),
        (&which.before.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
        (&limits::EXPORT_DAYS, Type::INT4),
    ];
    tx.query(sql!("data_subject_requests/list"), params).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<Request> {
    let wish = Wish::parse(row.get("kind"))
        .ok_or_else(|| crate::Error::Unexpected("kind of a data subject's request".to_owned()))?;
    Ok(Request {
        id: DataSubjectRequestId(row.get("id")),
        wish,
        subject_kind: row.get("subject_kind"),
        subject_id: row.get("subject_id"),
        status: row.get("status"),
        report: row.get("report"),
        error: row.get("error"),
        export_bytes: row.get("export_bytes"),
        export_expires_at: row.get("export_expires_at"),
        has_export: row.get("has_export"),
        created_by: row.get("created_by"),
        created_at: row.get("created_at"),
        started_at: row.get("started_at"),
        completed_at: row.get("completed_at"),
    })
}

/// Takes an unfinished request for a while; `false`: another unit has it, or there is nothing left to do.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &TenantTx, id: DataSubjectRequestId) -> Result<bool> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&f64::from(limits::SUBJECT_HELD_SECONDS), Type::FLOAT8)];
    Ok(tx.execute(sql!("data_subject_requests/claim"), params).await? > 0)
}

/// Lets another unit go on: after work, or after a unit that broke off. How many of the latter there were in a row.
///
/// # Errors
/// [`crate::Error`].
pub async fn leave(tx: &TenantTx, id: DataSubjectRequestId, broke_off: crate::replays::Broke) -> Result<i32> {
    let broke_off = matches!(broke_off, crate::replays::Broke::Off);
    let params: Params<'_> = &[(&id.0, Type::UUID), (&broke_off, Type::BOOL)];
    let row = tx.query_opt(sql!("data_subject_requests/leave"), params).await?;
    Ok(row.map_or(0, |row| row.get("failures")))
}

/// How a request ends.
#[derive(Debug)]
pub enum End<'a> {
    /// There is an export of so many bytes.
    Exported(i64),
    /// Nothing is left: also of who it was, nothing is known.
    Erased,
    /// Why it failed.
    Failed(&'a str),
}

/// Ends a request that is under way; `false` when it is no more.
///
/// # Errors
/// [`crate::Error`].
pub async fn end(tx: &TenantTx, id: DataSubjectRequestId, end: &End<'_>) -> Result<bool> {
    let (bytes, error, forgets) = match end {
        End::Exported(bytes) => (Some(*bytes), None, false),
        End::Erased => (None, None, true),
        End::Failed(why) => (None, Some(*why), false),
    };
    let params: Params<'_> =
        &[(&id.0, Type::UUID), (&bytes, Type::INT8), (&error, Type::TEXT), (&forgets, Type::BOOL)];
    Ok(tx.execute(sql!("data_subject_requests/end"), params).await? > 0)
}

/// Sets what is reported: `{"rows": {…}, "objects": {…}}`.
///
/// # Errors
/// [`crate::Error`].
pub async fn report(tx: &TenantTx, id: DataSubjectRequestId, report: &Value) -> Result<()> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (report, Type::JSONB)];
    tx.execute(sql!("data_subject_requests/report"), params).await?;
    Ok(())
}

/// The user that a request is about, with the subject by which they called.
///
/// # Errors
/// [`crate::Error`].
pub async fn user(tx: &TenantTx, id: DataSubjectRequestId) -> Result<Option<(UserId, Option<String>)>> {
    let row = tx.query_opt(sql!("data_subject_requests/user"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.map(|row| (UserId(row.get("id")), row.get("external_id"))))
}

/// Sessions of the person behind one, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn sessions(
    tx: &TenantTx,
    id: DataSubjectRequestId,
    after: Option<SessionId>,
    limit: i64,
) -> Result<Vec<SessionId>> {
    let params: Params<'_> =
        &[(&id.0, Type::UUID), (&after.map(|id| id.0), Type::UUID), (&limit, Type::INT8)];
    let rows = tx.query(sql!("data_subject_requests/sessions"), params).await?;
    Ok(rows.iter().map(|row| SessionId(row.get("id"))).collect())
}

/// A row of a person, with what of it is sealed.
#[derive(Debug)]
pub struct Record {
    /// The row.
    pub id: Uuid,
    /// What it holds, and what belongs to it.
    pub record: Value,
    /// A user's or an invitation's address, a session's `user_identifier`.
    pub sealed: Option<Vec<u8>>,
    /// A session's `external_client_id`.
    pub sealed_client: Option<Vec<u8>>,
}

fn record(row: &Row) -> Record {
    Record {
        id: row.get("id"),
        record: row.get("record"),
        sealed: row.get("sealed"),
        sealed_client: row.get("sealed_client"),
    }
}

/// Everything of sessions, each with what belongs to it.
///
/// # Errors
/// [`crate::Error`].
pub async fn conversations(tx: &TenantTx, sessions: &[SessionId]) -> Result<Vec<Record>> {
    let sessions: Vec<Uuid> = sessions.iter().map(|id| id.0).collect();
    let rows =
        tx.query(sql!("data_subject_requests/conversations"), &[(&sessions, Type::UUID_ARRAY)]).await?;
    Ok(rows.iter().map(record).collect())
}

/// The user, if they sign in.
///
/// # Errors
/// [`crate::Error`].
pub async fn user_record(tx: &TenantTx, id: DataSubjectRequestId) -> Result<Option<Record>> {
    let row = tx.query_opt(sql!("data_subject_requests/user_record"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.as_ref().map(record))
}

/// Invitations of the person.
///
/// # Errors
/// [`crate::Error`].
pub async fn invitations(tx: &TenantTx, id: DataSubjectRequestId) -> Result<Vec<Record>> {
    let rows = tx.query(sql!("data_subject_requests/invitations"), &[(&id.0, Type::UUID)]).await?;
    Ok(rows.iter().map(record).collect())
}

/// What is known of a person beside their conversations: figures, opinions, tickets and notes of theirs, who read what of
/// them.
///
/// # Errors
/// [`crate::Error`].
pub async fn beside(tx: &TenantTx, id: DataSubjectRequestId) -> Result<Value> {
    Ok(tx.query_one(sql!("data_subject_requests/beside"), &[(&id.0, Type::UUID)]).await?.get("record"))
}

/// Removes conversations with everything that holds a word of them, and adds how many rows of each table to the report.
///
/// # Errors
/// [`crate::Error`].
pub async fn erase_sessions(
    tx: &TenantTx,
    id: DataSubjectRequestId,
    sessions: &[SessionId],
    objects: &Value,
) -> Result<()> {
    let sessions: Vec<Uuid> = sessions.iter().map(|id| id.0).collect();
    let params: Params<'_> = &[(&sessions, Type::UUID_ARRAY)];
    let rows: Value =
        tx.query_one(sql!("data_subject_requests/erase_sessions"), params).await?.get("removed");
    add(tx, id, &rows, objects).await
}

/// Removes what is kept of the person beside conversations. `caller`: as whom they called.
///
/// # Errors
/// [`crate::Error`].
pub async fn erase_person(
    tx: &TenantTx,
    id: DataSubjectRequestId,
    caller: Option<Uuid>,
    objects: &Value,
) -> Result<()> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&caller, Type::UUID)];
    let rows: Value = tx.query_one(sql!("data_subject_requests/erase_person"), params).await?.get("removed");
    add(tx, id, &rows, objects).await
}

/// Adds counts to what was reported before: whatever a unit did is reported with it.
async fn add(tx: &TenantTx, id: DataSubjectRequestId, rows: &Value, objects: &Value) -> Result<()> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (rows, Type::JSONB), (objects, Type::JSONB)];
    tx.execute(sql!("data_subject_requests/add"), params).await?;
    Ok(())
}

/// Other requests about the same person, as far as it can be told: those about sessions that are to go too, of which an export
/// may be kept.
///
/// # Errors
/// [`crate::Error`].
pub async fn others(
    tx: &TenantTx,
    id: DataSubjectRequestId,
    sessions: &[SessionId],
) -> Result<Vec<DataSubjectRequestId>> {
    let sessions: Vec<Uuid> = sessions.iter().map(|id| id.0).collect();
    let params: Params<'_> = &[(&id.0, Type::UUID), (&sessions, Type::UUID_ARRAY)];
    let rows = tx.query(sql!("data_subject_requests/others"), params).await?;
    Ok(rows.iter().map(|row| DataSubjectRequestId(row.get("id"))).collect())
}

/// Notes that exports are deleted, and forgets whom they were about. `why`: what those are told that were under way.
///
/// # Errors
/// [`crate::Error`].
pub async fn forget(tx: &TenantTx, requests: &[DataSubjectRequestId], why: &str) -> Result<()> {
    let requests: Vec<Uuid> = requests.iter().map(|id| id.0).collect();
    let params: Params<'_> = &[(&requests, Type::UUID_ARRAY), (&why, Type::TEXT)];
    tx.execute(sql!("data_subject_requests/forget"), params).await?;
    Ok(())
}

/// Ends exports that have had their days, and forgets whom they were about; how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn expire(tx: &TenantTx) -> Result<u64> {
    tx.execute(sql!("data_subject_requests/expire"), &[(&limits::EXPORT_DAYS, Type::INT4)]).await
}

/// Whether exports were ever asked for.
///
/// # Errors
/// [`crate::Error`].
pub async fn has_exports(tx: &TenantTx) -> Result<bool> {
    Ok(tx.query_one(sql!("data_subject_requests/has_exports"), &[]).await?.get("has_exports"))
}

/// Exports that are there to be fetched, or being made.
///
/// # Errors
/// [`crate::Error`].
pub async fn kept_exports(tx: &TenantTx) -> Result<Vec<DataSubjectRequestId>> {
    let rows = tx.query(sql!("data_subject_requests/kept_exports"), &[]).await?;
    Ok(rows.iter().map(|row| DataSubjectRequestId(row.get("id"))).collect())
}

/// Requests that nobody is at: their message got lost.
///
/// # Errors
/// [`crate::Error`].
pub async fn idle(tx: &TenantTx) -> Result<Vec<DataSubjectRequestId>> {
    let rows = tx.query(sql!("data_subject_requests/idle"), &[]).await?;
    Ok(rows.iter().map(|row| DataSubjectRequestId(row.get("id"))).collect())
}
