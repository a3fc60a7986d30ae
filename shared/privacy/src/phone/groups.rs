//! Digits in groups, and what separates them.

use crate::folded::{Folded, HIDDEN};

/// Groups that are read at most: no country writes more.
const MOST: usize = 8;
/// Digits of the shortest number.
pub const SHORTEST: usize = 7;
/// Digits that are read at most. A number has 18 (E.164's 15, the prefix 00, a trunk zero); what follows it is read too,
/// and more than this is no row of numbers.
const DIGITS: usize = 40;

/// Digits in groups, from one place of a text on.
#[derive(Clone)]
pub struct Groups {
    plus: bool,
    digits: [u8; DIGITS],
    lengths: [usize; MOST],
    ends: [usize; MOST],
    /// What stands before each group.
    gaps: [Gap; MOST],
    count: usize,
}

/// What separates a group from the one before it.
#[derive(Clone, Copy, Default)]
struct Gap {
    /// Its only visible mark, if it has one besides spaces and parentheses.
    mark: Option<u8>,
    opens: bool,
    closes: bool,
}

/// The group behind those that are looked at.
#[derive(Clone, Copy)]
pub struct Next {
    pub length: usize,
    /// Whether it begins with a zero, as another telephone number does.
    pub by_zero: bool,
    /// Whether only spaces separate it.
    pub by_space: bool,
}

impl Groups {
    /// The groups that begin here; `None` where parentheses or the number of digits are not those of a number.
    pub fn read(folded: &Folded<'_>, start: usize) -> Option<Self> {
        let mut groups = Self {
            plus: false,
            digits: [0; DIGITS],
            lengths: [0; MOST],
            ends: [0; MOST],
            gaps: [Gap::default(); MOST],
            count: 0,
        };
        let mut at = start;
        if folded.byte(at) == b'(' {
            groups.gaps[0].opens = true;
            at += 1;
        }
        if folded.byte(at) == b'+' {
            groups.plus = true;
            at += 1 + usize::from(folded.byte(at + 1) == b' ');
        }
        let mut read = 0;
        while groups.count < MOST {
            let from = at;
            while folded.byte(at).is_ascii_digit() {
                *groups.digits.get_mut(read)? = folded.byte(at);
                read += 1;
                at += 1;
            }
            if at == from {
                break;
            }
            groups.lengths[groups.count] = at - from;
            groups.ends[groups.count] = at;
            groups.count += 1;
            let Some((length, gap)) = gap(folded, at) else { break };
            if groups.count == MOST || !folded.byte(at + length).is_ascii_digit() {
                break;
            }
            groups.gaps[groups.count] = gap;
            at += length;
        }
        (groups.count > 0).then_some(groups)
    }

    /// The first so many groups; `None` if they are too few digits, end within parentheses, or have others than around one group.
    pub fn first(&self, count: usize) -> Option<Self> {
        if self.lengths[..count].iter().sum::<usize>() < SHORTEST {
            return None;
        }
        let mut open = false;
        for gap in &self.gaps[..count] {
            if open != gap.closes {
                return None;
            }
            open = gap.opens;
        }
        (!open).then(|| Self { count, ..self.clone() })
    }

    /// The group behind so many.
    pub fn after(&self, count: usize) -> Option<Next> {
        (count < self.count).then(|| Next {
            length: self.lengths[count],
            by_zero: self.digits[self.lengths[..count].iter().sum::<usize>()] == b'0',
            by_space: self.gaps[count].mark.is_none(),
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether a `+` stands before them.
    pub fn plus(&self) -> bool {
        self.plus
    }

    /// How many digits each has.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths[..self.count]
    }

    /// All digits, as ASCII.
    pub fn digits(&self) -> &[u8] {
        &self.digits[..self.lengths().iter().sum()]
    }

    /// Where the last one ends.
    pub fn end(&self) -> usize {
        self.ends[self.count - 1]
    }

    /// Whether a mark separates some of them.
    pub fn has_mark(&self, mark: u8) -> bool {
        self.gaps[..self.count].iter().any(|gap| gap.mark == Some(mark))
    }

    /// Whether one stands in parentheses.
    pub fn has_parentheses(&self) -> bool {
        self.gaps[..self.count].iter().any(|gap| gap.opens)
    }

    /// Full stops among other separators, or too few of them, are decimals and coordinates; a slash stands behind
    /// the area only.
    pub fn are_marked_unlike_a_phone(&self) -> bool {
        let gaps = &self.gaps[1..self.count.max(1)];
        let stops = gaps.iter().filter(|gap| gap.mark == Some(b'.')).count();
        let long_enough = gaps.len() > 1 || self.plus && self.lengths[1] >= 8;
        stops > 0 && (stops < gaps.len() || !long_enough)
            || gaps.iter().skip(1).any(|gap| gap.mark == Some(b'/'))
    }

    /// Whether a hyphen, a full stop or a slash joins a word or more digits behind them.
    pub fn end_in_hyphen(&self, folded: &Folded<'_>) -> bool {
        let (mark, next) = (folded.byte(self.end()), folded.byte(self.end() + 1));
        mark == b'-' && next.is_ascii_alphanumeric() || mark == b'.' && next.is_ascii_digit()
    }

    /// Whether they are grouped like thousands.
    pub fn are_thousands(&self) -> bool {
        matches!(self.lengths(), [1..=3, rest @ ..] if rest.iter().all(|length| *length == 3))
    }

    /// Whether they are a sum: grouped like thousands, and round.
    pub fn are_round_thousands(&self) -> bool {
        self.count > 1 && self.are_thousands() && self.digits().ends_with(b"000")
    }

    /// Whether they begin with a date: day, month and year in one of the orders.
    pub fn are_date(&self) -> bool {
        let mut values = [0_u32; 3];
        let mut from = 0;
        if self.count < 3 || self.lengths[..3].iter().any(|length| *length > 4) {
            return false;
        }
        for (value, length) in values.iter_mut().zip(self.lengths()) {
            *value = self.digits[from..from + length]
                .iter()
                .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
            from += length;
        }
        let [first, second, third] = values;
        let small = |one: u32, other: u32| one.max(other) <= 31 && one.min(other) <= 12;
        // Years of the common era, and of Thailand's.
        let year = |value: u32| (1900..2100).contains(&value) || (2400..2600).contains(&value);
        match self.lengths() {
            [1 | 2, 1 | 2, 4, ..] => small(first, second) && year(third),
            [4, 1 | 2, 1 | 2, ..] => small(second, third) && year(first),
            _ => false,
        }
    }

    /// Whether all of them are hours as in timetables ("0900 1200 1500").
    pub fn are_hours(&self) -> bool {
        self.lengths().iter().all(|length| *length == 4)
            && self.digits().chunks(4).all(|it| &it[..2] <= b"24".as_slice() && it[2] < b'6')
    }
}

/// What separates two groups: spaces, parentheses, and one mark at most.
fn gap(folded: &Folded<'_>, at: usize) -> Option<(usize, Gap)> {
    let mut gap = Gap::default();
    let mut length = 0;
    while length < 5 {
        match folded.byte(at + length) {
            b' ' | HIDDEN => {}
            b'(' if !gap.opens => gap.opens = true,
            b')' if !gap.opens && !gap.closes => gap.closes = true,
            mark @ (b'-' | b'.' | b'/') if gap.mark.is_none() => gap.mark = Some(mark),
            _ => break,
        }
        length += 1;
    }
    (length > 0).then_some((length, gap))
}
