//! From an analysis to a change: its proposals are applied as a new version of the chatbot's settings.

use crate::{
    Insight, Refusal,
    analyse::Proposal,
    criticise::{finish_with, handled, hold},
    summary::Summary,
};
use domain::{AdminFeedbackId, Caller, ChatbotId, ConfigVersionId, Scope, chatbot::provider_of, limits};
use management::{
    author, check,
    config_versions::{self as settings, Given},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use store::{
    TenantTx,
    admin_feedback::{self, Applied, Criticism},
    chatbot_settings,
    config_versions::{self, ConfigVersion},
    events::{self, Category, Event},
    replays::{self, Replay},
};

impl Insight {
    /// Follows some of an analysis' proposals: a new version of the chatbot's settings answers from now on. What was before
    /// is kept, and comes back when the chatbot is rolled back. `overriding`: why it is done although no replay says that it does
    /// no harm.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when there is no analysis, the settings changed since, exactly these proposals were not replayed,
    /// or the replay lowers a guarded figure.
    pub async fn apply(
        &self,
        caller: &Caller,
        id: AdminFeedbackId,
        chosen: &[usize],
        overriding: Option<&str>,
    ) -> Result<Criticism, Refusal> {
        let tx = self.enter_once(caller, Scope::ChatbotsWrite).await?;
        let overriding = match overriding {
            Some(reason) => Some(check::text("/reason", reason, limits::OVERRIDE_CHARACTERS)?),
            None => None,
        };
        let (held, before) = not_applied_yet(&tx, id).await?;
        let (followed, mut given) = wanted(&held, chosen, &before)?;
        let replayed = replays::of_proposals(&tx, id, before.id, &canonical(&followed)).await?;
        let after = match (guard(replayed.as_ref()), overriding) {
            (Ok(version), _) => config_versions::get(&tx, held.chatbot, version).await?,
            (Err(refusal), None) => return Err(refusal),
            (Err(refusal), Some(reason)) => {
                let why = given.why.take().unwrap_or_default();
                given.why = Some(format!("{why}. Although {}: {reason}", guarded_by(&refusal)));
                let made = settings::derive(&tx, held.chatbot, before.settings.clone(), given).await?;
                let event = Event {
                    kind: "replay_overridden",
                    category: Category::UserAction,
                    payload: json!({ "guard": guarded_by(&refusal), "reason": reason, "config_version_id": made.id,
                                     "replay_id": replayed.as_ref().map(|replay| replay.id) }),
                    session: None,
                    resource: Some(("admin_feedback", id.0)),
                };
                events::record(&tx, &[event]).await?;
                Some(made)
            }
        };
        let after = after.ok_or(Refusal::NotFound("config version"))?;
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

    /// Undoes what was applied: the version that answered before it answers again. Once; the chatbot's own rolling back goes to and fro.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when nothing was applied, it was rolled back before, or another version answers by now.
    pub async fn roll_back(&self, caller: &Caller, id: AdminFeedbackId) -> Result<Criticism, Refusal> {
        let tx = self.enter_once(caller, Scope::ChatbotsWrite).await?;
        let missing = || Refusal::NotFound("admin feedback");
        let chatbot = admin_feedback::get(&tx, id).await?.ok_or_else(missing)?.chatbot;
        // The chatbot first, as whoever switches its versions: behind its lock it stands which of them were rolled back.
        let active = chatbot_settings::lock(&tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
        let applied = admin_feedback::get(&tx, id).await?.ok_or_else(missing)?;
        if applied.status == "rolled_back" {
            let detail =
                "This change was rolled back before. A version answers again when it is activated by its id.";
            return Err(Refusal::conflict("rolled-back-before", detail));
        }
        let (Some(before), Some(after)) = (applied.before_config, applied.after_config) else {
            let detail = "Nothing was changed for this criticism, so there is nothing to undo.";
            return Err(Refusal::conflict("not-applied", detail));
        };
        if active != Some(after) {
            let detail =
                "Another version of the settings answers by now; activate the one that should, by its id.";
            return Err(Refusal::conflict("config-changed", detail));
        }
        settings::switch(&tx, caller, chatbot, before).await?;
        finish_with(tx, id).await
    }
}

/// An analysed criticism, held, and the settings that its proposals are relative to: those that answer.
pub(crate) async fn not_applied_yet(
    tx: &TenantTx,
    id: AdminFeedbackId,
) -> Result<(Criticism, ConfigVersion), Refusal> {
    let held = hold(tx, id).await?;
    if held.status != "completed" {
        let detail = format!("This criticism is {}; have it analysed first.", held.status);
        return Err(Refusal::conflict("not-analysed", detail));
    }
    let before = active(tx, held.chatbot).await?;
    if held.analysis["config_version_id"] != json!(before.id) {
        let detail = "Another version of the settings answers by now; have the criticism analysed again.";
        return Err(Refusal::conflict("config-changed", detail));
    }
    Ok((held, before))
}

/// The version that a replay tried, if it is finished and lowers nothing that is guarded.
fn guard(replayed: Option<&Replay>) -> Result<ConfigVersionId, Refusal> {
    let again = "give \"override\": true with a reason to apply them all the same";
    let Some(replay) = replayed.filter(|replay| replay.status == "completed" && replay.is_whole) else {
        let detail = format!(
            "Exactly these proposals have no finished replay, against the settings that answer, that asks as much as one \
             does by default: start one at POST /api/v1/admin-feedback/{{id}}/replay, or {again}."
        );
        return Err(Refusal::conflict(NOT_REPLAYED, detail));
    };
    let found: Summary = serde_json::from_value(replay.summary.clone())
        .map_err(|error| store::Error::Unexpected(format!("a replay's summary: {error}")))?;
    if found.lowered.is_empty() {
        return Ok(replay.after);
    }
    let detail = format!(
        "The replay says that this lowers {} by more than {} points ({found}). Choose other proposals, or {again}.",
        found.lowered.join(", "),
        limits::GUARD_POINTS
    );
    Err(Refusal::conflict(LOWERS, detail))
}

const NOT_REPLAYED: &str = "not-replayed";
const LOWERS: &str = "lowers-quality";

/// What stood in the way, in words for a version's record.
fn guarded_by(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Conflict { kind, .. } if *kind == LOWERS => "its replay lowers a guarded figure",
        _ => "it was not replayed",
    }
}

/// Proposals in one order, whichever they were named in. By which method they were made changes nothing of what is tried.
pub(crate) fn canonical(followed: &[Proposal]) -> Value {
    let mut followed: Vec<&Proposal> = followed.iter().collect();
    followed.sort_by(|one, other| one.kind.cmp(&other.kind));
    let plain =
        |one: &Proposal| json!({ "kind": one.kind, "from": one.from, "to": one.to, "reason": one.reason });
    followed.into_iter().map(plain).collect()
}

/// The settings that answer at present, of a chatbot that is held: whoever changes them waits.
pub(crate) async fn active(tx: &TenantTx, chatbot: ChatbotId) -> Result<ConfigVersion, Refusal> {
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

/// The proposals that are followed, and the settings that they ask for.
pub(crate) fn wanted(
    criticism: &Criticism,
    chosen: &[usize],
    active: &ConfigVersion,
) -> Result<(Vec<Proposal>, Given), Refusal> {
    let proposals: Vec<Proposal> = serde_json::from_value(criticism.proposals.clone())
        .map_err(|error| store::Error::Unexpected(format!("proposals: {error}")))?;
    if chosen.is_empty() {
        return Err(Refusal::invalid("/proposals", "Name at least one proposal by its place, from 0."));
    }
    let mut given = Given::default();
    let (mut followed, mut seen, mut kinds) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for (place, index) in chosen.iter().enumerate() {
        let pointer = format!("/proposals/{place}");
        let Some(proposal) = proposals.get(*index).filter(|_| seen.insert(*index)) else {
            let detail =
                format!("There are {} proposals; name each by its place, from 0, once.", proposals.len());
            return Err(Refusal::invalid(pointer, detail));
        };
        if !kinds.insert(proposal.kind.as_str()) {
            let detail = format!("Two of these proposals change {}; name one of them.", proposal.kind);
            return Err(Refusal::invalid(pointer, detail));
        }
        set(&mut given, proposal, active, &pointer)?;
        followed.push(proposal.clone());
    }
    let kinds: Vec<&str> = followed.iter().map(|proposal| proposal.kind.as_str()).collect();
    given.why = Some(format!("Criticism {}: {}", criticism.id, kinds.join(", ")));
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
        "llm_model" => {
            given.llm_provider = proposal.to.as_str().map(|model| provider_of(model).to_owned());
            given.llm_model = proposal.to.as_str().map(ToOwned::to_owned);
        }
        "curated_answer" => {
            let detail = "A correction is accepted at POST /api/v1/messages/{id}/feedback/accept-correction; any other \
                 answer is written at POST /api/v1/curated-answers.";
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
