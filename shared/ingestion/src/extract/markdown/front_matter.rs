//! Front matter: what a Markdown file says of itself, in YAML between `---` or TOML between `+++`, at its beginning.

mod yaml;

use domain::limits;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// Values by name in lower case; a list's are joined with ", ".
type Fields = BTreeMap<String, String>;

/// Takes front matter off a file. What is malformed, or longer than any, is text like the rest.
pub(super) fn take(source: &str) -> (Fields, &str) {
    let read = match source.lines().next().map(str::trim_end) {
        Some("---") => yaml::read,
        Some("+++") => from_toml,
        _ => return (Fields::new(), source),
    };
    between_fences(source)
        .and_then(|(between, rest)| Some((read(between)?, rest)))
        .unwrap_or_else(|| (Fields::new(), source))
}

/// What stands between the first line and the next one like it, and what comes after.
fn between_fences(source: &str) -> Option<(&str, &str)> {
    let mut lines = source.split_inclusive('\n');
    let first = lines.next()?;
    let mut at = first.len();
    for line in lines {
        if line.trim_end() == first.trim_end() {
            return Some((&source[first.len()..at], &source[at + line.len()..]));
        }
        at += line.len();
        if at - first.len() > limits::FRONT_MATTER_BYTES {
            return None;
        }
    }
    None
}

fn from_toml(source: &str) -> Option<Fields> {
    let scalar = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    };
    let table = DeTable::parse(source).ok()?.into_inner();
    let fields = table.iter().filter_map(|(name, value)| {
        let value = match value.get_ref() {
            DeValue::Array(values) => {
                let values: Option<Vec<String>> =
                    values.iter().map(|value| scalar(value.get_ref())).collect();
                values?.join(", ")
            }
            value => scalar(value)?,
        };
        Some((name.get_ref().to_lowercase(), value))
    });
    Some(fields.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn taken(source: &str) -> (Vec<(String, String)>, &str) {
        let (fields, rest) = take(source);
        (fields.into_iter().collect(), rest)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn yaml_is_taken_as_it_is_written() {
        let source = "---\r\nTitle: \"Pump: oil\"\r\nversion: 1.10\nmodule: 007\ndraft: true\ntags: [a, 2, ก]\nnone:\n\
            deep: {a: 1}\nlists: [[1], 2]\nlong: |\n  one\n  two\n--- \n# Oil\n";
        let expected = [
            ("draft", "true"),
            ("long", "one\ntwo\n"),
            ("module", "007"),
            ("tags", "a, 2, ก"),
            ("title", "Pump: oil"),
            ("version", "1.10"),
        ];
        assert_eq!(taken(source), (pairs(&expected), "# Oil\n"));
    }

    #[test]
    fn toml_is_taken_as_it_is_written() {
        let source = "+++\ntitle = 'Öl'\nversion = 1.10\nsince = 2024-05-01\ntags = ['a', 2]\n[deep]\nx = 1\n+++\nText";
        let expected = [("since", "2024-05-01"), ("tags", "a, 2"), ("title", "Öl"), ("version", "1.10")];
        assert_eq!(taken(source), (pairs(&expected), "Text"));
    }

    #[test]
    fn what_is_malformed_is_text() {
        for source in [
            "---\nA sentence between rules.\n---\nText",
            "---\na: [1\n---\nText",
            "---\na: 1\na: 2\n---\nText",
            "---\na: 1\n",
            "+++\na = \n+++\nText",
            "+++\na = 1\n---\nText",
            "\n---\na: 1\n---\nText",
            "----\na: 1\n----\nText",
        ] {
            assert_eq!(taken(source), (Vec::new(), source));
        }
        assert_eq!(taken("---\n---\nText"), (Vec::new(), "Text"));
    }

    #[test]
    fn front_matter_has_an_edge() {
        let of = |bytes: usize| format!("---\na: {}\n---\nText", "x".repeat(bytes - 4));
        assert_eq!(take(&of(limits::FRONT_MATTER_BYTES - 8)).1, "Text");
        assert_ne!(take(&of(limits::FRONT_MATTER_BYTES + 1)).1, "Text");
    }

    #[test]
    fn bombs_do_not_go_off() {
        let mut laughs = "---\na: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n".to_owned();
        for (name, of) in ('b'..='z').zip('a'..) {
            laughs.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 9].join(",")));
        }
        let quadratic = format!("---\na: &a {}\nb: [{}]\n", "x".repeat(4_000), vec!["*a"; 1_000].join(","));
        let scalar_lists =
            format!("---\na: &a [{}]\nb: [{}]\n", "x,".repeat(2_000), vec!["*a"; 1_000].join(","));
        let deep = format!("---\na: {}\n", "[".repeat(8_000));
        let deep_closed = format!("---\na: {}{}\n", "[".repeat(4_000), "]".repeat(4_000));
        let maps = format!("---\na: {}\n", "{a: ".repeat(2_000));
        let items = format!("---\na:\n {}\n", "- ".repeat(4_000));
        let tables = format!("+++\n{} = 1\n", vec!["a"; 4_000].join("."));
        let arrays = format!("+++\na = {}{}\n", "[".repeat(4_000), "]".repeat(4_000));
        for bomb in [laughs, quadratic, scalar_lists, deep, deep_closed, maps, items, tables, arrays] {
            let bomb = format!("{bomb}{}\nText", &bomb[..3]);
            let begun = Instant::now();
            let (fields, _) = take(&bomb);
            let bytes: usize = fields.values().map(String::len).sum();
            assert!(bytes <= limits::FRONT_MATTER_BYTES, "{bytes} bytes from {}", &bomb[..40]);
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?} for {}", begun.elapsed(), &bomb[..40]);
        }
    }
}
