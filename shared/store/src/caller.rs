//! Who calls, and what they may do: the check that every use case begins with. Keys, people and end users are looked up
//! each in one statement, which travels with whatever else is read.

use crate::{
    Database, Error, Result, TenantTx,
    api_keys::{self, Exceeded, KnownKey},
    audit::{self, Read},
    sql,
    tenant::Params,
    users::{self, KnownPerson},
};
use domain::{Caller, Role, Scope, SessionId, limits};
use futures_util::try_join;
use std::cell::Cell;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Why a caller is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// No such key, a wrong secret, revoked or expired; a token of a session that is not there any more: all the same
    /// to the caller.
    #[error("the caller is not known")]
    Unauthorized,
    /// A person who is no user of the organization, or no longer.
    #[error("the person is not a member of the organization")]
    NotAMember,
    /// The caller lacks this scope.
    #[error("the caller has not the scope {}", .0.as_str())]
    Forbidden(Scope),
    /// An end user asks for what is not of their session.
    #[error("an end user asks for more than their session")]
    OutsideSession,
    /// A session that is not the caller's: it does not exist for them.
    #[error("the session is another one's")]
    OthersSession,
    /// More calls than the caller may make.
    #[error("the caller makes more than {} calls a minute", .0.per_minute)]
    TooManyCalls(Exceeded),
    /// The database refuses or is not reachable.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What a use case needs of its caller: a scope and, where it is about one session, to be let into that session. What it
/// reads that is to be told of stands with it.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    scope: Scope,
    session: Option<SessionId>,
    read: Option<Read>,
}

impl Need {
    /// A scope, of what happens inside one session: an end user has it in their own, and a person in one that they
    /// opened.
    #[must_use]
    pub const fn inside(session: SessionId, scope: Scope) -> Self {
        Self { scope, session: Some(session), read: None }
    }

    /// A scope, to read what nobody reads without a trace.
    #[must_use]
    pub const fn reading(scope: Scope, read: Read) -> Self {
        Self { scope, session: None, read: Some(read) }
    }

    /// The same, of what happened inside one session. Whoever holds the session reads their own, and leaves no trace.
    #[must_use]
    pub const fn reading_inside(session: SessionId, scope: Scope, read: Read) -> Self {
        Self { scope, session: Some(session), read: Some(read) }
    }

    pub(crate) const fn scope(self) -> Scope {
        self.scope
    }

    pub(crate) const fn session(self) -> Option<SessionId> {
        self.session
    }

    pub(crate) const fn read(self) -> Option<Read> {
        self.read
    }
}

impl From<Scope> for Need {
    fn from(scope: Scope) -> Self {
        Self { scope, session: None, read: None }
    }
}

/// What is known of a caller.
#[derive(Debug)]
pub enum Known {
    /// A machine.
    Key(KnownKey),
    /// A person.
    Person(KnownPerson),
    /// Whoever talks in a session.
    EndUser {
        /// Set when this call is one too many.
        exceeded: Option<Exceeded>,
    },
}

/// Who was let in.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// The key's row, the user's, or the session's.
    pub id: Uuid,
    /// A person's role.
    pub role: Option<Role>,
    /// What they may do, in the order of [`Scope::ALL`]; an end user's session needs none.
    pub scopes: Vec<Scope>,
}

impl Admitted {
    /// As it is kept who did something: the key or the user by id, never a secret or a name.
    #[must_use]
    pub fn name(&self) -> String {
        if self.role.is_some() { format!("user:{}", self.id) } else { format!("api_key:{}", self.id) }
    }
}

tokio::task_local! {
    static LOOKED_UP: Cell<bool>;
}

/// Does a request's work; whether its caller was looked up meanwhile.
pub async fn watched<T>(work: impl Future<Output = T>) -> (T, bool) {
    LOOKED_UP
        .scope(Cell::new(false), async {
            let done = work.await;
            (done, LOOKED_UP.with(Cell::get))
        })
        .await
}

/// Looks a caller up and takes a token of their bucket. `None`: there is no such caller.
///
/// # Errors
/// [`Error`].
pub async fn look_up(tx: &TenantTx, caller: &Caller, need: impl Into<Need>) -> Result<Option<Known>> {
    // Outside of a request nobody watches.
    let _ = LOOKED_UP.try_with(|looked_up| looked_up.set(true));
    match caller {
        Caller::Key(key) => Ok(api_keys::look_up(tx, key).await?.map(Known::Key)),
        Caller::Person { subject, .. } => {
            Ok(users::check(tx, subject, need.into().session).await?.map(Known::Person))
        }
        Caller::EndUser { chatbot, session, .. } => {
            let most = limits::SESSION_CALLS_PER_MINUTE;
            let params: Params<'_> =
                &[(&session.0, Type::UUID), (&chatbot.0, Type::UUID), (&most, Type::INT4)];
            let row = tx.query_opt(sql!("sessions/check_end_user"), params).await?;
            Ok(row.map(|row| Known::EndUser { exceeded: Exceeded::of(&row, most) }))
        }
    }
}

/// Reads for a caller in one flush: the caller's check, what `read` asks for, and the commit travel together. So `read`
/// sends all its statements when it is first polled, and waits for nothing in between. Nothing of what it read leaves
/// before the caller is known to be let in.
///
/// # Errors
/// [`Denied`].
pub async fn admitted<T>(
    database: &Database,
    caller: &Caller,
    need: impl Into<Need>,
    read: impl AsyncFnOnce(&TenantTx) -> Result<T>,
) -> std::result::Result<T, Denied> {
    Ok(admitted_as(database, caller, need, read).await?.1)
}

/// The same, telling who was let in.
///
/// # Errors
/// [`Denied`].
pub async fn admitted_as<T>(
    database: &Database,
    caller: &Caller,
    need: impl Into<Need>,
    read: impl AsyncFnOnce(&TenantTx) -> Result<T>,
) -> std::result::Result<(Admitted, T), Denied> {
    let need = need.into();
    let tx = database.tenant(caller.organization()).await?;
    let (known, (), found, ()) = try_join!(
        look_up(&tx, caller, need),
        audit::read_by(&tx, caller, need),
        read(&tx),
        committed(&tx, need)
    )?;
    tx.close();
    Ok((noted(known.as_ref(), caller, need)?, found))
}

/// Opens a transaction for a caller who goes on only after the check: to write, or to read one thing after another. The check
/// is a transaction of its own: a call that comes to nothing is a call all the same.
///
/// # Errors
/// [`Denied`].
pub async fn enter(
    database: &Database,
    caller: &Caller,
    need: impl Into<Need>,
) -> std::result::Result<TenantTx, Denied> {
    Ok(enter_as(database, caller, need).await?.0)
}

/// The same, telling who was let in.
///
/// # Errors
/// [`Denied`].
pub async fn enter_as(
    database: &Database,
    caller: &Caller,
    need: impl Into<Need>,
) -> std::result::Result<(TenantTx, Admitted), Denied> {
    let admitted = check(database, caller, need).await?;
    Ok((again(database, caller).await?, admitted))
}

/// Another transaction of a caller who was let in before: what they came for is told with the first one that commits.
///
/// # Errors
/// [`Error`].
pub async fn again(database: &Database, caller: &Caller) -> Result<TenantTx> {
    let tx = database.tenant(caller.organization()).await?;
    tx.tell_of_changes();
    Ok(tx)
}

/// The check alone, for a caller for whom something else is asked before a transaction is opened.
///
/// # Errors
/// [`Denied`].
pub async fn check(
    database: &Database,
    caller: &Caller,
    need: impl Into<Need>,
) -> std::result::Result<Admitted, Denied> {
    let need = need.into();
    let tx = database.tenant(caller.organization()).await?;
    let (known, (), ()) =
        try_join!(look_up(&tx, caller, need), audit::read_by(&tx, caller, need), committed(&tx, need))?;
    tx.close();
    noted(known.as_ref(), caller, need)
}

/// A check may be lost; that something was read may not.
async fn committed(tx: &TenantTx, need: Need) -> Result<()> {
    if need.read.is_some() { tx.commit().await } else { tx.commit_what_may_be_lost().await }
}

/// Lets a caller in, or not, and notes who changes something.
fn noted(known: Option<&Known>, caller: &Caller, need: Need) -> std::result::Result<Admitted, Denied> {
    let admitted = admit(known, caller, need)?;
    audit::note(&admitted, need);
    Ok(admitted)
}

/// The same for whatever any caller who is known may ask.
///
/// # Errors
/// [`Denied`].
pub async fn enter_known(
    database: &Database,
    caller: &Caller,
) -> std::result::Result<(TenantTx, Admitted), Denied> {
    let known = known(database, caller).await?;
    Ok((database.tenant(caller.organization()).await?, known))
}

/// Whether a caller is known and may call at present, whatever for, in one flush.
///
/// # Errors
/// [`Denied::Unauthorized`], [`Denied::NotAMember`], [`Denied::TooManyCalls`], [`Denied::Store`].
pub async fn known(database: &Database, caller: &Caller) -> std::result::Result<Admitted, Denied> {
    let tx = database.tenant(caller.organization()).await?;
    let (known, ()) = try_join!(look_up(&tx, caller, Scope::Chat), tx.commit_what_may_be_lost())?;
    tx.close();
    recognise(known.as_ref(), caller)
}

/// Lets a caller in, or not.
///
/// # Errors
/// All of [`Denied`] but [`Denied::Store`].
pub fn admit(
    known: Option<&Known>,
    caller: &Caller,
    need: impl Into<Need>,
) -> std::result::Result<Admitted, Denied> {
    let (admitted, need) = (recognise(known, caller)?, need.into());
    let holds = |scope| admitted.scopes.contains(&scope);
    match (caller, known, need.session) {
        (Caller::EndUser { session, .. }, _, Some(wanted)) if *session == wanted => {}
        (Caller::EndUser { .. }, _, Some(_)) => return Err(Denied::OthersSession),
        (Caller::EndUser { .. }, _, None) => return Err(Denied::OutsideSession),
        // Who may ask may do so in a session of their own; other people's are for those who look after them.
        (_, Some(Known::Person(person)), Some(_)) => match person.owns_session {
            true if holds(Scope::Chat) => {}
            _ if holds(need.scope) && holds(Scope::SessionsRead) => {}
            // What its owner shared is read by whoever may ask, and changed by nobody else.
            _ if person.is_shared && need.scope == Scope::SessionsRead && holds(Scope::Chat) => {}
            _ if holds(Scope::Chat) => return Err(Denied::OthersSession),
            _ => return Err(Denied::Forbidden(need.scope)),
        },
        _ if holds(need.scope) => {}
        _ => return Err(Denied::Forbidden(need.scope)),
    }
    Ok(admitted)
}

/// Whether a caller is who the request says and may call at present, whatever for.
///
/// # Errors
/// [`Denied::Unauthorized`], [`Denied::NotAMember`], [`Denied::TooManyCalls`].
pub fn recognise(known: Option<&Known>, caller: &Caller) -> std::result::Result<Admitted, Denied> {
    let within = |exceeded: Option<Exceeded>| exceeded.map_or(Ok(()), |over| Err(Denied::TooManyCalls(over)));
    match (caller, known) {
        (Caller::Key(key), Some(Known::Key(known))) if known.admits(key) => {
            within(known.exceeded)?;
            let scopes = Scope::ALL.into_iter().filter(|scope| known.allows(*scope)).collect();
            Ok(Admitted { id: key.id.0, role: None, scopes })
        }
        (Caller::Person { .. }, Some(Known::Person(person))) => {
            within(person.exceeded)?;
            let scopes = person.role.scopes().to_vec();
            Ok(Admitted { id: person.id.0, role: Some(person.role), scopes })
        }
        (Caller::Person { .. }, _) => Err(Denied::NotAMember),
        (Caller::EndUser { session, .. }, Some(Known::EndUser { exceeded })) => {
            within(*exceeded)?;
            Ok(Admitted { id: session.0, role: None, scopes: Vec::new() })
        }
        _ => Err(Denied::Unauthorized),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ChatbotId, OrganizationId, UserId};

    fn person(role: Role, owns_session: bool, scope: Scope, session: Option<SessionId>) -> Option<Denied> {
        let known =
            KnownPerson { id: UserId::generate(), role, owns_session, is_shared: false, exceeded: None };
        admitted_to(known, scope, session)
    }

    fn admitted_to(known: KnownPerson, scope: Scope, session: Option<SessionId>) -> Option<Denied> {
        let caller = Caller::Person { organization: OrganizationId::generate(), subject: "ann".into() };
        admit(Some(&Known::Person(known)), &caller, Need { scope, session, read: None }).err()
    }

    #[test]
    fn a_person_talks_in_sessions_of_their_own_and_looks_after_others_by_role() {
        let session = Some(SessionId::generate());
        assert!(person(Role::Client, true, Scope::Chat, session).is_none());
        assert!(person(Role::Client, true, Scope::SessionsRead, session).is_none());
        for scope in [Scope::Chat, Scope::SessionsRead] {
            let denied = person(Role::Client, false, scope, session);
            assert!(matches!(denied, Some(Denied::OthersSession)), "{denied:?}");
            assert!(person(Role::ClientService, false, scope, session).is_none());
            let denied = person(Role::Viewer, true, scope, session);
            assert!(matches!(denied, Some(Denied::Forbidden(_))), "{denied:?}");
        }
        let denied = person(Role::Client, true, Scope::SessionsRead, None);
        assert!(matches!(denied, Some(Denied::Forbidden(Scope::SessionsRead))), "{denied:?}");
    }

    #[test]
    fn a_shared_session_is_read_by_colleagues_and_tended_by_its_owner() {
        let session = Some(SessionId::generate());
        let shared = |role, owns_session| KnownPerson {
            id: UserId::generate(),
            role,
            owns_session,
            is_shared: true,
            exceeded: None,
        };
        assert!(admitted_to(shared(Role::Member, false), Scope::SessionsRead, session).is_none());
        for scope in [Scope::Chat, Scope::SessionsWrite] {
            let denied = admitted_to(shared(Role::Member, false), scope, session);
            assert!(matches!(denied, Some(Denied::OthersSession)), "{denied:?}");
            assert!(admitted_to(shared(Role::Client, true), scope, session).is_none());
        }
        let denied = admitted_to(shared(Role::Viewer, false), Scope::SessionsRead, session);
        assert!(matches!(denied, Some(Denied::Forbidden(_))), "{denied:?}");
    }

    #[test]
    fn an_end_user_stays_inside_one_session() {
        let (organization, chatbot, session) =
            (OrganizationId::generate(), ChatbotId::generate(), SessionId::generate());
        let caller = Caller::EndUser { organization, chatbot, session };
        let known = Known::EndUser { exceeded: None };
        assert!(admit(Some(&known), &caller, Need::inside(session, Scope::Chat)).is_ok());
        let other = admit(Some(&known), &caller, Need::inside(SessionId::generate(), Scope::Chat));
        assert!(matches!(other, Err(Denied::OthersSession)));
        for scope in Scope::ALL {
            assert!(matches!(admit(Some(&known), &caller, scope), Err(Denied::OutsideSession)));
        }
        assert!(matches!(
            admit(None, &caller, Need::inside(session, Scope::Chat)),
            Err(Denied::Unauthorized)
        ));
    }

    #[test]
    fn what_was_found_of_another_kind_lets_nobody_in() {
        let organization = OrganizationId::generate();
        let caller = Caller::Person { organization, subject: "ann".into() };
        let denied = admit(Some(&Known::EndUser { exceeded: None }), &caller, Scope::Chat);
        assert!(matches!(denied, Err(Denied::NotAMember)));
        let caller = Caller::Key(domain::ApiKey::generate(organization));
        let known = KnownPerson {
            id: UserId::generate(),
            role: Role::Admin,
            owns_session: true,
            is_shared: false,
            exceeded: None,
        };
        let denied = admit(Some(&Known::Person(known)), &caller, Scope::Chat);
        assert!(matches!(denied, Err(Denied::Unauthorized)));
    }
}
