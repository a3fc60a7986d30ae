//! E-mail, RTF and plain text.

use super::{Hostile, MEGABYTE, archives::zipped, readable, rejected, wrapped};
use std::fmt::Write as _;

const HEADER: &str = "From: a@example.com\r\nTo: b@example.com\r\nSubject: The valve\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n";

pub(super) fn files() -> Vec<Hostile> {
    vec![
        readable("e-mail: parts in parts", "parts.eml", || {
            let mut mail = HEADER.to_owned();
            for level in 0..20_000 {
                let _ = write!(
                    mail,
                    "Content-Type: multipart/mixed; boundary=\"b{level}\"\r\n\r\n--b{level}\r\n"
                );
            }
            (mail + "\r\nThe valve.\r\n").into_bytes()
        }),
        readable("e-mail: letters in letters", "letters.eml", || {
            let letter = format!("{HEADER}Content-Type: message/rfc822\r\n\r\n");
            wrapped("", &letter, 5_000, &format!("{HEADER}\r\nThe valve.\r\n"))
        }),
        readable("e-mail: a hundred thousand header fields", "fields.eml", || {
            wrapped(
                HEADER,
                "Received: by example.com; Mon, 2 Mar 2026 10:00:00 +0000\r\n",
                100_000,
                "\r\nThe valve.\r\n",
            )
        }),
        readable("e-mail: a subject of 10 MB", "subject.eml", || {
            let header = HEADER.replace("The valve", "=?utf-8?B?dmFsdmU=?=");
            wrapped(
                &header.replace("?=\r\n", "?="),
                " =?utf-8?B?dmFsdmU=?=",
                MEGABYTE / 2,
                "\r\n\r\nThe valve.\r\n",
            )
        }),
        readable("e-mail: ten thousand attachments", "attachments.eml", || {
            let part = "--b\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nvalve\r\n";
            wrapped(
                &format!("{HEADER}Content-Type: multipart/mixed; boundary=b\r\n\r\n"),
                part,
                10_000,
                "--b--\r\n",
            )
        }),
        readable("e-mail: a bomb attached", "bomb.eml", || {
            attached(&zipped(&[("word/document.xml", vec![b' '; 300 * MEGABYTE])]), 1)
        }),
        readable("e-mail: twenty bombs attached", "bombs.eml", || {
            let bomb = zipped(&[("word/document.xml", vec![b' '; 190 * MEGABYTE])]);
            attached(&bomb, 20)
        }),
        rejected("e-mail: a PDF that fills the memory attached", "memory.eml", || {
            attached(&super::pdfs::endless(), 1)
        }),
        readable("e-mail: a page that nests attached", "page.eml", || {
            attached(&wrapped("<!doctype html>", "<div>", MEGABYTE, "x"), 1)
        }),
        readable("e-mail: a boundary that never comes", "boundary.eml", || {
            wrapped(
                &format!("{HEADER}Content-Type: multipart/mixed; boundary=b\r\n\r\n"),
                "--a\r\nThe valve.\r\n",
                10_000,
                "",
            )
        }),
        rejected("RTF: groups in groups", "groups.rtf", || wrapped("{\\rtf1 ", "{", MEGABYTE, "x")),
        rejected("RTF: two gigabytes of binary, it says", "binary.rtf", || {
            b"{\\rtf1 {\\pict\\bin2147483647 }The valve opens.}".to_vec()
        }),
        readable("RTF: two thousand million stand-ins", "stand-ins.rtf", || {
            wrapped("{\\rtf1 The valve opens.\\par\\uc2147483647 ", "\\u8364 ??", 100_000, "}")
        }),
        readable("RTF: half of a character, often", "surrogates.rtf", || {
            wrapped("{\\rtf1 The valve ", "\\u-10240 ?", 100_000, "}")
        }),
        readable("RTF: half a million fonts", "fonts.rtf", || {
            let fonts: String = (0..500_000).fold(String::new(), |mut all, number| {
                let _ = write!(all, "{{\\f{number}\\fcharset222 a;}}");
                all
            });
            format!("{{\\rtf1{{\\fonttbl{fonts}}}The valve opens.}}").into_bytes()
        }),
        rejected("RTF: a row of two million cells", "cells.rtf", || {
            wrapped("{\\rtf1\\trowd\\intbl ", "x\\cell ", 2 * MEGABYTE, "\\row}")
        }),
        readable("RTF: cut off in a word", "half.rtf", || b"{\\rtf1 The valve opens.\\par\\'".to_vec()),
        rejected("text: 30 MB of it", "long.txt", || {
            wrapped("", "The valve opens at two bar.\n", 1_100_000, "")
        }),
        rejected("text: 600,000 paragraphs", "paragraphs.txt", || wrapped("", "valve\n\n", 600_000, "")),
        readable("text: a word of 300,000 letters", "word.txt", || wrapped("The valve ", "x", 300_000, "")),
        readable("text: a letter with 100,000 accents", "accents.txt", || {
            wrapped("The valve e", "\u{301}\u{20DD}", 50_000, " opens")
        }),
        readable("text: written from right to left and back", "direction.txt", || {
            wrapped("The valve ", "\u{202E}a\u{202C}\u{2066}", 50_000, " opens")
        }),
    ]
}

/// An e-mail with a file attached so often.
fn attached(file: &[u8], times: usize) -> Vec<u8> {
    let text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nThe valve.\r\n";
    let part = "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.docx\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n";
    let part = [part, &base64(file), "\r\n"].concat();
    wrapped(&[HEADER, text].concat(), &part, times, "--b--\r\n")
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = if place <= three.len() { LETTERS[number >> (18 - 6 * place) & 63] } else { b'=' };
            text.push(char::from(letter));
        }
    }
    text
}
