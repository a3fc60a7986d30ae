//! Numbers that states give to people: the shapes, and which check each must pass.
//!
//! Where a shape is plain digits and one check digit lets every tenth number through, a word must say what it is.

mod checks;

use crate::folded::{Folded, is_word, keyword_end};

/// Characters before a number within which a word must say what it is.
const REACH: usize = 40;
/// Letters and digits of the longest one.
const LONGEST: usize = 18;

/// A number's shape: `9` is a digit, `A` a letter, `X` either, `?` a separator that may be there, `_` one that must
/// (a space or a hyphen), `-` and `.` themselves.
struct Number {
    shape: &'static str,
    check: fn(&[u8]) -> bool,
    /// Words of which one must stand before it, in lower case; none if the number speaks for itself.
    words: &'static [&'static str],
}

const fn number(shape: &'static str, check: fn(&[u8]) -> bool) -> Number {
    Number { shape, check, words: &[] }
}

const fn named(shape: &'static str, check: fn(&[u8]) -> bool, words: &'static [&'static str]) -> Number {
    Number { shape, check, words }
}

const STEUER_ID: &[&str] = &[
    "steuer-id",
    "steuer-idnr",
    "steuerid",
    "steueridentifikationsnummer",
    "identifikationsnummer",
    "idnr",
    "tin",
    "steuerliche identifikationsnummer",
    "steuer-identifikationsnummer",
    "tax id",
];
const BSN: &[&str] = &["bsn", "burgerservicenummer", "sofinummer", "sofi-nummer", "citizen service number"];
const MY_NUMBER: &[&str] = &["マイナンバー", "個人番号", "my number", "mynumber", "individual number"];
const PERSONNUMMER: &[&str] =
    &["personnummer", "personnr", "pers.nr", "samordningsnummer", "personal identity number"];

const NUMBERS: [Number; 23] = [
    // Thailand: number of the people's register (Civil Registration Act), 13 digits.
    number("9?9999?99999?99?9", checks::thai),
    // United States: social security number (20 CFR 422), with hyphens: plain ones are any nine digits.
    number("999-99-9999", checks::ssn),
    // Spain: DNI (Real Decreto 1553/2005) and NIE (Real Decreto 557/2011).
    number("99999999?A", checks::dni),
    number("99.999.999?A", checks::dni),
    number("A?9999999?A", checks::nie),
    // France: number of the register of persons, NIR (décret 82-103).
    number("9?99?99?9X?999?999?99", checks::nir),
    // Germany: tax identification number (§ 139b AO), by ISO 7064 MOD 11,10.
    named("99?999?999?999", checks::steuer_id, STEUER_ID),
    // Italy: codice fiscale (D.M. 23 December 1976).
    number("AAA?AAA?XXAXX?AXXXA", checks::codice_fiscale),
    // United Kingdom: National Insurance number (HMRC's NIM39110); it has no check digit.
    number("AA?99?99?99?A", checks::nino),
    // Netherlands: burgerservicenummer (Wet algemene bepalingen bsn).
    named("999?999?999", checks::bsn, BSN),
    named("9999?99?999", checks::bsn, BSN),
    // Poland: PESEL (Ustawa o ewidencji ludności), with a day of birth.
    number("99999999999", checks::pesel_not_dated),
    named("99999999999", checks::pesel, &["pesel"]),
    // Brazil: CPF (Receita Federal), as it is printed.
    number("999.999.999-99", checks::cpf),
    // India: Aadhaar (UIDAI), by Verhoeff, in its groups.
    number("9999_9999_9999", checks::aadhaar),
    // Japan: individual number (Act 27 of 2013; the check digit by ordinance 85 of 2014).
    named("9999?9999?9999", checks::my_number, MY_NUMBER),
    // Singapore: NRIC and FIN (National Registration Act).
    number("A9999999A", checks::nric),
    // South Korea: resident registration number (Resident Registration Act).
    number("999999-9999999", checks::rrn),
    // China: resident identity number (GB 11643-1999), by ISO 7064 MOD 11-2.
    number("99999999999999999X", checks::resident_identity),
    number("999999_99999999_999X", checks::resident_identity),
    // Sweden: personnummer (Folkbokföringslagen 18 §), with its hyphen; invoices are numbered by days as well.
    named("999999-9999", checks::personnummer, PERSONNUMMER),
    named("99999999-9999", checks::personnummer, PERSONNUMMER),
    // Finland: henkilötunnus (Väestötietolaki).
    number("999999-999X", checks::henkilotunnus),
];

/// The end of a number that begins here: the longest that is one.
pub fn at(folded: &Folded<'_>, start: usize) -> Option<usize> {
    let first = if folded.byte(start).is_ascii_digit() { '9' } else { 'A' };
    let numbers = NUMBERS.iter().filter(|number| number.shape.starts_with(first));
    numbers.filter_map(|number| end_of(folded, start, number)).max()
}

fn end_of(folded: &Folded<'_>, start: usize, number: &Number) -> Option<usize> {
    let mut characters = [0_u8; LONGEST];
    let mut count = 0;
    let mut at = start;
    let mut mark = b'.';
    for part in number.shape.bytes() {
        let byte = folded.byte(at);
        let fits = match part {
            b'9' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_alphabetic(),
            b'X' => byte.is_ascii_alphanumeric(),
            _ => {
                let marks: &[u8] = match part {
                    b'?' => b" -.",
                    b'_' => b" -",
                    b'-' => b"-",
                    _ => b".",
                };
                match folded.gap(at, marks) {
                    Some((length, seen)) => (at, mark) = (at + length, seen),
                    None if part != b'?' => return None,
                    None => {}
                }
                continue;
            }
        };
        if !fits {
            return None;
        }
        characters[count] = byte.to_ascii_uppercase();
        count += 1;
        at += 1;
    }
    let whole = !is_word(folded.byte(at)) && folded.may_end(at) && !folded.is_piece(start..at, mark);
    let characters = &characters[..count];
    (whole && (number.check)(characters) && is_named(folded, start, number.words)).then_some(at)
}

fn is_named(folded: &Folded<'_>, start: usize, words: &[&str]) -> bool {
    words.is_empty() || keyword_end(&folded.words_before(start, REACH), words).is_some()
}
