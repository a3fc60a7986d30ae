//! Files made to harm whoever reads them, and files that are broken: made in memory, each one a line of a table.

mod archives;
mod disguises;
mod markup;
mod offices;
mod pdfs;
mod sheets;
mod texts;

/// How reading such a file has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// With a typed failure.
    Rejected,
    /// With some bounded text: what is bad about it is not its text, or harmless.
    Readable,
}

/// One such file.
pub struct Hostile {
    /// What is wrong with it.
    pub what: &'static str,
    /// The name it is uploaded by.
    pub name: String,
    /// How reading it ends.
    pub expected: Expected,
    /// Makes its bytes.
    pub make: fn() -> Vec<u8>,
}

/// All of them.
#[must_use]
pub fn files() -> Vec<Hostile> {
    [
        pdfs::files(),
        archives::files(),
        offices::files(),
        sheets::files(),
        markup::files(),
        texts::files(),
        disguises::files(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn rejected(what: &'static str, name: impl Into<String>, make: fn() -> Vec<u8>) -> Hostile {
    Hostile { what, name: name.into(), expected: Expected::Rejected, make }
}

fn readable(what: &'static str, name: impl Into<String>, make: fn() -> Vec<u8>) -> Hostile {
    Hostile { what, name: name.into(), expected: Expected::Readable, make }
}

/// A million bytes, of which bombs are made.
const MEGABYTE: usize = 1_000_000;

/// Bytes that look random and are the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// `before`, so often `middle`, `after`.
fn wrapped(before: &str, middle: &str, times: usize, after: &str) -> Vec<u8> {
    [before, &middle.repeat(times), after].concat().into_bytes()
}
