//! Words that several commands print: numbers with their nouns, and what to type next.

use super::DEFAULT_DATA;
use std::{fmt::Display, path::Path};

/// A number with its noun: "1 passage", "2 passages".
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    format!("{count} {}", if count == N::from(1) { one } else { many })
}

/// How far a document is: "1/8 passages".
pub fn passages_done(done: i32, total: i32) -> String {
    format!("{done}/{}", counted(total, "passage", "passages"))
}

/// What to type for a command, or for a start when it is empty. It repeats the data folder, without which it would
/// speak to another stack.
pub fn command(data: &Path, rest: &str) -> String {
    let mut words = vec!["cargo run -p local".to_owned()];
    if data != Path::new(DEFAULT_DATA) {
        words.push(format!("-- --data {}", quoted(&data.to_string_lossy())));
    } else if !rest.is_empty() {
        words.push("--".to_owned());
    }
    if !rest.is_empty() {
        words.push(rest.to_owned());
    }
    words.join(" ")
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_folder_that_is_not_the_default() {
        let default = Path::new(DEFAULT_DATA);
        assert_eq!(command(default, ""), "cargo run -p local");
        assert_eq!(command(default, "status"), "cargo run -p local -- status");
        assert_eq!(command(Path::new("/tmp/x"), ""), "cargo run -p local -- --data /tmp/x");
        assert_eq!(command(Path::new("/tmp/a b"), "down"), "cargo run -p local -- --data '/tmp/a b' down");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(0, "passage", "passages"), "0 passages");
        assert_eq!(counted(1_u64, "process", "processes"), "1 process");
        assert_eq!(passages_done(0, 1), "0/1 passage");
    }
}
