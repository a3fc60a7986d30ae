//! E-mails of our own, good and bad.

use super::*;
use domain::FailureCode;
use std::fmt::Write as _;

const HEAD: &str = "From: =?utf-8?B?Wm/Dqw==?= <z@x.example>\r\nTo: service@x.example, \"B, C\" <b@x.example>\r\n\
    Subject: =?iso-8859-1?Q?Ger=E4usch?=\r\n =?iso-8859-1?Q?_nachts?=\r\nDate: Thu, 19 Feb 2026 09:41:00 +0100\r\nMIME-Version: 1.0\r\n";

fn mail(rest: &str) -> Extracted {
    let source = format!("{HEAD}{rest}");
    assert!(looks_like(source.as_bytes()), "{source}");
    read(source.as_bytes(), 0).expect("readable")
}

#[test]
fn header_and_body_are_decoded() {
    let document = mail(
        "Content-Type: text/plain; charset=windows-874\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4=CA=E9 a=\r\nb\r\n\r\nEnd\r\n",
    );
    assert_eq!(document.title.as_deref(), Some("Geräusch nachts"));
    assert_eq!(document.metadata["author"], "Zoë");
    assert_eq!(
        document.text,
        "From: Zoë <z@x.example>\nTo: service@x.example, B, C <b@x.example>\nDate: 2026-02-19T09:41:00+01:00\nSubject: Geräusch nachts\n\nไส้ ab\n\nEnd"
    );
}

#[test]
fn plain_text_is_preferred_and_html_is_read_without_it() {
    let part =
        |kind: &str, body: &str| format!("--b\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{body}\r\n");
    let both = format!(
        "Content-Type: multipart/alternative; boundary=b\r\n\r\n{}{}--b--\r\n",
        part("plain", "Plain."),
        part("html", "<p>Rich.</p>")
    );
    let text = mail(&both).text;
    assert!(text.ends_with("\n\nPlain."), "{text}");
    let rich = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGgyPkE8L2gyPjxwPlJpY2guPC9wPg==\r\n";
    assert!(mail(rich).text.ends_with("\n\nA\n\nRich."));
}

#[test]
fn attachments_are_read_to_their_depth_and_count() {
    let attached = |inner: &str, kind: &str, name: &str| {
        format!(
            "Content-Type: multipart/mixed; boundary=\"{name}\"\r\n\r\n--{name}\r\nContent-Type: text/plain\r\n\r\nBody of {name}.\r\n\
             --{name}\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{inner}\r\n--{name}--\r\n"
        )
    };
    let table = attached(
        "Part,Price,Pieces\r\nSeal,64.5,3\r\nRing,2,9\r\n",
        "application/octet-stream",
        "prices.csv",
    );
    let inner = format!("{HEAD}{table}");
    let document = mail(&attached(&inner, "message/rfc822", "first.eml"));
    let headings: Vec<_> = document
        .blocks
        .iter()
        .filter(|b| matches!(b.kind, BlockKind::Heading(_)))
        .map(|b| (b.kind, &document.text[b.range.clone()]))
        .collect();
    assert_eq!(headings, [(BlockKind::Heading(1), "first.eml"), (BlockKind::Heading(2), "prices.csv")]);
    assert!(document.text.ends_with("Part | Price | Pieces\nSeal | 64.5 | 3\nRing | 2 | 9"));

    // One e-mail deeper, the table is out of reach.
    let deeper = mail(&attached(
        &format!("{HEAD}{}", attached(&inner, "message/rfc822", "second.eml")),
        "message/rfc822",
        "first.eml",
    ));
    assert!(deeper.text.contains("Body of prices.csv.") && !deeper.text.contains("64.5"));

    let mut many = "Content-Type: multipart/mixed; boundary=m\r\n\r\n".to_owned();
    for number in 0..=limits::MAIL_ATTACHMENTS {
        write!(
            many,
            "--m\r\nContent-Disposition: attachment; filename=\"{number}.txt\"\r\n\r\nNote {number}\r\n"
        )
        .expect("string");
    }
    let document = mail(&many);
    assert!(document.text.contains("Note 49") && !document.text.contains("Note 50"));
    assert_eq!(document.metadata["unread_attachments"], "50.txt");
}

#[test]
fn what_is_attached_and_not_read_is_named() {
    let document = mail(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the picture.\r\n--b\r\nContent-Type: image/png\r\n\
         Content-Disposition: attachment; filename=\"=?utf-8?Q?ger=C3=A4t.png?=\"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAANSUhEUg==\r\n--b--\r\n",
    );
    assert_eq!(document.metadata["unread_attachments"], "gerät.png");
}

#[test]
fn other_text_is_no_mail() {
    for text in [
        "Note: this\nis: a\nlist: of\n",
        "From here to there.\n",
        "subject: a\n\nbody",
        "From: a\nTo: b\nthe end\nDate: c",
    ] {
        assert!(!looks_like(text.as_bytes()), "{text}");
    }
}

#[test]
fn hostile_mails_end() {
    let mut nested = String::new();
    for number in 0..10_000 {
        write!(nested, "Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n")
            .expect("string");
    }
    mail(&nested);
    let mut mails = String::new();
    for number in 0..2_000 {
        write!(mails, "Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\nContent-Type: message/rfc822\r\n\r\n{HEAD}").expect("string");
    }
    mail(&mails);
    mail(&format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--b\r\n\r\n".repeat(100_000)));
    mail(&format!("X: {}\r\n\r\nx", "(".repeat(1_000_000)));
    mail(&format!("Cc: {}\r\n\r\nx", "a:<".repeat(300_000)));
    let huge = mail(&format!("\r\n{}", "word ".repeat(5_000_000)));
    assert_eq!(huge.checked().expect_err("too long").code, FailureCode::TooLarge);
}
