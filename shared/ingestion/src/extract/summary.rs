//! What the columns of a table hold: types, ranges and counts, while its rows are at hand.

use super::grid::Cell;
use domain::{
    document::{clean, clip},
    file::{ColumnSummary, ColumnType, TableSummary},
    limits,
};
use jiff::civil::Date;
use std::collections::HashSet;

/// Digits of a number at most: what is longer is a number of something, and no amount.
const DIGITS: usize = 15;
/// Signs that stand before or after an amount.
const SIGNS: &[char] = &['€', '$', '£', '¥', '฿', '%', ' ', '\u{a0}'];

/// Describes a table by its header, where it has one, and its rows; `columns` are those that hold anything, ascending.
pub(super) fn of_table(
    name: Option<&str>,
    columns: &[usize],
    header: Option<&[Cell]>,
    rows: &[Vec<Cell>],
) -> TableSummary {
    let described = &columns[..columns.len().min(limits::FILE_COLUMNS)];
    let mut values: Vec<Column<'_>> = described.iter().map(|_| Column::default()).collect();
    for (at, text) in rows.iter().flatten() {
        if let Ok(place) = described.binary_search(at) {
            values[place].take(text);
        }
    }
    let heads = |at: usize| header?.iter().find(|(column, _)| *column == at).map(|(_, text)| shown(text));
    let columns_described = described.iter().zip(values).enumerate();
    let described = columns_described.map(|(place, (at, column))| {
        let name = heads(*at).filter(|name| !name.is_empty()).unwrap_or_else(|| (place + 1).to_string());
        column.summary(name)
    });
    TableSummary {
        name: name.map(shown),
        rows: rows.len(),
        column_count: columns.len(),
        columns: described.collect(),
    }
}

/// A value as it is shown: on one line, without what Postgres cannot hold.
fn shown(text: &str) -> String {
    clip(&clean(text), limits::FILE_VALUE_CHARACTERS)
}

/// What is known of a column so far. Its memory is bounded by [`limits::FILE_DISTINCT`], whatever its length.
#[derive(Default)]
struct Column<'a> {
    count: usize,
    integers: usize,
    decimals: usize,
    dates: usize,
    booleans: usize,
    numbers: Option<Range<'a, f64>>,
    days: Option<Range<'a, String>>,
    seen: HashSet<&'a str>,
    is_capped: bool,
    examples: Vec<&'a str>,
}

/// The least and the greatest value, each as it is written.
struct Range<'a, T> {
    least: (T, &'a str),
    greatest: (T, &'a str),
}

impl<'a, T: PartialOrd + Clone> Range<'a, T> {
    fn widen(range: &mut Option<Self>, value: T, text: &'a str) {
        match range {
            None => *range = Some(Self { least: (value.clone(), text), greatest: (value, text) }),
            Some(range) if value < range.least.0 => range.least = (value, text),
            Some(range) if value > range.greatest.0 => range.greatest = (value, text),
            Some(_) => {}
        }
    }

    fn shown(&self) -> (Option<String>, Option<String>) {
        (Some(shown(self.least.1)), Some(shown(self.greatest.1)))
    }
}

impl<'a> Column<'a> {
    fn take(&mut self, text: &'a str) {
        self.count += 1;
        if !self.seen.contains(text) {
            if self.seen.len() < limits::FILE_DISTINCT {
                self.seen.insert(text);
                if self.examples.len() < limits::FILE_EXAMPLES {
                    self.examples.push(text);
                }
            } else {
                self.is_capped = true;
            }
        }
        if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            self.booleans += 1;
        } else if let Some((number, is_whole)) = number(text) {
            *(if is_whole { &mut self.integers } else { &mut self.decimals }) += 1;
            Range::widen(&mut self.numbers, number, text);
        } else if let Some(day) = day(text) {
            self.dates += 1;
            Range::widen(&mut self.days, day, text);
        }
    }

    fn kind(&self) -> ColumnType {
        match self.count {
            0 => ColumnType::Empty,
            count if count == self.integers => ColumnType::Integer,
            count if count == self.integers + self.decimals => ColumnType::Decimal,
            count if count == self.dates => ColumnType::Date,
            count if count == self.booleans => ColumnType::Boolean,
            _ => ColumnType::Text,
        }
    }

    fn summary(self, name: String) -> ColumnSummary {
        let kind = self.kind();
        let (min, max) = match kind {
            ColumnType::Integer | ColumnType::Decimal => self.numbers.as_ref().map(Range::shown),
            ColumnType::Date => self.days.as_ref().map(Range::shown),
            ColumnType::Boolean | ColumnType::Text | ColumnType::Empty => None,
        }
        .unwrap_or_default();
        ColumnSummary {
            name,
            kind,
            count: self.count,
            distinct: self.seen.len(),
            distinct_is_capped: self.is_capped,
            min,
            max,
            examples: self.examples.into_iter().map(shown).collect(),
        }
    }
}

/// A number, and whether it is whole, in the spelling of either side of the Channel; `None` for what is none, as numbers with
/// leading zeros are: they name things. A group of three digits after the only comma is a thousand's.
fn number(text: &str) -> Option<(f64, bool)> {
    let amount = text.trim_matches(SIGNS);
    let (sign, digits) = match amount.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest.trim_matches(SIGNS)),
        None => ("", amount.strip_prefix('+').unwrap_or(amount)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || !digits.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if digits.contains(['e', 'E']) {
        return digits.parse().ok().filter(|number: &f64| number.is_finite()).map(|number| (number, false));
    }
    let point = match (digits.matches(',').count(), digits.matches('.').count()) {
        (0, 0) => None,
        (0, 1) => Some('.'),
        (1, 0) if !is_grouped(digits, ',') => Some(','),
        (_, 0) | (0, _) => None,
        (_, 1) if digits.rfind('.') > digits.rfind(',') => Some('.'),
        (1, _) if digits.rfind(',') > digits.rfind('.') => Some(','),
        _ => return None,
    };
    let (whole, fraction) = point.and_then(|point| digits.split_once(point)).unwrap_or((digits, ""));
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    let grouped = separator.is_none_or(|separator| is_grouped(whole, separator));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let names_something = whole.len() > 1 && whole.starts_with('0');
    if !grouped || !all_digits(fraction) || names_something {
        return None;
    }
    let plain: String = whole.chars().filter(char::is_ascii_digit).collect();
    if plain.len() + fraction.len() > DIGITS {
        return None;
    }
    format!("{sign}{plain}.{fraction}0").parse().ok().map(|number| (number, point.is_none()))
}

/// Whether all digits behind the first separator stand in threes.
fn is_grouped(digits: &str, separator: char) -> bool {
    let mut groups = digits.split(separator);
    let plain = |group: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(separator, ',' | '.' | '\'' | ' ' | '\u{a0}')
        && groups.next().is_some_and(|first| plain(first, 1..=3))
        && groups.all(|group| plain(group, 3..=3))
}

/// A day, with or without a time, as it sorts: `2026-03-01`, `2026-03-01 12:30` or `1.3.2026`. Days between slashes are not
/// taken for any: nobody can tell which number is the month.
fn day(text: &str) -> Option<String> {
    if let Some((date, time)) = text.split_at_checked(10)
        && let Ok(date) = date.parse::<Date>()
    {
        let is_time = time.is_empty()
            || time.starts_with([' ', 'T'])
                && time[1..].chars().all(|c| c.is_ascii_digit() || ":.+-Z".contains(c));
        return is_time.then(|| format!("{date} {}", time.trim_start_matches([' ', 'T'])));
    }
    let mut parts = text.splitn(3, '.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some(date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> ColumnSummary {
        let mut column = Column::default();
        values.iter().for_each(|value| column.take(value));
        column.summary("c".into())
    }

    fn range(values: &[&str]) -> (ColumnType, Option<String>, Option<String>) {
        let ColumnSummary { kind, min, max, .. } = column(values);
        (kind, min, max)
    }

    #[test]
    fn a_column_is_what_all_of_its_values_are() {
        let between = |kind, least: &str, most: &str| (kind, Some(least.to_owned()), Some(most.to_owned()));
        assert_eq!(range(&["12", "7", "1,200"]), between(ColumnType::Integer, "7", "1,200"));
        assert_eq!(range(&["-3", "0.5", "2"]), between(ColumnType::Decimal, "-3", "2"));
        assert_eq!(range(&["64,50 €", "27,90 €"]), between(ColumnType::Decimal, "27,90 €", "64,50 €"));
        assert_eq!(range(&["1.234.567,5", "99"]), between(ColumnType::Decimal, "99", "1.234.567,5"));
        assert_eq!(
            range(&["2026-03-01", "2025-12-31 23:59"]),
            between(ColumnType::Date, "2025-12-31 23:59", "2026-03-01")
        );
        assert_eq!(range(&["1.3.2026", "28.2.2026"]), between(ColumnType::Date, "28.2.2026", "1.3.2026"));
        for (values, kind) in [
            (vec!["TRUE", "false"], ColumnType::Boolean),
            (vec!["12", "n/a"], ColumnType::Text),
            (vec!["007", "12"], ColumnType::Text),
            (vec!["3/4/2026"], ColumnType::Text),
            (vec!["1.2.3.4"], ColumnType::Text),
            (vec!["1234567890123456"], ColumnType::Text),
            (vec![], ColumnType::Empty),
        ] {
            assert_eq!(range(&values), (kind, None, None), "{values:?}");
        }
    }

    #[test]
    fn values_are_counted_to_their_limit_and_no_further() {
        let values: Vec<String> = (0..=limits::FILE_DISTINCT).map(|number| number.to_string()).collect();
        let all: Vec<&str> = values.iter().map(String::as_str).collect();
        let at_the_limit = column(&all[..limits::FILE_DISTINCT]);
        assert_eq!((at_the_limit.distinct, at_the_limit.distinct_is_capped), (limits::FILE_DISTINCT, false));
        let beyond = column(&all);
        assert_eq!((beyond.distinct, beyond.distinct_is_capped), (limits::FILE_DISTINCT, true));
        assert_eq!((beyond.count, beyond.examples.len()), (limits::FILE_DISTINCT + 1, limits::FILE_EXAMPLES));
        assert_eq!(column(&["a", "a", "b"]).distinct, 2);
    }

    #[test]
    fn columns_are_named_by_their_header_or_their_number() {
        let cells = |texts: &[&str]| -> Vec<Cell> {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .enumerate()
                .filter(|(_, text)| !text.is_empty())
                .collect()
        };
        let (header, rows) = (cells(&["Part", ""]), vec![cells(&["Seal", "3"]), cells(&["Tool", ""])]);
        let table = of_table(Some("Stock"), &[0, 1], Some(&header), &rows);
        assert_eq!((table.name.as_deref(), table.rows, table.column_count), (Some("Stock"), 2, 2));
        let seen: Vec<_> = table.columns.iter().map(|c| (c.name.as_str(), c.kind, c.count)).collect();
        assert_eq!(seen, [("Part", ColumnType::Text, 2), ("2", ColumnType::Integer, 1)]);
        let wide: Vec<usize> = (0..=limits::FILE_COLUMNS).collect();
        let table = of_table(None, &wide, None, &[]);
        assert_eq!(
            (table.columns.len(), table.column_count),
            (limits::FILE_COLUMNS, limits::FILE_COLUMNS + 1)
        );
    }
}
