//! Presentations of our own, good and bad.

use super::*;
use crate::extract::archive::tests::zipped;

fn corpus(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    std::fs::read(folder.join(name)).expect("a document of the corpus")
}

#[test]
fn a_slide_is_a_page_with_title_bullets_table_and_notes() {
    let document = read(&corpus("pump-training.pptx")).expect("readable");
    let seen: Vec<_> = document
        .blocks
        .iter()
        .map(|block| (block.kind, block.page.unwrap_or(0), &document.text[block.range.clone()]))
        .collect();
    assert_eq!(document.title.as_deref(), Some("P-40 service training"));
    assert_eq!(document.page_count, Some(4));
    assert_eq!(seen[2], (BlockKind::Heading(1), 2, "Before you begin"));
    assert_eq!(seen[3].0, BlockKind::List);
    assert!(seen[3].2.contains("\n  - Wait five minutes"), "{}", seen[3].2);
    assert!(seen[4].0 == BlockKind::Paragraph && seen[4].1 == 2 && seen[4].2.ends_with("form T-77."));
    assert_eq!(seen[6].0, BlockKind::Table(1));
    assert!(seen[6].2.contains("\nReplace the shaft seal | 55 | 1\n"));
    // The hidden slide's own notes, though it is the second slide that has any.
    assert_eq!((seen[7].1, seen[9].2), (4, "Whoever fails may repeat the examination after 14 days."));
}

#[test]
fn a_presentation_without_its_slides_is_damaged() {
    let main = "http://schemas.openxmlformats.org";
    let bytes = zipped(&[
        (
            "[Content_Types].xml",
            &format!(
                "<Types xmlns='{main}/package/2006/content-types'><Default Extension='xml' ContentType='application/xml'/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            &format!(
                "<Relationships><Relationship Id='a' Type='{main}/officeDocument/2006/relationships/officeDocument' Target='ppt/presentation.xml'/></Relationships>"
            ),
        ),
        (
            "ppt/presentation.xml",
            &format!(
                "<p:presentation xmlns:p='{main}/presentationml/2006/main' xmlns:r='{main}/officeDocument/2006/relationships'><p:sldIdLst><p:sldId id='256' r:id='r1'/></p:sldIdLst></p:presentation>"
            ),
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            "<Relationships><Relationship Id='r1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide' Target='slides/slide1.xml'/></Relationships>",
        ),
    ]);
    assert!(read(&bytes).is_err());
}

#[test]
fn a_presentation_that_broke_off_is_refused() {
    let whole = corpus("pump-training.pptx");
    for length in [0, 4, 100, whole.len() / 2, whole.len() - 1] {
        assert!(read(&whole[..length]).is_err(), "{length}");
    }
}
