//! PPTX: a slide is a page, hidden ones too, by `office_oxide`; the speaker's notes follow their slide.

use super::{
    BlockKind, Extracted, archive::Archive, child::damaged, document::indent, grid::Grid, properties,
};
use domain::Failure;
use office_oxide::{
    Document, DocumentFormat,
    ir::{Element, InlineContent, List, Table, inline_to_text},
};
use std::io::Cursor;

pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("pptx");
    properties::office(&mut document, &mut Archive::open(bytes)?)?;
    let parsed = Document::from_reader(Cursor::new(bytes.to_vec()), DocumentFormat::Pptx)
        .map_err(|_| damaged("its parts do not fit together"))?;
    // A slide that is missing is not read over.
    if parsed.damage().iter().any(office_oxide::options::Damage::is_loss) {
        return Err(damaged("a part of it cannot be read"));
    }
    let slides = parsed.to_ir().sections;
    document.page_count = u32::try_from(slides.len()).ok();
    for (page, slide) in (1..).zip(&slides) {
        let before = document.blocks.len();
        let mut writer = Writer { document: &mut document, page: Some(page) };
        writer.elements(&slide.elements)?;
        writer.elements(slide.speaker_notes.as_deref().unwrap_or_default())?;
        let pictured = slide.elements.iter().any(|element| matches!(element, Element::Image(_)));
        if pictured && document.blocks.len() == before {
            document.unread.push(page);
        }
    }
    Ok(document)
}

struct Writer<'a> {
    document: &'a mut Extracted,
    page: Option<u32>,
}

impl Writer<'_> {
    fn elements(&mut self, elements: &[Element]) -> Result<(), Failure> {
        for element in elements {
            match element {
                // A slide's title: the deck has no level above it.
                Element::Heading(heading) => {
                    self.push(
                        BlockKind::Heading(heading.clamped_level().saturating_sub(1).max(1)),
                        &text(&heading.content),
                    );
                }
                Element::Paragraph(paragraph) => self.push(BlockKind::Paragraph, &text(&paragraph.content)),
                Element::List(list) => {
                    let mut lines = String::new();
                    items(list, 0, &mut lines);
                    self.push(BlockKind::List, &lines);
                }
                Element::Table(table) => self.table(table)?,
                Element::TextBox(text_box) => self.elements(&text_box.content)?,
                // Comments of reviewers come as notes.
                Element::Footnote(note) | Element::Endnote(note) => self.elements(&note.content)?,
                Element::CodeBlock(code) => self.push(BlockKind::Code, &code.content),
                _ => {}
            }
        }
        Ok(())
    }

    fn push(&mut self, kind: BlockKind, text: &str) {
        self.document.push(kind, text, self.page);
    }

    fn table(&mut self, table: &Table) -> Result<(), Failure> {
        let mut grid = Grid::new(self.document).on_page(self.page);
        grid.headed = table.rows.first().is_some_and(|row| row.is_header || row.repeat_as_header);
        for row in &table.rows {
            let (mut cells, mut column) = (Vec::new(), 0);
            for cell in &row.cells {
                let mut said = Vec::new();
                flat(&cell.content, &mut said);
                cells.push((column, said.join(" ")));
                column += usize::try_from(cell.col_span).unwrap_or(1).clamp(1, 1_000);
            }
            if cells.iter().any(|(_, text)| !text.trim().is_empty()) {
                grid.row(cells)?;
            }
        }
        grid.end()
    }
}

fn text(content: &[InlineContent]) -> String {
    inline_to_text(content)
}

fn items(list: &List, level: usize, lines: &mut String) {
    for (number, item) in (list.start_number.unwrap_or(1)..).zip(&list.items) {
        let mut said = Vec::new();
        flat(&item.content, &mut said);
        if !said.is_empty() {
            lines.push_str(indent(level));
            let marker = if list.ordered { format!("{number}. ") } else { "- ".to_owned() };
            lines.push_str(&marker);
            lines.push_str(&said.join(" "));
            lines.push('\n');
        }
        if let Some(nested) = &item.nested {
            items(nested, level + 1, lines);
        }
    }
}

/// The texts of elements that stand in a cell or an item.
fn flat(elements: &[Element], said: &mut Vec<String>) {
    for element in elements {
        let text = match element {
            Element::Heading(heading) => text(&heading.content),
            Element::Paragraph(paragraph) => text(&paragraph.content),
            Element::List(list) => {
                let mut lines = String::new();
                items(list, 0, &mut lines);
                lines.trim_end().to_owned()
            }
            Element::Table(table) => {
                table.rows.iter().flat_map(|row| &row.cells).for_each(|cell| flat(&cell.content, said));
                continue;
            }
            Element::TextBox(text_box) => {
                flat(&text_box.content, said);
                continue;
            }
            _ => continue,
        };
        if !text.trim().is_empty() {
            said.push(text);
        }
    }
}

#[cfg(test)]
mod tests;
