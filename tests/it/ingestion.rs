//! The write path under everything that can happen to it.

mod attached;
mod brought;
mod faults;
mod histories;
mod hostile;
mod kills;
mod removals;
mod scanned;
mod spaces;
mod storm;
mod units;
mod versions;
mod visits;

use std::fmt::Write as _;

/// Whether faults are to be many: `DOCENT_FAULTS=all cargo test -p tests -- ingestion:: --nocapture` takes an hour and says how many.
fn is_long() -> bool {
    tests::setting("DOCENT_FAULTS").is_some_and(|value| value == "all")
}

/// A text of so many paragraphs, each a chunk of its own or nearly.
fn text(paragraphs: usize, about: &str) -> Vec<u8> {
    let mut text = String::new();
    for number in 0..paragraphs {
        let _ = writeln!(
            text,
            "Paragraph {number} about {about}: the valve opens at {} bar, and closes again when the pressure falls. \
             The filter is changed every {} weeks. What is said here is said in many words, so that a paragraph fills \
             a passage: the housing is of cast iron, the shaft is of steel, the seal is of rubber and wears, the bearing \
             is greased in spring and in autumn, the motor is cleaned of dust, the cable is checked for cracks, the \
             switch is tried, the lamp is changed when it fails, and whoever did all this writes the day into the book \
             that hangs beside the door of the pump house, with a name that can be read, number {number}.\n",
            number % 13 + 2,
            number % 7 + 1
        );
    }
    text.into_bytes()
}
