//! From a series of measurements to transitions: triggered after the condition has held for so long, resolved after it has been
//! over for so long, past a threshold of its own.

use crate::{Missing, Rule};
use jiff::{SignedDuration, Timestamp};

/// How far a rule is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// Whether its alert is not resolved.
    pub is_firing: bool,
    /// Since when the condition holds, while nothing fires.
    pub pending_since: Option<Timestamp>,
    /// Since when it is over, while something fires.
    pub clearing_since: Option<Timestamp>,
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// An alert begins.
    Triggered,
    /// It ends.
    Resolved,
}

impl State {
    /// The next state, with a measurement of this moment; `None`: nothing is known.
    #[must_use]
    pub fn next(self, rule: &Rule, value: Option<f64>, now: Timestamp) -> (Self, Option<Transition>) {
        let has_lasted = |since: Timestamp, minutes: i32| {
            now.duration_since(since) >= SignedDuration::from_mins(minutes.into())
        };
        let quiet = Self::default();
        let firing = Self { is_firing: true, ..quiet };
        if self.is_firing {
            let is_over = match value {
                Some(value) => rule.is_over(value),
                None => rule.missing == Missing::Clear,
            };
            if !is_over {
                return (firing, None);
            }
            let since = self.clearing_since.unwrap_or(now);
            if has_lasted(since, rule.clear_for_minutes) {
                return (quiet, Some(Transition::Resolved));
            }
            return (Self { clearing_since: Some(since), ..firing }, None);
        }
        if !value.is_some_and(|value| rule.holds(value)) {
            return (quiet, None);
        }
        let since = self.pending_since.unwrap_or(now);
        if has_lasted(since, rule.for_minutes) {
            return (firing, Some(Transition::Triggered));
        }
        (Self { pending_since: Some(since), ..quiet }, None)
    }

    /// Minutes after which it changes if everything stays as it is.
    #[must_use]
    pub fn due_in_minutes(self, rule: &Rule, now: Timestamp) -> Option<i64> {
        let left = |since: Timestamp, minutes: i32| {
            (i64::from(minutes) - now.duration_since(since).as_mins()).max(1)
        };
        match self {
            Self { pending_since: Some(since), .. } => Some(left(since, rule.for_minutes)),
            Self { clearing_since: Some(since), .. } => Some(left(since, rule.clear_for_minutes)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// `+3`: triggered in the third minute, counted from 0; `-5`: resolved in the fifth.
    fn transitions(rule: &str, series: &[Option<f64>]) -> String {
        let (comparison, rest) = rule.split_once(' ').expect("a comparison");
        let mut wish = json!({ "metric": "failed_answers", "aggregation": "share", "window_minutes": 5,
            "comparison": comparison, "threshold": 0.5, "severity": "warning" });
        for word in rest.split_whitespace() {
            let (name, value) = word.split_once('=').expect("name=value");
            let name = match name {
                "for" => "for_minutes",
                "clear_for" => "clear_for_minutes",
                other => other,
            };
            wish[name] = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        }
        let rule: Rule = serde_json::from_value(wish).expect("a rule");
        rule.check().expect("a rule that makes sense");
        let mut state = State::default();
        let mut said = Vec::new();
        for (minute, value) in series.iter().enumerate() {
            let at = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(i64::try_from(minute).expect("short"));
            let (next, transition) = state.next(&rule, *value, at);
            match transition {
                Some(Transition::Triggered) => said.push(format!("+{minute}")),
                Some(Transition::Resolved) => said.push(format!("-{minute}")),
                None => {}
            }
            state = next;
        }
        said.join(" ")
    }

    #[test]
    fn a_series_makes_transitions() {
        const N: Option<f64> = None;
        const fn s(value: f64) -> Option<f64> {
            Some(value)
        }
        let table: &[(&str, &[Option<f64>], &str)] = &[
            // Edges of the comparisons.
            ("above threshold=0.5", &[s(0.5), s(0.5)], ""),
            ("above threshold=0.5", &[s(0.5), s(0.500_001)], "+1"),
            ("at_least threshold=0.5", &[s(0.499_999), s(0.5)], "+1"),
            ("below threshold=0.5", &[s(0.5), s(0.499_999)], "+1"),
            ("at_most threshold=0.5", &[s(0.500_001), s(0.5)], "+1"),
            ("above threshold=0", &[s(0.0), s(0.000_1)], "+1"),
            // And of their ends.
            ("above threshold=0.5", &[s(0.6), s(0.5)], "+0 -1"),
            ("at_least threshold=0.5", &[s(0.5), s(0.5), s(0.499_999)], "+0 -2"),
            ("below threshold=0.5", &[s(0.4), s(0.5)], "+0 -1"),
            ("at_most threshold=0.5", &[s(0.5), s(0.500_001)], "+0 -1"),
            // For.
            ("above for=2", &[s(0.6), s(0.6), s(0.6), s(0.6)], "+2"),
            ("above for=2", &[s(0.6), s(0.6), s(0.4), s(0.6), s(0.6)], ""),
            ("above for=2", &[s(0.6), s(0.6), s(0.4), s(0.6), s(0.6), s(0.6)], "+5"),
            ("above for=1", &[s(0.6), s(0.4), s(0.6), s(0.4), s(0.6)], ""),
            ("above for=3", &[s(0.6), s(0.9), s(0.51), s(1.0)], "+3"),
            // Flapping, without and with hysteresis.
            ("above threshold=0.5", &[s(0.6), s(0.4), s(0.6), s(0.4)], "+0 -1 +2 -3"),
            ("above clear_at=0.3", &[s(0.6), s(0.4), s(0.6), s(0.4)], "+0"),
            ("above clear_at=0.3", &[s(0.6), s(0.4), s(0.3)], "+0 -2"),
            ("above clear_at=0.3", &[s(0.6), s(0.300_001)], "+0"),
            ("at_least clear_at=0.3", &[s(0.5), s(0.3), s(0.299_999)], "+0 -2"),
            ("below clear_at=0.7", &[s(0.4), s(0.6), s(0.4), s(0.7)], "+0 -3"),
            ("at_most clear_at=0.7", &[s(0.5), s(0.7), s(0.700_001)], "+0 -2"),
            ("above clear_for=2", &[s(0.6), s(0.4), s(0.6), s(0.4), s(0.6), s(0.4)], "+0"),
            ("above clear_for=2", &[s(0.6), s(0.4), s(0.4), s(0.4)], "+0 -3"),
            ("above clear_for=2", &[s(0.6), s(0.4), s(0.6), s(0.4), s(0.4), s(0.4)], "+0 -5"),
            ("above for=1 clear_for=1", &[s(0.6), s(0.6), s(0.4), s(0.4), s(0.6), s(0.6)], "+1 -3 +5"),
            // What is not known.
            ("above threshold=0.5", &[N, N, N], ""),
            ("below threshold=0.5", &[N, N], ""),
            ("above for=2", &[s(0.6), N, s(0.6), s(0.6)], ""),
            ("above for=2", &[s(0.6), N, s(0.6), s(0.6), s(0.6)], "+4"),
            ("above threshold=0.5", &[s(0.6), N, N, s(0.4)], "+0 -3"),
            ("above missing=clear", &[s(0.6), N, s(0.6)], "+0 -1 +2"),
            ("above missing=clear clear_for=1", &[s(0.6), N, s(0.6), N, N], "+0 -4"),
            ("above clear_for=2", &[s(0.6), s(0.4), N, s(0.4), s(0.4), s(0.4)], "+0 -5"),
            // Again and again.
            ("above threshold=0.5", &[s(0.6), s(0.6), s(0.6)], "+0"),
            ("above threshold=0.5", &[], ""),
        ];
        for (rule, series, expected) in table {
            assert_eq!(transitions(rule, series), *expected, "{rule}: {series:?}");
        }
    }

    #[test]
    fn what_is_pending_is_due() {
        let mut rule = crate::rule::builtins().remove(0).rule;
        rule.for_minutes = 10;
        let begun = Timestamp::UNIX_EPOCH;
        let state = State { pending_since: Some(begun), ..State::default() };
        assert_eq!(state.due_in_minutes(&rule, begun + SignedDuration::from_mins(4)), Some(6));
        assert_eq!(state.due_in_minutes(&rule, begun + SignedDuration::from_mins(40)), Some(1));
        assert_eq!(State::default().due_in_minutes(&rule, begun), None);
    }
}
