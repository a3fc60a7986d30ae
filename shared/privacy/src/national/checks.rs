//! Check digits and dates of national numbers. All take letters in upper case and digits as ASCII, without separators,
//! in the number that their shape has.

use crate::card::is_article;

/// Digits as values; a letter is as it follows `9` (`A` is 10).
fn value(byte: u8) -> u32 {
    (byte as char).to_digit(36).unwrap_or_default()
}

/// The sum of values, each times its weight; weights end it.
fn weighted(characters: &[u8], weights: &[u32]) -> u32 {
    characters.iter().zip(weights).map(|(character, weight)| value(*character) * weight).sum()
}

fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(value(*digit)))
}

fn is_day(month: u64, day: u64) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

fn are_same(digits: &[u8]) -> bool {
    digits.iter().all(|digit| *digit == digits[0])
}

/// Category 1 to 8, a province's code, and modulo 11. Plain 885… with an article's check digit is on goods.
pub fn thai(digits: &[u8]) -> bool {
    let province = number(&digits[1..3]);
    let known = matches!(province, 10..=27 | 30..=58 | 60..=67 | 70..=77 | 80..=86 | 90..=96);
    let check = (11 - weighted(digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
    (b'1'..=b'8').contains(&digits[0])
        && known
        && check == value(digits[12])
        && !(digits.starts_with(b"885") && is_article(&digits.iter().map(|it| it - b'0').collect::<Vec<_>>()))
}

/// Areas that were never given are no numbers; there is no check digit.
pub fn ssn(digits: &[u8]) -> bool {
    let (area, group, serial) = (number(&digits[..3]), number(&digits[3..5]), number(&digits[5..]));
    area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
}

fn dni_letter(number: u64) -> u8 {
    b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize]
}

/// The letter is modulo 23.
pub fn dni(characters: &[u8]) -> bool {
    dni_letter(number(&characters[..8])) == characters[8]
}

/// As a DNI's, `X`, `Y`, `Z` being 0, 1, 2.
pub fn nie(characters: &[u8]) -> bool {
    let Some(first) = characters[0].checked_sub(b'X').filter(|it| *it < 3) else { return false };
    dni_letter(u64::from(first) * 10_000_000 + number(&characters[1..8])) == characters[8]
}

/// Sex, month (or one of those for unknown ones), and modulo 97; Corsica's departments are 2A and 2B.
pub fn nir(characters: &[u8]) -> bool {
    let mut digits = [0; 13];
    digits.copy_from_slice(&characters[..13]);
    match characters[6] {
        b'A' if digits[5] == b'2' => digits[5..7].copy_from_slice(b"19"),
        b'B' if digits[5] == b'2' => digits[5..7].copy_from_slice(b"18"),
        b'0'..=b'9' => {}
        _ => return false,
    }
    matches!(digits[0], b'1'..=b'4' | b'7' | b'8')
        && matches!(number(&digits[3..5]), 1..=12 | 20..=42 | 50..=99)
        && number(&characters[13..]) == 97 - number(&digits) % 97
}

/// ISO 7064 MOD 11,10; of the first ten digits one stands there twice or three times, as the law has it.
pub fn steuer_id(digits: &[u8]) -> bool {
    let most = (b'0'..=b'9').map(|it| digits[..10].iter().filter(|digit| **digit == it).count()).max();
    let product = digits[..10].iter().fold(10, |product, digit| {
        let sum = (value(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    digits[0] != b'0' && matches!(most, Some(2 | 3)) && (11 - product) % 10 == value(digits[10])
}

/// Letters stand for digits where two people would have the same (omocodia); a letter modulo 26 ends it.
pub fn codice_fiscale(characters: &[u8]) -> bool {
    /// What characters in odd places count, digits as the letters from `A` on.
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let digits = [6, 7, 9, 10, 12, 13, 14].map(|at| characters[at]);
    let are_digits = digits.iter().all(|it| it.is_ascii_digit() || b"LMNPQRSTUV".contains(it));
    let sum: u32 = characters[..15]
        .iter()
        .enumerate()
        .map(|(index, character)| {
            let place = if character.is_ascii_digit() { character - b'0' } else { character - b'A' };
            if index % 2 == 0 { ODD[usize::from(place)] } else { u32::from(place) }
        })
        .sum();
    are_digits && b"ABCDEHLMPRST".contains(&characters[8]) && u32::from(characters[15] - b'A') == sum % 26
}

/// Letters that are not given; there is no check digit.
pub fn nino(characters: &[u8]) -> bool {
    let (prefix, suffix) = (&characters[..2], characters[8]);
    !prefix.iter().any(|letter| b"DFIQUV".contains(letter))
        && prefix[1] != b'O'
        && ![b"BG", b"GB", b"NK", b"KN", b"TN", b"NT", b"ZZ"].iter().any(|it| *it == prefix)
        && (b'A'..=b'D').contains(&suffix)
}

/// The "elfproef", the last digit counting less one.
pub fn bsn(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]);
    !are_same(digits) && sum % 11 == value(digits[8])
}

/// A PESEL that does not begin with a day of this century or the last one: orders are numbered so (20241231001).
pub fn pesel_not_dated(digits: &[u8]) -> bool {
    let is_dated =
        matches!(number(&digits[..2]), 19 | 20) && is_day(number(&digits[4..6]), number(&digits[6..8]));
    !is_dated && pesel(digits)
}

/// A day of birth, its month 20 more from the year 2000 on, and modulo 10.
pub fn pesel(digits: &[u8]) -> bool {
    let check = (10 - weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10;
    let month = number(&digits[2..4]);
    is_day(if month > 20 { month - 20 } else { month }, number(&digits[4..6])) && check == value(digits[10])
}

/// Two digits modulo 11.
pub fn cpf(digits: &[u8]) -> bool {
    let check = |sum: u32| (sum * 10 % 11) % 10;
    !are_same(digits)
        && check(weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2])) == value(digits[9])
        && check(weighted(digits, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) == value(digits[10])
}

/// Verhoeff's: products in the symmetries of a pentagon, permuted by the place.
pub fn aadhaar(digits: &[u8]) -> bool {
    const PERMUTED: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let product = |one: u32, other: u32| match (one < 5, other < 5) {
        (true, true) => (one + other) % 5,
        (true, false) => (one + other) % 5 + 5,
        (false, true) => (one - other) % 5 + 5,
        (false, false) => (one + 5 - other) % 5,
    };
    let sum = digits.iter().rev().enumerate().fold(0, |sum, (place, digit)| {
        product(sum, (0..place % 8).fold(value(*digit), |it, _| PERMUTED[it as usize]))
    });
    digits[0] >= b'2' && sum == 0
}

/// Modulo 11.
pub fn my_number(digits: &[u8]) -> bool {
    let rest = weighted(digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    !are_same(digits) && value(digits[11]) == if rest <= 1 { 0 } else { 11 - rest }
}

/// The letter behind by modulo 11, from another row for each letter before.
pub fn nric(characters: &[u8]) -> bool {
    let (letters, added) = match characters[0] {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        b'M' => (b"XWUTRQPNJLK", 3),
        _ => return false,
    };
    let sum = added + weighted(&characters[1..], &[2, 7, 6, 5, 4, 3, 2]);
    letters[(sum % 11) as usize] == characters[8]
}

/// A day of birth, and century and sex. Numbers given since October 2020 have no check digit: none is asked for.
pub fn rrn(digits: &[u8]) -> bool {
    is_day(number(&digits[2..4]), number(&digits[4..6])) && (b'1'..=b'8').contains(&digits[6])
}

/// A day of birth of the last two centuries, and modulo 11, ten being `X`.
pub fn resident_identity(characters: &[u8]) -> bool {
    let sum = weighted(characters, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    (1900..2100).contains(&number(&characters[6..10]))
        && is_day(number(&characters[10..12]), number(&characters[12..14]))
        && b"10X98765432"[(sum % 11) as usize] == characters[17]
}

/// A day of birth (plus 60 for a coordination number), and Luhn's digit over the ten without the century.
pub fn personnummer(digits: &[u8]) -> bool {
    let digits = &digits[digits.len() - 10..];
    let day = number(&digits[4..6]);
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 0 { value(*digit) * 2 } else { value(*digit) })
        .map(|it| it / 10 + it % 10)
        .sum();
    is_day(number(&digits[2..4]), if day > 60 { day - 60 } else { day }) && sum.is_multiple_of(10)
}

/// A day of birth, and a character modulo 31.
pub fn henkilotunnus(characters: &[u8]) -> bool {
    let rest = number(&characters[..9]) % 31;
    is_day(number(&characters[2..4]), number(&characters[..2]))
        && b"0123456789ABCDEFHJKLMNPRSTUVWXY"[rest as usize] == characters[9]
}
