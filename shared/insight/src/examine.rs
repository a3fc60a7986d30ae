//! A criticism's evidence is gathered, looked at by rules and, where one is configured, by a language model. What comes of it is
//! kept with the evidence, the method, and what it cost. No transaction is open while the model is asked.

use crate::{
    Insight, Refusal,
    analyse::{self, Answer, Evidence, Proposal},
    analyst::{self, Beside, Dropped},
    criticise::{finish_with, hold},
    improve::active,
};
use answering::consult::{Consulted, Silent, consult, mark, spending};
use domain::{AdminFeedbackId, Caller, Scope, document::clip, limits, limits::LEAST_SUPPORT};
use management::author;
use serde_json::{Value, json};
use std::time::Duration;
use store::{
    TenantTx,
    admin_feedback::{self, Criticism, Figures},
    ai_models,
    budgets::{self, Standing},
    caller,
    config_versions::ConfigVersion,
    events::{self, Category, Event},
    feedback,
    messages::{self, Standing as Message},
    retrievals::{self, Retrieval},
    side_costs::{self, Purpose},
};

/// What an analysis looks at.
struct Gathered {
    active: ConfigVersion,
    figures: Figures,
    message: Option<Message>,
    log: Option<Retrieval>,
    correction: Option<String>,
}

/// What a model made of it.
struct Asked<'a> {
    model: &'a str,
    consulted: Consulted,
    found: Result<(Vec<Proposal>, Vec<Dropped>), Silent>,
}

impl Insight {
    /// Looks at a criticism's evidence and proposes what would help, each with its reason. Again, it looks anew. Where a model
    /// fails, the rules' proposals are kept, and why there are no others.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when it was applied, or was put aside while a model was asked.
    pub async fn analyse(&self, caller: &Caller, id: AdminFeedbackId) -> Result<Criticism, Refusal> {
        let tx = self.enter(caller, Scope::ImprovementWrite).await?;
        let held = hold(&tx, id).await?;
        let gathered = gather(&tx, &held).await?;
        let Some(model) = &self.analysis_model else {
            keep(&tx, caller, &held, &gathered, None).await?;
            return finish_with(tx, id).await;
        };
        let beside = beside(&tx, &held, &gathered).await?;
        let budget = budgets::standing(&tx, held.chatbot).await?;
        // It only looked; what is done is told with the transaction that does it.
        drop(tx);

        let asked = self.ask(model, &held, &gathered, &beside, &budget).await;

        let tx = caller::again(&self.database, caller).await?;
        let cost = pay(&tx, &held, &budget, &asked).await?;
        let again = match hold(&tx, id).await {
            Ok(again) if again.status == "rejected" && held.status != "rejected" => {
                let detail = "This criticism was put aside while it was analysed; have it analysed again if it shall not be.";
                Err(Refusal::conflict("rejected-meanwhile", detail))
            }
            held => held,
        };
        if let Err(refusal) = again {
            // What was spent stays counted.
            tx.finish().await?;
            return Err(refusal);
        }
        keep(&tx, caller, &held, &gathered, Some((&asked, cost))).await?;
        finish_with(tx, id).await
    }

    async fn ask<'a>(
        &self,
        model: &'a str,
        held: &Criticism,
        gathered: &Gathered,
        beside: &Beside,
        budget: &Standing,
    ) -> Asked<'a> {
        if budget.exceeded.is_some() {
            return Asked { model, consulted: Consulted::not_asked(), found: Err(Silent::OverBudget) };
        }
        let evidence = gathered.evidence(held);
        let prompt = analyst::prompt(&evidence, beside, &mark());
        let patience = Duration::from_secs(limits::ANALYSIS_SECONDS);
        let consulted = consult(&self.generator, model, &prompt, limits::ANALYSIS_TOKENS, patience).await;
        let found = match &consulted.said {
            Ok(said) => analyst::read(said, evidence.settings, beside).ok_or(Silent::Unreadable),
            Err(silent) => Err(*silent),
        };
        Asked { model, consulted, found }
    }
}

impl Gathered {
    fn evidence<'a>(&'a self, held: &'a Criticism) -> Evidence<'a> {
        let answer = self.message.as_ref().map(|message| Answer {
            confidence: message.confidence.map_or(0.0, f64::from),
            abstained: message.abstained,
            correction: self.correction.as_deref(),
            log: self.log.as_ref(),
        });
        Evidence {
            text: &held.text,
            kind: &held.kind,
            settings: &self.active.settings,
            figures: &self.figures,
            answer,
        }
    }
}

async fn gather(tx: &TenantTx, held: &Criticism) -> Result<Gathered, Refusal> {
    let active = active(tx, held.chatbot).await?;
    let figures = admin_feedback::figures(tx, held.chatbot, active.id, LEAST_SUPPORT).await?;
    let (message, log, correction) = match held.message {
        Some(message) => (
            messages::get(tx, message).await?,
            retrievals::of_message(tx, message).await?,
            feedback::correction(tx, message, None).await?,
        ),
        None => (None, None, None),
    };
    let correction = correction.and_then(|said| said.correction);
    Ok(Gathered { active, figures, message, log, correction })
}

/// What only a model can make something of.
async fn beside(tx: &TenantTx, held: &Criticism, gathered: &Gathered) -> Result<Beside, Refusal> {
    let conversation = match &gathered.message {
        Some(message) => {
            let most = limits::ANALYSIS_MESSAGES - 1;
            let mut before = messages::history_before(tx, message.session, Some(message.id), most).await?;
            before.push((message.role.clone(), message.content.clone()));
            before
        }
        None => Vec::new(),
    };
    let models = ai_models::list(tx, Some("chat")).await?;
    Ok(Beside {
        severity: held.severity.clone(),
        context: held.context.clone(),
        conversation,
        models: analyst::choices(&models, &gathered.active.settings.llm_model),
    })
}

/// Counts what a model read and wrote; what it cost, where that is known.
async fn pay(
    tx: &TenantTx,
    held: &Criticism,
    budget: &Standing,
    asked: &Asked<'_>,
) -> Result<Option<String>, Refusal> {
    let usage = asked.consulted.usage;
    let (prompt, completion) = (i64::from(usage.prompt), i64::from(usage.completion));
    let spent = spending(asked.model, usage);
    if prompt + completion == 0 {
        return Ok(None);
    }
    side_costs::pay(tx, Purpose::Analyses, held.chatbot, &spent, &[], budget.is_limited).await?;
    let call = json!({ "model": asked.model, "latency_ms": millis(asked), "tokens_in": prompt, "tokens_out": completion,
                       "broken": asked.found.as_ref().err().map(|silent| silent.code()) });
    let category = if asked.found.is_err() { Category::Error } else { Category::Performance };
    let resource = Some(("admin_feedback", held.id.0));
    let event = Event { kind: "llm_call", category, payload: call, session: None, resource };
    events::record(tx, &[event]).await?;
    Ok(budgets::cost(tx, &spent).await?)
}

fn millis(asked: &Asked<'_>) -> u64 {
    u64::try_from(asked.consulted.took.as_millis()).unwrap_or(u64::MAX)
}

/// Keeps what rules propose and, behind it, what a model does, with the evidence.
async fn keep(
    tx: &TenantTx,
    caller: &Caller,
    held: &Criticism,
    gathered: &Gathered,
    asked: Option<(&Asked<'_>, Option<String>)>,
) -> Result<(), Refusal> {
    let evidence = gathered.evidence(held);
    let mut proposals = analyse::proposals(&evidence);
    let mut looked_at = looked_at(&gathered.active, &gathered.figures, &evidence);
    if let Some((asked, cost)) = asked {
        let usage = asked.consulted.usage;
        let mut model = json!({ "id": asked.model, "prompt_tokens": usage.prompt, "completion_tokens": usage.completion,
                                "cost": cost, "took_ms": millis(asked), "failed": Value::Null });
        match &asked.found {
            Ok((found, dropped)) => {
                looked_at["method"] = json!(analyse::MODEL);
                looked_at["note"] = json!(
                    "Made by rules and by a language model on the evidence below; each proposal says by which."
                );
                looked_at["dropped"] = json!(dropped);
                proposals = analyse::together(proposals, found.clone());
            }
            Err(silent) => {
                model["failed"] = json!(silent.code());
                looked_at["note"] = json!(format!(
                    "Made by rules on the evidence below. The language model {} {}.",
                    clip(asked.model, limits::MODEL_ID_CHARACTERS),
                    silent.words()
                ));
            }
        }
        looked_at["model"] = model;
    }
    let by = author(tx, caller).await?;
    Ok(admin_feedback::analysed(tx, held.id, &looked_at, &json!(proposals), &by).await?)
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
        "method": analyse::RULES,
        "note": "Made by rules on the evidence below; no language model was asked.",
        "config_version_id": active.id, "config_version_number": active.number,
        "answer": answer,
        "version": { "answers": figures.answers, "answered": figures.answered, "held_back": figures.held_back,
                     "mean_confidence": figures.confidence, "likes": figures.likes, "dislikes": figures.dislikes },
    })
}
