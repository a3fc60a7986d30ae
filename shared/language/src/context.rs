//! What stands before a passage where it is embedded and searched: the title and the headings that say most.

use crate::Size;

/// Of a title and headings together at most.
pub const CONTEXT: Size = Size { tokens: 128, bytes: 512 };
/// Of the title at most.
pub const TITLE: Size = Size { tokens: 64, bytes: 256 };
/// Of a heading at most: what is longer is text that was made to look like one.
pub const HEADING: Size = Size { tokens: 60, bytes: 240 };
/// Between a title and headings.
const BETWEEN: &str = " > ";

/// A passage with its title, headings and what else is carried as context before it: what is embedded and searched, whoever
/// wrote the text.
#[must_use]
pub fn in_context(title: &str, headings: &[String], carried: Option<&str>, content: &str) -> String {
    let mut text = path(title, headings);
    for part in carried.into_iter().chain([content]) {
        text.push('\n');
        text.push_str(part);
    }
    text
}

/// Title and headings on one line. Where there is no room for all of them, the outer headings are left out.
fn path(title: &str, headings: &[String]) -> String {
    let title = TITLE.beginning_of(title.trim());
    let kept = innermost(headings, CONTEXT.less(Size::of(title)));
    let headings = kept.iter().map(String::as_str).filter(|heading| *heading != title);
    let path: Vec<&str> = Some(title).filter(|title| !title.is_empty()).into_iter().chain(headings).collect();
    path.join(BETWEEN)
}

/// What headings add to a context at most.
#[must_use]
pub fn size_of(headings: &[String]) -> Size {
    innermost(headings, CONTEXT).iter().fold(Size::default(), |sum, heading| sum.plus(with_joint(heading)))
}

/// The longest end of a path that has room.
fn innermost(headings: &[String], room: Size) -> &[String] {
    let mut from = headings.len();
    let mut sum = Size::default();
    while from > 0 {
        sum = sum.plus(with_joint(&headings[from - 1]));
        if !sum.fits(room) {
            break;
        }
        from -= 1;
    }
    &headings[from..]
}

fn with_joint(heading: &str) -> Size {
    Size::of(heading).plus(Size { tokens: 1, bytes: BETWEEN.len() })
}

/// A heading on one line, as it is shown and kept: white space and control characters become single blanks.
#[must_use]
pub fn on_one_line(heading: &str) -> String {
    let words = heading.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_read_below_its_title_and_headings() {
        let headings = ["Manual".to_owned(), "Seals".to_owned()];
        let text = in_context("Manual", &headings, Some("About the P-40."), "right");
        assert_eq!(text, "Manual > Seals\nAbout the P-40.\nright");
        let long = "seal ".repeat(500);
        assert!(
            in_context(&long, std::slice::from_ref(&long), None, "right").len() < 800,
            "no title is longer than the text"
        );
    }
}
