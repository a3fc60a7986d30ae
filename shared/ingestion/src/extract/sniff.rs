//! What a file is, by its bytes.

use domain::{Failure, FailureCode};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// A format that is read. Text formats come decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Format {
    Pdf,
    Docx,
    Html(String),
    Markdown(String),
    Text(String),
}

/// Bytes in which a PDF's header may stand (ISO 32000-2, annex I: 1,024).
const PDF_HEADER_WITHIN: usize = 1_024;
/// Replacement characters a thousand bytes up to which a text counts as UTF-8 with a few bad bytes.
const BAD_PER_MILLE: usize = 5;

/// Beginnings of files that are known and not read, with what they are.
const KNOWN: [(&[u8], &str); 12] = [
    (b"\x89PNG", "a PNG picture"),
    (b"\xFF\xD8\xFF", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a media file"),
    (b"\x1F\x8B", "a gzip archive"),
    (b"7z\xBC\xAF", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7FELF", "a program"),
    (b"MZ", "a program"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3", "a SQLite database"),
    (b"ID3", "an audio file"),
];

/// Tells the format, or why there is none.
pub(super) fn format(bytes: &[u8], name: &str) -> Result<Format, Failure> {
    let head = &bytes[..bytes.len().min(PDF_HEADER_WITHIN)];
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Ok(Format::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return super::docx::is_docx(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Err(compound_file(bytes));
    }
    if let Some((_, what)) = KNOWN
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic) && (head.contains(&0) || magic.starts_with(b"{")))
    {
        return Err(unsupported(what));
    }
    let text = decode(bytes).ok_or_else(|| unsupported("binary data"))?;
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default();
    Ok(match extension.as_str() {
        _ if looks_like_html(&text) => Format::Html(text),
        "md" | "markdown" | "mdx" => Format::Markdown(text),
        _ => Format::Text(text),
    })
}

/// OLE compound files: an encrypted Office document names its stream so, else it is Office of before 2007.
fn compound_file(bytes: &[u8]) -> Failure {
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(encrypted.len()).any(|window| window == encrypted) {
        return Failure::new(
            FailureCode::Locked,
            "The document is locked with a password. Remove the password and upload it again.",
        );
    }
    unsupported("a document of Office 2003 or before")
}

pub(super) fn unsupported(what: &str) -> Failure {
    Failure::new(
        FailureCode::UnsupportedFormat,
        format!("This is {what}, which is not read. PDF, DOCX, HTML, Markdown and plain text are."),
    )
}

/// Text in the encodings that people have: marked UTF-8 and UTF-16, UTF-8, and else Windows-1252 if it looks
/// like writing.
fn decode(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xFF, 0xFE, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xFE, 0xFF, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        _ if bytes.contains(&0) => return None,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => match declared(bytes) {
                Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
                None => lossy(bytes),
            },
        },
    };
    let controls =
        text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{C}')).count();
    let strange = controls + text.matches('\u{FFFD}').count();
    (strange * 100 <= text.chars().count()).then_some(text)
}

/// The encoding that an HTML page says it is in, within its first 1,024 bytes (WHATWG HTML, section 13.2.3).
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1_024)]).to_ascii_lowercase();
    let after = &head[head.find("charset=")? + "charset=".len()..];
    let label = after.trim_start_matches(['"', '\'']);
    let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c))).unwrap_or(label.len());
    Encoding::for_label(&label.as_bytes()[..end]).filter(|encoding| *encoding != UTF_8)
}

/// Not quite UTF-8: a few bad bytes among good multi-byte text, or an eight-bit encoding.
fn lossy(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let bad = text.matches('\u{FFFD}').count();
    let multi_byte = text.chars().filter(|c| !c.is_ascii() && *c != '\u{FFFD}').count();
    if multi_byte >= bad && bad * 1_000 <= bytes.len() * BAD_PER_MILLE {
        text.into_owned()
    } else {
        WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
    }
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
    use super::*;

    #[test]
    fn content_wins_over_the_name() {
        assert_eq!(format(b"%PDF-1.7\n", "a.txt"), Ok(Format::Pdf));
        assert!(matches!(format(b"<!DOCTYPE html><p>x", "a.pdf"), Ok(Format::Html(_))));
        assert!(matches!(format(b"# x", "a.md"), Ok(Format::Markdown(_))));
        assert!(matches!(format(b"# x", "a"), Ok(Format::Text(_))));
    }

    #[test]
    fn encodings_are_told_apart() {
        let text = |bytes: &[u8]| match format(bytes, "a.txt") {
            Ok(Format::Text(text)) => text,
            other => format!("{other:?}"),
        };
        assert_eq!(text(b"caf\xE9 \x80 5"), "café € 5");
        assert_eq!(text(b"\xFF\xFEh\0i\0"), "hi");
        assert_eq!(text(b"\xEF\xBB\xBFhi"), "hi");
        let mut utf8 = "ไส้กรองน้ำ ".repeat(40).into_bytes();
        utf8.push(0xFF);
        assert!(text(&utf8).starts_with("ไส้กรองน้ำ"));
    }

    #[test]
    fn what_is_not_read_says_what_it_is() {
        let detail = |bytes: &[u8]| format(bytes, "a.txt").expect_err("not read").detail;
        assert!(detail(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").contains("PNG"));
        assert!(detail(&[0, 1, 2, 3]).contains("binary"));
        assert!(detail(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").contains("2003"));
    }
}
