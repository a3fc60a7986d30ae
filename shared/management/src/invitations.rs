//! Invitations: who may become a user. Of an address a keyed hash is kept, by which the address that the identity provider
//! verified is known again; and where there is a key, the sealed address, so that people see whom they invited.

use crate::{Addressed, Management, Refusal, check, users::role_for};
use domain::{Caller, InvitationId, Scope, limits, sealed::Column};
use jiff::{SignedDuration, Timestamp};
use store::{
    TenantTx, caller, demands,
    invitations::{self, EMAIL_PURPOSE, Invitation, NewInvitation},
};
use uuid::Uuid;

/// What is said of an invitation.
#[derive(Debug)]
pub struct Given {
    /// The address that the identity provider will have verified.
    pub email: String,
    /// A spelling of a role that may do no more than whoever invites.
    pub role: String,
    /// What the user is called.
    pub display_name: Option<String>,
    /// Where the user belongs.
    pub org_unit: Option<String>,
    /// 1 to [`limits::INVITATION_DAYS`]; [`limits::INVITATION_DAYS_DEFAULT`] when not said.
    pub days: Option<i64>,
}

impl Management {
    /// Invitations, newest first; accepted and expired ones too.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn invitations(
        &self,
        caller: &Caller,
        before: Option<InvitationId>,
        limit: u32,
    ) -> Result<Vec<Addressed<Invitation>>, Refusal> {
        let read = async |tx: &TenantTx| invitations::list(tx, before, limit).await;
        let (asking, rows) = self.admitted_as(caller, Scope::UsersRead, read).await?;
        self.addressed(caller, &asking, Column::InvitationEmail, rows, place).await
    }

    /// Invites whoever has this address.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when somebody of this address is a user or invited; [`Refusal::KeyUnavailable`] rather than an
    /// invitation of which nobody could ever say whom it is for.
    pub async fn invite(
        &self,
        caller: &Caller,
        given: Given,
        now: Timestamp,
    ) -> Result<Addressed<Invitation>, Refusal> {
        let asking = caller::check(&self.database, caller, Scope::UsersWrite).await?;
        let email = check::email("/email", &given.email)?;
        let role = role_for(&given.role, &asking.scopes)?;
        let display_name = given.display_name.as_deref();
        let display_name = check::optional("/display_name", display_name, limits::DISPLAY_NAME_CHARACTERS)?;
        let org_unit = check::optional("/org_unit", given.org_unit.as_deref(), limits::ORG_UNIT_CHARACTERS)?;
        let days = given.days.unwrap_or(limits::INVITATION_DAYS_DEFAULT);
        let days = check::within("/expires_in_days", days, 1, limits::INVITATION_DAYS)?;
        let id = InvitationId::generate();
        let lies = Column::InvitationEmail.of(caller.organization(), id.0);
        let sealed = self.vault.seal_kept(lies, email).await?;
        let new = NewInvitation {
            id,
            email_sealed: sealed.as_deref(),
            email_hash: &self.identity_hash_key.hash(EMAIL_PURPOSE, email),
            role,
            display_name: display_name.as_deref(),
            org_unit: org_unit.as_deref(),
            invited_by: Some(&asking.name()),
            expires_at: now + SignedDuration::from_hours(24 * i64::from(days)),
        };
        let tx = self.again(caller).await?;
        demands::claim(&tx, caller).await?;
        if !invitations::create(&tx, &new).await? {
            let detail = "Somebody with this address is a user of the organization, or is invited; take that back before.";
            return Err(Refusal::conflict("already-invited", detail));
        }
        let invitation = invitations::get(&tx, id).await?.ok_or(Refusal::NotFound("invitation"))?;
        tx.finish().await?;
        Ok(Addressed { row: invitation, email: sealed.is_some().then(|| email.to_owned()) })
    }

    /// Takes an invitation back. Who accepted it stays a user.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn withdraw_invitation(&self, caller: &Caller, id: InvitationId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::UsersWrite).await?;
        if !invitations::delete(&tx, id).await? {
            return Err(Refusal::NotFound("invitation"));
        }
        tx.finish().await?;
        Ok(())
    }
}

/// Where an invitation's address lies.
fn place(invitation: &Invitation) -> (Uuid, Option<&[u8]>) {
    (invitation.id.0, invitation.email_sealed.as_deref())
}
