//! Which part of a page is its content: what its elements say, and where they say nothing, where text stands that
//! is not links. What is in doubt stays in: a line too many does less harm than one too few.

use super::{
    element::{ARTICLE, FRAME, HIDDEN, HOLDS_TABLE, LINK, MAIN, NAMED_FRAME, RICH, SKIPPED},
    tree::{DOCUMENT, NONE, Node, Tree, What},
};

/// Characters of content below which a page's frame may be what it has to say.
const LITTLE: u64 = 200;
/// Percent of a page's text below which what is left without its frame is not the content.
const CONTENT_PERCENT: u64 = 30;
/// Percent of a box's text in links from which it is a menu.
const MENU_PERCENT: u64 = 60;
/// Percent of text in links from which a box that is named like a frame is one.
const NAMED_PERCENT: u64 = 30;
/// Characters from which a box of links is a menu, and of a page's text from which it can do without it.
const MENU_TEXT: u64 = 60;
const MENU_PAGE: u64 = 500;
/// Nodes of a box of links among which its page's title may stand.
const TITLE_WITHIN: usize = 200;

/// Characters under a node that are shown, white space aside.
#[derive(Clone, Copy, Default)]
pub(super) struct Amount {
    pub text: u32,
    /// Those in links to elsewhere.
    linked: u32,
}

impl Amount {
    fn own(self) -> u64 {
        u64::from(self.text - self.linked)
    }

    fn is_linked(self, percent: u64) -> bool {
        self.text > 0 && u64::from(self.linked) * 100 >= u64::from(self.text) * percent
    }
}

/// Counts what stands under each node, and marks what is left out and what is rich. The second number is the
/// text in frames.
fn survey(tree: &mut Tree) -> (Vec<Amount>, u64) {
    let mut amounts = vec![Amount::default(); tree.nodes.len()];
    let (mut framed, mut inside, mut links, mut at) = (0, 0_u32, 0_u32, DOCUMENT);
    loop {
        // Down.
        let marks = tree.element(at).map_or(0, |element| element.marks);
        inside += u32::from(marks & (MAIN | ARTICLE) != 0);
        links += u32::from(marks & LINK != 0);
        if let What::Text(..) = tree.nodes[at as usize].what {
            let shown = tree.text_of(at).chars().filter(|c| !c.is_whitespace()).count();
            let text = u32::try_from(shown).unwrap_or(u32::MAX);
            amounts[at as usize] = Amount { text, linked: if links > 0 { text } else { 0 } };
        }
        let first = tree.nodes[at as usize].first;
        if first != NONE && marks & HIDDEN == 0 {
            at = first;
            continue;
        }
        // Up, as far as there is nothing beside.
        loop {
            let Node { parent, next, .. } = tree.nodes[at as usize];
            let (name, element) = (tree.name(at), tree.element(at));
            let marks = element.map_or(0, |element| element.marks);
            inside -= u32::from(marks & (MAIN | ARTICLE) != 0);
            links -= u32::from(marks & LINK != 0);
            let amount = amounts[at as usize];
            let within = inside > 0
                && (name == "header"
                    || (matches!(name, "aside" | "menu") && !amount.is_linked(NAMED_PERCENT)));
            let is_frame = (marks & FRAME != 0 && !within)
                || (marks & NAMED_FRAME != 0 && inside == 0 && amount.is_linked(NAMED_PERCENT));
            let rich = match name {
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" => RICH,
                "table" => RICH | HOLDS_TABLE,
                _ => marks & (RICH | HOLDS_TABLE),
            };
            if parent == NONE {
                return (amounts, framed);
            }
            if is_frame {
                framed += amount.own();
                tree.mark(at, SKIPPED);
            } else if marks & HIDDEN == 0 {
                let above = &mut amounts[parent as usize];
                above.text = above.text.saturating_add(amount.text);
                above.linked = above.linked.saturating_add(amount.linked);
                if rich != 0 {
                    tree.mark(parent, rich);
                }
            }
            if next != NONE {
                at = next;
                break;
            }
            at = parent;
        }
    }
}

/// The nodes under which the content stands, in order, and what stands under each node. What is to be left out
/// is marked.
pub(super) fn content(tree: &mut Tree) -> (Vec<u32>, Vec<Amount>) {
    let (amounts, framed) = survey(tree);
    let page = amounts[DOCUMENT as usize];
    for mark in [MAIN, ARTICLE] {
        let places = outermost(tree, mark);
        let held: u64 = places.iter().map(|&place| amounts[place as usize].own()).sum();
        if held > 0 && held * 2 >= page.own() {
            return (places, amounts);
        }
    }
    let text = u64::from(page.text);
    if text < LITTLE && text * 100 < CONTENT_PERCENT * (text + framed) {
        // A page that is all header still says something.
        for place in 0..tree.nodes.len() {
            if let What::Element(element) = &mut tree.nodes[place].what {
                element.marks &= !SKIPPED;
            }
        }
        let (amounts, _) = recount(tree);
        return (vec![DOCUMENT], amounts);
    }
    if page.own() >= MENU_PAGE {
        for menu in menus(tree, &amounts) {
            tree.mark(menu, SKIPPED);
        }
    }
    (vec![DOCUMENT], amounts)
}

/// Counts again with nothing taken for a frame.
fn recount(tree: &mut Tree) -> (Vec<Amount>, u64) {
    for node in &mut tree.nodes {
        if let What::Element(element) = &mut node.what {
            element.marks &= !(FRAME | NAMED_FRAME);
        }
    }
    survey(tree)
}

fn is_left_out(tree: &Tree, node: u32) -> bool {
    tree.element(node).is_some_and(|element| element.has(HIDDEN | SKIPPED))
}

fn outermost(tree: &Tree, mark: u16) -> Vec<u32> {
    let has = |node| tree.element(node).is_some_and(|element| element.has(mark));
    tree.under(DOCUMENT, |node| !has(node) && !is_left_out(tree, node))
        .filter(|&node| has(node) && !is_left_out(tree, node))
        .collect()
}

/// Boxes that are mostly links, on a page that has text beside them.
fn menus(tree: &Tree, amounts: &[Amount]) -> Vec<u32> {
    let is_menu = |node: u32| {
        let amount = amounts[node as usize];
        matches!(tree.name(node), "div" | "section" | "ul" | "ol" | "form" | "center")
            && amount.is_linked(MENU_PERCENT)
            && u64::from(amount.text) >= MENU_TEXT
            && !tree.under(node, |_| true).take(TITLE_WITHIN).any(|below| tree.name(below) == "h1")
    };
    tree.under(DOCUMENT, |node| !is_left_out(tree, node) && !is_menu(node))
        .filter(|&node| !is_left_out(tree, node) && is_menu(node))
        .collect()
}
