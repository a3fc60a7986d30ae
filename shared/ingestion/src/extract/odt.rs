//! OpenDocument: texts with headings, lists and tables (ODT), slides as pages (ODP), sheets (ODS).

mod table;

use super::{
    BlockKind, Extracted,
    archive::{Archive, locked},
    child::{damaged, within_limits},
    document::indent,
    properties, xml,
};
use domain::Failure;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashSet;
use table::Table;

/// What is not the document's text: changes taken back, comments, lists of its own headings, machinery.
const SKIPPED: [&str; 13] = [
    "text:tracked-changes",
    "office:annotation",
    "office:forms",
    "office:scripts",
    "text:table-of-content",
    "text:illustration-index",
    "text:table-index",
    "text:object-index",
    "text:user-index",
    "text:alphabetical-index",
    "text:note-citation",
    "text:page-number",
    "svg:desc",
];
/// Frames of a slide that say the same on each.
const FURNITURE: [&str; 4] = ["page-number", "footer", "header", "date-time"];
/// Blanks that one element may stand for.
const BLANKS: usize = 100;

/// Reads a text, a presentation or a spreadsheet, as which `format` it counts.
pub(super) fn read(bytes: &[u8], format: &str) -> Result<Extracted, Failure> {
    let mut document = Extracted::new(format);
    let mut archive = Archive::open(bytes)?;
    let manifest = archive.text("META-INF/manifest.xml")?.unwrap_or_default();
    if manifest.contains("encryption-data") {
        return Err(locked());
    }
    properties::open_document(&mut document, &mut archive)?;
    let source = archive.text("content.xml")?.ok_or_else(|| damaged("it has no text part"))?;
    let mut walker = Walker::new(&mut document);
    let mut reader = xml::reader(&source);
    loop {
        match reader.read_event().map_err(|_| damaged("its text is not well-formed XML"))? {
            Event::Eof => break,
            Event::Start(element) => walker.start(&element)?,
            Event::Empty(element) => {
                walker.start(&element)?;
                walker.end(element.name().as_ref())?;
            }
            Event::End(element) => walker.end(element.name().as_ref())?,
            event => walker.say(&xml::text(&event).unwrap_or_default()),
        }
    }
    walker.end_list();
    document.page_count = document.blocks.iter().filter_map(|block| block.page).max();
    Ok(document)
}

/// An open paragraph or heading.
#[derive(Default)]
struct Paragraph {
    text: String,
    heading: Option<u8>,
}

struct Walker<'a> {
    document: &'a mut Extracted,
    page: Option<u32>,
    sheets: bool,
    /// Elements open inside one that is skipped, with it.
    skipped: usize,
    /// Style that is being declared.
    style: String,
    /// Paragraph styles of the document's title; list styles that count.
    titles: HashSet<String>,
    counting: HashSet<String>,
    /// Open paragraphs, the outermost first: a note or a text box has its own.
    open: Vec<Paragraph>,
    /// Paragraphs that stood in one; they follow it.
    inner: Vec<String>,
    /// The number of the last item of each open list; `None` for bullets.
    lists: Vec<Option<u32>>,
    marker: Option<String>,
    list: String,
    tables: Vec<Table>,
    /// In the frame of a slide's title.
    title_frame: bool,
}

impl<'a> Walker<'a> {
    fn new(document: &'a mut Extracted) -> Self {
        Self {
            document,
            page: None,
            sheets: false,
            skipped: 0,
            style: String::new(),
            titles: HashSet::from(["Title".to_owned()]),
            counting: HashSet::new(),
            open: Vec::new(),
            inner: Vec::new(),
            lists: Vec::new(),
            marker: None,
            list: String::new(),
            tables: Vec::new(),
            title_frame: false,
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), Failure> {
        let name = element.name();
        let attribute = |name| xml::attribute(element, name);
        let class =
            |wanted: &[&str]| attribute("class").is_some_and(|class| wanted.contains(&class.as_str()));
        if self.skipped > 0 || SKIPPED.contains(&name.as_ref()) {
            self.skipped += 1;
            return Ok(());
        }
        match name.as_ref() {
            "draw:frame" if class(&FURNITURE) => self.skipped = 1,
            "draw:frame" => self.title_frame = class(&["title"]),
            "style:style" if attribute("parent-style-name").as_deref() == Some("Title") => {
                self.titles.extend(attribute("name"));
            }
            "text:list-style" => self.style = attribute("name").unwrap_or_default(),
            "text:list-level-style-number" if attribute("level").as_deref() == Some("1") => {
                self.counting.insert(self.style.clone());
            }
            "office:spreadsheet" => self.sheets = true,
            "draw:page" => {
                self.end_list();
                self.page = Some(self.page.unwrap_or(0) + 1);
            }
            "text:h" => {
                let level = xml::count(element, "outline-level").min(6);
                self.open.push(Paragraph { heading: u8::try_from(level).ok(), ..Paragraph::default() });
            }
            "text:p" => {
                let title = self.title_frame
                    || attribute("style-name").is_some_and(|style| self.titles.contains(&style));
                self.open.push(Paragraph { heading: title.then_some(1), ..Paragraph::default() });
            }
            "text:s" => self.say(&" ".repeat(xml::count(element, "c").min(BLANKS))),
            "text:tab" => self.say("\t"),
            "text:line-break" => self.say("\n"),
            "text:list" => {
                let counts = match self.lists.last() {
                    None => attribute("style-name").is_some_and(|style| self.counting.contains(&style)),
                    Some(outer) => outer.is_some(),
                };
                self.lists.push(counts.then_some(0));
            }
            "text:list-item" => {
                let indent = indent(self.lists.len().saturating_sub(1));
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{indent}{number}. ")
                    }
                    _ => format!("{indent}- "),
                });
            }
            "table:table" => {
                if self.tables.is_empty() {
                    self.end_list();
                }
                if let Some(name) = attribute("name").filter(|_| self.sheets) {
                    // As in a workbook of Excel: no sheet names the document.
                    self.document.push(BlockKind::Heading(2), &name, None);
                }
                self.tables.push(Table::new(std::mem::take(&mut self.open)));
            }
            other => {
                if let Some(table) = self.tables.last_mut() {
                    match other {
                        "table:table-header-rows" => table.headed = true,
                        "table:table-row" => table.start_row(xml::count(element, "number-rows-repeated")),
                        "table:table-cell" | "table:covered-table-cell" => {
                            table.start_cell(
                                xml::count(element, "number-columns-repeated"),
                                attribute("date-value"),
                            );
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Failure> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        match name {
            "text:h" | "text:p" => {
                let Some(paragraph) = self.open.pop() else { return Ok(()) };
                if self.open.is_empty() {
                    self.write(paragraph.heading, &paragraph.text);
                    for text in std::mem::take(&mut self.inner) {
                        self.write(None, &text);
                    }
                    within_limits(self.document)?;
                } else {
                    self.inner.push(paragraph.text);
                }
            }
            "text:list" => {
                self.lists.pop();
                self.marker = None;
                if self.lists.is_empty() {
                    self.end_list();
                }
            }
            "draw:frame" => self.title_frame = false,
            "table:table" => {
                if let Some(mut table) = self.tables.pop() {
                    self.open = std::mem::take(&mut table.outer);
                    match self.tables.last_mut() {
                        Some(outer) => outer.say(&table.flat()),
                        None => table.write(self.document, self.page, self.sheets)?,
                    }
                }
            }
            other => {
                if let Some(table) = self.tables.last_mut() {
                    match other {
                        "table:table-row" => table.end_row(),
                        "table:table-cell" | "table:covered-table-cell" => table.end_cell()?,
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn say(&mut self, text: &str) {
        if let Some(paragraph) = self.open.last_mut().filter(|_| self.skipped == 0) {
            paragraph.text.push_str(text);
        }
    }

    fn write(&mut self, heading: Option<u8>, text: &str) {
        if let Some(table) = self.tables.last_mut() {
            table.say(text.trim());
        } else if let Some(level) = heading {
            // A heading that is numbered stands in a list.
            self.end_list();
            self.marker = None;
            self.document.push(BlockKind::Heading(level), text, self.page);
        } else if self.lists.is_empty() {
            self.document.push(BlockKind::Paragraph, text, self.page);
        } else if !text.trim().is_empty() {
            let marker = self.marker.take().unwrap_or_else(|| indent(self.lists.len()).to_owned());
            self.list.push_str(&marker);
            self.list.push_str(text.trim());
            self.list.push('\n');
        }
    }

    fn end_list(&mut self) {
        let list = std::mem::take(&mut self.list);
        self.document.push(BlockKind::List, &list, self.page);
    }
}

#[cfg(test)]
mod tests;
