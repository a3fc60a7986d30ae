//! Reviewers' criticism: what was said, found and changed, and how versions of settings answer.

use crate::{Result, TenantTx, audit, sql, tenant::Params};
use domain::{AdminFeedbackId, ChatbotId, ConfigVersionId, MessageId, limits};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// A criticism.
#[derive(Debug, Clone)]
pub struct Criticism {
    /// Its row.
    pub id: AdminFeedbackId,
    /// Of whom.
    pub chatbot: ChatbotId,
    /// Of which answer, if of one.
    pub message: Option<MessageId>,
    /// In words.
    pub text: String,
    /// One of [`domain::feedback::CRITICISM_TYPES`].
    pub kind: String,
    /// One of [`domain::feedback::SEVERITIES`].
    pub severity: String,
    /// What belongs to it.
    pub context: Option<String>,
    /// One of [`domain::feedback::CRITICISM_STATUSES`].
    pub status: String,
    /// What was looked at, and how.
    pub analysis: Value,
    /// What is proposed.
    pub proposals: Value,
    /// What was done.
    pub applied: Value,
    /// The settings before.
    pub before: Value,
    /// The settings after.
    pub after: Value,
    /// The version before.
    pub before_config: Option<ConfigVersionId>,
    /// The version after.
    pub after_config: Option<ConfigVersionId>,
    /// Why nothing was done.
    pub rejection: Option<String>,
    /// Who criticises.
    pub created_by: String,
    /// Who dealt with it last.
    pub processed_by: Option<String>,
    /// When it was said.
    pub created_at: Timestamp,
    /// When it was analysed or rejected.
    pub processed_at: Option<Timestamp>,
    /// When something was done.
    pub applied_at: Option<Timestamp>,
    /// When that was undone, if it is.
    pub rolled_back_at: Option<Timestamp>,
    /// By whom.
    pub rolled_back_by: Option<String>,
    /// The version that answered from then on.
    pub rolled_back_to: Option<ConfigVersionId>,
}

/// What a reviewer says.
#[derive(Debug, Clone)]
pub struct Said {
    /// Of which answer, if of one.
    pub message: Option<MessageId>,
    /// In words.
    pub text: String,
    /// One of [`domain::feedback::CRITICISM_TYPES`].
    pub kind: String,
    /// One of [`domain::feedback::SEVERITIES`].
    pub severity: String,
    /// What belongs to it.
    pub context: Option<String>,
}

/// Writes a criticism down.
///
/// # Errors
/// [`crate::Error::Refused`] with `admin_feedback_organization_id_chatbot_id_fkey` when there is no such chatbot.
pub async fn create(tx: &TenantTx, chatbot: ChatbotId, said: &Said, by: &str) -> Result<AdminFeedbackId> {
    let id = AdminFeedbackId::generate();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&chatbot.0, Type::UUID),
        (&said.message.map(|id| id.0), Type::UUID),
        (&said.text, Type::TEXT),
        (&said.kind, Type::TEXT),
        (&said.severity, Type::TEXT),
        (&said.context, Type::TEXT),
        (&by, Type::TEXT),
    ];
    tx.execute(sql!("admin_feedback/create"), params).await?;
    audit::made("admin_feedback", id.0);
    Ok(id)
}

/// Which criticisms; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which<'a> {
    /// Of whom.
    pub chatbot: Option<ChatbotId>,
    /// In this state.
    pub status: Option<&'a str>,
    /// Older than this one.
    pub before: Option<AdminFeedbackId>,
}

/// Criticisms, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, which: &Which<'_>, limit: u32) -> Result<Vec<Criticism>> {
    find(tx, None, which, limit).await
}

/// One criticism.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: AdminFeedbackId) -> Result<Option<Criticism>> {
    Ok(find(tx, Some(id), &Which::default(), 1).await?.pop())
}

/// One criticism, held until the transaction's end.
///
/// # Errors
/// [`crate::Error`].
pub async fn hold(tx: &TenantTx, id: AdminFeedbackId) -> Result<Option<Criticism>> {
    match tx.query_opt(sql!("admin_feedback/hold"), &[(&id.0, Type::UUID)]).await? {
        Some(_) => get(tx, id).await,
        None => Ok(None),
    }
}

async fn find(
    tx: &TenantTx,
    id: Option<AdminFeedbackId>,
    which: &Which<'_>,
    limit: u32,
) -> Result<Vec<Criticism>> {
    let params: Params<'_> = &[
        (&id.map(|id| id.0), Type::UUID),
        (&which.chatbot.map(|id| id.0), Type::UUID),
        (&which.status, Type::TEXT),
        (&which.before.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
    ];
    Ok(tx.query(sql!("admin_feedback/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Criticism {
    Criticism {
        id: AdminFeedbackId(row.get("id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        message: row.get::<_, Option<Uuid>>("message_id").map(MessageId),
        text: row.get("feedback_text"),
        kind: row.get("feedback_type"),
        severity: row.get("severity"),
        context: row.get("context"),
        status: row.get("status"),
        analysis: row.get("analysis_results"),
        proposals: row.get("suggested_improvements"),
        applied: row.get("applied_changes"),
        before: row.get("before_snapshot"),
        after: row.get("after_snapshot"),
        before_config: row.get::<_, Option<Uuid>>("before_config_version_id").map(ConfigVersionId),
        after_config: row.get::<_, Option<Uuid>>("after_config_version_id").map(ConfigVersionId),
        rejection: row.get("rejection_reason"),
        created_by: row.get("created_by"),
        processed_by: row.get("processed_by"),
        created_at: row.get("created_at"),
        processed_at: row.get("processed_at"),
        applied_at: row.get("applied_at"),
        rolled_back_at: row.get("rolled_back_at"),
        rolled_back_by: row.get("rolled_back_by"),
        rolled_back_to: row.get::<_, Option<Uuid>>("rolled_back_to_config_version_id").map(ConfigVersionId),
    }
}

/// Keeps what was found and is proposed.
///
/// # Errors
/// [`crate::Error`].
pub async fn analysed(
    tx: &TenantTx,
    id: AdminFeedbackId,
    analysis: &Value,
    proposals: &Value,
    by: &str,
) -> Result<()> {
    let params: Params<'_> =
        &[(&id.0, Type::UUID), (analysis, Type::JSONB), (proposals, Type::JSONB), (&by, Type::TEXT)];
    tx.execute(sql!("admin_feedback/analysed"), params).await?;
    Ok(())
}

/// What was done about a criticism.
#[derive(Debug)]
pub struct Applied {
    /// The proposals that were followed.
    pub changes: Value,
    /// The settings before.
    pub before: Value,
    /// The settings after.
    pub after: Value,
    /// The version before.
    pub before_config: ConfigVersionId,
    /// The version after.
    pub after_config: ConfigVersionId,
}

/// Keeps what was done.
///
/// # Errors
/// [`crate::Error`].
pub async fn applied(tx: &TenantTx, id: AdminFeedbackId, done: &Applied, by: &str) -> Result<()> {
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&done.changes, Type::JSONB),
        (&done.before, Type::JSONB),
        (&done.after, Type::JSONB),
        (&done.before_config.0, Type::UUID),
        (&done.after_config.0, Type::UUID),
        (&by, Type::TEXT),
    ];
    tx.execute(sql!("admin_feedback/applied"), params).await?;
    Ok(())
}

/// Says of a chatbot's applied changes whether they still stand, now that a version of its settings answers.
///
/// # Errors
/// [`crate::Error`].
pub async fn stand(tx: &TenantTx, chatbot: ChatbotId, active: ConfigVersionId, by: &str) -> Result<()> {
    let params: Params<'_> = &[(&chatbot.0, Type::UUID), (&active.0, Type::UUID), (&by, Type::TEXT)];
    tx.execute(sql!("admin_feedback/stand"), params).await?;
    Ok(())
}

/// Keeps that nothing is done, and why.
///
/// # Errors
/// [`crate::Error`].
pub async fn reject(tx: &TenantTx, id: AdminFeedbackId, why: Option<&str>, by: &str) -> Result<()> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&why, Type::TEXT), (&by, Type::TEXT)];
    tx.execute(sql!("admin_feedback/reject"), params).await?;
    Ok(())
}

/// How a version answered, over its newest answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Answers that did not break off.
    pub answers: i64,
    /// Those that did not abstain.
    pub answered: i64,
    /// Mean confidence of all of them, 0..1.
    pub confidence: Option<f64>,
    /// Its standard deviation.
    pub deviation: Option<f64>,
    /// Those that abstained although their sentences had support.
    pub held_back: i64,
    /// The lower quartile of the confidence of those.
    pub held_back_quartile: Option<f64>,
    /// Thumbs up.
    pub likes: i64,
    /// Thumbs down.
    pub dislikes: i64,
}

/// How two versions answered on all their days, one after the other; what is held back is not told.
///
/// # Errors
/// [`crate::Error`].
pub async fn impact(tx: &TenantTx, versions: [ConfigVersionId; 2]) -> Result<[Figures; 2]> {
    let ids: Vec<Uuid> = versions.iter().map(|version| version.0).collect();
    let rows = tx.query(sql!("admin_feedback/impact"), &[(&ids, Type::UUID_ARRAY)]).await?;
    let [before, after] = rows.as_slice() else {
        return Err(crate::Error::Unexpected("figures of two versions are not two".into()));
    };
    Ok([before, after].map(|row| Figures {
        answers: row.get("answers"),
        answered: row.get("answered"),
        confidence: row.get("confidence"),
        deviation: row.get("deviation"),
        likes: row.get("likes"),
        dislikes: row.get("dislikes"),
        ..Figures::default()
    }))
}

/// How a version answered. `support`: the confidence from which an answer that was not given is counted as held back.
///
/// # Errors
/// [`crate::Error`].
pub async fn figures(
    tx: &TenantTx,
    chatbot: ChatbotId,
    version: ConfigVersionId,
    support: f32,
) -> Result<Figures> {
    let params: Params<'_> = &[
        (&chatbot.0, Type::UUID),
        (&version.0, Type::UUID),
        (&limits::ANALYSIS_ANSWERS, Type::INT8),
        (&support, Type::FLOAT4),
    ];
    let row = tx.query_one(sql!("admin_feedback/figures"), params).await?;
    Ok(Figures {
        answers: row.get("answers"),
        answered: row.get("answered"),
        confidence: row.get("confidence"),
        deviation: row.get("deviation"),
        held_back: row.get("held_back"),
        held_back_quartile: row.get("held_back_quartile"),
        likes: row.get("likes"),
        dislikes: row.get("dislikes"),
    })
}
