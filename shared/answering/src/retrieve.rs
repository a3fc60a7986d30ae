//! The question to passages: embed, search, score. One flush, the user's message in it.

use crate::{
    Answering, Refusal, Timings, Turn, attached,
    curated::{self, Match},
    fuse, letters, millis,
    names::Names,
    rerank::Reranked,
    rewrite::Rewriting,
    tokens,
    turn::note_names,
    understood,
};
use anyhow::Context as _;
use domain::{
    Caller, ChunkId, FileId, MessageId, OrganizationId, Scope, conversation::Question, embedding::Space,
    limits,
};
use futures_util::{future::join, try_join};
use language::words;
use models::Purpose;
use pgvector::Vector;
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use store::{
    TenantTx,
    categories::{self, Near},
    collections,
    messages::{self, Reading},
    search::{self, Filter, Hit, Neighbour, Search, Side},
    sessions, spaces,
};
use tokio::time::timeout;
use understanding::Understood;

/// A passage with its final score.
#[derive(Debug, Clone)]
pub struct Passage {
    /// What was found.
    pub hit: Hit,
    /// 0..1: how likely it is about the question.
    pub score: f64,
    /// What a reranker said of it, where one was asked.
    pub reranked: Option<Reranked>,
    /// `None`: found itself. Else it stands beside one that was, and is handed out as its context.
    pub beside: Option<Beside>,
    /// The session's file that it is of: then there is no document, and its ids are those of the file and its passage.
    pub file: Option<FileId>,
}

/// Beside which passage another stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    /// The passage that was found.
    pub of: ChunkId,
    /// On which side of it.
    pub side: Side,
}

/// What was found for a turn.
pub(crate) struct Retrieved {
    /// What was searched for in place of a question that leans on the ones before it.
    pub(crate) rewritten: Option<String>,
    /// Who looked at the question for that, and what it cost.
    pub(crate) rewriting: Rewriting,
    pub(crate) vector: Option<Vector>,
    /// Tokens that the vector took.
    pub(crate) embedded_tokens: u32,
    /// An answer of people to this very question.
    pub(crate) curated: Option<Match>,
    /// Best first, at most the config's k, none below its threshold; then what stands beside them.
    pub(crate) passages: Vec<Passage>,
    /// All that came back, for the retrieval log.
    pub(crate) all: Vec<Passage>,
    /// Who ordered it anew.
    pub(crate) reranker: Option<String>,
    /// What the question was understood as.
    pub(crate) understood: Understood,
    /// The bot's category that it belongs to, with what is wanted within it; `None`: none, or it is not known.
    pub(crate) category: Option<(String, Option<String>)>,
    /// Names that are taken out of what is kept.
    pub(crate) names: Names,
    pub(crate) timings: Timings,
}

/// What a neighbour's score is of the score of the passage that it stands beside: less, since nobody looked for it.
const NEIGHBOUR_SHARE: f64 = 0.8;

impl Answering {
    pub(crate) async fn retrieve_for_turn(
        &self,
        turn: &Turn,
        question: &Question,
        message: MessageId,
    ) -> anyhow::Result<Retrieved> {
        let mut timings = Timings::default();
        let started = Instant::now();
        let (rewritten, rewriting) = self.rewrite(turn, question).await;
        timings.rewrite_ms = millis(started.elapsed());
        let text = rewritten.as_deref().unwrap_or(question.as_str());
        let started = Instant::now();
        let (embedded, names) =
            join(self.embed_question(&turn.space, text), self.names_for(turn, question, text)).await;
        let (vector, embedded_tokens) = embedded.unzip();
        timings.embed_ms = millis(started.elapsed());

        // Of what was said, not of what is kept of it.
        let understood = understanding::understand(question.as_str());
        let read = understood::reading(&understood);
        let stored = turn.kept(&names, question.as_str());
        let asked = words(&stored);
        let words = words(text);
        let dense_weight = fuse::dense_weight(&turn.space, text, vector.as_ref());
        let filter = Filter::default();
        let search = Search {
            space: turn.space.id,
            vector: vector.as_ref().filter(|_| dense_weight > 0.0),
            words: &words,
            chatbot: Some(turn.config.chatbot),
            filter: &filter,
            dense_weight,
            // All candidates: for whoever orders them anew, and for the log.
            limit: limits::SEARCH_CANDIDATES.max(turn.config.retrieval_k),
        };
        let started = Instant::now();
        let tx = self.database.tenant(turn.organization).await?;
        let ((), found, attached, near, ()) = try_join!(
            ask_in(&tx, turn, message, (&stored, &asked), (&read, &names)),
            search::for_turn(&tx, &search, turn.config.retrieval_k),
            attached::read(&tx, turn, &words),
            near(&tx, turn, vector.as_ref()),
            tx.commit_before_the_next(),
        )
        .context("search")?;
        tx.close();
        timings.search_ms = millis(started.elapsed());

        let mut all = scored(found.hits, dense_weight, text);
        letters::weigh_in(text, &mut all);
        let mut reranker = None;
        if let Some(model) = turn.config.reranker_model.as_deref().filter(|_| all.len() > 1) {
            let started = Instant::now();
            if self.rerank(model, text, &mut all).await {
                reranker = Some(model.to_owned());
            }
            timings.rerank_ms = millis(started.elapsed());
        }
        let threshold = f64::from(turn.config.score_threshold);
        let k = usize::try_from(turn.config.retrieval_k).unwrap_or(usize::MAX);
        let mut passages: Vec<Passage> =
            all.iter().filter(|passage| passage.score >= threshold).take(k).cloned().collect();
        expand(&mut passages, found.neighbours);
        let passages = attached::among(passages, attached::scored(attached, text));
        let curated = curated::best(&turn.space, &words, found.curated)
            .filter(|found| found.similarity >= turn.config.confidence_threshold)
            .and_then(|found| curated::harmless(found, &turn.config.allowed_hosts));
        let category = understood::categorised(near);
        Ok(Retrieved {
            rewritten,
            rewriting,
            vector,
            embedded_tokens: embedded_tokens.unwrap_or_default(),
            curated,
            passages,
            all,
            reranker,
            understood,
            category,
            names,
            timings,
        })
    }

    /// The names in what is kept of a question: what was said, and what was searched for in its place.
    async fn names_for(&self, turn: &Turn, question: &Question, searched: &str) -> Names {
        if let Some(known) = &turn.names {
            return known.clone();
        }
        let model = turn.names_model.as_deref();
        if searched == question.as_str() {
            return self.names(model, searched).await;
        }
        self.names(model, &format!("{}\n{searched}", question.as_str())).await
    }

    /// Search alone, without a chatbot.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn search(
        &self,
        caller: &Caller,
        model: (&str, usize),
        text: &str,
        filter: &Filter,
        k: u32,
    ) -> Result<Vec<Passage>, Refusal> {
        let space = self.space_for_search(caller, model, filter).await?;
        let vector = self.embed_question(&space, text).await.map(|(vector, _)| vector);
        self.search_in(caller.organization(), &space, vector.as_ref(), text, filter, k).await
    }

    async fn space_for_search(
        &self,
        caller: &Caller,
        (model, dimension): (&str, usize),
        filter: &Filter,
    ) -> Result<Space, Refusal> {
        let read = async |tx: &TenantTx| {
            try_join!(
                spaces::for_search(tx, model, dimension, &filter.collections),
                collections::unknown(tx, &filter.collections)
            )
        };
        let (space, unknown) = self.admitted(caller, Scope::Search, read).await?;
        if unknown { Err(Refusal::NotFound("collection")) } else { Ok(space) }
    }

    async fn search_in(
        &self,
        organization: OrganizationId,
        space: &Space,
        vector: Option<&Vector>,
        text: &str,
        filter: &Filter,
        k: u32,
    ) -> Result<Vec<Passage>, Refusal> {
        let dense_weight = fuse::dense_weight(space, text, vector);
        let words = words(text);
        let search = Search {
            space: space.id,
            vector: vector.filter(|_| dense_weight > 0.0),
            words: &words,
            chatbot: None,
            filter,
            dense_weight,
            limit: letters::candidates(text, k),
        };
        let tx = self.database.tenant(organization).await?;
        let (hits, ()) = try_join!(search::search(&tx, &search), tx.commit())?;
        tx.close();
        let mut passages = scored(hits, dense_weight, text);
        letters::weigh_in(text, &mut passages);
        passages.truncate(usize::try_from(k).unwrap_or(usize::MAX));
        Ok(passages)
    }

    /// The question's vector and the tokens that it took; without one the words alone search: a busy embedding model is no reason
    /// to be silent.
    async fn embed_question(&self, space: &Space, text: &str) -> Option<(Vector, u32)> {
        let vector = self.vector(space, Purpose::Query, text).await;
        if vector.is_none() {
            tracing::warn!("question is searched by words alone");
        }
        vector
    }

    /// A text's vector, if it comes in time, and the tokens that it took: by estimate where the model does not say.
    pub(crate) async fn vector(&self, space: &Space, purpose: Purpose, text: &str) -> Option<(Vector, u32)> {
        let patience = Duration::from_secs(limits::QUESTION_VECTOR_SECONDS);
        let texts = [text.to_owned()];
        let why = match timeout(patience, self.embedder.embed(space, purpose, &texts)).await {
            Ok(Ok(embedded)) => {
                let counted = |one: models::Embedded| {
                    let tokens = one.tokens.unwrap_or_else(|| tokens(language::estimate_tokens(text)));
                    (one.vector, tokens)
                };
                return embedded.into_iter().next().map(counted);
            }
            Ok(Err(error)) => error.to_string(),
            Err(elapsed) => elapsed.to_string(),
        };
        tracing::warn!(error = why, "no vector of a question or an answer");
        None
    }
}

/// The bot's categories that lie near a question. Without a vector nothing is known.
async fn near(tx: &TenantTx, turn: &Turn, vector: Option<&Vector>) -> store::Result<Vec<Near>> {
    match vector {
        Some(vector) => categories::nearest(tx, turn.config.chatbot, turn.space.id, vector).await,
        None => Ok(Vec::new()),
    }
}

/// Writes the question, unless it is answered again, into its session; opens that before, where it is the first.
async fn ask_in(
    tx: &TenantTx,
    turn: &Turn,
    message: MessageId,
    said: (&str, &[String]),
    (read, names): (&Reading, &Names),
) -> store::Result<()> {
    if turn.again.is_some() {
        return Ok(());
    }
    let ask = async {
        try_join!(
            messages::append_question(tx, turn.session, message, said, read),
            note_names(tx, message, names)
        )
    };
    match &turn.opening {
        None => ask.await?,
        // All leave in this flush: what is second does not wait for the first, and fails without it.
        Some(opening) => try_join!(sessions::open(tx, turn.session, opening), ask)?.1,
    };
    Ok(())
}

fn scored(hits: Vec<Hit>, dense_weight: f64, question: &str) -> Vec<Passage> {
    hits.into_iter()
        .map(|hit| Passage {
            score: fuse::final_score(&hit, dense_weight, question),
            hit,
            beside: None,
            file: None,
            reranked: None,
        })
        .collect()
}

/// Puts the neighbours of passages behind them: those of the best first, each once, none that was found itself.
fn expand(passages: &mut Vec<Passage>, neighbours: Vec<Neighbour>) {
    let mut known: HashSet<ChunkId> = passages.iter().map(|passage| passage.hit.chunk).collect();
    let found = passages.len();
    for Neighbour { of, side, hit } in neighbours {
        let score = passages[..found].iter().find(|passage| passage.hit.chunk == of).map(|found| found.score);
        if let Some(score) = score
            && known.insert(hit.chunk)
        {
            let beside = Some(Beside { of, side });
            passages.push(Passage {
                hit,
                score: score * NEIGHBOUR_SHARE,
                beside,
                file: None,
                reranked: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::tests::hit;

    #[test]
    fn neighbours_come_last_once_and_with_a_lower_score() {
        let (first, second, between, dropped) = (hit("first"), hit("second"), hit("between"), hit("dropped"));
        let scored =
            |hit: &Hit, score| Passage { hit: hit.clone(), score, beside: None, file: None, reranked: None };
        let mut passages = vec![scored(&first, 0.9), scored(&second, 0.5)];
        let beside = |of: &Hit, side, hit: &Hit| Neighbour { of: of.chunk, side, hit: hit.clone() };
        expand(
            &mut passages,
            vec![
                beside(&first, Side::After, &between),
                beside(&second, Side::Before, &between),
                beside(&second, Side::After, &first),
                beside(&dropped, Side::After, &hit("of a passage below the threshold")),
            ],
        );
        let contents: Vec<&str> = passages.iter().map(|passage| passage.hit.content.as_str()).collect();
        assert_eq!(contents, ["first", "second", "between"]);
        assert_eq!(passages[2].beside, Some(Beside { of: first.chunk, side: Side::After }));
        assert!(passages[2].score < passages[0].score);
    }
}
