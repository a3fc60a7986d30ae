//! Rows of cells to tables: where one ends, which line is its header, what is a line of text above it.

use super::{BlockKind, Extracted, child::within_limits, summary};
use domain::{Failure, FailureCode, limits};

/// Lines above a table's columns that may be its caption.
const CAPTIONS: usize = 3;

/// A cell that holds something: its column from 0, and what it shows.
pub(super) type Cell = (usize, String);

/// Collects rows until a table ends, and writes it.
pub(super) struct Grid<'a> {
    document: &'a mut Extracted,
    page: Option<u32>,
    /// The first row is the header, the file says.
    pub(super) headed: bool,
    /// It is a sheet: what its tables hold is told.
    is_sheet: bool,
    rows: Vec<Vec<Cell>>,
    /// Cells that may still be written.
    left: usize,
    /// Bytes of the rows: one text may stand in a million cells.
    bytes: usize,
}

impl<'a> Grid<'a> {
    pub(super) fn new(document: &'a mut Extracted) -> Self {
        Self::within(document, limits::TABLE_CELLS)
    }

    fn within(document: &'a mut Extracted, left: usize) -> Self {
        Self { document, page: None, headed: false, is_sheet: false, rows: Vec::new(), left, bytes: 0 }
    }

    pub(super) fn on_page(self, page: Option<u32>) -> Self {
        Self { page, ..self }
    }

    /// Tells what the tables hold, besides writing them.
    pub(super) fn of_sheet(self) -> Self {
        Self { is_sheet: true, ..self }
    }

    /// Writes a heading, after the table before it.
    pub(super) fn heading(&mut self, level: u8, text: &str) -> Result<(), Failure> {
        self.end()?;
        self.document.push(BlockKind::Heading(level), text, self.page);
        Ok(())
    }

    /// Adds a row, its cells by ascending column; one that shows nothing ends the table.
    pub(super) fn row(&mut self, cells: Vec<Cell>) -> Result<(), Failure> {
        self.bytes += cells.iter().map(|(_, text)| text.len()).sum::<usize>();
        if self.bytes > limits::EXTRACTED_TEXT_BYTES {
            return Err(super::text_too_long());
        }
        let cells: Vec<Cell> = cells
            .into_iter()
            .map(|(column, text)| (column, text.split_whitespace().collect::<Vec<_>>().join(" ")))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        if cells.is_empty() {
            return self.end();
        }
        self.left = self.left.checked_sub(cells.len()).ok_or_else(too_many)?;
        self.rows.push(cells);
        Ok(())
    }

    /// Writes what was collected.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        within_limits(self.document)?;
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let mut columns: Vec<usize> = rows.iter().flatten().map(|(column, _)| *column).collect();
        columns.sort_unstable();
        columns.dedup();
        if columns.len() < 2 {
            let lines: Vec<&str> = rows.iter().flatten().map(|(_, text)| text.as_str()).collect();
            self.document.push(BlockKind::Paragraph, &lines.join("\n"), self.page);
            return Ok(());
        }
        // A line alone above the columns is the table's caption.
        let alone = rows.iter().take_while(|row| row.len() == 1).count();
        let captions = if alone > CAPTIONS { 0 } else { alone };
        for (_, text) in rows[..captions].iter().flatten() {
            self.document.push(BlockKind::Paragraph, text, self.page);
        }
        let rows = &rows[captions..];
        let mut table = String::new();
        for row in rows {
            let mut cells = row.iter().peekable();
            let last = row.last().map_or(0, |(column, _)| *column);
            for (place, column) in columns.iter().take_while(|column| **column <= last).enumerate() {
                if place > 0 {
                    table.push_str(" | ");
                }
                match cells.next_if(|(at, _)| at == column) {
                    Some((_, text)) => table.push_str(text),
                    None => self.left = self.left.checked_sub(1).ok_or_else(too_many)?,
                }
            }
            table.push('\n');
            if table.len() > limits::EXTRACTED_TEXT_BYTES {
                return Err(super::text_too_long());
            }
        }
        let headed = self.headed || has_header(rows);
        if self.is_sheet && self.document.tables.len() < limits::FILE_TABLES {
            let (header, values) = rows.split_at(usize::from(headed));
            let header = header.first().map(Vec::as_slice);
            let summary = summary::of_table(self.sheet().as_deref(), &columns, header, values);
            self.document.tables.push(summary);
        }
        self.document.push(BlockKind::Table(u8::from(headed)), &table, self.page);
        Ok(())
    }

    /// The name of the sheet: the heading above.
    fn sheet(&self) -> Option<String> {
        let blocks = &self.document.blocks;
        let heading = blocks.iter().rev().find(|block| matches!(block.kind, BlockKind::Heading(_)))?;
        Some(self.document.text[heading.range.clone()].to_owned())
    }
}

/// The first row names the columns when it fills as many as any other and holds no figure.
fn has_header(rows: &[Vec<Cell>]) -> bool {
    let Some((first, rest)) = rows.split_first() else { return false };
    let widest = rest.iter().map(Vec::len).max().unwrap_or(0);
    !rest.is_empty() && first.len() + 1 >= widest && !first.iter().any(|(_, text)| is_figure(text))
}

/// Amounts, percentages, dates and times: digits with what stands between and around them.
fn is_figure(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || " .,:;/%+-–−'()€$£¥฿\u{a0}".contains(c))
        // A year heads a column.
        && !(text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.starts_with(['1', '2']))
}

pub(super) fn too_many() -> Failure {
    Failure::new(
        FailureCode::TooLarge,
        format!(
            "The file's tables hold more than {} cells. Split it into parts, or delete cells far from the others.",
            limits::TABLE_CELLS
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: &[&str]) -> Vec<(BlockKind, String)> {
        let mut document = Extracted::new("test");
        let mut grid = Grid::new(&mut document);
        for row in rows {
            grid.row(row.split(',').map(str::to_owned).enumerate().collect()).expect("few cells");
        }
        grid.end().expect("few cells");
        let text = document.text.clone();
        document.blocks.into_iter().map(|block| (block.kind, text[block.range].to_owned())).collect()
    }

    #[test]
    fn an_empty_row_parts_two_tables() {
        let seen = grid(&["Part,Price", "Seal,64.50", ",", "Tool,Weight", "Key,12"]);
        assert_eq!(
            seen,
            [
                (BlockKind::Table(1), "Part | Price\nSeal | 64.50".to_owned()),
                (BlockKind::Table(1), "Tool | Weight\nKey | 12".to_owned()),
            ]
        );
    }

    #[test]
    fn a_caption_a_list_and_a_table_without_header_are_told_apart() {
        assert_eq!(
            grid(&["Stock in May,,", "Part,,Pieces", "Seal,,3"]),
            [
                (BlockKind::Paragraph, "Stock in May".to_owned()),
                (BlockKind::Table(1), "Part | Pieces\nSeal | 3".to_owned()),
            ]
        );
        assert_eq!(grid(&["One note", "Another"]), [(BlockKind::Paragraph, "One note\nAnother".to_owned())]);
        assert_eq!(grid(&["2026-03-01,4", "2026-03-02,5"])[0].0, BlockKind::Table(0));
        assert_eq!(grid(&["Part,2025,2026", "Seal,,5"])[0].1, "Part | 2025 | 2026\nSeal |  | 5");
    }

    #[test]
    fn cells_are_written_to_their_limit_and_no_further() {
        let rows = |left| {
            let mut document = Extracted::new("test");
            let mut grid = Grid::within(&mut document, left);
            // Two cells each, and one that is empty in the second row: five.
            let filled = grid.row(vec![(0, "a".into()), (1, "b".into())]);
            filled.and(grid.row(vec![(0, "c".into()), (9, "d".into())])).and(grid.end())
        };
        assert!(rows(5).is_ok());
        assert_eq!(rows(4).expect_err("too many").code, FailureCode::TooLarge);
    }
}
