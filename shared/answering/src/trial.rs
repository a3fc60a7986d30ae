//! A question as a version of a chatbot's settings would answer it: the read path up to what is kept. No session, no message and
//! no figure knows of it; what it costs is counted, for it is spent.

use crate::{Answering, Broken, Draft, End, Refusal, Step, Turn, curated, keep::beside, turn::let_in_for};
use anyhow::Context as _;
use domain::{
    ChatbotId, ConfigVersionId, MessageId, OrganizationId, SessionId,
    chatbot::provider_of,
    conversation::{Platform, Question},
};
use futures_util::StreamExt as _;
use models::Usage;
use std::{
    pin::pin,
    time::{Duration, Instant},
};
use store::{chatbots, messages::Citation, sessions::Opening};

/// What a question was answered.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The text; the fallback message where it abstains.
    pub content: String,
    /// By marker.
    pub citations: Vec<Citation>,
    /// 0..1.
    pub confidence: f32,
    /// Whether nothing was answered.
    pub abstained: bool,
    /// Why it broke off, if it did.
    pub broken: Option<Broken>,
    /// Who served which model; `None`: people wrote the answer.
    pub served: Option<(&'static str, String)>,
    /// As the provider counted.
    pub usage: Usage,
    /// Calls beside it: models of vectors with their tokens, rerankers with their searches.
    pub beside: Vec<(String, i64)>,
    /// From the question to its last word.
    pub took: Duration,
}

impl Answering {
    /// Loads what a turn of a chatbot would, if this version of its settings answered. Nothing is changed.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when either is gone; [`Refusal::OverBudget`].
    pub async fn begin_trial(
        &self,
        organization: OrganizationId,
        chatbot: ChatbotId,
        version: ConfigVersionId,
    ) -> Result<Turn, Refusal> {
        let tx = self.database.tenant(organization).await?;
        let context = chatbots::trial_context(tx, chatbot, version).await?;
        let context = context.filter(|context| context.config.id == version);
        let context = context.ok_or(Refusal::NotFound("config version"))?;
        let mut turn = let_in_for(organization, SessionId::generate(), Some(context), Vec::new())?;
        // Answered again, so that no question is written; of a session that is not open yet, so that it has no files.
        turn.again = Some(MessageId::generate());
        turn.opening = Some(Opening::of(chatbot, Platform::Playground));
        turn.config.transcript_share = 0.0;
        // Of what is not kept nothing is taken out.
        turn.names_model = None;
        Ok(turn)
    }

    /// Answers a question of a trial; nothing is kept of it.
    ///
    /// # Errors
    /// When the database refuses or is not reachable.
    pub async fn try_out(
        &self,
        turn: &mut Turn,
        question: &Question,
        patience: Duration,
    ) -> anyhow::Result<Tried> {
        let started = Instant::now();
        turn.answer_by = tokio::time::Instant::now() + patience;
        let turn = &*turn;
        let asked = turn.again.unwrap_or_else(MessageId::generate);
        let retrieved = self.retrieve_for_turn(turn, question, asked).await.context("retrieve")?;
        let mut draft = Draft::new(retrieved.timings);
        if let Some(found) = &retrieved.curated {
            draft.end = End { verdict: curated::verdict(found), ..End::default() };
        } else {
            let mut generated = pin!(self.generate(turn, question, &retrieved));
            while let Some(step) = generated.next().await {
                if let Step::End(end) = step {
                    draft.end = *end;
                }
            }
        }
        let beside = beside(turn, &retrieved, &draft.end);
        let beside = beside.into_iter().map(|(model, units)| (model.to_owned(), units)).collect();
        let End { verdict, abstained, broken, usage, .. } = draft.end;
        let content = if abstained || verdict.text.is_empty() {
            turn.config.fallback_message.clone()
        } else {
            verdict.text
        };
        let model = &turn.config.llm_model;
        Ok(Tried {
            content,
            citations: verdict.citations,
            confidence: verdict.confidence,
            abstained,
            broken,
            served: retrieved.curated.is_none().then(|| (provider_of(model), model.clone())),
            usage: usage + retrieved.rewriting.usage,
            beside,
            took: started.elapsed(),
        })
    }
}
