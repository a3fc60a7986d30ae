//! What stands before a chunk where it is embedded and searched: the title and the headings that say most.

use super::shape::Size;

/// Of a title and headings together at most.
pub(super) const CONTEXT: Size = Size { tokens: 128, bytes: 512 };
/// Of the title at most.
pub(super) const TITLE: Size = Size { tokens: 64, bytes: 256 };
/// Of a heading at most: what is longer is text that was made to look like one.
pub(super) const HEADING: Size = Size { tokens: 60, bytes: 240 };
/// Between a title and headings.
const BETWEEN: &str = " > ";

/// Title and headings on one line. Where there is no room for all of them, the outer headings are left out.
pub(super) fn context(title: &str, headings: &[String]) -> String {
    let title = TITLE.beginning_of(title.trim());
    let kept = innermost(headings, CONTEXT.less(Size::of(title)));
    let headings = kept.iter().map(String::as_str).filter(|heading| *heading != title);
    let path: Vec<&str> = Some(title).filter(|title| !title.is_empty()).into_iter().chain(headings).collect();
    path.join(BETWEEN)
}

/// What headings add to a context at most.
pub(super) fn size_of(headings: &[String]) -> Size {
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
pub(super) fn on_one_line(heading: &str) -> String {
    let words = heading.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
