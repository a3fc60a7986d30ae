//! A turn whose end is not kept yet. A reader may go away at any time: what was shown by then is kept as cancelled, since it was read
//! and paid for; where nothing came of the turn, the caller's own key is free for another try.

use crate::{Answer, Answering, Broken, Draft, End, Event, Turn, millis, retrieve::Retrieved};
use domain::{ChunkId, MessageId, conversation::Question};
use models::Usage;
use std::{sync::Arc, time::Instant};

/// Keeps a turn's end, once: when it is told to, or when it is dropped.
pub(crate) struct Unsettled(Option<Open>);

struct Open {
    answering: Arc<Answering>,
    turn: Arc<Turn>,
    question: Question,
    /// The question's message and the answer's.
    ids: (MessageId, MessageId),
    arrived: Instant,
    found: Option<Found>,
}

/// What is known of the answer by now.
struct Found {
    retrieved: Arc<Retrieved>,
    draft: Draft,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No model was called yet: nothing was spent, nothing was shown.
    Searched,
    /// It writes, since then.
    Called(Instant),
    /// Nothing is added any more.
    Whole,
}

impl Unsettled {
    pub(crate) fn new(
        answering: &Arc<Answering>,
        turn: &Arc<Turn>,
        question: &Question,
        ids: (MessageId, MessageId),
        arrived: Instant,
    ) -> Self {
        let (answering, turn) = (Arc::clone(answering), Arc::clone(turn));
        Self(Some(Open { answering, turn, question: question.clone(), ids, arrived, found: None }))
    }

    /// What the answer is to be made of.
    pub(crate) fn found(&mut self, retrieved: Retrieved) -> Arc<Retrieved> {
        let retrieved = Arc::new(retrieved);
        if let Some(open) = &mut self.0 {
            let (retrieved, draft) = (Arc::clone(&retrieved), Draft::new(retrieved.timings));
            open.found = Some(Found { retrieved, draft, state: State::Searched });
        }
        retrieved
    }

    /// A model is given these passages: what it reads is paid for from now on.
    pub(crate) fn called(&mut self, in_prompt: Vec<ChunkId>, usage: Usage) {
        self.on_found(|found| {
            found.state = State::Called(Instant::now());
            found.draft.end.in_prompt = in_prompt;
            found.draft.end.usage = usage;
        });
    }

    /// This leaves, and so much was spent and measured by then.
    pub(crate) fn shows(&mut self, events: &[Event], usage: Usage, measured: u32) {
        self.on_found(|found| {
            let End { verdict, usage: spent, measured_tokens, .. } = &mut found.draft.end;
            (*spent, *measured_tokens) = (usage, measured);
            for event in events {
                match event {
                    Event::Token(text) => verdict.text.push_str(text),
                    Event::Citation(cited) => verdict.citations.push((**cited).clone()),
                    Event::Done(_) | Event::Failed(_) => {}
                }
            }
        });
    }

    /// How the answer ended.
    pub(crate) fn ends(&mut self, end: End) {
        self.on_found(|found| {
            found.draft.end = end;
            found.state = State::Whole;
        });
    }

    fn on_found(&mut self, change: impl FnOnce(&mut Found)) {
        if let Some(found) = self.0.as_mut().and_then(|open| open.found.as_mut()) {
            change(found);
        }
    }

    /// Keeps the answer as it ended.
    pub(crate) async fn keep(&mut self) -> anyhow::Result<Answer> {
        let open = self.0.as_mut().ok_or_else(|| anyhow::anyhow!("the turn is settled"))?;
        let kept = open.keep().await?;
        self.0 = None;
        Ok(kept)
    }

    /// Nothing comes of it.
    pub(crate) async fn give_up(&mut self) {
        if let Some(open) = self.0.take() {
            open.release().await;
        }
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if let (Some(open), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(open.abandoned());
        }
    }
}

impl Open {
    async fn keep(&mut self) -> anyhow::Result<Answer> {
        let Some(Found { retrieved, draft, .. }) = &mut self.found else {
            anyhow::bail!("nothing was searched")
        };
        draft.timings.generate_ms = draft.end.generated_in;
        draft.timings.total_ms = millis(self.arrived.elapsed());
        self.answering.keep(&self.turn, &self.question, self.ids, retrieved, draft).await
    }

    async fn abandoned(mut self) {
        let was_called = match &mut self.found {
            Some(Found { state: State::Whole, .. }) => true,
            Some(Found { retrieved, draft, state }) => {
                draft.end.broken = Some(Broken::Cancelled);
                if let State::Called(since) = state {
                    draft.end.generated_in = millis(since.elapsed());
                }
                *state != State::Searched || retrieved.rewriting.called
            }
            None => false,
        };
        if was_called {
            match self.keep().await {
                Ok(_) => return,
                Err(error) => tracing::warn!(error = format!("{error:#}"), "what nobody read on is not kept"),
            }
        }
        self.release().await;
    }

    async fn release(self) {
        if let Some((caller, once)) = &self.turn.once
            && let Err(error) = self.answering.release(caller, once).await
        {
            tracing::warn!(error = %error, "a caller's key stays taken for a while");
        }
    }
}
