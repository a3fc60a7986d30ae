//! Sessions and messages: the closed sets of words that their columns know.

use crate::limits;
use serde::{Deserialize, Serialize};

/// Where a conversation happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// A web page of the organization.
    Web,
    /// The embedded widget.
    Widget,
    /// The console's try-out.
    Playground,
    /// LINE official account.
    Line,
    /// Slack.
    Slack,
    /// Microsoft Teams.
    Teams,
    /// A program.
    #[default]
    Api,
}

impl Platform {
    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Platform::Web => "web",
            Platform::Widget => "widget",
            Platform::Playground => "playground",
            Platform::Line => "line",
            Platform::Slack => "slack",
            Platform::Teams => "teams",
            Platform::Api => "api",
        }
    }
}

/// Why a message cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageProblem {
    /// Nothing but white space.
    Empty,
    /// Over [`limits::USER_MESSAGE_CHARACTERS`].
    TooLong,
    /// A NUL character, which Postgres cannot hold.
    Nul,
}

/// A user's message that may be asked: trimmed, 1 to 2,000 characters, no NUL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question(String);

impl Question {
    /// Checks and trims a message.
    ///
    /// # Errors
    /// [`MessageProblem`].
    pub fn new(text: &str) -> Result<Self, MessageProblem> {
        let text = text.trim();
        if text.contains('\0') {
            Err(MessageProblem::Nul)
        } else if text.is_empty() {
            Err(MessageProblem::Empty)
        } else if text.chars().count() > limits::USER_MESSAGE_CHARACTERS {
            Err(MessageProblem::TooLong)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_have_edges() {
        let longest = "ก".repeat(limits::USER_MESSAGE_CHARACTERS);
        assert!(Question::new(&format!("  {longest}\n")).is_ok());
        assert_eq!(Question::new(&format!("{longest}ก")), Err(MessageProblem::TooLong));
        assert_eq!(Question::new(" \u{3000}\n"), Err(MessageProblem::Empty));
        assert_eq!(Question::new("a\0b"), Err(MessageProblem::Nul));
    }
}
