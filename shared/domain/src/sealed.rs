//! Personal data: found again by a keyed hash without being readable, and readable where it is sealed beside it. And credentials,
//! which are only sealed.

use crate::{OrganizationId, limits};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// The key of look-up hashes: a secret of the deployment, never stored beside what it hashes.
#[derive(Clone)]
pub struct IdentityHashKey(Vec<u8>);

/// Bytes that the key must have at least (NIST SP 800-107: no less than the security strength).
pub const IDENTITY_HASH_KEY_BYTES: usize = 32;

impl IdentityHashKey {
    /// Takes the secret as configured; `None` when it is too short to protect anything.
    #[must_use]
    pub fn new(secret: &str) -> Option<Self> {
        (secret.len() >= IDENTITY_HASH_KEY_BYTES).then(|| Self(secret.as_bytes().to_vec()))
    }

    /// HMAC-SHA-256 of a value, bound to what it is (`purpose`) so that equal values of two kinds differ.
    #[must_use]
    pub fn hash(&self, purpose: &str, value: &str) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(value.trim().to_lowercase().as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

/// A column whose values are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// Address of a user.
    UserEmail,
    /// Address of somebody who is invited.
    InvitationEmail,
    /// A caller's name for the person of a session.
    SessionUserIdentifier,
    /// A caller's id for the client of a session.
    SessionExternalClientId,
    /// What a notification target's messages are signed with.
    NotificationTargetSecret,
    /// What an integration's messages are signed with.
    IntegrationSecret,
    /// What an integration's other side wants in the header `Authorization`.
    IntegrationAuthorization,
}

impl Column {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::UserEmail,
        Self::InvitationEmail,
        Self::SessionUserIdentifier,
        Self::SessionExternalClientId,
        Self::NotificationTargetSecret,
        Self::IntegrationSecret,
        Self::IntegrationAuthorization,
    ];

    /// As it is written: `table.column`. What was sealed for it opens by this name alone, so it never changes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserEmail => "users.email",
            Self::InvitationEmail => "invitations.email",
            Self::SessionUserIdentifier => "sessions.user_identifier",
            Self::SessionExternalClientId => "sessions.external_client_id",
            Self::NotificationTargetSecret => "notification_targets.secret",
            Self::IntegrationSecret => "integrations.secret",
            Self::IntegrationAuthorization => "integrations.authorization",
        }
    }

    /// The place of this column in a row.
    #[must_use]
    pub const fn of(self, organization: OrganizationId, row: Uuid) -> Place {
        Place { organization, column: self, row }
    }
}

/// Where a sealed value lies, and the only place where it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Whose.
    pub organization: OrganizationId,
    /// In which column.
    pub column: Column,
    /// In which row.
    pub row: Uuid,
}

/// An e-mail address as people write it, without what stands around it; `None` for what is none. Whether it exists, the
/// identity provider verifies.
#[must_use]
pub fn email(text: &str) -> Option<&str> {
    let text = text.trim();
    let (name, host) = text.rsplit_once('@')?;
    let is_whole = !name.is_empty() && !host.is_empty();
    let is_plain = !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    (is_whole && is_plain && text.len() <= limits::EMAIL_BYTES).then_some(text)
}

impl std::fmt::Debug for IdentityHashKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentityHashKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_an_edge() {
        assert_eq!(email(" Ann@Example.org "), Some("Ann@Example.org"));
        let host = "a".repeat(limits::EMAIL_BYTES - 2);
        assert!(email(&format!("a@{host}")).is_some() && email(&format!("a@{host}a")).is_none());
        for wrong in ["", "ann", "@example.org", "ann@", "ann @example.org", "ann@example.org\0", "a@b c"] {
            assert_eq!(email(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn same_person_same_hash_and_no_other() {
        let key = IdentityHashKey::new(&"k".repeat(IDENTITY_HASH_KEY_BYTES)).expect("long enough");
        let other = IdentityHashKey::new(&"o".repeat(IDENTITY_HASH_KEY_BYTES)).expect("long enough");
        assert_eq!(key.hash("email", " Ann@Example.org "), key.hash("email", "ann@example.org"));
        assert_ne!(key.hash("email", "ann"), key.hash("external_client", "ann"));
        assert_ne!(key.hash("email", "ann"), other.hash("email", "ann"));
        assert!(IdentityHashKey::new(&"k".repeat(IDENTITY_HASH_KEY_BYTES - 1)).is_none());
        let shown = format!("{key:?}");
        assert!(shown.starts_with("IdentityHashKey") && !shown.contains("kk"), "{shown}");
    }

    #[test]
    fn every_column_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Column::ALL.map(Column::as_str).into();
        assert_eq!(names.len(), Column::ALL.len());
        for name in names {
            let (table, column) = name.split_once('.').expect("table.column");
            assert!(!table.is_empty() && !column.is_empty(), "{name}");
        }
    }
}
