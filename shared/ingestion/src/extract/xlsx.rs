//! XLSX: each sheet a heading and its tables, by `calamine`; cells as Excel shows them, dates as ISO 8601.

use super::{
    Extracted,
    archive::{Archive, hostile},
    child::damaged,
    grid::{Cell, Grid},
    properties,
};
use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, Xlsx};
use domain::{Failure, limits};
use std::io::Cursor;

/// Digits of a number without a format of its own, as Excel shows at most.
const GENERAL_DIGITS: i32 = 11;
/// Cell formats and what they inherit from: Excel has 65,490 of each, and `calamine` some hundred bytes for one.
const STYLES: usize = 500_000;
/// Texts that its cells share; more than cells that are read, because some are in none.
const STRINGS: usize = 4 * limits::TABLE_CELLS;
/// Decimal places that a format can ask for.
const DECIMALS: usize = 30;

pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("xlsx");
    let mut archive = Archive::open(bytes)?;
    believable(&mut archive)?;
    properties::office(&mut document, &mut archive)?;
    let mut workbook: Xlsx<_> =
        Xlsx::new(Cursor::new(bytes)).map_err(|_| damaged("its parts do not fit together"))?;
    let sheets: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut grid = Grid::new(&mut document).of_sheet();
    for sheet in &sheets {
        // Below the first level, or a workbook without a title would be called `Sheet1`.
        grid.heading(2, sheet)?;
        read_sheet(&mut workbook, sheet, &mut grid)?;
    }
    grid.end()?;
    Ok(document)
}

/// `calamine` makes room for as many shared strings as the file says it has, and finds their list whatever the case
/// of its name.
fn believable(archive: &mut Archive<'_>) -> Result<(), Failure> {
    for name in archive.names() {
        let lower = name.to_lowercase();
        if lower.ends_with("styles.xml") {
            let styles = archive.bytes(&name)?.unwrap_or_default();
            if more_than(STYLES, &styles, b"xf") {
                return Err(hostile("Its list of cell formats is longer than Excel makes it.".to_owned()));
            }
        }
        if !lower.ends_with("sharedstrings.xml") {
            continue;
        }
        let strings = archive.bytes(&name)?.unwrap_or_default();
        if more_than(STRINGS, &strings, b"<si") {
            return Err(super::grid::too_many());
        }
        let head = String::from_utf8_lossy(&strings[..strings.len().min(2_048)]);
        let said = head.split("uniqueCount=").nth(1).map(|after| {
            after.trim_start_matches(['"', '\'']).chars().take_while(char::is_ascii_digit).collect::<String>()
        });
        let count = said.map_or(Some(0), |digits| digits.parse::<usize>().ok());
        // An empty one takes five bytes: `<si/>`.
        if count.is_none_or(|count| count > strings.len() / 5) {
            return Err(hostile("Its list of texts claims to be longer than it is.".to_owned()));
        }
    }
    Ok(())
}

/// Whether a part names an element more often than this; one takes five bytes at least.
fn more_than(most: usize, part: &[u8], name: &[u8]) -> bool {
    part.len() / 5 > most && part.windows(name.len()).filter(|found| *found == name).count() > most
}

fn read_sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, sheet: &str, grid: &mut Grid<'_>) -> Result<(), Failure> {
    let broken = |_| damaged("one of its sheets cannot be read");
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(broken)?;
    let formats: Vec<Option<Shown>> = cells
        .styles()
        .iter()
        .map(|style| style.number_format.as_ref().and_then(|format| Shown::parse(&format.format_code)))
        .collect();
    let (mut at, mut row, mut bytes) = (0, Vec::new(), 0);
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(broken)? {
        let (line, column) = cell.get_position();
        if line != at {
            grid.row(std::mem::take(&mut row))?;
            // Rows that the file leaves out are empty.
            if line != at + 1 {
                grid.row(Vec::new())?;
            }
            at = line;
        }
        let text = shown(cell.get_value(), formats.get(style).and_then(Option::as_ref));
        bytes += text.len();
        if bytes > limits::EXTRACTED_TEXT_BYTES {
            return Err(super::text_too_long());
        }
        if !text.is_empty() {
            row.push((column as usize, text));
        }
    }
    row.sort_by_key(|cell: &Cell| cell.0);
    grid.row(row)
}

fn shown(value: &DataRef<'_>, format: Option<&Shown>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::Error(error) => error.to_string(),
        DataRef::DateTime(moment) => date(moment),
        DataRef::Int(number) => figure(*number as f64, format),
        DataRef::Float(number) => figure(*number, format),
    }
}

fn figure(number: f64, format: Option<&Shown>) -> String {
    format.map_or_else(|| general(number), |format| format.write(number))
}

fn date(moment: &ExcelDateTime) -> String {
    let value = moment.as_f64();
    if moment.is_duration() {
        let seconds = (value * 86_400.0).round();
        let sign = if seconds < 0.0 { "-" } else { "" };
        let seconds = seconds.abs() as u64;
        return format!("{sign}{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let time = if second == 0 {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    };
    match (value < 1.0, value.fract() == 0.0) {
        (true, _) => time,
        (_, true) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {time}"),
    }
}

/// A number without a format: no more digits than Excel shows, so that 0.1 + 0.2 is 0.3.
fn general(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let magnitude = number.abs().log10().floor();
    if !number.is_finite() || !(-9.0..15.0).contains(&magnitude) {
        return format!("{number:e}");
    }
    let decimals = usize::try_from(GENERAL_DIGITS - 1 - (magnitude as i32).max(0)).unwrap_or(0);
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// How a number format writes a number: of its syntax (ECMA-376, part 1, 18.8.31) the first section's decimal
/// places, grouping, percent sign and the words before and after the figure.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    before: String,
    after: String,
    /// Decimal places: at least, and at most.
    least: usize,
    decimals: usize,
    grouped: bool,
    percent: bool,
}

impl Shown {
    /// `None` for what is no plain number: `General`, text, dates, fractions, powers of ten.
    fn parse(code: &str) -> Option<Self> {
        let mut shown = Self::default();
        let (mut placed, mut point) = (false, false);
        let mut characters = code.chars();
        while let Some(c) = characters.next() {
            let mut word = String::new();
            match c {
                ';' => break,
                '0' | '#' | '?' => {
                    placed = true;
                    shown.decimals += usize::from(point);
                    shown.least += usize::from(point && c == '0');
                }
                '.' if placed || !point => point = true,
                // After the last digit it divides by a thousand.
                ',' if !characters.as_str().starts_with(['0', '#', '?']) => return None,
                ',' => shown.grouped = true,
                '%' => {
                    shown.percent = true;
                    word.push('%');
                }
                '"' => word.extend(characters.by_ref().take_while(|c| *c != '"')),
                '\\' => word.extend(characters.next()),
                '_' | '*' => {
                    characters.next();
                }
                // `[$€-407]` is a currency; `[Red]` and `[>100]` show nothing.
                '[' => {
                    let inside: String = characters.by_ref().take_while(|c| *c != ']').collect();
                    if let Some(currency) = inside.strip_prefix('$') {
                        word.push_str(currency.split('-').next().unwrap_or_default());
                    }
                }
                '/' | '@' => return None,
                c if c.is_ascii_alphabetic() => return None,
                c => word.push(c),
            }
            if placed { shown.after.push_str(&word) } else { shown.before.push_str(&word) }
        }
        (placed && shown.decimals <= DECIMALS).then_some(shown)
    }

    fn write(&self, number: f64) -> String {
        let number = if self.percent { number * 100.0 } else { number };
        if !number.is_finite() || number.abs() >= 1e15 {
            return general(number);
        }
        let digits = format!("{:.*}", self.decimals, number.abs());
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        let mut figure = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if self.grouped && place > 0 && (whole.len() - place) % 3 == 0 {
                figure.push(',');
            }
            figure.push(digit);
        }
        let kept = fraction.trim_end_matches('0').len().max(self.least);
        if kept > 0 {
            figure.push('.');
            figure.push_str(&fraction[..kept]);
        }
        let sign = if number < 0.0 && digits.contains(|c| matches!(c, '1'..='9')) { "-" } else { "" };
        format!("{sign}{}{figure}{}", self.before, self.after).trim().to_owned()
    }
}

#[cfg(test)]
mod tests;
