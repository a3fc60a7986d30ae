//! A replay's answers to figures: both versions side by side, each with its confidence interval, and what a change would lower. Pure.

use crate::measure::{Measured, Pairs, means, paired};
use domain::limits;
use serde::{Deserialize, Serialize};
use std::fmt;
use store::replays::{Answered, Compared};

/// A figure of both versions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Questions that it is of.
    pub questions: i64,
    /// Of the version that answers.
    pub before: Measured,
    /// Of the version that would.
    pub after: Measured,
    /// The second less the first.
    pub change: Measured,
}

/// What a replay found; a figure is `None` where no question tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Gold questions that were asked.
    pub gold: i64,
    /// Recent questions that were asked.
    pub recent: i64,
    /// Share of gold questions that are answered right. Guarded.
    pub answer_correctness: Option<Figure>,
    /// Mean share of an answer's citations that are right. Guarded.
    pub citation_precision: Option<Figure>,
    /// Share of questions that are answered, those left out that cannot be. Guarded.
    pub share_answered: Option<Figure>,
    /// Mean word overlap with the expected answer.
    pub overlap: Option<Figure>,
    /// Mean confidence.
    pub confidence: Option<Figure>,
    /// Mean milliseconds.
    pub latency_ms: Option<Figure>,
    /// US dollars of each version's answers, where every price is known.
    pub cost: Option<[f64; 2]>,
    /// Guarded figures that the change lowers by more than [`limits::GUARD_POINTS`] points.
    pub lowered: Vec<String>,
}

/// What a replay's answers say. The same answers and seed, the same figures.
#[must_use]
pub fn summary(results: &[Compared], seed: u64) -> Summary {
    let pairs: Vec<(&Compared, &Answered, &Answered)> =
        results.iter().filter_map(|one| Some((one, one.before.as_ref()?, one.after.as_ref()?))).collect();
    let of_kind = |kind: &str| {
        let count = results.iter().filter(|one| one.asked.kind == kind).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    };
    let shares = |of: &dyn Fn(&Compared, &Answered) -> Option<bool>| {
        let known = pairs.iter().filter_map(|(one, before, after)| Some((of(one, before)?, of(one, after)?)));
        let counted = Pairs::of(known);
        figure(counted.count(), paired(counted))
    };
    let averages = |of: &dyn Fn(&Answered) -> Option<f64>| {
        let known = pairs.iter().map(|(_, before, after)| (of(before), of(after)));
        let known: Vec<_> = known.filter(|(before, after)| before.is_some() || after.is_some()).collect();
        figure(i64::try_from(known.len()).unwrap_or(i64::MAX), means(&known, seed))
    };
    let cost = |of: &dyn Fn(&Compared) -> Option<&Answered>| {
        let all: Option<Vec<f64>> =
            results.iter().map(|one| of(one)?.cost.as_deref()?.parse::<f64>().ok()).collect();
        all.filter(|all| !all.is_empty()).map(|all| all.iter().sum::<f64>())
    };
    let mut found = Summary {
        gold: of_kind("gold"),
        recent: of_kind("recent"),
        answer_correctness: shares(&|_, answer| answer.is_correct),
        citation_precision: averages(&|answer| answer.citation_precision),
        share_answered: shares(&|one, answer| {
            one.asked.is_answerable.then_some(!answer.abstained && answer.broken.is_none())
        }),
        overlap: averages(&|answer| answer.overlap),
        confidence: averages(&|answer| answer.broken.is_none().then_some(f64::from(answer.confidence))),
        latency_ms: averages(&|answer| Some(f64::from(answer.latency_ms))),
        cost: cost(&|one| one.before.as_ref()).zip(cost(&|one| one.after.as_ref())).map(Into::into),
        lowered: Vec::new(),
    };
    found.lowered = found
        .guarded()
        .into_iter()
        .filter(|(_, figure)| is_lowered(figure))
        .map(|(name, _)| name.into())
        .collect();
    found
}

fn figure(questions: i64, measured: Option<(Measured, Measured, Measured)>) -> Option<Figure> {
    measured.map(|(before, after, change)| Figure { questions, before, after, change })
}

fn is_lowered(figure: &Figure) -> bool {
    // What is two points on paper is not more than two points in binary.
    -figure.change.value * 100.0 > limits::GUARD_POINTS + 1e-9
}

impl Summary {
    /// The figures that a change must not lower, by name, where they are known.
    #[must_use]
    pub fn guarded(&self) -> Vec<(&'static str, &Figure)> {
        let all = [
            ("answer_correctness", &self.answer_correctness),
            ("citation_precision", &self.citation_precision),
            ("share_answered", &self.share_answered),
        ];
        all.into_iter().filter_map(|(name, figure)| Some((name, figure.as_ref()?))).collect()
    }
}

impl fmt::Display for Summary {
    /// The guarded figures in words, as percentages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, figure)) in self.guarded().into_iter().enumerate() {
            let [before, after, change, low, high] = [
                figure.before.value,
                figure.after.value,
                figure.change.value,
                figure.change.low,
                figure.change.high,
            ]
            .map(|share| share * 100.0);
            let between = if place == 0 { "" } else { "; " };
            write!(
                f,
                "{between}{name} {before:.1} % before, {after:.1} % after, {change:+.1} points ({low:+.1} to {high:+.1}) of \
                 {} questions",
                figure.questions
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use store::replays::Asked;

    fn answered(is_correct: Option<bool>, abstained: bool, precision: Option<f64>) -> Answered {
        Answered {
            answer: "a".into(),
            abstained,
            broken: None,
            confidence: 0.5,
            citations: json!([]),
            is_correct,
            overlap: None,
            citation_precision: precision,
            latency_ms: 10,
            prompt_tokens: 1,
            completion_tokens: 1,
            cost: Some("0.001".into()),
        }
    }

    fn compared(kind: &str, place: i32, before: Answered, after: Answered) -> Compared {
        let asked = Asked {
            place,
            kind: kind.into(),
            gold_question_id: None,
            message_id: None,
            question: "q".into(),
            expected_answer: None,
            expected_source: None,
            is_answerable: true,
        };
        Compared { asked, before: Some(before), after: Some(after) }
    }

    #[test]
    fn figures_are_side_by_side_and_what_is_lowered_is_named() {
        let right = || answered(Some(true), false, Some(1.0));
        let silent = || answered(Some(false), true, None);
        let results: Vec<Compared> = (0..10)
            .map(|place| compared("gold", place, right(), if place < 4 { silent() } else { right() }))
            .chain((10..15).map(|place| {
                compared("recent", place, answered(None, false, None), answered(None, false, None))
            }))
            .collect();
        let found = summary(&results, 1);
        assert_eq!((found.gold, found.recent), (10, 5));
        let correct = found.answer_correctness.expect("gold questions");
        assert_eq!((correct.questions, correct.before.value, correct.after.value), (10, 1.0, 0.6));
        assert!((correct.change.value + 0.4).abs() < 1e-12 && correct.change.high < 0.0);
        let share = found.share_answered.expect("questions");
        assert_eq!((share.questions, share.before.value), (15, 1.0));
        assert_eq!(found.citation_precision.expect("citations").change.value, 0.0);
        assert_eq!(found.lowered, ["answer_correctness", "share_answered"]);
        let cost = found.cost.expect("prices");
        assert!((cost[0] - 0.015).abs() < 1e-9 && (cost[1] - 0.015).abs() < 1e-9);
        assert!(
            found.to_string().starts_with("answer_correctness 100.0 % before, 60.0 % after, -40.0 points"),
            "{found}"
        );
        assert_eq!(summary(&[], 1), Summary::default());
    }

    #[test]
    fn the_guard_stands_at_two_points() {
        let whole = |share| Measured { value: share, low: 0.0, high: 1.0 };
        let lowered = |change: f64| {
            let change = Measured { value: change, low: -1.0, high: 1.0 };
            is_lowered(&Figure { questions: 50, before: whole(0.5), after: whole(0.5), change })
        };
        assert!(!lowered(0.48 - 0.50) && lowered(0.479 - 0.50) && !lowered(0.1));
    }
}
