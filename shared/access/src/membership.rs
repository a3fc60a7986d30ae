//! Of which organization a person is, or becomes with their first token.

use crate::{Access, database_problem};
use domain::{Caller, OrganizationId, UserId, limits, sealed::Column};
use futures_util::future::try_join_all;
use identity::Person;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::{
    Database,
    invitations::{self, Accepting, EMAIL_PURPOSE},
    organizations, users,
};
use web::Problem;

/// A subject, and the organization that they say they mean.
type Asked = (String, Option<String>);

/// Where people belonged a moment ago, so that a call of theirs takes no more flushes than a key's. Not what they may
/// do: who was removed is not found by the look-up that every use case begins with.
#[derive(Default)]
pub(crate) struct Memberships(Mutex<HashMap<Asked, (OrganizationId, Instant)>>);

impl Memberships {
    fn known(&self, asked: &Asked) -> Option<OrganizationId> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (organization, since) = known.get(asked)?;
        (since.elapsed() < Duration::from_secs(limits::MEMBERSHIP_SECONDS)).then_some(*organization)
    }

    fn note(&self, asked: Asked, organization: OrganizationId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= limits::MEMBERSHIPS {
            known.clear();
        }
        known.insert(asked, (organization, Instant::now()));
    }
}

impl Access {
    /// The organization that a person calls as a member of: the one that they name, or the only one. Who is invited
    /// becomes a member here.
    pub(crate) async fn member(&self, person: &Person, named: Option<&str>) -> Result<Caller, Problem> {
        let asked = (person.subject.clone(), named.map(ToOwned::to_owned));
        let organization = match self.inner.memberships.known(&asked) {
            Some(known) => known,
            None => {
                let found = match named {
                    Some(slug) => self.of_named(person, slug).await?,
                    None => self.of_only(person).await?,
                };
                self.inner.memberships.note(asked, found);
                found
            }
        };
        Ok(Caller::Person { organization, subject: person.subject.clone() })
    }

    /// A name that is no organization's, and one of an organization that the person is not of, look the same.
    async fn of_named(&self, person: &Person, slug: &str) -> Result<OrganizationId, Problem> {
        let database = &self.inner.database;
        let organization =
            organizations::of_slug(database, slug).await.map_err(|error| database_problem(&error))?;
        let organization = organization.ok_or_else(Problem::not_a_member)?;
        let is_member = |known: Vec<OrganizationId>| known.contains(&organization);
        if is_member(self.organizations(person).await?) {
            return Ok(organization);
        }
        self.accept(person, Some(organization)).await?;
        // Another token of the same person may have been the first: so it is looked up, whoever was.
        if is_member(self.organizations(person).await?) {
            Ok(organization)
        } else {
            Err(Problem::not_a_member())
        }
    }

    async fn of_only(&self, person: &Person) -> Result<OrganizationId, Problem> {
        let mut known = self.organizations(person).await?;
        if known.is_empty() {
            self.accept(person, None).await?;
            known = self.organizations(person).await?;
        }
        match known.as_slice() {
            [] => Err(Problem::not_a_member()),
            [only] => Ok(*only),
            several => {
                let told = several.iter().take(limits::ORGANIZATIONS_TOLD);
                let slugs = told.map(|organization| slug(&self.inner.database, *organization));
                let slugs = try_join_all(slugs).await.map_err(|error| database_problem(&error))?;
                Err(Problem::organization_not_said(&slugs))
            }
        }
    }

    async fn organizations(&self, person: &Person) -> Result<Vec<OrganizationId>, Problem> {
        users::organizations_of_subject(&self.inner.database, &person.subject)
            .await
            .map_err(|error| database_problem(&error))
    }

    /// Makes a user of the person wherever their verified address is invited, or in the one organization alone.
    async fn accept(&self, person: &Person, only: Option<OrganizationId>) -> Result<(), Problem> {
        let Some(email) = &person.email else { return Ok(()) };
        let (database, hash) =
            (&self.inner.database, self.inner.identity_hash_key.hash(EMAIL_PURPOSE, email));
        let inviting = invitations::organizations_inviting(database, &hash)
            .await
            .map_err(|error| database_problem(&error))?;
        for organization in inviting {
            if only.is_none_or(|only| only == organization) {
                // Before the transaction, and in vain should another token be faster: that happens once in a person's life.
                let user = UserId::generate();
                let place = Column::UserEmail.of(organization, user.0);
                let sealed = self.inner.vault.seal_if_possible(place, Some(email)).await;
                let (email_hash, email_sealed) = (hash.as_slice(), sealed.as_deref());
                let who = Accepting { user, subject: &person.subject, email_hash, email_sealed };
                let accepted = accept_in(database, organization, who).await;
                if accepted.map_err(|error| database_problem(&error))? {
                    tracing::info!(organization.id = %organization, "invitation accepted");
                }
            }
        }
        Ok(())
    }
}

async fn accept_in(
    database: &Database,
    organization: OrganizationId,
    who: Accepting<'_>,
) -> store::Result<bool> {
    let tx = database.tenant(organization).await?;
    let accepted = invitations::accept(&tx, who).await?;
    if accepted {
        tx.finish().await?;
    }
    Ok(accepted)
}

async fn slug(database: &Database, organization: OrganizationId) -> store::Result<String> {
    let tx = database.tenant(organization).await?;
    let slug = organizations::slug(&tx).await?;
    tx.finish().await?;
    Ok(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_is_known_by_person_and_name_and_not_without_end() {
        let known = Memberships::default();
        let (organization, asked) = (OrganizationId::generate(), |named: Option<&str>| {
            ("ann".to_owned(), named.map(ToOwned::to_owned))
        });
        known.note(asked(None), organization);
        assert_eq!(known.known(&asked(None)), Some(organization));
        assert_eq!(known.known(&asked(Some("acme"))), None);
        for number in 0..limits::MEMBERSHIPS {
            known.note((number.to_string(), None), organization);
        }
        assert!(known.0.lock().expect("held by nobody").len() <= limits::MEMBERSHIPS);
    }
}
