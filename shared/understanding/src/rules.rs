//! Rules of words: what a message must say, word by word, in one language.
//!
//! A rule is a line of words. `a|b` is either, `word*` is whatever begins so, `..` is up to four words of any kind. Thai is
//! written without spaces between words, and is looked for letter by letter.

/// Words that a gap may hold.
const GAP: usize = 4;
/// Words before a finding, in its own part of the sentence, in which it may be taken back.
const BEFORE: usize = 4;
/// Words that take back what follows.
const NOT: &[&str] = &[
    "not", "don't", "dont", "no", "without", "won't", "nicht", "kein", "keine", "keinen", "keinem", "ohne",
    "sin", "tampoco", "ne", "pas", "sans",
];
/// Where a part of a sentence ends: "No, connect me …" takes nothing back.
const ENDS: [char; 8] = [',', '.', '!', '?', ';', ':', '\n', '—'];
/// The same of Thai, before a finding.
const NOT_THAI: &[&str] = &["ไม่ได้", "ไม่ต้องการ", "ไม่อยาก", "ไม่ต้อง", "ไม่"];

/// A message as rules read it.
pub(crate) struct Words {
    words: Vec<String>,
    /// Of each word, where its part of the sentence begins.
    begins: Vec<usize>,
    /// Without white space.
    letters: String,
}

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        let text = text.replace('’', "'").to_lowercase();
        let (mut words, mut begins) = (Vec::new(), Vec::new());
        for part in text.split(ENDS) {
            let begin = words.len();
            words.extend(language::words(part));
            begins.resize(words.len(), begin);
        }
        Self { words, begins, letters: text.split_whitespace().collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether one of a language's rules holds of it.
    pub(crate) fn say(&self, rules: &Rules) -> bool {
        if rules.language == "th" {
            return rules.lines.iter().any(|line| self.letters.contains(line));
        }
        rules.lines.iter().any(|line| self.places(line).next().is_some())
    }

    /// The same, where nothing before it takes it back.
    pub(crate) fn say_and_mean(&self, rules: &Rules) -> bool {
        if rules.language == "th" {
            return rules.lines.iter().any(|line| {
                self.letters
                    .match_indices(line)
                    .any(|(at, _)| !NOT_THAI.iter().any(|not| self.letters[..at].ends_with(not)))
            });
        }
        rules.lines.iter().any(|line| {
            self.places(line).any(|at| {
                let before = &self.words[at.saturating_sub(BEFORE).max(self.begins[at])..at];
                !before.iter().any(|word| NOT.contains(&word.as_str()))
            })
        })
    }

    /// Whether it is one of these lines and nothing else.
    pub(crate) fn are(&self, rules: &Rules) -> bool {
        if rules.language == "th" {
            return rules.lines.contains(&self.letters.as_str());
        }
        rules.lines.iter().any(|line| {
            let parts: Vec<&str> = line.split(' ').collect();
            parts.len() == self.words.len()
                && parts.iter().zip(&self.words).all(|(part, word)| is_of(part, word))
        })
    }

    /// Where a line's first words stand.
    fn places<'a>(&'a self, line: &'a str) -> impl Iterator<Item = usize> + 'a {
        let parts: Vec<&str> = line.split(' ').collect();
        (0..self.words.len()).filter(move |at| follows(&parts, &self.words[*at..]))
    }
}

/// What is looked for in one language.
pub(crate) struct Rules {
    pub(crate) language: &'static str,
    pub(crate) lines: &'static [&'static str],
}

/// Of several languages, those that may be meant: a message's own and English, or all where its own is not known. `None`: its own
/// is known, and none of them.
pub(crate) fn meant<'a>(rules: &'a [Rules], language: Option<&str>) -> Option<Vec<&'a Rules>> {
    let Some(language) = language else { return Some(rules.iter().collect()) };
    let is_covered = rules.iter().any(|rules| rules.language == language);
    is_covered.then(|| rules.iter().filter(|one| one.language == language || one.language == "en").collect())
}

fn follows(parts: &[&str], words: &[String]) -> bool {
    match parts {
        [] => true,
        ["..", rest @ ..] => (0..=GAP.min(words.len())).any(|skipped| follows(rest, &words[skipped..])),
        [part, rest @ ..] => {
            words.first().is_some_and(|word| is_of(part, word)) && follows(rest, &words[1..])
        }
    }
}

fn is_of(part: &str, word: &str) -> bool {
    part.split('|').any(|one| match one.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == one,
    })
}
