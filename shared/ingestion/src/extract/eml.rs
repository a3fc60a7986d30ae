//! E-mail: who wrote what to whom and when, then the text, then what is attached and can be read.

use super::{BlockKind, Extracted, child, html, properties, text};
use domain::{Failure, limits};
use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};
use std::panic::catch_unwind;

/// Header fields that tell an e-mail from other text, in lower case.
const TELLING: [&str; 12] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "delivered-to",
    "content-type",
    "reply-to",
];
/// Bytes that they are looked for in.
const LOOKED_AT: usize = 16 * 1024;
/// Different ones of them that a text begins with.
const TELLING_AT_LEAST: usize = 3;

/// Whether text begins with an e-mail's header: fields, each with its name, before an empty line.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]);
    let mut seen = [false; TELLING.len()];
    for line in head.lines() {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { return false };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            return false;
        }
        if let Some(place) = TELLING.iter().position(|telling| name.eq_ignore_ascii_case(telling)) {
            seen[place] = true;
        }
    }
    seen.into_iter().filter(|seen| *seen).count() >= TELLING_AT_LEAST
}

/// Reads an e-mail that is attached to `depth` others.
pub(super) fn read(bytes: &[u8], depth: usize) -> Result<Extracted, Failure> {
    let message = MessageParser::default().parse(bytes).ok_or_else(|| child::damaged("it has no header"))?;
    read_message(&message, depth)
}

fn read_message(message: &Message<'_>, depth: usize) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("eml");
    header(&mut document, message);
    for part in message.text_bodies() {
        match &part.body {
            PartType::Text(body) => adopt(&mut document, &text::read(body)?, 0),
            PartType::Html(page) => adopt(&mut document, &html::read(page)?, 0),
            _ => {}
        }
    }
    for (count, part) in message.attachments().enumerate() {
        let name = part.attachment_name().map(str::to_owned);
        let read =
            if count < limits::MAIL_ATTACHMENTS { attachment(part, name.as_deref(), depth) } else { None };
        match (read, name) {
            (Some(attached), name) => {
                let name = name.or(attached.title.clone()).unwrap_or_else(|| "Attachment".to_owned());
                properties::say(&mut document, "attachments", &name);
                document.push(BlockKind::Heading(1), &one_line(&name), None);
                adopt(&mut document, &attached, 1);
                if !attached.unread.is_empty() {
                    let pages = attached.unread.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
                    let unread = format!("{name}, pages {pages}");
                    properties::say(&mut document, "unread_attachments", &unread);
                }
            }
            (None, name) => {
                let name = name.as_deref().unwrap_or("an attachment without a name");
                properties::say(&mut document, "unread_attachments", name);
            }
        }
        child::within_limits(&document)?;
    }
    Ok(document)
}

/// An attachment's content, when it can be read. What cannot does not keep the e-mail from being found.
fn attachment(part: &MessagePart<'_>, name: Option<&str>, depth: usize) -> Option<Extracted> {
    if depth >= limits::MAIL_DEPTH {
        return None;
    }
    let read = match &part.body {
        PartType::Message(message) => read_message(message, depth + 1).and_then(Extracted::checked),
        PartType::Multipart(_) => return None,
        // A parser that stumbles over an attachment leaves the e-mail readable.
        _ => catch_unwind(|| child::extract(part.contents(), name.unwrap_or_default(), None, depth + 1))
            .ok()?,
    };
    // A picture has pages to be read, but not as a part of an e-mail.
    read.ok().filter(|read| !read.blocks.is_empty())
}

fn header(document: &mut Extracted, message: &Message<'_>) {
    let subject = message.subject().map(one_line).filter(|subject| !subject.is_empty());
    let date = message.date().map(mail_parser::DateTime::to_rfc3339);
    let fields = [
        ("From", message.from().map(people)),
        ("To", message.to().map(people)),
        ("Cc", message.cc().map(people)),
        ("Date", date.clone()),
        ("Subject", subject.clone()),
    ];
    let mut lines = String::new();
    for (name, value) in fields {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            properties::say(document, &name.to_lowercase(), &value);
            for part in [name, ": ", &value, "\n"] {
                lines.push_str(part);
            }
        }
    }
    if let Some(author) = message.from().and_then(Address::first) {
        properties::say(document, "author", author.name().or(author.address()).unwrap_or_default());
    }
    properties::say(document, "created", &date.unwrap_or_default());
    document.title = subject;
    document.push(BlockKind::Paragraph, &lines, None);
}

fn people(address: &Address<'_>) -> String {
    let person = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    one_line(&address.iter().map(person).collect::<Vec<_>>().join(", "))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Appends what another reader read, its headings this much deeper.
fn adopt(document: &mut Extracted, other: &Extracted, deeper: u8) {
    for block in &other.blocks {
        let kind = match block.kind {
            BlockKind::Heading(level) => BlockKind::Heading((level + deeper).min(6)),
            kind => kind,
        };
        document.push(kind, &other.text[block.range.clone()], None);
    }
}

#[cfg(test)]
mod tests;
