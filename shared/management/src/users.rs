//! Users: who belongs to the organization, as what; and who a caller is.

use crate::{Addressed, Management, Refusal, check};
use domain::{Caller, Role, Scope, UserId, limits, sealed::Column};
use std::str::FromStr as _;
use store::{
    TenantTx, caller,
    demands::{self, Thing},
    organizations,
    users::{self, Changes, User},
};
use uuid::Uuid;

/// What is to be changed of a user; `None`: as it is, blank: none.
#[derive(Debug, Default)]
pub struct Given {
    /// A spelling of [`Role`].
    pub role: Option<String>,
    /// What they are called.
    pub display_name: Option<String>,
    /// Where they belong.
    pub org_unit: Option<String>,
}

/// Who calls, as the caller may know.
#[derive(Debug)]
pub struct Me {
    /// The tenant's slug.
    pub organization_slug: String,
    /// The tenant's name.
    pub organization_name: String,
    /// The key's id, the user's, or the session's.
    pub id: Uuid,
    /// A person's role.
    pub role: Option<Role>,
    /// What the caller may do.
    pub scopes: Vec<Scope>,
}

impl Management {
    /// Who calls: any caller who is known may ask.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn me(&self, caller: &Caller) -> Result<Me, Refusal> {
        let (tx, known) = caller::enter_known(&self.database, caller).await?;
        let tenant = organizations::get(&tx).await?;
        tx.finish().await?;
        Ok(Me {
            organization_slug: tenant.slug,
            organization_name: tenant.name,
            id: known.id,
            role: known.role,
            scopes: known.scopes,
        })
    }

    /// Users, who joined last first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn users(
        &self,
        caller: &Caller,
        role: Option<Role>,
        before: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Addressed<User>>, Refusal> {
        let read = async |tx: &TenantTx| users::list(tx, role, before, limit).await;
        let (asking, users) = self.admitted_as(caller, Scope::UsersRead, read).await?;
        self.addressed(caller, &asking, Column::UserEmail, users, place).await
    }

    /// One user.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn user(&self, caller: &Caller, id: UserId) -> Result<Addressed<User>, Refusal> {
        let read = async |tx: &TenantTx| users::get(tx, id).await;
        let (asking, user) = self.admitted_as(caller, Scope::UsersRead, read).await?;
        let users = user.into_iter().collect();
        let mut known = self.addressed(caller, &asking, Column::UserEmail, users, place).await?;
        known.pop().ok_or(Refusal::NotFound("user"))
    }

    /// Changes a user, and with the role what they may do from their next call on.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Forbidden`] with a scope of the role that the caller lacks; a conflict for the last
    /// administrator.
    pub async fn change_user(
        &self,
        caller: &Caller,
        id: UserId,
        given: Given,
    ) -> Result<Addressed<User>, Refusal> {
        let (tx, asking) = self.enter_as(caller, Scope::UsersWrite).await?;
        demands::unchanged(&tx, Thing::User(id.0)).await?;
        let role = given.role.map(|role| role_for(&role, &asking.scopes)).transpose()?;
        let text = |pointer, given: Option<String>, most| {
            given.map(|text| check::optional(pointer, Some(&text), most)).transpose()
        };
        let changes = Changes {
            role,
            display_name: text("/display_name", given.display_name, limits::DISPLAY_NAME_CHARACTERS)?,
            org_unit: text("/org_unit", given.org_unit, limits::ORG_UNIT_CHARACTERS)?,
        };
        if role.is_some_and(|role| role != Role::Admin) {
            stays_governed(&tx, id).await?;
        }
        if !users::change(&tx, id, &changes).await? {
            return Err(Refusal::NotFound("user"));
        }
        let user = users::get(&tx, id).await?.ok_or(Refusal::NotFound("user"))?;
        tx.finish().await?;
        let mut known = self.addressed(caller, &asking, Column::UserEmail, vec![user], place).await?;
        known.pop().ok_or(Refusal::NotFound("user"))
    }

    /// Removes a user: their next call is refused, what they did stays.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict for the last administrator.
    pub async fn remove_user(&self, caller: &Caller, id: UserId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::UsersWrite).await?;
        demands::unchanged(&tx, Thing::User(id.0)).await?;
        stays_governed(&tx, id).await?;
        if !users::delete(&tx, id).await? {
            return Err(Refusal::NotFound("user"));
        }
        tx.finish().await?;
        Ok(())
    }
}

/// Where a user's address lies.
fn place(user: &User) -> (Uuid, Option<&[u8]>) {
    (user.id.0, user.email_sealed.as_deref())
}

/// Refuses that an organization with an administrator loses the last one.
pub(crate) async fn stays_governed(tx: &TenantTx, without: UserId) -> Result<(), Refusal> {
    if users::administrators(tx).await? == [without] {
        let detail = "This is the last administrator; make somebody else one before.";
        return Err(Refusal::conflict("last-administrator", detail));
    }
    Ok(())
}

/// A role that may do no more than whoever gives it.
pub(crate) fn role_for(spelled: &str, held: &[Scope]) -> Result<Role, Refusal> {
    let role = Role::from_str(spelled).map_err(|_| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        Refusal::invalid("/role", format!("There is no such role; there are {}.", known.join(", ")))
    })?;
    match role.scopes().iter().find(|scope| !held.contains(scope)) {
        Some(more) => Err(Refusal::Forbidden(*more)),
        None => Ok(role),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gives_more_than_they_have() {
        assert_eq!(role_for("admin", &Scope::ALL).expect("all of it"), Role::Admin);
        assert_eq!(role_for("client", Role::Client.scopes()).expect("held"), Role::Client);
        let more = role_for("client", &[Scope::Chat, Scope::UsersWrite]);
        assert!(matches!(more, Err(Refusal::Forbidden(Scope::Search))), "{more:?}");
        let unknown = role_for("owner", &Scope::ALL);
        assert!(
            matches!(&unknown, Err(Refusal::Invalid { pointer, .. }) if pointer == "/role"),
            "{unknown:?}"
        );
    }
}
