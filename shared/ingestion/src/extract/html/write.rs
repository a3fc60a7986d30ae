//! A page's content, block by block.

use super::{
    content::Amount,
    element::{HIDDEN, RICH, SKIPPED},
    inline::Inline,
    list, table,
    tree::{Tree, What},
};
use crate::extract::{BlockKind, Extracted};
use domain::limits;

/// Elements that begin and end a line of text.
pub(super) const BLOCKS: [&str; 41] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "search",
    "section",
    "summary",
    "table",
    "td",
    "th",
    "tr",
    "ul",
    "title",
];

/// Writes what stands under nodes into a document.
pub(super) struct Writer<'a> {
    pub tree: &'a Tree,
    pub amounts: &'a [Amount],
    pub document: &'a mut Extracted,
    pub page: Option<u32>,
    pub inline: Inline,
}

impl Writer<'_> {
    pub(super) fn finish(&mut self) {
        if !self.inline.is_empty() {
            let text = self.inline.take();
            self.push(BlockKind::Paragraph, &text);
        }
    }

    pub(super) fn push(&mut self, kind: BlockKind, text: &str) {
        self.document.push(kind, text, self.page);
    }

    /// The children of a node that are shown.
    pub(super) fn shown(tree: &Tree, node: u32) -> impl Iterator<Item = u32> {
        tree.children(node)
            .filter(|&child| tree.element(child).is_none_or(|element| !element.has(HIDDEN | SKIPPED)))
    }

    pub(super) fn blocks(&mut self, node: u32, level: usize) {
        if level > 2 * limits::MARKUP_DEPTH {
            return collect(self.tree, node, level, &mut self.inline);
        }
        let tree = self.tree;
        for child in Self::shown(tree, node) {
            let What::Element(element) = tree.nodes[child as usize].what else {
                self.inline.push(tree.text_of(child));
                continue;
            };
            let name = tree.name(child);
            match name {
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                    self.finish();
                    let number = name.as_bytes()[1] - b'0';
                    let text = text(tree, child);
                    self.push(BlockKind::Heading(number), &text);
                }
                "br" => {
                    if self.inline.line() {
                        self.finish();
                    }
                }
                "pre" | "listing" | "xmp" | "plaintext" => {
                    self.finish();
                    let mut code = String::new();
                    verbatim(tree, child, level, &mut code);
                    self.push(BlockKind::Code, &code);
                }
                "table" => {
                    self.finish();
                    if !table::write(self, child) {
                        self.blocks(child, level + 1);
                        self.finish();
                    }
                }
                "ul" | "ol" | "dir" | "menu" | "dl" if !element.has(RICH) => {
                    self.finish();
                    let mut lines = String::new();
                    if name == "dl" {
                        list::definitions(tree, child, &mut lines);
                    } else {
                        list::items(tree, child, 0, level, &mut lines);
                    }
                    self.push(BlockKind::List, &lines);
                }
                _ if BLOCKS.contains(&name) => {
                    self.finish();
                    self.blocks(child, level + 1);
                    self.finish();
                }
                _ => {
                    let is_custom = name.contains('-');
                    if is_custom {
                        self.inline.space();
                    }
                    self.blocks(child, level + 1);
                    if is_custom {
                        self.inline.space();
                    }
                }
            }
        }
    }
}

/// All text under a node, in one line.
pub(super) fn text(tree: &Tree, node: u32) -> String {
    let mut inline = Inline::default();
    collect(tree, node, 0, &mut inline);
    inline.take()
}

pub(super) fn collect(tree: &Tree, node: u32, level: usize, inline: &mut Inline) {
    // Deeper than people nest: no more boundaries, only text.
    if level > 4 * limits::MARKUP_DEPTH {
        let is_shown = |node| tree.element(node).is_none_or(|element| !element.has(HIDDEN | SKIPPED));
        for below in tree.under(node, is_shown) {
            inline.push(tree.text_of(below));
        }
        return;
    }
    for child in Writer::shown(tree, node) {
        let name = tree.name(child);
        let is_apart = name == "br" || BLOCKS.contains(&name) || name.contains('-');
        if is_apart {
            inline.space();
        }
        inline.push(tree.text_of(child));
        collect(tree, child, level + 1, inline);
        if is_apart {
            inline.space();
        }
    }
}

/// Text as it stands in the source.
fn verbatim(tree: &Tree, node: u32, level: usize, code: &mut String) {
    if level > 4 * limits::MARKUP_DEPTH {
        return;
    }
    for child in Writer::shown(tree, node) {
        if tree.name(child) == "br" {
            code.push('\n');
        }
        code.push_str(tree.text_of(child));
        verbatim(tree, child, level + 1, code);
    }
}
