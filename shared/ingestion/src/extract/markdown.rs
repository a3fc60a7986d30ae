//! Markdown to plain text with structure. The other formats come through here: their readers write Markdown.

mod front_matter;

use super::{BlockKind, Extracted, document::indent, html};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Elements of HTML: other words in angle brackets are what somebody wrote.
const ELEMENTS: &str = "a abbr acronym address area article aside audio b base basefont bdi bdo big blink blockquote body br \
    button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl \
    dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header \
    hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee math menu meta \
    meter nav nobr noscript object ol optgroup option output p param picture pre progress q rp rt ruby s \
    samp script search section select slot small source span strike strong style sub summary sup svg table \
    tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr";

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
    let mut walker = Walker {
        document,
        page,
        text: String::new(),
        html: String::new(),
        lists: Vec::new(),
        code: false,
        table: false,
    };
    for event in Parser::new_ext(source, options) {
        walker.take(event);
    }
    walker.finish_html();
    walker.finish(BlockKind::Paragraph);
}

struct Walker<'a> {
    document: &'a mut Extracted,
    page: Option<u32>,
    text: String,
    /// HTML that stands between Markdown, as far as it was met.
    html: String,
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

    /// HTML is for its own reader. What that refuses stays as it is written.
    fn finish_html(&mut self) {
        if self.html.is_empty() {
            return;
        }
        let source = std::mem::take(&mut self.html);
        self.finish(if self.lists.is_empty() { BlockKind::Paragraph } else { BlockKind::List });
        if html::append(self.document, &source, self.page).is_err() {
            self.document.push(BlockKind::Paragraph, &source, self.page);
        }
    }

    fn take(&mut self, event: Event<'_>) {
        // A blank line ends a block of HTML, and not the table that it is of: blocks that follow one another are one.
        if !matches!(event, Event::Html(_) | Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock)) {
            self.finish_html();
        }
        match event {
            Event::Html(source) => self.html.push_str(&source),
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text.push_str(&text);
            }
            Event::SoftBreak if self.table => self.text.push(' '),
            Event::SoftBreak | Event::HardBreak => self.text.push('\n'),
            Event::InlineHtml(tag) if tag.to_ascii_lowercase().starts_with("<br") => self.text.push('\n'),
            Event::InlineHtml(tag) if !is_markup(&tag) => self.text.push_str(&tag),
            Event::FootnoteReference(name) => self.text.push_str(&format!("[{name}]")),
            Event::Rule | Event::InlineHtml(_) | Event::TaskListMarker(_) => {}
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

/// Whether something in angle brackets is HTML, and not a placeholder that looks like it.
fn is_markup(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).unwrap_or(name.len());
    // Comments and instructions have no name.
    end == 0 || ELEMENTS.split(' ').any(|element| element.eq_ignore_ascii_case(&name[..end]))
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
    fn html_among_the_markdown_is_read_and_placeholders_are_no_html() {
        let document = read(
            "Before.\n\n<table>\n<tr><th>Part</th><th>Price</th></tr>\n\n<tr><td>Oil</td><td>5</td></tr>\n</table>\n\n\
             <details>\n<summary>For engineers</summary>\n\nDrain *it*.\n\n</details>\n\n<!-- not this -->\n\n\
             Run <placeholder> on <file name>, <b>twice</b>: H<sub>2</sub>O.<!-- nor this -->\n\n- one\n\n  <p>two</p>\n- three\n",
        );
        let seen: Vec<_> =
            document.blocks.iter().map(|b| (b.kind, &document.text[b.range.clone()])).collect();
        assert_eq!(
            seen,
            [
                (BlockKind::Paragraph, "Before."),
                (BlockKind::Table(1), "Part | Price\nOil | 5"),
                (BlockKind::Paragraph, "For engineers"),
                (BlockKind::Paragraph, "Drain it."),
                (BlockKind::Paragraph, "Run <placeholder> on <file name>, twice: H2O."),
                (BlockKind::List, "- one"),
                (BlockKind::Paragraph, "two"),
                (BlockKind::List, "- three"),
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
