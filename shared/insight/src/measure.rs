//! Figures with their 95 % confidence intervals: shares (Wilson), differences of shares (Newcombe), means (standard errors), and
//! differences of means over the same questions (bootstrap). Pure.

use crate::analyse::ratio;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde::{Deserialize, Serialize};

/// Quantile of the normal distribution for 95 %.
const Z: f64 = 1.959_964;

/// A figure and the interval that it lies in, with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// 0..1.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A share with Wilson's score interval; `None` of nothing.
pub(crate) fn wilson(part: i64, whole: i64) -> Option<Measured> {
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
pub(crate) fn mean(value: f64, deviation: Option<f64>, count: i64) -> Measured {
    let Some(deviation) = deviation else { return Measured { value, low: 0.0, high: 1.0 } };
    let half = Z * deviation / f64::from(u32::try_from(count).unwrap_or(u32::MAX)).sqrt();
    Measured { value, low: (value - half).max(0.0), high: (value + half).min(1.0) }
}

/// The difference of two shares with Newcombe's interval, which is made of Wilson's.
pub(crate) fn difference(before: Measured, after: Measured) -> Measured {
    let value = after.value - before.value;
    let apart = |up: f64, down: f64| (up * up + down * down).sqrt();
    Measured {
        value,
        low: value - apart(after.value - after.low, before.high - before.value),
        high: value + apart(after.high - after.value, before.value - before.low),
    }
}

/// How two versions did on the same questions, each well or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pairs {
    /// Both well.
    pub(crate) both: i64,
    /// The one before alone.
    pub(crate) before: i64,
    /// The one after alone.
    pub(crate) after: i64,
    /// Neither.
    pub(crate) neither: i64,
}

impl Pairs {
    pub(crate) fn of(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut all = Self::default();
        for pair in pairs {
            match pair {
                (true, true) => all.both += 1,
                (true, false) => all.before += 1,
                (false, true) => all.after += 1,
                (false, false) => all.neither += 1,
            }
        }
        all
    }

    pub(crate) fn count(&self) -> i64 {
        self.both + self.before + self.after + self.neither
    }
}

/// The shares of both versions, and their difference with Newcombe's interval for paired shares (Statistics in Medicine 17
/// (1998): 2635–2650, method 10); `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of questions")]
pub(crate) fn paired(pairs: Pairs) -> Option<(Measured, Measured, Measured)> {
    let whole = pairs.count();
    let (well_before, well_after) = (pairs.both + pairs.before, pairs.both + pairs.after);
    let (before, after) = (wilson(well_before, whole)?, wilson(well_after, whole)?);
    let product = [well_before, whole - well_before, well_after, whole - well_after];
    let product: f64 = product.into_iter().map(|count| count as f64).product();
    let agreement = pairs.both as f64 * pairs.neither as f64 - pairs.before as f64 * pairs.after as f64;
    // Where they agree, less than chance would have it is no reason to trust the difference more.
    let agreement = if agreement > 0.0 { (agreement - whole as f64 / 2.0).max(0.0) } else { agreement };
    let phi = if product > 0.0 { agreement / product.sqrt() } else { 0.0 };
    let apart = |up: f64, down: f64| (up * up - 2.0 * phi * up * down + down * down).max(0.0).sqrt();
    let value = after.value - before.value;
    let change = Measured {
        value,
        low: value - apart(after.value - after.low, before.high - before.value),
        high: value + apart(after.high - after.value, before.value - before.low),
    };
    Some((before, after, change))
}

/// Samples of a bootstrap.
const SAMPLES: usize = 2_000;

/// The means of what both versions got on the same questions, and the difference of the means, each with the percentile interval of
/// a bootstrap over questions. A question counts for the versions that have a value for it; `None` while one has none.
pub(crate) fn means(
    questions: &[(Option<f64>, Option<f64>)],
    seed: u64,
) -> Option<(Measured, Measured, Measured)> {
    let of = |sample: &[(Option<f64>, Option<f64>)]| {
        let before = average(sample.iter().filter_map(|one| one.0))?;
        let after = average(sample.iter().filter_map(|one| one.1))?;
        Some([before, after, after - before])
    };
    let values = of(questions)?;
    let mut random = StdRng::seed_from_u64(seed);
    let mut samples: [Vec<f64>; 3] = Default::default();
    for _ in 0..SAMPLES {
        let sample: Vec<_> =
            questions.iter().map(|_| questions[random.random_range(0..questions.len())]).collect();
        for (sampled, value) in samples.iter_mut().zip(of(&sample).into_iter().flatten()) {
            sampled.push(value);
        }
    }
    let mut measured = values.into_iter().zip(samples).map(|(value, sampled)| between(value, sampled));
    Some((measured.next()?, measured.next()?, measured.next()?))
}

fn between(value: f64, mut sampled: Vec<f64>) -> Measured {
    sampled.sort_by(f64::total_cmp);
    let at = |place: usize| sampled.get(place).copied().unwrap_or(value);
    let tail = sampled.len() * 25 / 1_000;
    Measured { value, low: at(tail).min(value), high: at(sampled.len().saturating_sub(tail + 1)).max(value) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of questions")]
fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
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

    #[test]
    fn paired_shares_have_the_published_intervals() {
        // Altman, Machin, Bryant, Gardner, Statistics with Confidence (2000), table 6.2: 14, 5, 0, 22 gives 0.12, 0.011 to 0.226.
        let (_, _, change) = paired(Pairs { both: 14, before: 0, after: 5, neither: 22 }).expect("some");
        near(change, [0.1220, 0.0115, 0.2265]);
        // Fagerland, Lydersen, Laake, Statistics in Medicine 33 (2014): 2850–2875, airway hyper-responsiveness (Bentur 2009):
        // 1, 1, 7, 12 gives −0.286, −0.507 to −0.026.
        let (_, _, change) = paired(Pairs { both: 1, before: 7, after: 1, neither: 12 }).expect("some");
        near(change, [-0.2857, -0.5069, -0.0256]);
        // What agrees without exception has no difference, and the width of a single share at most.
        let (before, after, change) = paired(Pairs { both: 20, ..Pairs::default() }).expect("some");
        assert!(before == after && change.value == 0.0 && change.low < 0.0 && change.high > 0.0);
        assert!(paired(Pairs::default()).is_none());
    }

    #[test]
    fn a_bootstrap_has_the_published_standard_error() {
        // Efron, Tibshirani, An Introduction to the Bootstrap (1993), table 2.1: treated mice live 86.86 days, and the bootstrap's
        // standard error of that is 23.36 with ever more samples; the control group's mean is 56.22.
        let treated = [94.0, 197.0, 16.0, 38.0, 99.0, 141.0, 23.0];
        let questions: Vec<_> = treated.iter().map(|days| (Some(*days), Some(days + 1.0))).collect();
        let (mean, moved, change) = means(&questions, 7).expect("some");
        assert!((mean.value - 86.857).abs() < 1e-3 && (moved.value - 87.857).abs() < 1e-3);
        let error = (mean.high - mean.low) / (2.0 * Z);
        assert!((error - 23.36).abs() < 1.5, "{error}");
        // The same questions: what moves all of them alike moves surely.
        near(change, [1.0, 1.0, 1.0]);
        assert_eq!(means(&questions, 7), means(&questions, 7), "the same seed, the same interval");
        assert!(means(&[(Some(1.0), None)], 7).is_none());
    }
}
