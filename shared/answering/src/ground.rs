//! The answer is checked, not trusted: every sentence against what it cites, before anybody reads it.
//!
//! A sentence's support is the share of its content words that stand in the passages it cites; a number that
//! stands in none of them leaves little of it. An answer's confidence is the mean support of its sentences times
//! how likely the cited passages are about the question.

mod units;

use crate::{
    Event,
    content::{is_content, stem},
    prompt::{HandedOut, NO_ANSWER},
};
use domain::limits;
use language::{sentences, words};
use std::collections::HashSet;
use store::messages::{Citation, Source};
use units::{split_handles, unit_end, without_images};

/// What is left of a sentence's support when a number of it stands in no cited passage.
const WRONG_NUMBER: f32 = 0.2;

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
    threshold: f32,
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
}

struct Given<'a> {
    handed_out: &'a HandedOut,
    words: HashSet<String>,
    marker: Option<i32>,
}

impl<'a> Grounder<'a> {
    pub(crate) fn new(handed_out: &'a [HandedOut], threshold: f32) -> Self {
        let passages = handed_out
            .iter()
            .map(|handed_out| Given {
                handed_out,
                words: words(&handed_out.passage.hit.content).into_iter().collect(),
                marker: None,
            })
            .collect();
        Self {
            passages,
            threshold,
            buffer: String::new(),
            held: Vec::new(),
            verdict: Verdict::default(),
            supports: Vec::new(),
            relevance: 0.0,
            rejected: 0.0,
            refused: false,
        }
    }

    /// Takes some more of the answer; returns what may be shown now.
    pub(crate) fn take(&mut self, text: &str) -> Vec<Event> {
        self.buffer.push_str(text);
        while let Some(end) = unit_end(&self.buffer) {
            let unit: String = self.buffer.drain(..end).collect();
            self.check(&unit);
        }
        self.let_out()
    }

    /// The answer is complete.
    pub(crate) fn finish(&mut self) -> Vec<Event> {
        let rest = std::mem::take(&mut self.buffer);
        self.check(&rest);
        self.let_out()
    }

    pub(crate) fn verdict(self) -> Verdict {
        let confidence = self.confidence();
        Verdict { confidence, ..self.verdict }
    }

    fn confidence(&self) -> f32 {
        let support = mean(&self.supports).unwrap_or(self.rejected);
        let relevance = if self.supports.is_empty() { 1.0 } else { self.relevance };
        (support * relevance).clamp(0.0, 1.0)
    }

    fn let_out(&mut self) -> Vec<Event> {
        if self.refused
            || !(self.verdict.released || self.confidence() >= self.threshold && !self.held.is_empty())
        {
            return Vec::new();
        }
        let out = std::mem::take(&mut self.held);
        for event in &out {
            match event {
                Event::Token(text) => self.verdict.text.push_str(text),
                Event::Citation(cited) => self.verdict.citations.push((**cited).clone()),
                _ => {}
            }
        }
        self.verdict.released |= !out.is_empty();
        out
    }

    /// Checks a unit: sentences and the handles after them.
    fn check(&mut self, unit: &str) {
        if unit.trim().trim_end_matches('.') == NO_ANSWER {
            self.refused |= self.supports.is_empty();
            return;
        }
        let (text, handles) = split_handles(unit);
        let text = without_images(&text);
        let cited: Vec<usize> = handles
            .iter()
            .filter_map(|handle| self.passages.iter().position(|source| source.handed_out.handle == *handle))
            .collect();
        if text.trim().is_empty() && cited.is_empty() {
            return;
        }
        let supports: Vec<f32> =
            sentences(&text).into_iter().filter_map(|range| self.support(&text[range], &cited)).collect();
        if mean(&supports).is_some_and(|support| support < self.threshold) {
            // Not shown, whatever stands around it.
            self.rejected = self.rejected.max(mean(&supports).unwrap_or_default());
            return;
        }
        self.supports.extend(supports);
        let mut shown = text.trim_end().to_owned();
        let mut explained = Vec::new();
        for place in dedup(cited) {
            let score = self.passages[place].handed_out.passage.score as f32;
            self.relevance = self.relevance.max(score);
            let (marker, new) = self.mark(place);
            shown.push_str(&format!(" [{marker}]"));
            if new {
                explained.push(Event::Citation(Box::new(self.cite(place, marker, &text))));
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

    /// `None` for what says nothing that could be checked.
    fn support(&self, sentence: &str, cited: &[usize]) -> Option<f32> {
        let all = words(sentence);
        let content: Vec<&String> = all.iter().filter(|word| is_content(word)).collect();
        if content.is_empty() {
            return None;
        }
        let stands = |word: &str| cited.iter().any(|place| self.passages[*place].words.contains(word));
        let standing =
            content.iter().filter(|word| stands(word) || stands_by_stem(word, cited, &self.passages)).count();
        #[expect(clippy::cast_precision_loss, reason = "words of a sentence")]
        let share = standing as f32 / content.len() as f32;
        let wrong_number =
            content.iter().any(|word| word.chars().any(|c| c.is_ascii_digit()) && !stands(word));
        Some(if wrong_number { share.min(WRONG_NUMBER) } else { share })
    }

    fn mark(&mut self, place: usize) -> (i32, bool) {
        if let Some(marker) = self.passages[place].marker {
            return (marker, false);
        }
        let marker = 1 + i32::try_from(self.passages.iter().filter(|source| source.marker.is_some()).count())
            .unwrap_or(0);
        self.passages[place].marker = Some(marker);
        (marker, true)
    }

    fn cite(&self, place: usize, marker: i32, text: &str) -> Citation {
        let passage = &self.passages[place].handed_out.passage;
        let score = self.support(text, &[place]).unwrap_or(1.0) * passage.score as f32;
        let hit = &passage.hit;
        Citation {
            marker,
            source: Source::Chunk(hit.chunk),
            document: Some(hit.document),
            title: hit.title.clone(),
            key: Some(hit.key.clone()),
            page: hit.page,
            quoted_span: quote(&hit.content, text),
            score: score.clamp(0.0, 1.0),
        }
    }
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

fn dedup(places: Vec<usize>) -> Vec<usize> {
    let mut seen = HashSet::new();
    places.into_iter().filter(|place| seen.insert(*place)).collect()
}

/// Inflection apart, a word stands where its beginning does.
fn stands_by_stem(word: &str, cited: &[usize], passages: &[Given<'_>]) -> bool {
    stem(word).is_some_and(|stem| {
        cited.iter().any(|place| passages[*place].words.iter().any(|other| other.starts_with(&stem)))
    })
}

#[cfg(test)]
mod tests;
