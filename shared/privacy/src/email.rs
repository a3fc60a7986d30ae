//! Addresses of e-mail: what people write of RFC 5321 and RFC 6531.
//!
//! Local parts of letters, digits and `._+-'~`, and domains with at least one dot, letters of any script. Not: quoted
//! local parts, IP addresses as domains, hosts without a dot, and of the marks that RFC 5322 allows those that
//! delimit addresses in the wild (`=`, `?`, `/`, `&`).

use crate::folded::{Folded, LETTER, UNSPACED};
use std::ops::Range;

/// Endings that are those of files, not domains: pictures are named `logo@2x.png`.
const FILES: [&[u8]; 7] = [b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"pdf"];

/// The address around an `@`.
///
/// An address fails only by what stands next to its `@`, never by length: so nothing that is masked later makes one
/// of what was none, and no character is looked at for more than the `@` on either side of it.
pub fn around(folded: &Folded<'_>, at: usize) -> Option<Range<usize>> {
    let start = local_start(folded, at)?;
    let end = domain_end(folded, at + 1)?;
    Some(start..end)
}

fn is_letter_or_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, LETTER | UNSPACED)
}

/// Where the local part begins. Thai runs into an address without a space ("อีเมลana@example.org"), so that one that
/// ends in a spaced script begins after the last letter of an unspaced one.
fn local_start(folded: &Folded<'_>, at: usize) -> Option<usize> {
    let mut start = at;
    let mut first = None;
    let mut unspaced = None;
    while start > 0 {
        let byte = folded.byte(start - 1);
        if !is_letter_or_digit(byte) && !b"._+-'~".contains(&byte) {
            break;
        }
        if byte == UNSPACED && unspaced == Some(false) {
            break;
        }
        if unspaced.is_none() && is_letter_or_digit(byte) && !byte.is_ascii_digit() {
            unspaced = Some(byte == UNSPACED);
        }
        start -= 1;
        if is_letter_or_digit(byte) || byte == b'_' {
            first = Some(start);
        }
    }
    first
}

/// Where the domain ends: behind the last label that can be a top-level domain.
fn domain_end(folded: &Folded<'_>, from: usize) -> Option<usize> {
    let mut label = from;
    let mut end = None;
    loop {
        if label > from {
            end = top_level_end(folded, label).or(end);
        }
        if !is_letter_or_digit(folded.byte(label)) {
            return end;
        }
        let mut next = label;
        while is_letter_or_digit(folded.byte(next)) || folded.byte(next) == b'-' {
            next += 1;
        }
        if folded.byte(next) != b'.' || folded.byte(next - 1) == b'-' {
            return end;
        }
        label = next + 1;
    }
}

/// The end of the top-level domain that a label is or begins with: two letters or more of one kind of script.
fn top_level_end(folded: &Folded<'_>, label: usize) -> Option<usize> {
    let unspaced = folded.byte(label) == UNSPACED;
    let encoded = b"xn--"
        .iter()
        .enumerate()
        .all(|(index, byte)| folded.byte(label + index).to_ascii_lowercase() == *byte);
    let mut end = label;
    loop {
        let byte = folded.byte(end);
        let goes_on = match byte {
            UNSPACED => unspaced,
            LETTER => !unspaced,
            b'-' => encoded && (is_letter_or_digit(folded.byte(end + 1)) || folded.byte(end + 1) == b'-'),
            digit if digit.is_ascii_digit() => encoded,
            letter => letter.is_ascii_alphabetic() && !unspaced,
        };
        if !goes_on {
            break;
        }
        end += 1;
    }
    let next = folded.byte(end);
    if end - label < 2 || next.is_ascii_digit() {
        return None;
    }
    let name: Vec<u8> = (label..end.min(label + 8)).map(|at| folded.byte(at).to_ascii_lowercase()).collect();
    (!FILES.contains(&name.as_slice())).then_some(end)
}
