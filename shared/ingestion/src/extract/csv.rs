//! CSV and its kin: the delimiter is what parts the rows most evenly.

use super::{
    Extracted,
    grid::{Grid, too_many},
    pairs::Columns,
};
use ::csv::{ReaderBuilder, StringRecord};
use domain::{Failure, limits};

/// Delimiters that are looked for; the comma last, because it stands in figures too.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];
/// Rows that the delimiter is told by.
const ROWS_LOOKED_AT: usize = 50;
/// Bytes that they are looked for in.
const BYTES_LOOKED_AT: usize = 64 * 1024;
/// Rows that a text without a telling name needs to count as a table.
const ROWS_AT_LEAST: usize = 3;
/// Characters of a table's cell on average at most, where no name says that it is one: prose has commas too.
const CELL_CHARACTERS: usize = 30;

pub(super) fn read(source: &str) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("csv");
    // What is written is hardly shorter than what is read, and a row may be all of it.
    if source.len() > limits::EXTRACTED_TEXT_BYTES {
        return Err(super::text_too_long());
    }
    let (hint, body) = hinted(source);
    let delimiter = hint.or_else(|| delimiter(body).map(|found| found.0)).unwrap_or(b',');
    let (mut columns, mut pairs) = (None, Vec::new());
    let mut grid = Grid::new(&mut document).of_sheet();
    let mut record = StringRecord::new();
    let mut reader = reader(body, delimiter);
    while reader.read_record(&mut record).is_ok_and(|more| more) {
        // The reader skips empty lines, which part tables.
        if record.position().is_some_and(|start| after_empty_line(body.as_bytes(), start.byte())) {
            grid.end()?;
        }
        if record.len() > limits::TABLE_CELLS {
            return Err(too_many());
        }
        match &columns {
            None => columns = Some(Columns::of(&record)),
            Some(Some(columns)) => pairs.push(columns.pair(&record)?),
            Some(None) => {}
        }
        grid.row(record.iter().map(str::to_owned).enumerate().collect())?;
    }
    grid.end()?;
    document.pairs = super::pairs::counted(pairs)?;
    Ok(document)
}

/// Whether the line before this byte is empty: the second half of a line's end (CR LF) counts to its line.
fn after_empty_line(body: &[u8], at: u64) -> bool {
    let at = usize::try_from(at).unwrap_or(usize::MAX).min(body.len());
    let rest = match (&body[..at], &body[at..]) {
        ([.., b'\r'], [b'\n', rest @ ..]) => rest,
        (_, rest) => rest,
    };
    at > 0 && matches!(rest, [b'\r' | b'\n', ..])
}

/// Whether text that no name calls a table is one: each of its rows has as many cells, and short ones.
pub(super) fn looks_like(source: &str) -> bool {
    delimiter(source).is_some_and(|(delimiter, even)| {
        let head = head(source);
        let cells = head.matches(char::from(delimiter)).count() + 1;
        even && head.chars().count() / cells <= CELL_CHARACTERS
    })
}

/// Excel's own first line `sep=;`.
fn hinted(source: &str) -> (Option<u8>, &str) {
    let Some((first, rest)) = source.split_once('\n') else { return (None, source) };
    match first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) => (Some(*delimiter), rest),
        _ => (None, source),
    }
}

fn head(source: &str) -> &str {
    &source[..source.floor_char_boundary(BYTES_LOOKED_AT)]
}

/// The delimiter under which most rows have the same number of cells, more than one; and whether all have, at
/// least three cells (two between tabs) in at least [`ROWS_AT_LEAST`] rows.
fn delimiter(source: &str) -> Option<(u8, bool)> {
    let mut best: Option<(usize, usize, u8, bool)> = None;
    for delimiter in DELIMITERS {
        let mut counts: Vec<usize> = reader(head(source), delimiter)
            .records()
            .take(ROWS_LOOKED_AT)
            .filter_map(Result::ok)
            .map(|record| record.len())
            .collect();
        if source.len() > BYTES_LOOKED_AT && counts.len() < ROWS_LOOKED_AT {
            // The last row is cut off.
            counts.pop();
        }
        let rows = counts.len();
        let Some(width) = commonest(&mut counts) else { continue };
        let same = counts.iter().filter(|count| **count == width).count();
        let wide = if delimiter == b'\t' { 2 } else { 3 };
        let even = same == rows && rows >= ROWS_AT_LEAST && width >= wide;
        let share = same * 100 / rows;
        if width > 1 && best.is_none_or(|(s, w, ..)| (share, width) > (s, w)) {
            best = Some((share, width, delimiter, even));
        }
    }
    best.map(|(_, _, delimiter, even)| (delimiter, even))
}

fn commonest(counts: &mut [usize]) -> Option<usize> {
    counts.sort_unstable();
    counts.chunk_by(|a, b| a == b).max_by_key(|chunk| chunk.len()).map(|chunk| chunk[0])
}

fn reader(source: &str, delimiter: u8) -> ::csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(source.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{super::BlockKind, *};

    fn table(source: &str) -> String {
        read(source).expect("readable").text
    }

    #[test]
    fn the_delimiter_is_what_parts_the_rows_evenly() {
        assert_eq!(
            table("Teil;Preis\nDichtung;64,50\nVentil;27,90\n"),
            "Teil | Preis\nDichtung | 64,50\nVentil | 27,90"
        );
        assert_eq!(table("1;0,5;1,5\n2;0,7;1,7\n"), "1 | 0,5 | 1,5\n2 | 0,7 | 1,7");
        assert_eq!(table("a\tb, c\nd\te, f\n"), "a | b, c\nd | e, f");
        assert_eq!(table("a|b\r\nc|d\r\n"), "a | b\nc | d");
        assert_eq!(table("sep=;\na;b,c,d\n"), "a | b,c,d");
    }

    #[test]
    fn quotes_hold_delimiters_and_line_ends() {
        let document =
            read("Part,Note\n\"Seal, 40-117\",\"dry it,\nthen \"\"grease\"\" it\"\n").expect("readable");
        assert_eq!(document.text, "Part | Note\nSeal, 40-117 | dry it, then \"grease\" it");
        assert_eq!(document.blocks[0].kind, BlockKind::Table(1));
    }

    #[test]
    fn empty_lines_part_tables() {
        for end in ["\n", "\r\n"] {
            let source = ["a,b", "c,d", "", "e,f", "g,h", ""].join(end);
            assert_eq!(table(&source), "a | b\nc | d\n\ne | f\ng | h", "{end:?}");
        }
    }

    #[test]
    fn prose_with_commas_is_no_table() {
        assert!(looks_like("a,b,c\nd,e,f\ng,h,i\n"));
        assert!(looks_like("a\tb\nd\te\ng\th\n"));
        assert!(!looks_like(
            "Close the valve, open the tap, and wait.\nDry it.\nGrease the ring, never the seat.\n"
        ));
        let long =
            "The pump, which is heavy, must be lifted by two people who have been told how to do it.\n"
                .repeat(5);
        assert!(!looks_like(&long));
    }

    #[test]
    fn a_line_of_fifty_megabytes_and_a_row_of_a_million_cells_are_refused() {
        assert!(read(&"x,".repeat(25 * 1024 * 1024)).is_err());
        assert!(read(&"x,".repeat(limits::TABLE_CELLS + 1)).is_err());
        assert!(read(&format!("a,b\n\"{}", "x\n".repeat(1_000_000))).is_ok());
    }
}
