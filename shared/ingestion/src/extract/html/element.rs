//! What is kept of an element: its name, and what its attributes say of showing it.

use html5ever::{Attribute, interface::ElementFlags};

/// Not shown: machinery, or said to be hidden.
pub(super) const HIDDEN: u16 = 1;
/// Stands around the content on every page, unless it is inside the content.
pub(super) const FRAME: u16 = 1 << 1;
/// Named like a frame by its class: it is one when it is mostly links.
pub(super) const NAMED_FRAME: u16 = 1 << 2;
/// `<main>`, or in that role.
pub(super) const MAIN: u16 = 1 << 3;
/// `<article>`, or in that role.
pub(super) const ARTICLE: u16 = 1 << 4;
/// A link to elsewhere.
pub(super) const LINK: u16 = 1 << 5;
/// A table for looks.
pub(super) const LAYOUT: u16 = 1 << 6;
/// Said by the parser, for the parser.
pub(super) const INTEGRATION: u16 = 1 << 7;
/// Left out, as [`super::content`] has decided.
pub(super) const SKIPPED: u16 = 1 << 8;
/// Holds a heading, a table or code: more than a list's item or a table's cell can hold.
pub(super) const RICH: u16 = 1 << 9;
/// Holds a table.
pub(super) const HOLDS_TABLE: u16 = 1 << 10;

/// Columns or rows of a cell that are believed.
const SPAN: u16 = 100;
/// The highest number that a list's first item is believed to have.
const LIST_START: u16 = 10_000;

/// What is never content.
const MACHINERY: [&str; 17] = [
    "head", "title", "script", "style", "noscript", "template", "svg", "iframe", "object", "canvas", "audio",
    "video", "input", "select", "textarea", "datalist", "rp",
];
/// What stands around the content on every page.
const FRAMES: [&str; 7] = ["nav", "header", "footer", "aside", "button", "dialog", "menu"];
const FRAME_ROLES: [&str; 12] = [
    "navigation",
    "banner",
    "contentinfo",
    "complementary",
    "search",
    "menu",
    "menubar",
    "toolbar",
    "dialog",
    "alertdialog",
    "tablist",
    "tooltip",
];
/// Classes and ids that pages without those elements give to their frames.
const FRAME_CLASSES: [&str; 20] = [
    "nav",
    "navbar",
    "navigation",
    "menu",
    "sidebar",
    "breadcrumb",
    "breadcrumbs",
    "footer",
    "site-footer",
    "page-footer",
    "site-header",
    "page-header",
    "pagination",
    "pager",
    "skip-link",
    "cookie-banner",
    "cookie-consent",
    "share",
    "social",
    "related",
];

/// An element, as the tree keeps it.
#[derive(Clone, Copy)]
pub(super) struct Element {
    /// Its place among the names.
    pub name: u32,
    pub marks: u16,
    /// Levels above it.
    pub depth: u16,
    /// Of a cell; of an `<ol>` the number of its first item.
    pub columns: u16,
    /// Of a cell.
    pub rows: u16,
}

impl Element {
    pub(super) fn new(place: u32, name: &str, attributes: &Attributes<'_>, flags: ElementFlags) -> Self {
        let mut marks = attributes.marks(name);
        if flags.mathml_annotation_xml_integration_point {
            marks |= INTEGRATION;
        }
        let (columns, rows) = match name {
            "td" | "th" => (attributes.number("colspan", SPAN), attributes.number("rowspan", SPAN)),
            "ol" => (attributes.number("start", LIST_START), 1),
            _ => (1, 1),
        };
        Self { name: place, marks, depth: 0, columns, rows }
    }

    pub(super) fn has(self, mark: u16) -> bool {
        self.marks & mark != 0
    }
}

/// An element's attributes.
pub(super) struct Attributes<'a>(pub &'a [Attribute]);

impl Attributes<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
    }

    pub(super) fn of(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// What a `<meta>` says.
    pub(super) fn said(&self) -> Option<(String, String)> {
        let name = self.get("name").or_else(|| self.get("property"))?;
        Some((name.trim().to_ascii_lowercase(), self.of("content")?))
    }

    /// A number from 1 to `most`; 1 when nothing is said.
    fn number(&self, name: &str, most: u16) -> u16 {
        let said = self.get(name).and_then(|value| value.trim().parse::<u32>().ok()).unwrap_or(1);
        u16::try_from(said).unwrap_or(most).clamp(1, most)
    }

    fn marks(&self, name: &str) -> u16 {
        let mut marks = 0;
        // iXBRL keeps facts for machines in `ix:header`, of which `ix:hidden` is a part.
        if MACHINERY.contains(&name) || matches!(name, "ix:header" | "ix:hidden") {
            return HIDDEN;
        }
        if FRAMES.contains(&name) {
            marks |= FRAME;
        }
        match name {
            "main" => marks |= MAIN,
            "article" => marks |= ARTICLE,
            _ => {}
        }
        let is_whole = matches!(name, "html" | "body" | "main");
        for attribute in self.0 {
            let value = &*attribute.value;
            match &*attribute.name.local {
                "hidden" if !is_whole && !value.eq_ignore_ascii_case("until-found") => marks |= HIDDEN,
                "aria-hidden" if !is_whole && value.eq_ignore_ascii_case("true") => marks |= HIDDEN,
                "style" if hides(value) => marks |= HIDDEN,
                "href" if name == "a" && !value.trim_start().starts_with('#') => marks |= LINK,
                "class" | "id" if !is_whole && value.split_ascii_whitespace().any(is_frame_class) => {
                    marks |= NAMED_FRAME;
                }
                "role" => match value.trim() {
                    "main" => marks |= MAIN,
                    "article" => marks |= ARTICLE,
                    "presentation" | "none" => marks |= LAYOUT,
                    role if FRAME_ROLES.contains(&role) => marks |= FRAME,
                    _ => {}
                },
                _ => {}
            }
        }
        marks
    }
}

fn is_frame_class(class: &str) -> bool {
    FRAME_CLASSES.iter().any(|known| class.eq_ignore_ascii_case(known))
}

/// Whether a `style` attribute hides its element.
fn hides(style: &str) -> bool {
    style.split(';').any(|declaration| {
        let Some((property, value)) = declaration.split_once(':') else { return false };
        let value = value.trim().trim_end_matches("!important").trim_end();
        match property.trim() {
            property if property.eq_ignore_ascii_case("display") => value.eq_ignore_ascii_case("none"),
            property if property.eq_ignore_ascii_case("visibility") => value.eq_ignore_ascii_case("hidden"),
            _ => false,
        }
    })
}
