//! Heads and feet that run along the pages: the book's name, the chapter's number, "Page 7 of 90".

use super::PageText;
use crate::extract::BlockKind;
use std::collections::HashMap;

/// Pieces at a page's top and at its bottom among which they stand.
const WITHIN: usize = 3;
/// Characters that they have at most.
const LONGEST: usize = 160;
/// Pages that show them at least; and one page in so many (left and right ones differ).
const PAGES: usize = 3;
const ONE_IN: usize = 3;
/// The same for those that count the pages, which nothing else does.
const COUNTING_ONE_IN: usize = 10;
/// Percent of its places where a number goes up with the pages, by which it is the page's.
const COUNTING_PERCENT: usize = 80;

/// Where a text stands that may be one: page and piece.
type Place = (usize, usize);

/// Takes out what runs along most pages. A text without the page's number stays where it stands first: it may be
/// the only place that names the document.
pub(super) fn remove(pages: &mut [PageText]) {
    let mut seen: HashMap<String, Vec<Place>> = HashMap::new();
    for (at, page) in pages.iter().enumerate() {
        for piece in candidates(page) {
            seen.entry(shape(&page.pieces[piece].text)).or_default().push((at, piece));
        }
    }
    let mut out: Vec<Place> = Vec::new();
    for places in seen.into_values() {
        if places.len() < PAGES || places.len() * COUNTING_ONE_IN < pages.len() {
            continue;
        }
        if counts_pages(pages, &places) {
            out.extend(places);
        } else {
            out.extend(repeated(pages, &places));
        }
    }
    // From the back, so that places before stay what they are.
    out.sort_unstable_by(|a, b| b.cmp(a));
    for (page, piece) in out {
        pages[page].pieces.remove(piece);
    }
}

/// The short pieces at a page's ends that may stand in its margins.
fn candidates(page: &PageText) -> Vec<usize> {
    let count = page.pieces.len();
    (0..count)
        .filter(|&at| at < WITHIN || at + WITHIN >= count)
        .filter(|&at| {
            let piece = &page.pieces[at];
            let letters = piece.text.chars().filter(|c| !c.is_whitespace()).count();
            !matches!(piece.kind, BlockKind::Code)
                && piece.text.chars().count() <= LONGEST
                && letters <= page.in_margins as usize
        })
        .collect()
}

/// A text with its numbers left open.
fn shape(text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        for c in word.chars() {
            match (c.is_numeric(), shape.ends_with('#')) {
                (true, true) => {}
                (true, false) => shape.push('#'),
                (false, _) => shape.extend(c.to_lowercase()),
            }
        }
        shape.push(' ');
    }
    shape
}

fn numbers(text: &str) -> Vec<i64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

/// Whether one of the numbers in these texts goes up with the pages.
fn counts_pages(pages: &[PageText], places: &[Place]) -> bool {
    let mut steps: HashMap<(usize, i64), usize> = HashMap::new();
    for &(page, piece) in places {
        let piece = &pages[page].pieces[piece];
        // "Step 1", "Step 2" over slides are headings, not page numbers.
        if matches!(piece.kind, BlockKind::Heading(_)) {
            return false;
        }
        for (which, number) in numbers(&piece.text).into_iter().enumerate() {
            *steps.entry((which, number - i64::from(pages[page].number))).or_default() += 1;
        }
    }
    steps.into_values().any(|times| times * 100 >= places.len() * COUNTING_PERCENT)
}

/// The places, but for the first, of texts that are the same on many pages.
fn repeated(pages: &[PageText], places: &[Place]) -> Vec<Place> {
    let mut same: HashMap<&str, Vec<Place>> = HashMap::new();
    for &(page, piece) in places {
        same.entry(pages[page].pieces[piece].text.trim()).or_default().push((page, piece));
    }
    same.into_values()
        .filter(|places| places.len() >= PAGES && places.len() * ONE_IN >= pages.len())
        .flat_map(|places| places.into_iter().skip(1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::piece::Piece, *};

    fn page(number: u32, texts: &[(BlockKind, &str)]) -> PageText {
        let pieces =
            texts.iter().map(|(kind, text)| Piece { kind: *kind, text: (*text).to_owned() }).collect();
        PageText { number, in_margins: 100, pieces }
    }

    #[test]
    fn heads_stay_once_page_numbers_never_and_counted_headings_always() {
        let mut pages: Vec<PageText> = (1..=6)
            .map(|number| {
                let (step, foot) = (format!("Step {number}"), format!("Page {} of 90", number + 8));
                let body = format!("Turn the valve {} times.", number * number);
                page(
                    number,
                    &[
                        (BlockKind::Paragraph, "Pump Manual"),
                        (BlockKind::Heading(1), &step),
                        (BlockKind::Paragraph, &body),
                        (BlockKind::Paragraph, &foot),
                    ],
                )
            })
            .collect();
        remove(&mut pages);
        let left: Vec<Vec<&str>> =
            pages.iter().map(|page| page.pieces.iter().map(|piece| piece.text.as_str()).collect()).collect();
        assert_eq!(left[0], ["Pump Manual", "Step 1", "Turn the valve 1 times."]);
        assert_eq!(left[5], ["Step 6", "Turn the valve 36 times."]);
    }

    #[test]
    fn what_stands_on_few_pages_or_outside_the_margins_stays() {
        let texts = [(BlockKind::Paragraph, "Danger of scalding")];
        let mut few: Vec<PageText> =
            (1..=12).map(|number| page(number, if number <= 3 { &texts } else { &[] })).collect();
        remove(&mut few);
        assert_eq!(few.iter().map(|page| page.pieces.len()).sum::<usize>(), 3);
        let mut inside: Vec<PageText> =
            (1..=6).map(|number| PageText { in_margins: 3, ..page(number, &texts) }).collect();
        remove(&mut inside);
        assert_eq!(inside.iter().map(|page| page.pieces.len()).sum::<usize>(), 6);
    }
}
