//! A page's elements as pieces of text.

use crate::extract::BlockKind;
use unpdf::model::{Block, ListStyle, Page, Paragraph, Table};

/// Text that becomes a block.
pub(super) struct Piece {
    pub kind: BlockKind,
    pub text: String,
}

/// The pieces of a page, in reading order; a list's items are one piece.
pub(super) fn of_page(page: Page) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(page.elements.len());
    for element in page.elements {
        let (kind, text) = match element {
            Block::Paragraph(paragraph) if paragraph.is_list_item() => {
                let item = item(&paragraph);
                if let Some(Piece { kind: BlockKind::List, text }) = pieces.last_mut() {
                    text.push('\n');
                    text.push_str(&item);
                    continue;
                }
                (BlockKind::List, item)
            }
            Block::Paragraph(paragraph) => {
                let kind = match paragraph.heading_level() {
                    Some(level) => BlockKind::Heading(level.clamp(1, 6)),
                    None => BlockKind::Paragraph,
                };
                (kind, letters(&paragraph.plain_text()))
            }
            Block::Table(table) => of_table(&table),
            Block::Code { content } => (BlockKind::Code, letters(&content)),
            Block::Raw { content } => (BlockKind::Paragraph, letters(&content)),
            _ => continue,
        };
        if !text.trim().is_empty() {
            pieces.push(Piece { kind, text });
        }
    }
    pieces
}

/// `- text` or `3. text`, further in by its level.
fn item(paragraph: &Paragraph) -> String {
    let text = letters(&paragraph.plain_text());
    let info = paragraph.style.list_info.as_ref();
    let indent = "  ".repeat(info.map_or(0, |info| usize::from(info.level)));
    match info.map(|info| &info.style) {
        Some(ListStyle::Unordered { marker }) => {
            format!("{indent}- {}", text.trim_start_matches(*marker).trim())
        }
        _ => format!("{indent}{}", text.trim()),
    }
}

/// One row a line. Columns that hold nothing go; a table of one column is a paragraph.
fn of_table(table: &Table) -> (BlockKind, String) {
    let columns = table.cell_columns();
    let cell = |row: usize, index: usize| -> String {
        let text = letters(&table.rows[row].cells[index].plain_text());
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut used = vec![false; table.column_count()];
    let rows: Vec<Vec<(usize, String)>> = (0..table.rows.len())
        .map(|row| {
            let places = columns.get(row).map(Vec::as_slice).unwrap_or_default();
            places.iter().enumerate().map(|(index, place)| (*place, cell(row, index))).collect()
        })
        .collect();
    for (place, _) in rows.iter().flatten().filter(|(_, text)| !text.is_empty()) {
        if let Some(used) = used.get_mut(*place) {
            *used = true;
        }
    }
    let (mut lines, mut header) = (Vec::with_capacity(rows.len()), 0_u8);
    for (number, row) in rows.iter().enumerate() {
        if row.iter().all(|(_, text)| text.is_empty()) {
            continue;
        }
        let last = row.iter().rev().find(|(_, text)| !text.is_empty()).map_or(0, |(place, _)| *place);
        let cells: Vec<&str> = (0..=last)
            .filter(|place| used.get(*place) == Some(&true))
            .map(|place| row.iter().find(|(at, _)| *at == place).map_or("", |(_, text)| text.as_str()))
            .collect();
        header += u8::from(number < usize::from(table.header_rows));
        lines.push(cells.join(" | "));
    }
    if used.iter().filter(|used| **used).count() < 2 {
        return (BlockKind::Paragraph, lines.join("\n"));
    }
    let header = if usize::from(header) < lines.len() { header } else { 0 };
    (BlockKind::Table(header), lines.join("\n"))
}

/// Ligatures as the letters they are of: nobody searches for "ﬁlter".
fn letters(text: &str) -> String {
    if !text.contains(|c| matches!(c, '\u{FB00}'..='\u{FB06}' | '\u{A0}')) {
        return text.to_owned();
    }
    let mut whole = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{FB00}' => whole.push_str("ff"),
            '\u{FB01}' => whole.push_str("fi"),
            '\u{FB02}' => whole.push_str("fl"),
            '\u{FB03}' => whole.push_str("ffi"),
            '\u{FB04}' => whole.push_str("ffl"),
            '\u{FB05}' | '\u{FB06}' => whole.push_str("st"),
            '\u{A0}' => whole.push(' '),
            c => whole.push(c),
        }
    }
    whole
}
