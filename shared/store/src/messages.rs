//! Messages, their citations and their retrieval logs.

use crate::{Result, TenantTx, budgets::Spending, sql};
use domain::{
    ChatbotId, ChunkId, CitationId, ConfigVersionId, CuratedAnswerId, DocumentId, FileId, MessageId,
    RetrievalLogId, SessionId, SpaceId,
};
use jiff::Timestamp;
use pgvector::Vector;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::types::Type;

/// Writes a user's message; its number comes from the session's row, under its lock.
///
/// # Errors
/// [`crate::Error`].
pub async fn append_user(
    tx: &TenantTx,
    session: SessionId,
    id: MessageId,
    content: &str,
    words: &[String],
) -> Result<()> {
    tx.query_one(
        sql!("messages/append_user"),
        &[(&id.0, Type::UUID), (&session.0, Type::UUID), (&content, Type::TEXT), (&words, Type::TEXT_ARRAY)],
    )
    .await?;
    Ok(())
}

/// What a user's message was understood as.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// ISO 639-1; `None`: it cannot be told.
    pub language: Option<&'static str>,
    /// `{score: -1..1, label: negative, neutral or positive}`; `None`: not known.
    pub sentiment: Option<Value>,
    /// `{legal: true, tax: false, …}`; `None`: not known.
    pub risk_flags: Option<Value>,
}

/// Writes a user's message with what it was understood as; its number comes from the session's row, under its lock.
///
/// # Errors
/// [`crate::Error`].
pub async fn append_question(
    tx: &TenantTx,
    session: SessionId,
    id: MessageId,
    (content, words): (&str, &[String]),
    read: &Reading,
) -> Result<()> {
    let params: crate::tenant::Params<'_> = &[
        (&id.0, Type::UUID),
        (&session.0, Type::UUID),
        (&content, Type::TEXT),
        (&words, Type::TEXT_ARRAY),
        (&read.sentiment, Type::JSONB),
        (&read.risk_flags, Type::JSONB),
        (&read.language, Type::TEXT),
    ];
    tx.query_one(sql!("messages/append_question"), params).await?;
    Ok(())
}

/// Notes with a message how it was redacted, and what that cost.
///
/// # Errors
/// [`crate::Error`].
pub async fn note_redaction(tx: &TenantTx, id: MessageId, about: &Value, spent: &Spending<'_>) -> Result<()> {
    let params: crate::tenant::Params<'_> = &[
        (&id.0, Type::UUID),
        (about, Type::JSONB),
        (&spent.provider, Type::TEXT),
        (&spent.model, Type::TEXT),
        (&spent.prompt, Type::INT8),
        (&spent.completion, Type::INT8),
        (&spent.kept, Type::INT8),
        (&spent.keeping, Type::INT8),
    ];
    tx.execute(sql!("messages/note_redaction"), params).await?;
    Ok(())
}

/// An answer to be written.
#[derive(Debug)]
pub struct NewAnswer<'a> {
    /// Its row, chosen before so that streams can name it.
    pub id: MessageId,
    /// Whose.
    pub session: SessionId,
    /// The settings that made it.
    pub config: ConfigVersionId,
    /// The text, citations as `[1]`.
    pub content: &'a str,
    /// Its words.
    pub words: &'a [String],
    /// Who generated; `None`: nobody, people wrote it.
    pub provider: Option<&'a str>,
    /// Model that generated.
    pub model: &'a str,
    /// As the provider counted.
    pub prompt_tokens: i32,
    /// As the provider counted.
    pub completion_tokens: i32,
    /// Of the prompt's: what the provider had kept, and what it keeps from now on.
    pub kept_tokens: (i32, i32),
    /// Calls beside it: models of vectors with their tokens, rerankers with their searches.
    pub beside: &'a [(&'a str, i64)],
    /// From the question's arrival.
    pub processing_time_ms: i32,
    /// The model call alone.
    pub generation_ms: i32,
    /// 0..1; `None` for an answer cut by an error.
    pub confidence: Option<f32>,
    /// Whether the fallback message was given.
    pub abstained: bool,
    /// `{code, detail}` of what cut it short.
    pub error_info: Option<Value>,
}

/// Writes an answer, its number and its share in the session's sums. What it cost in US dollars, as decimal text;
/// `None` while the model's price is not known.
///
/// # Errors
/// [`crate::Error`].
pub async fn append_answer(tx: &TenantTx, answer: &NewAnswer<'_>) -> Result<Option<String>> {
    let (beside, units): (Vec<&str>, Vec<i64>) = answer.beside.iter().copied().unzip();
    let params: crate::tenant::Params<'_> = &[
        (&answer.id.0, Type::UUID),
        (&answer.session.0, Type::UUID),
        (&answer.content, Type::TEXT),
        (&answer.words, Type::TEXT_ARRAY),
        (&answer.config.0, Type::UUID),
        (&answer.model, Type::TEXT),
        (&answer.prompt_tokens, Type::INT4),
        (&answer.completion_tokens, Type::INT4),
        (&answer.processing_time_ms, Type::INT4),
        (&answer.generation_ms, Type::INT4),
        (&answer.confidence, Type::FLOAT4),
        (&answer.abstained, Type::BOOL),
        (&answer.error_info, Type::JSONB),
        (&answer.provider, Type::TEXT),
        (&answer.kept_tokens.0, Type::INT4),
        (&answer.kept_tokens.1, Type::INT4),
        (&beside, Type::TEXT_ARRAY),
        (&units, Type::INT8_ARRAY),
    ];
    let row = tx.query_one(sql!("messages/append_answer"), params).await?;
    Ok(row.get("cost"))
}

/// Support of a part of an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Citation {
    /// The number in the text.
    pub marker: i32,
    /// What supports it.
    pub source: Source,
    /// The document, where there is one.
    pub document: Option<DocumentId>,
    /// Of the document, else the file's name or the question that people answered. Copied, to survive them.
    pub title: String,
    /// The document's, copied.
    pub key: Option<String>,
    /// Copied.
    pub page: Option<i32>,
    /// The source's words that carry the answer.
    pub quoted_span: String,
    /// How well it carries it, 0..1.
    pub score: f32,
    /// Whether the document is still there to be opened; `false` without one.
    #[serde(default)]
    pub is_there: bool,
}

/// What a citation points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A passage of a document.
    Chunk(ChunkId),
    /// An answer that people wrote.
    Curated(CuratedAnswerId),
    /// A file of the session.
    File(FileId),
}

impl Source {
    /// The passage, where it is one.
    #[must_use]
    pub fn chunk(self) -> Option<ChunkId> {
        match self {
            Self::Chunk(chunk) => Some(chunk),
            Self::Curated(_) | Self::File(_) => None,
        }
    }

    /// The curated answer, where it is one.
    #[must_use]
    pub fn curated(self) -> Option<CuratedAnswerId> {
        match self {
            Self::Chunk(_) | Self::File(_) => None,
            Self::Curated(answer) => Some(answer),
        }
    }

    /// The session's file, where it is one.
    #[must_use]
    pub fn file(self) -> Option<FileId> {
        match self {
            Self::Chunk(_) | Self::Curated(_) => None,
            Self::File(file) => Some(file),
        }
    }
}

/// Writes an answer's citations in one statement.
///
/// # Errors
/// [`crate::Error`].
pub async fn cite(tx: &TenantTx, message: MessageId, citations: &[Citation]) -> Result<()> {
    let rows: Vec<Value> = citations
        .iter()
        .map(|c| {
            serde_json::json!({
                "id": CitationId::generate(), "chunk_id": c.source.chunk(), "curated_answer_id": c.source.curated(),
                "file_id": c.source.file(), "document_id": c.document, "marker": c.marker, "quoted_span": c.quoted_span, "score": c.score,
                "document_title": c.title, "document_key": c.key, "page_number": c.page,
            })
        })
        .collect();
    tx.execute(sql!("citations/create"), &[(&message.0, Type::UUID), (&Value::Array(rows), Type::JSONB)])
        .await?;
    Ok(())
}

/// What was searched for one message.
#[derive(Debug)]
pub struct RetrievalLog<'a> {
    /// The session.
    pub session: SessionId,
    /// The question's message.
    pub message: MessageId,
    /// Whose knowledge.
    pub chatbot: domain::ChatbotId,
    /// The question.
    pub query: &'a str,
    /// What was searched for in its place.
    pub rewritten: Option<&'a str>,
    /// Who looked at the question for that; `None`: nothing was asked before it.
    pub rewritten_by: Option<&'a str>,
    /// The vector of what was searched for.
    pub vector: Option<&'a Vector>,
    /// Where the vector lives.
    pub space: SpaceId,
    /// Found chunks, best first.
    pub chunks: &'a [ChunkId],
    /// Their final scores.
    pub similarity: &'a [f64],
    /// Their scores by leg.
    pub scores: &'a Value,
    /// On the final score.
    pub threshold: f64,
    /// Passages wanted.
    pub k: i32,
    /// Who ordered them anew.
    pub reranker: Option<&'a str>,
    /// What the model was told and said, where the answer is sampled.
    pub transcript: Option<&'a Value>,
    /// Milliseconds by step.
    pub timings: &'a Value,
    /// What the answer's confidence was computed from; `None`: no model said anything that could be weighed.
    pub evidence: Option<&'a Value>,
}

/// Writes a retrieval log.
///
/// # Errors
/// [`crate::Error`].
pub async fn log_retrieval(tx: &TenantTx, log: &RetrievalLog<'_>) -> Result<()> {
    let chunks: Vec<uuid::Uuid> = log.chunks.iter().map(|chunk| chunk.0).collect();
    let vector = log.vector.map(Vector::as_slice);
    tx.execute(
        sql!("retrieval_logs/create"),
        &[
            (&RetrievalLogId::generate().0, Type::UUID),
            (&log.chatbot.0, Type::UUID),
            (&log.session.0, Type::UUID),
            (&log.message.0, Type::UUID),
            (&log.query, Type::TEXT),
            (&vector, Type::FLOAT4_ARRAY),
            (&log.space.0, Type::UUID),
            (&chunks, Type::UUID_ARRAY),
            (&log.similarity, Type::FLOAT8_ARRAY),
            (log.scores, Type::JSONB),
            (&log.threshold, Type::FLOAT8),
            (&log.k, Type::INT4),
            (log.timings, Type::JSONB),
            (&log.rewritten, Type::TEXT),
            (&log.reranker, Type::TEXT),
            (&log.transcript, Type::JSONB),
            (&log.rewritten_by, Type::TEXT),
            (&log.evidence, Type::JSONB),
        ],
    )
    .await?;
    Ok(())
}

/// A message with its citations, as the API shows it.
#[derive(Debug)]
pub struct Message {
    /// Its row.
    pub id: MessageId,
    /// Place in its session, from 1.
    pub sequence: i32,
    /// `user`, `assistant`, `agent` or `system`.
    pub role: String,
    /// The text.
    pub content: String,
    /// 0..1, of answers.
    pub confidence: Option<f32>,
    /// Whether the fallback message was given.
    pub abstained: bool,
    /// Whether it was cut by an error.
    pub error: bool,
    /// When.
    pub created_at: Timestamp,
    /// US dollars of an answer, as decimal text; `None` while the model's price is not known.
    pub cost: Option<String>,
    /// Whether its words were changed after it was asked.
    pub is_edited: bool,
    /// What it said before.
    pub original: Option<String>,
    /// ISO 639-1, of a user's message; `None`: not known.
    pub language: Option<String>,
    /// `{score, label}`, of a user's message; `None`: not known.
    pub sentiment: Option<Value>,
    /// `{legal: true, …}`, of a user's message; `None`: not known.
    pub risk_flags: Option<Value>,
    /// How names were taken out of it, of a user's message; `None`: nobody looked for them.
    pub redaction: Option<Value>,
    /// How a language model read it, of a user's message; `None`: none did.
    pub reading: Option<Value>,
    /// Support, by marker.
    pub citations: Vec<Citation>,
}

/// Messages of a session in order, after a sequence number.
///
/// # Errors
/// [`crate::Error`].
pub async fn list(tx: &TenantTx, session: SessionId, after: i32, limit: u32) -> Result<Vec<Message>> {
    let rows = tx
        .query(
            sql!("messages/list"),
            &[
                (&session.0, Type::UUID),
                (&session.before_messages().0, Type::UUID),
                (&after, Type::INT4),
                (&i64::from(limit), Type::INT8),
            ],
        )
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let cited: Value = row.get("citations");
            Message {
                id: MessageId(row.get("id")),
                sequence: row.get("sequence_number"),
                role: row.get("role"),
                content: row.get("content"),
                confidence: row.get("confidence"),
                abstained: row.get("abstained"),
                error: row.get("error"),
                created_at: row.get("created_at"),
                cost: row.get("cost"),
                is_edited: row.get("is_edited"),
                original: row.get("original_content"),
                language: row.get("language"),
                sentiment: row.get("sentiment"),
                risk_flags: row.get("risk_flags"),
                redaction: row.get("redaction"),
                reading: row.get("reading"),
                citations: cited.as_array().into_iter().flatten().filter_map(citation_from_json).collect(),
            }
        })
        .collect())
}

fn citation_from_json(value: &Value) -> Option<Citation> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    Some(Citation {
        marker: i32::try_from(value.get("marker")?.as_i64()?).ok()?,
        source: match (text("chunk_id"), text("file_id")) {
            (Some(chunk), _) => Source::Chunk(chunk.parse().ok()?),
            (None, Some(file)) => Source::File(file.parse().ok()?),
            (None, None) => Source::Curated(text("curated_answer_id")?.parse().ok()?),
        },
        document: text("document_id").and_then(|id| id.parse().ok()),
        title: text("document_title")?.to_owned(),
        key: text("document_key").map(ToOwned::to_owned),
        page: value.get("page_number").and_then(Value::as_i64).and_then(|page| i32::try_from(page).ok()),
        quoted_span: text("quoted_span")?.to_owned(),
        #[expect(clippy::cast_possible_truncation, reason = "it was a real before it was JSON")]
        score: value.get("score")?.as_f64()? as f32,
        is_there: value.get("is_there").and_then(Value::as_bool).unwrap_or_default(),
    })
}

/// Marks of an answer whose sources can still be opened where it says.
///
/// # Errors
/// [`crate::Error`].
pub async fn standing_citations(tx: &TenantTx, answer: MessageId) -> Result<Vec<i32>> {
    let rows = tx.query(sql!("messages/standing_citations"), &[(&answer.0, Type::UUID)]).await?;
    Ok(rows.iter().map(|row| row.get("marker")).collect())
}

/// A message, wherever it stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Its row.
    pub id: MessageId,
    /// Its conversation.
    pub session: SessionId,
    /// With whom that is.
    pub chatbot: ChatbotId,
    /// Whose it is, of those who signed in.
    pub owner: Option<uuid::Uuid>,
    /// Others of the organization may read it.
    pub is_shared: bool,
    /// `user`, `assistant`, `agent` or `system`.
    pub role: String,
    /// The text.
    pub content: String,
    /// 0..1, of answers.
    pub confidence: Option<f32>,
    /// Whether the fallback message was given.
    pub abstained: bool,
    /// The settings that made it, of answers.
    pub config: Option<ConfigVersionId>,
}

/// One message by its id alone.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &TenantTx, id: MessageId) -> Result<Option<Standing>> {
    let row = tx.query_opt(sql!("messages/get"), &[(&id.0, Type::UUID)]).await?;
    Ok(row.map(|row| Standing {
        id,
        session: SessionId(row.get("session_id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        owner: row.get("owner"),
        is_shared: row.get("is_shared"),
        role: row.get("role"),
        content: row.get("content"),
        confidence: row.get("confidence"),
        abstained: row.get("abstained"),
        config: row.get::<_, Option<uuid::Uuid>>("config_version_id").map(ConfigVersionId),
    }))
}

/// The last messages of a session before the present turn, oldest first: `(role, content)`.
///
/// # Errors
/// [`crate::Error`].
pub async fn history(tx: &TenantTx, session: SessionId, limit: u32) -> Result<Vec<(String, String)>> {
    history_before(tx, session, None, limit).await
}

/// The last messages of a session before one of them, oldest first: `(role, content)`.
///
/// # Errors
/// [`crate::Error`].
pub async fn history_before(
    tx: &TenantTx,
    session: SessionId,
    message: Option<MessageId>,
    limit: u32,
) -> Result<Vec<(String, String)>> {
    let message = message.map(|id| id.0);
    let rows = tx
        .query(
            sql!("messages/history"),
            &[
                (&session.0, Type::UUID),
                (&session.before_messages().0, Type::UUID),
                (&i64::from(limit), Type::INT8),
                (&message, Type::UUID),
            ],
        )
        .await?;
    Ok(rows.into_iter().map(|row| (row.get("role"), row.get("content"))).collect())
}

/// What came of a wish to change a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// It says so now.
    Changed,
    /// It is not a user's.
    NotTheirs,
    /// There is none.
    Missing,
}

/// Changes what a user's message says, and what it is understood as; what it said first is kept.
///
/// # Errors
/// [`crate::Error`].
pub async fn edit(
    tx: &TenantTx,
    session: SessionId,
    id: MessageId,
    (content, words): (&str, &[String]),
    read: &Reading,
) -> Result<Edited> {
    let params: crate::tenant::Params<'_> = &[
        (&id.0, Type::UUID),
        (&session.0, Type::UUID),
        (&content, Type::TEXT),
        (&words, Type::TEXT_ARRAY),
        (&read.sentiment, Type::JSONB),
        (&read.risk_flags, Type::JSONB),
        (&read.language, Type::TEXT),
    ];
    let row = tx.query_one(sql!("messages/edit"), params).await?;
    Ok(match (row.get::<_, Option<&str>>("role"), row.get("is_changed")) {
        (_, true) => Edited::Changed,
        (Some(_), false) => Edited::NotTheirs,
        (None, false) => Edited::Missing,
    })
}
