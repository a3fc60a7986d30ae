//! From a criticism to a change: analysed on the evidence, then applied as a new version of the chatbot's settings.

use crate::{
    Insight, Refusal,
    analyse::{self, Answer, Evidence, Proposal},
    criticise::{finish_with, handled, hold},
};
use domain::{AdminFeedbackId, Caller, ChatbotId, Scope, limits::LEAST_SUPPORT};
use management::{
    author,
    config_versions::{self as settings, Given},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use store::{
    TenantTx,
    admin_feedback::{self, Applied, Criticism, Figures},
    chatbot_settings,
    config_versions::{self, ConfigVersion},
    feedback, messages, retrievals,
};

impl Insight {
    /// Looks at a criticism's evidence and proposes what would help, each with its reason. Again, it looks anew.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when it was applied.
    pub async fn analyse(&self, caller: &Caller, id: AdminFeedbackId) -> Result<Criticism, Refusal> {
        let tx = self.enter(caller, Scope::FeedbackWrite).await?;
        let held = hold(&tx, id).await?;
        let active = active(&tx, held.chatbot).await?;
        let figures = admin_feedback::figures(&tx, held.chatbot, active.id, LEAST_SUPPORT).await?;
        let (message, log, correction) = match held.message {
            Some(message) => (
                messages::get(&tx, message).await?,
                retrievals::of_message(&tx, message).await?,
                feedback::correction(&tx, message, None).await?,
            ),
            None => (None, None, None),
        };
        let answer = message.as_ref().map(|message| Answer {
            confidence: message.confidence.map_or(0.0, f64::from),
            abstained: message.abstained,
            correction: correction.as_ref().and_then(|said| said.correction.as_deref()),
            log: log.as_ref(),
        });
        let evidence = Evidence {
            text: &held.text,
            kind: &held.kind,
            settings: &active.settings,
            figures: &figures,
            answer,
        };
        let proposals = analyse::proposals(&evidence);
        let looked_at = looked_at(&active, &figures, &evidence);
        admin_feedback::analysed(&tx, id, &looked_at, &json!(proposals), &author(&tx, caller).await?).await?;
        finish_with(tx, id).await
    }

    /// Follows some of an analysis' proposals: a new version of the chatbot's settings answers from now on. What was before
    /// is kept, and comes back when the chatbot is rolled back.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when there is no analysis, or the settings changed since.
    pub async fn apply(
        &self,
        caller: &Caller,
        id: AdminFeedbackId,
        chosen: &[usize],
    ) -> Result<Criticism, Refusal> {
        let tx = self.enter_once(caller, Scope::ChatbotsWrite).await?;
        let held = hold(&tx, id).await?;
        if held.status != "completed" {
            let detail = format!("This criticism is {}; have it analysed first.", held.status);
            return Err(Refusal::conflict("not-analysed", detail));
        }
        let before = active(&tx, held.chatbot).await?;
        if held.analysis["config_version_id"] != json!(before.id) {
            let detail = "Another version of the settings answers by now; have the criticism analysed again.";
            return Err(Refusal::conflict("config-changed", detail));
        }
        let proposals: Vec<Proposal> = serde_json::from_value(held.proposals.clone())
            .map_err(|error| store::Error::Unexpected(format!("proposals: {error}")))?;
        let (followed, given) = wanted(&proposals, chosen, &before, id)?;
        let after = settings::derive(&tx, held.chatbot, before.settings.clone(), given).await?;
        settings::switch(&tx, caller, held.chatbot, after.id).await?;
        let by = author(&tx, caller).await?;
        let done = Applied {
            changes: json!(followed),
            before: snapshot(&before),
            after: snapshot(&after),
            before_config: before.id,
            after_config: after.id,
        };
        admin_feedback::applied(&tx, id, &done, &by).await?;
        handled(&tx, &held, &by).await?;
        finish_with(tx, id).await
    }
}

/// The settings that answer at present, of a chatbot that is held: whoever changes them waits.
async fn active(tx: &TenantTx, chatbot: ChatbotId) -> Result<ConfigVersion, Refusal> {
    let active = chatbot_settings::lock(tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
    let version = match active {
        Some(active) => config_versions::get(tx, chatbot, active).await?,
        None => None,
    };
    version.ok_or_else(|| {
        Refusal::conflict(
            "no-config",
            "The chatbot has no active config version; make and activate one first.",
        )
    })
}

/// The evidence as it is kept: figures and ids, so that people can check what was concluded.
fn looked_at(active: &ConfigVersion, figures: &Figures, evidence: &Evidence<'_>) -> Value {
    let answer = evidence.answer.map(|answer| {
        let passages = answer.log.map(|log| {
            let best = log.passages.iter().map(|passage| passage.score).fold(0.0, f64::max);
            let used = log.passages.iter().filter(|passage| passage.in_prompt == Some(true)).count();
            json!({ "found": log.passages.len(), "in_prompt": used, "best_score": best,
                    "score_threshold": log.threshold, "retrieval_k": log.k, "reranker_model": log.reranker })
        });
        json!({ "confidence": answer.confidence, "abstained": answer.abstained,
                "has_correction": answer.correction.is_some(), "retrieval": passages })
    });
    json!({
        "method": analyse::METHOD,
        "note": "Made by rules on the evidence below; no language model was asked.",
        "config_version_id": active.id, "config_version_number": active.number,
        "answer": answer,
        "version": { "answers": figures.answers, "answered": figures.answered, "held_back": figures.held_back,
                     "mean_confidence": figures.confidence, "likes": figures.likes, "dislikes": figures.dislikes },
    })
}

/// The proposals that are followed, and the settings that they ask for.
fn wanted(
    proposals: &[Proposal],
    chosen: &[usize],
    active: &ConfigVersion,
    id: AdminFeedbackId,
) -> Result<(Vec<Proposal>, Given), Refusal> {
    if chosen.is_empty() {
        return Err(Refusal::invalid("/proposals", "Name at least one proposal by its place, from 0."));
    }
    let mut given = Given::default();
    let (mut followed, mut seen) = (Vec::new(), BTreeSet::new());
    for (place, index) in chosen.iter().enumerate() {
        let pointer = format!("/proposals/{place}");
        let Some(proposal) = proposals.get(*index).filter(|_| seen.insert(*index)) else {
            let detail =
                format!("There are {} proposals; name each by its place, from 0, once.", proposals.len());
            return Err(Refusal::invalid(pointer, detail));
        };
        set(&mut given, proposal, active, &pointer)?;
        followed.push(proposal.clone());
    }
    let kinds: Vec<&str> = followed.iter().map(|proposal| proposal.kind.as_str()).collect();
    given.why = Some(format!("Criticism {id}: {}", kinds.join(", ")));
    Ok((followed, given))
}

fn set(given: &mut Given, proposal: &Proposal, active: &ConfigVersion, pointer: &str) -> Result<(), Refusal> {
    #[expect(clippy::cast_possible_truncation, reason = "thresholds have two decimals")]
    let share = || proposal.to.as_f64().map(|number| number as f32);
    match proposal.kind.as_str() {
        "confidence_threshold" => given.confidence_threshold = share(),
        "score_threshold" => given.score_threshold = share(),
        "retrieval_k" => given.retrieval_k = proposal.to.as_i64(),
        "reranker_model" => given.reranker_model = proposal.to.as_str().map(ToOwned::to_owned),
        "system_prompt_addition" => {
            let addition = proposal.to.as_str().unwrap_or_default();
            given.system_prompt = Some(format!("{}\n\n{addition}", active.settings.system_prompt));
        }
        "curated_answer" => {
            let detail = "A correction is accepted at POST /api/v1/messages/{id}/feedback/accept-correction.";
            return Err(Refusal::invalid(pointer, detail));
        }
        _ => {
            let detail = "No setting helps here: a document must be added, or the chatbot linked to it.";
            return Err(Refusal::invalid(pointer, detail));
        }
    }
    Ok(())
}

/// A version's settings with their names.
fn snapshot(version: &ConfigVersion) -> Value {
    let fields = settings::fields(version).into_iter();
    let mut fields: Map<String, Value> = fields.map(|(name, value)| (name.to_owned(), value)).collect();
    fields.insert("number".to_owned(), json!(version.number));
    Value::Object(fields)
}
