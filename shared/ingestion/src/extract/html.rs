//! HTML and XHTML: the main content of a page, block by block, and what the page says of itself.

mod builder;
mod content;
mod element;
mod inline;
mod list;
mod parse;
mod table;
mod tree;
mod write;

use super::Extracted;
use domain::{Failure, limits};
use std::collections::BTreeMap;
use tree::{DOCUMENT, Tree};
use write::{Writer, text};

/// What `<meta>` says to browsers and robots, not of the document.
const FOR_MACHINES: [&str; 8] = [
    "viewport",
    "robots",
    "googlebot",
    "theme-color",
    "format-detection",
    "referrer",
    "color-scheme",
    "generator",
];
/// Properties of sharing sites, and the names that documents have for them.
const PROPERTIES: [(&str, &str); 4] = [
    ("og:description", "description"),
    ("article:author", "author"),
    ("article:published_time", "date"),
    ("article:modified_time", "modified"),
];

/// Reads a page.
pub(super) fn read(source: &str) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("html");
    let tree = fill(&mut document, source, None)?;
    document.title = title(&tree);
    document.metadata = metadata(&tree);
    Ok(document)
}

/// Appends a page's content to a document: formats that carry HTML inside come through here.
pub(super) fn append(document: &mut Extracted, source: &str, page: Option<u32>) -> Result<(), Failure> {
    fill(document, source, page).map(drop)
}

fn fill(document: &mut Extracted, source: &str, page: Option<u32>) -> Result<Tree, Failure> {
    let mut tree = parse::parse(source)?;
    let (roots, amounts) = content::content(&mut tree);
    let mut writer =
        Writer { tree: &tree, amounts: &amounts, document, page, inline: inline::Inline::default() };
    for root in roots {
        writer.blocks(root, 0);
        writer.finish();
    }
    Ok(tree)
}

/// What the page is called where it is shared, else in its window, else at its top. A site's name after the
/// page's own goes: "Returns | Acme" above a page whose heading is "Returns".
fn title(tree: &Tree) -> Option<String> {
    let first = |name: &str| {
        let found =
            tree.under(DOCUMENT, |node| tree.name(node) != "svg").find(|&node| tree.name(node) == name);
        found.map(|node| text(tree, node)).filter(|said| !said.is_empty())
    };
    let shared = tree.meta.iter().find(|(name, _)| name == "og:title").map(|(_, said)| said.clone());
    let heading = first("h1");
    let said = shared.or_else(|| first("title"));
    match (said, heading) {
        (Some(said), Some(heading)) if said.starts_with(&heading) => Some(heading),
        (said, heading) => said.or(heading),
    }
}

fn metadata(tree: &Tree) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::new();
    let language = tree.language.clone().map(|said| ("language".to_owned(), said));
    for (name, said) in tree.meta.iter().cloned().chain(language) {
        let name = match PROPERTIES.iter().find(|(property, _)| *property == name) {
            Some((_, name)) => (*name).to_owned(),
            None if name.contains(':') || FOR_MACHINES.contains(&name.as_str()) => continue,
            None => name,
        };
        if metadata.len() < limits::METADATA_FIELDS && name.len() <= limits::METADATA_NAME_BYTES {
            metadata.entry(name).or_insert_with(|| said.chars().take(limits::PROPERTY_CHARACTERS).collect());
        }
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::BlockKind;
    use std::fmt::Write as _;

    fn seen(document: &Extracted) -> Vec<(BlockKind, &str)> {
        document.blocks.iter().map(|block| (block.kind, &document.text[block.range.clone()])).collect()
    }

    fn text(source: &str) -> String {
        read(source).expect("readable").text
    }

    #[test]
    fn the_frame_is_left_out_and_an_articles_header_is_not() {
        let page = "<!doctype html><html lang=en><head><title>Returns &amp; refunds | Acme</title><style>p{}</style>\
            <meta name=description content='How to return'><meta name=viewport content=x></head><body>\
            <header>Acme <a href=/>Home</a></header><nav>Menu</nav><main><article><header><h1>Returns &amp; refunds</h1>\
            </header><p>Within 30&nbsp;days, co&shy;operate <a href=/x>as said</a>. <img alt=no></p>\
            <aside class=note>Keep the box.</aside><aside><a href=/r>Related pages</a></aside></article></main>\
            <footer>(c)</footer></body></html>";
        let document = read(page).expect("readable");
        assert_eq!(document.title.as_deref(), Some("Returns & refunds"));
        assert_eq!(document.text, "Returns & refunds\n\nWithin 30 days, cooperate as said.\n\nKeep the box.");
        assert_eq!(
            document.metadata.into_iter().collect::<Vec<_>>(),
            [("description".into(), "How to return".into()), ("language".into(), "en".into())]
        );
    }

    #[test]
    fn structure_stays() {
        let page = "<body><h2>Parts</h2><ul><li>one<ul><li>deep <b>two</b></ul><li><p>three</ul>\
            <ol start=5><li>five<li>six</ol><dl><dt>Voltage<dd>230 V<dd>110 V<dt>Weight:<dd>4 kg</dl>\
            <table><caption>Prices</caption><thead><tr><th>Part<th><th>Price</thead><tr><td rowspan=2>Oil<td><td>5\
            <tr><td><td>6</table><pre>a\n  b</pre>";
        assert_eq!(
            seen(&read(page).expect("readable")),
            [
                (BlockKind::Heading(2), "Parts"),
                (BlockKind::List, "- one\n  - deep two\n- three"),
                (BlockKind::List, "5. five\n6. six"),
                (BlockKind::List, "- Voltage: 230 V; 110 V\n- Weight: 4 kg"),
                (BlockKind::Paragraph, "Prices"),
                (BlockKind::Table(1), "Part | Price\nOil | 5\n | 6"),
                (BlockKind::Code, "a\n  b"),
            ]
        );
    }

    #[test]
    fn what_is_hidden_is_not_read() {
        let page = "<body><p>seen <span hidden>a</span><i style='color:red; DISPLAY : none !important'>b</i>\
            <i aria-hidden=true>c</i><template>d</template></p><div style='display:none'><p>e</div>\
            <ix:header><ix:hidden>f</ix:hidden></ix:header><p><ix:nonfraction>1,234</ix:nonfraction> sold";
        assert_eq!(text(page), "seen\n\n1,234 sold");
    }

    #[test]
    fn tables_for_looks_and_unclosed_tags_lose_no_text() {
        let page = "<html><body><font color=red><b>Unclosed <p>one<table><tr><td><table><tr><td><b>A</b><td><b>B</b>\
            <tr><td>1<td>2</table><td><center>beside</center>and <i>on</table>after<li>item";
        let document = read(page).expect("readable");
        assert!(seen(&document).contains(&(BlockKind::Table(1), "A | B\n1 | 2")), "{:?}", seen(&document));
        for word in ["Unclosed", "one", "beside", "and on", "after", "item"] {
            assert!(document.text.contains(word), "{word} is lost: {}", document.text);
        }
    }

    #[test]
    fn xhtml_closes_its_elements_itself() {
        let page = "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title/><script src='x'/>\
            </head><body><p>one <a id='x'/>two</p><p><![CDATA[three & four]]></p></body></html>";
        assert_eq!(text(page), "one two\n\nthree & four");
    }

    #[test]
    fn pages_without_elements_for_it_lose_their_menus_only() {
        let links: String = (0..9).fold(String::new(), |mut links, number| {
            let _ = write!(links, "<li><a href=/{number}>Another page {number}</a>");
            links
        });
        let sentence = "The relief valve opens at nine bar. ".repeat(20);
        let page = format!(
            "<body><div id=x><ul>{links}</ul></div><div><p>{sentence}</p><p><a href='#top'>Up</a></p></div>\
            <div class=footer><a href=/imprint>Imprint</a></div>"
        );
        assert_eq!(text(&page), format!("{}\n\nUp", sentence.trim_end()));
        // Where links are all there is, they are the content.
        assert!(text(&format!("<body><ul>{links}</ul>")).contains("Another page 8"));
    }

    #[test]
    fn a_charset_that_is_named_late_ends_nothing() {
        let page =
            "<html><head><meta charset=\"utf-8\"><title>Notice</title></head><body><p>Closed today.</p>";
        assert_eq!(text(page), "Closed today.");
    }

    #[test]
    fn a_page_of_frame_only_is_still_read() {
        assert_eq!(text("<html><body><header><p>Closed today.</p></header></body></html>"), "Closed today.");
    }

    #[test]
    fn what_nests_too_deep_is_read_flat() {
        for tag in ["<div>", "<b><i>", "<table><tr><td>", "<ul><li>", "<blockquote><p>"] {
            let page = format!("<title>Deep</title>{}bottom", tag.repeat(50_000));
            assert!(text(&page).contains("bottom"), "{tag}");
        }
        let within = format!("{}<p>x</p><p>y</p>", "<div>".repeat(limits::MARKUP_DEPTH - 4));
        assert_eq!(text(&within), "x\n\ny");
    }
}
