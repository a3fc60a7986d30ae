//! PDF: page by page, by `unpdf`.

use super::{Extracted, child::damaged, markdown};
use domain::{Failure, FailureCode, limits};
use unpdf::{Document, ErrorKind, ParseOptions, PdfParser, render};

pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Failure> {
    let options = ParseOptions::new().lenient().sequential().with_resources(false);
    let parser = PdfParser::from_bytes_with_options(bytes, options).map_err(|error| refused(&error))?;
    let pages = parser.page_count() as usize;
    if pages > limits::DOCUMENT_PAGES {
        return Err(Failure::new(
            FailureCode::TooLarge,
            format!(
                "The document has {pages} pages; at most {} are read. Split it into parts.",
                limits::DOCUMENT_PAGES
            ),
        ));
    }
    let parsed = parser.parse().map_err(|error| refused(&error))?;
    let mut document = Extracted::new("pdf");
    document.title = parsed.metadata.title.clone().filter(|title| is_title(title));
    document.page_count = u32::try_from(parsed.pages.len()).ok();
    let rendering = render::RenderOptions::new();
    for page in parsed.pages {
        let number = page.number;
        let mut one = Document::new();
        one.pages = vec![page];
        let source = render::to_markdown(&one, &rendering).map_err(|_| damaged("a page cannot be read"))?;
        markdown::append(&mut document, &source, Some(number));
    }
    Ok(document)
}

/// Programs write their own file names into the title's place.
fn is_title(title: &str) -> bool {
    let title = title.trim().to_lowercase();
    !title.is_empty()
        && title != "untitled"
        && !title.starts_with("microsoft word")
        && ![".doc", ".docx", ".pdf", ".indd", ".tex", ".dvi"].iter().any(|ending| title.ends_with(ending))
}

fn refused(error: &unpdf::Error) -> Failure {
    match error.kind() {
        ErrorKind::Encrypted | ErrorKind::InvalidPassword => Failure::new(
            FailureCode::Locked,
            "The document is locked with a password. Remove the password and upload it again.",
        ),
        _ => damaged("its PDF structure cannot be read"),
    }
}
