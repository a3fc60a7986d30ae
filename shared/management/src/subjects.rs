//! What persons ask for about themselves: asked here, done by `aggregate`.

use crate::{Management, Refusal, author, users::stays_governed};
use domain::{
    Caller, DataSubjectRequestId, OrganizationId, Scope,
    document::DERIVED_PREFIX,
    limits,
    subject::{Subject, Wish, export_path},
};
use jiff::Timestamp;
use objects::signed::Link;
use queue::{ActivityQueue, Task};
use serde_json::{Value, json};
use std::time::Duration;
use store::{
    TenantTx, demands,
    events::{self, Category, Event},
    invitations::EMAIL_PURPOSE,
    sessions,
    subjects::{self, Found, New, Request, Which},
    users,
};
use uuid::Uuid;

/// The kinds of events that say who asked for something about a person, and who was given the link to an export.
pub const REQUESTED: &str = "data_subject_requested";
pub const EXPORT_LINKED: &str = "data_subject_export_linked";

impl Management {
    /// Asks for a person's data to be exported or erased. Of who it is, ids and keyed hashes are kept, until it is done.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict for the last administrator, and while [`limits::SUBJECT_REQUESTS_OPEN`] are not over.
    pub async fn ask_about(
        &self,
        caller: &Caller,
        activity: &ActivityQueue,
        wish: Wish,
        subject: &Subject,
    ) -> Result<Request, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::DataSubjectsWrite).await?;
        if !subject.is_well_formed() {
            let detail = format!(
                "It is no e-mail address, or has not 1 to {} characters.",
                limits::SUBJECT_CHARACTERS
            );
            return Err(Refusal::invalid(format!("/subject/{}", subject.kind()), detail));
        }
        if subjects::open(&tx).await? >= limits::SUBJECT_REQUESTS_OPEN {
            let most = limits::SUBJECT_REQUESTS_OPEN;
            let detail = format!("{most} requests are not over yet; ask again when some of them are.");
            return Err(Refusal::conflict("too-many-requests-open", detail));
        }
        is_there(&tx, subject).await?;
        let by = author(&tx, caller).await?;
        let found = self.found(subject);
        let new = New { wish, subject_kind: subject.kind(), found: &found, created_by: &by };
        let id = subjects::create(&tx, &new).await?;
        if let (Wish::Erase, Some((user, _))) = (wish, subjects::user(&tx, id).await?) {
            stays_governed(&tx, user).await?;
        }
        let payload = json!({ "by": by, "kind": wish.as_str(), "subject": subject.kind() });
        note(&tx, REQUESTED, id, payload).await?;
        let request = subjects::get(&tx, id).await?.ok_or(MISSING)?;
        tx.finish().await?;
        work_afterwards(activity, caller.organization(), id).await;
        Ok(request)
    }

    fn found(&self, subject: &Subject) -> Found {
        let hash = |purpose: &str, text: &str| Some(self.identity_hash_key.hash(purpose, text));
        let (identifier, client) = ("user_identifier", "external_client_id");
        match subject {
            Subject::User(user) => Found { user: Some(*user), ..Found::default() },
            Subject::Session(session) => Found { session: Some(*session), ..Found::default() },
            Subject::UserIdentifier(text) => {
                Found { user_identifier_hash: hash(identifier, text), ..Found::default() }
            }
            Subject::ExternalClientId(text) => {
                Found { external_client_hash: hash(client, text), ..Found::default() }
            }
            // An address is what callers often call a person by.
            Subject::Email(text) => Found {
                email_hash: hash(EMAIL_PURPOSE, text),
                user_identifier_hash: hash(identifier, text),
                external_client_hash: hash(client, text),
                ..Found::default()
            },
        }
    }

    /// Requests, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn subject_requests(
        &self,
        caller: &Caller,
        which: &Which<'_>,
        limit: u32,
    ) -> Result<Vec<Request>, Refusal> {
        let read = async |tx: &TenantTx| subjects::list(tx, which, limit).await;
        self.admitted(caller, Scope::DataSubjectsRead, read).await
    }

    /// One request, with a link to its export while there is one. Who was given the link is kept.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn subject_request(
        &self,
        caller: &Caller,
        id: DataSubjectRequestId,
        now: Timestamp,
    ) -> Result<(Request, Option<Link>), Refusal> {
        let read = async |tx: &TenantTx| subjects::get(tx, id).await;
        let (asking, request) = self.admitted_as(caller, Scope::DataSubjectsRead, read).await?;
        let request = request.ok_or(MISSING)?;
        if !request.has_export {
            return Ok((request, None));
        }
        let object = format!("{DERIVED_PREFIX}{}", export_path(caller.organization(), id));
        let good_for = Duration::from_secs(limits::DOWNLOAD_SECONDS);
        let link = self.signer.download(&object, &format!("data-subject-{id}.zip"), good_for, now).await?;
        let tx = self.again(caller).await?;
        note(&tx, EXPORT_LINKED, id, json!({ "by": asking.name() })).await?;
        tx.finish().await?;
        Ok((request, Some(link)))
    }
}

/// What stays when a person was erased, and why.
const STAYS: [(&str, &str); 5] = [
    ("documents", "Documents are the organization's; delete those that are about the person one by one."),
    (
        "figures",
        "What was counted stays, without the person; a day that is written to again is counted from what is left.",
    ),
    ("audit", "Who read and changed what stays said; it names ids that are nobody's any more."),
    (
        "tickets_of_others",
        "What the person wrote in other people's tickets and conversations is theirs; its author is nobody.",
    ),
    ("backups", "The database's own backups hold what they held, until they expire."),
];

/// The report as it is told: once a person is erased, with what stays.
#[must_use]
pub fn told(request: &Request) -> Value {
    let mut report = request.report.clone();
    if request.wish == Wish::Erase && request.status == "completed" {
        let stays = STAYS.iter().map(|(what, why)| ((*what).to_owned(), json!(why)));
        report["stays"] = Value::Object(stays.collect());
    }
    report
}

const MISSING: Refusal = Refusal::NotFound("request");

/// Of a name nobody says whether it is known: whoever has it has nothing here. An id is one of the organization's or none.
async fn is_there(tx: &TenantTx, subject: &Subject) -> Result<(), Refusal> {
    match subject {
        Subject::User(id) if users::get(tx, *id).await?.is_none() => Err(Refusal::NotFound("user")),
        Subject::Session(id) if sessions::get(tx, *id).await?.is_none() => Err(Refusal::NotFound("session")),
        _ => Ok(()),
    }
}

async fn note(tx: &TenantTx, kind: &str, id: DataSubjectRequestId, payload: Value) -> store::Result<()> {
    let resource: Option<(&str, Uuid)> = Some(("data_subject_request", id.0));
    events::record(tx, &[Event { kind, category: Category::Audit, payload, session: None, resource }]).await
}

/// Has a request worked on, when it is there. Where the queue does not answer, the daily schedule does it.
async fn work_afterwards(
    activity: &ActivityQueue,
    organization_id: OrganizationId,
    request_id: DataSubjectRequestId,
) {
    let (queue, task) = (activity.clone(), Task::DataSubject { organization_id, request_id });
    let sending = async move {
        if let Err(error) = queue.send(&[task]).await {
            tracing::error!(
                error = format!("{error:#}"),
                "a data subject's request waits for the daily schedule"
            );
        }
    };
    if let Some(now) = demands::afterwards(sending) {
        now.await;
    }
}
