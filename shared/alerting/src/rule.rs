//! A rule, as it stands in JSON:
//!
//! ```json
//! { "metric": "failed_answers", "aggregation": "share", "window_minutes": 15, "comparison": "above", "threshold": 0.2,
//!   "for_minutes": 5, "clear_at": 0.1, "clear_for_minutes": 5, "minimum": 5, "missing": "keep", "severity": "critical",
//!   "filter": { "chatbot_id": null } }
//! ```

use domain::{ChatbotId, limits};
use management::Refusal;
use serde::{Deserialize, Serialize};
use store::alert_rules::Measured;

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Answers: `count`.
    Answers,
    /// Answers that broke off: `count`, or `share` of all.
    FailedAnswers,
    /// Answers that nothing is known: `count`, or `share` of all.
    AbstainedAnswers,
    /// Thumbs that are down: `count`, or `share` of all.
    NegativeFeedback,
    /// Documents that cannot be read: `count`, or `share` of those whose reading ended.
    FailedDocuments,
    /// Milliseconds of an answer: `mean`, or `p95`.
    ResponseMs,
    /// Confidence of answers, 0 to 1: `mean`.
    Confidence,
    /// US dollars: `sum`, or `share` of the daily budget, the organization's or the filter's chatbot's.
    Cost,
    /// Tokens: `sum`, or `share` of the daily budget, the organization's or the filter's chatbot's.
    Tokens,
}

/// What is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// How many.
    Count,
    /// Of all, 0 to 1.
    Share,
    /// All together.
    Sum,
    /// In the mean.
    Mean,
    /// What 95 of 100 do not exceed.
    P95,
}

impl Metric {
    fn aggregations(self) -> &'static [Aggregation] {
        match self {
            Metric::Answers => &[Aggregation::Count],
            Metric::FailedAnswers
            | Metric::AbstainedAnswers
            | Metric::NegativeFeedback
            | Metric::FailedDocuments => &[Aggregation::Count, Aggregation::Share],
            Metric::ResponseMs => &[Aggregation::Mean, Aggregation::P95],
            Metric::Confidence => &[Aggregation::Mean],
            Metric::Cost | Metric::Tokens => &[Aggregation::Sum, Aggregation::Share],
        }
    }
}

/// When the condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Greater than the threshold.
    Above,
    /// The threshold or greater.
    AtLeast,
    /// Less than the threshold.
    Below,
    /// The threshold or less.
    AtMost,
}

impl Comparison {
    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Comparison::Above => value > threshold,
            Comparison::AtLeast => value >= threshold,
            Comparison::Below => value < threshold,
            Comparison::AtMost => value <= threshold,
        }
    }

    /// Whether more is worse.
    fn is_upward(self) -> bool {
        matches!(self, Comparison::Above | Comparison::AtLeast)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To know.
    Info,
    /// To look at.
    Warning,
    /// To act on.
    Critical,
}

impl Severity {
    /// As it is spelled.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// What no data means to an alert that fires. One that does not never begins for want of data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// It stays as it is.
    #[default]
    Keep,
    /// As if the condition were over.
    Clear,
}

/// Of what; nothing narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Of one chatbot.
    #[serde(default)]
    pub chatbot_id: Option<ChatbotId>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What is watched.
    pub metric: Metric,
    /// What is made of it.
    pub aggregation: Aggregation,
    /// Over how long, 2 minutes to 7 days: rules are looked at a minute after something happened.
    pub window_minutes: i32,
    /// How it compares.
    pub comparison: Comparison,
    /// With what.
    pub threshold: f64,
    /// How long the condition holds before the alert is triggered, 0 to 1,440.
    #[serde(default)]
    pub for_minutes: i32,
    /// Where the condition is over, on the good side of the threshold; the threshold itself when not said.
    #[serde(default)]
    pub clear_at: Option<f64>,
    /// How long it is over before the alert is resolved, 0 to 1,440.
    #[serde(default)]
    pub clear_for_minutes: i32,
    /// Answers, thumbs or documents below which nothing is known, 1 to 1,000,000.
    #[serde(default = "one")]
    pub minimum: i64,
    /// What no data means.
    #[serde(default)]
    pub missing: Missing,
    /// How bad it is.
    pub severity: Severity,
    /// Of what.
    #[serde(default)]
    pub filter: Filter,
}

const fn one() -> i64 {
    1
}

impl Rule {
    /// Whether it makes sense, field by field.
    ///
    /// # Errors
    /// [`Refusal::Invalid`].
    pub fn check(&self) -> Result<(), Refusal> {
        let known = self.metric.aggregations();
        if !known.contains(&self.aggregation) {
            let known: Vec<String> = known.iter().map(spelled).collect();
            let detail = format!("Of {} there is {}.", spelled(&self.metric), known.join(", "));
            return Err(Refusal::invalid("/rule/aggregation", detail));
        }
        let within = |pointer, number: i64, least: i64, most: i64| {
            management::check::within(pointer, number, least, most).map(|_| ())
        };
        within(
            "/rule/window_minutes",
            self.window_minutes.into(),
            limits::ALERT_LEAST_WINDOW_MINUTES,
            limits::ALERT_WINDOW_MINUTES,
        )?;
        if self.metric == Metric::FailedDocuments && self.filter.chatbot_id.is_some() {
            let detail = "Documents belong to the organization, whichever chatbots read them: this metric takes no filter.";
            return Err(Refusal::invalid("/rule/filter/chatbot_id", detail));
        }
        within("/rule/for_minutes", self.for_minutes.into(), 0, limits::ALERT_FOR_MINUTES)?;
        within("/rule/clear_for_minutes", self.clear_for_minutes.into(), 0, limits::ALERT_FOR_MINUTES)?;
        within("/rule/minimum", self.minimum, 1, limits::ALERT_MINIMUM)?;
        let number = |pointer: &str, number: f64| {
            if !number.is_finite() || number < 0.0 {
                return Err(Refusal::invalid(pointer, "It is a number from 0 on."));
            }
            let is_budget = matches!(self.metric, Metric::Cost | Metric::Tokens);
            if self.aggregation == Aggregation::Share && !is_budget && number > 1.0 {
                return Err(Refusal::invalid(pointer, "A share is 0 to 1, as in 0.2 for 20 %."));
            }
            Ok(())
        };
        number("/rule/threshold", self.threshold)?;
        let Some(clear_at) = self.clear_at else { return Ok(()) };
        number("/rule/clear_at", clear_at)?;
        let is_good =
            if self.comparison.is_upward() { clear_at <= self.threshold } else { clear_at >= self.threshold };
        if !is_good {
            let detail = "It lies on the bad side of the threshold: the alert would be over before it began.";
            return Err(Refusal::invalid("/rule/clear_at", detail));
        }
        Ok(())
    }

    /// Whether the condition holds.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        self.comparison.holds(value, self.threshold)
    }

    /// Whether it is over, once it held.
    #[must_use]
    pub fn is_over(&self, value: f64) -> bool {
        !self.comparison.holds(value, self.clear_at.unwrap_or(self.threshold))
    }

    /// What was measured, as far as there was enough of it; and how much there was.
    #[must_use]
    pub fn value(&self, of: &Measured) -> (Option<f64>, i64) {
        let (count, all) = match self.metric {
            Metric::Answers => (of.answers, of.answers),
            Metric::FailedAnswers => (of.failed, of.answers),
            Metric::AbstainedAnswers => (of.abstained, of.answers),
            Metric::NegativeFeedback => (of.negative, of.judgements),
            Metric::FailedDocuments => (of.failed_documents, of.documents),
            Metric::ResponseMs | Metric::Confidence | Metric::Cost | Metric::Tokens => {
                (of.answers, of.answers)
            }
        };
        let budget = |spent: f64, budget: Option<f64>| {
            budget.filter(|budget| *budget > 0.0).map(|budget| spent / budget)
        };
        let value = match (self.aggregation, self.metric) {
            // Nothing is a number too.
            (Aggregation::Count, _) => return (Some(float(count)), all),
            (Aggregation::Sum, Metric::Tokens) => return (Some(of.tokens), all),
            (Aggregation::Sum, _) => return (Some(of.cost), all),
            (Aggregation::Share, Metric::Cost) => {
                return (budget(of.cost.max(of.spent_cost), of.daily_cost), all);
            }
            (Aggregation::Share, Metric::Tokens) => {
                return (budget(of.tokens.max(of.spent_tokens), of.daily_tokens), all);
            }
            (Aggregation::Share, _) => Some(float(count) / float(all.max(1))),
            (Aggregation::Mean, Metric::Confidence) => of.confidence_mean,
            (Aggregation::Mean, _) => of.response_mean,
            (Aggregation::P95, _) => of.response_p95,
        };
        (value.filter(|_| all >= self.minimum), all)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
fn float(number: i64) -> f64 {
    number as f64
}

/// A word as it is spelled in JSON.
fn spelled(word: &impl Serialize) -> String {
    let value = serde_json::to_value(word).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// A rule that every organization has.
pub struct Builtin {
    /// What it is known by.
    pub key: &'static str,
    /// For people.
    pub name: &'static str,
    /// What it says.
    pub rule: Rule,
}

/// The rules that every organization has, until it changes them: failures, cost, quality.
#[must_use]
pub fn builtins() -> Vec<Builtin> {
    let share = |metric, window_minutes, threshold, minimum, severity| Rule {
        metric,
        aggregation: Aggregation::Share,
        window_minutes,
        comparison: Comparison::Above,
        threshold,
        for_minutes: 0,
        clear_at: None,
        clear_for_minutes: 5,
        minimum,
        missing: Missing::Keep,
        severity,
        filter: Filter::default(),
    };
    let rule = |key, name, rule| Builtin { key, name, rule };
    vec![
        rule(
            "failed_answers",
            "More than a fifth of the answers break off",
            share(Metric::FailedAnswers, 15, 0.2, 5, Severity::Critical),
        ),
        rule(
            "failed_documents",
            "More than half of the documents cannot be read",
            share(Metric::FailedDocuments, 60, 0.5, 4, Severity::Warning),
        ),
        rule(
            "cost",
            "More than four fifths of a day's budget are spent within a day",
            share(Metric::Cost, 1_440, 0.8, 1, Severity::Warning),
        ),
        rule(
            "abstained_answers",
            "More than half of the questions are not answered",
            share(Metric::AbstainedAnswers, 1_440, 0.5, 20, Severity::Warning),
        ),
        rule(
            "negative_feedback",
            "More than a third of the thumbs are down",
            share(Metric::NegativeFeedback, 1_440, 0.34, 10, Severity::Warning),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(changes: serde_json::Value) -> Rule {
        let mut rule = json!({ "metric": "failed_answers", "aggregation": "share", "window_minutes": 15,
            "comparison": "above", "threshold": 0.2, "severity": "critical" });
        for (name, value) in changes.as_object().expect("an object") {
            rule[name] = value.clone();
        }
        serde_json::from_value(rule).expect("a rule")
    }

    #[test]
    fn rules_have_edges() {
        for well in [
            json!({}),
            json!({ "window_minutes": 2 }),
            json!({ "window_minutes": 10_080 }),
            json!({ "for_minutes": 1_440, "clear_for_minutes": 1_440 }),
            json!({ "threshold": 1.0 }),
            json!({ "clear_at": 0.2 }),
            json!({ "comparison": "below", "clear_at": 0.3 }),
            json!({ "metric": "cost", "threshold": 3.0 }),
            json!({ "minimum": 1_000_000 }),
        ] {
            assert!(rule(well.clone()).check().is_ok(), "{well}");
        }
        for (wrong, at) in [
            (json!({ "window_minutes": 1 }), "/rule/window_minutes"),
            (json!({ "window_minutes": 10_081 }), "/rule/window_minutes"),
            (json!({ "for_minutes": -1 }), "/rule/for_minutes"),
            (json!({ "for_minutes": 1_441 }), "/rule/for_minutes"),
            (json!({ "clear_for_minutes": 1_441 }), "/rule/clear_for_minutes"),
            (json!({ "threshold": -0.1 }), "/rule/threshold"),
            (json!({ "threshold": 1.1 }), "/rule/threshold"),
            (json!({ "clear_at": 0.3 }), "/rule/clear_at"),
            (json!({ "comparison": "at_most", "clear_at": 0.1 }), "/rule/clear_at"),
            (json!({ "aggregation": "p95" }), "/rule/aggregation"),
            (json!({ "metric": "answers" }), "/rule/aggregation"),
            (json!({ "minimum": 0 }), "/rule/minimum"),
            (json!({ "minimum": 1_000_001 }), "/rule/minimum"),
        ] {
            let refused = rule(wrong.clone()).check();
            assert!(
                matches!(&refused, Err(Refusal::Invalid { pointer, .. }) if pointer == at),
                "{wrong}: {refused:?}"
            );
        }
        for builtin in builtins() {
            assert!(builtin.rule.check().is_ok(), "{}", builtin.key);
        }
    }

    #[test]
    fn what_is_too_little_is_not_known() {
        let of = |failed, answers| Measured { failed, answers, ..Measured::default() };
        let rule_of = |minimum: i64| rule(json!({ "minimum": minimum }));
        assert_eq!(rule_of(5).value(&of(2, 4)), (None, 4));
        assert_eq!(rule_of(5).value(&of(2, 5)), (Some(0.4), 5));
        assert_eq!(rule(json!({})).value(&of(0, 0)), (None, 0));
        assert_eq!(rule(json!({ "aggregation": "count" })).value(&of(0, 0)), (Some(0.0), 0));
        let spent = |daily_cost| Measured { cost: 4.0, answers: 1, daily_cost, ..Measured::default() };
        let cost = rule(json!({ "metric": "cost" }));
        assert_eq!(cost.value(&spent(Some(5.0))), (Some(0.8), 1));
        assert_eq!(cost.value(&spent(None)), (None, 1), "no budget, no share");
    }
}
