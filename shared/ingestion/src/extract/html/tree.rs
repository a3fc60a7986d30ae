//! A page as a tree: what `html5ever` builds, kept small. A node is 36 bytes and all text stands in one string,
//! so that a page of 50 MB fits where its usual tree would take gigabytes.

use super::element::Element;
use html5ever::QualName;
use std::rc::Rc;

/// No node.
pub(super) const NONE: u32 = u32::MAX;
/// The document itself: above `<html>`.
pub(super) const DOCUMENT: u32 = 0;

/// One node; its neighbours are places in [`Tree::nodes`], or [`NONE`].
#[derive(Clone, Copy)]
pub(super) struct Node {
    pub parent: u32,
    pub first: u32,
    pub last: u32,
    pub previous: u32,
    pub next: u32,
    pub what: What,
}

/// What a node is.
#[derive(Clone, Copy)]
pub(super) enum What {
    Element(Element),
    /// A stretch of [`Tree::text`]: its start and its bytes.
    Text(u32, u32),
    /// The document, a comment, what a template holds.
    Other,
}

/// A parsed page.
#[derive(Default)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    text: String,
    pub names: Vec<Rc<QualName>>,
    /// `(name or property, content)` of `<meta>`, in order.
    pub meta: Vec<(String, String)>,
    /// What `<html lang>` says.
    pub language: Option<String>,
}

impl Tree {
    pub(super) fn text_of(&self, node: u32) -> &str {
        match self.nodes[node as usize].what {
            What::Text(start, bytes) => &self.text[start as usize..][..bytes as usize],
            _ => "",
        }
    }

    /// The element at a node, if it is one.
    pub(super) fn element(&self, node: u32) -> Option<Element> {
        match self.nodes[node as usize].what {
            What::Element(element) => Some(element),
            _ => None,
        }
    }

    /// The tag's name without a namespace's prefix, lower-case; empty for what is no element.
    pub(super) fn name(&self, node: u32) -> &str {
        self.element(node).map_or("", |element| &self.names[element.name as usize].local)
    }

    pub(super) fn mark(&mut self, node: u32, mark: u16) {
        if let What::Element(element) = &mut self.nodes[node as usize].what {
            element.marks |= mark;
        }
    }

    /// A node's children, in order.
    pub(super) fn children(&self, node: u32) -> impl Iterator<Item = u32> {
        let start = self.nodes[node as usize].first;
        std::iter::successors((start != NONE).then_some(start), |&child| {
            let next = self.nodes[child as usize].next;
            (next != NONE).then_some(next)
        })
    }

    /// The nodes under one, in order; under a node for which `enter` says no, none.
    pub(super) fn under(&self, root: u32, enter: impl Fn(u32) -> bool) -> impl Iterator<Item = u32> {
        let mut at = root;
        std::iter::from_fn(move || {
            let first = self.nodes[at as usize].first;
            if first != NONE && (at == root || enter(at)) {
                at = first;
                return Some(at);
            }
            while at != root {
                let Node { next, parent, .. } = self.nodes[at as usize];
                if next != NONE {
                    at = next;
                    return Some(at);
                }
                at = parent;
            }
            None
        })
    }

    pub(super) fn add(&mut self, what: What) -> u32 {
        let place = u32::try_from(self.nodes.len()).unwrap_or(DOCUMENT);
        self.nodes.push(Node { parent: NONE, first: NONE, last: NONE, previous: NONE, next: NONE, what });
        place
    }

    pub(super) fn detach(&mut self, node: u32) {
        let Node { parent, previous, next, .. } = self.nodes[node as usize];
        match previous {
            NONE if parent != NONE => self.nodes[parent as usize].first = next,
            NONE => {}
            previous => self.nodes[previous as usize].next = next,
        }
        match next {
            NONE if parent != NONE => self.nodes[parent as usize].last = previous,
            NONE => {}
            next => self.nodes[next as usize].previous = previous,
        }
        let node = &mut self.nodes[node as usize];
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
    }

    /// Puts a node under a parent: before one of its children, or at the end.
    pub(super) fn attach(&mut self, parent: u32, node: u32, before: u32) {
        let previous = match before {
            NONE => std::mem::replace(&mut self.nodes[parent as usize].last, node),
            before => std::mem::replace(&mut self.nodes[before as usize].previous, node),
        };
        match previous {
            NONE => self.nodes[parent as usize].first = node,
            previous => self.nodes[previous as usize].next = node,
        }
        let node = &mut self.nodes[node as usize];
        (node.parent, node.previous, node.next) = (parent, previous, before);
    }

    /// The node for a text: the one before it when the text only goes on there.
    pub(super) fn add_text(&mut self, text: &str, previous: u32) -> Option<u32> {
        let (start, bytes) = (u32::try_from(self.text.len()).ok()?, u32::try_from(text.len()).ok()?);
        self.text.push_str(text);
        if previous != NONE
            && let What::Text(from, length) = &mut self.nodes[previous as usize].what
            && *from + *length == start
        {
            *length += bytes;
            return None;
        }
        Some(self.add(What::Text(start, bytes)))
    }
}
