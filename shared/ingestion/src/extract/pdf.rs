//! PDF: page by page, by `unpdf`, which finds columns, headings, lists and tables. What is ours: what runs along
//! all pages goes, words broken at a line's end are whole again, and a page that is a picture is said to be one.

mod headings;
mod piece;
mod running;

use super::{
    BlockKind, Extracted,
    child::{damaged, limit_step},
    repair::Vocabulary,
};
use domain::{Failure, FailureCode, limits};
use headings::Numbered;
use piece::Piece;
use std::ops::ControlFlow;
use unpdf::{
    ErrorKind, PageSelection, PageStreamOptions, ParseEvent, ParseOptions, PdfParser,
    model::{FormField, Metadata, Page},
    parser::raw::{PdfObject, RawDocument},
};

/// Part of a page that pictures cover from which they may hold its text: a logo is a few hundredths.
const PICTURE: f32 = 0.05;
/// Part of a page that a scan covers: words in its margins are a stamp on it, not its text.
const SCAN: f32 = 0.5;
/// Part of a scanned page's pixels that its largest picture has at least: the others are stamps and masks.
const MOST: f64 = 0.9;

/// Characters that a page has at least where most of them are unreadable: fewer are bullets and logos.
const GIBBERISH: usize = 20;
/// What is said of a form whose pages are in no PDF.
const DYNAMIC_FORM: &str = "The file is a dynamic form (XFA): its pages are made by Adobe's programs when they open it, and a PDF \
                            of them is not in it. Print it to PDF there and upload that.";
/// Text of its one page at most, where that says that such a form is to be waited for: nothing longer is looked at twice.
const NOTICE_BYTES: usize = 4_096;
/// How a PDF begins.
const HEADER: &[u8] = b"%PDF-";

/// A page's text in pieces.
pub(super) struct PageText {
    number: u32,
    /// Characters in its top and bottom tenth.
    in_margins: u32,
    pieces: Vec<Piece>,
}

/// Reads a PDF.
pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Failure> {
    let parser = parser(bytes, &ParseOptions::new()).map_err(|error| refused(&error))?;
    let count = parser.page_count() as usize;
    if count > limits::DOCUMENT_PAGES {
        return Err(Failure::new(
            FailureCode::TooLarge,
            format!(
                "The document has {count} pages; at most {} are read. Split it into parts.",
                limits::DOCUMENT_PAGES
            ),
        ));
    }
    let mut document = Extracted::new("pdf");
    let (mut pages, mut fields, mut length) = (Vec::with_capacity(count), Vec::new(), 0);
    let streaming = PageStreamOptions { parallel: false, ..PageStreamOptions::default() };
    // A page is laid out in a time that grows faster than what stands on it.
    let read = parser.for_each_page(streaming, |event| {
        limit_step(Some(limits::PAGE_SECONDS));
        match event {
            ParseEvent::DocumentStart { metadata, form_fields, .. } => {
                describe(&mut document, &metadata);
                fields = form_fields;
            }
            ParseEvent::PageParsed(page) => {
                let is_picture = is_picture(&page);
                let is_damaged = page.undecodable_content_streams > 0;
                let mut text = PageText {
                    number: page.number,
                    in_margins: page.margin_text_chars,
                    pieces: piece::of_page(page),
                };
                let is_gibberish = is_gibberish(text.pieces.iter().map(|piece| piece.text.as_str()));
                if is_gibberish {
                    text.pieces.clear();
                }
                if is_picture || is_gibberish || is_damaged {
                    document.unread.push(text.number);
                }
                if is_damaged {
                    document.damaged.push(text.number);
                }
                length += text.pieces.iter().map(|piece| piece.text.len()).sum::<usize>();
                pages.push(text);
            }
            ParseEvent::PageFailed { page, .. } => {
                document.unread.push(page);
                document.damaged.push(page);
            }
            _ => {}
        }
        if length > limits::EXTRACTED_TEXT_BYTES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    limit_step(None);
    read.map_err(|error| refused(&error))?;
    if length > limits::EXTRACTED_TEXT_BYTES {
        return Err(super::text_too_long());
    }
    drop(parser);
    if count == 1 && length <= NOTICE_BYTES && is_drawn_by_its_program(bytes) {
        return Err(Failure::new(FailureCode::UnsupportedFormat, DYNAMIC_FORM));
    }
    document.page_count = u32::try_from(count).ok();
    write(&mut document, pages);
    write_fields(&mut document, &fields);
    let is_blank = !document.text.chars().any(char::is_alphanumeric);
    if is_blank && !document.damaged.is_empty() && document.damaged == document.unread {
        return Err(damaged("its pages cannot be decoded"));
    }
    Ok(document)
}

fn write(document: &mut Extracted, mut pages: Vec<PageText>) {
    running::remove(&mut pages);
    let vocabulary =
        Vocabulary::of(pages.iter().flat_map(|page| &page.pieces).map(|piece| piece.text.as_str()));
    let mut numbered = Numbered::default();
    for page in pages {
        for piece in page.pieces {
            let text = match piece.kind {
                BlockKind::Code | BlockKind::Table(_) => piece.text,
                _ => vocabulary.mend(&piece.text),
            };
            let kind = match piece.kind {
                BlockKind::Heading(level) => BlockKind::Heading(numbered.level(&text, level)),
                kind => kind,
            };
            document.push(kind, &text, Some(page.number));
        }
    }
}

/// What has been filled into a form: it stands on no page's content.
fn write_fields(document: &mut Extracted, fields: &[FormField]) {
    let mut filled = String::new();
    for field in fields {
        let value = field.value.as_ref().map(|_| field.display_value()).unwrap_or_default();
        if !value.trim().is_empty() {
            filled.push_str(&format!("- {}: {}\n", field.name, value.trim()));
        }
    }
    document.push(BlockKind::List, &filled, None);
}

fn describe(document: &mut Extracted, said: &Metadata) {
    document.title = said.title.clone().filter(|title| is_title(title));
    let date = |date: &Option<_>| date.as_ref().map(ToString::to_string);
    let properties = [
        ("title", said.title.clone()),
        ("author", said.author.clone()),
        ("subject", said.subject.clone()),
        ("keywords", said.keywords.clone()),
        ("created", date(&said.created)),
        ("modified", date(&said.modified)),
    ];
    for (name, value) in properties {
        let value: String =
            value.unwrap_or_default().trim().chars().take(limits::PROPERTY_CHARACTERS).collect();
        if !says_nothing(&value) {
            document.metadata.insert(name.to_owned(), value);
        }
    }
}

/// A reader of the file. Where something stands before the header (a line's end, the head of an HTTP answer), places in the file
/// mostly count from the header (ISO 32000-2, 7.5.2).
fn parser(bytes: &[u8], options: &ParseOptions) -> Result<PdfParser, unpdf::Error> {
    let whole = PdfParser::from_bytes_with_options(bytes, options.clone());
    let header = bytes.windows(HEADER.len()).position(|window| window == HEADER);
    match (whole, header) {
        (Err(error), Some(1..)) if !is_locked(&error) => {
            PdfParser::from_bytes_with_options(&bytes[header.unwrap_or_default()..], options.clone())
        }
        (whole, _) => whole,
    }
}

/// Whether the file is a dynamic XFA form: its catalogue says that whoever shows it makes its pages (ISO 32000-1, 12.7.8 and
/// table 28).
fn is_drawn_by_its_program(bytes: &[u8]) -> bool {
    let header = bytes.windows(HEADER.len()).position(|window| window == HEADER).unwrap_or_default();
    let document = RawDocument::load(bytes).or_else(|_| RawDocument::load(&bytes[header..]));
    let Ok(document) = document else { return false };
    let Ok(catalogue) = document.catalog() else { return false };
    let entry = |name: &[u8]| catalogue.get(name).map(|value| document.resolve(value));
    let form = entry(b"AcroForm").and_then(PdfObject::as_dict);
    matches!(entry(b"NeedsRendering"), Some(PdfObject::Bool(true)))
        && form.is_some_and(|form| form.contains_key(b"XFA".as_slice()))
}

/// Whether a page's text, if it has any, is in a picture.
fn is_picture(page: &Page) -> bool {
    let has_text = page.elements.iter().any(|element| {
        let mut text = String::new();
        element.append_plain_text(&mut text);
        text.chars().any(char::is_alphanumeric)
    });
    let is_stamped = page.image_coverage >= SCAN
        && page.invisible_text_chars == 0
        && page.painted_text_chars == page.margin_text_chars;
    page.image_coverage >= PICTURE && (!has_text || page.ocr_text_suppressed || is_stamped)
}

/// Whether a page's text is none: its fonts do not say which letters their shapes are, and what comes out are characters for
/// private use, or none at all.
fn is_gibberish<'a>(pieces: impl Iterator<Item = &'a str>) -> bool {
    let (mut all, mut unreadable) = (0_usize, 0_usize);
    for letter in pieces.flat_map(str::chars).filter(|letter| !letter.is_whitespace()) {
        all += 1;
        let is_private = matches!(letter, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFD}');
        unreadable += usize::from(is_private || letter.is_control() || letter == char::REPLACEMENT_CHARACTER);
    }
    all >= GIBBERISH && unreadable * 2 > all
}

/// The picture that a scanned page is, as PNG or JPEG. `None` when there is none, when it is one of several, in a
/// format that nothing here decodes, or larger than [`limits::PICTURE_PIXELS`].
pub(super) fn page_image(bytes: &[u8], page: u32) -> Option<Vec<u8>> {
    let options = ParseOptions::new()
        .sequential()
        .with_text(false)
        .with_resources(true)
        .with_pages(PageSelection::Pages(vec![page]));
    let mut parsed = parser(bytes, &options).ok()?.parse().ok()?;
    let images = parsed.pages.pop()?.images;
    let pixels =
        |image: &unpdf::Resource| u64::from(image.width.unwrap_or(0)) * u64::from(image.height.unwrap_or(0));
    let all: u64 = images.iter().map(|(_, image)| pixels(image)).sum();
    let (_, largest) = images.into_iter().max_by_key(|(_, image)| pixels(image))?;
    let size = pixels(&largest);
    #[expect(clippy::cast_precision_loss, reason = "a share of pixels")]
    let is_most = size as f64 >= all as f64 * MOST;
    (is_most && size <= limits::PICTURE_PIXELS && super::picture::kind(&largest.data).is_some())
        .then_some(largest.data)
}

/// What programs write where nobody has said anything.
fn says_nothing(value: &str) -> bool {
    let value = value.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    ["", "untitled", "anonymous", "unspecified", "unknown"].contains(&value.as_str())
}

/// Programs write their own file names into the title's place.
fn is_title(title: &str) -> bool {
    let title = title.trim().to_lowercase();
    !says_nothing(&title)
        && !title.starts_with("microsoft word")
        && ![".doc", ".docx", ".pdf", ".indd", ".tex", ".dvi"].iter().any(|ending| title.ends_with(ending))
}

fn refused(error: &unpdf::Error) -> Failure {
    if is_locked(error) {
        let detail = "The document is locked with a password. Remove the password and upload it again.";
        return Failure::new(FailureCode::Locked, detail);
    }
    damaged("its PDF structure cannot be read")
}

fn is_locked(error: &unpdf::Error) -> bool {
    matches!(error.kind(), ErrorKind::Encrypted | ErrorKind::InvalidPassword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanned_page_is_unread_and_its_picture_can_be_had() {
        let scan = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/bad/scan.pdf"));
        let document = read(scan).expect("readable");
        assert_eq!((document.unread, document.page_count), (vec![1], Some(1)));
        assert!(document.blocks.is_empty());
        let picture = page_image(scan, 1).expect("a picture");
        assert_eq!(super::super::picture::kind(&picture), Some("png"));
        assert_eq!(page_image(scan, 2), None);
    }

    /// A PDF of these objects, numbered from 1, of which the first is its catalogue.
    fn pdf_of(objects: &[Vec<u8>]) -> Vec<u8> {
        let (mut bytes, mut table) = (b"%PDF-1.7\n".to_vec(), String::new());
        for (place, object) in objects.iter().enumerate() {
            table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
            bytes.extend_from_slice(format!("{} 0 obj\n", place + 1).as_bytes());
            bytes.extend_from_slice(object);
            bytes.extend_from_slice(b"\nendobj\n");
        }
        let (at, size) = (bytes.len(), objects.len() + 1);
        let end = format!(
            "xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n"
        );
        bytes.extend_from_slice(end.as_bytes());
        bytes
    }

    /// A content stream: a sentence, or bytes that no decoder takes.
    fn content(sentence: Option<&str>) -> Vec<u8> {
        let (filter, data) = match sentence {
            Some(said) => ("", format!("BT /F1 12 Tf 72 420 Td ({said}) Tj ET").into_bytes()),
            None => ("/Filter /FlateDecode", vec![0xFF; 64]),
        };
        let head = format!("<< /Length {} {filter} >>\nstream\n", data.len());
        [head.as_bytes(), &data[..], b"\nendstream"].concat()
    }

    /// A PDF with a page for each list of content streams.
    fn pages_of(pages: &[&[Option<&str>]]) -> Vec<u8> {
        let mut objects = vec![
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            Vec::new(),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
        ];
        let mut kids = String::new();
        for streams in pages {
            let mut contents = String::new();
            for stream in *streams {
                objects.push(content(*stream));
                contents.push_str(&format!("{} 0 R ", objects.len()));
            }
            let page = format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [{contents}] \
                 /Resources << /Font << /F1 3 0 R >> >> >>"
            );
            objects.push(page.into_bytes());
            kids.push_str(&format!("{} 0 R ", objects.len()));
        }
        objects[1] = format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()).into_bytes();
        pdf_of(&objects)
    }

    #[test]
    fn a_page_that_cannot_be_decoded_is_unread_and_said_to_be() {
        let (first, second) = ("The relief valve opens at nine bar.", "Drain the pump before frost.");
        let whole = read(&pages_of(&[&[Some(first)], &[Some("Change the oil.")], &[Some(second)]]));
        let whole = whole.expect("readable");
        assert!(whole.unread.is_empty() && whole.text.contains("Change the oil."), "{}", whole.text);

        let document = read(&pages_of(&[&[Some(first)], &[None], &[Some(second)]])).expect("readable");
        assert_eq!((document.unread, document.damaged, document.page_count), (vec![2], vec![2], Some(3)));
        assert!(document.text.contains(first) && document.text.contains(second), "{}", document.text);

        // What is left of a page is read, and the page is not said to be whole.
        let part = read(&pages_of(&[&[Some(first)], &[None, Some(second)]])).expect("readable");
        assert_eq!((part.unread, part.damaged), (vec![2], vec![2]));
        assert!(part.text.contains(second), "{}", part.text);

        let refused = read(&pages_of(&[&[None], &[None]])).expect_err("nothing is left");
        assert_eq!(refused.code, FailureCode::Damaged);
    }

    #[test]
    fn a_form_that_its_program_draws_is_refused_and_a_form_with_pages_is_not() {
        let form = |catalogue: &str, fields: &str| {
            pdf_of(&[
                format!("<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R {catalogue} >>").into_bytes(),
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
                  /Resources << /Font << /F1 5 0 R >> >> >>"
                    .to_vec(),
                content(Some("Please wait...")),
                b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
                format!("<< /Fields [] {fields} >>").into_bytes(),
            ])
        };
        let refused =
            read(&form("/NeedsRendering true", "/XFA (<xdp/>)")).expect_err("no page of it is there");
        assert_eq!(refused.code, FailureCode::UnsupportedFormat);
        assert!(refused.detail.contains("Print it to PDF"), "{refused}");
        for (catalogue, fields) in
            [("", "/XFA (<xdp/>)"), ("/NeedsRendering false", "/XFA (<xdp/>)"), ("/NeedsRendering true", "")]
        {
            let document = read(&form(catalogue, fields)).expect("readable");
            assert!(document.text.contains("Please wait"), "{catalogue} {fields}");
        }
    }

    #[test]
    fn what_stands_before_the_header_is_passed_over() {
        let manual =
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/pump-manual.pdf"));
        let whole = read(manual).expect("readable");
        for before in ["\r\n", "HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n"] {
            let read = read(&[before.as_bytes(), manual].concat()).expect("readable");
            assert_eq!((read.text, read.page_count), (whole.text.clone(), whole.page_count));
        }
        let scan = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/bad/scan.pdf"));
        assert!(page_image(&[b"\n", &scan[..]].concat(), 1).is_some());
    }

    #[test]
    fn text_of_fonts_that_say_no_letters_is_none() {
        let private = "\u{F020}\u{F041} \u{FFFD}\u{1}".repeat(10);
        assert!(is_gibberish([private.as_str()].into_iter()));
        assert!(is_gibberish([private.as_str(), "Page 3 of 7"].into_iter()));
        assert!(!is_gibberish(["\u{F0B7} One point of a list", "\u{F0B7} and another one"].into_iter()));
        assert!(!is_gibberish(["\u{F0B7}".repeat(GIBBERISH - 1).as_str()].into_iter()));
        assert!(!is_gibberish(["ปั๊มน้ำและวาล์วของเครื่อง", "水泵的密封件"].into_iter()));
    }

    #[test]
    fn what_programs_write_by_themselves_is_no_title() {
        assert!(is_title("Pump: Operating Manual"));
        for title in ["", " ", "(anonymous)", "Untitled", "Microsoft Word - a.doc", "manual_v3.indd"] {
            assert!(!is_title(title), "{title}");
        }
    }
}
