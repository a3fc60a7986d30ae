//! A table of an OpenDocument while it is read: rows and cells are written once and said to repeat.

use super::{
    super::{
        Extracted,
        grid::{Cell, Grid, too_many},
        text_too_long,
    },
    Paragraph,
};
use domain::{Failure, limits};

#[derive(Default)]
pub(super) struct Table {
    /// The first rows are its header, it says.
    pub(super) headed: bool,
    /// Paragraphs that it stands in: a text box's.
    pub(super) outer: Vec<Paragraph>,
    rows: Vec<(Vec<Cell>, usize)>,
    row: Vec<Cell>,
    repeats: usize,
    column: usize,
    cell: String,
    spans: usize,
    date: Option<String>,
    /// Cells that it may still hold.
    left: usize,
    /// Bytes that it holds.
    bytes: usize,
}

impl Table {
    pub(super) fn new(outer: Vec<Paragraph>) -> Self {
        Self { outer, left: limits::TABLE_CELLS, ..Self::default() }
    }

    pub(super) fn start_row(&mut self, repeats: usize) {
        self.repeats = repeats;
        self.column = 0;
    }

    pub(super) fn end_row(&mut self) {
        self.rows.push((std::mem::take(&mut self.row), self.repeats));
    }

    /// A date is shown as ISO 8601, whatever the sheet's format.
    pub(super) fn start_cell(&mut self, repeats: usize, date: Option<String>) {
        self.spans = repeats;
        self.date = date;
        self.cell.clear();
    }

    pub(super) fn say(&mut self, text: &str) {
        if !self.cell.is_empty() && !text.is_empty() {
            self.cell.push(' ');
        }
        self.cell.push_str(text);
    }

    pub(super) fn end_cell(&mut self) -> Result<(), Failure> {
        let text = self.date.take().filter(|_| !self.cell.is_empty()).unwrap_or_else(|| self.cell.clone());
        if !text.trim().is_empty() {
            self.left = self.left.checked_sub(self.spans).ok_or_else(too_many)?;
            self.bytes += text.len() * self.spans;
            if self.bytes > limits::EXTRACTED_TEXT_BYTES {
                return Err(text_too_long());
            }
            self.row
                .extend((self.column..self.column.saturating_add(self.spans)).map(|at| (at, text.clone())));
        }
        self.column = self.column.saturating_add(self.spans);
        self.cell.clear();
        Ok(())
    }

    /// As text of the cell that it stands in.
    pub(super) fn flat(&self) -> String {
        let row = |(cells, _): &(Vec<Cell>, usize)| {
            cells.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(", ")
        };
        self.rows.iter().map(row).collect::<Vec<_>>().join("; ")
    }

    /// Empty rows part the tables of a sheet, and mean nothing in those of a text.
    pub(super) fn write(
        self,
        document: &mut Extracted,
        page: Option<u32>,
        sheet: bool,
    ) -> Result<(), Failure> {
        let mut grid = Grid::new(document).on_page(page);
        if sheet {
            grid = grid.of_sheet();
        }
        grid.headed = self.headed;
        for (row, repeats) in self.rows {
            if row.is_empty() {
                if sheet {
                    grid.end()?;
                }
                continue;
            }
            for _ in 1..repeats {
                grid.row(row.clone())?;
            }
            grid.row(row)?;
        }
        grid.end()
    }
}
