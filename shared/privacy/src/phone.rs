//! Telephone numbers: ITU-T E.164 with `+` or `00`, and the groups in which countries write their own (ITU-T E.123).
//!
//! No metadata of numbering plans: a few megabytes for what groups tell about as well. Plain digits are an order's
//! number as likely, so that they count only behind `+`, behind a word for telephone, or as a Thai mobile number.
//! Dates, hours, prices, ISBN, versions and IP addresses are what the rules below keep out.

mod groups;

use crate::folded::{Folded, is_word, keyword_end};
use groups::{Groups, Next, SHORTEST};

/// Words right before a number that say what it is, in lower case.
const WORDS: [&str; 45] = [
    "tel",
    "telp",
    "phone",
    "telephone",
    "mobile",
    "cell",
    "fax",
    "whatsapp",
    "hotline",
    "call",
    "teléfono",
    "móvil",
    "celular",
    "téléphone",
    "tél",
    "portable",
    "telefon",
    "tlf",
    "handy",
    "mobil",
    "telefono",
    "cellulare",
    "telefone",
    "telemóvel",
    "telefoon",
    "mobiel",
    "puhelin",
    "телефон",
    "тел",
    "моб",
    "τηλ",
    "هاتف",
    "फोन",
    "sđt",
    "โทร",
    "มือถือ",
    "เบอร์",
    "電話",
    "电话",
    "手机",
    "携帯",
    "传真",
    "전화",
    "휴대폰",
    "联系电话",
];

/// The end of a telephone number that begins here: the longest that is one.
pub fn at(folded: &Folded<'_>, start: usize) -> Option<usize> {
    if folded.byte(start).is_ascii_alphabetic() {
        return None;
    }
    let before = folded.before(start, 1);
    let is_part = match before {
        b'-' | b'/' => is_word(folded.before(start, 2)),
        b'.' => folded.before(start, 2).is_ascii_digit(),
        mark => matches!(mark, b'#' | b'$' | b'+'),
    };
    if is_part {
        return None;
    }
    let all = Groups::read(folded, start)?;
    (1..=all.count()).rev().filter_map(|count| all.first(count)).find_map(|groups| {
        let end = groups.end();
        let ends = folded.may_end(end) || folded.byte(end) == b'x' && folded.byte(end + 1).is_ascii_digit();
        (ends && is_phone(folded, start, &groups, all.after(groups.count()))).then_some(end)
    })
}

/// `next` is the group that follows and what separates it, if it is digits again.
fn is_phone(folded: &Folded<'_>, start: usize, groups: &Groups, next: Option<Next>) -> bool {
    if groups.are_marked_unlike_a_phone() || groups.end_in_hyphen(folded) {
        return false;
    }
    if groups.plus() {
        return is_international(groups)
            && !(groups.are_thousands() && folded.is_amount(groups.end()))
            && !groups.are_round_thousands();
    }
    // Of a row of numbers none is one, unless another telephone number or a short remark follows.
    let stands_alone = next.is_none_or(|next| {
        next.by_space
            && (next.length <= 2 && groups.lengths().last().is_some_and(|it| *it > 2) || next.by_zero)
    });
    let in_a_row = folded.before(start, 1) == b' ' && folded.before(start, 2).is_ascii_digit();
    if is_thai_mobile(groups) {
        return stands_alone || groups.count() == 1;
    }
    if !stands_alone || in_a_row || groups.are_date() || groups.are_hours() || folded.is_amount(groups.end())
    {
        return false;
    }
    let is_phone =
        is_international_by_zeros(groups) || is_national(groups) || is_called_phone(folded, start, groups);
    is_phone && !folded.is_amount(groups.end())
}

/// E.164: at most 15 digits, the country's code first.
fn is_international(groups: &Groups) -> bool {
    let digits = groups.digits();
    (8..=15).contains(&digits.len()) && country_code(digits).is_some() && groups.lengths().last() != Some(&1)
}

/// "00 44 20 …" and "0044 20 …": groups, and a country's code that is one.
fn is_international_by_zeros(groups: &Groups) -> bool {
    let digits = groups.digits();
    if !digits.starts_with(b"00") || groups.count() < 3 || !(11..=17).contains(&digits.len()) {
        return false;
    }
    let code = country_code(&digits[2..]);
    match groups.lengths() {
        [2, length, ..] => code == Some(*length),
        [length, ..] => code == length.checked_sub(2).filter(|it| *it > 0),
        [] => false,
    }
}

/// Mobile numbers of Thailand: 06, 08 or 09 and eight digits, grouped or not.
fn is_thai_mobile(groups: &Groups) -> bool {
    matches!(groups.digits(), [b'0', b'6' | b'8' | b'9', ..])
        && groups.digits().len() == 10
        && groups.count() <= 4
        && matches!(
            groups.lengths(),
            [10] | [3, 7]
                | [2, 8]
                | [3, 3, 4]
                | [2, 4, 4]
                | [3, 4, 3]
                | [1, 4, 5]
                | [1, 1, 4, 4]
                | [1, 2, 3, 4]
        )
}

/// The groups of countries whose numbers are recognised by them.
fn is_national(groups: &Groups) -> bool {
    let digits = groups.digits();
    let (first, second) = (digits[0], digits.get(1).copied().unwrap_or_default());
    let area = |at: usize| digits.get(at).is_some_and(|it| matches!(it, b'2'..=b'9'));
    let firm = groups.has_parentheses() || groups.has_mark(b'-');
    match groups.lengths() {
        // A trunk prefix and an area: most of the world. Numbers with two zeros are parts or orders.
        [leading, rest @ ..] if first == b'0' && !rest.is_empty() => {
            (b'1'..=b'9').contains(&second)
                && (9..=12).contains(&digits.len())
                && *leading <= 5
                && rest.iter().all(|length| (2..=9).contains(length))
                && !(*leading == 1 && groups.has_mark(b'.'))
                && !(groups.has_mark(b'.') && groups.lengths() == [3, 3, 3, 3])
        }
        // North America's plan (NANP): area and exchange begin with 2 to 9.
        [3, 3, 4] => area(0) && area(3),
        [1, 3, 3, 4] => first == b'1' && area(1) && area(4),
        // Russia and Kazakhstan, behind the trunk prefix 8.
        [1, 3, 3, 2, 2] => first == b'8' && matches!(second, b'3' | b'4' | b'7'..=b'9'),
        // China's mobile numbers.
        [3, 4, 4] => first == b'1' && (b'3'..=b'9').contains(&second),
        // Brazil, the area in parentheses.
        [2, 4 | 5, 4] => groups.has_parentheses() && first != b'0',
        // India's mobile numbers.
        [5, 5] => (b'6'..=b'9').contains(&first),
        // Spain; by threes only with hyphens, since sums are grouped by spaces.
        [3, 2, 2, 2] => (b'6'..=b'9').contains(&first),
        [3, 3, 3] => firm && (b'6'..=b'9').contains(&first),
        _ => false,
    }
}

/// Seven digits or more behind a word that says so: in groups a few words later, plain only right there.
fn is_called_phone(folded: &Folded<'_>, start: usize, groups: &Groups) -> bool {
    if !(SHORTEST..=13).contains(&groups.digits().len()) || groups.lengths().contains(&1) {
        return false;
    }
    let before = folded.words_before(start, 24);
    let Some(end) = keyword_end(&before, &WORDS) else { return false };
    let between = &before[end..];
    let near = between.chars().all(|character| !character.is_numeric());
    near && (groups.count() > 1 || between.chars().all(|character| !character.is_alphanumeric()))
}

/// The length of the country's code that digits begin with, by the zones of E.164.
fn country_code(digits: &[u8]) -> Option<usize> {
    let second = digits.get(1).copied()?;
    match (digits[0], second) {
        (b'1' | b'7', _) => Some(1),
        (b'2', b'0' | b'7')
        | (b'3', b'0'..=b'4' | b'6' | b'9')
        | (b'4', b'0' | b'1' | b'3'..=b'9')
        | (b'5', b'1'..=b'8')
        | (b'6', b'0'..=b'6')
        | (b'8', b'1' | b'2' | b'4' | b'6')
        | (b'9', b'0'..=b'5' | b'8') => Some(2),
        (b'2', b'8') | (b'8', b'3' | b'9') | (b'0', _) => None,
        _ => Some(3),
    }
}
