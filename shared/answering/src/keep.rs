//! The end of a turn: the answer, its citations, its retrieval log and its events, in one flush.

use crate::{
    Answering, Broken, Draft, End, Timings, Turn,
    consult::spending,
    curated,
    names::Names,
    retrieve::{Passage, Retrieved},
    understood,
};
use anyhow::Context as _;
use domain::{
    ChunkId, MessageId,
    chatbot::{RERANK_BY_SENTENCES, Rewrite, provider_of},
    conversation::Question,
    limits,
};
use futures_util::try_join;
use models::Usage;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    TenantTx, budgets, categories, chatbots, escalations,
    events::{self, Category, Event},
    idempotency,
    messages::{self, Citation, NewAnswer, RetrievalLog},
    side_costs::{self, Purpose},
};

/// An answer as it was kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// Its message.
    pub id: MessageId,
    /// The question's message.
    pub question: MessageId,
    /// The text, citations as `[1]`.
    pub content: String,
    /// By marker.
    pub citations: Vec<Citation>,
    /// 0..1.
    pub confidence: f32,
    /// Whether this is the fallback message.
    pub abstained: bool,
    /// Model that generated; [`curated::MODEL`] where people wrote it.
    pub model: String,
    /// Whether the model stopped because it had said as much as it may.
    #[serde(default)]
    pub is_cut: bool,
    /// As the provider counted.
    pub usage: Usage,
    /// US dollars, as decimal text; `None` while the model's price is not known.
    pub cost: Option<String>,
    /// Milliseconds of the steps.
    pub timings: Timings,
    /// What was searched in vain, where no answer was found.
    #[serde(default)]
    pub searched: Option<Searched>,
}

/// What was searched in vain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Searched {
    /// What was looked for.
    pub query: String,
    /// Documents that the chatbot reads.
    pub documents: i64,
    /// Collections that hold them.
    pub collections: i64,
    /// Titles of the documents that came nearest, best first, each once.
    pub titles: Vec<String>,
}

impl Answering {
    /// Keeps what was answered, and also what broke off: as far as it was read.
    pub(crate) async fn keep(
        &self,
        turn: &Turn,
        question: &Question,
        (asked, answered): (MessageId, MessageId),
        retrieved: &Retrieved,
        draft: &Draft,
    ) -> anyhow::Result<Answer> {
        let end = &draft.end;
        let usage = end.usage + retrieved.rewriting.usage;
        let fallback = &turn.config.fallback_message;
        let content = if end.verdict.text.is_empty() { fallback.clone() } else { end.verdict.text.clone() };
        let names = &retrieved.names;
        let stored = turn.kept(names, &content);
        let words = language::words(&stored);
        let (asked_for, searched_for) = (
            turn.kept(names, question.as_str()),
            retrieved.rewritten.as_deref().map(|text| turn.kept(names, text)),
        );
        let (provider, model) = match &retrieved.curated {
            Some(_) => (None, curated::MODEL),
            None => (Some(provider_of(&turn.config.llm_model)), turn.config.llm_model.as_str()),
        };
        let beside = beside(turn, retrieved, end);
        let answer = NewAnswer {
            id: answered,
            session: turn.session,
            config: turn.config.id,
            content: &stored,
            words: &words,
            provider,
            model,
            prompt_tokens: int(usage.prompt),
            completion_tokens: int(usage.completion),
            kept_tokens: (int(usage.kept), int(usage.keeping)),
            beside: &beside,
            processing_time_ms: int(draft.timings.total_ms),
            generation_ms: int(draft.timings.generate_ms),
            confidence: end.broken.is_none().then_some(end.verdict.confidence),
            abstained: end.abstained,
            error_info: end.broken.map(|broken| json!({ "code": broken.code() })),
        };
        // What a search found, then what the model was given besides: neighbours of that, and passages of files.
        let given = |passage: &&Passage| {
            (passage.file.is_some() || passage.beside.is_some())
                && end.in_prompt.contains(&passage.hit.chunk)
                && retrieved.all.iter().all(|found| found.hit.chunk != passage.hit.chunk)
        };
        let logged: Vec<&Passage> =
            retrieved.all.iter().chain(retrieved.passages.iter().filter(given)).collect();
        let scores =
            json!(logged.iter().map(|passage| score_row(passage, &end.in_prompt)).collect::<Vec<_>>());
        let timings = json!(draft.timings);
        let evidence = end.verdict.evidence.as_ref().map(|evidence| json!(evidence));
        let transcript = end.transcript.clone().map(|transcript| kept_json(turn, names, transcript));
        let chunks: Vec<ChunkId> = logged.iter().map(|passage| passage.hit.chunk).collect();
        let similarity: Vec<f64> = logged.iter().map(|passage| passage.score).collect();
        let log = RetrievalLog {
            session: turn.session,
            message: asked,
            chatbot: turn.config.chatbot,
            query: &asked_for,
            rewritten: searched_for.as_deref(),
            rewritten_by: retrieved.rewriting.by.map(Rewrite::as_str),
            // The vector of a question whose words are not kept tells of them.
            vector: retrieved.vector.as_ref().filter(|_| asked_for == question.as_str()),
            space: turn.space.id,
            chunks: &chunks,
            similarity: &similarity,
            scores: &scores,
            threshold: f64::from(turn.config.score_threshold),
            k: int(turn.config.retrieval_k),
            reranker: retrieved.reranker.as_deref(),
            transcript: transcript.as_ref(),
            timings: &timings,
            evidence: evidence.as_ref(),
        };
        let facts = facts(turn, asked, retrieved, draft);

        let mut kept = Answer {
            id: answered,
            question: asked,
            content: content.clone(),
            citations: end.verdict.citations.clone(),
            confidence: end.verdict.confidence,
            abstained: end.abstained,
            model: model.to_owned(),
            is_cut: end.is_cut,
            usage,
            cost: None,
            timings: draft.timings,
            searched: None,
        };
        let tx = self.database.tenant(turn.organization).await?;
        let search = || searched(&tx, turn, question, retrieved, draft);
        if turn.once.is_some() {
            // What is sent a second time is what was sent first: this too, so it is known before that is kept.
            kept.searched = search().await.context("tell what was searched")?;
        }
        let searching =
            async { if turn.once.is_some() { Ok(kept.searched.clone()) } else { search().await } };
        let (cost, searched, (), (), (), (), (), (), (), is_first) = try_join!(
            messages::append_answer(&tx, &answer),
            searching,
            messages::cite(&tx, answered, &end.verdict.citations),
            messages::log_retrieval(&tx, &log),
            events::record(&tx, &facts),
            hand_over(&tx, turn, retrieved, draft),
            categorise(&tx, turn, retrieved),
            settle_once(&tx, turn, names, end.broken, &kept),
            spend(&tx, turn, names, usage, &beside),
            tx.commit_activity(),
        )
        .context("keep answer")?;
        tx.close();
        self.bell.ring(is_first, turn.organization).await;
        kept.cost = cost;
        kept.searched = searched;
        Ok(kept)
    }
}

/// Counts what a turn spent, on its answer, on calls beside it, and on whoever looked for names: that as a cost of its own, and all of it
/// where it is limited. Nothing waits in between: all of it travels in the flush that keeps the answer.
async fn spend(
    tx: &TenantTx,
    turn: &Turn,
    names: &Names,
    usage: Usage,
    beside: &[(&str, i64)],
) -> store::Result<()> {
    let (chatbot, is_limited) = (turn.config.chatbot, turn.is_limited);
    let named = async {
        match names.spent() {
            Some(spent) => side_costs::pay(tx, Purpose::Names, chatbot, &spent, &[], is_limited).await,
            None => Ok(()),
        }
    };
    let answered = async {
        let answer = spending(&turn.config.llm_model, usage);
        if is_limited { budgets::spend(tx, chatbot, &answer, beside).await } else { Ok(()) }
    };
    try_join!(named, answered).map(|_| ())
}

/// What a turn called beside the model that answers, and how much of it: tokens of vectors, searches of a reranker. A search is one
/// of up to 100 passages, and more are never reranked.
pub(crate) fn beside<'a>(turn: &'a Turn, retrieved: &'a Retrieved, end: &End) -> Vec<(&'a str, i64)> {
    let embedded = retrieved.embedded_tokens.saturating_add(end.measured_tokens);
    let vectors = (embedded > 0).then_some((turn.space.model.as_str(), i64::from(embedded)));
    let reranker = retrieved.reranker.as_deref().filter(|model| *model != RERANK_BY_SENTENCES);
    vectors.into_iter().chain(reranker.map(|model| (model, 1))).collect()
}

/// Every text of a value as it may be kept.
fn kept_json(turn: &Turn, names: &Names, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(turn.kept(names, &text).into_owned()),
        Value::Array(items) => items.into_iter().map(|item| kept_json(turn, names, item)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, field)| (name, kept_json(turn, names, field))).collect()
        }
        other => other,
    }
}

/// What was searched in vain, in the flush that keeps it.
async fn searched(
    tx: &TenantTx,
    turn: &Turn,
    question: &Question,
    retrieved: &Retrieved,
    draft: &Draft,
) -> store::Result<Option<Searched>> {
    if !draft.end.abstained {
        return Ok(None);
    }
    let (documents, collections) = chatbots::readable(tx, turn.config.chatbot).await?;
    let mut titles: Vec<String> = Vec::new();
    for passage in &retrieved.all {
        if titles.len() < limits::SEARCHED_TITLES && !titles.contains(&passage.hit.title) {
            titles.push(passage.hit.title.clone());
        }
    }
    let query = retrieved.rewritten.as_deref().unwrap_or(question.as_str()).to_owned();
    Ok(Some(Searched { query, documents, collections, titles }))
}

/// A conversation in which people are asked for, a risk is mentioned, somebody is upset, or answers abstain again and again is
/// one for people: in the flush that keeps the answer. Where nothing of it is there, nothing is asked of the database.
async fn hand_over(tx: &TenantTx, turn: &Turn, retrieved: &Retrieved, draft: &Draft) -> store::Result<()> {
    let signs = understood::signs(&retrieved.understood, draft.end.abstained);
    if signs.are_there() { escalations::open_by_rule(tx, turn.session, &signs).await } else { Ok(()) }
}

/// What the conversation is about, once a question of it is known to be about something.
async fn categorise(tx: &TenantTx, turn: &Turn, retrieved: &Retrieved) -> store::Result<()> {
    match &retrieved.category {
        Some((category, intent)) => {
            categories::categorise(tx, turn.session, category, intent.as_deref()).await
        }
        None => Ok(()),
    }
}

/// What comes of a turn that is answered once: the answer, or that it may be asked again.
async fn settle_once(
    tx: &TenantTx,
    turn: &Turn,
    names: &Names,
    broken: Option<Broken>,
    answer: &Answer,
) -> store::Result<()> {
    match (&turn.once, broken) {
        (None, _) => Ok(()),
        (Some((caller, once)), None) => {
            let mut stored = answer.clone();
            stored.content = turn.kept(names, &answer.content).into_owned();
            if let Some(searched) = &mut stored.searched {
                searched.query = turn.kept(names, &searched.query).into_owned();
            }
            idempotency::settle_answer(tx, caller, once, &json!(stored), answer.id).await
        }
        (Some((caller, once)), Some(_)) => idempotency::release(tx, caller, once).await,
    }
}

fn score_row(passage: &Passage, in_prompt: &[ChunkId]) -> serde_json::Value {
    let hit = &passage.hit;
    json!({ "dense": hit.dense, "lexical": hit.lexical, "coverage": hit.coverage, "fused": hit.fused, "score": passage.score,
        "in_prompt": in_prompt.contains(&hit.chunk), "reranked": passage.reranked.map(|one| one.score),
        "found_rank": passage.reranked.map(|one| one.found) })
}

fn facts(turn: &Turn, asked: MessageId, retrieved: &Retrieved, draft: &Draft) -> Vec<Event<'static>> {
    let end = &draft.end;
    let event = |kind, category, payload| Event {
        kind,
        category,
        payload,
        session: Some(turn.session.0),
        resource: Some(("message", asked.0)),
    };
    let received = event("message_received", Category::UserAction, json!({ "abstained": end.abstained }));
    let mut facts = vec![received];
    if retrieved.rewriting.called {
        let usage = retrieved.rewriting.usage;
        let call = json!({
            "model": turn.config.llm_model, "purpose": "rewrite", "latency_ms": draft.timings.rewrite_ms,
            "tokens_in": usage.prompt, "tokens_out": usage.completion,
        });
        facts.push(event("llm_call", Category::Performance, call));
    }
    if let Some(found) = &retrieved.curated {
        let given = json!({ "curated_answer_id": found.answer.id, "similarity": found.similarity });
        facts.push(event("curated_answer_given", Category::Performance, given));
        return facts;
    }
    let call = json!({
        "model": turn.config.llm_model, "latency_ms": draft.timings.generate_ms,
        "tokens_in": end.usage.prompt, "tokens_out": end.usage.completion,
        "broken": end.broken.map(Broken::code),
    });
    let category = if end.broken.is_some() { Category::Error } else { Category::Performance };
    facts.push(event("llm_call", category, call));
    facts
}

fn int(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
