//! The mood of a message, by the VADER lexicon and its rules (Hutto and Gilbert, ICWSM 2014): English alone.

use vader_sentimental::SentimentIntensityAnalyzer;

/// How somebody feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// -0.05 or less.
    Negative,
    /// Between them.
    Neutral,
    /// 0.05 or more.
    Positive,
}

impl Mood {
    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }
}

/// A message's mood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sentiment {
    /// -1..1, to three digits.
    pub score: f64,
    /// The score as a word, at the authors' own bounds.
    pub mood: Mood,
}

/// Words that the lexicon holds for bad or good and that name what a manual is about: who asks what an error means is not angry.
const SUBJECTS: &[&str] = &[
    "error",
    "errors",
    "fault",
    "faults",
    "failure",
    "failures",
    "fail",
    "fails",
    "failed",
    "problem",
    "problems",
    "issue",
    "issues",
    "warning",
    "warnings",
    "alarm",
    "alarms",
    "alert",
    "danger",
    "dangerous",
    "hazard",
    "hazardous",
    "emergency",
    "emergencies",
    "risk",
    "risks",
    "leak",
    "leaks",
    "leaking",
    "damage",
    "damages",
    "damaged",
    "defect",
    "defective",
    "broken",
    "block",
    "blocked",
    "stop",
    "stops",
    "stopped",
    "kill",
    "killed",
    "dead",
    "cut",
    "cancel",
    "cancelled",
    "canceled",
    "cancels",
    "cancelling",
    "lost",
    "lose",
    "missing",
    "pressure",
    "critical",
    "poison",
    "toxic",
    "fire",
    "shock",
    "injury",
    "injuries",
    "debt",
    "tax",
    "charge",
    "charged",
    "charges",
    "fine",
    "penalty",
    "penalties",
    "no",
    "please",
    "help",
    "like",
    "support",
    "share",
    "shares",
    "free",
    "secure",
    "security",
    "safe",
    "safety",
    "interest",
    "credit",
    "credits",
    "benefit",
    "benefits",
    "protect",
    "protection",
    "protected",
    "accept",
    "accepted",
    "agreement",
    "allow",
    "allowed",
    "save",
    "clean",
    "cleaning",
    "strength",
    "solution",
    "solutions",
    "value",
    "energy",
    "gift",
    "insurance",
    "care",
    "certain",
    "dispute",
    "complaint",
    "complaints",
    "reject",
    "rejected",
    "deny",
    "denied",
    "limited",
    "refuse",
    "pain",
    "sick",
    "illness",
    "death",
    "warranty",
    "assets",
    "number",
    "easy",
    "easily",
    "ready",
    "best",
    "hard",
    "low",
    "demand",
    "resolve",
    "resolved",
    "want",
    "wants",
    "wanted",
    "matter",
    "matters",
    "able",
    "ability",
    "active",
    "clear",
    "clearly",
    "join",
    "top",
    "worth",
    "true",
    "important",
    "natural",
    "heavy",
];
/// At and beyond which a score has a mood.
const FELT: f64 = 0.05;

/// The mood of a text; `None`: of this language nothing is known.
pub(crate) fn sentiment(text: &str, language: Option<&str>) -> Option<Sentiment> {
    if language != Some("en") {
        return None;
    }
    let compound = SentimentIntensityAnalyzer::new().polarity_scores(&without_subjects(text)).compound;
    Some(Sentiment::of(compound))
}

impl Sentiment {
    /// A score, -1..1, with its word.
    #[must_use]
    pub fn of(score: f64) -> Self {
        let score = (score.clamp(-1.0, 1.0) * 1_000.0).round() / 1_000.0;
        let mood = match score {
            score if score <= -FELT => Mood::Negative,
            score if score >= FELT => Mood::Positive,
            _ => Mood::Neutral,
        };
        // Not -0.
        Self { score: score + 0.0, mood }
    }
}

fn without_subjects(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    for piece in text.split_whitespace() {
        let word = piece.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        if !said.is_empty() {
            said.push(' ');
        }
        if SUBJECTS.contains(&word.as_str()) {
            // Its punctuation is heard: "Help!!!" is louder than "help".
            said.push_str("it");
            said.extend(piece.chars().rev().take_while(|c| !c.is_alphanumeric()));
        } else {
            said.push_str(piece);
        }
    }
    said
}
