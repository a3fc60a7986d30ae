//! What a person may ask for about themselves, and by what they are named.

use crate::{DataSubjectRequestId, OrganizationId, SessionId, UserId, limits, sealed};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Everything about the person, in one file.
    Export,
    /// That nothing about the person is kept.
    Erase,
}

impl Wish {
    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Wish::Export => "export",
            Wish::Erase => "erase",
        }
    }

    /// Reads a spelling; `None` when there is no such wish.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Wish::Export, Wish::Erase].into_iter().find(|wish| wish.as_str() == text)
    }
}

/// Who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Subject {
    /// Who signs in: the user, and the sessions that they opened.
    User(UserId),
    /// A caller's name for a person: the sessions that were opened for them.
    UserIdentifier(String),
    /// A caller's own client id: the sessions that were opened with it.
    ExternalClientId(String),
    /// An address: who signs in with it, who is invited by it, and sessions whose callers named the person by it.
    Email(String),
    /// Nobody in particular: one session.
    Session(SessionId),
}

impl Subject {
    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Subject::User(_) => "user_id",
            Subject::UserIdentifier(_) => "user_identifier",
            Subject::ExternalClientId(_) => "external_client_id",
            Subject::Email(_) => "email",
            Subject::Session(_) => "session_id",
        }
    }

    /// Whether it can name anybody.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        match self {
            Subject::User(_) | Subject::Session(_) => true,
            Subject::Email(text) => sealed::email(text).is_some(),
            Subject::UserIdentifier(text) | Subject::ExternalClientId(text) => {
                let length = text.trim().chars().count();
                (1..=limits::SUBJECT_CHARACTERS).contains(&length) && !text.contains('\0')
            }
        }
    }
}

/// Says of what kind it is, never who.
impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subject({})", self.kind())
    }
}

/// Where an organization's exports lie, below the derived prefix.
#[must_use]
pub fn exports_of(organization: OrganizationId) -> String {
    format!("exports/{organization}/")
}

/// Where an export lies, below the derived prefix.
#[must_use]
pub fn export_path(organization: OrganizationId, request: DataSubjectRequestId) -> String {
    format!("{}{request}/export.zip", exports_of(organization))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read_as_it_is_spelled() {
        for wish in [Wish::Export, Wish::Erase] {
            assert_eq!(Wish::parse(wish.as_str()), Some(wish));
        }
        assert_eq!(Wish::parse("Erase"), None);
    }

    #[test]
    fn names_have_an_edge_and_are_not_told() {
        let longest = "ก".repeat(limits::SUBJECT_CHARACTERS);
        assert!(Subject::UserIdentifier(longest.clone()).is_well_formed());
        assert!(Subject::ExternalClientId(longest.clone()).is_well_formed());
        for wrong in ["", " ", "a\0", &format!("{longest}ก")] {
            assert!(!Subject::UserIdentifier(wrong.to_owned()).is_well_formed(), "{wrong:?}");
            assert!(!Subject::ExternalClientId(wrong.to_owned()).is_well_formed(), "{wrong:?}");
            assert!(!Subject::Email(wrong.to_owned()).is_well_formed(), "{wrong:?}");
        }
        assert!(Subject::Email("ann@example.org".to_owned()).is_well_formed());
        assert_eq!(format!("{:?}", Subject::Email("ann@example.org".to_owned())), "Subject(email)");
    }
}
