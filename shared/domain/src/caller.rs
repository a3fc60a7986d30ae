//! Who calls, as far as the request itself tells: whether they are known here is the database's to say.

use crate::{ApiKey, ChatbotId, OrganizationId, SessionId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Whose request it is, inside one organization.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A machine, with the key as presented.
    Key(ApiKey),
    /// A person whom the identity provider vouched for.
    Person {
        /// The tenant that the person calls as a member of.
        organization: OrganizationId,
        /// The identity provider's name for the person.
        subject: String,
    },
    /// Nobody in particular, with a session's token whose signature is ours.
    EndUser {
        /// The tenant.
        organization: OrganizationId,
        /// The one chatbot.
        chatbot: ChatbotId,
        /// The one session.
        session: SessionId,
    },
}

impl Caller {
    /// The tenant.
    #[must_use]
    pub const fn organization(&self) -> OrganizationId {
        match self {
            Self::Key(key) => key.organization,
            Self::Person { organization, .. } | Self::EndUser { organization, .. } => *organization,
        }
    }

    /// What tells callers of one organization apart before any of them is looked up: the key's id, the session's, or
    /// the first 128 bits of a SHA-256 of the subject.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Key(key) => key.id.0,
            Self::Person { subject, .. } => {
                let hash: [u8; 32] = Sha256::digest(subject.as_bytes()).into();
                let first = hash.first_chunk::<16>().copied().unwrap_or_default();
                uuid::Builder::from_custom_bytes(first).into_uuid()
            }
            Self::EndUser { session, .. } => session.0,
        }
    }

    /// The identity provider's name for a person; none for whom it does not vouch.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Person { subject, .. } => Some(subject),
            Self::Key(_) | Self::EndUser { .. } => None,
        }
    }
}

impl From<ApiKey> for Caller {
    fn from(key: ApiKey) -> Self {
        Self::Key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_id_and_no_other_has_it() {
        let organization = OrganizationId::generate();
        let id = |subject: &str| Caller::Person { organization, subject: subject.to_owned() }.id();
        assert_eq!(id("ann"), id("ann"));
        assert_ne!(id("ann"), id("Ann"));
        assert_eq!(id("ann").get_version_num(), 8, "never a key's or a session's, which are of version 7");
    }

    #[test]
    fn only_a_person_is_somebody_to_the_identity_provider() {
        let organization = OrganizationId::generate();
        let ann = Caller::Person { organization, subject: "ann".to_owned() };
        assert_eq!(ann.subject(), Some("ann"));
        assert_eq!(Caller::from(ApiKey::generate(organization)).subject(), None);
    }
}
