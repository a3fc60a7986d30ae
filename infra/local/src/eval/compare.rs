//! Two runs of one set: what differs, and how surely. The questions are drawn again with replacement, the same ones for
//! both runs (a paired bootstrap), and the middle 95 % of the differences are the interval.

use super::{measures::MEASURES, row::Row, statistics::percentile};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::collections::BTreeMap;

/// How often questions are drawn again.
const DRAWS: usize = 1_000;
/// The same draws in every comparison.
const SEED: u64 = 42;

/// A figure of both runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The measure's.
    pub name: &'static str,
    /// The first run's and the second's.
    pub values: (f64, f64),
    /// Where 95 % of the redrawn differences (second less first) lie.
    pub interval: (f64, f64),
}

impl Difference {
    /// Whether chance does not explain it.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }
}

/// The differences of the questions that both runs asked, and how many those are.
#[must_use]
pub fn compare(first: &[Row], second: &[Row]) -> (usize, Vec<Difference>) {
    let by_id: BTreeMap<&str, &Row> = second.iter().map(|row| (row.id.as_str(), row)).collect();
    let pairs = first.iter().filter_map(|row| Some((row, *by_id.get(row.id.as_str())?)));
    let pairs: Vec<(&Row, &Row)> =
        pairs.filter(|(one, other)| one.failed.is_none() && other.failed.is_none()).collect();
    let mut random = StdRng::seed_from_u64(SEED);
    let draws: Vec<Vec<usize>> =
        (0..DRAWS).map(|_| pairs.iter().map(|_| random.random_range(0..pairs.len())).collect()).collect();
    let (first, second): (Vec<&Row>, Vec<&Row>) = pairs.iter().copied().unzip();
    let differences = MEASURES.iter().skip(1).filter_map(|measure| {
        let values = ((measure.of)(&first)?, (measure.of)(&second)?);
        let redrawn: Vec<f64> = draws
            .iter()
            .filter_map(|draw| {
                let pick = |rows: &[&'_ Row]| {
                    (measure.of)(&draw.iter().map(|place| rows[*place]).collect::<Vec<_>>())
                };
                Some(pick(&second)? - pick(&first)?)
            })
            .collect();
        let interval = (percentile(&redrawn, 0.025)?, percentile(&redrawn, 0.975)?);
        Some(Difference { name: measure.name, values, interval })
    });
    (pairs.len(), differences.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(ranks: impl Iterator<Item = usize>) -> Vec<Row> {
        ranks
            .enumerate()
            .map(|(id, rank)| Row {
                id: id.to_string(),
                answerable: true,
                rank: Some(rank),
                ..Row::default()
            })
            .collect()
    }

    #[test]
    fn a_real_difference_is_sure_and_none_is_not() {
        let worse = run((0..200).map(|n| 1 + n % 2));
        let better = run((0..200).map(|_| 1));
        let (shared, differences) = compare(&worse, &better);
        assert_eq!(shared, 200);
        let recall = differences.iter().find(|one| one.name == "recall@1").expect("measured");
        assert_eq!(recall.values, (0.5, 1.0));
        assert!(recall.is_sure() && recall.interval.0 > 0.4 && recall.interval.1 < 0.6, "{recall:?}");
        let (_, same) = compare(&better, &better);
        assert!(same.iter().all(|one| !one.is_sure() && one.interval == (0.0, 0.0)), "{same:?}");
    }

    #[test]
    fn only_questions_of_both_runs_count_and_none_that_failed() {
        let mut failing = run(0..5);
        failing[2].failed = Some("the stream ended without an answer".into());
        assert_eq!((compare(&failing, &run(0..5)).0, compare(&run(0..5), &failing).0), (4, 4));
        let (shared, _) = compare(&run(0..5), &run(0..3));
        assert_eq!(shared, 3);
        assert_eq!(compare(&[], &[]), (0, Vec::new()));
    }
}
