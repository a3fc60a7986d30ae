//! Lists behind the figures: chatbots and their costs, what was not answered, documents and their state, days for a file.

use crate::{
    Result, TenantTx,
    metrics::{Period, top},
    sql,
    tenant::Params,
};
use domain::{ChatbotId, DocumentId, MessageId, ProductId, SessionId, SpaceId};
use jiff::{Timestamp, civil::Date};
use tokio_postgres::{Row, types::Type};

/// What one chatbot did and cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatbotCost {
    /// Its row.
    pub id: ChatbotId,
    /// For people.
    pub name: String,
    /// That began.
    pub sessions: i64,
    /// That it gave.
    pub answers: i64,
    /// In and out.
    pub tokens: i64,
    /// US dollars, as decimal text.
    pub cost: String,
}

/// Chatbots by what they cost, dearest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn chatbots(tx: &TenantTx, period: Period, limit: i64) -> Result<Vec<ChatbotCost>> {
    let rows = top(tx, sql!("metrics/chatbots"), period, limit).await?;
    let cost = |row: &Row| ChatbotCost {
        id: ChatbotId(row.get("id")),
        name: row.get("name"),
        sessions: row.get("sessions"),
        answers: row.get("answers"),
        tokens: row.get("tokens"),
        cost: row.get("cost"),
    };
    Ok(rows.iter().map(cost).collect())
}

/// A chatbot's name and state; `None` when there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn chatbot(tx: &TenantTx, id: ChatbotId) -> Result<Option<(String, String)>> {
    let row = tx.query_opt(sql!("metrics/chatbot"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.map(|row| (row.get("name"), row.get("status"))))
}

/// How many documents or jobs are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `document` or `job`.
    pub kind: String,
    /// One of its states.
    pub status: String,
    /// How many.
    pub rows: i64,
}

/// Documents as they are, and ingestion jobs that began in a period, by state.
///
/// # Errors
/// [`crate::Error`].
pub async fn ingestion(tx: &TenantTx, period: Period) -> Result<Vec<Health>> {
    let params: Params<'_> = &[(&period.from, Type::DATE), (&period.to, Type::DATE)];
    let health =
        |row: &Row| Health { kind: row.get("kind"), status: row.get("status"), rows: row.get("rows") };
    Ok(tx.query(sql!("metrics/ingestion"), params).await?.iter().map(health).collect())
}

/// An answer that somebody should look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The answer's message.
    pub id: MessageId,
    /// Where.
    pub session: SessionId,
    /// Whose.
    pub chatbot: ChatbotId,
    /// What its session is about.
    pub category: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// 0..1.
    pub confidence: Option<f32>,
    /// What was asked; `None` when that message is gone.
    pub question: Option<String>,
    /// What was said.
    pub answer: String,
}

/// Answers that say that there is none, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn abstained(
    tx: &TenantTx,
    period: Period,
    before: Option<MessageId>,
    limit: u32,
) -> Result<Vec<Answer>> {
    answers(tx, sql!("metrics/abstained"), period, before, limit).await
}

/// Answers of low confidence, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn unsure(
    tx: &TenantTx,
    period: Period,
    before: Option<MessageId>,
    limit: u32,
) -> Result<Vec<Answer>> {
    answers(tx, sql!("metrics/unsure"), period, before, limit).await
}

async fn answers(
    tx: &TenantTx,
    sql: &str,
    period: Period,
    before: Option<MessageId>,
    limit: u32,
) -> Result<Vec<Answer>> {
    let (before, limit) = (before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> =
        &[(&period.from, Type::DATE), (&period.to, Type::DATE), (&before, Type::UUID), (&limit, Type::INT8)];
    let answer = |row: &Row| Answer {
        id: MessageId(row.get("id")),
        session: SessionId(row.get("session_id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        category: row.get("category"),
        created_at: row.get("created_at"),
        confidence: row.get("confidence"),
        question: row.get("question"),
        answer: row.get("content"),
    };
    Ok(tx.query(sql, params).await?.iter().map(answer).collect())
}

/// One chatbot's day, as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatbotDay {
    /// By the organization's clock.
    pub date: Date,
    /// Its row; `None`: what no chatbot was paid for.
    pub chatbot: Option<ChatbotId>,
    /// For people; `None` too of one that is gone.
    pub name: Option<String>,
    /// Counts in the order of the file: sessions, messages, unique users, seconds of a session.
    pub sessions: [i32; 4],
    /// Mean.
    pub messages_per_session: f64,
    /// Mean, of answers.
    pub response_time_ms: i32,
    /// In and out.
    pub tokens: i64,
    /// US dollars, as decimal text.
    pub cost: String,
    /// Mean of ratings 1..5.
    pub satisfaction: Option<f64>,
    /// Answers without an error by answers, 0..1.
    pub successful: Option<f64>,
    /// Questions, answers, failed, abstained, unsure; promoters, passives, detractors.
    pub counts: [i32; 8],
    /// Mean quality of experience, 0..1.
    pub qoe: Option<f64>,
    /// Searches, and those that found nothing good enough.
    pub searches: [i32; 2],
    /// Mean of the best scores, 0..1.
    pub top_score: Option<f64>,
    /// Tickets that were opened, and those of them that are resolved or closed.
    pub escalations: [i32; 2],
    /// Mean time of the latter, in seconds.
    pub resolution_seconds: Option<f64>,
    /// US dollars, as decimal text: names, readings, replays, analyses, ingestion, reembedding; all of them with the answers.
    pub side_costs: [String; 7],
    /// Calls whose cost is missing, answers included.
    pub unpriced: i64,
}

/// Days of a period, a row each chatbot, by date.
///
/// # Errors
/// [`crate::Error`].
pub async fn export(tx: &TenantTx, period: Period, limit: i64) -> Result<Vec<ChatbotDay>> {
    let rows = top(tx, sql!("metrics/export"), period, limit).await?;
    let day = |row: &Row| ChatbotDay {
        date: row.get("metric_date"),
        chatbot: row.get::<_, Option<uuid::Uuid>>("chatbot_id").map(ChatbotId),
        name: row.get("name"),
        sessions: ["total_sessions", "total_messages", "unique_users", "avg_session_duration_seconds"]
            .map(|name| row.get(name)),
        messages_per_session: row.get("avg_messages_per_session"),
        response_time_ms: row.get("avg_response_time_ms"),
        tokens: row.get("total_tokens_used"),
        cost: row.get("total_cost_usd"),
        satisfaction: row.get("avg_user_satisfaction"),
        successful: row.get("successful_responses_ratio"),
        counts: [
            "questions",
            "answers",
            "failed_answers",
            "abstained_answers",
            "unsure_answers",
            "nps_promoters",
            "nps_passives",
            "nps_detractors",
        ]
        .map(|name| row.get(name)),
        qoe: row.get("qoe"),
        searches: ["searches", "empty_searches"].map(|name| row.get(name)),
        top_score: row.get("top_score"),
        escalations: ["escalations", "resolved_escalations"].map(|name| row.get(name)),
        resolution_seconds: row.get("resolution_seconds"),
        side_costs: [
            "names_cost_usd",
            "readings_cost_usd",
            "replays_cost_usd",
            "analyses_cost_usd",
            "ingestion_cost_usd",
            "reembedding_cost_usd",
            "all_costs_usd",
        ]
        .map(|name| row.get(name)),
        unpriced: row.get("unpriced_calls"),
    };
    Ok(rows.iter().map(day).collect())
}

/// A document and how far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentStatus {
    /// Its row.
    pub id: DocumentId,
    /// For people.
    pub title: String,
    /// What it is about.
    pub product: Option<(ProductId, String)>,
    /// One of its states.
    pub status: String,
    /// Bytes.
    pub file_size: i64,
    /// One of the types.
    pub document_type: String,
    /// `und`: not known.
    pub language: String,
    /// Of the version that is found.
    pub chunks: i64,
    /// Mean, 0..1.
    pub confidence: Option<f64>,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was read.
    pub processed_at: Option<Timestamp>,
}

/// Documents and how far they are, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn documents(
    tx: &TenantTx,
    status: Option<&str>,
    before: Option<DocumentId>,
    limit: u32,
) -> Result<Vec<DocumentStatus>> {
    let (before, limit) = (before.map(|id| id.0), i64::from(limit));
    let params: Params<'_> = &[(&status, Type::TEXT), (&before, Type::UUID), (&limit, Type::INT8)];
    let document = |row: &Row| DocumentStatus {
        id: DocumentId(row.get("id")),
        title: row.get("title"),
        product: row
            .get::<_, Option<uuid::Uuid>>("product_id")
            .map(|id| (ProductId(id), row.get::<_, Option<String>>("product_name").unwrap_or_default())),
        status: row.get("processing_status"),
        file_size: row.get("file_size"),
        document_type: row.get("document_type"),
        language: row.get("language"),
        chunks: row.get("chunk_count"),
        confidence: row.get("avg_chunk_confidence"),
        created_at: row.get("created_at"),
        processed_at: row.get("processed_at"),
    };
    Ok(tx.query(sql!("document_status/list"), params).await?.iter().map(document).collect())
}

/// A question that was not answered, as it was searched for.
#[derive(Debug, Clone)]
pub struct Unanswered {
    /// Its message.
    pub id: MessageId,
    /// Where.
    pub session: SessionId,
    /// Who was asked.
    pub chatbot: ChatbotId,
    /// When it was answered so.
    pub created_at: Timestamp,
    /// What was asked.
    pub question: String,
    /// Its vector and the space of it; `None`: it had none, or it is kept no longer.
    pub vector: Option<(SpaceId, Vec<f32>)>,
}

/// The newest questions of a period that were not answered.
///
/// # Errors
/// [`crate::Error`].
pub async fn unanswered(tx: &TenantTx, period: Period, limit: i64) -> Result<Vec<Unanswered>> {
    let rows = top(tx, sql!("metrics/unanswered"), period, limit).await?;
    let one = |row: &Row| Unanswered {
        id: MessageId(row.get("id")),
        session: SessionId(row.get("session_id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        created_at: row.get("created_at"),
        question: row.get("question"),
        vector: row
            .get::<_, Option<uuid::Uuid>>("space_id")
            .map(SpaceId)
            .zip(row.get::<_, Option<Vec<f32>>>("query_embedding")),
    };
    Ok(rows.iter().map(one).collect())
}

/// What one person asked and cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonCost {
    /// The user's id, else the keyed hash of the identifier that their program gave.
    pub person: String,
    /// The user, where it is one.
    pub user: Option<uuid::Uuid>,
    /// The user's name.
    pub name: Option<String>,
    /// Sessions a day, summed.
    pub sessions: i64,
    /// That they asked.
    pub questions: i64,
    /// That they were given.
    pub answers: i64,
    /// Of these, those that say that there is none.
    pub abstained: i64,
    /// In and out.
    pub tokens: i64,
    /// US dollars, as decimal text.
    pub cost: String,
    /// Answers whose cost is not known.
    pub unpriced: i64,
}

/// Persons by what they cost, dearest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn persons(tx: &TenantTx, period: Period, limit: i64) -> Result<Vec<PersonCost>> {
    let rows = top(tx, sql!("metrics/persons"), period, limit).await?;
    let cost = |row: &Row| PersonCost {
        person: row.get("person"),
        user: row.get("user_id"),
        name: row.get("name"),
        sessions: row.get("sessions"),
        questions: row.get("questions"),
        answers: row.get("answers"),
        abstained: row.get("abstained"),
        tokens: row.get("tokens"),
        cost: row.get("cost"),
        unpriced: row.get("unpriced"),
    };
    Ok(rows.iter().map(cost).collect())
}

/// Days on which sessions of a category began, with how many; `None`: of those whose category is not known.
///
/// # Errors
/// [`crate::Error`].
pub async fn category_days(
    tx: &TenantTx,
    period: Period,
    category: Option<&str>,
) -> Result<Vec<(Date, i64)>> {
    let params: Params<'_> = &[(&period.from, Type::DATE), (&period.to, Type::DATE), (&category, Type::TEXT)];
    let rows = tx.query(sql!("metrics/category_days"), params).await?;
    Ok(rows.iter().map(|row| (row.get("day"), row.get("sessions"))).collect())
}

/// What is wanted within a category, most frequent first.
///
/// # Errors
/// [`crate::Error`].
pub async fn category_intents(
    tx: &TenantTx,
    period: Period,
    category: Option<&str>,
    limit: i64,
) -> Result<Vec<(Option<String>, i64)>> {
    let params: Params<'_> = &[
        (&period.from, Type::DATE),
        (&period.to, Type::DATE),
        (&category, Type::TEXT),
        (&limit, Type::INT8),
    ];
    let rows = tx.query(sql!("metrics/category_intents"), params).await?;
    Ok(rows.iter().map(|row| (row.get("intent"), row.get("sessions"))).collect())
}
