//! Levels of numbered headings: 3.1 stands under 3, whatever its letters' size.

/// The numbered headings so far, of which each is under the one before it.
#[derive(Default)]
pub(super) struct Numbered(Vec<(Vec<u32>, u8)>);

impl Numbered {
    /// The level of a heading that by its letters would have `level`.
    pub(super) fn level(&mut self, heading: &str, level: u8) -> u8 {
        let Some(number) = number(heading) else { return level };
        self.0.retain(|(above, _)| number.len() > above.len() && number.starts_with(above));
        let level = self.0.last().map_or(level, |(_, above)| level.max(above + 1)).min(6);
        self.0.push((number, level));
        level
    }
}

/// `3.1.2` at a heading's beginning.
fn number(heading: &str) -> Option<Vec<u32>> {
    let first = heading.split_whitespace().next()?.trim_end_matches('.');
    first.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numbered_heading_stands_under_the_number_it_begins_with() {
        let mut numbered = Numbered::default();
        let levels = ["3 Data", "3.1 Limits", "3.1.1 Heat", "3.2 Materials", "4 Use", "Annex", "4.1 Start"]
            .map(|heading| numbered.level(heading, 1));
        assert_eq!(levels, [1, 2, 3, 2, 1, 1, 2]);
    }
}
