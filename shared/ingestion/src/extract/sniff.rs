//! What a file is, by its bytes; its name breaks ties between kinds of text.

use super::{
    archive::{Archive, locked},
    csv, eml, encoding, pairs, picture, xml,
};
use domain::{Failure, FailureCode};
use encoding_rs::Encoding;
use quick_xml::events::Event;

/// A format that is read. Text formats come decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Format {
    Pdf,
    Docx,
    Pptx,
    Xlsx,
    Epub,
    /// `odt`, `odp` or `ods`.
    OpenDocument(&'static str),
    Rtf,
    Eml,
    Picture,
    Csv(String),
    /// Lines of JSON, each a question and its answer.
    Pairs(String),
    Html(String),
    Markdown(String),
    Text(String),
}

/// Bytes in which a PDF's header may stand (ISO 32000-2, annex I: 1,024).
const PDF_HEADER_WITHIN: usize = 1_024;

/// Beginnings of files that are known and not read, with what they are.
const KNOWN: [(&[u8], &str); 9] = [
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a media file"),
    (b"\x1F\x8B", "a gzip archive"),
    (b"7z\xBC\xAF", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7FELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a SQLite database"),
    (b"ID3", "an audio file"),
];
/// Streams of OLE compound files, and what to do with the file. A presentation or sheet may be part of the document
/// before it, so the order counts.
const COMPOUND: [(&str, &str); 5] = [
    (
        "__properties_version1.0",
        "This is an Outlook message (.msg), which is not read. Save it as EML, for instance by dragging it out of Thunderbird, and upload that.",
    ),
    (
        "WordDocument",
        "This is a document of Word 2003 or before (.doc), which is not read. Save it as DOCX with Word or LibreOffice and upload that.",
    ),
    (
        "PowerPoint Document",
        "This is a presentation of PowerPoint 2003 or before (.ppt), which is not read. Save it as PPTX with PowerPoint or LibreOffice and upload that.",
    ),
    (
        "Workbook",
        "This is a workbook of Excel 2003 or before (.xls), which is not read. Save it as XLSX with Excel or LibreOffice and upload that.",
    ),
    (
        "Book",
        "This is a workbook of Excel 95 or before (.xls), which is not read. Save it as XLSX with Excel or LibreOffice and upload that.",
    ),
];

/// Tells the format, or why there is none; `said` is the encoding that its uploader says a text is in.
pub(super) fn format(bytes: &[u8], name: &str, said: Option<&'static Encoding>) -> Result<Format, Failure> {
    let head = &bytes[..bytes.len().min(PDF_HEADER_WITHIN)];
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return archive(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Err(compound_file(bytes));
    }
    if bytes.starts_with(b"{\\rtf") {
        return Ok(Format::Rtf);
    }
    if picture::kind(bytes).is_some() && head.contains(&0) {
        return Ok(Format::Picture);
    }
    // Before PDF: an e-mail may name one in its first lines.
    if eml::looks_like(bytes) {
        return Ok(Format::Eml);
    }
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Ok(Format::Pdf);
    }
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic) && head.contains(&0)) {
        return Err(unsupported(what));
    }
    let text = encoding::decode(bytes, said).ok_or_else(|| unsupported("binary data"))?;
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default();
    Ok(match extension.as_str() {
        _ if looks_like_html(&text) => Format::Html(text),
        "md" | "markdown" | "mdx" => Format::Markdown(text),
        "csv" | "tsv" | "tab" | "psv" => Format::Csv(text),
        _ if pairs::looks_like(&text) => Format::Pairs(text),
        _ if csv::looks_like(&text) => Format::Csv(text),
        _ => Format::Text(text),
    })
}

/// Tells the zip archives of office programs and e-books apart, and refuses what is not safe to unpack.
fn archive(bytes: &[u8]) -> Result<Format, Failure> {
    let mut archive = Archive::open(bytes)?;
    let format = archive_format(&mut archive)?;
    archive.check()?;
    Ok(format)
}

fn archive_format(archive: &mut Archive<'_>) -> Result<Format, Failure> {
    let main = main_part(archive)?;
    if main.starts_with("word/") {
        return Ok(Format::Docx);
    }
    if main.starts_with("ppt/") {
        return Ok(Format::Pptx);
    }
    if main.ends_with("workbook.bin") {
        return Err(save_as("a binary workbook (.xlsb)", "XLSX"));
    }
    if main.starts_with("xl/") {
        return Ok(Format::Xlsx);
    }
    let kind = archive.text("mimetype").ok().flatten().unwrap_or_default();
    let kind = kind.trim().trim_end_matches("-template");
    Ok(match kind.strip_prefix("application/vnd.oasis.opendocument.") {
        Some("text" | "text-master" | "text-web") => Format::OpenDocument("odt"),
        Some("presentation") => Format::OpenDocument("odp"),
        Some("spreadsheet") => Format::OpenDocument("ods"),
        Some(_) => return Err(unsupported("an OpenDocument drawing, chart or formula")),
        None if kind == "application/epub+zip" || archive.has("META-INF/container.xml") => Format::Epub,
        None if archive.names().iter().any(|name| name.ends_with(".iwa") || name == "Index.zip") => {
            return Err(save_as("a document of Pages, Numbers or Keynote", "DOCX, XLSX or PPTX"));
        }
        None => return Err(unsupported("a zip archive")),
    })
}

/// Where an Office document's text begins: usually `word/document.xml` and the like, else what the package says.
fn main_part(archive: &mut Archive<'_>) -> Result<String, Failure> {
    for usual in ["word/document.xml", "ppt/presentation.xml", "xl/workbook.xml", "xl/workbook.bin"] {
        if archive.has(usual) {
            return Ok(usual.to_owned());
        }
    }
    let relations = archive.text("_rels/.rels")?.unwrap_or_default();
    let mut reader = xml::reader(&relations);
    while let Ok(event) = reader.read_event() {
        let element = match event {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element) => element,
            _ => continue,
        };
        if xml::attribute(&element, "Type").is_some_and(|kind| kind.ends_with("/officeDocument")) {
            let target = xml::attribute(&element, "Target").unwrap_or_default();
            return Ok(target.trim_start_matches('/').to_owned());
        }
    }
    Ok(String::new())
}

/// OLE compound files: an encrypted Office document names its stream so, else it is Office of before 2007.
fn compound_file(bytes: &[u8]) -> Failure {
    let has_stream = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        bytes.windows(name.len()).any(|window| window == name)
    };
    if has_stream("EncryptedPackage") {
        return locked();
    }
    match COMPOUND.iter().find(|(stream, _)| has_stream(stream)) {
        Some((_, detail)) => Failure::new(FailureCode::UnsupportedFormat, *detail),
        None => unsupported("a file of Office 2003 or before, or of Windows itself"),
    }
}

fn save_as(what: &str, format: &str) -> Failure {
    Failure::new(
        FailureCode::UnsupportedFormat,
        format!(
            "This is {what}, which is not read. Save it as {format} with its usual program and upload that."
        ),
    )
}

pub(super) fn unsupported(what: &str) -> Failure {
    Failure::new(
        FailureCode::UnsupportedFormat,
        format!(
            "This is {what}, which is not read. PDF, Word, PowerPoint, Excel, OpenDocument, EPUB, RTF, e-mail, HTML, \
             Markdown, CSV and plain text are."
        ),
    )
}

fn looks_like_html(text: &str) -> bool {
    let mut end = text.len().min(2_048);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text[..end].trim_start().to_ascii_lowercase();
    head.starts_with("<!doctype html")
        || head.starts_with("<html")
        || (head.starts_with('<') && ["<head", "<body", "<html"].iter().any(|tag| head.contains(tag)))
}

#[cfg(test)]
mod tests {
    use super::{super::archive::tests::zipped, *};

    fn format(bytes: &[u8], name: &str) -> Result<Format, Failure> {
        super::format(bytes, name, None)
    }

    #[test]
    fn content_wins_over_the_name() {
        assert_eq!(format(b"%PDF-1.7\n", "a.txt"), Ok(Format::Pdf));
        assert_eq!(format(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.pdf"), Ok(Format::Picture));
        assert!(matches!(format(b"<!DOCTYPE html><p>x", "a.pdf"), Ok(Format::Html(_))));
        assert!(matches!(format(b"# x", "a.md"), Ok(Format::Markdown(_))));
        assert!(matches!(format(b"# x", "a"), Ok(Format::Text(_))));
    }

    #[test]
    fn what_is_not_read_says_what_it_is() {
        let detail = |bytes: &[u8]| format(bytes, "a.txt").expect_err("not read").detail;
        assert!(detail(b"GIF89a\0\0\0").contains("GIF"));
        assert!(detail(&[0, 1, 2, 3]).contains("binary"));
        assert!(detail(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").contains("2003"));
        for (stream, way_out) in
            [("WordDocument", "DOCX with Word"), ("Workbook", "XLSX"), ("PowerPoint Document", "PPTX")]
        {
            assert!(detail(&compound(stream)).contains(way_out), "{stream}");
        }
        let apple = zipped(&[("Index/Document.iwa", "x")]);
        assert!(detail(&apple).contains("Pages"));
        assert!(detail(&zipped(&[("a.txt", "x")])).contains("a zip archive"));
    }

    fn compound(stream: &str) -> Vec<u8> {
        let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        bytes.extend(stream.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        bytes
    }

    #[test]
    fn an_encrypted_document_is_locked() {
        assert_eq!(
            format(&compound("EncryptedPackage"), "a.xlsx").expect_err("locked").code,
            FailureCode::Locked
        );
    }

    #[test]
    fn a_main_part_of_another_name_is_found() {
        let relations = "<Relationships><Relationship Type='http://x/officeDocument' Target='/word/document2.xml'/></Relationships>";
        let bytes = zipped(&[("_rels/.rels", relations), ("word/document2.xml", "<a/>")]);
        assert_eq!(format(&bytes, "a"), Ok(Format::Docx));
    }

    #[test]
    fn every_document_of_the_corpus_is_told_apart_whatever_its_name() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).expect("tests/corpus") {
            let path = entry.expect("entry").path();
            let bytes = std::fs::read(&path).expect("readable");
            let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
            let found = match format(&bytes, if end == "md" { "a.md" } else { "a" }).expect("known") {
                Format::Pdf => "pdf",
                Format::Docx => "docx",
                Format::Pptx => "pptx",
                Format::Xlsx => "xlsx",
                Format::Epub => "epub",
                Format::OpenDocument(kind) => kind,
                Format::Rtf => "rtf",
                Format::Eml => "eml",
                Format::Picture => "png",
                Format::Csv(_) => "csv",
                Format::Pairs(_) => "jsonl",
                Format::Html(_) => "html",
                Format::Markdown(_) => "md",
                Format::Text(_) => "txt",
            };
            assert_eq!(found, end, "{}", path.display());
            seen += 1;
        }
        assert!(seen >= 16, "{seen} documents");
    }
}
