//! Numbers of payment cards: ISO/IEC 7812-1, 13 to 19 digits, the last one by Luhn's formula (its annex B).
//!
//! Luhn alone takes one number in ten, so an issuer's beginning and length are asked for, and groups as on a card.

use crate::folded::Folded;

const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// First digits of an issuer's numbers, from and to, and the lengths of these, from and to.
const ISSUERS: [(u32, u32, usize, usize); 29] = [
    (4, 4, 13, 13),       // Visa, of old
    (4, 4, 16, 16),       // Visa
    (4, 4, 19, 19),       // Visa
    (51, 55, 16, 16),     // Mastercard
    (2221, 2720, 16, 16), // Mastercard
    (34, 34, 15, 15),     // American Express
    (37, 37, 15, 15),     // American Express
    (300, 305, 14, 19),   // Diners Club
    (3095, 3095, 14, 19), // Diners Club
    (36, 36, 14, 19),     // Diners Club
    (38, 39, 14, 19),     // Diners Club
    (6011, 6011, 16, 19), // Discover
    (644, 649, 16, 19),   // Discover
    (65, 65, 16, 19),     // Discover, RuPay
    (3528, 3589, 16, 19), // JCB
    (62, 62, 16, 19),     // UnionPay
    (81, 82, 16, 19),     // UnionPay, RuPay
    (60, 60, 16, 16),     // RuPay
    (508, 508, 16, 16),   // RuPay
    (2200, 2204, 16, 19), // Mir
    (9792, 9792, 16, 16), // Troy
    (5018, 5018, 13, 19), // Maestro
    (5020, 5020, 13, 19), // Maestro
    (5038, 5038, 13, 19), // Maestro
    (5893, 5893, 13, 19), // Maestro
    (6304, 6304, 13, 19), // Maestro
    (6759, 6759, 13, 19), // Maestro
    (6761, 6763, 13, 19), // Maestro
    (5019, 5019, 16, 16), // Dankort
];

/// The end of a card's number that begins here: the longest that is one.
pub fn at(folded: &Folded<'_>, start: usize) -> Option<usize> {
    let mut digits = [0_u8; LONGEST];
    let mut count = 0;
    let mut groups = Groups::default();
    let mut at = start;
    let mut best = None;
    while count < LONGEST && folded.byte(at).is_ascii_digit() {
        digits[count] = folded.byte(at) - b'0';
        count += 1;
        groups.digit();
        at += 1;
        let fits = count >= SHORTEST && groups.are_a_cards() && is_card(&digits[..count], groups.is_plain());
        if fits && folded.may_end(at) && !folded.is_piece(start..at, b'.') {
            best = Some(at);
        }
        if let Some((length, _)) = folded.gap(at, b" -")
            && folded.byte(at + length).is_ascii_digit()
        {
            if !groups.next() {
                break;
            }
            at += length;
        }
    }
    best
}

/// How digits are grouped so far.
#[derive(Default)]
struct Groups {
    lengths: [usize; 5],
    last: usize,
}

impl Groups {
    fn digit(&mut self) {
        self.lengths[self.last] += 1;
    }

    /// Begins another group; whether there is room for it.
    fn next(&mut self) -> bool {
        self.last += 1;
        self.last < self.lengths.len()
    }

    fn is_plain(&self) -> bool {
        self.last == 0
    }

    /// Whether they are grouped as cards are: not at all, by fours, or as those of American Express and Diners Club.
    fn are_a_cards(&self) -> bool {
        let lengths = &self.lengths[..=self.last];
        let (last, others) = lengths.split_last().unwrap_or((&0, &[]));
        self.is_plain() || *last <= 4 && others.iter().all(|it| *it == 4) || matches!(lengths, [4, 6, 4 | 5])
    }
}

fn is_card(digits: &[u8], plain: bool) -> bool {
    let number = digits.iter().take(4).fold(0, |number, digit| number * 10 + u32::from(*digit));
    let issued = ISSUERS.iter().any(|(from, to, shortest, longest)| {
        let beginning = number / 10_u32.pow(3 - from.ilog10());
        (*from..=*to).contains(&beginning) && (*shortest..=*longest).contains(&digits.len())
    });
    // Articles of German makers are numbered from 400 to 440 in 13 digits too (EAN); such cards are of the past.
    issued && luhn(digits) && !(plain && digits.len() == 13 && is_article(digits))
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether 13 digits are the number of an article (GS1's EAN-13) by their check digit.
pub fn is_article(digits: &[u8]) -> bool {
    let sum: u32 =
        digits.iter().enumerate().map(|(index, digit)| u32::from(*digit) * [1, 3][index % 2]).sum();
    sum.is_multiple_of(10)
}
