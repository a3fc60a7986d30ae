//! Zip archives (DOCX, PPTX, XLSX, EPUB, OpenDocument): checked before anybody unpacks them.

use super::{child::damaged, encoding};
use domain::{Failure, FailureCode, limits};
use quick_xml::{Reader, events::Event};
use std::io::{self, BufReader, Cursor, Read};
use zip::ZipArchive;

/// An archive whose files are read by name.
pub(super) struct Archive<'a>(ZipArchive<Cursor<&'a [u8]>>);

/// What the check counts with; smaller in tests.
#[derive(Clone, Copy)]
struct Bounds {
    unpacked: u64,
    markup: u64,
    depth: usize,
}

const BOUNDS: Bounds =
    Bounds { unpacked: limits::UNPACKED_BYTES, markup: limits::MARKUP_BYTES, depth: limits::MARKUP_DEPTH };

impl<'a> Archive<'a> {
    /// Opens an archive's directory; nothing is unpacked yet.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|_| damaged("its archive has no end, as when an upload breaks off"))?;
        if archive.len() > limits::ARCHIVE_FILES {
            return Err(hostile(format!(
                "The archive holds {} files; at most {} are read.",
                archive.len(),
                limits::ARCHIVE_FILES
            )));
        }
        Ok(Self(archive))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.index_for_name(name).is_some()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.file_names().flatten().map(std::borrow::Cow::into_owned).collect()
    }

    /// Unpacks everything once, to nowhere: declared sizes are not believed, bytes are counted, and markup may not
    /// nest deeper than any document does, because parsers recurse into elements.
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        self.check_within(BOUNDS)
    }

    fn check_within(&mut self, bounds: Bounds) -> Result<(), Failure> {
        let mut left = bounds.unpacked;
        for index in 0..self.0.len() {
            let file = self.0.by_index(index).map_err(|error| match error {
                zip::result::ZipError::UnsupportedArchive(what) if what.contains("assword") => locked(),
                _ => damaged("its archive cannot be read"),
            })?;
            let markup = file.name().is_ok_and(|name| is_markup(&name));
            let most = if markup { left.min(bounds.markup) } else { left };
            let mut counted = BufReader::new(file.take(most + 1));
            if markup {
                check_depth(&mut counted, bounds.depth)?;
            }
            io::copy(&mut counted, &mut io::sink()).map_err(|_| damaged("its archive cannot be unpacked"))?;
            let unpacked = most + 1 - counted.get_ref().limit();
            if unpacked > most {
                let (what, bytes) = if most < left {
                    ("A part of the archive", bounds.markup)
                } else {
                    ("The archive", bounds.unpacked)
                };
                return Err(hostile(format!("{what} unpacks to more than {} MB.", bytes / 1024 / 1024)));
            }
            left -= unpacked;
        }
        Ok(())
    }

    /// A file's bytes; `None` when there is no such file.
    pub(super) fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(index) = self.0.index_for_name(name) else { return Ok(None) };
        let file = self.0.by_index(index).map_err(|_| damaged("its archive cannot be read"))?;
        let mut bytes = Vec::new();
        file.take(limits::MARKUP_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| damaged("its archive cannot be unpacked"))?;
        Ok(Some(bytes))
    }

    /// A file's text, decoded; `None` when there is no such file.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        let Some(bytes) = self.bytes(name)? else { return Ok(None) };
        // Nearly always UTF-8 without a mark.
        let text = match String::from_utf8(bytes) {
            Ok(text) if !text.contains(['\0', '\u{feff}']) => text,
            Ok(text) => decoded(text.as_bytes())?,
            Err(other) => decoded(other.as_bytes())?,
        };
        Ok(Some(text))
    }
}

fn decoded(bytes: &[u8]) -> Result<String, Failure> {
    encoding::decode(bytes, None).ok_or_else(|| damaged("one of its parts is no text"))
}

fn is_markup(name: &str) -> bool {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    matches!(end.as_deref(), Some("xml" | "rels" | "xhtml" | "html" | "htm" | "opf"))
}

/// Ends at the first thing that is not XML: readers of XML end there too, and say so.
fn check_depth(source: impl io::BufRead, most: usize) -> Result<(), Failure> {
    let mut reader = Reader::from_reader(source);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let (mut depth, mut buffer) = (0_usize, Vec::new());
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
        if depth > most {
            return Err(too_deep());
        }
        buffer.clear();
    }
}

pub(super) fn too_deep() -> Failure {
    hostile(format!("Its text is nested more than {} levels deep.", limits::MARKUP_DEPTH))
}

pub(super) fn hostile(detail: String) -> Failure {
    Failure::new(
        FailureCode::Hostile,
        format!("{detail} Save it again with its usual program and upload that."),
    )
}

pub(super) fn locked() -> Failure {
    Failure::new(
        FailureCode::Locked,
        "The document is locked with a password. Remove the password and upload it again.",
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write as _;
    use zip::{ZipWriter, write::SimpleFileOptions};

    /// An archive of named files.
    pub(in super::super) fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, SimpleFileOptions::default()).expect("start file");
            writer.write_all(content.as_bytes()).expect("write file");
        }
        writer.finish().expect("finish").into_inner()
    }

    fn check(files: &[(&str, &str)], bounds: Bounds) -> Result<(), Failure> {
        Archive::open(&zipped(files)).expect("opens").check_within(bounds)
    }

    #[test]
    fn an_archive_unpacks_to_its_limit_and_no_further() {
        let bounds = Bounds { unpacked: 1_000, markup: 600, depth: 3 };
        let (half, more) = ("x".repeat(500), "x".repeat(501));
        assert!(check(&[("a.bin", &half), ("b.bin", &half)], bounds).is_ok());
        let refused = check(&[("a.bin", &half), ("b.bin", &more)], bounds).expect_err("too large");
        assert_eq!(refused.code, FailureCode::Hostile);
        let text = |length: usize| format!("<a>{}</a>", "x".repeat(length - 7));
        assert!(check(&[("a.xml", &text(600))], bounds).is_ok());
        assert!(check(&[("a.xml", &text(601))], bounds).is_err());
    }

    #[test]
    fn markup_nests_to_its_limit_and_no_deeper() {
        let bounds = Bounds { unpacked: 1_000, markup: 1_000, depth: 3 };
        assert!(check(&[("a.xml", "<a><b><c>x</c><c/></b></a>")], bounds).is_ok());
        let refused = check(&[("a.xml", "<a><b><c><d>x</d></c></b></a>")], bounds).expect_err("too deep");
        assert_eq!(refused.code, FailureCode::Hostile);
        // Ends that do not fit do not hide what is nested.
        assert!(check(&[("a.xhtml", "</x><a><b><c><d>x</c></b></a>")], bounds).is_err());
    }

    #[test]
    fn an_upload_that_broke_off_is_damaged() {
        let whole = zipped(&[("a.xml", "<a/>")]);
        for length in 0..whole.len() {
            let outcome = Archive::open(&whole[..length]).and_then(|mut archive| archive.check());
            assert!(outcome.is_err(), "{length} of {} bytes", whole.len());
        }
    }
}
