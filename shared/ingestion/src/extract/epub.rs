//! EPUB: the chapters in the order of the spine; the table of contents is left out.

use super::{
    Extracted,
    archive::{Archive, locked},
    child::{damaged, within_limits},
    html, properties, xml,
};
use domain::{Failure, limits};
use percent_encoding::percent_decode_str;
use quick_xml::events::Event;
use std::collections::{HashMap, HashSet};

/// Algorithms that only scramble fonts (EPUB 3.3, 4.2.6): everything else locks the text.
const FONTS: [&str; 2] = ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"];

pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("epub");
    let mut archive = Archive::open(bytes)?;
    if archive.text("META-INF/encryption.xml")?.is_some_and(|source| is_locked(&source)) {
        return Err(locked());
    }
    let container = archive.text("META-INF/container.xml")?.unwrap_or_default();
    let package = first_attribute(&container, "rootfile", "full-path")
        .ok_or_else(|| damaged("it does not say where its text is"))?;
    let source = archive.text(&package)?.ok_or_else(|| damaged("it does not say where its text is"))?;
    properties::read(&mut document, &source, &properties::EPUB);
    for chapter in spine(&source, &package) {
        // A chapter that the book names and does not hold is no reason to lose the others.
        if let Some(source) = archive.text(&chapter)? {
            if source.len() > limits::EXTRACTED_TEXT_BYTES {
                return Err(super::text_too_long());
            }
            html::append(&mut document, &without_frames(source), None)?;
        }
        within_limits(&document)?;
    }
    Ok(document)
}

/// What frames a page of the web holds titles and notes in a book.
fn without_frames(source: String) -> String {
    ["header", "footer", "aside"].into_iter().fold(source, |source, name| {
        source.replace(&format!("<{name}"), "<section").replace(&format!("</{name}"), "</section")
    })
}

fn is_locked(source: &str) -> bool {
    let mut reader = xml::reader(source);
    while let Ok(event) = reader.read_event() {
        let element = match event {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element) => element,
            _ => continue,
        };
        let algorithm = xml::attribute(&element, "Algorithm").unwrap_or_default();
        if element.local_name().as_ref() == "EncryptionMethod" && !FONTS.contains(&algorithm.as_str()) {
            return true;
        }
    }
    false
}

fn first_attribute(source: &str, element: &str, attribute: &str) -> Option<String> {
    let mut reader = xml::reader(source);
    loop {
        match reader.read_event().ok()? {
            Event::Eof => return None,
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == element => {
                return xml::attribute(&start, attribute);
            }
            _ => {}
        }
    }
}

/// Files of the chapters in reading order, without the table of contents.
fn spine(source: &str, package: &str) -> Vec<String> {
    let folder = package.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (mut files, mut chapters) = (HashMap::new(), Vec::new());
    let mut reader = xml::reader(source);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                "item" => {
                    let contents = xml::attribute(&element, "properties")
                        .is_some_and(|properties| properties.split_whitespace().any(|word| word == "nav"));
                    if let (Some(id), Some(href), false) =
                        (xml::attribute(&element, "id"), xml::attribute(&element, "href"), contents)
                    {
                        files.insert(id, resolve(folder, &href));
                    }
                }
                "itemref" => chapters.extend(xml::attribute(&element, "idref")),
                _ => {}
            },
            _ => {}
        }
    }
    // Each chapter once, however often and by whatever id it is named.
    let mut seen = HashSet::new();
    chapters.into_iter().filter_map(|id| files.remove(&id)).filter(|file| seen.insert(file.clone())).collect()
}

/// A reference from the package document as a name in the archive.
fn resolve(folder: &str, href: &str) -> String {
    let path = href.split('#').next().unwrap_or_default();
    let path = percent_decode_str(path).decode_utf8_lossy();
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{super::archive::tests::zipped, *};
    use domain::FailureCode;

    const CONTAINER: &str =
        "<container><rootfiles><rootfile full-path='OPS/book.opf'/></rootfiles></container>";
    const PACKAGE: &str = "<package><metadata><dc:title>Handbook</dc:title><dc:creator>A. Reed</dc:creator></metadata>\
        <manifest><item id='n' href='nav.xhtml' properties='nav'/><item id='b' href='text/two.xhtml'/><item id='c' href='./text/x/../two.xhtml'/>\
        <item id='a' href='text/one%20a.xhtml'/></manifest>\
        <spine><itemref idref='n'/><itemref idref='a'/><itemref idref='b'/><itemref idref='a'/><itemref idref='c'/></spine></package>";

    fn book(extra: (&str, &str)) -> Result<Extracted, Failure> {
        read(&zipped(&[
            ("mimetype", "application/epub+zip"),
            ("META-INF/container.xml", CONTAINER),
            ("OPS/book.opf", PACKAGE),
            ("OPS/nav.xhtml", "<html><body><ol><li>Contents</li></ol></body></html>"),
            (
                "OPS/text/two.xhtml",
                "<html><head><title>x</title></head><body><h1>Two</h1><p>Rinse.</p></body></html>",
            ),
            (
                "OPS/text/one a.xhtml",
                "<html><body><header><h1>One</h1></header><p>Close &amp; wait.</p></body></html>",
            ),
            extra,
        ]))
    }

    #[test]
    fn chapters_come_in_the_order_of_the_spine_without_the_contents() {
        let document = book(("OPS/x.txt", "")).expect("readable");
        assert_eq!(document.text, "One\n\nClose & wait.\n\nTwo\n\nRinse.");
        assert_eq!(document.title.as_deref(), Some("Handbook"));
        assert_eq!(document.metadata["author"], "A. Reed");
    }

    #[test]
    fn a_book_with_a_lock_says_so_and_one_with_scrambled_fonts_is_read() {
        let encryption =
            |algorithm| format!("<encryption><EncryptionMethod Algorithm='{algorithm}'/></encryption>");
        let locked =
            book(("META-INF/encryption.xml", &encryption("http://www.w3.org/2001/04/xmlenc#aes256-cbc")));
        assert_eq!(locked.expect_err("locked").code, FailureCode::Locked);
        assert!(book(("META-INF/encryption.xml", &encryption(FONTS[0]))).is_ok());
    }

    #[test]
    fn hostile_books_are_refused() {
        let chapter = |text: &str| {
            let bytes = zipped(&[
                ("mimetype", "application/epub+zip"),
                ("META-INF/container.xml", CONTAINER),
                ("OPS/a.xhtml", text),
            ]);
            super::super::child::extract(&bytes, "a.epub", None, 0).expect_err("refused").code
        };
        assert_eq!(chapter(&"<div>".repeat(limits::MARKUP_DEPTH + 1)), FailureCode::Hostile);
        assert_eq!(chapter(""), FailureCode::Damaged);
    }
}
