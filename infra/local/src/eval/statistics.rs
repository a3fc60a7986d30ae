//! The mathematics of evaluation. Pure; every function is held against values computed by hand.

use std::collections::BTreeMap;

/// Normalised discounted cumulative gain of one relevant document at a rank (from 1; `None`: not found), cut at `k`:
/// with one relevant document the ideal gain is 1.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
pub fn ndcg(rank: Option<usize>, k: usize) -> f64 {
    match rank {
        Some(rank) if rank >= 1 && rank <= k => 1.0 / (rank as f64 + 1.0).log2(),
        _ => 0.0,
    }
}

/// Area under the ROC curve: how often a true case scores above a false one, ties counting half. `None` without
/// both kinds.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of questions")]
pub fn auroc(scored: &[(f64, bool)]) -> Option<f64> {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = sorted.iter().filter(|(_, truth)| *truth).count();
    let negatives = sorted.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    // Mann-Whitney: the sum of the true cases' ranks, equal scores sharing the mean of their ranks.
    let (mut rank_sum, mut at) = (0.0, 0);
    while at < sorted.len() {
        let end = at + sorted[at..].iter().take_while(|(score, _)| *score == sorted[at].0).count();
        let shared = (at + 1 + end) as f64 / 2.0;
        rank_sum += shared * sorted[at..end].iter().filter(|(_, truth)| *truth).count() as f64;
        at = end;
    }
    let (positives, negatives) = (positives as f64, negatives as f64);
    Some((rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

/// Answers of about one confidence.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bin {
    /// Where it begins; it ends where the next begins.
    pub from: f64,
    /// Answers in it.
    pub count: usize,
    /// What they said of themselves.
    pub confidence: f64,
    /// The share of them that was right.
    pub truth: f64,
}

/// Confidence against truth in bins of equal width, empty ones left out.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of questions")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to the number of bins")]
pub fn calibration(scored: &[(f64, bool)], bins: usize) -> Vec<Bin> {
    let mut sums: BTreeMap<usize, (usize, f64, usize)> = BTreeMap::new();
    for (confidence, truth) in scored {
        let place = ((confidence.clamp(0.0, 1.0) * bins as f64) as usize).min(bins.saturating_sub(1));
        let sum = sums.entry(place).or_default();
        *sum = (sum.0 + 1, sum.1 + confidence, sum.2 + usize::from(*truth));
    }
    let bin = |(place, (count, confidence, right)): (usize, (usize, f64, usize))| Bin {
        from: place as f64 / bins as f64,
        count,
        confidence: confidence / count as f64,
        truth: right as f64 / count as f64,
    };
    sums.into_iter().map(bin).collect()
}

/// Expected calibration error: the bins' distances from the truth, weighed by their counts.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of questions")]
pub fn expected_calibration_error(bins: &[Bin]) -> Option<f64> {
    let all: usize = bins.iter().map(|bin| bin.count).sum();
    let weighed = bins.iter().map(|bin| (bin.confidence - bin.truth).abs() * bin.count as f64).sum::<f64>();
    (all > 0).then(|| weighed / all as f64)
}

/// The value that a share of all values (0..1) does not exceed, by nearest rank.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of questions")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = ((sorted.len() as f64 * share).ceil() as usize).max(1);
    sorted.get(place - 1).copied()
}

/// The mean; `None` of nothing.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of questions")]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn ndcg_of_one_relevant_document() {
        assert!(near(ndcg(Some(1), 10), 1.0));
        // 1 / log2(3 + 1)
        assert!(near(ndcg(Some(3), 10), 0.5));
        assert!(near(ndcg(Some(10), 10), 0.289_064_826_317_887_8));
        assert!(near(ndcg(Some(11), 10), 0.0) && near(ndcg(None, 10), 0.0) && near(ndcg(Some(0), 10), 0.0));
    }

    #[test]
    fn auroc_counts_pairs_and_halves_ties() {
        // Pairs: .9>.5, .9>.1, .5=.5 (half), .5>.1, .3<.5, .3>.1: 4.5 of 6.
        let scored = [(0.9, true), (0.5, true), (0.3, true), (0.5, false), (0.1, false)];
        assert!(near(auroc(&scored).unwrap(), 0.75));
        assert!(near(auroc(&[(1.0, true), (0.0, false)]).unwrap(), 1.0));
        assert!(near(auroc(&[(0.0, true), (1.0, false)]).unwrap(), 0.0));
        assert!(near(auroc(&[(0.5, true), (0.5, false), (0.5, false)]).unwrap(), 0.5));
        assert_eq!(auroc(&[(0.5, true)]), None);
    }

    #[test]
    fn calibration_is_the_distance_of_bins_from_truth() {
        let scored = [(0.95, true), (0.85, true), (0.85, false), (0.1, false), (1.0, true)];
        let bins = calibration(&scored, 10);
        assert_eq!(bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [1, 2, 2]);
        assert!(near(bins[0].from, 0.1) && near(bins[1].from, 0.8) && near(bins[2].from, 0.9));
        assert!(near(bins[2].confidence, 0.975) && near(bins[2].truth, 1.0));
        // (|.1 − 0| · 1 + |.85 − .5| · 2 + |.975 − 1| · 2) / 5
        assert!(near(expected_calibration_error(&bins).unwrap(), 0.17));
        assert_eq!(expected_calibration_error(&[]), None);
    }

    #[test]
    fn percentiles_are_values_that_occur() {
        let values = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!(
            [0.5, 0.95, 0.2, 0.0].map(|share| percentile(&values, share)),
            [Some(3.0), Some(5.0), Some(1.0), Some(1.0)]
        );
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!((mean(&[1.0, 2.0]), mean(&[])), (Some(1.5), None));
    }
}
