//! Files that are not what they seem: pictures, programs, nothing at all, and names with tricks.

use super::{Hostile, MEGABYTE, noise, readable, rejected, wrapped};
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;

pub(super) fn files() -> Vec<Hostile> {
    vec![
        rejected("PNG: a million million pixels", "giant.png", || {
            let size = [MEGABYTE as u32; 2].map(u32::to_be_bytes).concat();
            [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", size.as_slice(), b"\x08\x06\0\0\0"].concat()
        }),
        rejected("JPEG: four thousand million pixels", "giant.jpg", || {
            [
                &b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"[..],
                b"\xFF\xC0\0\x11\x08\xFF\xFF\xFF\xFF\x03\x01\x11\0\x02\x11\x01\x03\x11\x01",
            ]
            .concat()
        }),
        rejected("gzip: a gigabyte in a megabyte", "bomb.gz", || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            (0..1_000).for_each(|_| encoder.write_all(&vec![0; MEGABYTE]).expect("compress"));
            encoder.finish().expect("compress")
        }),
        rejected("a program called a text", "program.txt", || {
            [b"\x7FELF\x02\x01\x01\0".to_vec(), noise(MEGABYTE)].concat()
        }),
        rejected("noise called a text", "noise.txt", || noise(MEGABYTE)),
        rejected("noise called a PDF", "noise.pdf", || noise(MEGABYTE)),
        rejected("noise called a page", "noise.html", || noise(MEGABYTE)),
        rejected("nothing but NULs", "nul.txt", || vec![0; 10 * MEGABYTE]),
        rejected("control characters", "control.txt", || wrapped("", "\u{1}\u{7}\u{1B}[31m", 100_000, "")),
        readable("JSON: 100,000 arrays in each other", "deep.json", || {
            wrapped("{\"valve\": ", "[", 100_000, "1")
        }),
        rejected("JSON: numbers without end", "numbers.json", || wrapped("[", "0.1, ", 5 * MEGABYTE, "1]")),
        rejected("no bytes", "empty.txt", Vec::new),
        rejected("no bytes, called a PDF", "empty.pdf", Vec::new),
        rejected("nothing but blanks", "blank.md", || vec![b' '; 10 * MEGABYTE]),
        rejected("a byte order mark and nothing more", "mark.txt", || b"\xEF\xBB\xBF".to_vec()),
        rejected("half of a UTF-16 text's mark", "half.txt", || b"\xFF\xFE".to_vec()),
        rejected("a page of tags without a word", "tags.html", || {
            wrapped("<!doctype html>", "<p></p>", 10_000, "")
        }),
        readable("a name that leads up", "../../../x.txt", good),
        readable("a name of a thousand characters", format!("{}.txt", "x".repeat(900)), good),
        readable("a name that reads backwards", "invoice\u{202E}fdp.exe", good),
        readable("a name of blanks and quotes", " '\"; DROP TABLE documents; --.txt", good),
        readable("a name with line ends and escapes", "a\r\n\u{1B}[31mb\t.txt", good),
        readable("a name that is an option", "--help", good),
    ]
}

fn good() -> Vec<u8> {
    b"The valve opens at two bar, and closes again when the pressure falls.\n".to_vec()
}
