//! RTF of our own, good and bad.

use super::*;
use crate::extract::BlockKind;
use domain::FailureCode;

fn text(source: &[u8]) -> String {
    read(source).expect("readable").text
}

#[test]
fn code_pages_and_unicode_are_decoded() {
    assert_eq!(text(b"{\\rtf1\\ansi\\ansicpg1252 caf\\'e9 \\u8364? \\u-10179?\\u-8704? \\uc2\\u3652\\'a1\\'a2x{\\uc0\\u3588}}"), "café € 😀 ไxค");
    let thai = b"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset222 Angsana;}{\\f2\\fcharset128 Gothic;}}\
        \\f1\\'e4\\'ca\\'e9 {\\f2\\'83\\'7c\\'83\\'93}\\f0 caf\\'e9\\par}";
    assert_eq!(text(thai), "ไส้ ポンcafé");
    assert_eq!(text(b"{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f3}"), "Пу");
    // A font's character set is meant where the text names no font.
    assert_eq!(text(b"{\\rtf1\\deff3{\\fonttbl{\\f3\\fcharset204 A;}}\\'cf\\plain\\'f3}"), "Пу");
}

#[test]
fn what_is_no_text_is_left_out() {
    let source = b"{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\colortbl;\\red0;}{\\*\\generator X;}{\\info{\\title The \\'fcber}{\\author Me}{\\operator You}}\
        {\\header Top\\par}Shown {\\v hidden}{\\*\\bkmkstart b}{\\field{\\*\\fldinst HYPERLINK \"x\"}{\\fldrslt link}}\
        {\\pict\\wmetafile8 0102}{\\pict\\bin4 }}}}}rest{\\footnote A note.\\par} ends\\par next}";
    let document = read(source).expect("readable");
    assert_eq!(document.text, "Shown linkrest ends\n\nA note.\n\nnext");
    assert_eq!(document.title.as_deref(), Some("The über"));
    assert_eq!(document.metadata["author"], "Me");
}

#[test]
fn paragraphs_headings_lists_and_tables_are_told_apart() {
    let source = b"{\\rtf1\\pard\\outlinelevel0 Seals\\par\\pard Dry \\{it\\}\\line now.\\par\
        {\\listtext 1.\\tab}\\ls1 one\\par{\\listtext 2.\\tab}two\\par\\pard\
        \\trowd\\trhdr\\cellx1\\cellx2\\pard\\intbl 2025\\cell a\\par b\\cell\\row\\trowd\\pard\\intbl 5\\cell\\cell\\row\\pard End\\par}";
    let document = read(source).expect("readable");
    let seen: Vec<_> = document.blocks.iter().map(|b| (b.kind, &document.text[b.range.clone()])).collect();
    assert_eq!(
        seen,
        [
            (BlockKind::Heading(1), "Seals"),
            (BlockKind::Paragraph, "Dry {it}\nnow."),
            (BlockKind::List, "1. one\n2. two"),
            (BlockKind::Table(1), "2025 | a b\n5"),
            (BlockKind::Paragraph, "End"),
        ]
    );
}

#[test]
fn a_million_groups_end() {
    let nested = format!("{{\\rtf1 {}", "{".repeat(1_000_000));
    assert_eq!(read(nested.as_bytes()).expect_err("too deep").code, FailureCode::Hostile);
    let edge = |groups| format!("{{\\rtf1 {}x", "{".repeat(groups - 1));
    assert_eq!(text(edge(limits::MARKUP_DEPTH).as_bytes()), "x");
    assert!(read(edge(limits::MARKUP_DEPTH + 1).as_bytes()).is_err());
    assert_eq!(text(format!("{{\\rtf1 a{}}}", "{}}".repeat(1_000_000)).as_bytes()), "a");
    assert!(read(format!("{{\\rtf1 {}}}", "\\trowd x\\cell\\row ".repeat(300_000)).as_bytes()).is_ok());
    assert!(read(format!("{{\\rtf1 {}}}", "\\u55357?".repeat(300_000)).as_bytes()).is_ok());
}
