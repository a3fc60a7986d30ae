//! Tickets: a conversation that a machine cannot finish is handed to people, who answer in it.

use crate::{Insight, Refusal, kept, one_of, taken_out};
use domain::{
    Caller, EscalationId, Scope, SessionId,
    escalation::{REASONS, Status},
    feedback::{SEVERITIES, Voice},
    limits,
};
use management::{author, check, refusal::Means};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{
    TenantTx,
    audit::Read,
    caller::{Need, enter_as},
    deliveries::{self, News},
    demands::{self, Thing},
    escalations::{self, Afterwards, Changes, Escalation, Note, Opening, Reply, Spoken, Which},
    events::{self, Category, Event},
    idempotency::{self, Claim, Once},
};

/// What a new ticket says.
#[derive(Debug)]
pub struct Given {
    /// The conversation.
    pub session: SessionId,
    /// One of [`REASONS`]; `None`: its user wants it.
    pub reason: Option<String>,
    /// Blank: nothing.
    pub summary: Option<String>,
    /// An object.
    pub details: Option<Value>,
    /// Blank: nobody's yet.
    pub owner_team: Option<String>,
    /// One of [`SEVERITIES`]; `None`: medium.
    pub priority: Option<String>,
    /// Its id in another system; blank: none.
    pub external_ticket: Option<String>,
}

impl Given {
    /// That somebody wants to talk with people, and nothing else.
    fn wish(session: SessionId, summary: Option<String>) -> Self {
        Self {
            session,
            reason: None,
            summary,
            details: None,
            owner_team: None,
            priority: None,
            external_ticket: None,
        }
    }
}

/// What is to be changed of a ticket; what is not named stays, an inner `None` takes away.
#[derive(Debug, Default)]
pub struct Change {
    /// One of [`Status`].
    pub status: Option<String>,
    /// How the conversation goes on when the ticket ends: `active` or `complete`.
    pub session_status: Option<String>,
    /// One of [`SEVERITIES`].
    pub priority: Option<String>,
    /// Who works on it.
    pub assigned_agent: Option<Option<String>>,
    /// Whose it is.
    pub owner_team: Option<Option<String>>,
    /// For people.
    pub summary: Option<Option<String>>,
    /// Its id in another system.
    pub external_ticket: Option<Option<String>>,
}

/// A ticket with all that belongs to it.
#[derive(Debug)]
pub struct Whole {
    /// The ticket.
    pub ticket: Escalation,
    /// What agents told each other, oldest first.
    pub notes: Vec<Note>,
    /// The newest messages of its conversation, by reference.
    pub transcript: Vec<Spoken>,
}

impl Insight {
    /// Hands a conversation to people.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict while the conversation has a ticket.
    pub async fn escalate(&self, caller: &Caller, given: Given) -> Result<Whole, Refusal> {
        let need = match caller {
            // Whoever talks in a session may ask for people there; what becomes of it others say.
            Caller::EndUser { .. } => Need::inside(given.session, Scope::EscalationsWrite),
            Caller::Key(_) | Caller::Person { .. } => Need::from(Scope::EscalationsWrite),
        };
        let (tx, asking) = enter_as(&self.database, caller, need).await?;
        demands::claim(&tx, caller).await?;
        let given = match caller {
            Caller::EndUser { .. } => {
                let kinds = taken_out(&tx).await?;
                let summary =
                    given.summary.map(|text| kept(text, &kinds, limits::ESCALATION_SUMMARY_CHARACTERS));
                Given::wish(given.session, summary)
            }
            Caller::Key(_) | Caller::Person { .. } => given,
        };
        let opening = opening(given)?;
        let id = EscalationId::generate();
        let opened = escalations::open(&tx, id, Voice::of(caller, asking.id), &opening).await;
        if !opened.map_err(|error| Refusal::of_row(error, &ONE_A_SESSION))? {
            return Err(Refusal::NotFound("session"));
        }
        record(&tx, "escalation_opened", id, opening.session, json!({ "reason": opening.reason })).await?;
        deliveries::tell_ticket_system(&tx, id, News::Opened).await?;
        self.finish_told(tx, id).await
    }

    /// Tickets, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn escalations(
        &self,
        caller: &Caller,
        which: &Which<'_>,
        limit: u32,
    ) -> Result<Vec<Escalation>, Refusal> {
        let read = async |tx: &TenantTx| escalations::list(tx, which, limit).await;
        self.admitted(caller, Need::reading(Scope::EscalationsRead, Read::Tickets), read).await
    }

    /// One ticket, with its notes and its conversation by reference.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn escalation(&self, caller: &Caller, id: EscalationId) -> Result<Whole, Refusal> {
        let tx = self.enter(caller, Need::reading(Scope::EscalationsRead, Read::Ticket(id))).await?;
        finish_with(tx, id).await
    }

    /// Changes a ticket. Whoever is named on an open one has it assigned; when it ends, its conversation goes on without
    /// people.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when that state does not follow the present one.
    pub async fn change_escalation(
        &self,
        caller: &Caller,
        id: EscalationId,
        change: Change,
    ) -> Result<Whole, Refusal> {
        let tx = self.enter(caller, Scope::EscalationsWrite).await?;
        let (wanted, afterwards, changes) = checked(change)?;
        let present = escalations::hold(&tx, id).await?.ok_or(Refusal::NotFound("escalation"))?;
        demands::unchanged(&tx, Thing::Escalation(id.0)).await?;
        let status = following(present, wanted, &changes)?;
        if afterwards.is_some() && (status.is_live() || !present.is_live()) {
            let detail =
                "It says how the conversation goes on when the ticket ends: give it with that status.";
            return Err(Refusal::invalid("/session_status", detail));
        }
        let changed = escalations::change(&tx, id, status, &changes).await;
        changed.map_err(|error| Refusal::of_row(error, &ONE_A_SESSION))?;
        if status.is_live() {
            escalations::take_over(&tx, id).await?;
        } else if present.is_live() {
            escalations::give_back(&tx, id, afterwards.unwrap_or_default()).await?;
        }
        if status != present {
            let ticket = escalations::get(&tx, id).await?.ok_or(Refusal::NotFound("escalation"))?;
            let payload = json!({ "from": present.as_str(), "to": status.as_str() });
            record(&tx, "escalation_changed", id, ticket.session, payload).await?;
            deliveries::tell_ticket_system(&tx, id, News::Changed).await?;
        }
        self.finish_told(tx, id).await
    }

    /// Adds a note that only agents see.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the ticket has as many as there may be.
    pub async fn note_escalation(
        &self,
        caller: &Caller,
        id: EscalationId,
        content: &str,
    ) -> Result<Note, Refusal> {
        let tx = self.enter_once(caller, Scope::EscalationsWrite).await?;
        let content = check::text("/content", content, limits::ESCALATION_NOTE_CHARACTERS)?;
        escalations::hold(&tx, id).await?.ok_or(Refusal::NotFound("escalation"))?;
        let note =
            escalations::note(&tx, id, &content, &author(&tx, caller).await?).await?.ok_or_else(|| {
                let detail = format!("A ticket has at most {} notes.", limits::ESCALATION_NOTES);
                Refusal::conflict("too-many-notes", detail)
            })?;
        deliveries::tell_ticket_system(&tx, id, News::Noted(note.id)).await?;
        self.bell.ring(tx.finish_activity().await?, caller.organization()).await;
        Ok(note)
    }

    /// Answers in the conversation as an agent: the ticket's, where one is named. Under the same key of the caller's it is done
    /// once; `true`: it was done before.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when ticket or conversation have ended.
    pub async fn reply_to_escalation(
        &self,
        caller: &Caller,
        id: EscalationId,
        content: &str,
        once: Option<String>,
    ) -> Result<(Reply, bool), Refusal> {
        let tx = self.enter(caller, Scope::EscalationsWrite).await?;
        let content = check::text("/content", content, limits::ASSISTANT_MESSAGE_CHARACTERS)?;
        let fingerprint = Sha256::digest(format!("reply\0{id}\0{content}")).into();
        let once = once.map(|once| Once { key: once, fingerprint });
        if let Some(once) = &once
            && let Some(reply) = replied_before(&tx, caller, once).await?
        {
            tx.finish().await?;
            return Ok((reply, true));
        }
        let status = escalations::hold(&tx, id).await?.ok_or(Refusal::NotFound("escalation"))?;
        if !status.is_live() {
            let detail = format!("The ticket is {}; take it up again first.", status.as_str());
            return Err(Refusal::conflict("ticket-ended", detail));
        }
        let ticket = escalations::get(&tx, id).await?.ok_or(Refusal::NotFound("escalation"))?;
        let by = match ticket.assigned_agent {
            Some(agent) => agent,
            None => author(&tx, caller).await?,
        };
        let content = kept(content, &taken_out(&tx).await?, limits::ASSISTANT_MESSAGE_CHARACTERS);
        let words = language::words(&content);
        let replied = escalations::reply(&tx, (id, ticket.session), &content, &words, &by).await?;
        let Some(reply) = replied else {
            let detail = "The conversation has ended; nobody would read the answer there.";
            return Err(Refusal::conflict("session-ended", detail));
        };
        record(&tx, "agent_replied", id, ticket.session, json!({ "sequence_number": reply.sequence }))
            .await?;
        deliveries::tell_channel(&tx, id, ticket.session, (reply.id, reply.sequence)).await?;
        deliveries::tell_ticket_system(&tx, id, News::Replied(reply.id)).await?;
        if status != Status::InProgress {
            deliveries::tell_ticket_system(&tx, id, News::Changed).await?;
        }
        if let Some(once) = &once {
            idempotency::settle(&tx, caller, once, &json!(reply)).await?;
        }
        self.bell.ring(tx.finish_activity().await?, caller.organization()).await;
        Ok((reply, false))
    }

    /// A ticket after something happened to it that others are told of.
    async fn finish_told(&self, tx: TenantTx, id: EscalationId) -> Result<Whole, Refusal> {
        let (organization, whole) = (tx.organization(), whole(&tx, id).await?);
        self.bell.ring(tx.finish_activity().await?, organization).await;
        Ok(whole)
    }
}

/// Where a refusal about the caller's own key points to.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// What came of the same request before; `None`: it is the first, and nobody else's until the transaction ends.
async fn replied_before(tx: &TenantTx, caller: &Caller, once: &Once) -> Result<Option<Reply>, Refusal> {
    match idempotency::claim(tx, caller, once).await? {
        Claim::Ours => Ok(None),
        Claim::Settled(known) => serde_json::from_value(known)
            .map(Some)
            .map_err(|error| Refusal::Store(store::Error::Unexpected(format!("a kept reply: {error}")))),
        Claim::UnderWay => {
            let detail = "The same request is being served at this moment, under the same Idempotency-Key. Try again in a moment.";
            Err(Refusal::conflict("request-under-way", detail))
        }
        Claim::Other => {
            let detail = "This key was used for another request. Choose a new one for each request that is to be done once.";
            Err(Refusal::invalid(IDEMPOTENCY_KEY, detail))
        }
    }
}

/// What a second live ticket of one conversation means.
const ONE_A_SESSION: [Means; 1] = [("escalations_one_a_session", || {
    let detail =
        "The conversation has a ticket that people work on; GET /api/v1/escalations?session= names it.";
    Refusal::conflict("already-escalated", detail)
})];

async fn finish_with(tx: TenantTx, id: EscalationId) -> Result<Whole, Refusal> {
    let whole = whole(&tx, id).await?;
    tx.finish().await?;
    Ok(whole)
}

async fn whole(tx: &TenantTx, id: EscalationId) -> Result<Whole, Refusal> {
    let ticket = escalations::get(tx, id).await?.ok_or(Refusal::NotFound("escalation"))?;
    let (notes, transcript) =
        futures_util::try_join!(escalations::notes(tx, id), escalations::transcript(tx, ticket.session))?;
    Ok(Whole { ticket, notes, transcript })
}

async fn record(
    tx: &TenantTx,
    kind: &str,
    id: EscalationId,
    session: SessionId,
    payload: Value,
) -> Result<(), Refusal> {
    let event = Event {
        kind,
        category: Category::UserAction,
        payload,
        session: Some(session.0),
        resource: Some(("escalation", id.0)),
    };
    Ok(events::record(tx, &[event]).await?)
}

fn opening(given: Given) -> Result<Opening, Refusal> {
    let reason = given.reason.unwrap_or_else(|| REASONS[0].to_owned());
    one_of("/reason", &reason, &REASONS)?;
    let priority = given.priority.unwrap_or_else(|| SEVERITIES[1].to_owned());
    one_of("/priority", &priority, &SEVERITIES)?;
    let details = given.details.unwrap_or_else(|| json!({}));
    check::json("/details", &details)?;
    if !details.is_object() {
        return Err(Refusal::invalid("/details", "It is an object, as in {\"order\": 4711}."));
    }
    if details.to_string().len() > limits::ESCALATION_DETAILS_BYTES {
        let detail = format!("It has at most {} bytes as JSON.", limits::ESCALATION_DETAILS_BYTES);
        return Err(Refusal::invalid("/details", detail));
    }
    let text = |pointer, given: Option<String>, most| check::optional(pointer, given.as_deref(), most);
    Ok(Opening {
        session: given.session,
        reason,
        summary: text("/summary", given.summary, limits::ESCALATION_SUMMARY_CHARACTERS)?,
        details,
        owner_team: text("/owner_team", given.owner_team, limits::ESCALATION_TEAM_CHARACTERS)?,
        priority,
        external_ticket: text(
            "/external_ticket_id",
            given.external_ticket,
            limits::EXTERNAL_TICKET_CHARACTERS,
        )?,
    })
}

/// A change as it may be made, whatever the ticket's state.
fn checked(change: Change) -> Result<(Option<Status>, Option<Afterwards>, Changes), Refusal> {
    let text = |pointer, given: Option<Option<String>>, most| match given {
        Some(given) => check::optional(pointer, given.as_deref(), most).map(Some),
        None => Ok(None),
    };
    let status = match change.status.as_deref() {
        Some(status) => Some(Status::parse(status).ok_or_else(|| {
            let known = Status::ALL.map(Status::as_str).join(", ");
            Refusal::invalid("/status", format!("It is one of {known}."))
        })?),
        None => None,
    };
    let afterwards = match change.session_status.as_deref() {
        None => None,
        Some("active") => Some(Afterwards::Active),
        Some("complete") => Some(Afterwards::Complete),
        Some(_) => return Err(Refusal::invalid("/session_status", "It is active or complete.")),
    };
    if let Some(priority) = &change.priority {
        one_of("/priority", priority, &SEVERITIES)?;
    }
    let changes = Changes {
        priority: change.priority,
        assigned_agent: text("/assigned_agent", change.assigned_agent, limits::ESCALATION_AGENT_CHARACTERS)?,
        owner_team: text("/owner_team", change.owner_team, limits::ESCALATION_TEAM_CHARACTERS)?,
        summary: text("/summary", change.summary, limits::ESCALATION_SUMMARY_CHARACTERS)?,
        external_ticket: text(
            "/external_ticket_id",
            change.external_ticket,
            limits::EXTERNAL_TICKET_CHARACTERS,
        )?,
    };
    Ok((status, afterwards, changes))
}

/// The state that a change leads to.
fn following(present: Status, wanted: Option<Status>, changes: &Changes) -> Result<Status, Refusal> {
    let wanted = wanted.unwrap_or(match (present, &changes.assigned_agent) {
        (Status::Open, Some(Some(_))) => Status::Assigned,
        (Status::Assigned, Some(None)) => Status::Open,
        _ => present,
    });
    if wanted == present || present.next().contains(&wanted) {
        return Ok(wanted);
    }
    let next: Vec<&str> = present.next().iter().map(|status| status.as_str()).collect();
    let next = if next.is_empty() { "nothing; open another ticket".to_owned() } else { next.join(", ") };
    let detail = format!(
        "A ticket that is {} does not become {}. After it comes {next}.",
        present.as_str(),
        wanted.as_str()
    );
    Err(Refusal::conflict("wrong-transition", detail))
}

#[cfg(test)]
mod tests;
