//! Zip archives of every kind, most of them called Word documents.

use super::{Hostile, MEGABYTE, readable, rejected, wrapped};
use std::io::{Cursor, Write as _};
use zip::{ZipWriter, write::SimpleFileOptions};

const WORD: &str = "word/document.xml";
const BODY: &str = "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>";
const PARAGRAPH: &str = "<w:p><w:r><w:t>The valve opens at two bar.</w:t></w:r></w:p>";
const END: &str = "</w:body></w:document>";

pub(super) fn files() -> Vec<Hostile> {
    vec![
        rejected("DOCX: 300 MB of text in 300 KB", "bomb.docx", || {
            docx(&wrapped(BODY, " ", 300 * MEGABYTE, END))
        }),
        rejected("DOCX: 600 MB of pictures in 600 KB", "pictures.docx", || {
            zipped(&[&word(PARAGRAPH)[..], &[("word/media/a.png", vec![0; 600 * MEGABYTE])]].concat())
        }),
        rejected("DOCX: sixty parts of 10 MB each", "parts.docx", || {
            let parts = (0..60).map(|number| (format!("word/a{number}.bin"), vec![0; 10 * MEGABYTE]));
            zipped(
                &word(PARAGRAPH)
                    .into_iter()
                    .map(|(name, bytes)| (name.to_owned(), bytes))
                    .chain(parts)
                    .collect::<Vec<_>>(),
            )
        }),
        readable("DOCX: a bomb in an archive in it", "nested.docx", || {
            let inner = zipped(&[("a.bin", vec![0; 600 * MEGABYTE])]);
            let outer = zipped(&[("b.zip", inner)]);
            zipped(&[&word(PARAGRAPH)[..], &[("word/embeddings/c.docx", outer)]].concat())
        }),
        rejected("DOCX: 60,000 entries over the same bytes", "overlap.docx", || {
            let large = [word(PARAGRAPH), vec![("word/media/a.png", vec![0; 10 * MEGABYTE])]].concat();
            overlapping(&zipped(&large), 60_000)
        }),
        rejected("DOCX: 5,000 entries over the same bytes", "overlap-few.docx", || {
            let large = [word(PARAGRAPH), vec![("word/media/a.png", vec![0; 10 * MEGABYTE])]].concat();
            overlapping(&zipped(&large), 5_000)
        }),
        rejected("DOCX: a bomb that says it is small", "understated.docx", || {
            let mut bytes = docx(&wrapped(BODY, " ", 300 * MEGABYTE, END));
            let said =
                u32::try_from(300 * MEGABYTE + BODY.len() + END.len()).expect("four bytes").to_le_bytes();
            for at in 0..bytes.len() - 4 {
                if bytes[at..at + 4] == said {
                    bytes[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
                }
            }
            bytes
        }),
        rejected("DOCX: a hundred thousand files", "many.docx", || {
            let more = (0..100_000).map(|number| (format!("word/{number}"), Vec::new()));
            zipped(
                &word(PARAGRAPH)
                    .into_iter()
                    .map(|(name, bytes)| (name.to_owned(), bytes))
                    .chain(more)
                    .collect::<Vec<_>>(),
            )
        }),
        rejected("DOCX: elements a million deep", "deep.docx", || {
            docx(&wrapped(BODY, "<w:p>", MEGABYTE, END))
        }),
        rejected("DOCX: tables in tables", "tables.docx", || {
            docx(
                &[
                    wrapped(BODY, "<w:tbl><w:tr><w:tc>", 5_000, PARAGRAPH),
                    wrapped("", "</w:tc></w:tr></w:tbl>", 5_000, END),
                ]
                .concat(),
            )
        }),
        readable("DOCX: tables in tables, as deep as may be", "tables-330.docx", || {
            docx(
                &[
                    wrapped(BODY, "<w:tbl><w:tr><w:tc>", 330, PARAGRAPH),
                    wrapped("", "</w:tc></w:tr></w:tbl>", 330, END),
                ]
                .concat(),
            )
        }),
        readable("DOCX: a billion laughs", "laughs.docx", || {
            docx(&laughs(BODY, &PARAGRAPH.replace("valve", "valve &l9;"), END))
        }),
        rejected("DOCX: an attribute of 190 MB", "attribute.docx", || {
            docx(
                &[
                    wrapped(BODY, "", 0, "<w:p w:a=\""),
                    wrapped("", "a", 190 * MEGABYTE, "\">"),
                    wrapped(PARAGRAPH, "", 0, END),
                ]
                .concat(),
            )
        }),
        rejected("DOCX: a million attributes", "attributes.docx", || {
            docx(
                &[
                    wrapped(BODY, "", 0, "<w:p "),
                    wrapped("", "w:a=\"1\" ", MEGABYTE, ">"),
                    wrapped(PARAGRAPH, "", 0, END),
                ]
                .concat(),
            )
        }),
        readable("DOCX: a cell two thousand million columns wide", "span.docx", || {
            let cell = "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"2147483647\"/></w:tcPr>";
            docx(
                &[
                    wrapped(BODY, "", 0, cell),
                    wrapped(PARAGRAPH, "", 0, "</w:tc></w:tr></w:tbl>"),
                    END.into(),
                ]
                .concat(),
            )
        }),
        rejected("DOCX: 600,000 paragraphs", "paragraphs.docx", || {
            docx(&wrapped(BODY, PARAGRAPH, 600_000, END))
        }),
        rejected("DOCX: ten million empty runs", "runs.docx", || {
            docx(&wrapped(&[BODY, "<w:p>"].concat(), "<w:r/>", 10 * MEGABYTE, END))
        }),
        readable("DOCX: pictures of 300 MB that pack well", "bitmaps.docx", || {
            zipped(&[&word(PARAGRAPH)[..], &[("word/media/a.bmp", vec![0; 300 * MEGABYTE])]].concat())
        }),
        rejected("DOCX: no text part", "parts-missing.docx", || {
            zipped(&word("").into_iter().filter(|(name, _)| *name != WORD).collect::<Vec<_>>())
        }),
        rejected("DOCX: its text is noise", "noise.docx", || docx(&super::noise(MEGABYTE))),
        rejected("DOCX: broken off", "half.docx", || {
            let whole = include_bytes!("../../corpus/warranty.docx");
            whole[..whole.len() / 2].to_vec()
        }),
        readable("DOCX: names that lead out of it", "slip.docx", || {
            let out = ["../../../../tmp/hostile", "/etc/hostile", "..\\..\\hostile", "word/../../hostile"];
            zipped(&[word(PARAGRAPH), out.map(|name| (name, b"out".to_vec())).to_vec()].concat())
        }),
        rejected("DOCX: its parts are locked by zip", "zip-locked.docx", || {
            let mut bytes = docx(&wrapped(BODY, PARAGRAPH, 1, END));
            for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
                let places: Vec<usize> =
                    (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(signature)).collect();
                places.into_iter().for_each(|at| bytes[at + flags] |= 1);
            }
            bytes
        }),
        rejected("DOCX: encrypted by Office", "encrypted.docx", || {
            include_bytes!("../../bad/encrypted.docx").to_vec()
        }),
        rejected("an archive that is empty", "empty.docx", || {
            b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec()
        }),
        rejected("an archive whose list is beyond its end", "beyond.docx", || {
            let mut bytes = docx(&wrapped(BODY, PARAGRAPH, 1, END));
            let end = bytes.len() - 6;
            bytes[end..end + 4].copy_from_slice(&u32::MAX.to_le_bytes());
            bytes
        }),
    ]
}

/// An archive of these files.
pub(super) fn zipped<N: AsRef<str>>(files: &[(N, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_level(Some(1));
    for (name, bytes) in files {
        writer.start_file(name.as_ref(), options).expect("start a file");
        writer.write_all(bytes).expect("write a file");
    }
    writer.finish().expect("finish").into_inner()
}

fn word(paragraphs: &str) -> Vec<(&'static str, Vec<u8>)> {
    let relation = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" \
        Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>";
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override PartName=\"/word/document.xml\" \
        ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    vec![
        ("[Content_Types].xml", types.into()),
        ("_rels/.rels", relation.into()),
        (WORD, [BODY, paragraphs, END].concat().into_bytes()),
    ]
}

/// A Word document whose text part is this.
fn docx(text: &[u8]) -> Vec<u8> {
    let parts =
        word("").into_iter().map(|(name, bytes)| (name, if name == WORD { text.to_vec() } else { bytes }));
    zipped(&parts.collect::<Vec<_>>())
}

/// XML whose entities stand for ten others each, nine times over.
pub(super) fn laughs(before: &str, within: &str, after: &str) -> Vec<u8> {
    let entities: String = (1..10)
        .map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10)))
        .collect();
    let before = before.replace("<?xml version=\"1.0\"?>", "");
    format!("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY l0 \"ha\">{entities}]>{before}{within}{after}")
        .into_bytes()
}

/// The archive with its last file listed so many times more, each time under another name and over the same bytes.
fn overlapping(archive: &[u8], times: u16) -> Vec<u8> {
    let four = |at: usize| u32::from_le_bytes(archive[at..at + 4].try_into().expect("four bytes")) as usize;
    let end = archive.len() - 22;
    let list = four(end + 16);
    let last = (list..end).rev().find(|at| archive[*at..].starts_with(b"PK\x01\x02")).expect("an entry");
    let mut bytes = archive[..end].to_vec();
    for number in 0..times {
        let mut entry = archive[last..end].to_vec();
        // A name as long as the first one, other than all: its last letters are a number.
        let (from, length) = (last + 46, usize::from(archive[last + 28]));
        let name = format!("{number:05}");
        entry[46 + length - name.len()..46 + length].copy_from_slice(name.as_bytes());
        debug_assert!(from + length <= end);
        bytes.extend(entry);
    }
    let (count, length) = (4 + times, u32::try_from(bytes.len() - list).expect("four bytes"));
    bytes.extend(&archive[end..end + 8]);
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(&archive[end + 16..]);
    bytes
}
