//! A change is tried before anybody meets it: gold questions and recent ones, answered by the version that answers now and by the
//! one that would, side by side. Asked for here, done by [`Replaying`] in units of work that may be killed and repeated.

use crate::{
    Insight, Refusal,
    improve::{active, canonical, not_applied_yet, wanted},
    judge::judged,
    summary::summary,
};
use answering::{Answering, Broken, Tried, Turn, consult::spending};
use domain::{
    AdminFeedbackId, Caller, ChatbotId, ConfigVersionId, OrganizationId, ReplayId, Scope,
    conversation::Question, limits,
};
use management::{author, check, config_versions as settings};
use queue::Task;
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{
    Database, TenantTx,
    audit::Read,
    budgets::{self, Standing},
    caller::Need,
    chatbot_settings,
    events::{self, Category, Event},
    gold_questions,
    replays::{self, Asked, Broke, Compared, New, Replay, Side, Which},
    side_costs::{self, Purpose},
};

/// How many questions are asked; `None`: [`limits::REPLAY_GOLD`] and [`limits::REPLAY_RECENT`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Size {
    /// Gold questions, the newest.
    pub gold: Option<i64>,
    /// Recent questions, the newest.
    pub recent: Option<i64>,
}

impl Insight {
    /// Tries proposals of an analysis. The version that they make is kept, and answers when they are applied; a replay of the
    /// same proposals that is under way goes on.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict as with applying them, and when there is nothing to ask.
    pub async fn replay_proposals(
        &self,
        caller: &Caller,
        id: AdminFeedbackId,
        chosen: &[usize],
        size: Size,
    ) -> Result<Replay, Refusal> {
        let tx = self.enter(caller, Scope::ImprovementWrite).await?;
        let (held, before) = not_applied_yet(&tx, id).await?;
        let (followed, given) = wanted(&held, chosen, &before)?;
        let proposals = canonical(&followed);
        let known = replays::of_proposals(&tx, id, before.id, &proposals).await?;
        let after = match known {
            Some(known) if matches!(known.status.as_str(), "queued" | "running" | "paused") => {
                return self.go_on(caller, tx, known.id).await;
            }
            Some(known) => known.after,
            None => settings::derive(&tx, held.chatbot, before.settings.clone(), given).await?.id,
        };
        let compared = (held.chatbot, before.id, after);
        self.start(caller, tx, compared, Some((id, proposals)), size).await
    }

    /// Compares two versions of a chatbot's settings. `before`: the one that answers, when not said.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when there is nothing to ask.
    pub async fn replay_versions(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        before: Option<ConfigVersionId>,
        after: ConfigVersionId,
        size: Size,
    ) -> Result<Replay, Refusal> {
        let tx = self.enter(caller, Scope::ImprovementWrite).await?;
        let before = match before {
            Some(before) => {
                chatbot_settings::lock(&tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
                before
            }
            None => active(&tx, chatbot).await?.id,
        };
        for version in [before, after] {
            settings::able_to_answer(&tx, chatbot, version).await?;
        }
        self.start(caller, tx, (chatbot, before, after), None, size).await
    }

    async fn start(
        &self,
        caller: &Caller,
        tx: TenantTx,
        (chatbot, before, after): (ChatbotId, ConfigVersionId, ConfigVersionId),
        tried: Option<(AdminFeedbackId, Value)>,
        size: Size,
    ) -> Result<Replay, Refusal> {
        let questions = questions(&tx, chatbot, size).await?;
        if questions.is_empty() {
            let detail = "There is nothing to ask: write gold questions for this chatbot, or wait until people ask it something.";
            return Err(Refusal::conflict("nothing-to-replay", detail));
        }
        let is_whole = is_whole(&tx, chatbot, &questions).await?;
        let (criticism, proposals) = tried.map_or((None, json!([])), |(id, proposals)| (Some(id), proposals));
        let new =
            New { chatbot, criticism, proposals: &proposals, before, after, questions: &questions, is_whole };
        let id = replays::create(&tx, &new, &author(&tx, caller).await?).await?;
        let replay = replays::get(&tx, id).await?.ok_or(MISSING)?;
        tx.finish().await?;
        self.send(caller, replay).await
    }

    /// Has a replay that waits for a budget, or failed, go on with the questions that are not answered yet. One that is under way
    /// goes on as it does.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when it is completed.
    pub async fn resume_replay(&self, caller: &Caller, id: ReplayId) -> Result<Replay, Refusal> {
        let tx = self.enter(caller, Scope::ImprovementWrite).await?;
        self.go_on(caller, tx, id).await
    }

    async fn go_on(&self, caller: &Caller, tx: TenantTx, id: ReplayId) -> Result<Replay, Refusal> {
        replays::resume(&tx, id).await?;
        let replay = replays::get(&tx, id).await?.ok_or(MISSING)?;
        if replay.status == "completed" {
            let detail = "This replay is completed; start another one to ask anew.";
            return Err(Refusal::conflict("replay-completed", detail));
        }
        tx.finish().await?;
        self.send(caller, replay).await
    }

    /// Has a replay done. Unsent, it is sent when it is asked for again.
    async fn send(&self, caller: &Caller, replay: Replay) -> Result<Replay, Refusal> {
        let task = Task::Replay { organization_id: caller.organization(), replay_id: replay.id };
        self.activity.send(&[task]).await.map_err(Refusal::Platform)?;
        Ok(replay)
    }

    /// Replays of a criticism's proposals, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn replays_of(
        &self,
        caller: &Caller,
        criticism: AdminFeedbackId,
        before: Option<ReplayId>,
        limit: u32,
    ) -> Result<Vec<Replay>, Refusal> {
        let which = Which { criticism: Some(criticism), before, ..Which::default() };
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(
                store::admin_feedback::get(tx, criticism),
                replays::list(tx, &which, limit)
            )
        };
        let (known, found) = self.admitted(caller, Scope::FeedbackRead, read).await?;
        known.map(|_| found).ok_or(Refusal::NotFound("admin feedback"))
    }

    /// One replay, as far as it is.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn replay(&self, caller: &Caller, id: ReplayId) -> Result<Replay, Refusal> {
        let read = async |tx: &TenantTx| replays::get(tx, id).await;
        self.admitted(caller, Scope::FeedbackRead, read).await?.ok_or(MISSING)
    }

    /// A replay's questions with what both versions answered, behind a place (−1: from the first).
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn replay_results(
        &self,
        caller: &Caller,
        id: ReplayId,
        after: i32,
        limit: u32,
    ) -> Result<Vec<Compared>, Refusal> {
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(replays::get(tx, id), replays::results(tx, id, after, i64::from(limit)))
        };
        let need = Need::reading(Scope::FeedbackRead, Read::Replay(id));
        let (known, found) = self.admitted(caller, need, read).await?;
        known.map(|_| found).ok_or(MISSING)
    }
}

const MISSING: Refusal = Refusal::NotFound("replay");

/// Whose answer somebody wrote down.
const GOLD: &str = "gold";

/// Gold questions first; a recent one that asks the same as one of those is left out.
async fn questions(tx: &TenantTx, chatbot: ChatbotId, size: Size) -> Result<Vec<Asked>, Refusal> {
    let gold = size.gold.unwrap_or(limits::REPLAY_GOLD);
    let recent = size.recent.unwrap_or(limits::REPLAY_RECENT);
    check::within("/gold", gold, 0, limits::REPLAY_QUESTIONS)?;
    check::within("/recent", recent, 0, limits::REPLAY_QUESTIONS)?;
    let gold = u32::try_from(gold).unwrap_or_default();
    let gold = gold_questions::list(tx, chatbot, None, None, gold).await?;
    let recent = replays::recent(tx, chatbot, recent).await?;
    let plain = |text: &str| text.trim().to_lowercase();
    let known: Vec<String> = gold.iter().map(|one| plain(&one.known.question)).collect();
    let gold = gold.into_iter().map(|one| Asked {
        place: 0,
        kind: GOLD.to_owned(),
        gold_question_id: Some(one.id),
        message_id: None,
        question: one.known.question,
        expected_answer: one.known.expected_answer,
        expected_source: one.known.expected_source,
        is_answerable: one.known.is_answerable,
    });
    let recent =
        recent.into_iter().filter(|(_, text)| !known.contains(&plain(text)) && Question::new(text).is_ok());
    let recent = recent.map(|(message, question)| Asked {
        place: 0,
        kind: "recent".to_owned(),
        gold_question_id: None,
        message_id: Some(message),
        question,
        expected_answer: None,
        expected_source: None,
        is_answerable: true,
    });
    let all = gold.chain(recent).zip(0..);
    Ok(all.map(|(asked, place)| Asked { place, ..asked }).collect())
}

/// Whether so much is asked that a loss would be seen: the gold questions, as many of them as are asked by default; where there
/// are none, so many recent ones.
async fn is_whole(tx: &TenantTx, chatbot: ChatbotId, asked: &[Asked]) -> Result<bool, Refusal> {
    let gold = asked.iter().filter(|one| one.kind == GOLD).count();
    if gold > 0 {
        let most = u32::try_from(limits::REPLAY_GOLD).unwrap_or_default();
        return Ok(gold >= gold_questions::list(tx, chatbot, None, None, most).await?.len());
    }
    let size = Size::default();
    Ok(asked.len() >= questions(tx, chatbot, size).await?.len())
}

/// What replays are done with.
pub struct Replaying {
    /// Questions, answers, settings.
    pub database: Database,
    /// The read path.
    pub answering: Arc<Answering>,
}

/// How a unit of work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There is more to do.
    GoesOn,
    /// There is nothing left, or there never was.
    Ended,
    /// Another unit has it: look again later.
    Busy,
    /// The day's budget is used up: it goes on when there is one again.
    Paused,
}

/// Has those replays of an organization go on that waited for a budget which there is by now, and those whose message was lost
/// before it was sent; what is to be sent.
///
/// # Errors
/// [`store::Error`].
pub async fn affordable(database: &Database, organization: OrganizationId) -> store::Result<Vec<Task>> {
    let tx = database.tenant(organization).await?;
    let replays = replays::resume_affordable(&tx).await?;
    tx.finish().await?;
    let task = |replay_id| Task::Replay { organization_id: organization, replay_id };
    Ok(replays.into_iter().map(task).collect())
}

/// Why a replay waits.
const USED_UP: &str = "The day's budget is used up. It goes on with the questions that are left on another day, or when the budget is \
                       raised and it is resumed.";

/// Why a unit breaks off.
enum Stop {
    /// Again later.
    Retry(anyhow::Error),
    /// It will never work: in words, for whoever asked.
    Fail(&'static str),
    /// Nothing more may be spent today.
    Pause,
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Retry(error.into())
    }
}

impl Replaying {
    /// Does a unit of a replay. Killed, it loses the question that it was at; repeated, it answers none twice.
    ///
    /// # Errors
    /// When a model or the database is not there: to be tried again later. [`limits::REPLAY_FAILURES`] in a row are the replay's
    /// failure.
    pub async fn work(&self, organization: OrganizationId, id: ReplayId) -> anyhow::Result<Progress> {
        let tx = self.database.tenant(organization).await?;
        let is_ours = replays::claim(&tx, id).await?;
        let replay = replays::get(&tx, id).await?;
        tx.finish().await?;
        let Some(replay) = replay.filter(|replay| matches!(replay.status.as_str(), "queued" | "running"))
        else {
            return Ok(Progress::Ended);
        };
        if !is_ours {
            return Ok(Progress::Busy);
        }
        match self.unit(organization, &replay).await {
            Ok(progress) => Ok(progress),
            Err(Stop::Fail(why)) => {
                self.give_up(organization, id, why).await?;
                Ok(Progress::Ended)
            }
            Err(Stop::Pause) => {
                let tx = self.database.tenant(organization).await?;
                replays::pause(&tx, id, USED_UP).await?;
                tx.finish().await?;
                tracing::info!(organization.id = %organization, replay.id = %id, "replay waits for a budget");
                Ok(Progress::Paused)
            }
            Err(Stop::Retry(error)) => {
                let tx = self.database.tenant(organization).await?;
                let failures = replays::leave(&tx, id, Broke::Off).await?;
                tx.finish().await?;
                if failures < limits::REPLAY_FAILURES {
                    return Err(error);
                }
                tracing::error!(error = format!("{error:#}"), replay.id = %id, "replay is given up");
                self.give_up(organization, id, "The model did not answer, several times in a row.").await?;
                Ok(Progress::Ended)
            }
        }
    }

    async fn give_up(&self, organization: OrganizationId, id: ReplayId, why: &str) -> anyhow::Result<()> {
        let tx = self.database.tenant(organization).await?;
        replays::end(&tx, id, &json!({}), Some(why)).await?;
        Ok(tx.finish().await?)
    }

    async fn unit(&self, organization: OrganizationId, replay: &Replay) -> Result<Progress, Stop> {
        let until = Instant::now() + Duration::from_secs(limits::REPLAY_UNIT_SECONDS);
        let mut before = self.load(organization, replay.chatbot, replay.before).await?;
        let mut after = self.load(organization, replay.chatbot, replay.after).await?;
        loop {
            let tx = self.database.tenant(organization).await?;
            let next = replays::next(&tx, replay.id).await?;
            let Some((asked, sides)) = next else {
                self.finish(tx, replay).await?;
                return Ok(Progress::Ended);
            };
            if Instant::now() >= until {
                replays::leave(&tx, replay.id, Broke::Not).await?;
                tx.finish().await?;
                return Ok(Progress::GoesOn);
            }
            // Others spend as well: before each question, not once a unit.
            let budget = budgets::standing(&tx, replay.chatbot).await?;
            tx.finish().await?;
            if budget.exceeded.is_some() {
                return Err(Stop::Pause);
            }
            let wants = |side| sides.contains(&side);
            let (old, new) = futures_util::future::try_join(
                self.ask(&mut before, &asked, wants(Side::Before)),
                self.ask(&mut after, &asked, wants(Side::After)),
            )
            .await?;
            let tx = self.database.tenant(organization).await?;
            for (side, tried) in [(Side::Before, old), (Side::After, new)] {
                if let Some(tried) = tried {
                    keep(&tx, replay, &asked, side, &budget, &tried).await?;
                }
            }
            tx.finish().await?;
        }
    }

    async fn load(
        &self,
        organization: OrganizationId,
        chatbot: ChatbotId,
        version: ConfigVersionId,
    ) -> Result<Turn, Stop> {
        match self.answering.begin_trial(organization, chatbot, version).await {
            Ok(turn) => Ok(turn),
            Err(answering::Refusal::NotFound(_)) => {
                Err(Stop::Fail("The chatbot or one of the versions is gone."))
            }
            Err(answering::Refusal::OverBudget(_)) => Err(Stop::Pause),
            Err(refusal) => Err(Stop::Retry(anyhow::anyhow!("a trial is refused: {refusal:?}"))),
        }
    }

    async fn ask(&self, turn: &mut Turn, asked: &Asked, is_wanted: bool) -> Result<Option<Tried>, Stop> {
        if !is_wanted {
            return Ok(None);
        }
        let question = Question::new(&asked.question).map_err(|problem| {
            Stop::Retry(anyhow::anyhow!("a kept question cannot be asked: {problem:?}"))
        })?;
        let patience = Duration::from_secs(limits::REPLAY_ANSWER_SECONDS);
        let tried = self.answering.try_out(turn, &question, patience).await?;
        match tried.broken {
            Some(Broken::ModelRefused) => {
                Err(Stop::Fail("The model refuses the call: its id or its access is wrong."))
            }
            Some(broken @ (Broken::ModelUnavailable | Broken::DatabaseUnavailable)) => {
                Err(Stop::Retry(anyhow::anyhow!("an answer broke off: {}", broken.code())))
            }
            _ => Ok(Some(tried)),
        }
    }

    async fn finish(&self, tx: TenantTx, replay: &Replay) -> Result<(), Stop> {
        let results = replays::results(&tx, replay.id, -1, limits::REPLAY_QUESTIONS * 2).await?;
        // The same answers, the same figures, whoever computes them.
        let found = summary(&results, replay.id.0.as_u64_pair().1);
        let lowered = &found.lowered;
        let payload = json!({ "questions": results.len(), "before": replay.before, "after": replay.after, "lowered": lowered });
        let event = Event {
            kind: "replay_completed",
            category: Category::System,
            payload,
            session: None,
            resource: Some(("replay", replay.id.0)),
        };
        replays::end(&tx, replay.id, &json!(found), None).await?;
        events::record(&tx, &[event]).await?;
        Ok(tx.finish().await?)
    }
}

/// Keeps what a side answered, and counts what it spent: as a replay's cost, and where that is limited.
async fn keep(
    tx: &TenantTx,
    replay: &Replay,
    asked: &Asked,
    side: Side,
    budget: &Standing,
    tried: &Tried,
) -> store::Result<()> {
    let spent = tried.served.as_ref().map(|(_, model)| spending(model, tried.usage));
    let beside: Vec<(&str, i64)> =
        tried.beside.iter().map(|(model, units)| (model.as_str(), *units)).collect();
    let judged = judged(asked, tried);
    replays::answer(tx, replay.id, asked.place, side, &judged, (spent.as_ref(), &beside)).await?;
    let spent = spent.unwrap_or_default();
    side_costs::pay(tx, Purpose::Replays, replay.chatbot, &spent, &beside, budget.is_limited).await
}
