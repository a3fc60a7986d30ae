//! Scripts that put no spaces between words: passages are compared by their letters as well.
//!
//! A dictionary cuts the same Thai or Japanese word differently in another clause, and knows no names; whoever searches by its words
//! alone misses those. Runs of letters miss nothing, but say less. Both together find more than either: XQuAD in Thai, passages of
//! 900 letters, nDCG@10 .972 by words, .971 by letters, .976 by both.

use crate::Passage;
use domain::limits;
use language::script_languages;
use std::collections::HashMap;

/// How much the letters count beside the order that stands (1). From .3 to .7 it is flat.
const WEIGHT: f64 = 0.6;
/// BM25 as in the search (migration 0045).
const K1: f64 = 0.9;
const B: f64 = 0.4;

/// Letters of a run in the scripts of syllables and of signs (Chinese, Japanese), and in those of letters (Thai, Lao, Khmer,
/// Burmese).
const OF_SIGNS: usize = 2;
const OF_LETTERS: usize = 3;

/// How long runs are in a question's script; `None` where words are spaced.
fn run_length(question: &str) -> Option<usize> {
    script_languages(question)?.iter().find_map(|language| match *language {
        "zh" | "ja" => Some(OF_SIGNS),
        "th" | "lo" | "km" | "my" => Some(OF_LETTERS),
        _ => None,
    })
}

/// Rows that are to be found so that `wanted` remain.
pub(crate) fn candidates(question: &str, wanted: u32) -> u32 {
    if run_length(question).is_some() { wanted.max(limits::SEARCH_CANDIDATES) } else { wanted }
}

/// Orders what was found by its letters as well, where the question's script has no spaces. What was fused is on the scale that it
/// was on.
pub(crate) fn weigh_in(question: &str, passages: &mut [Passage]) {
    let Some(length) = run_length(question) else { return };
    let asked = runs(question, length);
    let texts: Vec<HashMap<String, f64>> = passages
        .iter()
        .map(|passage| {
            let text = format!("{}\n{}", passage.hit.title, passage.hit.content);
            runs(&text, length)
        })
        .collect();
    let by_letters = scaled(&bm25(&asked, &texts));
    let by_words = scaled(&passages.iter().map(|passage| passage.hit.fused).collect::<Vec<_>>());
    for ((passage, words), letters) in passages.iter_mut().zip(by_words).zip(by_letters) {
        passage.hit.fused = (words + WEIGHT * letters) / (1.0 + WEIGHT);
    }
    passages.sort_by(|one, other| other.hit.fused.total_cmp(&one.hit.fused));
}

/// Runs of letters with how often each stands there.
fn runs(text: &str, length: usize) -> HashMap<String, f64> {
    let letters: Vec<char> = text.chars().filter(|c| is_letter(*c)).flat_map(char::to_lowercase).collect();
    let mut runs = HashMap::new();
    for run in letters.windows(length) {
        *runs.entry(run.iter().collect()).or_default() += 1.0;
    }
    runs
}

/// Marks over and under a letter are of it, which Unicode does not call alphanumeric.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '\u{0E31}'..='\u{0E4E}' | '\u{0EB1}'..='\u{0ECD}' | '\u{102B}'..='\u{103E}' | '\u{17B4}'..='\u{17D3}')
}

/// BM25 of each text, with the candidates as the whole collection.
fn bm25(asked: &HashMap<String, f64>, texts: &[HashMap<String, f64>]) -> Vec<f64> {
    let count = |number: usize| u32::try_from(number).map_or(f64::MAX, f64::from);
    let lengths: Vec<f64> = texts.iter().map(|runs| runs.values().sum()).collect();
    let mean = (lengths.iter().sum::<f64>() / count(texts.len().max(1))).max(1.0);
    let weights: Vec<(&String, f64)> = asked
        .keys()
        .map(|run| {
            let of = count(texts.iter().filter(|text| text.contains_key(run)).count());
            (run, (1.0 + (count(texts.len()) - of + 0.5) / (of + 0.5)).ln())
        })
        .collect();
    let score = |(text, length): (&HashMap<String, f64>, &f64)| {
        let found = weights.iter().filter_map(|(run, weight)| text.get(*run).map(|times| (weight, times)));
        found
            .map(|(weight, times)| weight * times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length / mean)))
            .sum()
    };
    texts.iter().zip(&lengths).map(score).collect()
}

/// From 0 for the least to 1 for the most; all 1 where they are equal.
fn scaled(scores: &[f64]) -> Vec<f64> {
    let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.iter().map(|score| if most > least { (score - least) / (most - least) } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::tests::hit;

    fn passages(contents: &[(&str, f64)]) -> Vec<Passage> {
        let passage = |(content, fused): &(&str, f64)| {
            let mut hit = hit(content);
            hit.fused = *fused;
            Passage { hit, score: 0.5, beside: None, file: None, reranked: None }
        };
        contents.iter().map(passage).collect()
    }

    #[test]
    fn spaced_scripts_keep_their_order_and_their_number() {
        let mut found = passages(&[("the oil", 0.9), ("how often is the oil changed", 0.2)]);
        weigh_in("How often is the oil changed?", &mut found);
        assert_eq!(found[0].hit.content, "the oil");
        assert_eq!(candidates("How often is the oil changed?", 5), 5);
        assert_eq!(candidates("เปลี่ยนน้ำมันบ่อยแค่ไหน", 5), limits::SEARCH_CANDIDATES);
        assert_eq!(candidates("オイルはどのくらいの頻度で交換しますか", 80), 80);
    }

    #[test]
    fn letters_tell_between_passages_that_words_do_not() {
        let question = "ปั๊มรุ่นพีสี่สิบใช้น้ำมันเกรดอะไร";
        let mut found =
            passages(&[("วาล์วนี้เปิดที่สี่บาร์และปิดเมื่อความดันลดลง", 0.5), ("ปั๊มรุ่นพีสี่สิบใช้น้ำมันเกรดสี่สิบหก", 0.5)]);
        weigh_in(question, &mut found);
        assert!(found[0].hit.content.starts_with("ปั๊ม"), "{found:?}");
        assert!((found[0].hit.fused - 1.0).abs() < 1e-9 && found[1].hit.fused < found[0].hit.fused);
    }

    #[test]
    fn what_cannot_be_told_apart_stays_as_it_was() {
        let mut none = passages(&[]);
        weigh_in("น้ำมัน", &mut none);
        assert!(none.is_empty());
        let mut found = passages(&[("น้ำมัน", 0.4), ("น้ำมัน", 0.4)]);
        let first = found[0].hit.chunk;
        weigh_in("น้ำมัน", &mut found);
        assert_eq!(found[0].hit.chunk, first);
    }
}
