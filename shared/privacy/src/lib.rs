//! Personal data in text of any language: found and redacted by shape and check digit, without a model.
//!
//! Pure: text in, ranges out. It must not know where a text comes from, who asked or what is kept of it.
//!
//! Invariants, each with a property test:
//! - what is redacted once stays as it is when it is redacted again;
//! - everything outside a finding keeps its bytes.
//!
//! Each step looks at most [`BACK`] characters around itself, so that time grows with the text, whatever the text.
//!
//! Not found: what only meaning tells (names, addresses; [`take_names`] takes out what somebody else found), and forms that people make to hide ("me at example dot org").

mod card;
mod email;
mod folded;
mod iban;
mod names;
mod national;
mod phone;
#[cfg(test)]
mod tests;

pub use names::{NAME_PLACEHOLDER, names_in, take_names};

use folded::Folded;
use std::{borrow::Cow, fmt, ops::Range};

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An address of e-mail (RFC 5321, RFC 6531), with letters of any script.
    Email,
    /// A telephone number: international (ITU-T E.164), or in a country's usual groups.
    Phone,
    /// The number of a payment card (ISO/IEC 7812): issuer, length and Luhn's check digit.
    Card,
    /// An account's number (ISO 13616): the country's length, and check digits by ISO 7064.
    Iban,
    /// A number that a state gives to a person.
    NationalId,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Email, Self::Phone, Self::Card, Self::Iban, Self::NationalId];

    /// Its word, in configuration and for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::NationalId => "national_id",
        }
    }

    /// What stands in a redacted text instead of it.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Email => "[e-mail]",
            Self::Phone => "[phone]",
            Self::Card => "[card]",
            Self::Iban => "[iban]",
            Self::NationalId => "[national id]",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A piece of personal data in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub range: Range<usize>,
}

/// How many of each kind there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([usize; Kind::ALL.len()]);

impl Counts {
    /// How many of one kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> usize {
        self.0[kind as usize]
    }

    /// How many of all kinds.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// The kinds of which there were any, and how many.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, usize)> + '_ {
        Kind::ALL.into_iter().map(|kind| (kind, self.of(kind))).filter(|(_, count)| *count > 0)
    }
}

/// A text without what was asked to be taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text; the caller's own where nothing was found.
    pub text: Cow<'a, str>,
    /// What was taken out.
    pub counts: Counts,
}

/// Characters before a finding that are looked at again: no number reaches further ahead than this.
const BACK: usize = 96;

/// The personal data of these kinds in a text, in order, without overlaps. Only what is asked for is looked for.
///
/// Of what begins at the same place the longest wins; of two of the same length, the one with check digits.
/// An address of e-mail goes before a number inside it.
#[must_use]
pub fn find(text: &str, kinds: &[Kind]) -> Vec<Finding> {
    let mut folded = Folded::new(text);
    let mut found = Vec::new();
    let mut take = |folded: &mut Folded<'_>, kind, range: Range<usize>| {
        folded.mask(range.clone());
        found.push(Finding { kind, range: folded.original(range.start)..folded.original(range.end) });
    };
    if kinds.contains(&Kind::Email) {
        let mut from = 0;
        while let Some(at) = folded.next_at_sign(from) {
            from = at + 1;
            if let Some(range) = email::around(&folded, at) {
                take(&mut folded, Kind::Email, range);
            }
        }
    }
    // What was left because a number went on behind it can be one once that went away: so a finding sends the
    // scan back. Nothing is a finding at the end, which is why redacting again finds nothing.
    let mut at = 0;
    while at < folded.len() {
        match number(&folded, at, kinds) {
            Some((kind, end)) => {
                take(&mut folded, kind, at..end);
                at = at.saturating_sub(BACK);
            }
            None => at += 1,
        }
    }
    found.sort_unstable_by_key(|finding| finding.range.start);
    found
}

/// The longest number that begins here, and its end.
fn number(folded: &Folded<'_>, at: usize, kinds: &[Kind]) -> Option<(Kind, usize)> {
    if !folded.may_begin(at) {
        return None;
    }
    // `max_by_key` keeps the last of equals: the one with a check digit stands behind.
    [Kind::Phone, Kind::NationalId, Kind::Card, Kind::Iban]
        .into_iter()
        .filter(|kind| kinds.contains(kind))
        .filter_map(|kind| {
            let end = match kind {
                Kind::Email => None,
                Kind::Phone => phone::at(folded, at),
                Kind::Card => card::at(folded, at),
                Kind::Iban => iban::at(folded, at),
                Kind::NationalId => national::at(folded, at),
            };
            end.map(|end| (kind, end))
        })
        .max_by_key(|(_, end)| *end)
}

/// The text with a placeholder in the place of all personal data of these kinds.
///
/// ```
/// use privacy::{Kind, redact};
/// let redacted = redact("Write to ana@example.org.", &Kind::ALL);
/// assert_eq!(redacted.text, "Write to [e-mail].");
/// assert_eq!(redacted.counts.of(Kind::Email), 1);
/// ```
#[must_use]
pub fn redact<'a>(text: &'a str, kinds: &[Kind]) -> Redacted<'a> {
    let found = find(text, kinds);
    let mut counts = Counts::default();
    if found.is_empty() {
        return Redacted { text: Cow::Borrowed(text), counts };
    }
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for finding in found {
        kept.push_str(&text[from..finding.range.start]);
        kept.push_str(finding.kind.placeholder());
        counts.0[finding.kind as usize] += 1;
        from = finding.range.end;
    }
    kept.push_str(&text[from..]);
    Redacted { text: Cow::Owned(kept), counts }
}
