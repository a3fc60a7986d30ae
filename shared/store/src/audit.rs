//! AUDIT: who read or changed what, when and from where. Facts of [`crate::events`] that the application can neither
//! change nor delete.
//!
//! A read is said with what the use case needs of its caller ([`crate::caller::Need::reading`]), and told in the flush that
//! reads. A change needs no word: whoever is let in for a scope that changes ([`Scope::changes`]) is told of with the first
//! commit of what they came for, so that the row and its effect are there together or not at all. From where, and what for,
//! the request says, whose visit surrounds its handler ([`Visit::within`]).

use crate::{
    Result, TenantTx,
    caller::{Admitted, Need},
    events::{self, Category, Event},
    sql,
    tenant::Params,
};
use domain::{
    ApiKeyId, Caller, ChunkId, DocumentId, EscalationId, FileId, MessageId, ReplayId, Role, Scope, SessionId,
};
use serde_json::{Map, Value, json};
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_postgres::types::Type;
use uuid::Uuid;

tokio::task_local! {
    static VISIT: Arc<Present>;
}

/// What is read that not everybody may read unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// The passages of a document.
    Chunks(DocumentId),
    /// One passage.
    Chunk(ChunkId),
    /// A link to a document's bytes, or to what was read from them.
    Original(DocumentId),
    /// What was said in a session.
    Transcript(SessionId),
    /// What was attached to a session.
    Attachment(FileId),
    /// What was searched and found for a message.
    Retrieval(MessageId),
    /// A conversation that was handed to people.
    Ticket(EscalationId),
    /// What is said of such conversations.
    Tickets,
    /// The answers of a replay.
    Replay(ReplayId),
    /// Questions and answers of many sessions: lists for reviewers and of dashboards.
    Questions,
    /// Which API keys there are.
    ApiKeys,
    /// One API key.
    ApiKey(ApiKeyId),
    /// Who read and changed what.
    Audit,
}

impl Read {
    /// The type of the event.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Read::Chunks(_) | Read::Chunk(_) => "chunks_read",
            Read::Original(_) => "original_read",
            Read::Transcript(_) | Read::Questions | Read::Replay(_) => "transcript_read",
            Read::Attachment(_) => "attachment_read",
            Read::Retrieval(_) => "retrieval_read",
            Read::Ticket(_) | Read::Tickets => "ticket_read",
            Read::ApiKeys | Read::ApiKey(_) => "credentials_read",
            Read::Audit => "audit_read",
        }
    }

    const fn about(self) -> (Option<&'static str>, Option<Uuid>) {
        match self {
            Read::Chunks(id) | Read::Original(id) => (Some("document"), Some(id.0)),
            Read::Chunk(id) => (Some("chunk"), Some(id.0)),
            Read::Transcript(id) => (Some("session"), Some(id.0)),
            Read::Attachment(id) => (Some("file"), Some(id.0)),
            Read::Retrieval(id) => (Some("message"), Some(id.0)),
            Read::Ticket(id) => (Some("escalation"), Some(id.0)),
            Read::Tickets => (Some("escalation"), None),
            Read::Replay(id) => (Some("replay"), Some(id.0)),
            Read::Questions => (Some("message"), None),
            Read::ApiKeys => (Some("api_key"), None),
            Read::ApiKey(id) => (Some("api_key"), Some(id.0)),
            Read::Audit => (Some("event"), None),
        }
    }
}

/// A request, as audit tells of it beside who makes it.
#[derive(Debug, Default)]
pub struct Visit {
    /// The operation's id in the OpenAPI document; empty outside of HTTP.
    pub operation: String,
    /// From where.
    pub address: Option<IpAddr>,
    /// With which program, as that says.
    pub user_agent: Option<String>,
    /// What kind of thing the path is about, and which one it names.
    pub about: (String, Option<Uuid>),
    /// What kind of thing comes of it, where the path ends with that.
    pub makes: Option<String>,
    /// What else the path names.
    pub named: Map<String, Value>,
}

/// A visit that goes on.
struct Present {
    visit: Visit,
    change: Mutex<Change>,
}

/// What a request changes.
#[derive(Debug, Default, Clone)]
struct Change {
    /// Who, by which scope; none who changes anything.
    by: Option<(Teller, Scope)>,
    /// What was made.
    made: Option<Uuid>,
    is_told: bool,
}

/// Who did something, and from where.
#[derive(Debug, Default, Clone)]
pub(crate) struct Teller {
    pub(crate) user: Option<Uuid>,
    pub(crate) key: Option<Uuid>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Option<String>,
}

impl Visit {
    /// Runs what serves the request.
    pub async fn within<T>(self, serving: impl Future<Output = T>) -> T {
        VISIT.scope(Arc::new(Present { visit: self, change: Mutex::default() }), serving).await
    }
}

impl Present {
    fn change(&self) -> MutexGuard<'_, Change> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn present() -> Option<Arc<Present>> {
    VISIT.try_with(Arc::clone).ok()
}

fn teller(admitted: &Admitted) -> Teller {
    let present = present();
    let (user, key) =
        if admitted.role.is_some() { (Some(admitted.id), None) } else { (None, Some(admitted.id)) };
    let visit = present.as_ref().map(|present| &present.visit);
    let address = visit.and_then(|visit| visit.address);
    Teller { user, key, address, user_agent: visit.and_then(|visit| visit.user_agent.clone()) }
}

/// Writes that somebody who was let in did something: for what is known only afterwards.
///
/// # Errors
/// [`crate::Error`].
pub async fn record(tx: &TenantTx, admitted: &Admitted, event: &Event<'_>) -> Result<()> {
    events::record_of(tx, &teller(admitted), event, event.resource.unzip()).await
}

/// Notes who changes something with this request. What happens inside a session is told with the session.
pub(crate) fn note(admitted: &Admitted, need: Need) {
    if need.scope().changes()
        && need.session().is_none()
        && let Some(present) = present()
    {
        present.change().by.get_or_insert((teller(admitted), need.scope()));
    }
}

/// Notes what a request made, where it is what the request was for.
pub(crate) fn made(kind: &str, id: Uuid) {
    if let Some(present) = present()
        && present.visit.makes.as_deref() == Some(kind)
    {
        present.change().made.get_or_insert(id);
    }
}

/// A change that is told with the next commit.
pub(crate) struct Untold {
    present: Arc<Present>,
    by: Teller,
    scope: Scope,
    made: Option<Uuid>,
}

/// What this request changes and nobody told yet.
pub(crate) fn untold() -> Option<Untold> {
    let present = present()?;
    let Change { by, made, is_told } = present.change().clone();
    let (by, scope) = by.filter(|_| !is_told)?;
    Some(Untold { present, by, scope, made })
}

impl Untold {
    pub(crate) async fn tell(&self, tx: &TenantTx) -> Result<()> {
        let visit = &self.present.visit;
        let mut payload = visit.named.clone();
        payload.insert("scope".to_owned(), json!(self.scope.as_str()));
        let (kind, of) = (visit.about.0.as_str(), visit.about.1);
        let about = match (&visit.makes, self.made) {
            (Some(made), Some(id)) => {
                if let Some(of) = of {
                    payload.insert(kind.to_owned(), json!(of));
                }
                (made.as_str(), Some(id))
            }
            _ => (kind, of),
        };
        let event = Event {
            kind: &visit.operation,
            category: Category::Audit,
            payload: Value::Object(payload),
            session: None,
            resource: None,
        };
        events::record_of(tx, &self.by, &event, (Some(about.0), about.1)).await
    }

    /// The commit went through.
    pub(crate) fn done(self) {
        self.present.change().is_told = true;
    }
}

/// Tells of a read in the flush that reads: the caller's check was sent before.
pub(crate) async fn read_by(tx: &TenantTx, caller: &Caller, need: Need) -> Result<()> {
    let Some(read) = need.read().filter(|_| !matches!(caller, Caller::EndUser { .. })) else { return Ok(()) };
    let present = present();
    let visit = present.as_ref().map(|present| &present.visit);
    let (address, user_agent) =
        visit.map_or((None, None), |visit| (visit.address, visit.user_agent.as_deref()));
    let payload =
        json!({ "scope": need.scope().as_str(), "operation": visit.map(|visit| visit.operation.as_str()) });
    let (key, hash) = match caller {
        Caller::Key(key) => (Some(key.id.0), Some(key.hash().to_vec())),
        Caller::Person { .. } | Caller::EndUser { .. } => (None, None),
    };
    let may = |role: &Role| {
        role.scopes().contains(&need.scope())
            && (need.session().is_none() || role.scopes().contains(&Scope::SessionsRead))
    };
    let roles: Vec<&str> = Role::ALL.iter().filter(|role| may(role)).map(|role| role.as_str()).collect();
    let (kind, id) = read.about();
    let params: Params<'_> = &[
        (&domain::EventId::generate().0, Type::UUID),
        (&read.kind(), Type::TEXT),
        (&payload, Type::JSONB),
        (&need.session().map(|session| session.0), Type::UUID),
        (&kind, Type::TEXT),
        (&id, Type::UUID),
        (&address, Type::INET),
        (&user_agent, Type::TEXT),
        (&key, Type::UUID),
        (&hash, Type::BYTEA),
        (&need.scope().as_str(), Type::TEXT),
        (&caller.subject(), Type::TEXT),
        (&roles, Type::TEXT_ARRAY),
    ];
    tx.execute(sql!("events/read_by"), params).await?;
    Ok(())
}
