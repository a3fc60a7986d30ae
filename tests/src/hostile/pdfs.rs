//! PDF.

use super::{Hostile, MEGABYTE, noise, readable, rejected, wrapped};
use flate2::{Compression, write::ZlibEncoder};
use std::{collections::BTreeMap, fmt::Write as _, io::Write as _};

const TEXT: &[u8] = b"BT /F 12 Tf 72 700 Td (The valve opens at two bar.) Tj ET";

pub(super) fn files() -> Vec<Hostile> {
    vec![
        rejected("PDF: arrays in arrays", "arrays.pdf", || page(&nested("[", "]"))),
        rejected("PDF: dictionaries in dictionaries", "dictionaries.pdf", || page(&nested("<< /A ", " >>"))),
        rejected("PDF: pages that are their own parent", "loop.pdf", || {
            pdf(&[(2, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>".to_vec())], "")
        }),
        rejected("PDF: two page lists, each within the other", "circle.pdf", || {
            let other = |number| format!("<< /Type /Pages /Kids [{number} 0 R] /Count 9 >>").into_bytes();
            pdf(&[(2, other(6)), (6, other(2))], "")
        }),
        readable("PDF: a million pages claimed, one there", "claimed.pdf", || {
            pdf(&[(2, b"<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>".to_vec())], "")
        }),
        readable("PDF: one page, a million times", "again.pdf", || {
            pdf(&[(2, wrapped("<< /Type /Pages /Kids [", "3 0 R ", MEGABYTE, "] /Count 1000000 >>"))], "")
        }),
        rejected("PDF: 6,000 pages", "pages.pdf", || {
            let page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>";
            let kids: String = (10..6_010).map(|number| format!("{number} 0 R ")).collect();
            let list = (2, format!("<< /Type /Pages /Kids [{kids}] /Count 6000 >>").into_bytes());
            pdf(&(10..6_010).map(|number| (number, page.to_vec())).chain([list]).collect::<Vec<_>>(), "")
        }),
        readable("PDF: an object stream that holds itself", "self.pdf", || {
            pdf(&[(6, stream("/Type /ObjStm /N 1 /First 4 /Extends 6 0 R", b"6 0 << >>"))], "")
        }),
        readable("PDF: a stream of 9 exabytes, it says", "length.pdf", || {
            pdf(&[(4, stream_of_length("9223372036854775807", "", TEXT))], "")
        }),
        readable("PDF: a stream's length is the stream", "length-of-itself.pdf", || {
            pdf(&[(4, stream_of_length("4 0 R", "", TEXT))], "")
        }),
        readable("PDF: a table of objects before itself", "xref.pdf", || pdf(&[], "/Prev 0 /XRefStm 0")),
        rejected("PDF: four thousand million objects in its table", "table.pdf", || {
            let table = "xref\n0 4294967295\n0000000000 65535 f \n";
            format!("%PDF-1.7\n{table}trailer << /Size 4294967295 /Root 1 0 R >>\nstartxref\n9\n%%EOF")
                .into_bytes()
        }),
        rejected("PDF: a page of 600 MB of blanks", "blanks.pdf", || page(&deflated(&bomb(), 1))),
        rejected("PDF: the same, packed twice", "blanks-twice.pdf", || page(&deflated(&bomb(), 2))),
        readable("PDF: rows as wide as memory", "predictor.pdf", || {
            let parameters = "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 2147483647 >>";
            pdf(&[(4, stream(parameters, &zlib(TEXT)))], "")
        }),
        readable("PDF: a form that draws itself", "form.pdf", || forms("BT /F 9 Tf (x) Tj ET ", 1)),
        rejected("PDF: forms that draw ten forms each, without end", "forms.pdf", endless),
        rejected("PDF: the same, and nothing in them", "empty-forms.pdf", || forms("", 10)),
        rejected("PDF: a font whose letters are four thousand million", "cmap.pdf", || {
            let map = b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00000000> <FFFFFFFF> endcodespacerange \
                1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange endcmap";
            let font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>".to_vec();
            pdf(&[(5, font), (6, stream("", map))], "")
        }),
        rejected("PDF: a form's fields within themselves", "fields.pdf", || {
            let catalog =
                b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> /Outlines 7 0 R >>".to_vec();
            let field = b"<< /T (a) /V (b) /FT /Tx /Kids [6 0 R 6 0 R] /Parent 6 0 R >>".to_vec();
            let outline = b"<< /First 7 0 R /Next 7 0 R /Title (a) /Count 9 >>".to_vec();
            pdf(&[(1, catalog), (6, field), (7, outline)], "")
        }),
        rejected("PDF: half a million words, each at its own place", "words.pdf", || {
            let mut text = String::from("BT /F 1 Tf\n");
            for number in 0..500_000_u32 {
                let place = number.wrapping_mul(2_654_435_761);
                let _ = writeln!(text, "1 0 0 1 {} {} Tm (w{number}) Tj", place % 595, (place >> 10) % 842);
            }
            page(&text.into_bytes())
        }),
        readable("PDF: a million saved states", "states.pdf", || {
            page(&[wrapped("", "q ", MEGABYTE, "\n"), TEXT.to_vec()].concat())
        }),
        rejected("PDF: a page as large as a country", "size.pdf", || {
            let page = "<< /Type /Page /Parent 2 0 R /MediaBox [-1e38 -1e38 1e38 1e38] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>";
            pdf(&[(3, page.as_bytes().to_vec())], "")
        }),
        readable("PDF: a picture of ten thousand million pixels", "picture.pdf", || {
            let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /I 6 0 R >> >> >>";
            let picture = "/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode";
            pdf(
                &[
                    (3, page.as_bytes().to_vec()),
                    (4, stream("", b"595 0 0 842 0 0 cm /I Do")),
                    (6, stream(picture, &zlib(&bomb()))),
                ],
                "",
            )
        }),
        rejected("PDF: its second half is missing", "half.pdf", || {
            let whole = include_bytes!("../../corpus/pump-manual.pdf");
            whole[..whole.len() / 2].to_vec()
        }),
        rejected("PDF: noise after the header", "noise.pdf", || {
            [b"%PDF-1.7\n".to_vec(), noise(MEGABYTE)].concat()
        }),
        rejected("PDF: nothing after the header", "header.pdf", || b"%PDF-1.7\n".to_vec()),
        rejected("PDF: behind a password", "locked.pdf", || include_bytes!("../../bad/locked.pdf").to_vec()),
    ]
}

fn bomb() -> Vec<u8> {
    vec![b' '; 600 * MEGABYTE]
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("compress");
    encoder.finish().expect("compress")
}

/// A stream packed so often.
fn deflated(bytes: &[u8], times: usize) -> Packed {
    let packed =
        (0..times).fold(None, |packed: Option<Vec<u8>>, _| Some(zlib(packed.as_deref().unwrap_or(bytes))));
    Packed(packed.unwrap_or_default(), "/FlateDecode ".repeat(times))
}

/// Bytes of a stream and its filters.
struct Packed(Vec<u8>, String);

fn nested(open: &str, close: &str) -> Vec<u8> {
    [wrapped("BT /F 12 Tf ", open, 200_000, "(x)"), close.repeat(200_000).into_bytes(), b" TJ ET".to_vec()]
        .concat()
}

/// A PDF that draws without end.
pub(super) fn endless() -> Vec<u8> {
    forms("BT /F 9 Tf (x) Tj ET ", 10)
}

/// Forms of which each draws the next one so often, and the last one the first.
fn forms(text: &str, times: usize) -> Vec<u8> {
    let form = |number: usize| {
        let next = 10 + (number - 9) % 10;
        let dictionary = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F 5 0 R >> /XObject << /X {next} 0 R >> >>"
        );
        (number, stream(&dictionary, &wrapped(text, "/X Do ", times, "")))
    };
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
        /Resources << /Font << /F 5 0 R >> /XObject << /X 10 0 R >> >> >>";
    let mut objects: Vec<_> = (10..20).map(form).collect();
    objects.push((3, page.as_bytes().to_vec()));
    objects.push((4, stream("", &[TEXT, b" /X Do"].concat())));
    pdf(&objects, "")
}

/// A document of one page with this content.
fn page(content: &(impl Content + ?Sized)) -> Vec<u8> {
    pdf(&[(4, content.stream())], "")
}

trait Content {
    fn stream(&self) -> Vec<u8>;
}

impl Content for Vec<u8> {
    fn stream(&self) -> Vec<u8> {
        stream("", self)
    }
}

impl Content for Packed {
    fn stream(&self) -> Vec<u8> {
        stream(&format!("/Filter [{}]", self.1), &self.0)
    }
}

fn stream(dictionary: &str, bytes: &[u8]) -> Vec<u8> {
    stream_of_length(&bytes.len().to_string(), dictionary, bytes)
}

fn stream_of_length(length: &str, dictionary: &str, bytes: &[u8]) -> Vec<u8> {
    [format!("<< /Length {length} {dictionary} >>\nstream\n").as_bytes(), bytes, b"\nendstream"].concat()
}

/// A document of one page of text, with some objects replaced or added; `trailer` is said after its other words.
fn pdf(objects: &[(usize, Vec<u8>)], trailer: &str) -> Vec<u8> {
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>";
    let usual = [
        (1, b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()),
        (2, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec()),
        (3, page.as_bytes().to_vec()),
        (4, stream("", TEXT)),
        (5, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec()),
    ];
    let all: BTreeMap<usize, Vec<u8>> = usual.into_iter().chain(objects.iter().cloned()).collect();
    let (mut file, mut table) = (b"%PDF-1.7\n".to_vec(), String::from("0 1\n0000000000 65535 f \n"));
    for (number, object) in &all {
        let _ = write!(table, "{number} 1\n{:010} 00000 n \n", file.len());
        file.extend(format!("{number} 0 obj\n").bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let (start, size) = (file.len(), all.keys().max().map_or(1, |last| last + 1));
    let trailer = trailer
        .replace("/Prev 0", &format!("/Prev {start}"))
        .replace("/XRefStm 0", &format!("/XRefStm {start}"));
    file.extend(
        format!("xref\n{table}trailer << /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n")
            .bytes(),
    );
    file
}
