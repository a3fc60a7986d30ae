//! Tickets: their states, and which may follow which.

use crate::risk::Risk;

/// The state of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody has taken it.
    Open,
    /// Somebody has.
    Assigned,
    /// Somebody works on it.
    InProgress,
    /// It was answered; it may come back.
    Resolved,
    /// It is over.
    Closed,
    /// It was none.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Assigned, Self::InProgress, Self::Resolved, Self::Closed, Self::Cancelled];

    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned => "assigned",
            Self::InProgress => "in_progress",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether people still have to do with it.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Assigned | Self::InProgress)
    }

    /// The states that may follow; none after the end.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Open => &[Self::Assigned, Self::InProgress, Self::Resolved, Self::Closed, Self::Cancelled],
            Self::Assigned => &[Self::Open, Self::InProgress, Self::Resolved, Self::Closed, Self::Cancelled],
            Self::InProgress => &[Self::Assigned, Self::Resolved, Self::Closed, Self::Cancelled],
            Self::Resolved => &[Self::InProgress, Self::Closed],
            Self::Closed | Self::Cancelled => &[],
        }
    }
}

/// What of a turn may hand its conversation to people; the organization's settings say what does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Signs {
    /// Whether its answer is that there is none.
    pub has_abstained: bool,
    /// Whether people were asked for.
    pub wants_people: bool,
    /// What was mentioned.
    pub risks: Vec<Risk>,
    /// The question's mood, -1..1.
    pub sentiment: Option<f64>,
}

impl Signs {
    /// Whether there is anything to ask the settings about.
    #[must_use]
    pub fn are_there(&self) -> bool {
        self.has_abstained
            || self.wants_people
            || !self.risks.is_empty()
            || self.sentiment.is_some_and(|sentiment| sentiment < 0.0)
    }
}

/// Why a ticket is opened. The first of them is what is meant when nobody says.
pub const REASONS: [&str; 6] =
    ["requested", "repeated_abstention", "risk", "negative_sentiment", "agent", "other"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_stays_so_and_what_was_resolved_may_come_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
            assert!(!status.next().contains(&status), "{status:?} follows itself");
            // From wherever people work, a ticket can be brought to an end.
            assert_eq!(status.is_live(), status.next().contains(&Status::Cancelled), "{status:?}");
        }
        assert_eq!(Status::Closed.next(), []);
        assert!(Status::Resolved.next().contains(&Status::InProgress));
        assert_eq!(Status::parse("done"), None);
    }
}
