//! Tables: one row a line, and how many lines at the beginning are the header.

use super::{
    element::{HIDDEN, HOLDS_TABLE, LAYOUT, RICH, SKIPPED},
    tree::Tree,
    write::{Writer, text},
};
use crate::extract::BlockKind;

/// Columns of a table that are kept apart; what stands further right goes with the last.
const COLUMNS: usize = 256;
/// Rows that a header may have.
const HEADER_ROWS: u8 = 3;
/// Characters of a cell from which a table is for looks: alone, and when headings or code stand in it.
const LONG_CELL: u32 = 2_000;
const LONG_RICH_CELL: u32 = 300;

/// Where cells stand, row after row: cells may reach down into later rows.
#[derive(Default)]
struct Grid {
    /// Rows that are still taken, by column.
    taken: Vec<u16>,
}

impl Grid {
    /// The cells of the next row with their columns.
    fn row(&mut self, tree: &Tree, row: u32) -> Vec<(usize, u32)> {
        let (mut placed, mut column) = (Vec::new(), 0);
        for cell in tree.children(row) {
            let Some(element) = tree.element(cell) else { continue };
            if !matches!(tree.name(cell), "td" | "th") || element.has(HIDDEN | SKIPPED) {
                continue;
            }
            while self.taken.get(column).is_some_and(|&rows| rows > 0) {
                column += 1;
            }
            let from = column.min(COLUMNS - 1);
            column = (from + usize::from(element.columns)).min(COLUMNS);
            if self.taken.len() < column {
                self.taken.resize(column, 0);
            }
            self.taken[from..column].fill(element.rows);
            placed.push((from, cell));
        }
        for rows in &mut self.taken {
            *rows = rows.saturating_sub(1);
        }
        placed
    }
}

/// The rows of a table, without those of tables in it.
fn rows(tree: &Tree, table: u32) -> impl Iterator<Item = u32> {
    let is_shown = |node| tree.element(node).is_some_and(|element| !element.has(HIDDEN | SKIPPED));
    tree.under(table, move |node| is_shown(node) && matches!(tree.name(node), "thead" | "tbody" | "tfoot"))
        .filter(move |&node| tree.name(node) == "tr" && is_shown(node))
}

/// Writes a table as one block. Says no to what is a table for looks: its cells are blocks of their own.
pub(super) fn write(writer: &mut Writer<'_>, table: u32) -> bool {
    let (tree, amounts) = (writer.tree, writer.amounts);
    let Some(element) = tree.element(table) else { return false };
    if element.has(LAYOUT | HOLDS_TABLE) {
        return false;
    }
    let (mut grid, mut used, mut longest, mut count) = (Grid::default(), [false; COLUMNS], 0, 0_usize);
    for row in rows(tree, table) {
        let mut is_filled = false;
        for (column, cell) in grid.row(tree, row) {
            let text = amounts[cell as usize].text;
            longest = longest.max(text);
            used[column] |= text > 0;
            is_filled |= text > 0;
        }
        count += usize::from(is_filled);
    }
    let columns = used.iter().filter(|is_used| **is_used).count();
    if columns < 2 || longest > LONG_CELL || (element.has(RICH) && longest > LONG_RICH_CELL) {
        return false;
    }
    for caption in tree.children(table).filter(|&child| tree.name(child) == "caption") {
        let said = text(tree, caption);
        writer.push(BlockKind::Paragraph, &said);
    }
    let (mut grid, mut lines, mut header, mut in_header) = (Grid::default(), String::new(), 0_u8, true);
    for row in rows(tree, table) {
        let cells = grid.row(tree, row);
        let filled: Vec<u32> =
            cells.iter().map(|&(_, cell)| cell).filter(|&cell| amounts[cell as usize].text > 0).collect();
        if filled.is_empty() {
            continue;
        }
        in_header = in_header
            && header < HEADER_ROWS
            && usize::from(header) + 1 < count
            && (tree.name(tree.nodes[row as usize].parent) == "thead"
                || filled.iter().all(|&cell| tree.name(cell) == "th")
                || (header == 0 && filled.len() > 1 && filled.iter().all(|&cell| is_bold(writer, cell))));
        header += u8::from(in_header);
        write_row(tree, &cells, &used, &mut lines);
    }
    writer.push(BlockKind::Table(header), &lines);
    true
}

fn write_row(tree: &Tree, cells: &[(usize, u32)], used: &[bool; COLUMNS], lines: &mut String) {
    if !lines.is_empty() {
        lines.push('\n');
    }
    let last = cells.last().map_or(0, |(column, _)| *column);
    let mut cells = cells.iter().peekable();
    let mut is_first = true;
    for column in (0..=last).filter(|column| used[*column]) {
        if !is_first {
            lines.push_str(" | ");
        }
        is_first = false;
        while let Some((_, cell)) = cells.next_if(|(place, _)| *place <= column) {
            let said = text(tree, *cell);
            // Only beyond the last column do two cells share a place.
            if !said.is_empty() && !lines.is_empty() && !lines.ends_with([' ', '\n']) {
                lines.push(' ');
            }
            lines.push_str(&said);
        }
    }
}

/// Whether all of a cell's text is bold.
fn is_bold(writer: &Writer<'_>, cell: u32) -> bool {
    let (tree, amounts) = (writer.tree, writer.amounts);
    let all = amounts[cell as usize].text;
    let mut at = cell;
    while let Some(child) = tree.children(at).find(|&child| amounts[child as usize].text == all) {
        if matches!(tree.name(child), "b" | "strong" | "th") {
            return true;
        }
        at = child;
    }
    false
}
