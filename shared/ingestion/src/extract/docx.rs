//! DOCX: checked as an archive first, then read by `undoc`.

use super::{Extracted, child::damaged, markdown, sniff};
use domain::{Failure, FailureCode, limits};
use sniff::Format;
use std::io::{self, Cursor, Read as _};
use zip::ZipArchive;

/// Whether a zip archive is a DOCX, and safe to unpack: declared sizes are not believed, bytes are counted.
pub(super) fn is_docx(bytes: &[u8]) -> Result<Format, Failure> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|_| damaged("its archive has no end, as when an upload breaks off"))?;
    if archive.len() > limits::ARCHIVE_FILES {
        return Err(hostile(format!(
            "The archive holds {} files; at most {} are read.",
            archive.len(),
            limits::ARCHIVE_FILES
        )));
    }
    if archive.index_for_name("word/document.xml").is_none() {
        let what = ["xl/workbook.xml", "ppt/presentation.xml", "mimetype"]
            .iter()
            .position(|name| archive.index_for_name(name).is_some())
            .map_or("a zip archive", |place| {
                ["a spreadsheet", "a presentation", "an OpenDocument or e-book"][place]
            });
        return Err(sniff::unsupported(what));
    }
    let mut unpacked = 0;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|_| damaged("its archive cannot be read"))?;
        let left = limits::UNPACKED_BYTES - unpacked;
        unpacked += io::copy(&mut file.take(left + 1), &mut io::sink())
            .map_err(|_| damaged("its archive cannot be unpacked"))?;
        if unpacked > limits::UNPACKED_BYTES {
            return Err(hostile(format!(
                "The archive unpacks to more than {} MB.",
                limits::UNPACKED_BYTES / 1024 / 1024
            )));
        }
    }
    check_depth(&mut archive)?;
    Ok(Format::Docx)
}

/// Parsers recurse into elements: refuse what is nested deeper than any document is.
fn check_depth(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<(), Failure> {
    let file = archive.by_name("word/document.xml").map_err(|_| damaged("its text cannot be unpacked"))?;
    let mut reader = quick_xml::Reader::from_reader(io::BufReader::new(file));
    let (mut depth, mut buffer) = (0_usize, Vec::new());
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(quick_xml::events::Event::Start(_)) => depth += 1,
            Ok(quick_xml::events::Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(quick_xml::events::Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(_) => return Err(damaged("its text is not well-formed XML")),
        }
        if depth > limits::MARKUP_DEPTH {
            return Err(hostile(format!(
                "Its text is nested more than {} levels deep.",
                limits::MARKUP_DEPTH
            )));
        }
        buffer.clear();
    }
}

fn hostile(detail: String) -> Failure {
    Failure::new(
        FailureCode::Hostile,
        format!("{detail} Save it again with its usual program and upload that."),
    )
}

pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Failure> {
    let parsed = undoc::parse_bytes(bytes).map_err(|_| damaged("its parts do not fit together"))?;
    let options = undoc::render::RenderOptions::new().with_images(false);
    let source =
        undoc::render::to_markdown(&parsed, &options).map_err(|_| damaged("its text cannot be read"))?;
    let mut document = Extracted::new("docx");
    document.title = parsed.metadata.title.clone().filter(|title| !title.trim().is_empty());
    markdown::append(&mut document, &source, None);
    Ok(document)
}
