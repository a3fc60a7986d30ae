//! Presentations, books and OpenDocument.

use super::{
    Hostile,
    archives::{laughs, zipped},
    readable, rejected, wrapped,
};

const SAID: &str = "<p:sp><p:txBody><a:p><a:r><a:t>The valve opens.</a:t></a:r></a:p></p:txBody></p:sp>";

pub(super) fn files() -> Vec<Hostile> {
    vec![
        rejected("PPTX: a slide that is not there", "slide.pptx", || {
            pptx("ppt/slides/none.xml", 1, "<a:p/>")
        }),
        rejected("PPTX: one slide, 200,000 times", "slides.pptx", || {
            pptx("ppt/slides/slide1.xml", 200_000, SAID)
        }),
        rejected("PPTX: groups in groups", "groups.pptx", || {
            let text = format!("{}{SAID}{}", "<p:grpSp>".repeat(100_000), "</p:grpSp>".repeat(100_000));
            pptx("ppt/slides/slide1.xml", 1, &text)
        }),
        readable("EPUB: one chapter, 200,000 times", "chapters.epub", || {
            epub(200_000, b"<html><body><p>The valve.</p></body></html>")
        }),
        rejected("EPUB: 200,000 chapters that are one file", "ids.epub", || {
            let items: String = (0..200_000)
                .map(|number| {
                    format!("<item id='a{number}' href='a.xhtml?{number}'/><itemref idref='a{number}'/>")
                })
                .collect();
            book(&format!("<package>{items}</package>"), b"<html><body><p>The valve.</p></body></html>")
        }),
        rejected("EPUB: a chapter that nests", "deep.epub", || {
            epub(1, &wrapped("<html><body>", "<div>", 100_000, "x"))
        }),
        rejected("EPUB: no package", "container.epub", || {
            zipped(&[
                ("mimetype", b"application/epub+zip".to_vec()),
                ("META-INF/container.xml", b"<container/>".to_vec()),
            ])
        }),
        rejected("EPUB: chapters outside of it", "outside.epub", || {
            book("<package><item id='a' href='../../../../etc/passwd'/><itemref idref='a'/></package>", b"")
        }),
        readable("ODT: a billion laughs", "laughs.odt", || {
            open("text", &laughs("<office:text>", "<text:p>The valve &l9; opens.</text:p>", "</office:text>"))
        }),
        readable("ODT: four thousand million blanks", "blanks.odt", || {
            open("text", b"<office:text><text:p>a<text:s text:c=\"4294967295\"/>b</text:p></office:text>")
        }),
        rejected("ODT: lists in lists", "lists.odt", || {
            open("text", &wrapped("<office:text>", "<text:list><text:list-item>", 50_000, ""))
        }),
        readable("ODT: 10,000 items, 480 lists deep", "levels.odt", || {
            let within = "<text:list><text:list-item>".repeat(480);
            open(
                "text",
                &wrapped(
                    &["<office:text>", &within].concat(),
                    "<text:list-item><text:p>a</text:p></text:list-item>",
                    10_000,
                    "",
                ),
            )
        }),
    ]
}

/// A presentation that shows one part as so many slides.
fn pptx(part: &str, times: usize, shapes: &str) -> Vec<u8> {
    let names = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" \
        xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = |list: String| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{list}</Relationships>"
        )
    };
    let shown: String =
        (0..times).map(|number| format!("<p:sldId id=\"{}\" r:id=\"r{number}\"/>", number + 256)).collect();
    let slides = (0..times)
        .map(|number| format!("<Relationship Id=\"r{number}\" Type=\"{office}/slide\" Target=\"/{part}\"/>"));
    zipped(&[
        (
            "_rels/.rels",
            relations(format!(
                "<Relationship Id=\"a\" Type=\"{office}/officeDocument\" Target=\"ppt/presentation.xml\"/>"
            ))
            .into_bytes(),
        ),
        (
            "ppt/presentation.xml",
            format!("<p:presentation {names}><p:sldIdLst>{shown}</p:sldIdLst></p:presentation>").into_bytes(),
        ),
        ("ppt/_rels/presentation.xml.rels", relations(slides.collect()).into_bytes()),
        (
            "ppt/slides/slide1.xml",
            format!("<p:sld {names}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>").into_bytes(),
        ),
    ])
}

/// A book that shows one chapter so often.
fn epub(times: usize, chapter: &[u8]) -> Vec<u8> {
    let shown = "<itemref idref='a'/>".repeat(times);
    book(
        &format!(
            "<package><manifest><item id='a' href='a.xhtml'/></manifest><spine>{shown}</spine></package>"
        ),
        chapter,
    )
}

fn book(package: &str, chapter: &[u8]) -> Vec<u8> {
    zipped(&[
        ("mimetype", b"application/epub+zip".to_vec()),
        ("META-INF/container.xml", b"<container><rootfile full-path='a.opf'/></container>".to_vec()),
        ("a.opf", package.into()),
        ("a.xhtml", chapter.to_vec()),
    ])
}

/// An OpenDocument of a kind, with this in its body.
pub(super) fn open(kind: &str, body: &[u8]) -> Vec<u8> {
    let (from, to) = ("<office:document-content><office:body>", "</office:body></office:document-content>");
    zipped(&[
        ("mimetype", format!("application/vnd.oasis.opendocument.{kind}").into_bytes()),
        ("content.xml", [from.as_bytes(), body, to.as_bytes()].concat()),
    ])
}
