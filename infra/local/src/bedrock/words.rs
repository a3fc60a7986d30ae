//! Words as the extractive answerer compares them: lower-cased, lightly stemmed, and character
//! n-grams where a script writes no spaces. It knows nothing of passages or models.

/// How the characters of a script become comparable terms.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    /// Written with spaces: a run is a word.
    Spaced,
    /// Chinese, Japanese, Korean: overlapping pairs of characters.
    Pairs,
    /// Thai, Lao, Khmer, Burmese: overlapping triples of characters.
    Triples,
    /// Not part of a word.
    Gap,
}

fn script(c: char) -> Script {
    match c {
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' => Script::Triples,
        '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7AF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{2FFFF}' => Script::Pairs,
        // An apostrophe stays inside a word ("Tesla's"); trimmed at its ends.
        '\'' | '\u{2019}' => Script::Spaced,
        _ if c.is_alphanumeric() => Script::Spaced,
        _ => Script::Gap,
    }
}

/// True for characters of scripts that write no spaces between words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(script(c), Script::Pairs | Script::Triples)
}

/// The terms of a text in their order, stop words left out.
pub(super) fn terms(text: &str) -> Vec<String> {
    runs(text)
        .into_iter()
        .flat_map(|(script, run)| match script {
            Script::Pairs => grams(&run, 2),
            Script::Triples => grams(&run, 3),
            Script::Spaced | Script::Gap => word(&run)
                .filter(|w| !is_stop(w) && !FOREIGN.contains(&w.as_str()))
                .map(|w| vec![stem(&w)])
                .unwrap_or_default(),
        })
        .collect()
}

/// The raw words of a text, in their own spelling, for questions about capitals and digits.
pub(super) fn raw_words(text: &str) -> Vec<String> {
    runs(text).into_iter().map(|(_, run)| run.trim_matches(['\'', '\u{2019}']).to_owned()).collect()
}

/// A rough count of model tokens: four characters a token for spaced scripts, one for others.
pub(super) fn estimate_tokens(text: &str) -> usize {
    let gaps = text.chars().filter(|c| !c.is_alphanumeric() && !c.is_whitespace()).count();
    let words: usize = runs(text)
        .iter()
        .map(|(script, run)| match script {
            Script::Spaced | Script::Gap => run.chars().count().div_ceil(6),
            Script::Pairs | Script::Triples => run.chars().count(),
        })
        .sum();
    gaps + words
}

fn runs(text: &str) -> Vec<(Script, String)> {
    let mut runs: Vec<(Script, String)> = Vec::new();
    let mut last = Script::Gap;
    for c in text.chars() {
        let current = script(c);
        if current != Script::Gap {
            match runs.last_mut() {
                Some((_, run)) if current == last => run.push(c),
                _ => runs.push((current, c.to_string())),
            }
        }
        last = current;
    }
    runs
}

fn word(run: &str) -> Option<String> {
    let lower = run.to_lowercase().replace('\u{2019}', "'");
    let word = lower.trim_matches('\'').trim_end_matches("'s").to_owned();
    (!word.is_empty()).then_some(word)
}

fn grams(run: &str, size: usize) -> Vec<String> {
    let characters: Vec<char> = run.chars().collect();
    if characters.len() <= size {
        return vec![run.to_owned()];
    }
    characters.windows(size).map(|gram| gram.iter().collect()).collect()
}

/// Words too common to be evidence. Question words are among them.
fn is_stop(word: &str) -> bool {
    const STOP: &[&str] = &[
        "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been",
        "before", "being", "but", "by", "can", "could", "did", "do", "does", "doing", "during", "each",
        "for", "from", "had", "has", "have", "having", "he", "her", "him", "his", "how", "i", "if", "in",
        "into", "is", "it", "its", "itself", "me", "more", "most", "my", "of", "on", "or", "other", "our",
        "out", "over", "s", "she", "should", "so", "some", "such", "t", "than", "that", "the", "their",
        "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "under", "up",
        "us", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom", "whose",
        "why", "will", "with", "would", "you", "your", "many", "much", "please", "tell", "describe", "name",
    ];
    STOP.contains(&word)
}

/// The commonest words of other languages in Latin script, hardly ever English ones: no evidence either.
const FOREIGN: &[&str] = &[
    "al", "cómo", "como", "con", "cual", "cuál", "cuando", "cuándo", "cuántas", "cuánto", "cuántos", "da",
    "das", "de", "del", "della", "der", "des", "di", "donde", "dónde", "du", "ein", "eine", "el", "em", "en",
    "est", "et", "fue", "il", "ist", "la", "las", "le", "les", "lo", "los", "mit", "não", "para", "por",
    "qual", "que", "qué", "quel", "quelle", "qui", "quién", "se", "su", "um", "uma", "un", "una", "une",
    "und", "von", "wann", "warum", "welche", "wer", "wie", "wo", "y", "zu",
];

/// A light English stem: plurals, -ed, -ing, -ly, -ion and the commonest irregular forms.
/// It errs towards joining words, because a stem is only compared within a handful of passages.
fn stem(word: &str) -> String {
    if let Some((_, base)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*base).to_owned();
    }
    if !word.is_ascii() || word.len() < 4 || word.bytes().any(|b| b.is_ascii_digit()) {
        return word.to_owned();
    }
    let mut stem = word.to_owned();
    if stem.ends_with("ies") && stem.len() > 4 {
        stem.truncate(stem.len() - 3);
        stem.push('y');
    } else if stem.ends_with("sses") || stem.ends_with("ches") || stem.ends_with("shes") {
        stem.truncate(stem.len() - 2);
    } else if stem.ends_with('s') && !["ss", "us", "is"].iter().any(|end| stem.ends_with(end)) {
        stem.pop();
    }
    for (suffix, keep) in [("ing", 3), ("ied", 3), ("ed", 3), ("ly", 4), ("ion", 4)] {
        let Some(base) = stem.strip_suffix(suffix) else { continue };
        if base.len() >= keep && base.bytes().any(|b| b"aeiouy".contains(&b)) {
            stem = if suffix == "ied" { format!("{base}y") } else { undouble(base) };
            break;
        }
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    if stem.len() > 3 && stem.ends_with('y') {
        stem.pop();
        stem.push('i');
    }
    stem
}

fn undouble(base: &str) -> String {
    let bytes = base.as_bytes();
    match bytes {
        [.., a, b] if a == b && !b"aeioulsz".contains(b) => base[..base.len() - 1].to_owned(),
        _ => base.to_owned(),
    }
}

const IRREGULAR: &[(&str, &str)] = &[
    ("began", "begin"),
    ("begun", "begin"),
    ("became", "becom"),
    ("built", "build"),
    ("bought", "buy"),
    ("born", "birth"),
    ("brought", "bring"),
    ("came", "com"),
    ("caught", "catch"),
    ("chose", "choos"),
    ("chosen", "choos"),
    ("drawn", "draw"),
    ("drew", "draw"),
    ("died", "death"),
    ("die", "death"),
    ("dead", "death"),
    ("fell", "fall"),
    ("fallen", "fall"),
    ("felt", "feel"),
    ("fought", "fight"),
    ("gave", "giv"),
    ("given", "giv"),
    ("gone", "go"),
    ("went", "go"),
    ("grew", "grow"),
    ("grown", "grow"),
    ("held", "hold"),
    ("kept", "keep"),
    ("knew", "know"),
    ("known", "know"),
    ("led", "lead"),
    ("left", "leav"),
    ("lost", "los"),
    ("made", "mak"),
    ("meant", "mean"),
    ("men", "man"),
    ("met", "meet"),
    ("paid", "pay"),
    ("people", "person"),
    ("ran", "run"),
    ("said", "say"),
    ("sang", "sing"),
    ("sat", "sit"),
    ("saw", "see"),
    ("seen", "see"),
    ("sent", "send"),
    ("sold", "sell"),
    ("spoke", "speak"),
    ("spoken", "speak"),
    ("spent", "spend"),
    ("stood", "stand"),
    ("taken", "tak"),
    ("took", "tak"),
    ("taught", "teach"),
    ("thought", "think"),
    ("threw", "throw"),
    ("told", "tell"),
    ("understood", "understand"),
    ("used", "use"),
    ("using", "use"),
    ("women", "woman"),
    ("children", "child"),
    ("won", "win"),
    ("wore", "wear"),
    ("written", "writ"),
    ("wrote", "writ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_join_the_forms_of_a_word() {
        let same = [
            ("founded", "found"),
            ("founding", "found"),
            ("cities", "city"),
            ("writing", "wrote"),
            ("used", "use"),
            ("populations", "populate"),
            ("stopped", "stop"),
            ("Tesla's", "tesla"),
        ];
        for (left, right) in same {
            assert_eq!(terms(left), terms(right), "{left} and {right}");
        }
        assert_ne!(terms("universe"), terms("city"));
    }

    #[test]
    fn stop_words_are_no_evidence() {
        assert!(terms("How many of the").is_empty());
        assert_eq!(terms("the oil pump"), ["oil", "pump"]);
    }

    #[test]
    fn scripts_without_spaces_become_n_grams() {
        assert_eq!(terms("東京都"), ["東京", "京都"]);
        assert_eq!(terms("ปั๊ม").len(), 2);
        assert_eq!(terms("iPhone东京"), ["iphon", "东京"]);
    }
}
