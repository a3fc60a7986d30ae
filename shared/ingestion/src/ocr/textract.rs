//! Amazon Textract: DetectDocumentText, one picture a call.

use super::{OcrLine, OcrText, is_image, unreadable};
use anyhow::Context as _;
use aws_sdk_textract::{
    Client,
    error::SdkError,
    operation::detect_document_text::DetectDocumentTextError as Refusal,
    primitives::Blob,
    types::{Block, BlockType, Document},
};
use domain::limits;
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of a picture in one call (Textract: 10 MB).
const BYTES: usize = 10 * 1024 * 1024;
/// Heights of a line between two lines from which a paragraph begins.
const GAP: f32 = 0.8;

pub(super) async fn read(client: &Client, image: &[u8]) -> anyhow::Result<OcrText> {
    if is_image(image) == Some("webp") {
        return Err(unreadable("Textract reads no WebP; save the picture as PNG or JPEG"));
    }
    if image.len() > BYTES {
        return Err(unreadable(format!(
            "the picture has {} MB; Textract reads up to {} MB",
            image.len() / 1024 / 1024,
            BYTES / 1024 / 1024
        )));
    }
    let document = Document::builder().bytes(Blob::new(image)).build();
    let asking = client.detect_document_text().document(document).send();
    let answer =
        timeout(Duration::from_secs(limits::OCR_SECONDS), asking).await.context("wait for Textract")?;
    match answer {
        Ok(said) => Ok(lines(said.blocks())),
        Err(error) => Err(told_apart(error)),
    }
}

fn told_apart(error: SdkError<Refusal>) -> anyhow::Error {
    match error.as_service_error().and_then(permanent) {
        Some(why) => unreadable(why),
        None => anyhow::Error::new(error).context("read a picture with Textract"),
    }
}

/// What is wrong with the picture stays wrong; throttling, outages and missing permissions do not.
const fn permanent(refusal: &Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::BadDocumentException(_) => Some("Textract cannot open the picture"),
        Refusal::UnsupportedDocumentException(_) => Some("Textract does not know the picture's format"),
        Refusal::DocumentTooLargeException(_) => Some("the picture is too large for Textract"),
        Refusal::InvalidParameterException(_) => Some("Textract refuses the picture"),
        _ => None,
    }
}

fn lines(blocks: &[Block]) -> OcrText {
    let mut below: Option<f32> = None;
    let lines =
        blocks.iter().filter(|block| block.block_type() == Some(&BlockType::Line)).filter_map(|block| {
            let text = block.text()?.to_owned();
            let place = block.geometry().and_then(|geometry| geometry.bounding_box());
            let (top, height) = place.map_or((0.0, 0.0), |place| (place.top(), place.height()));
            let begins_paragraph =
                below.is_none_or(|below| top < below - height || top - below > height * GAP);
            below = Some(top + height);
            Some(OcrLine { text, confidence: block.confidence().unwrap_or(0.0) / 100.0, begins_paragraph })
        });
    OcrText { lines: lines.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_textract::types::{BoundingBox, Geometry, error as kinds};

    fn line(text: &str, top: f32) -> Block {
        let place = BoundingBox::builder().top(top).height(0.02).left(0.1).width(0.5).build();
        let geometry = Geometry::builder().bounding_box(place).build();
        Block::builder().block_type(BlockType::Line).text(text).confidence(97.5).geometry(geometry).build()
    }

    #[test]
    fn a_gap_or_a_new_column_begins_a_paragraph() {
        let word = Block::builder().block_type(BlockType::Word).text("one").confidence(1.0).build();
        let read =
            lines(&[word, line("one", 0.1), line("two", 0.125), line("three", 0.2), line("right", 0.1)]);
        let begins: Vec<bool> = read.lines.iter().map(|line| line.begins_paragraph).collect();
        assert_eq!(begins, [true, false, true, true]);
        assert!((read.lines[0].confidence - 0.975).abs() < 1e-6);
    }

    #[test]
    fn a_bad_picture_is_permanent_and_a_busy_service_is_not() {
        let bad = kinds::BadDocumentException::builder().build();
        assert!(permanent(&Refusal::BadDocumentException(bad)).is_some());
        let busy = kinds::ThrottlingException::builder().build();
        assert_eq!(permanent(&Refusal::ThrottlingException(busy)), None);
    }
}
