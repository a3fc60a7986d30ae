//! What kind of thing an English question asks for: a number, a date, a name. A text that has none but those of the question does not
//! answer it.

use std::collections::HashSet;

/// A kind that can be told by its looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Date,
    Name,
}

const OF_NUMBERS: [&str; 12] = [
    "how many",
    "how much",
    "how long",
    "how old",
    "how far",
    "how large",
    "how big",
    "how tall",
    "how high",
    "how often",
    "percentage",
    "what number",
];
const OF_DATES: [&str; 7] = ["when", "what year", "which year", "date", "what month", "century", "decade"];
const OF_NAMES: [&str; 7] = ["who", "whom", "whose", "where", "city", "country", "name"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const NUMBERS: [&str; 25] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "twenty", "thirty", "forty", "fifty", "hundred", "thousand", "million", "billion", "half", "third",
    "quarter", "once", "twice",
];

impl Kind {
    /// Of a question whose words these are, in their order and in small letters.
    pub(super) fn of(question: &[String]) -> Option<Self> {
        let text = format!(" {} ", question.join(" "));
        let asks = |words: &[&str]| words.iter().any(|one| text.contains(&format!(" {one} ")));
        let kinds = [(Self::Number, &OF_NUMBERS[..]), (Self::Date, &OF_DATES), (Self::Name, &OF_NAMES)];
        kinds.into_iter().find(|(_, words)| asks(words)).map(|(kind, _)| kind)
    }

    /// Whether a text has one that the question does not say itself.
    pub(super) fn stands_in(self, text: &str, asked: &HashSet<String>) -> bool {
        let all = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut new = all.filter(|word| !asked.contains(&word.to_lowercase()));
        let has_digits = |word: &str| word.chars().any(char::is_numeric);
        match self {
            Self::Number => {
                new.any(|word| has_digits(word) || NUMBERS.contains(&word.to_lowercase().as_str()))
            }
            Self::Date => new.any(|word| has_digits(word) || MONTHS.contains(&word) || word == "century"),
            Self::Name => {
                // The first word is large whatever it is.
                let first = text.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
                new.skip_while(|word| Some(*word) == first).any(|word| word.starts_with(char::is_uppercase))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_asked_for_and_found_beside_what_the_question_says() {
        let answers = |question: &str, text: &str| {
            let asked = language::words(question);
            Kind::of(&asked).map(|kind| kind.stands_in(text, &asked.into_iter().collect()))
        };
        assert_eq!(answers("How many seals does the P-40 need?", "The P-40 needs two seals."), Some(true));
        assert_eq!(answers("How many seals does the P-40 need?", "The P-40 needs seals."), Some(false));
        assert_eq!(answers("When is the oil changed?", "It is changed in March."), Some(true));
        assert_eq!(answers("When is the oil changed?", "It is changed by the fitter."), Some(false));
        assert_eq!(answers("Who changes the oil?", "The oil is changed by Anna Berg."), Some(true));
        assert_eq!(answers("Who changes the oil?", "Oil is changed by the fitter."), Some(false));
        assert_eq!(answers("What changes the oil?", "The fitter does."), None);
    }
}
