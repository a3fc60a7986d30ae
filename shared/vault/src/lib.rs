//! PERSONAL DATA THAT CAN BE READ AGAIN: sealed by a data key of its organization, which KMS seals in turn (envelope encryption).
//!
//! [`form`] is the sealed value, [`kms`] the service that gives out and opens data keys, [`rotate`] the change of keys while both
//! serve. A [`Vault`] may have no key: then nothing is sealed, the keyed hash beside each value is all that is kept, and
//! nobody is refused anything.
//!
//! No transaction is open while KMS is called, and no value, sealed or not, is in an error or in the log.

mod form;
mod kms;
mod rotate;

pub use rotate::{Report, Rotated, When};

use domain::{
    DataKeyId, OrganizationId, limits,
    sealed::{Column, Place},
};
use jiff::Timestamp;
use kms::Kms;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use store::{
    Database,
    data_keys::{self, SealedKey},
};
use uuid::Uuid;
use zeroize::Zeroizing;

/// An opened data key; forgotten with zeros.
type DataKey = Zeroizing<[u8; 32]>;

/// Why something is not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// KMS does not answer, or refuses the key at present: again in a moment.
    #[error("KMS: {0}")]
    Unavailable(String),
    /// The bytes are no sealed value of this place: changed, moved, another organization's, or of a key that is gone.
    #[error("a sealed value does not open at its place")]
    NotOfThisPlace,
    /// The database refuses or is not reachable.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What comes of sealing and opening.
pub type Result<T> = std::result::Result<T, Error>;

/// Seals and opens for one deployment. One a process, since it keeps data keys open for [`limits::DATA_KEY_SECONDS`]; cheap
/// to clone.
#[derive(Clone)]
pub struct Vault {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    database: Database,
    kms: Kms,
    keys: Mutex<Keys>,
}

/// Opened data keys. Their time is the wall clock's: a process that was frozen for a day must not believe that no time has
/// passed.
#[derive(Default)]
struct Keys {
    active: HashMap<OrganizationId, (DataKeyId, Timestamp)>,
    open: HashMap<(OrganizationId, DataKeyId), (Arc<DataKey>, Timestamp)>,
}

impl Keys {
    fn active(&self, organization: OrganizationId, now: Timestamp) -> Option<(DataKeyId, Arc<DataKey>)> {
        let (id, until) = self.active.get(&organization)?;
        (now < *until).then_some(())?;
        Some((*id, self.open(organization, *id, now)?))
    }

    fn open(&self, organization: OrganizationId, id: DataKeyId, now: Timestamp) -> Option<Arc<DataKey>> {
        let (key, until) = self.open.get(&(organization, id))?;
        (now < *until).then(|| Arc::clone(key))
    }

    fn note(&mut self, organization: OrganizationId, id: DataKeyId, key: Arc<DataKey>, now: Timestamp) {
        self.open.retain(|_, (_, until)| now < *until);
        if self.open.len() >= limits::DATA_KEYS_OPEN {
            self.open.clear();
        }
        self.open.insert((organization, id), (key, until(now)));
    }

    fn note_active(&mut self, organization: OrganizationId, id: DataKeyId, now: Timestamp) {
        self.active.retain(|_, (_, until)| now < *until);
        if self.active.len() >= limits::DATA_KEYS_OPEN {
            self.active.clear();
        }
        self.active.insert(organization, (id, until(now)));
    }
}

fn until(now: Timestamp) -> Timestamp {
    now.saturating_add(jiff::SignedDuration::from_secs(limits::DATA_KEY_SECONDS)).unwrap_or(Timestamp::MAX)
}

impl Vault {
    /// Seals with data keys that this key of KMS gives out; an empty ARN: seals nothing.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig, database: &Database, kms_key_arn: &str) -> Self {
        let arn = kms_key_arn.trim();
        let inner = (!arn.is_empty()).then(|| {
            Arc::new(Inner { database: database.clone(), kms: Kms::new(aws, arn), keys: Mutex::default() })
        });
        Self { inner }
    }

    /// Seals nothing, and opens nothing.
    #[must_use]
    pub fn without_key() -> Self {
        Self { inner: None }
    }

    /// Whether there is a key.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.inner.is_some()
    }

    /// A value sealed for its place; `None` without a key: then its hash is all that is kept.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Store`].
    pub async fn seal_kept(&self, place: Place, value: &str) -> Result<Option<Vec<u8>>> {
        let Some(inner) = &self.inner else { return Ok(None) };
        let (id, key) = inner.active(place.organization).await?;
        Ok(Some(form::seal(&key, id, place, value)))
    }

    /// The same where what the value belongs to matters more than the value: while KMS does not answer, its hash is all that
    /// is kept.
    pub async fn seal_if_possible(&self, place: Place, value: Option<&str>) -> Option<Vec<u8>> {
        match self.seal_kept(place, value?).await {
            Ok(sealed) => sealed,
            Err(error) => {
                let (organization, column) = (place.organization, place.column.as_str());
                tracing::warn!(organization.id = %organization, column, error = %error, "only the hash is kept");
                None
            }
        }
    }

    /// A sealed value of its place.
    ///
    /// # Errors
    /// [`Error`]; without a key, [`Error::Unavailable`].
    pub async fn open(&self, place: Place, sealed: &[u8]) -> Result<String> {
        let Some(inner) = &self.inner else {
            return Err(Error::Unavailable("no key is configured any more".to_owned()));
        };
        let id = form::data_key(sealed).ok_or(Error::NotOfThisPlace)?;
        let key = inner.of(place.organization, id).await?;
        form::open(&key, place, sealed).ok_or(Error::NotOfThisPlace)
    }

    /// Sealed values of one column, for people to read: what does not open at present is `None`, and the log says why.
    pub async fn open_each(
        &self,
        organization: OrganizationId,
        column: Column,
        rows: &[(Uuid, Option<&[u8]>)],
    ) -> Vec<Option<String>> {
        let mut values = Vec::with_capacity(rows.len());
        for (row, sealed) in rows {
            let Some(sealed) = sealed else {
                values.push(None);
                continue;
            };
            let value = self.open(column.of(organization, *row), sealed).await;
            values.push(value.inspect_err(|error| does_not_open(organization, column, *row, error)).ok());
        }
        values
    }
}

fn does_not_open(organization: OrganizationId, column: Column, row: Uuid, error: &Error) {
    let column = column.as_str();
    match error {
        Error::NotOfThisPlace => {
            tracing::error!(organization.id = %organization, column, row.id = %row, "a sealed value does not open");
        }
        other => {
            tracing::warn!(organization.id = %organization, column, row.id = %row, error = %other, "nothing opens");
        }
    }
}

impl Inner {
    fn keys(&self) -> std::sync::MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key that seals for an organization; the first one is made here.
    async fn active(&self, organization: OrganizationId) -> Result<(DataKeyId, Arc<DataKey>)> {
        if let Some(known) = self.keys().active(organization, Timestamp::now()) {
            return Ok(known);
        }
        if let Some(row) = self.active_row(organization).await? {
            return self.opened_active(organization, &row).await;
        }
        let (id, made) = (DataKeyId::generate(), self.kms.generate(organization).await?);
        let tx = self.database.tenant(organization).await?;
        let is_ours = data_keys::create(&tx, id, &made.sealed, self.kms.key_arn()).await?;
        tx.finish().await?;
        if is_ours {
            return Ok(self.note_active(organization, id, made.key));
        }
        // Somebody else was faster; theirs it is.
        let row = self.active_row(organization).await?.ok_or_else(|| {
            Error::Store(store::Error::Unexpected("no active data key, and none can be made".to_owned()))
        })?;
        self.opened_active(organization, &row).await
    }

    async fn active_row(&self, organization: OrganizationId) -> Result<Option<SealedKey>> {
        let tx = self.database.tenant(organization).await?;
        let row = data_keys::active(&tx).await?;
        tx.finish().await?;
        Ok(row)
    }

    async fn opened_active(
        &self,
        organization: OrganizationId,
        row: &SealedKey,
    ) -> Result<(DataKeyId, Arc<DataKey>)> {
        let key = self.opened(organization, row).await?;
        self.keys().note_active(organization, row.id, Timestamp::now());
        Ok((row.id, key))
    }

    fn note_active(
        &self,
        organization: OrganizationId,
        id: DataKeyId,
        key: DataKey,
    ) -> (DataKeyId, Arc<DataKey>) {
        let (key, now) = (Arc::new(key), Timestamp::now());
        let mut keys = self.keys();
        keys.note(organization, id, Arc::clone(&key), now);
        keys.note_active(organization, id, now);
        (id, key)
    }

    /// A key that a sealed value names, if it is the organization's.
    async fn of(&self, organization: OrganizationId, id: DataKeyId) -> Result<Arc<DataKey>> {
        if let Some(known) = self.keys().open(organization, id, Timestamp::now()) {
            return Ok(known);
        }
        let tx = self.database.tenant(organization).await?;
        let row = data_keys::get(&tx, id).await?;
        tx.finish().await?;
        self.opened(organization, &row.ok_or(Error::NotOfThisPlace)?).await
    }

    async fn opened(&self, organization: OrganizationId, row: &SealedKey) -> Result<Arc<DataKey>> {
        if let Some(known) = self.keys().open(organization, row.id, Timestamp::now()) {
            return Ok(known);
        }
        let key = Arc::new(self.kms.open(organization, row).await?);
        self.keys().note(organization, row.id, Arc::clone(&key), Timestamp::now());
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_keeps_few_keys_and_for_minutes_only() {
        let (mut keys, organization) = (Keys::default(), OrganizationId::generate());
        let (first, now) = (DataKeyId::generate(), Timestamp::from_second(1_000_000).unwrap());
        keys.note(organization, first, Arc::new(Zeroizing::new([1; 32])), now);
        keys.note_active(organization, first, now);
        let later = |seconds| now + jiff::SignedDuration::from_secs(seconds);
        let last = later(limits::DATA_KEY_SECONDS - 1);
        assert!(keys.active(organization, last).is_some() && keys.open(organization, first, last).is_some());
        assert!(keys.active(OrganizationId::generate(), now).is_none());
        assert!(keys.open(OrganizationId::generate(), first, now).is_none(), "another organization's");
        let over = later(limits::DATA_KEY_SECONDS);
        assert!(keys.active(organization, over).is_none() && keys.open(organization, first, over).is_none());
        // What has had its time is forgotten when the next one comes, and never are there more than so many.
        keys.note(organization, DataKeyId::generate(), Arc::new(Zeroizing::new([2; 32])), over);
        assert_eq!(keys.open.len(), 1);
        for _ in 0..=limits::DATA_KEYS_OPEN {
            keys.note(organization, DataKeyId::generate(), Arc::new(Zeroizing::new([3; 32])), over);
            keys.note_active(OrganizationId::generate(), first, over);
            assert!(keys.open.len() <= limits::DATA_KEYS_OPEN && keys.active.len() <= limits::DATA_KEYS_OPEN);
        }
    }

    #[tokio::test]
    async fn without_a_key_nothing_is_sealed_and_nothing_refused() {
        let (vault, place) =
            (Vault::without_key(), Column::UserEmail.of(OrganizationId::generate(), Uuid::now_v7()));
        assert!(!vault.has_key());
        assert!(matches!(vault.seal_kept(place, "ann@example.org").await, Ok(None)));
        assert_eq!(vault.seal_if_possible(place, Some("ann@example.org")).await, None);
        assert!(matches!(vault.open(place, &[1; 64]).await, Err(Error::Unavailable(_))));
    }
}
