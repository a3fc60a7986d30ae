//! Amazon Textract: DetectDocumentText, one picture a call.

use super::{Closed, OcrLine, OcrText, is_image, unreadable};
use aws_sdk_textract::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    operation::detect_document_text::DetectDocumentTextError as Refusal,
    primitives::Blob,
    types::{Block, BlockType, Document},
};
use domain::limits;
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of a picture in one call (Textract: 10 MB).
const BYTES: usize = 10 * 1024 * 1024;
/// What AWS says to accounts that it does not serve at all, besides a missing permission.
const CLOSED: [&str; 4] = [
    "AccessDeniedException",
    "OptInRequired",
    "SubscriptionRequiredException",
    "UnrecognizedClientException",
];
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
    match timeout(Duration::from_secs(limits::OCR_SECONDS), asking).await {
        Ok(Ok(said)) => Ok(lines(said.blocks())),
        Ok(Err(error)) => Err(told_apart(error)),
        Err(_) => Err(unreadable(format!(
            "Textract takes more than {} seconds for the picture",
            limits::OCR_SECONDS
        ))),
    }
}

fn told_apart(error: SdkError<Refusal>) -> anyhow::Error {
    if let Some(why) = error.as_service_error().and_then(permanent) {
        return unreadable(why);
    }
    let is_closed = error.as_service_error().is_some_and(is_closed);
    let error = anyhow::Error::new(error).context("read a picture with Textract");
    if is_closed { error.context(Closed) } else { error }
}

/// Whether every call is refused: this account may not use Textract.
fn is_closed(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::AccessDeniedException(_))
        || refusal.code().is_some_and(|code| CLOSED.contains(&code))
}

/// What is wrong with the picture stays wrong; throttling and outages do not.
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
    use aws_sdk_textract::{
        error::ErrorMetadata,
        types::{BoundingBox, Geometry, error as kinds},
    };

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
        let busy = Refusal::ThrottlingException(busy);
        assert_eq!((permanent(&busy), is_closed(&busy)), (None, false));
    }

    #[test]
    fn an_account_that_is_not_served_is_told_from_a_busy_service() {
        let denied = kinds::AccessDeniedException::builder().build();
        assert!(is_closed(&Refusal::AccessDeniedException(denied)));
        let said = |code: &str| is_closed(&Refusal::generic(ErrorMetadata::builder().code(code).build()));
        assert!(said("UnrecognizedClientException") && said("SubscriptionRequiredException"));
        assert!(!said("ServiceUnavailable") && !said("ExpiredTokenException"));
        // It is still known where it ends up, behind what was being done.
        let error = anyhow::anyhow!("denied").context(Closed).context("read a page by OCR");
        assert!(super::super::is_closed(&error) && !super::super::is_permanent(&error));
    }
}
