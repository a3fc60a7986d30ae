//! What people say of answers: who says it, and which words there are for it.

use crate::Caller;
use uuid::Uuid;

/// Who says something, so that each says it once: a machine by its key, a person, an anonymous one by its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voice {
    /// `key`, `user` or `session`, as the database has it.
    pub kind: &'static str,
    /// The key's row, the user's or the session's.
    pub id: Uuid,
}

impl Voice {
    /// A caller's, who was let in as this row.
    #[must_use]
    pub const fn of(caller: &Caller, id: Uuid) -> Self {
        let kind = match caller {
            Caller::Key(_) => "key",
            Caller::Person { .. } => "user",
            Caller::EndUser { .. } => "session",
        };
        Self { kind, id }
    }
}

/// Thumbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rating {
    /// Up.
    Positive,
    /// Down.
    Negative,
}

impl Rating {
    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
        }
    }

    /// Reads the spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Positive, Self::Negative].into_iter().find(|rating| rating.as_str() == text)
    }
}

/// Why an answer waits for a reviewer.
pub const REVIEW_REASONS: [&str; 4] = ["disliked", "low_confidence", "abstained", "risk"];

/// What a reviewer's criticism is about.
pub const CRITICISM_TYPES: [&str; 5] = ["accuracy", "tone", "completeness", "relevance", "other"];

/// How much something matters: of criticisms and of tickets.
pub const SEVERITIES: [&str; 4] = ["low", "medium", "high", "critical"];

/// The states of a criticism.
pub const CRITICISM_STATUSES: [&str; 5] = ["pending", "completed", "applied", "rejected", "rolled_back"];
