//! The XML of sitemaps.org. No entities, no document type, no more levels and entries than the protocol has.

use super::refused;
use crate::Refused;
use domain::limits;
use encoding_rs::UTF_8;
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use quick_xml::{Reader, escape::resolve_xml_entity, events::Event};

/// One file as it is written.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// It lists sitemaps, not pages.
    pub is_index: bool,
    /// In its order.
    pub entries: Vec<Listed>,
}

/// A page or a sitemap, as it is written; empty where nothing is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub address: String,
    pub last_modified: String,
}

/// Reads one file.
///
/// # Errors
/// [`Refused::Sitemap`].
pub fn parse(bytes: &[u8]) -> Result<File, Refused> {
    let (text, _, _) = UTF_8.decode(bytes);
    let mut reader = Reader::from_str(&text);
    // Where we are: the elements' names without their prefixes.
    let mut path: Vec<String> = Vec::new();
    let mut file: Option<File> = None;
    loop {
        match reader.read_event().map_err(|_| unreadable())? {
            Event::Start(start) => {
                path.push(start.local_name().as_ref().to_owned());
                open(&mut file, &path)?;
            }
            Event::Empty(start) => {
                path.push(start.local_name().as_ref().to_owned());
                open(&mut file, &path)?;
                path.pop();
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) => write(&mut file, &path, &text),
            Event::CData(text) => write(&mut file, &path, &text),
            Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|_| unreadable())? {
                Some(character) => write(&mut file, &path, character.encode_utf8(&mut [0; 4])),
                None => write(&mut file, &path, resolve_xml_entity(&name).ok_or_else(unreadable)?),
            },
            Event::Eof if path.is_empty() => return file.ok_or_else(unreadable),
            Event::DocType(_) | Event::Eof => return Err(unreadable()),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
}

fn open(file: &mut Option<File>, path: &[String]) -> Result<(), Refused> {
    match (file, path) {
        (_, path) if path.len() > limits::SITEMAP_DEPTH => Err(unreadable()),
        (file @ None, [root]) if root == "urlset" || root == "sitemapindex" => {
            *file = Some(File { is_index: root == "sitemapindex", entries: Vec::new() });
            Ok(())
        }
        (None, _) | (Some(_), [_]) => Err(unreadable()),
        (Some(file), [_, entry]) if entry == if file.is_index { "sitemap" } else { "url" } => {
            if file.entries.len() == limits::SITEMAP_ADDRESSES {
                return Err(refused(&format!(
                    "The sitemap lists more than {} addresses: give a sitemap of a part of the site.",
                    limits::SITEMAP_ADDRESSES
                )));
            }
            file.entries.push(Listed::default());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Puts text where it belongs. Names of other vocabularies (images, languages) stand a level deeper.
fn write(file: &mut Option<File>, path: &[String], text: &str) {
    let Some(listed) = file.as_mut().and_then(|file| file.entries.last_mut()) else { return };
    match path {
        [_, _, name] if name == "loc" => listed.address.push_str(text),
        [_, _, name] if name == "lastmod" => listed.last_modified.push_str(text),
        _ => {}
    }
}

/// The latest moment that a date in W3C's format can mean.
pub fn latest(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let after = match text.len() {
        4 => format!("{text}-01-01").parse::<Date>().ok()?.checked_add(Span::new().years(1)).ok()?,
        7 => format!("{text}-01").parse::<Date>().ok()?.checked_add(Span::new().months(1)).ok()?,
        // A time without its zone counts as a day.
        _ => text.get(..10)?.parse::<Date>().ok()?.tomorrow().ok()?,
    };
    // A day ends last twelve hours west of Greenwich.
    let midnight = after.to_zoned(TimeZone::UTC).ok()?.timestamp();
    midnight.checked_add(Span::new().hours(12)).ok()
}

fn unreadable() -> Refused {
    refused("The address holds no sitemap that can be read: it must be the XML of sitemaps.org.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(address: &str, last_modified: &str) -> Listed {
        Listed { address: address.into(), last_modified: last_modified.into() }
    }

    #[test]
    fn pages_are_read_with_their_dates_and_without_other_vocabularies() {
        let file = parse(
            br#"<?xml version="1.0"?><!-- c --><s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9">
            <s:url><s:loc>https://example.com/a?b=1&amp;c=&#50;</s:loc><s:lastmod>2026-05-01</s:lastmod></s:url>
            <url><image:image><image:loc>https://example.com/x.png</image:loc></image:image><link href="y"/>
            <loc><![CDATA[https://example.com/d]]></loc></url><url/></s:urlset>"#,
        );
        let entries = vec![
            listed("https://example.com/a?b=1&c=2", "2026-05-01"),
            listed("https://example.com/d", ""),
            listed("", ""),
        ];
        assert_eq!(file, Ok(File { is_index: false, entries }));
    }

    #[test]
    fn an_index_is_told_from_a_sitemap() {
        let file =
            parse(b"<sitemapindex><sitemap><loc>https://example.com/1.xml</loc></sitemap></sitemapindex>");
        assert_eq!(file, Ok(File { is_index: true, entries: vec![listed("https://example.com/1.xml", "")] }));
    }

    #[test]
    fn what_is_no_sitemap_or_means_harm_is_refused() {
        let deep = |levels: usize| {
            format!("<urlset>{}{}</urlset>", "<a>".repeat(levels - 1), "</a>".repeat(levels - 1))
        };
        assert!(parse(deep(limits::SITEMAP_DEPTH).as_bytes()).is_ok());
        for text in [
            "",
            "https://example.com/",
            "<html><body>no</body></html>",
            "<urlset><url><loc>https://example.com/</loc></url>",
            "<urlset></sitemapindex>",
            "<urlset/><urlset/>",
            "<!DOCTYPE x [<!ENTITY e \"eeee\">]><urlset><url><loc>&e;</loc></url></urlset>",
            "<urlset><url><loc>&e;</loc></url></urlset>",
            "<urlset><url><loc>&#0;</loc></url></urlset>",
            &deep(limits::SITEMAP_DEPTH + 1),
            &deep(1_000_000),
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{}", &text[..text.len().min(80)]);
        }
    }

    #[test]
    fn a_file_has_an_edge_at_the_protocols_limit() {
        let of = |entries: usize| parse(format!("<urlset>{}</urlset>", "<url/>".repeat(entries)).as_bytes());
        assert_eq!(of(limits::SITEMAP_ADDRESSES).expect("within").entries.len(), limits::SITEMAP_ADDRESSES);
        assert!(of(limits::SITEMAP_ADDRESSES + 1).is_err());
    }

    #[test]
    fn a_date_means_its_last_moment() {
        for (text, expected) in [
            ("2026-05-01T10:30:00Z", "2026-05-01T10:30:00Z"),
            ("2026-05-01T10:30:00.25+02:00", "2026-05-01T08:30:00.25Z"),
            ("2026-05-01T10:30+02:00", "2026-05-01T08:30:00Z"),
            ("2026-05-01", "2026-05-02T12:00:00Z"),
            ("2026-05-01T10:30:00", "2026-05-02T12:00:00Z"),
            ("2026-12", "2027-01-01T12:00:00Z"),
            ("2026", "2027-01-01T12:00:00Z"),
        ] {
            assert_eq!(latest(text), Some(expected.parse().expect("a moment")), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "2026-02-30", "20", "9999", "9999-12-31", "คู่มือคู่มือ"]
        {
            assert_eq!(latest(text), None, "{text}");
        }
    }
}
