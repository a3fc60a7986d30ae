//! Markdown to plain text with structure. The other formats come through here: their readers write Markdown.

mod front_matter;

use super::{BlockKind, Extracted, document::indent};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

pub(super) fn read(source: &str) -> Extracted {
    let mut document = Extracted::new("markdown");
    let (fields, text) = front_matter::take(source);
    document.title = fields.get("title").filter(|title| !title.trim().is_empty()).cloned();
    document.metadata = fields;
    append(&mut document, text, None);
    document
}

/// Appends Markdown to a document, block by block, without its markup.
pub fn append(document: &mut Extracted, source: &str, page: Option<u32>) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let mut walker =
        Walker { document, page, text: String::new(), lists: Vec::new(), code: false, table: false };
    for event in Parser::new_ext(source, options) {
        walker.take(event);
    }
    walker.finish(BlockKind::Paragraph);
}

struct Walker<'a> {
    document: &'a mut Extracted,
    page: Option<u32>,
    text: String,
    /// The number of the next item of each open list; `None` for bullets.
    lists: Vec<Option<u64>>,
    code: bool,
    table: bool,
}

impl Walker<'_> {
    fn finish(&mut self, kind: BlockKind) {
        self.document.push(kind, &self.text, self.page);
        self.text.clear();
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text.push_str(&text);
            }
            Event::SoftBreak if self.table => self.text.push(' '),
            Event::SoftBreak | Event::HardBreak => self.text.push('\n'),
            Event::InlineHtml(tag) if tag.to_ascii_lowercase().starts_with("<br") => self.text.push('\n'),
            Event::FootnoteReference(name) => self.text.push_str(&format!("[{name}]")),
            Event::Rule | Event::Html(_) | Event::InlineHtml(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.finish(BlockKind::Paragraph),
            Tag::CodeBlock(_) if self.lists.is_empty() => {
                self.finish(BlockKind::Paragraph);
                self.code = true;
            }
            Tag::Table(_) => {
                self.finish(BlockKind::Paragraph);
                self.table = true;
            }
            Tag::TableHead | Tag::TableRow => self.text.push_str("| "),
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.finish(BlockKind::Paragraph);
                }
                self.lists.push(*first);
            }
            Tag::Item => {
                if !self.text.is_empty() && !self.text.ends_with('\n') {
                    self.text.push('\n');
                }
                self.text.push_str(indent(self.lists.len().saturating_sub(1)));
                match self.lists.last_mut() {
                    Some(Some(number)) => {
                        self.text.push_str(&format!("{number}. "));
                        *number += 1;
                    }
                    _ => self.text.push_str("- "),
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph if self.lists.is_empty() => self.finish(BlockKind::Paragraph),
            TagEnd::Paragraph => self.text.push('\n'),
            TagEnd::Heading(level) => self.finish(BlockKind::Heading(number(level))),
            TagEnd::CodeBlock if self.code => {
                self.code = false;
                self.finish(BlockKind::Code);
            }
            TagEnd::TableCell => self.text.push_str(" | "),
            TagEnd::TableHead | TagEnd::TableRow => {
                self.text.truncate(self.text.trim_end().len());
                self.text.push('\n');
            }
            TagEnd::Table => {
                self.table = false;
                self.finish(BlockKind::Table(1));
            }
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.finish(BlockKind::List);
                }
            }
            _ => {}
        }
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_structure_stays() {
        let document = read(
            "---\nx: 1\n---\n# A *b*\n\nSome **bold** [link](http://x).\n\n1. one\n2. two\n   - deep\n\n| k | v |\n|---|---|\n| a | 1 |\n\n```\nlet x;\n```\n",
        );
        let seen: Vec<_> =
            document.blocks.iter().map(|b| (b.kind, &document.text[b.range.clone()])).collect();
        assert_eq!(
            seen,
            [
                (BlockKind::Heading(1), "A b"),
                (BlockKind::Paragraph, "Some bold link."),
                (BlockKind::List, "1. one\n2. two\n  - deep"),
                (BlockKind::Table(1), "| k | v |\n| a | 1 |"),
                (BlockKind::Code, "let x;"),
            ]
        );
    }

    #[test]
    fn front_matter_is_about_the_document_and_not_of_it() {
        let document = read("---\ntitle: Pumps\nlang: en\nmodule: [m1, m2]\n---\n# Oil\n\nChange it.\n");
        assert_eq!((document.title.as_deref(), document.text.as_str()), (Some("Pumps"), "Oil\n\nChange it."));
        assert_eq!(
            (document.metadata["lang"].as_str(), document.metadata["module"].as_str()),
            ("en", "m1, m2")
        );
    }
}
