//! THE OCR BOUNDARY: a page that is a picture becomes text with a confidence, by whom the configuration names;
//! or it stays unread, and its document says so.

mod merge;
mod tesseract;
mod textract;

pub use merge::{settled, unread_sentence, with_ocr};
pub use tesseract::Tesseract;

use anyhow::bail;
use aws_config::SdkConfig;
use std::path::PathBuf;

/// Who reads pictures.
#[derive(Debug, Clone)]
pub enum Ocr {
    /// Nobody: such pages are reported as unread.
    None,
    /// Amazon Textract.
    Textract(aws_sdk_textract::Client),
    /// A program on this machine.
    Tesseract(Tesseract),
}

/// What stands in a picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OcrText {
    /// In reading order.
    pub lines: Vec<OcrLine>,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq)]
pub struct OcrLine {
    /// Its letters.
    pub text: String,
    /// How sure the reader is of them, 0..1.
    pub confidence: f32,
    /// Whether a paragraph begins here.
    pub begins_paragraph: bool,
}

/// A picture that cannot be read however often one tries: too large, damaged, of no known kind. Found by
/// [`is_permanent`] inside an [`anyhow::Error`]; every other error may pass.
#[derive(Debug)]
struct Unreadable(String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

fn unreadable(why: impl Into<String>) -> anyhow::Error {
    Unreadable(why.into()).into()
}

/// A reader that lets nobody in, whatever the picture: no permission, no subscription. Found by [`is_closed`].
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "the reader of pictures refuses every call; an administrator should check the access to it",
        )
    }
}

/// Whether the same picture would fail again: its page stays unread, and nothing is to be tried again.
#[must_use]
pub fn is_permanent(error: &anyhow::Error) -> bool {
    error.is::<Unreadable>()
}

/// Whether the reader would refuse every other picture too: the pages that are left stay unread.
#[must_use]
pub fn is_closed(error: &anyhow::Error) -> bool {
    error.is::<Closed>()
}

/// What a file is when it is a picture that OCR reads: `png`, `jpeg`, `tiff` or `webp`.
#[must_use]
pub fn is_image(bytes: &[u8]) -> Option<&'static str> {
    crate::extract::picture::kind(bytes)
}

impl Ocr {
    /// By its name in the configuration: `none`, `textract`, `tesseract`, or `tesseract:/path/to/tesseract`.
    ///
    /// # Errors
    /// When there is no such reader.
    pub fn chosen(name: &str, aws: &SdkConfig) -> anyhow::Result<Self> {
        Ok(match name.trim().split_once(':').unwrap_or((name.trim(), "tesseract")) {
            ("" | "none", _) => Self::None,
            ("textract", _) => Self::Textract(aws_sdk_textract::Client::new(aws)),
            ("tesseract", path) => Self::Tesseract(Tesseract::new(PathBuf::from(path))),
            (other, _) => bail!("OCR is {other:?}; it may be none, textract or tesseract"),
        })
    }

    /// Whether anybody reads.
    #[must_use]
    pub const fn reads(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Reads a picture (PNG, JPEG; TIFF and WebP as far as the reader knows them).
    ///
    /// # Errors
    /// When it cannot be read ([`is_permanent`]), or the reader cannot be reached, is too busy or lacks a permission.
    pub async fn read(&self, image: &[u8]) -> anyhow::Result<OcrText> {
        match self {
            Self::None => Err(unreadable("no OCR is configured")),
            Self::Textract(client) => textract::read(client, image).await,
            Self::Tesseract(program) => program.read(image).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_does_not_exist_is_refused_with_those_that_do() {
        let aws = SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
        assert!(!Ocr::chosen("none", &aws).expect("none").reads());
        assert!(Ocr::chosen("tesseract:/usr/bin/tesseract", &aws).expect("tesseract").reads());
        let refused = Ocr::chosen("abbyy", &aws).expect_err("no such reader").to_string();
        assert!(refused.contains("none, textract or tesseract"), "{refused}");
    }
}
