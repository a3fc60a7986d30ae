//! What came of a change: how the version before and the one after it answered, with 95 % confidence intervals. It is counted by day and
//! version, and stays when the messages go.

use crate::{
    Insight, Refusal,
    measure::{Measured, difference, mean, wilson},
};
use domain::{AdminFeedbackId, Caller, ConfigVersionId, Scope, limits};
use store::admin_feedback::{self, Figures};

/// How a version answered.
#[derive(Debug, Clone)]
pub struct Side {
    /// The version.
    pub version: ConfigVersionId,
    /// Answers that did not break off.
    pub answers: i64,
    /// Share of them that did not abstain (Wilson's interval).
    pub answered: Option<Measured>,
    /// Mean confidence (1.96 standard errors to either side).
    pub confidence: Option<Measured>,
    /// Thumbs.
    pub thumbs: i64,
    /// Share of thumbs that are up (Wilson's interval).
    pub liked: Option<Measured>,
}

/// What came of a change.
#[derive(Debug, Clone)]
pub struct Impact {
    /// How it was.
    pub before: Side,
    /// How it is.
    pub after: Side,
    /// Difference of the shares answered, -1..1 (Newcombe's interval); `None` while one side has no answers.
    pub answered_change: Option<Measured>,
    /// What that says.
    pub verdict: Verdict,
}

/// What a difference of the shares answered says of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A side has fewer than [`limits::IMPACT_LEAST_ANSWERS`] answers: nothing yet.
    TooFewAnswers,
    /// The whole interval is above nothing.
    Better,
    /// The whole interval is below nothing.
    Worse,
    /// It may be chance.
    NoClearChange,
}

impl Verdict {
    /// The spelling in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::TooFewAnswers => "too_few_answers",
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::NoClearChange => "no_clear_change",
        }
    }

    fn of(fewest: i64, change: Option<Measured>) -> Self {
        match change {
            Some(change) if fewest >= limits::IMPACT_LEAST_ANSWERS => {
                if change.low > 0.0 {
                    Self::Better
                } else if change.high < 0.0 {
                    Self::Worse
                } else {
                    Self::NoClearChange
                }
            }
            _ => Self::TooFewAnswers,
        }
    }
}

impl Insight {
    /// What came of a criticism that was applied, as of now.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when it was not applied, or a version is gone.
    pub async fn impact(&self, caller: &Caller, id: AdminFeedbackId) -> Result<Impact, Refusal> {
        let tx = self.enter(caller, Scope::FeedbackRead).await?;
        let criticism = admin_feedback::get(&tx, id).await?.ok_or(Refusal::NotFound("admin feedback"))?;
        let (Some(before), Some(after)) = (criticism.before_config, criticism.after_config) else {
            let detail =
                "Nothing was changed for this criticism, so nothing came of it. Apply a proposal first.";
            return Err(Refusal::conflict("not-applied", detail));
        };
        let [old, new] = admin_feedback::impact(&tx, [before, after]).await?;
        tx.finish().await?;
        let (before, after) = (side(before, &old), side(after, &new));
        let answered_change = before.answered.zip(after.answered).map(|(old, new)| difference(old, new));
        let verdict = Verdict::of(before.answers.min(after.answers), answered_change);
        Ok(Impact { before, after, answered_change, verdict })
    }
}

fn side(version: ConfigVersionId, figures: &Figures) -> Side {
    let thumbs = figures.likes + figures.dislikes;
    Side {
        version,
        answers: figures.answers,
        answered: wilson(figures.answered, figures.answers),
        confidence: figures.confidence.map(|value| mean(value, figures.deviation, figures.answers)),
        thumbs,
        liked: wilson(figures.likes, thumbs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_needs_thirty_answers_of_each_side_and_more_than_chance() {
        let change = |low, high| Some(Measured { value: 0.1, low, high });
        let enough = limits::IMPACT_LEAST_ANSWERS;
        assert_eq!(Verdict::of(enough - 1, change(0.01, 0.2)), Verdict::TooFewAnswers);
        assert_eq!(Verdict::of(enough, change(0.01, 0.2)), Verdict::Better);
        assert_eq!(Verdict::of(enough, change(-0.2, -0.01)), Verdict::Worse);
        assert_eq!(Verdict::of(enough, change(-0.01, 0.2)), Verdict::NoClearChange);
        assert_eq!(Verdict::of(enough, None), Verdict::TooFewAnswers);
    }
}
