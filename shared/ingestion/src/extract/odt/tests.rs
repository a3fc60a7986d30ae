//! OpenDocument files of our own, good and bad.

use super::*;
use crate::extract::archive::tests::zipped;
use domain::{FailureCode, limits};

fn parts(content: &str, format: &str) -> Result<Extracted, Failure> {
    read(
        &zipped(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", content)]),
        format,
    )
}

fn seen(content: &str, format: &str) -> Vec<(BlockKind, Option<u32>, String)> {
    let document = parts(content, format).expect("readable");
    document
        .blocks
        .iter()
        .map(|block| (block.kind, block.page, document.text[block.range.clone()].to_owned()))
        .collect()
}

#[test]
fn a_text_keeps_its_headings_lists_tables_and_notes() {
    let found = seen(
        "<office:document-content><office:automatic-styles>\
           <style:style style:name='P1' style:parent-style-name='Title'/>\
           <text:list-style style:name='L1'><text:list-level-style-number text:level='1'/></text:list-style>\
         </office:automatic-styles><office:body><office:text>\
           <text:tracked-changes><text:p>Deleted</text:p></text:tracked-changes>\
           <text:p text:style-name='P1'>Pumps</text:p>\
           <text:table-of-content><text:p>Seals 2</text:p></text:table-of-content>\
           <text:list><text:list-item><text:h text:outline-level='2'>Seals &amp; rings</text:h></text:list-item></text:list>\
           <text:p>Dry<text:s text:c='2'/>it<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>With a cloth.</text:p></text:note-body></text:note> first.</text:p>\
           <text:list text:style-name='L1'><text:list-item><text:p>Close</text:p><text:list><text:list-item><text:p>fully</text:p></text:list-item></text:list></text:list-item>\
             <text:list-item><text:p>Open</text:p></text:list-item></text:list>\
           <table:table><table:table-row><table:table-cell><text:p>Part</text:p></table:table-cell><table:table-cell><text:p>Price</text:p></table:table-cell></table:table-row>\
             <table:table-row><table:table-cell/><table:table-cell><text:p>64</text:p><text:p>euros</text:p></table:table-cell></table:table-row></table:table>\
         </office:text></office:body></office:document-content>",
        "odt",
    );
    let expected = [
        (BlockKind::Heading(1), "Pumps"),
        (BlockKind::Heading(2), "Seals & rings"),
        (BlockKind::Paragraph, "Dry  it first."),
        (BlockKind::Paragraph, "With a cloth."),
        (BlockKind::List, "1. Close\n  1. fully\n2. Open"),
        (BlockKind::Table(1), "Part | Price\n | 64 euros"),
    ];
    assert_eq!(found, expected.map(|(kind, text)| (kind, None, text.to_owned())));
}

#[test]
fn slides_are_pages_with_their_notes() {
    let found = seen(
        "<office:presentation><draw:page><draw:frame presentation:class='title'><draw:text-box><text:p>Training</text:p></draw:text-box></draw:frame>\
         <draw:frame><draw:text-box><text:list><text:list-item><text:p>Bring tools</text:p></text:list-item></text:list></draw:text-box></draw:frame>\
         <draw:frame presentation:class='footer'><draw:text-box><text:p>Tarnwell</text:p></draw:text-box></draw:frame></draw:page>\
         <draw:page><presentation:notes><draw:frame><draw:text-box><text:p>Say hello.</text:p></draw:text-box></draw:frame></presentation:notes></draw:page></office:presentation>",
        "odp",
    );
    let expected = [
        (BlockKind::Heading(1), Some(1), "Training"),
        (BlockKind::List, Some(1), "- Bring tools"),
        (BlockKind::Paragraph, Some(2), "Say hello."),
    ];
    assert_eq!(found, expected.map(|(kind, page, text)| (kind, page, text.to_owned())));
}

#[test]
fn a_sheet_is_a_heading_with_tables_and_repeats_what_it_says_it_repeats() {
    let cell = |text: &str| format!("<table:table-cell><text:p>{text}</text:p></table:table-cell>");
    let found = seen(
        &format!(
            "<office:spreadsheet><table:table table:name='Stock'><table:table-row>{}{}</table:table-row>\
             <table:table-row table:number-rows-repeated='2'><table:table-cell office:date-value='2026-03-02'><text:p>02.03.26</text:p></table:table-cell>{}</table:table-row>\
             <table:table-row table:number-rows-repeated='1048000'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>\
             <table:table-row>{}{}</table:table-row></table:table></office:spreadsheet>",
            cell("Day"),
            cell("Pieces"),
            cell("4"),
            cell("x"),
            cell("y")
        ),
        "ods",
    );
    let expected = [
        (BlockKind::Heading(2), "Stock"),
        (BlockKind::Table(1), "Day | Pieces\n2026-03-02 | 4\n2026-03-02 | 4"),
        (BlockKind::Table(0), "x | y"),
    ];
    assert_eq!(found, expected.map(|(kind, text)| (kind, None, text.to_owned())));
}

#[test]
fn a_locked_text_says_so() {
    let bytes = zipped(&[("META-INF/manifest.xml", "<manifest:encryption-data/>"), ("content.xml", "?")]);
    assert_eq!(read(&bytes, "odt").expect_err("locked").code, FailureCode::Locked);
}

#[test]
fn hostile_texts_end() {
    // One cell that is said to stand there a billion times, and rows of it.
    let bomb = "<office:spreadsheet><table:table table:name='x'><table:table-row table:number-rows-repeated='999999999'>\
        <table:table-cell table:number-columns-repeated='999999999'><text:p>x</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>";
    assert_eq!(parts(bomb, "ods").expect_err("refused").code, FailureCode::TooLarge);
    let rows = bomb.replace("columns-repeated='999999999'", "columns-repeated='1'");
    assert_eq!(parts(&rows, "ods").expect_err("refused").code, FailureCode::TooLarge);
    let deep = format!(
        "{}x",
        "<text:p><table:table><table:table-row><table:table-cell>".repeat(limits::MARKUP_DEPTH / 4)
    );
    assert!(parts(&deep, "odt").is_ok());
    assert!(parts("<text:p>a</text:p></text:p></table:table></table:table-cell></text:list>", "odt").is_ok());
    assert!(parts("<text:p>a<", "odt").is_err());
}
