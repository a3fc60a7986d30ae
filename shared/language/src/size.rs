//! How much text there is, and how much has room.

use crate::{estimate_tokens, fit};

/// An amount of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// By the estimate.
    pub tokens: usize,
    /// In UTF-8: never fewer than characters, which models limit as well.
    pub bytes: usize,
}

impl Size {
    /// Of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self { tokens: estimate_tokens(text), bytes: text.len() }
    }

    /// Together with another.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { tokens: self.tokens + other.tokens, bytes: self.bytes + other.bytes }
    }

    /// Without another, as far as there is any.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.saturating_sub(other.tokens),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }

    /// Whether there is room for it.
    #[must_use]
    pub fn fits(self, room: Self) -> bool {
        self.tokens <= room.tokens && self.bytes <= room.bytes
    }

    /// Half of it.
    #[must_use]
    pub fn half(self) -> Self {
        Self { tokens: self.tokens / 2, bytes: self.bytes / 2 }
    }

    /// Whether a text is no larger than this. Reads no further than that.
    #[must_use]
    pub fn holds(self, text: &str) -> bool {
        self.bytes >= text.len() && fit(text, self.tokens).len() == text.len()
    }

    /// The longest beginning of a text that is no larger than this.
    #[must_use]
    pub fn beginning_of(self, text: &str) -> &str {
        fit(&text[..text.floor_char_boundary(self.bytes)], self.tokens)
    }
}
