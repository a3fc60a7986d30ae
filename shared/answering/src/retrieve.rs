//! The question to passages: embed, search, score. One flush, the user's message in it.

use crate::{Answering, Refusal, Timings, Turn, fuse, millis};
use anyhow::Context as _;
use domain::{ApiKey, MessageId, OrganizationId, Scope, conversation::Question, embedding::Space};
use futures_util::try_join;
use language::words;
use models::Purpose;
use pgvector::Vector;
use std::time::Instant;
use store::{
    TenantTx, collections, messages,
    search::{self, Filter, Hit, Search},
    spaces,
};

/// A passage with its final score.
#[derive(Debug, Clone)]
pub struct Passage {
    /// What was found.
    pub hit: Hit,
    /// 0..1: how likely it is about the question.
    pub score: f64,
}

/// What was found for a turn.
pub(crate) struct Retrieved {
    pub(crate) vector: Option<Vector>,
    /// Best first, at most the config's k, none below its threshold.
    pub(crate) passages: Vec<Passage>,
    /// All that came back, for the retrieval log.
    pub(crate) all: Vec<Passage>,
    pub(crate) timings: Timings,
}

/// Rows that are logged beyond those that are used.
const LOGGED: u32 = 10;

impl Answering {
    pub(crate) async fn retrieve_for_turn(
        &self,
        turn: &Turn,
        question: &Question,
        message: MessageId,
    ) -> anyhow::Result<Retrieved> {
        let text = question.as_str();
        let mut timings = Timings::default();
        let started = Instant::now();
        let vector = self.embed_question(&turn.space, text).await;
        timings.embed_ms = millis(started.elapsed());

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
            limit: turn.config.retrieval_k.max(LOGGED),
        };
        let started = Instant::now();
        let tx = self.database.tenant(turn.organization).await?;
        let ((), hits, ()) = try_join!(
            messages::append_user(&tx, turn.session, message, text, &words),
            search::search(&tx, &search),
            tx.commit_before_the_next(),
        )
        .context("search")?;
        tx.close();
        timings.search_ms = millis(started.elapsed());

        let all = scored(hits, dense_weight, text);
        let threshold = f64::from(turn.config.score_threshold);
        let k = usize::try_from(turn.config.retrieval_k).unwrap_or(usize::MAX);
        let passages = all.iter().filter(|passage| passage.score >= threshold).take(k).cloned().collect();
        Ok(Retrieved { vector, passages, all, timings })
    }

    /// Search alone, without a chatbot.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn search(
        &self,
        key: &ApiKey,
        model: (&str, usize),
        text: &str,
        filter: &Filter,
        k: u32,
    ) -> Result<Vec<Passage>, Refusal> {
        let space = self.space_for_search(key, model, filter).await?;
        let vector = self.embed_question(&space, text).await;
        self.search_in(key.organization, &space, vector.as_ref(), text, filter, k).await
    }

    async fn space_for_search(
        &self,
        key: &ApiKey,
        (model, dimension): (&str, usize),
        filter: &Filter,
    ) -> Result<Space, Refusal> {
        let read = async |tx: &TenantTx| {
            try_join!(spaces::of_model(tx, model, dimension), collections::unknown(tx, &filter.collections))
        };
        let (space, unknown) = self.admitted(key, Scope::Search, read).await?;
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
            limit: k,
        };
        let tx = self.database.tenant(organization).await?;
        let (hits, ()) = try_join!(search::search(&tx, &search), tx.commit())?;
        tx.close();
        Ok(scored(hits, dense_weight, text))
    }

    /// The question's vector; without one the words alone search: a busy embedding model is no reason to be
    /// silent.
    async fn embed_question(&self, space: &Space, text: &str) -> Option<Vector> {
        match self.embedder.embed(space, Purpose::Query, &[text.to_owned()]).await {
            Ok(embedded) => embedded.into_iter().next().map(|one| one.vector),
            Err(error) => {
                tracing::warn!(error = format!("{error}"), "question is searched by words alone");
                None
            }
        }
    }
}

fn scored(hits: Vec<Hit>, dense_weight: f64, question: &str) -> Vec<Passage> {
    hits.into_iter()
        .map(|hit| Passage { score: fuse::final_score(&hit, dense_weight, question), hit })
        .collect()
}
