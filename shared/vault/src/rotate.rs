//! Data keys change while both serve: a new one seals from now on, the one before opens until everything that it sealed is
//! sealed anew, and goes when nothing names it any more. What could not be sealed in its time is sealed here as well. A run may die
//! anywhere; the next one goes on.

use crate::{Error, Inner, Result, Vault, does_not_open};
use domain::{DataKeyId, OrganizationId, limits, sealed::Column};
use jiff::Timestamp;
use std::time::Instant;
use store::{
    data_keys, organizations,
    sealed::{self, Lying, Missing},
};
use uuid::Uuid;

/// When the active data key is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once, because somebody wants it.
    Now,
    /// When it is [`limits::DATA_KEY_DAYS`] old.
    Old,
}

/// What was done.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Data keys that were made.
    pub made: u64,
    /// Values that were sealed anew.
    pub resealed: u64,
    /// Addresses of users that were sealed late, from their invitations.
    pub filled: u64,
    /// Values that open no more; the log names their rows.
    pub unopened: u64,
    /// Old data keys that were deleted.
    pub destroyed: u64,
    /// Whether time ran out; the next run goes on.
    pub is_unfinished: bool,
}

/// What was done for everybody.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The sum of what was done.
    pub rotated: Rotated,
    /// Organizations where something failed; the log says what.
    pub failed: u64,
}

impl Rotated {
    fn add(&mut self, other: Self) {
        self.made += other.made;
        self.resealed += other.resealed;
        self.filled += other.filled;
        self.unopened += other.unopened;
        self.destroyed += other.destroyed;
        self.is_unfinished |= other.is_unfinished;
    }
}

impl Vault {
    /// The daily work: [`Self::rotate`] for every organization, when its key is old. `None` without a key.
    ///
    /// # Errors
    /// When the list of organizations cannot be read.
    pub async fn rotate_all(&self, until: Instant) -> Result<Option<Report>> {
        let Some(inner) = &self.inner else { return Ok(None) };
        let mut report = Report::default();
        for organization in organizations::of_today(&inner.database).await? {
            if Instant::now() > until {
                report.rotated.is_unfinished = true;
                break;
            }
            match self.rotate(organization, When::Old, until).await {
                Ok(rotated) => report.rotated.add(rotated.unwrap_or_default()),
                Err(error) => {
                    report.failed += 1;
                    tracing::error!(organization.id = %organization, error = %error, "a data key cannot be replaced");
                }
            }
        }
        Ok(Some(report))
    }

    /// Replaces an organization's data key if it is time to, seals anew what older ones sealed, and deletes those that nothing
    /// names; nothing new begins after `until`. `None` without a key.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Store`].
    pub async fn rotate(
        &self,
        organization: OrganizationId,
        when: When,
        until: Instant,
    ) -> Result<Option<Rotated>> {
        let Some(inner) = &self.inner else { return Ok(None) };
        let mut rotated = Rotated::default();
        // Where nothing was ever sealed, nothing is to be done.
        let Some(active) = inner.active_row(organization).await? else { return Ok(Some(rotated)) };
        let age = Timestamp::now().duration_since(active.created_at);
        let is_old = age >= jiff::SignedDuration::from_hours(24 * limits::DATA_KEY_DAYS);
        if (when == When::Now || is_old) && inner.replace(organization, active.id).await? {
            rotated.made = 1;
        }
        let tx = inner.database.tenant(organization).await?;
        let has_retired = data_keys::has_retired(&tx).await?;
        let missing = sealed::missing(&tx, limits::RESEALED_AT_ONCE).await?;
        tx.finish().await?;
        self.fill(inner, organization, missing, &mut rotated).await?;
        if has_retired {
            // As the database has it at this moment, whoever made it, and not as this process remembers it.
            let Some(active) = inner.active_row(organization).await? else { return Ok(Some(rotated)) };
            let (current, _) = inner.opened_active(organization, &active).await?;
            for column in Column::ALL {
                self.reseal(inner, organization, column, current, until, &mut rotated).await?;
            }
            let tx = inner.database.tenant(organization).await?;
            rotated.destroyed = data_keys::destroy(&tx, limits::DATA_KEY_RETIRED_HOURS).await?;
            tx.finish().await?;
        }
        Ok(Some(rotated))
    }

    /// Who joined while KMS did not answer has a hash alone; their address lies sealed at their invitation.
    async fn fill(
        &self,
        inner: &Inner,
        organization: OrganizationId,
        missing: Vec<Missing>,
        rotated: &mut Rotated,
    ) -> Result<()> {
        for one in missing {
            let row = one.invitation.0;
            let email = match self.open(Column::InvitationEmail.of(organization, row), &one.sealed).await {
                Ok(email) => zeroize::Zeroizing::new(email),
                Err(error @ Error::NotOfThisPlace) => {
                    does_not_open(organization, Column::InvitationEmail, row, &error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let place = Column::UserEmail.of(organization, one.user.0);
            if let Some(sealed) = self.seal_kept(place, &email).await? {
                let tx = inner.database.tenant(organization).await?;
                rotated.filled += u64::from(sealed::keep_email(&tx, one.user, &sealed).await?);
                tx.finish().await?;
            }
        }
        Ok(())
    }

    async fn reseal(
        &self,
        inner: &Inner,
        organization: OrganizationId,
        column: Column,
        current: DataKeyId,
        until: Instant,
        rotated: &mut Rotated,
    ) -> Result<()> {
        let mut after: Option<Uuid> = None;
        loop {
            if Instant::now() > until {
                rotated.is_unfinished = true;
                return Ok(());
            }
            let tx = inner.database.tenant(organization).await?;
            let stale = sealed::stale(&tx, column, current, after, limits::RESEALED_AT_ONCE).await?;
            tx.finish().await?;
            let Some(last) = stale.last().map(|lying| lying.row) else { return Ok(()) };
            after = Some(last);
            let anew = self.sealed_anew(organization, column, stale, rotated).await?;
            let tx = inner.database.tenant(organization).await?;
            rotated.resealed += sealed::replace(&tx, column, &anew).await?;
            tx.finish().await?;
        }
    }

    async fn sealed_anew(
        &self,
        organization: OrganizationId,
        column: Column,
        stale: Vec<Lying>,
        rotated: &mut Rotated,
    ) -> Result<Vec<(Lying, Vec<u8>)>> {
        let mut anew = Vec::with_capacity(stale.len());
        for lying in stale {
            let place = column.of(organization, lying.row);
            match self.open(place, &lying.sealed).await {
                Ok(value) => {
                    let value = zeroize::Zeroizing::new(value);
                    if let Some(sealed) = self.seal_kept(place, &value).await? {
                        anew.push((lying, sealed));
                    }
                }
                Err(error @ Error::NotOfThisPlace) => {
                    rotated.unopened += 1;
                    does_not_open(organization, column, lying.row, &error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(anew)
    }
}

impl Inner {
    /// A new active key in the place of this one; `false` when somebody else replaced it meanwhile.
    async fn replace(&self, organization: OrganizationId, old: DataKeyId) -> Result<bool> {
        let (id, made) = (DataKeyId::generate(), self.kms.generate(organization).await?);
        let tx = self.database.tenant(organization).await?;
        if !data_keys::retire(&tx, old).await? {
            return Ok(false);
        }
        if !data_keys::create(&tx, id, &made.sealed, self.kms.key_arn()).await? {
            return Ok(false);
        }
        tx.finish().await?;
        self.note_active(organization, id, made.key);
        Ok(true)
    }
}
