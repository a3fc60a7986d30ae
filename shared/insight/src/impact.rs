//! What came of a change: how the version before and the one after it answered, with 95 % confidence intervals.

use crate::{Insight, Refusal, analyse::ratio};
use domain::{AdminFeedbackId, Caller, ConfigVersionId, Scope, limits::LEAST_SUPPORT};
use store::admin_feedback::{self, Figures};

/// Quantile of the normal distribution for 95 %.
const Z: f64 = 1.959_964;

/// A figure and the interval that it lies in, with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// 0..1.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

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
        let (old, new) = futures_util::try_join!(
            admin_feedback::figures(&tx, criticism.chatbot, before, LEAST_SUPPORT),
            admin_feedback::figures(&tx, criticism.chatbot, after, LEAST_SUPPORT)
        )?;
        tx.finish().await?;
        let (before, after) = (side(before, &old), side(after, &new));
        let answered_change = before.answered.zip(after.answered).map(|(old, new)| difference(old, new));
        Ok(Impact { before, after, answered_change })
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

/// A share with Wilson's score interval; `None` of nothing.
fn wilson(part: i64, whole: i64) -> Option<Measured> {
    if whole <= 0 {
        return None;
    }
    let (p, n) = (ratio(part, whole), f64::from(u32::try_from(whole).unwrap_or(u32::MAX)));
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At the ends, rounding would put the share itself outside.
    Some(Measured { value: p, low: (centre - half).clamp(0.0, p), high: (centre + half).clamp(p, 1.0) })
}

/// A mean with its standard error; of a single one nothing is known but that it lies between 0 and 1.
fn mean(value: f64, deviation: Option<f64>, count: i64) -> Measured {
    let Some(deviation) = deviation else { return Measured { value, low: 0.0, high: 1.0 } };
    let half = Z * deviation / f64::from(u32::try_from(count).unwrap_or(u32::MAX)).sqrt();
    Measured { value, low: (value - half).max(0.0), high: (value + half).min(1.0) }
}

/// The difference of two shares with Newcombe's interval, which is made of Wilson's.
fn difference(before: Measured, after: Measured) -> Measured {
    let value = after.value - before.value;
    let apart = |up: f64, down: f64| (up * up + down * down).sqrt();
    Measured {
        value,
        low: value - apart(after.value - after.low, before.high - before.value),
        high: value + apart(after.high - after.value, before.value - before.low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Measured, expected: [f64; 3]) {
        for (found, expected) in [found.value, found.low, found.high].into_iter().zip(expected) {
            assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
        }
    }

    #[test]
    fn shares_have_the_published_intervals() {
        // Newcombe, Statistics in Medicine 17 (1998): 857–872, table I, method 3 (81/263, 15/148), and of two shares
        // 17: 873–890, table II, method 10 (56/70 − 48/80).
        near(wilson(81, 263).expect("some"), [0.3080, 0.2553, 0.3662]);
        near(wilson(15, 148).expect("some"), [0.1014, 0.0624, 0.1605]);
        let (before, after) = (wilson(48, 80).expect("some"), wilson(56, 70).expect("some"));
        near(difference(before, after), [0.2, 0.0524, 0.3339]);
        assert_eq!(wilson(0, 0), None);
        near(wilson(0, 20).expect("some"), [0.0, 0.0, 0.1611]);
        for whole in 1..200 {
            let (none, all) = (wilson(0, whole).expect("some"), wilson(whole, whole).expect("some"));
            assert!(none.low <= none.value && all.value <= all.high, "{whole}: {none:?}, {all:?}");
        }
    }

    #[test]
    fn a_mean_of_one_is_known_to_lie_between_nothing_and_all() {
        near(mean(0.5, None, 1), [0.5, 0.0, 1.0]);
        near(mean(0.5, Some(0.2), 100), [0.5, 0.4608, 0.5392]);
    }
}
