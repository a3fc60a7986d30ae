//! Golden files: lists that a person has looked at, in `tests/golden`. A difference is either a mistake or a
//! change worth a reviewer's look; `BLESS=1 cargo test` writes the new list.

use crate::repository;
use std::fs;

/// Compares lines with the golden file of a name.
///
/// # Panics
/// When they differ, with both; never when `BLESS` is set.
pub fn assert_lines(name: &str, lines: &[String]) {
    let path = repository::root().join("tests/golden").join(name);
    let found: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if is_blessed() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("make the folder of golden files");
        fs::write(&path, &found).expect("write golden file");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        expected, found,
        "tests/golden/{name} differs; if that is meant, write it with BLESS=1 cargo test"
    );
}

#[expect(clippy::disallowed_methods, reason = "a switch of the tests, no configuration of the product")]
fn is_blessed() -> bool {
    std::env::var("BLESS").is_ok_and(|value| value == "1")
}
