//! The answer is checked, not trusted: every sentence against what it cites, before anybody reads it.
//!
//! A sentence's support is the share of its content words that stand in the passages it cites; a number that
//! stands in none of them leaves little of it. An answer's confidence is the mean support of its sentences times how likely
//! the cited passages are about the question at all, times how likely what was said meets what it demands ([`demand`]).

mod units;
mod demand;
mod inert;

use crate::{
    Event,
    content::{is_content, stands_in, words},
    prompt::{HandedOut, NO_ANSWER},
};
use demand::{Demand, Said, negates};
use domain::{
    chatbot::{AllowedHosts, Config},
    limits,
};
pub(crate) use inert::inert;
use language::sentences;
use std::collections::HashSet;
use store::messages::{Citation, Source};
use units::{split_handles, unit_end};

/// What is left of a sentence's support when a number of it stands in no cited passage.
const WRONG_NUMBER: f32 = 0.2;
/// What is left of it when a name stands neither there nor in the question.
const WRONG_NAME: f32 = 0.25;
/// What is left of it when it negates and the sentences that it would be quoted from do not.
const WRONG_NEGATION: f32 = 0.5;
/// What is left of it when it says the very words of its source, and the opposite.
const TURNED: f32 = 0.2;
/// Share of both sentences' words that are the other's, from which on they are the same words.
const SAME_WORDS: f32 = 0.75;

/// The finished check.
#[derive(Debug, Default, Clone)]
pub(crate) struct Verdict {
    /// The answer with `[1]` for handles; what was shown.
    pub(crate) text: String,
    /// By marker.
    pub(crate) citations: Vec<Citation>,
    /// 0..1.
    pub(crate) confidence: f32,
    /// Whether any of it was shown.
    pub(crate) released: bool,
}

/// Takes an answer as it is written and lets out what holds.
pub(crate) struct Grounder<'a> {
    passages: Vec<Given<'a>>,
    asked: HashSet<String>,
    demand: Demand,
    /// Words of the sentences that hold.
    said: HashSet<String>,
    says_no: bool,
    /// The nearest of them to the question, in meaning.
    meaning: Option<f32>,
    measured: usize,
    threshold: f32,
    allowed: &'a AllowedHosts,
    /// Not yet a whole unit.
    buffer: String,
    /// Checked and held back, until the answer as a whole reaches the threshold.
    held: Vec<Event>,
    verdict: Verdict,
    supports: Vec<f32>,
    relevance: f32,
    /// The best support of what was not shown: all that can be said of an answer of which nothing was.
    rejected: f32,
    refused: bool,
    /// Characters that were to be shown, and whether they are more than a message has.
    shown: usize,
    full: bool,
}

struct Given<'a> {
    handed_out: &'a HandedOut,
    words: HashSet<String>,
    /// Those of the title and the headings.
    about: HashSet<String>,
    /// What was quoted of it, each with its marker.
    quoted: Vec<(String, i32)>,
}

impl<'a> Given<'a> {
    fn new(handed_out: &'a HandedOut) -> Self {
        let hit = &handed_out.passage.hit;
        // The model reads the title and the headings as well: what a passage is about often stands there alone.
        let about: HashSet<String> =
            std::iter::once(&hit.title).chain(&hit.headings).flat_map(|text| words(text)).collect();
        let mut all: HashSet<String> = words(&hit.content).into_iter().collect();
        all.extend(about.iter().cloned());
        Self { handed_out, words: all, about, quoted: Vec::new() }
    }
}

impl<'a> Grounder<'a> {
    pub(crate) fn new(handed_out: &'a [HandedOut], config: &'a Config, question: &str) -> Self {
        Self {
            passages: handed_out.iter().map(Given::new).collect(),
            asked: words(question).into_iter().collect(),
            demand: Demand::of(question),
            said: HashSet::new(),
            says_no: false,
            meaning: None,
            measured: 0,
            threshold: config.confidence_threshold,
            allowed: &config.allowed_hosts,
            buffer: String::new(),
            held: Vec::new(),
            verdict: Verdict::default(),
            supports: Vec::new(),
            relevance: 0.0,
            rejected: 0.0,
            refused: false,
            shown: 0,
            full: false,
        }
    }

    /// Takes some more of the answer; returns the units that are whole now, each to be judged.
    pub(crate) fn take(&mut self, text: &str) -> Vec<String> {
        self.buffer.push_str(text);
        let mut units = Vec::new();
        while let Some(end) = unit_end(&self.buffer) {
            units.push(self.buffer.drain(..end).collect());
        }
        units
    }

    /// The answer is complete: what is left of it.
    pub(crate) fn rest(&mut self) -> String {
        std::mem::take(&mut self.buffer)
    }

    /// The words of a unit whose nearness to the question is wanted; `None` where it says nothing or enough is known.
    pub(crate) fn wants_measured(&mut self, unit: &str) -> Option<String> {
        let text = split_handles(unit).0;
        let says_something = text.trim().trim_end_matches('.') != NO_ANSWER && words(&text).len() > 1;
        if self.refused || !says_something || self.measured == limits::MEASURED_UNITS {
            return None;
        }
        self.measured += 1;
        Some(text.trim().to_owned())
    }

    /// The model is not there for it: no more is asked of it.
    pub(crate) fn stop_measuring(&mut self) {
        self.measured = limits::MEASURED_UNITS;
    }

    /// Judges a unit, whose cosine to the question is `meaning` where it was measured; returns what may be shown now.
    pub(crate) fn judge(&mut self, unit: &str, meaning: Option<f32>) -> Vec<Event> {
        let held = self.supports.len();
        self.check(unit);
        if self.supports.len() > held {
            self.meaning = self.meaning.into_iter().chain(meaning).reduce(f32::max);
        }
        self.let_out()
    }

    pub(crate) fn verdict(self) -> Verdict {
        let confidence = self.confidence();
        Verdict { confidence, ..self.verdict }
    }

    fn confidence(&self) -> f32 {
        let support = mean(&self.supports).unwrap_or(self.rejected);
        if self.supports.is_empty() {
            return support.clamp(0.0, 1.0);
        }
        let cited: Vec<usize> =
            (0..self.passages.len()).filter(|place| !self.passages[*place].quoted.is_empty()).collect();
        let said = Said {
            words: &self.said,
            negates: self.says_no,
            nouns_are_large: self.nouns_are_large(&cited),
            meaning: self.meaning,
        };
        let stands = |word: &str| self.stands(word, &cited);
        let is_about = |word: &str| cited.iter().any(|place| stands_in(word, &self.passages[*place].about));
        (support * self.relevance * self.demand.is_met(&said, stands, is_about)).clamp(0.0, 1.0)
    }

    fn let_out(&mut self) -> Vec<Event> {
        if self.refused
            || !(self.verdict.released || self.confidence() >= self.threshold && !self.held.is_empty())
        {
            return Vec::new();
        }
        let mut out = Vec::new();
        for mut event in std::mem::take(&mut self.held) {
            if let Event::Token(text) = &mut event {
                self.fit(text);
            }
            if self.full {
                break;
            }
            match &event {
                Event::Token(text) => self.verdict.text.push_str(text),
                Event::Citation(cited) => self.verdict.citations.push((**cited).clone()),
                _ => {}
            }
            out.push(event);
        }
        self.verdict.released |= !out.is_empty();
        out
    }

    /// What is shown is what is kept: a unit that no longer fits into a message ends the answer; of one that fits into none,
    /// the beginning is shown.
    fn fit(&mut self, text: &mut String) {
        if self.shown == 0 && text.chars().count() > limits::ASSISTANT_MESSAGE_CHARACTERS {
            *text = domain::document::clip(text, limits::ASSISTANT_MESSAGE_CHARACTERS);
        }
        self.shown += text.chars().count();
        self.full |= self.shown > limits::ASSISTANT_MESSAGE_CHARACTERS;
    }

    /// Whether nothing more of the answer will be shown, because it is as long as a message may be.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// Checks a unit: sentences and the handles after them.
    fn check(&mut self, unit: &str) {
        if unit.trim().trim_end_matches('.') == NO_ANSWER {
            self.refused |= self.supports.is_empty();
            return;
        }
        let (text, handles) = split_handles(unit);
        let text = self.inert(text);
        let cited: Vec<usize> = handles
            .iter()
            .filter_map(|handle| self.passages.iter().position(|source| source.handed_out.handle == *handle))
            .collect();
        if text.trim().is_empty() && cited.is_empty() {
            return;
        }
        let Some(text) = self.supported(&text, &cited) else { return };
        let mut shown = text.trim_end().to_owned();
        let mut explained = Vec::new();
        for place in dedup(cited) {
            let score = self.passages[place].handed_out.passage.score as f32;
            self.relevance = self.relevance.max(score);
            let span = quote(&self.passages[place].handed_out.passage.hit.content, &text);
            let (marker, new) = self.mark(place, &span);
            shown.push_str(&format!(" [{marker}]"));
            if new {
                explained.push(Event::Citation(Box::new(self.cite(place, marker, &text, &span))));
            }
        }
        if !self.verdict.text.is_empty() || !self.held.is_empty() {
            if !shown.starts_with(char::is_whitespace) {
                shown.insert(0, ' ');
            }
        } else {
            shown = shown.trim_start().to_owned();
        }
        self.held.push(Event::Token(shown));
        self.held.extend(explained);
    }

    /// The sentences of a unit that hold, each by itself: what is invented is not shown, whatever true words stand around it.
    /// `None`: nothing is left.
    fn supported(&mut self, text: &str, cited: &[usize]) -> Option<String> {
        let least = self.threshold.max(limits::LEAST_SUPPORT);
        let (mut left, mut says_something) = (String::new(), false);
        for range in sentences(text) {
            match self.support(&text[range.clone()], cited) {
                Some(support) if support < least => {
                    self.rejected = self.rejected.max(support);
                    continue;
                }
                Some(support) => {
                    self.supports.push(support);
                    self.said.extend(words(&text[range.clone()]));
                    self.says_no |= negates(&text[range.clone()]);
                    says_something = true;
                }
                None => {}
            }
            left.push_str(&text[range]);
        }
        let is_all_invented = left.trim().is_empty() && !text.trim().is_empty();
        // What cannot be checked stays beside what can, or beside a source.
        (says_something || !cited.is_empty() && !is_all_invented).then_some(left)
    }

    /// The text without what could act, nor what would read like a marker of ours once that is gone.
    fn inert(&self, text: String) -> String {
        let mut text = inert(&text, self.allowed);
        loop {
            let (without, forged) = split_handles(&text);
            if forged.is_empty() {
                return text;
            }
            text = inert(&without, self.allowed);
        }
    }

    /// `None` for what says nothing that could be checked.
    fn support(&self, sentence: &str, cited: &[usize]) -> Option<f32> {
        let all = words(sentence);
        let content: Vec<&String> = all.iter().filter(|word| is_content(word)).collect();
        if content.is_empty() {
            return None;
        }
        let standing = content.iter().filter(|word| self.stands(word, cited)).count();
        #[expect(clippy::cast_precision_loss, reason = "words of a sentence")]
        let share = standing as f32 / content.len() as f32;
        let wrong_number =
            content.iter().any(|word| word.chars().any(|c| c.is_ascii_digit()) && !self.stands(word, cited));
        if wrong_number {
            return Some(share.min(WRONG_NUMBER));
        }
        let stands_anyhow = |name: &String| self.asked.contains(name) || self.stands(name, cited);
        let wrong_name = !self.nouns_are_large(cited)
            && (names(sentence).iter().any(|name| !stands_anyhow(name))
                || content.first().is_some_and(|first| !stands_anyhow(first))
                    && self.begins_with_another(sentence, cited));
        let share = if wrong_name { share.min(WRONG_NAME) } else { share };
        Some(match self.negation(sentence, cited) {
            Negation::Kept => share,
            Negation::Invented => share * WRONG_NEGATION,
            Negation::Turned => share.min(TURNED),
        })
    }

    /// Whether a word stands in what is cited, in whatever form.
    fn stands(&self, word: &str, cited: &[usize]) -> bool {
        cited.iter().any(|place| stands_in(word, &self.passages[*place].words))
    }

    /// Whether a sentence says what its source says, but of somebody else: each of its words but the first stands in the sentence that
    /// it would be quoted from, and that one begins with a name which it lacks. A word that the passage also writes small is none.
    fn begins_with_another(&self, sentence: &str, cited: &[usize]) -> bool {
        let said: HashSet<String> = words(sentence).into_iter().filter(|word| is_content(word)).collect();
        cited.iter().any(|place| {
            let content = &self.passages[*place].handed_out.passage.hit.content;
            let source = quote(content, sentence);
            let quoted: HashSet<String> = words(&source).into_iter().collect();
            let others = said.iter().filter(|word| !stands_in(word, &quoted)).count();
            let written = |word: &str| content.split(|c: char| !c.is_alphanumeric()).any(|one| one == word);
            let name = source.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
            others == 1
                && said.len() > 2
                && name.is_some_and(|name| {
                    let small = name.to_lowercase();
                    name.starts_with(char::is_uppercase)
                        && is_content(&small)
                        && !written(&small)
                        && !stands_in(&small, &said)
                })
        })
    }

    /// German writes every noun like a name.
    fn nouns_are_large(&self, cited: &[usize]) -> bool {
        cited.iter().any(|place| self.passages[*place].handed_out.passage.hit.language == "de")
    }

    /// Whether a sentence negates as the sentences do that it would be quoted from.
    fn negation(&self, sentence: &str, cited: &[usize]) -> Negation {
        let says_no = negates(sentence);
        let sources: Vec<String> = cited
            .iter()
            .map(|place| quote(&self.passages[*place].handed_out.passage.hit.content, sentence))
            .collect();
        if sources.is_empty() || sources.iter().any(|source| negates(source) == says_no) {
            return Negation::Kept;
        }
        if sources.iter().any(|source| common(source, sentence) >= SAME_WORDS) {
            return Negation::Turned;
        }
        if says_no { Negation::Invented } else { Negation::Kept }
    }

    /// A marker stands for one quotation of one passage: each sentence shows where it stands.
    fn mark(&mut self, place: usize, span: &str) -> (i32, bool) {
        if let Some((_, marker)) = self.passages[place].quoted.iter().find(|(known, _)| known == span) {
            return (*marker, false);
        }
        let markers: usize = self.passages.iter().map(|source| source.quoted.len()).sum();
        let marker = i32::try_from(markers + 1).unwrap_or(i32::MAX);
        self.passages[place].quoted.push((span.to_owned(), marker));
        (marker, true)
    }

    fn cite(&self, place: usize, marker: i32, text: &str, span: &str) -> Citation {
        let passage = &self.passages[place].handed_out.passage;
        let score = self.support(text, &[place]).unwrap_or(1.0) * passage.score as f32;
        let hit = &passage.hit;
        let (source, document, key) = match passage.file {
            Some(file) => (Source::File(file), None, None),
            None => (Source::Chunk(hit.chunk), Some(hit.document), Some(hit.key.clone())),
        };
        Citation {
            marker,
            source,
            document,
            title: hit.title.clone(),
            key,
            page: hit.page,
            quoted_span: inert(span, self.allowed).trim().to_owned(),
            score: score.clamp(0.0, 1.0),
            is_there: hit.has_original,
        }
    }
}

/// How a sentence's negation stands to its source's.
enum Negation {
    Kept,
    /// It negates, in other words than a source that does not.
    Invented,
    /// It says the opposite in the same words.
    Turned,
}

/// Share of the content words of two sentences that both have (Jaccard).
fn common(one: &str, other: &str) -> f32 {
    let content = |text: &str| -> HashSet<String> {
        words(text).into_iter().filter(|word| is_content(word) && !negates(word)).collect()
    };
    let (one, other) = (content(one), content(other));
    #[expect(clippy::cast_precision_loss, reason = "words of a sentence")]
    let share = one.intersection(&other).count() as f32 / one.union(&other).count().max(1) as f32;
    share
}

fn mean(supports: &[f32]) -> Option<f32> {
    #[expect(clippy::cast_precision_loss, reason = "a handful of sentences")]
    let count = supports.len() as f32;
    (!supports.is_empty()).then(|| supports.iter().sum::<f32>() / count)
}

/// The passage's sentence that shares most words with the answer's, verbatim.
fn quote(content: &str, text: &str) -> String {
    let wanted: HashSet<String> = words(text).into_iter().filter(|word| is_content(word)).collect();
    let shared = |span: &str| {
        let found: HashSet<String> = words(span).into_iter().collect();
        (wanted.intersection(&found).count() * 1_000).checked_div(10 + found.len()).unwrap_or_default()
    };
    sentences(content)
        .into_iter()
        .map(|range| content[range].trim())
        .rev()
        .max_by_key(|span| shared(span))
        .map(|span| domain::document::clip(span, limits::QUOTED_CHARACTERS))
        .unwrap_or_default()
}

/// Words that a sentence writes with a capital letter though they do not begin it, lower-cased.
fn names(sentence: &str) -> Vec<String> {
    let mut written =
        sentence.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let _first = written.by_ref().find(|word| !word.is_empty());
    let capital = written.filter(|word| word.starts_with(char::is_uppercase) && word.chars().count() > 1);
    capital.flat_map(words).filter(|word| is_content(word)).collect()
}

fn dedup(places: Vec<usize>) -> Vec<usize> {
    let mut seen = HashSet::new();
    places.into_iter().filter(|place| seen.insert(*place)).collect()
}

#[cfg(test)]
mod tests;
