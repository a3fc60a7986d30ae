//! Replays: questions answered by two versions of a chatbot's settings, side by side.

use crate::{Result, TenantTx, audit, budgets::Spending, sql, tenant::Params};
use domain::{AdminFeedbackId, ChatbotId, ConfigVersionId, GoldQuestionId, MessageId, ReplayId, limits};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

/// A replay.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Its row.
    pub id: ReplayId,
    /// Of whom.
    pub chatbot: ChatbotId,
    /// Whose proposals are tried, if some are.
    pub criticism: Option<AdminFeedbackId>,
    /// Those proposals.
    pub proposals: Value,
    /// What answers.
    pub before: ConfigVersionId,
    /// What would.
    pub after: ConfigVersionId,
    /// `queued`, `running`, `paused`, `completed` or `failed`.
    pub status: String,
    /// Questions.
    pub total: i32,
    /// Those that the new version has answered.
    pub done: i64,
    /// US dollars so far, as decimal text; `None` while nothing is known of what it costs.
    pub cost: Option<String>,
    /// What came out.
    pub summary: Value,
    /// Why it waits or failed.
    pub error: Option<String>,
    /// Who asked for it.
    pub created_by: String,
    /// Enough was asked to see a loss: only then it lets its proposals be applied.
    pub is_whole: bool,
    /// When.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// A question that both sides are asked.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    /// From 0.
    pub place: i32,
    /// `gold` or `recent`.
    pub kind: String,
    /// The gold question.
    pub gold_question_id: Option<GoldQuestionId>,
    /// The message in which somebody asked.
    pub message_id: Option<MessageId>,
    /// In words.
    pub question: String,
    /// What should be said.
    pub expected_answer: Option<String>,
    /// What should be cited.
    pub expected_source: Option<String>,
    /// Whether the documents say it.
    pub is_answerable: bool,
}

/// Of which version an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that answers.
    Before,
    /// The one that would.
    After,
}

impl Side {
    const fn as_str(self) -> &'static str {
        match self {
            Side::Before => "before",
            Side::After => "after",
        }
    }
}

/// What a side answered.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The text.
    pub answer: String,
    /// Whether it is the fallback message.
    pub abstained: bool,
    /// Why it broke off, if it did.
    pub broken: Option<String>,
    /// 0..1.
    pub confidence: f32,
    /// Each with whether it is right, where that is known.
    pub citations: Value,
    /// Whether it is right; `None`: nobody knows what would be.
    pub is_correct: Option<bool>,
    /// Words that it shares with what was expected, 0..1.
    pub overlap: Option<f64>,
    /// Share of its citations that are right.
    pub citation_precision: Option<f64>,
    /// Milliseconds.
    pub latency_ms: i32,
    /// Tokens read.
    pub prompt_tokens: i32,
    /// Tokens written.
    pub completion_tokens: i32,
    /// US dollars, as decimal text; `None`: not known.
    pub cost: Option<String>,
}

/// A question with what both sides answered.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The question.
    pub asked: Asked,
    /// The version that answers.
    pub before: Option<Answered>,
    /// The version that would.
    pub after: Option<Answered>,
}

/// The newest questions of a chatbot's newest conversations, each once, as they are kept.
///
/// # Errors
/// [`crate::Error`].
pub async fn recent(tx: &TenantTx, chatbot: ChatbotId, limit: i64) -> Result<Vec<(MessageId, String)>> {
    let characters = i32::try_from(limits::USER_MESSAGE_CHARACTERS).unwrap_or(i32::MAX);
    let params: Params<'_> = &[
        (&chatbot.0, Type::UUID),
        (&limits::REPLAY_SESSIONS, Type::INT8),
        (&characters, Type::INT4),
        (&limit, Type::INT8),
    ];
    let rows = tx.query(sql!("replays/recent"), params).await?;
    Ok(rows.iter().map(|row| (MessageId(row.get("id")), row.get("question"))).collect())
}

/// A replay to be made.
#[derive(Debug)]
pub struct New<'a> {
    /// Of whom.
    pub chatbot: ChatbotId,
    /// Whose proposals are tried, if some are.
    pub criticism: Option<AdminFeedbackId>,
    /// Those proposals.
    pub proposals: &'a Value,
    /// What answers.
    pub before: ConfigVersionId,
    /// What would.
    pub after: ConfigVersionId,
    /// What both are asked.
    pub questions: &'a [Asked],
    /// Enough to see a loss: only then it lets its proposals be applied.
    pub is_whole: bool,
}

/// Makes a replay that waits for its first unit of work.
///
/// # Errors
/// [`crate::Error`].
pub async fn create(tx: &TenantTx, new: &New<'_>, by: &str) -> Result<ReplayId> {
    let id = ReplayId::generate();
    let total = i32::try_from(new.questions.len()).unwrap_or(i32::MAX);
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&new.chatbot.0, Type::UUID),
        (&new.criticism.map(|id| id.0), Type::UUID),
        (new.proposals, Type::JSONB),
        (&new.before.0, Type::UUID),
        (&new.after.0, Type::UUID),
        (&total, Type::INT4),
        (&by, Type::TEXT),
        (&new.is_whole, Type::BOOL),
    ];
    tx.execute(sql!("replays/create"), params).await?;
    audit::made("replay", id.0);
    let questions = serde_json::json!(new.questions);
    tx.execute(sql!("replays/ask"), &[(&id.0, Type::UUID), (&questions, Type::JSONB)]).await?;
    Ok(id)
}

/// Which replays; nothing narrows nothing.
#[derive(Debug, Default)]
pub struct Which {
    /// Of whom.
    pub chatbot: Option<ChatbotId>,
    /// Of whose proposals.
    pub criticism: Option<AdminFeedbackId>,
    /// Older than this one.
    pub before: Option<ReplayId>,
}

/// Replays, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, which: &Which, limit: u32) -> Result<Vec<Replay>> {
    find(tx, None, which, limit).await
}

/// One replay.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: ReplayId) -> Result<Option<Replay>> {
    Ok(find(tx, Some(id), &Which::default(), 1).await?.pop())
}

/// The newest replay of exactly these proposals against a version; one that is finished, where there is one.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_proposals(
    tx: &TenantTx,
    criticism: AdminFeedbackId,
    before: ConfigVersionId,
    proposals: &Value,
) -> Result<Option<Replay>> {
    let params: Params<'_> = &[(&criticism.0, Type::UUID), (&before.0, Type::UUID), (proposals, Type::JSONB)];
    match tx.query_opt(sql!("replays/of_proposals"), params).await? {
        Some(row) => get(tx, ReplayId(row.get("id"))).await,
        None => Ok(None),
    }
}

async fn find(tx: &TenantTx, id: Option<ReplayId>, which: &Which, limit: u32) -> Result<Vec<Replay>> {
    let params: Params<'_> = &[
        (&id.map(|id| id.0), Type::UUID),
        (&which.chatbot.map(|id| id.0), Type::UUID),
        (&which.criticism.map(|id| id.0), Type::UUID),
        (&which.before.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
    ];
    Ok(tx.query(sql!("replays/list"), params).await?.iter().map(from_row).collect())
}

fn from_row(row: &Row) -> Replay {
    Replay {
        id: ReplayId(row.get("id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        criticism: row.get::<_, Option<Uuid>>("admin_feedback_id").map(AdminFeedbackId),
        proposals: row.get("proposals"),
        before: ConfigVersionId(row.get("base_config_version_id")),
        after: ConfigVersionId(row.get("config_version_id")),
        status: row.get("status"),
        total: row.get("total"),
        done: row.get("done"),
        cost: row.get("cost"),
        summary: row.get("summary"),
        error: row.get("error"),
        created_by: row.get("created_by"),
        is_whole: row.get("is_whole"),
        created_at: row.get("created_at"),
        started_at: row.get("started_at"),
        completed_at: row.get("completed_at"),
    }
}

/// Takes an unfinished replay for a while; `false`: another unit has it, or there is nothing left to do.
///
/// # Errors
/// [`crate::Error`].
#[expect(clippy::cast_precision_loss, reason = "seconds")]
pub async fn claim(tx: &TenantTx, id: ReplayId) -> Result<bool> {
    let seconds = limits::REPLAY_HELD_SECONDS as f64;
    Ok(tx.execute(sql!("replays/claim"), &[(&id.0, Type::UUID), (&seconds, Type::FLOAT8)]).await? > 0)
}

/// Lets another unit go on: after work, or after a unit that broke off. How many of the latter there were in a row.
///
/// # Errors
/// [`crate::Error`].
pub async fn leave(tx: &TenantTx, id: ReplayId, broke_off: Broke) -> Result<i32> {
    let broke_off = matches!(broke_off, Broke::Off);
    let row = tx.query_opt(sql!("replays/leave"), &[(&id.0, Type::UUID), (&broke_off, Type::BOOL)]).await?;
    Ok(row.map_or(0, |row| row.get("failures")))
}

/// How a unit of work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broke {
    /// It did what it had time for.
    Not,
    /// It could not.
    Off,
}

/// Ends a replay: with what came out, or with why it failed.
///
/// # Errors
/// [`crate::Error`].
pub async fn end(tx: &TenantTx, id: ReplayId, summary: &Value, error: Option<&str>) -> Result<()> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (summary, Type::JSONB), (&error, Type::TEXT)];
    tx.execute(sql!("replays/end"), params).await?;
    Ok(())
}

/// Has a replay wait where it stands: in words why.
///
/// # Errors
/// [`crate::Error`].
pub async fn pause(tx: &TenantTx, id: ReplayId, why: &str) -> Result<()> {
    tx.execute(sql!("replays/pause"), &[(&id.0, Type::UUID), (&why, Type::TEXT)]).await?;
    Ok(())
}

/// Has a replay that waits or failed go on with the questions that are not answered yet; `false`: it does neither.
///
/// # Errors
/// [`crate::Error`].
pub async fn resume(tx: &TenantTx, id: ReplayId) -> Result<bool> {
    Ok(tx.execute(sql!("replays/resume"), &[(&id.0, Type::UUID)]).await? > 0)
}

/// Has all go on that waited for a budget which there is by now, or that were forgotten; which.
///
/// # Errors
/// [`crate::Error`].
pub async fn resume_affordable(tx: &TenantTx) -> Result<Vec<ReplayId>> {
    let params: Params<'_> = &[(&limits::REPLAY_FORGOTTEN_SECONDS, Type::FLOAT8)];
    let rows = tx.query(sql!("replays/resume_affordable"), params).await?;
    Ok(rows.iter().map(|row| ReplayId(row.get("id"))).collect())
}

/// The first question that a side has not answered yet, and which sides have not.
///
/// # Errors
/// [`crate::Error`].
pub async fn next(tx: &TenantTx, id: ReplayId) -> Result<Option<(Asked, Vec<Side>)>> {
    let row = tx.query_opt(sql!("replays/next"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.map(|row| {
        let wanted = [(Side::Before, "wants_before"), (Side::After, "wants_after")];
        let wanted = wanted.into_iter().filter(|(_, column)| row.get(*column)).map(|(side, _)| side);
        let asked = Asked {
            place: row.get("place"),
            kind: row.get("kind"),
            gold_question_id: None,
            message_id: None,
            question: row.get("question"),
            expected_answer: row.get("expected_answer"),
            expected_source: row.get("expected_source"),
            is_answerable: row.get("is_answerable"),
        };
        (asked, wanted.collect())
    }))
}

/// Keeps what a side answered, once, with what that cost: the model that was asked, if one was, and calls beside it.
///
/// # Errors
/// [`crate::Error`].
pub async fn answer(
    tx: &TenantTx,
    id: ReplayId,
    place: i32,
    side: Side,
    answered: &Answered,
    (spent, beside): (Option<&Spending<'_>>, &[(&str, i64)]),
) -> Result<()> {
    let (provider, model) = spent.map(|spent| (spent.provider, spent.model)).unzip();
    let (kept, keeping) = spent.map(|spent| (spent.kept, spent.keeping)).unzip();
    let (models, units): (Vec<&str>, Vec<i64>) = beside.iter().copied().unzip();
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&place, Type::INT4),
        (&side.as_str(), Type::TEXT),
        (&answered.answer, Type::TEXT),
        (&answered.abstained, Type::BOOL),
        (&answered.broken, Type::TEXT),
        (&answered.confidence, Type::FLOAT4),
        (&answered.citations, Type::JSONB),
        (&answered.is_correct, Type::BOOL),
        (&answered.overlap, Type::FLOAT8),
        (&answered.citation_precision, Type::FLOAT8),
        (&answered.latency_ms, Type::INT4),
        (&answered.prompt_tokens, Type::INT4),
        (&answered.completion_tokens, Type::INT4),
        (&provider, Type::TEXT),
        (&model, Type::TEXT),
        (&kept, Type::INT8),
        (&keeping, Type::INT8),
        (&models, Type::TEXT_ARRAY),
        (&units, Type::INT8_ARRAY),
    ];
    tx.execute(sql!("replays/answer"), params).await?;
    Ok(())
}

/// Questions with what both sides answered, in their order, behind a place (−1: from the first).
///
/// # Errors
/// [`crate::Error`].
pub async fn results(tx: &TenantTx, id: ReplayId, after: i32, limit: i64) -> Result<Vec<Compared>> {
    let params: Params<'_> = &[(&id.0, Type::UUID), (&after, Type::INT4), (&limit, Type::INT8)];
    let mut all: Vec<Compared> = Vec::new();
    for row in &tx.query(sql!("replays/results"), params).await? {
        let place: i32 = row.get("place");
        if all.last().is_none_or(|last| last.asked.place != place) {
            all.push(Compared { asked: asked(row), before: None, after: None });
        }
        let Some(last) = all.last_mut() else { continue };
        match row.get::<_, Option<&str>>("side") {
            Some("before") => last.before = Some(answered(row)),
            Some(_) => last.after = Some(answered(row)),
            None => {}
        }
    }
    Ok(all)
}

fn asked(row: &Row) -> Asked {
    Asked {
        place: row.get("place"),
        kind: row.get("kind"),
        gold_question_id: row.get::<_, Option<Uuid>>("gold_question_id").map(GoldQuestionId),
        message_id: row.get::<_, Option<Uuid>>("message_id").map(MessageId),
        question: row.get("question"),
        expected_answer: row.get("expected_answer"),
        expected_source: row.get("expected_source"),
        is_answerable: row.get("is_answerable"),
    }
}

fn answered(row: &Row) -> Answered {
    Answered {
        answer: row.get("answer"),
        abstained: row.get("abstained"),
        broken: row.get("broken"),
        confidence: row.get("confidence"),
        citations: row.get("citations"),
        is_correct: row.get("is_correct"),
        overlap: row.get("overlap"),
        citation_precision: row.get("citation_precision"),
        latency_ms: row.get("latency_ms"),
        prompt_tokens: row.get("prompt_tokens"),
        completion_tokens: row.get("completion_tokens"),
        cost: row.get("cost"),
    }
}
