//! Lists: an item a line.

use super::{
    element::{HIDDEN, SKIPPED},
    inline::Inline,
    tree::Tree,
    write::{BLOCKS, Writer, collect, text},
};
use crate::extract::document::indent;
use domain::limits;

/// The items of a list, one a line, those of lists in it further in.
pub(super) fn items(tree: &Tree, list: u32, indent: usize, level: usize, out: &mut String) {
    let is_ordered = tree.name(list) == "ol";
    let mut number = tree.element(list).map_or(1, |element| element.columns);
    for item in Writer::shown(tree, list) {
        if matches!(tree.name(item), "ul" | "ol" | "dir" | "menu") {
            items(tree, item, indent + 1, level + 1, out);
            continue;
        }
        let mut walk = Item { indent, level: level + 1, line: Inline::default(), out };
        walk.line.push(tree.text_of(item));
        let mark = if is_ordered { format!("{number}. ") } else { "- ".to_owned() };
        if tree.name(item) == "li" {
            number = number.saturating_add(1);
        }
        walk.read(tree, item, &mark);
    }
}

struct Item<'a> {
    indent: usize,
    level: usize,
    line: Inline,
    out: &'a mut String,
}

impl Item<'_> {
    fn read(mut self, tree: &Tree, item: u32, mark: &str) {
        let from = self.out.len();
        self.walk(tree, item, 0);
        self.end_line();
        // The mark goes before the item's first line, if there is one.
        let lines = &self.out[from..];
        if !lines.is_empty() {
            let at = from + lines.len() - lines.trim_start_matches(' ').len();
            self.out.insert_str(at, mark);
        }
    }

    fn end_line(&mut self) {
        let text = self.line.take();
        for line in text.lines() {
            self.out.push_str(indent(self.indent));
            self.out.push_str(line);
            self.out.push('\n');
        }
    }

    fn walk(&mut self, tree: &Tree, node: u32, level: usize) {
        if self.level + level > 2 * limits::MARKUP_DEPTH {
            return collect(tree, node, self.level + level, &mut self.line);
        }
        for child in Writer::shown(tree, node) {
            let name = tree.name(child);
            match name {
                "ul" | "ol" | "dir" | "menu" => {
                    self.end_line();
                    items(tree, child, self.indent + 1, self.level + level, self.out);
                }
                "br" => {
                    self.line.line();
                }
                _ => {
                    let is_block = BLOCKS.contains(&name);
                    if is_block {
                        self.line.line();
                    }
                    self.line.push(tree.text_of(child));
                    self.walk(tree, child, level + 1);
                    if is_block {
                        self.line.line();
                    }
                }
            }
        }
    }
}

/// `- Term: what it means`, one a line.
pub(super) fn definitions(tree: &Tree, list: u32, out: &mut String) {
    let is_shown = |node| tree.element(node).is_none_or(|element| !element.has(HIDDEN | SKIPPED));
    let is_part = |node: u32| matches!(tree.name(node), "dt" | "dd");
    let mut after_term = false;
    for part in tree.under(list, |node| is_shown(node) && !is_part(node)) {
        let is_loose = !is_part(part) && !tree.text_of(part).trim().is_empty();
        if !is_shown(part) || !(is_part(part) || is_loose) {
            continue;
        }
        let said = if is_loose { tree.text_of(part).trim().to_owned() } else { text(tree, part) };
        if said.is_empty() {
            continue;
        }
        if tree.name(part) == "dd" && !out.is_empty() {
            let joint = if !after_term {
                "; "
            } else if out.ends_with(':') {
                " "
            } else {
                ": "
            };
            out.push_str(joint);
            after_term = false;
        } else {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str("- ");
            after_term = true;
        }
        out.push_str(&said);
    }
}
