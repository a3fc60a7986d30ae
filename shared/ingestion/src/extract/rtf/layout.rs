//! An RTF file's text as blocks: paragraphs, headings, lists, tables, footnotes.

use super::super::{
    BlockKind, Extracted,
    child::within_limits,
    grid::{Cell, Grid},
};
use domain::Failure;

pub(super) struct Layout<'a> {
    pub(super) document: &'a mut Extracted,
    /// Of the open paragraph or cell.
    text: String,
    /// Footnotes, which follow their paragraph.
    note: String,
    /// The number or bullet of a list's item.
    pub(super) marker: String,
    in_list: bool,
    list: String,
    outline: Option<u8>,
    in_table: bool,
    headed: bool,
    cells: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(document: &'a mut Extracted) -> Self {
        Self {
            document,
            text: String::new(),
            note: String::new(),
            marker: String::new(),
            in_list: false,
            list: String::new(),
            outline: None,
            in_table: false,
            headed: false,
            cells: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub(super) fn say(&mut self, text: &str) {
        if self.in_table || !self.text.is_empty() || !text.trim().is_empty() {
            self.text.push_str(text);
        }
    }

    pub(super) fn say_in_note(&mut self, text: &str) {
        self.note.push_str(text);
    }

    pub(super) fn word(&mut self, word: &str, number: Option<i32>) -> Result<(), Failure> {
        match word {
            "par" | "sect" | "page" => self.end_paragraph()?,
            "pard" => {
                self.in_table = false;
                self.outline = None;
                self.in_list = false;
            }
            "intbl" | "trowd" => self.in_table = true,
            "trhdr" => self.headed |= self.rows.is_empty(),
            "ls" => self.in_list = number.is_some(),
            "outlinelevel" => {
                self.outline = number.and_then(|level| u8::try_from(level).ok()).filter(|level| *level < 9)
            }
            "cell" => {
                let text = std::mem::take(&mut self.text);
                self.cells.push((self.cells.len(), text));
            }
            "row" => self.rows.push(std::mem::take(&mut self.cells)),
            _ => {}
        }
        Ok(())
    }

    fn end_paragraph(&mut self) -> Result<(), Failure> {
        if self.in_table {
            self.text.push(' ');
            return Ok(());
        }
        self.end_table()?;
        let (text, marker) = (std::mem::take(&mut self.text), std::mem::take(&mut self.marker));
        if text.trim().is_empty() {
            return Ok(());
        }
        if let Some(level) = self.outline {
            self.end_list();
            self.document.push(BlockKind::Heading((level + 1).min(6)), &text, None);
        } else if self.in_list || !marker.trim().is_empty() {
            let marker = if marker.contains(char::is_alphanumeric) { marker.trim() } else { "-" };
            for part in [marker, " ", text.trim(), "\n"] {
                self.list.push_str(part);
            }
        } else {
            self.end_list();
            self.document.push(BlockKind::Paragraph, &text, None);
        }
        self.end_note();
        within_limits(self.document)
    }

    fn end_note(&mut self) {
        let note = std::mem::take(&mut self.note);
        if !note.trim().is_empty() {
            self.end_list();
            self.document.push(BlockKind::Paragraph, note.trim(), None);
        }
    }

    fn end_list(&mut self) {
        let list = std::mem::take(&mut self.list);
        self.document.push(BlockKind::List, &list, None);
    }

    fn end_table(&mut self) -> Result<(), Failure> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.end_list();
        let mut grid = Grid::new(self.document);
        grid.headed = std::mem::take(&mut self.headed);
        for row in std::mem::take(&mut self.rows) {
            if row.iter().any(|(_, text)| !text.trim().is_empty()) {
                grid.row(row)?;
            }
        }
        grid.end()
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        if !self.cells.is_empty() {
            self.rows.push(std::mem::take(&mut self.cells));
        }
        self.in_table = false;
        self.end_paragraph()?;
        self.end_table()?;
        self.end_list();
        self.end_note();
        Ok(())
    }
}
