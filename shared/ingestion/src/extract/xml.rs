//! What reading XML needs everywhere: text with its references resolved, attributes by name. Entities that a
//! document defines itself are never expanded.

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};
use std::borrow::Cow;

/// A reader that forgives what people's programs write.
pub(super) fn reader(source: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(source);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    reader
}

/// The text that an event stands for, if it stands for any.
pub(super) fn text<'a>(event: &Event<'a>) -> Option<Cow<'a, str>> {
    match event {
        Event::Text(text) => Some(text.xml10_content()),
        Event::CData(text) => Some(text.xml10_content()),
        Event::GeneralRef(reference) => match reference.resolve_char_ref() {
            Ok(Some(c)) => Some(Cow::Owned(c.to_string())),
            _ => resolve_predefined_entity(&reference.xml10_content()).map(Cow::Borrowed),
        },
        _ => None,
    }
}

/// An element's attribute of this name, whatever its prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found =
        element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(match found.normalized_value(XmlVersion::Implicit1_0) {
        Ok(value) => value.into_owned(),
        Err(_) => found.value.into_owned(),
    })
}

/// An element's attribute that counts something, at least once.
pub(super) fn count(element: &BytesStart<'_>, name: &str) -> usize {
    attribute(element, name).and_then(|value| value.parse().ok()).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_and_entities_of_the_document_are_not() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"boom\"><!ENTITY c \"&b;&b;\">]><a t=\"x &amp; y\">1 &lt; 2&#233;&c;<![CDATA[&]]></a>";
        let (mut reader, mut said) = (reader(bomb), String::new());
        loop {
            match reader.read_event().expect("XML") {
                Event::Eof => break,
                Event::Start(element) => {
                    assert_eq!(attribute(&element, "t").as_deref(), Some("x & y"));
                }
                event => said.push_str(&text(&event).unwrap_or_default()),
            }
        }
        assert_eq!(said, "1 < 2é&");
    }
}
