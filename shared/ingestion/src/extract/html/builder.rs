//! `html5ever`'s orders, carried out on a [`Tree`].

use super::{
    element::{Attributes, Element, INTEGRATION},
    tree::{DOCUMENT, NONE, Tree, What},
};
use domain::limits;
use html5ever::{
    Attribute, ExpandedName, LocalName, Namespace, QualName,
    interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
    tendril::StrTendril,
};
use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

/// What `html5ever` holds of an element: its place, and its name.
#[derive(Clone)]
pub(super) struct Handle {
    place: u32,
    /// Empty for what is no element.
    name: Rc<QualName>,
}

/// Builds a [`Tree`] for `html5ever`.
pub(super) struct Builder {
    tree: RefCell<Tree>,
    known: RefCell<HashMap<QualName, u32>>,
    no_name: Rc<QualName>,
    /// Levels above what is open now.
    depth: Cell<u32>,
}

impl Builder {
    pub(super) fn new() -> Self {
        let mut tree = Tree::default();
        tree.add(What::Other);
        Self {
            tree: RefCell::new(tree),
            known: RefCell::default(),
            no_name: Rc::new(QualName::new(None, Namespace::default(), LocalName::default())),
            depth: Cell::new(0),
        }
    }

    /// Whether what comes next would stand too deep.
    pub(super) fn is_deep(&self) -> bool {
        self.depth.get() as usize >= limits::MARKUP_DEPTH
    }

    pub(super) fn nodes(&self) -> usize {
        self.tree.borrow().nodes.len()
    }

    fn level(&self, node: u32) -> u32 {
        self.tree.borrow().element(node).map_or(0, |element| u32::from(element.depth))
    }

    fn place(&self, parent: u32, child: NodeOrText<Handle>, before: u32) {
        let level = self.level(parent);
        let tree = &mut *self.tree.borrow_mut();
        let child = match child {
            NodeOrText::AppendNode(handle) => {
                tree.detach(handle.place);
                if let What::Element(element) = &mut tree.nodes[handle.place as usize].what {
                    element.depth = u16::try_from(level + 1).unwrap_or(u16::MAX);
                    self.depth.set(level + 1);
                }
                handle.place
            }
            NodeOrText::AppendText(text) => {
                self.depth.set(level);
                let previous = match before {
                    NONE => tree.nodes[parent as usize].last,
                    before => tree.nodes[before as usize].previous,
                };
                match tree.add_text(&text, previous) {
                    Some(place) => place,
                    None => return,
                }
            }
        };
        tree.attach(parent, child, before);
    }

    fn other(&self) -> Handle {
        self.nameless(self.tree.borrow_mut().add(What::Other))
    }

    fn nameless(&self, place: u32) -> Handle {
        Handle { place, name: Rc::clone(&self.no_name) }
    }
}

impl TreeSink for Builder {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Tree {
        self.tree.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        self.nameless(DOCUMENT)
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Handle {
        let tree = &mut *self.tree.borrow_mut();
        let known = &mut *self.known.borrow_mut();
        let place = known.get(&name).copied().unwrap_or_else(|| {
            let place = u32::try_from(tree.names.len()).unwrap_or(0);
            tree.names.push(Rc::new(name.clone()));
            known.insert(name, place);
            place
        });
        let name = Rc::clone(&tree.names[place as usize]);
        let attributes = Attributes(&attributes);
        match &*name.local {
            "meta" => tree.meta.extend(attributes.said()),
            "html" => tree.language = attributes.of("lang").or(tree.language.take()),
            _ => {}
        }
        let element = Element::new(place, &name.local, &attributes, flags);
        Handle { place: tree.add(What::Element(element)), name }
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.other()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.other()
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.place(parent.place, child, NONE);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        let parent = self.tree.borrow().nodes[element.place as usize].parent;
        if parent == NONE {
            self.append(previous, child);
        } else {
            self.place(parent, child, element.place);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn pop(&self, node: &Handle) {
        self.depth.set(self.level(node.place).saturating_sub(1));
    }

    fn get_template_contents(&self, _: &Handle) -> Handle {
        // Nobody sees it, and nothing leads there.
        self.other()
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.place == y.place
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, node: NodeOrText<Handle>) {
        let parent = self.tree.borrow().nodes[sibling.place as usize].parent;
        if parent != NONE {
            self.place(parent, node, sibling.place);
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        let tree = &mut *self.tree.borrow_mut();
        if tree.name(target.place) == "html" && tree.language.is_none() {
            tree.language = Attributes(&attributes).of("lang");
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.tree.borrow_mut().detach(target.place);
    }

    fn reparent_children(&self, node: &Handle, parent: &Handle) {
        let tree = &mut *self.tree.borrow_mut();
        loop {
            let child = tree.nodes[node.place as usize].first;
            if child == NONE {
                return;
            }
            tree.detach(child);
            tree.attach(parent.place, child, NONE);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Handle) -> bool {
        self.tree.borrow().element(handle.place).is_some_and(|element| element.has(INTEGRATION))
    }
}
