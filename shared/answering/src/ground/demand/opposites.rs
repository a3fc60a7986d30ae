//! English words that turn a sentence into another matter: those that mean the opposite of each other, prefixes that make one of the
//! other, counts, and verbs that deny without a negation. A question that has one where its answer has the other was not answered.

use crate::content::{is_content, stands_in, stem};
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// A word's base form and, behind it, those that mean the opposite; each pair once.
const OPPOSITES: &str = include_str!("opposites.txt");

/// Opposites of a base form, whichever of the two it is.
static OPPOSITES_OF: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut all: HashMap<&str, Vec<&str>> = HashMap::new();
    for line in OPPOSITES.lines() {
        let mut words = line.split(' ');
        let Some(one) = words.next() else { continue };
        for other in words {
            all.entry(one).or_default().push(other);
            all.entry(other).or_default().push(one);
        }
    }
    all
});

/// What inflection puts behind a base form.
const ENDINGS: [&str; 9] = ["s", "es", "d", "ed", "ing", "er", "est", "r", "st"];
/// Letters of the shortest base form that an ending is taken off for.
const BASE: usize = 3;

/// What makes a word's opposite, before it.
const PREFIXES: [&str; 8] = ["un", "in", "im", "non", "dis", "mis", "ir", "il"];
/// Letters of a word that a prefix may stand before, and of one that has it.
const BARE: usize = 4;
const PREFIXED: usize = 6;

const COUNTS: [&str; 21] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "twenty", "thirty", "forty", "fifty", "hundred", "thousand", "million", "billion",
];

const DENYING: [&str; 33] = [
    "fail",
    "failed",
    "fails",
    "failing",
    "lack",
    "lacked",
    "lacks",
    "lacking",
    "refuse",
    "refused",
    "deny",
    "denied",
    "unable",
    "impossible",
    "incorrect",
    "incorrectly",
    "false",
    "unlikely",
    "reject",
    "rejected",
    "rejects",
    "ignore",
    "ignored",
    "prevent",
    "prevents",
    "prevented",
    "prohibit",
    "prohibited",
    "forbidden",
    "avoid",
    "avoided",
    "despite",
    "rarely",
];

/// Whether what was said has the opposite of a word that was asked, and not the word.
pub(super) fn says_the_opposite(asked: &HashSet<String>, said: &HashSet<String>) -> bool {
    let all_asked: HashSet<String> = asked.iter().flat_map(|word| bases(word)).collect();
    let all_said: HashSet<String> = said.iter().flat_map(|word| bases(word)).collect();
    let new: HashSet<String> =
        said.iter().filter(|word| !stands_in(word, asked)).flat_map(|word| bases(word)).collect();
    let is_turned = |base: &String| {
        !all_said.contains(base)
            && OPPOSITES_OF.get(base.as_str()).is_some_and(|opposites| {
                opposites.iter().any(|one| new.contains(*one) && !all_asked.contains(*one))
            })
    };
    let missing = asked.iter().filter(|word| !stands_in(word, said));
    missing.map(|word| bases(word)).any(|bases| {
        let is_said = |base: &String| OPPOSITES_OF.contains_key(base.as_str()) && all_said.contains(base);
        !bases.iter().any(is_said) && bases.iter().any(is_turned)
    })
}

/// A word and what it may be a form of: with endings taken off, a doubled letter or an "e" put right, an "i" turned back into "y".
fn bases(word: &str) -> Vec<String> {
    let mut all = vec![word.to_owned()];
    for rest in ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending)) {
        if rest.len() < BASE {
            continue;
        }
        all.extend([rest.to_owned(), format!("{rest}e")]);
        let mut letters = rest.chars().rev();
        match (letters.next(), letters.next()) {
            (Some('i'), _) => all.push(format!("{}y", &rest[..rest.len() - 1])),
            (Some(one), Some(other)) if one == other => {
                all.push(rest[..rest.len() - one.len_utf8()].to_owned())
            }
            _ => {}
        }
    }
    all
}

/// Whether a word that only one of them has is the other's with a prefix that turns it.
pub(super) fn differ_by_a_prefix(asked: &HashSet<String>, said: &HashSet<String>) -> bool {
    let new = |one: &HashSet<String>, other: &HashSet<String>, least: usize| -> Vec<String> {
        one.iter().filter(|word| word.len() >= least && !other.contains(*word)).cloned().collect()
    };
    let turns = |prefixed: &[String], bare: &[String]| {
        prefixed.iter().any(|word| bare.iter().any(|other| is_prefixed(word, other)))
    };
    turns(&new(asked, said, PREFIXED), &new(said, asked, BARE))
        || turns(&new(said, asked, PREFIXED), &new(asked, said, BARE))
}

fn is_prefixed(word: &str, bare: &str) -> bool {
    PREFIXES
        .iter()
        .filter_map(|prefix| word.strip_prefix(prefix))
        .any(|rest| rest == bare || stem(bare).is_some_and(|stem| rest.starts_with(&stem)))
}

/// Whether a count was asked that was not said, and another one was.
pub(super) fn counts_otherwise(asked: &HashSet<String>, said: &HashSet<String>) -> bool {
    let only_in = |one: &HashSet<String>, other: &HashSet<String>| {
        COUNTS.iter().any(|count| one.contains(*count) && !other.contains(*count))
    };
    only_in(asked, said) && only_in(said, asked)
}

/// Whether the question turns a word by a prefix that stands before a hyphen, and what was said has none: "non-returnable".
pub(super) fn lacks_a_prefix(asked: &HashSet<String>, said: &HashSet<String>) -> bool {
    const HYPHENED: [&str; 8] = ["non", "anti", "dis", "un", "pre", "post", "counter", "semi"];
    HYPHENED.iter().any(|prefix| asked.contains(*prefix) && !said.contains(*prefix))
}

/// Whether between two words of the question that stand so in what was said, there stands another one than the question's: asked for
/// the ship's fore mast, it tells of its main mast.
pub(super) fn another_stands_in_its_place(asked: &[String], said: &[String]) -> bool {
    let (all_asked, all_said): (HashSet<String>, HashSet<String>) =
        (asked.iter().cloned().collect(), said.iter().cloned().collect());
    // What is asked for by these words has another one in its place wherever it is answered.
    let asks = |word: &String| {
        ["what", "which", "who", "whom", "whose", "when", "where", "why", "how"].contains(&word.as_str())
    };
    let is_missing = |word: &String| is_content(word) && !asks(word) && !stands_in(word, &all_said);
    let is_new = |word: &String| is_content(word) && !stands_in(word, &all_asked);
    let same =
        |one: &String, other: &String| one == other || stem(one).is_some_and(|stem| other.starts_with(&stem));
    let missing: Vec<&[String]> = asked.windows(3).filter(|three| is_missing(&three[1])).collect();
    !missing.is_empty()
        && said
            .windows(3)
            .filter(|three| is_new(&three[1]))
            .any(|three| missing.iter().any(|place| same(&place[0], &three[0]) && same(&place[2], &three[2])))
}

/// Whether a word denies, though it is no negation.
pub(super) fn denies(word: &str) -> bool {
    DENYING.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> HashSet<String> {
        crate::content::words(text).into_iter().collect()
    }

    #[test]
    fn opposites_are_found_in_either_order_and_only_where_the_word_itself_was_not_said() {
        let turned = |asked: &str, said: &str| says_the_opposite(&of(asked), &of(said));
        assert!(turned("Which valve is closed?", "The drain valve is open."));
        assert!(turned("Which valve is open?", "The drain valve is closed."));
        assert!(!turned("Which valve is open?", "The inlet is open, the outlet closed."));
        assert!(!turned("Which is open and which closed?", "The inlet is open."));
        assert!(!turned("Which valve is blue?", "The drain valve is open."));
    }

    #[test]
    fn opposites_are_found_in_every_form() {
        let turned = |asked: &str, said: &str| says_the_opposite(&of(asked), &of(said));
        assert!(turned("What stops the pump?", "A float switch starts the pump."));
        assert!(turned("When is it stopped?", "It is started at noon."));
        assert!(turned("What carries less?", "The red pipe carries more."));
        assert!(turned("Which is heavier?", "The lightest is the P-20."));
        assert!(turned("Who denies it?", "The inspector confirmed it."));
        assert!(!turned("What stops the pump?", "Stopping the pump starts the alarm."));
        for (word, base) in [("stopped", "stop"), ("denies", "deny"), ("raising", "raise"), ("bigger", "big")]
        {
            assert!(bases(word).contains(&base.to_owned()), "{word}");
        }
    }

    #[test]
    fn every_line_of_the_list_names_base_forms_once() {
        for line in OPPOSITES.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let mut unique = words.clone();
            unique.sort_unstable();
            unique.dedup();
            assert!(words.len() > 1 && unique.len() == words.len(), "{line}");
            assert!(words.iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase())), "{line}");
        }
    }

    #[test]
    fn what_stands_between_the_same_words_stands_in_the_place_of_another() {
        let other = |asked: &str, said: &str| {
            another_stands_in_its_place(&language::words(asked), &language::words(said))
        };
        assert!(other("When was the fore mast rigged?", "The main mast was rigged in 1902."));
        assert!(!other("When was the main mast rigged?", "The main mast was rigged in 1902."));
        assert!(!other("When was the fore mast rigged?", "The fore and the main mast were rigged in 1902."));
        assert!(!other("What is the mast made of?", "This is the mast made of steel."));
        assert!(!other("", "") && !other("Why?", "The main mast was rigged."));
    }

    #[test]
    fn a_prefix_before_a_hyphen_is_missed() {
        assert!(lacks_a_prefix(&of("Which goods are non-returnable?"), &of("Goods are returnable.")));
        assert!(!lacks_a_prefix(&of("Which goods are non-returnable?"), &of("Seals are non-returnable.")));
    }

    #[test]
    fn a_prefix_turns_a_word() {
        let turned = |asked: &str, said: &str| differ_by_a_prefix(&of(asked), &of(said));
        assert!(turned("When is a fault uncommon?", "A fault is common in winter."));
        assert!(turned("Which fault is common?", "E06 is an uncommon fault."));
        assert!(turned("What is incomplete?", "The list was completed in May."));
        assert!(!turned("Which door is open?", "The upper door is open."), "too short to have a prefix");
        assert!(!turned("What is uncommon?", "E06 is uncommon, E01 is common."));
    }

    #[test]
    fn another_count_is_another_matter() {
        assert!(counts_otherwise(&of("Which three screws?"), &of("Loosen the four screws.")));
        assert!(!counts_otherwise(&of("Which three screws?"), &of("Loosen the screws.")));
        assert!(!counts_otherwise(&of("Which screws?"), &of("Loosen the four screws.")));
    }
}
