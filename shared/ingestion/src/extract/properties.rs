//! What a file says of itself: title, author, subject, keywords, date. Office, OpenDocument and EPUB all keep it in
//! an XML part with Dublin Core's names.

use super::{Extracted, archive::Archive, xml};
use domain::{Failure, limits};
use quick_xml::events::Event;

/// An element's name, and the property's.
type Names = [(&'static str, &'static str)];

/// `docProps/core.xml` (ECMA-376, part 2, 11).
const OFFICE: [(&str, &str); 6] = [
    ("title", "title"),
    ("creator", "author"),
    ("subject", "subject"),
    ("keywords", "keywords"),
    ("created", "created"),
    ("language", "language"),
];
/// `meta.xml` (OpenDocument 1.3, part 3, 4.3): `dc:creator` is who changed it last.
const OPEN_DOCUMENT: [(&str, &str); 6] = [
    ("title", "title"),
    ("initial-creator", "author"),
    ("subject", "subject"),
    ("keyword", "keywords"),
    ("creation-date", "created"),
    ("language", "language"),
];
/// The package document (EPUB 3.3, 5.5).
pub(super) const EPUB: [(&str, &str); 6] = [
    ("title", "title"),
    ("creator", "author"),
    ("subject", "subject"),
    ("date", "created"),
    ("publisher", "publisher"),
    ("language", "language"),
];
/// Titles that programs give and nobody chose.
const NOBODYS: [&str; 9] = [
    "untitled",
    "powerpoint presentation",
    "presentation",
    "document",
    "microsoft word",
    "slide",
    "book",
    "workbook",
    "unknown",
];

pub(super) fn office(document: &mut Extracted, archive: &mut Archive<'_>) -> Result<(), Failure> {
    take(document, archive, "docProps/core.xml", &OFFICE)
}

pub(super) fn open_document(document: &mut Extracted, archive: &mut Archive<'_>) -> Result<(), Failure> {
    take(document, archive, "meta.xml", &OPEN_DOCUMENT)
}

fn take(
    document: &mut Extracted,
    archive: &mut Archive<'_>,
    part: &str,
    names: &Names,
) -> Result<(), Failure> {
    if let Some(source) = archive.text(part)? {
        read(document, &source, names);
    }
    Ok(())
}

/// Takes what an XML part says; what it says twice is joined, but for the title, whose first one counts.
pub(super) fn read(document: &mut Extracted, source: &str, names: &Names) {
    let mut reader = xml::reader(source);
    let mut open: Option<(&str, String)> = None;
    while let Ok(event) = reader.read_event() {
        match &event {
            Event::Eof => break,
            Event::Start(element) => {
                let name = element.local_name();
                open = names
                    .iter()
                    .find(|(own, _)| *own == name.as_ref())
                    .map(|(_, ours)| (*ours, String::new()));
            }
            Event::End(_) => {
                if let Some((name, value)) = open.take() {
                    say(document, name, &value);
                }
            }
            _ => {
                if let (Some((_, value)), Some(text)) = (&mut open, xml::text(&event)) {
                    value.push_str(&text);
                }
            }
        }
    }
}

/// Notes a property of the document, if it says anything.
pub(super) fn say(document: &mut Extracted, name: &str, value: &str) {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let value: String = value.chars().filter(|c| !c.is_control()).take(limits::PROPERTY_CHARACTERS).collect();
    if value.is_empty() {
        return;
    }
    if name == "title" {
        document.title = document.title.take().or_else(|| sane_title(&value));
        return;
    }
    let known = document.metadata.entry(name.to_owned()).or_default();
    if !known.is_empty() {
        known.push_str(", ");
    }
    known.push_str(&value);
}

/// A title that a person gave: programs call a document `Untitled 1` or by a file's name.
fn sane_title(value: &str) -> Option<String> {
    let lower = value.to_lowercase();
    let plain = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_whitespace());
    let is_file = lower.rsplit_once('.').is_some_and(|(_, end)| {
        matches!(
            end,
            "doc" | "docx" | "ppt" | "pptx" | "xls" | "xlsx" | "odt" | "rtf" | "tmp" | "dotx" | "indd"
        )
    });
    let sane = value.contains(char::is_alphabetic) && !NOBODYS.contains(&plain) && !is_file;
    sane.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_taken_by_their_names() {
        let mut document = Extracted::new("test");
        let source = "<m:meta xmlns:m='x'><dc:title> Pump &amp;\n seals </dc:title><dc:title>Part 2</dc:title>\
            <meta:initial-creator>J. Weir</meta:initial-creator><dc:creator>Last</dc:creator>\
            <meta:keyword>pump</meta:keyword><meta:keyword>seal</meta:keyword><dc:subject/></m:meta>";
        read(&mut document, source, &OPEN_DOCUMENT);
        assert_eq!(document.title.as_deref(), Some("Pump & seals"));
        let said: Vec<_> = document.metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(said, [("author", "J. Weir"), ("keywords", "pump, seal")]);
    }

    #[test]
    fn titles_that_nobody_gave_are_none() {
        for title in
            ["Untitled", "Document1", "PowerPoint Presentation", "Microsoft Word - a.doc", "12", "plan.docx"]
        {
            assert_eq!(sane_title(title), None, "{title}");
        }
        assert!(sane_title("Documentation of the P-40").is_some());
        assert!(sane_title("คู่มือ").is_some());
    }
}
