//! Pictures as documents: one page that nobody has read yet, for OCR; and the picture that a page of a document is.

use super::{Extracted, pdf};
use domain::{Failure, FailureCode, limits};

/// What a picture is, by its first bytes: `png`, `jpeg`, `tiff` or `webp`.
pub(crate) fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("jpeg"),
        [b'I', b'I', 0x2A, 0, ..] | [b'M', b'M', 0, 0x2A, ..] => Some("tiff"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("webp"),
        _ => None,
    }
}

/// A picture as a document of one unread page.
pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("image");
    if let Some((width, height)) = size(bytes)
        && u64::from(width) * u64::from(height) > limits::PICTURE_PIXELS
    {
        return Err(Failure::new(
            FailureCode::TooLarge,
            format!(
                "The picture has {width} by {height} pixels; at most {} million are read. Save it smaller.",
                limits::PICTURE_PIXELS / 1_000_000
            ),
        ));
    }
    document.page_count = Some(1);
    document.unread = vec![1];
    Ok(document)
}

/// The picture of a document's page, from 1: a picture is its own. `None` when the page is none that can be shown.
pub(super) fn of_page(bytes: &[u8], page: u32) -> Option<Vec<u8>> {
    match kind(bytes) {
        Some(_) => (page == 1).then(|| bytes.to_vec()),
        None => pdf::page_image(bytes, page),
    }
}

/// Width and height in pixels of a PNG or JPEG, of which small files can claim to be giants.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let four = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    match kind(bytes)? {
        "png" => Some((four(16)?, four(20)?)),
        "jpeg" => jpeg_size(bytes),
        _ => None,
    }
}

/// What the first frame header of a JPEG says (ITU T.81, B.2.2); before it stand segments, each with its length.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let two = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let mut at = 2;
    loop {
        match (*bytes.get(at)?, *bytes.get(at + 1)?) {
            // A marker may be filled up.
            (0xFF, 0xFF) => at += 1,
            // Those are markers among the frames' that are none: tables.
            (0xFF, 0xC4 | 0xC8 | 0xCC) => at += 2 + usize::from(two(at + 2)?),
            (0xFF, 0xC0..=0xCF) => return Some((two(at + 7)?.into(), two(at + 5)?.into())),
            // Without a length: restarts and the like.
            (0xFF, 0x01 | 0xD0..=0xD8) => at += 2,
            (0xFF, _) => at += 2 + usize::from(two(at + 2)?),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", size.as_slice()].concat()
    }

    #[test]
    fn a_picture_is_one_unread_page_unless_it_has_too_many_pixels() {
        let document = read(&png(10_000, 10_000)).expect("within the limit");
        assert_eq!((document.page_count, document.unread), (Some(1), vec![1]));
        assert_eq!(read(&png(10_000, 10_001)).expect_err("above it").code, FailureCode::TooLarge);
        let jpeg = |width: u16, height: u16| {
            let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
            [b"\xFF\xD8\xFF\xE0\0\x04JF\xFF\xFF\xC2\0\x11\x08", size.as_slice()].concat()
        };
        assert_eq!(size(&jpeg(640, 480)), Some((640, 480)));
        assert_eq!(read(&jpeg(10_000, 10_001)).expect_err("above it").code, FailureCode::TooLarge);
        assert!(read(&jpeg(10_000, 10_001)[..15]).is_ok(), "broken off: OCR will say so");
        assert_eq!(of_page(&png(1, 1), 1), Some(png(1, 1)));
        assert_eq!(of_page(&png(1, 1), 2), None);
    }

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        let kinds =
            [&b"\xFF\xD8\xFF\xE0"[..], b"II*\0", b"MM\0*", b"RIFF\0\0\0\0WEBPVP8 ", b"RIFF\0\0\0\0WAVE"]
                .map(kind);
        assert_eq!(kinds, [Some("jpeg"), Some("tiff"), Some("tiff"), Some("webp"), None]);
    }
}
