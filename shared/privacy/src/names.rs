//! Names of persons. Only meaning tells them, so somebody else finds them; here it is decided which of what was found can be a
//! name, and taken out.

use crate::Kind;
use std::borrow::Cow;

/// What stands in a redacted text instead of a name.
pub const NAME_PLACEHOLDER: &str = "[name]";

/// Names of a text that are looked for.
const NAMES: usize = 20;
/// Characters of one.
const CHARACTERS: usize = 100;

/// Those of what was found that can be names, longest first: they occur in the text, word for word.
#[must_use]
pub fn names_in<'a>(text: &str, found: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let can_be = |name: &&str| {
        let length = name.chars().count();
        (2..=CHARACTERS).contains(&length)
            && name.chars().any(char::is_alphabetic)
            && !name.contains(['[', ']'])
            && text.contains(*name)
    };
    let mut names: Vec<String> =
        found.into_iter().map(str::trim).filter(can_be).take(NAMES).map(ToOwned::to_owned).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names
}

/// The text with a placeholder in the place of each of these names, longest first; inside a longer word one is none, where the
/// script has capitals. Placeholders stay as they are.
#[must_use]
pub fn take_names<'a>(text: &'a str, names: &[String]) -> Cow<'a, str> {
    if !names.iter().any(|name| text.contains(name.as_str())) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(placeholder) = placeholder_at(rest) {
            kept.push_str(placeholder);
            at += placeholder.len();
        } else if let Some(name) = names.iter().find(|name| begins_with(text, at, name)) {
            kept.push_str(NAME_PLACEHOLDER);
            at += name.len();
        } else {
            kept.push(next);
            at += next.len_utf8();
        }
    }
    Cow::Owned(kept)
}

fn placeholder_at(rest: &str) -> Option<&'static str> {
    let known = Kind::ALL.into_iter().map(Kind::placeholder).chain([NAME_PLACEHOLDER]);
    known.into_iter().find(|placeholder| rest.starts_with(placeholder))
}

fn begins_with(text: &str, at: usize, name: &str) -> bool {
    if name.is_empty() || !text[at..].starts_with(name) {
        return false;
    }
    let goes_on = |outside: Option<char>, inside: Option<char>| {
        let is_cased = |c: Option<char>| c.is_some_and(|c| c.is_lowercase() || c.is_uppercase());
        is_cased(outside) && is_cased(inside)
    };
    !goes_on(text[..at].chars().next_back(), name.chars().next())
        && !goes_on(text[at + name.len()..].chars().next(), name.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn taken(text: &str, found: &[&str]) -> String {
        take_names(text, &names_in(text, found.iter().copied())).into_owned()
    }

    #[test]
    fn names_are_taken_out_wherever_they_stand() {
        for (text, found, expected) in [
            ("I am Zoe Quill, ask Zoe.", &["Zoe", "Zoe Quill"][..], "I am [name], ask [name]."),
            ("Ann's annual Anna", &["Ann"], "[name]'s annual Anna"),
            ("ผมชื่อสมชายครับ", &["สมชาย"], "ผมชื่อ[name]ครับ"),
            ("我叫王小明。", &["王小明"], "我叫[name]。"),
            ("Jörg-Peter and Ümit", &["Jörg-Peter", "Ümit"], "[name] and [name]"),
            // What is no name, or does not stand there, takes nothing out.
            ("I am Zoe.", &["Zebedee", "", "  ", ".", "Z", "zoe"], "I am Zoe."),
            ("42 of 42", &["42"], "42 of 42"),
            ("Write to [e-mail], mail", &["mail", "[e-mail]"], "Write to [e-mail], [name]"),
            ("[name] name", &["name"], "[name] [name]"),
        ] {
            assert_eq!(taken(text, found), expected);
        }
    }

    #[test]
    fn a_list_has_its_edges() {
        let long = "ก".repeat(CHARACTERS);
        let longer = "ก".repeat(CHARACTERS + 1);
        assert_eq!(names_in(&longer, [long.as_str(), longer.as_str()]), [long]);
        let many: Vec<String> = (0..=NAMES).map(|n| format!("Name{n:02}")).collect();
        let text = many.join(" ");
        assert_eq!(names_in(&text, many.iter().map(String::as_str)).len(), NAMES);
    }

    proptest! {
        #[test]
        fn redacted_once_it_stays_as_it_is(text in "[a-cA-C ก\\[\\]nme]{0,30}", names in prop::collection::vec("[a-cA-Cกnme ]{0,4}", 0..4)) {
            let names = names_in(&text, names.iter().map(String::as_str));
            let once = take_names(&text, &names).into_owned();
            prop_assert_eq!(take_names(&once, &names).into_owned(), once.clone());
        }
    }
}
