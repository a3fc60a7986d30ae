//! THE READ PATH: a question becomes an answer that shows where it stands, or an honest "I do not know".
//!
//! [`Answering::answer`] reads as the path: rewrite ▸ retrieve ▸ fuse ▸ rerank ▸ prompt ▸ generate ▸ ground ▸ keep; where people
//! answered this very question, retrieve ▸ curated ▸ keep. Around it stand
//! [`turn`] (who asks, in which conversation; [`carried`]: one that its caller keeps), [`conversations`] (sessions and their history)
//! and [`attaching`] (files of a session, which `attached` puts among the passages).
//!
//! A turn takes three flushes to the database: load, search, keep.

pub mod caller;
pub mod turn;
pub mod carried;
pub mod conversations;
mod identifiers;
pub mod attaching;
pub mod programs;
mod rewrite;
pub mod retrieve;
pub mod fuse;
pub mod rerank;
pub mod curated;
mod attached;
mod prompt;
mod ground;
mod content;
mod understood;
mod keep;
mod unsettled;
mod letters;
pub mod trial;
mod names;
pub mod consult;
pub mod reread;

pub use caller::Refusal;
pub use carried::{Begun as CarriedBegun, Carried, Given};
pub use identifiers::{Identifier, Identifiers};
pub use keep::{Answer, Searched};
pub use retrieve::{Beside, Passage};
pub use trial::Tried;
pub use turn::{Begun, Turn};
pub use understood::categorised;

use async_stream::stream;
use domain::{ChunkId, MessageId, conversation::Question, limits};
use futures_util::{Stream, StreamExt as _};
use ground::{Grounder, Verdict};
use models::{Delta, Embedder, Generator, Prompt, Purpose, Reranker, Usage};
use rand::RngExt as _;
use retrieve::Retrieved;
use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Database, messages::Citation, sessions};
use tokio::task::JoinSet;
use unsettled::Unsettled;
use vault::Vault;

/// What answering works with.
pub struct Answering {
    /// Conversations and passages.
    pub database: Database,
    /// Questions to vectors.
    pub embedder: Embedder,
    /// Prompts to answers.
    pub generator: Generator,
    /// Passages to an order, for bots that ask for one.
    pub reranker: Reranker,
    /// Who hears of what was asked.
    pub bell: queue::Bell,
    /// In which it is sealed who talks.
    pub vault: Vault,
}

/// What a reader of an answer sees, in order: any number of tokens and citations, then one `Done` or `Failed`.
#[derive(Debug, Clone)]
pub enum Event {
    /// More of the text; every sentence of it was checked before.
    Token(String),
    /// A marker of the text just sent, explained.
    Citation(Box<Citation>),
    /// The answer as it was kept.
    Done(Box<Answer>),
    /// The turn broke off.
    Failed(Broken),
}

/// Why a turn broke off after it had begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The model is busy or stopped in mid-answer: ask again in a moment.
    ModelUnavailable,
    /// The model refuses the call: its id or its access is wrong.
    ModelRefused,
    /// Somebody asked that it be stopped.
    Cancelled,
    /// The model took longer than a function may run.
    TooSlow,
    /// The database does not answer: ask again in a moment.
    DatabaseUnavailable,
    /// Our own side.
    Internal,
}

impl Broken {
    /// As it is kept and counted.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Broken::ModelUnavailable => "model_unavailable",
            Broken::ModelRefused => "model_refused",
            Broken::Cancelled => "cancelled",
            Broken::TooSlow => "model_too_slow",
            Broken::DatabaseUnavailable => "database_unavailable",
            Broken::Internal => "internal",
        }
    }
}

/// Milliseconds of a turn's steps.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
pub struct Timings {
    /// From a follow-up to a question that stands alone; 0 where it did before.
    #[serde(default)]
    pub rewrite_ms: u64,
    /// The question's vector, and the names in it where they are looked for.
    pub embed_ms: u64,
    /// Search and the user's message, one flush.
    pub search_ms: u64,
    /// The reranker's order; 0 without one.
    #[serde(default)]
    pub rerank_ms: u64,
    /// The model's answer.
    pub generate_ms: u64,
    /// From the question's arrival to its last word.
    pub total_ms: u64,
}

impl Answering {
    /// Answers one question of a turn that was let in. The stream may be dropped at any time, also before it is asked for
    /// anything: what was shown by then is kept as cancelled, and what it cost is counted.
    pub fn answer(
        self: Arc<Self>,
        turn: Turn,
        question: Question,
        arrived: Instant,
    ) -> impl Stream<Item = Event> + Send {
        let turn = Arc::new(turn);
        let ids = (turn.again.unwrap_or_else(MessageId::generate), MessageId::generate());
        let mut unsettled = Unsettled::new(&self, &turn, &question, ids, arrived);
        stream! {
            let retrieved = match self.retrieve_for_turn(&turn, &question, ids.0).await {
                Ok(retrieved) => unsettled.found(retrieved),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "retrieval failed");
                    unsettled.give_up().await;
                    yield Event::Failed(broken_by_store(&error));
                    return;
                }
            };
            let (mut abstained, mut broke) = (false, None);
            if let Some(found) = &retrieved.curated {
                let verdict = curated::verdict(found);
                unsettled.ends(End { verdict: verdict.clone(), ..End::default() });
                yield Event::Token(verdict.text);
                for citation in verdict.citations {
                    yield Event::Citation(Box::new(citation));
                }
            } else {
                let mut generated = pin!(self.generate(&turn, &question, &retrieved));
                while let Some(step) = generated.next().await {
                    match step {
                        Step::Call(in_prompt, usage) => unsettled.called(in_prompt, usage),
                        Step::Show(events, usage, measured) => {
                            unsettled.shows(&events, usage, measured);
                            for event in events { yield event }
                        }
                        Step::End(end) => {
                            (abstained, broke) = (end.abstained, end.broken);
                            unsettled.ends(*end);
                        }
                    }
                }
            }
            if abstained {
                yield Event::Token(turn.config.fallback_message.clone());
            }
            match unsettled.keep().await {
                Ok(answer) => match broke {
                    Some(broken) => yield Event::Failed(broken),
                    None => yield Event::Done(Box::new(answer)),
                },
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "answer could not be kept");
                    unsettled.give_up().await;
                    yield Event::Failed(broken_by_store(&error));
                }
            }
        }
    }

    /// Ends when the answer that is being written is to be stopped. May be dropped and asked again at any time: what it
    /// waits for is kept in `watch`, and a look that is under way goes on by itself.
    async fn stopped(&self, turn: &Turn, watch: &mut Watch) -> Broken {
        loop {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(watch.deadline) => return Broken::TooSlow,
                Some(looked) = watch.look.join_next() => match looked {
                    Ok(Ok(true)) => return Broken::Cancelled,
                    Ok(Ok(false)) => {}
                    Ok(Err(error)) => tracing::warn!(error = %error, "whether to stop could not be read"),
                    Err(error) => tracing::warn!(error = %error, "whether to stop could not be read"),
                },
                () = tokio::time::sleep_until(watch.next_look), if watch.look.is_empty() => {
                    watch.next_look = tokio::time::Instant::now() + LOOK_EVERY;
                    let database = self.database.clone();
                    let (organization, session, since) = (turn.organization, turn.session, turn.began_at);
                    watch.look.spawn(async move {
                        let tx = database.tenant(organization).await?;
                        let asked = sessions::is_cancelled(&tx, session, since).await?;
                        tx.finish().await?;
                        Ok(asked)
                    });
                }
            }
        }
    }

    /// Generates and grounds, sentence by sentence.
    fn generate<'a>(
        &'a self,
        turn: &'a Turn,
        question: &'a Question,
        retrieved: &'a Retrieved,
    ) -> impl Stream<Item = Step> + Send + 'a {
        stream! {
            let started = Instant::now();
            let mut end = End::default();
            let passages = prompt::within(&retrieved.passages, turn.config.context_window);
            if passages.is_empty() {
                end.abstained = true;
                yield Step::End(Box::new(end));
                return;
            }
            let handed_out = prompt::hand_out(passages);
            end.in_prompt = handed_out.iter().map(|given| given.passage.hit.chunk).collect();
            let prompt = prompt::write(turn, question, retrieved.rewritten.as_deref(), &handed_out);
            let is_sampled = rand::rng().random::<f64>() < turn.config.transcript_share;
            let mut said = is_sampled.then(String::new);
            let asked = retrieved.rewritten.as_deref().unwrap_or(question.as_str());
            let mut grounder = Grounder::new(&handed_out, &turn.config, asked);
            let mut watch = Watch::until(turn.answer_by);
            let mut written = 0;
            let called_with = estimated(&prompt, 0);
            let spent = |written| Usage { completion: tokens(written), ..called_with };
            yield Step::Call(end.in_prompt.clone(), spent(written));
            // A model that takes the call and says nothing is waited for no longer than one that falls silent.
            let called = tokio::select! {
                biased;
                stopped = self.stopped(turn, &mut watch) => Err(stopped),
                called = self.generator.stream(&turn.config.llm_model, &prompt, turn.config.model_config) => {
                    called.map_err(|error| broken(&error))
                }
            };
            let was_refused = matches!(called, Err(Broken::ModelUnavailable | Broken::ModelRefused));
            match called {
                Err(broken) => end.broken = Some(broken),
                Ok(deltas) => {
                    let mut deltas = pin!(deltas);
                    loop {
                        // A model that always has more to say is asked last.
                        let delta = tokio::select! {
                            biased;
                            stopped = self.stopped(turn, &mut watch) => {
                                end.broken = Some(stopped);
                                break;
                            }
                            delta = deltas.next() => delta,
                        };
                        let Some(delta) = delta else { break };
                        match delta {
                            Ok(Delta::Text(text)) => {
                                written += language::estimate_tokens(&text);
                                if let Some(said) = &mut said {
                                    said.push_str(&text);
                                }
                                for unit in grounder.take(&text) {
                                    let (meaning, measured) =
                                        self.meaning(turn, retrieved, &mut grounder, &unit).await.unzip();
                                    end.measured_tokens += measured.unwrap_or_default();
                                    let shown = grounder.judge(&unit, meaning);
                                    yield Step::Show(shown, spent(written), end.measured_tokens);
                                }
                                if grounder.is_full() {
                                    end.is_cut = true;
                                    break;
                                }
                            }
                            Ok(Delta::Usage(usage)) => end.usage = usage,
                            Ok(Delta::CutAtLimit) => end.is_cut = true,
                            Ok(Delta::Blocked) => tracing::info!("answer was blocked"),
                            Err(error) => {
                                end.broken = Some(broken(&error));
                                break;
                            }
                        }
                    }
                }
            }
            let rest = grounder.rest();
            let (meaning, measured) = self.meaning(turn, retrieved, &mut grounder, &rest).await.unzip();
            end.measured_tokens += measured.unwrap_or_default();
            let so_far = if end.usage == Usage::default() { spent(written) } else { end.usage };
            yield Step::Show(grounder.judge(&rest, meaning), so_far, end.measured_tokens);
            end.generated_in = millis(started.elapsed());
            if !was_refused {
                // Cut before its count came, or before its first word: it cost all the same.
                end.usage = so_far;
            }
            end.transcript = said.map(|said| prompt::transcript(&prompt, &said));
            end.verdict = grounder.verdict();
            end.abstained = end.broken.is_none() && !end.verdict.released;
            yield Step::End(Box::new(end));
        }
    }
}

impl Answering {
    /// The cosine of the question and a unit of its answer, and the tokens that this took; `None` where it is not wanted, or the
    /// model is not there for it.
    async fn meaning(
        &self,
        turn: &Turn,
        retrieved: &Retrieved,
        grounder: &mut Grounder<'_>,
        unit: &str,
    ) -> Option<(f32, u32)> {
        // Where vectors found nothing, the model does not read the language, and its cosines mean nothing.
        let is_read = retrieved.all.iter().any(|passage| passage.hit.dense.is_some());
        let asked = retrieved.vector.as_ref().filter(|_| is_read)?;
        let text = grounder.wants_measured(unit)?;
        let patience = Duration::from_secs(limits::MEASURE_SECONDS);
        let measuring = self.vector(&turn.space, Purpose::Document, &text);
        let Ok(Some((said, tokens))) = tokio::time::timeout(patience, measuring).await else {
            grounder.stop_measuring();
            return None;
        };
        Some((cosine(asked.as_slice(), said.as_slice()), tokens))
    }
}

/// What a broken-off call read and wrote, by estimate.
fn estimated(prompt: &Prompt, written: usize) -> Usage {
    let turns = prompt.turns.iter().map(|turn| match turn {
        models::Turn::User(text) | models::Turn::Assistant(text) => text,
    });
    let read: usize = [&prompt.persona, &prompt.rules]
        .into_iter()
        .chain(turns)
        .map(|text| language::estimate_tokens(text))
        .sum();
    Usage { prompt: tokens(read), completion: tokens(written), ..Usage::default() }
}

fn tokens(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The cosine of two vectors; 0 for one without a direction.
fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let lengths = dot(one, one).sqrt() * dot(other, other).sqrt();
    if lengths > 0.0 { dot(one, other) / lengths } else { 0.0 }
}

/// How often it is looked whether somebody wants an answer stopped: short answers never are.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Until when an answer may be written, and when to look next whether it is wanted.
struct Watch {
    deadline: tokio::time::Instant,
    next_look: tokio::time::Instant,
    /// The look that is under way, if one is.
    look: JoinSet<store::Result<bool>>,
}

impl Watch {
    fn until(deadline: tokio::time::Instant) -> Self {
        Self { deadline, next_look: tokio::time::Instant::now() + LOOK_EVERY, look: JoinSet::new() }
    }
}

/// What happens while an answer is written.
enum Step {
    /// A model is called with these passages; what that costs before it says a word.
    Call(Vec<ChunkId>, Usage),
    /// What may be shown, what was spent by then, and how many tokens were measured.
    Show(Vec<Event>, Usage, u32),
    End(Box<End>),
}

/// How writing an answer ended.
#[derive(Debug, Default)]
struct End {
    verdict: Verdict,
    /// The passages that the model was given.
    in_prompt: Vec<ChunkId>,
    usage: Usage,
    /// Tokens of its sentences that were embedded to be compared with the question.
    measured_tokens: u32,
    /// Whether it reached its token limit.
    is_cut: bool,
    /// What the model was told and said, of a sampled answer.
    transcript: Option<serde_json::Value>,
    abstained: bool,
    broken: Option<Broken>,
    generated_in: u64,
}

/// An answer before it is kept.
struct Draft {
    end: End,
    timings: Timings,
}

impl Draft {
    fn new(timings: Timings) -> Self {
        Self { end: End::default(), timings }
    }
}

fn broken(error: &models::Error) -> Broken {
    tracing::warn!(error = format!("{error}"), "model call failed");
    if error.is_retryable() { Broken::ModelUnavailable } else { Broken::ModelRefused }
}

fn broken_by_store(error: &anyhow::Error) -> Broken {
    match error.downcast_ref::<store::Error>() {
        Some(error) if error.is_retryable() => Broken::DatabaseUnavailable,
        _ => Broken::Internal,
    }
}

/// To the nearest: cut off, the steps of a turn would add up to a millisecond or two less than the whole.
fn millis(duration: Duration) -> u64 {
    u64::try_from((duration + Duration::from_micros(500)).as_millis()).unwrap_or(u64::MAX)
}
