//! Plain text: paragraphs by blank lines.

use super::{BlockKind, Extracted, child::within_limits};
use domain::Failure;

pub(super) fn read(source: &str) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("text");
    let mut paragraph = String::new();
    for line in source.lines() {
        if line.trim().is_empty() {
            document.push(BlockKind::Paragraph, &paragraph, None);
            paragraph.clear();
            within_limits(&document)?;
        } else {
            if !paragraph.is_empty() {
                paragraph.push('\n');
            }
            paragraph.push_str(line.trim_end());
        }
    }
    document.push(BlockKind::Paragraph, &paragraph, None);
    Ok(document)
}
