//! DOCX, by `undoc`.

use super::{Extracted, archive::Archive, child::damaged, markdown, properties};
use domain::Failure;

pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Failure> {
    let parsed = undoc::parse_bytes(bytes).map_err(|_| damaged("its parts do not fit together"))?;
    let options = undoc::render::RenderOptions::new().with_images(false);
    let source =
        undoc::render::to_markdown(&parsed, &options).map_err(|_| damaged("its text cannot be read"))?;
    let mut document = Extracted::new("docx");
    properties::office(&mut document, &mut Archive::open(bytes)?)?;
    markdown::append(&mut document, &source, None);
    Ok(document)
}
