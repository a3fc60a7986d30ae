//! Account numbers by ISO 13616: a country, two check digits (ISO 7064, MOD 97-10), and the country's own number.
//!
//! In one piece or, as printed, in groups of four. Lengths are those of SWIFT's IBAN registry.

use crate::folded::Folded;

/// The characters of a country's numbers.
const LENGTHS: [(&[u8; 2], usize); 88] = [
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
];

/// The end of an account's number that begins here.
pub fn at(folded: &Folded<'_>, start: usize) -> Option<usize> {
    let country = [folded.byte(start).to_ascii_uppercase(), folded.byte(start + 1).to_ascii_uppercase()];
    if !folded.byte(start + 2).is_ascii_digit() || !folded.byte(start + 3).is_ascii_digit() {
        return None;
    }
    let (_, length) = LENGTHS.iter().find(|(name, _)| **name == country)?;
    let mut at = start;
    let (mut head, mut rest) = (0, 0);
    for index in 0..*length {
        if index > 0 && index % 4 == 0 {
            at += folded.gap(at, b" -").map_or(0, |(length, _)| length);
        }
        let byte = folded.byte(at);
        // The country and the check digits count as if they stood at the end.
        let part = if index < 4 { &mut head } else { &mut rest };
        *part = appended(*part, byte)?;
        at += 1;
    }
    let remainder = (rest % 97 * 1_000_000 + head) % 97;
    (remainder == 1 && folded.may_end(at)).then_some(at)
}

/// A number with a character behind it, modulo 97 where it grows large (the first four do not): letters are 10 to 35.
fn appended(number: u32, byte: u8) -> Option<u32> {
    let value = (byte as char).to_digit(36)?;
    let number = number * if value < 10 { 10 } else { 100 } + value;
    Some(if number < 1_000_000 { number } else { number % 97 })
}
