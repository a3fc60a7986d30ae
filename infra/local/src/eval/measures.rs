//! Rows to figures. Each figure is a function of rows, so that a comparison can compute it over any sample of them.

use super::{
    row::{Answered, LegRanks, Row},
    statistics::{Bin, auroc, calibration, expected_calibration_error, mean, ndcg, percentile},
};

/// Bins of confidence in a report.
pub const BINS: usize = 10;

/// A figure by its name; `None` where the rows do not carry it.
pub struct Measure {
    /// In reports.
    pub name: &'static str,
    /// Over rows.
    pub of: fn(&[&Row]) -> Option<f64>,
}

macro_rules! measures {
    ($($name:literal => $of:expr),* $(,)?) => { &[$(Measure { name: $name, of: $of }),*] };
}

/// All figures, in a report's order. Retrieval is of the questions that can be answered.
pub const MEASURES: &[Measure] = measures! {
    "questions" => |rows| Some(count(rows.len())),
    "nDCG@10" => |rows| ranks(rows, |row| ndcg(row.rank, 10)),
    "nDCG@10, lexical leg alone" => |rows| leg_ranks(rows, |legs| ndcg(legs.lexical, 10)),
    "nDCG@10, dense leg alone" => |rows| leg_ranks(rows, |legs| ndcg(legs.dense, 10)),
    "recall@1" => |rows| ranks(rows, |row| within(row.rank, 1)),
    "recall@5" => |rows| ranks(rows, |row| within(row.rank, 5)),
    "recall@10" => |rows| ranks(rows, |row| within(row.rank, 10)),
    "answer in top 1" => |rows| ranks(rows, |row| within(row.answer_rank, 1)),
    "answer in top 5" => |rows| ranks(rows, |row| within(row.answer_rank, 5)),
    "answer in top 10" => |rows| ranks(rows, |row| within(row.answer_rank, 10)),
    "answer string in the printed answer" => |rows| answers(rows, Truth::Answerable, |a| Some(flag(a.right))),
    "token F1" => |rows| answers(rows, Truth::Answerable, |a| Some(a.f1)),
    "abstained although answerable" => |rows| answers(rows, Truth::Answerable, |a| Some(flag(a.abstained))),
    "abstained where there is no answer" => |rows| answers(rows, Truth::NotAnswerable, |a| Some(flag(a.abstained))),
    "right, of answers given" => |rows| answers(rows, Truth::Any, |a| (!a.abstained).then(|| flag(a.right))),
    "abstention AUROC" => |rows| auroc(&confidences(rows, |row, _| row.answerable)),
    "right-or-wrong AUROC" => |rows| auroc(&confidences(rows, |_, answer| answer.right)),
    "calibration error" => |rows| expected_calibration_error(&bins(rows)),
    "largest bin's distance from truth" => largest_distance,
    "citation precision" => citation_precision,
    "search ms p50" => |rows| percentile(&searched(rows), 0.50),
    "search ms p95" => |rows| percentile(&searched(rows), 0.95),
    "first word ms p50" => |rows| percentile(&timed(rows, |a| a.first_word_ms), 0.50),
    "first word ms p95" => |rows| percentile(&timed(rows, |a| a.first_word_ms), 0.95),
    "answer ms p50" => |rows| percentile(&timed(rows, |a| a.total_ms), 0.50),
    "answer ms p95" => |rows| percentile(&timed(rows, |a| a.total_ms), 0.95),
    "answer ms p99" => |rows| percentile(&timed(rows, |a| a.total_ms), 0.99),
    "tokens an answer" => |rows| answers(rows, Truth::Any, |a| Some(tokens(a.tokens))),
    "dollars for 1,000 answers" => |rows| answers(rows, Truth::Any, |a| a.cost).map(|cost| cost * 1000.0),
};

/// Answers in a bin before its distance says something.
const BIN_FILLED: usize = 20;

/// Confidence against truth. An answer that was held back says nothing of its confidence, so only given ones count.
#[must_use]
pub fn bins(rows: &[&Row]) -> Vec<Bin> {
    let given = rows.iter().filter_map(|row| row.answer.as_ref()).filter(|answer| !answer.abstained);
    calibration(&given.map(|answer| (answer.confidence, answer.right)).collect::<Vec<_>>(), BINS)
}

fn largest_distance(rows: &[&Row]) -> Option<f64> {
    let filled = bins(rows).into_iter().filter(|bin| bin.count >= BIN_FILLED);
    filled.map(|bin| (bin.confidence - bin.truth).abs()).max_by(f64::total_cmp)
}

fn citation_precision(rows: &[&Row]) -> Option<f64> {
    let answered = rows.iter().filter(|row| row.answerable).filter_map(|row| row.answer.as_ref());
    let (right, all) = answered.fold((0, 0), |sum, one| (sum.0 + one.citations_right, sum.1 + one.citations));
    (all > 0).then(|| count(right) / count(all))
}

/// Which questions a figure is of.
#[derive(Clone, Copy, PartialEq)]
enum Truth {
    Answerable,
    NotAnswerable,
    Any,
}

fn answers(rows: &[&Row], truth: Truth, of: fn(&Answered) -> Option<f64>) -> Option<f64> {
    let wanted = rows.iter().filter(|row| match truth {
        Truth::Answerable => row.answerable,
        Truth::NotAnswerable => !row.answerable,
        Truth::Any => true,
    });
    mean(&wanted.filter_map(|row| row.answer.as_ref()).filter_map(of).collect::<Vec<_>>())
}

fn ranks(rows: &[&Row], of: fn(&Row) -> f64) -> Option<f64> {
    mean(&rows.iter().filter(|row| row.answerable).map(|row| of(row)).collect::<Vec<_>>())
}

fn leg_ranks(rows: &[&Row], of: fn(&LegRanks) -> f64) -> Option<f64> {
    let known = rows.iter().filter(|row| row.answerable).filter_map(|row| row.legs.as_ref());
    mean(&known.map(of).collect::<Vec<_>>())
}

fn confidences(rows: &[&Row], truth: fn(&Row, &Answered) -> bool) -> Vec<(f64, bool)> {
    let answered = rows.iter().filter_map(|row| Some((row, row.answer.as_ref()?)));
    answered.map(|(row, answer)| (answer.confidence, truth(row, answer))).collect()
}

fn searched(rows: &[&Row]) -> Vec<f64> {
    rows.iter().map(|row| row.search_ms).collect()
}

fn timed(rows: &[&Row], of: fn(&Answered) -> f64) -> Vec<f64> {
    rows.iter().filter_map(|row| row.answer.as_ref()).map(of).collect()
}

fn within(rank: Option<usize>, k: usize) -> f64 {
    flag(rank.is_some_and(|rank| rank <= k))
}

fn flag(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

#[expect(clippy::cast_precision_loss, reason = "counts of questions")]
fn count(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "tokens of an answer")]
fn tokens(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(answerable: bool, rank: Option<usize>, answer: Option<(bool, f64, bool)>) -> Row {
        let answer = answer.map(|(abstained, confidence, right)| Answered {
            abstained,
            confidence,
            right,
            citations: 2,
            citations_right: usize::from(right),
            total_ms: confidence * 100.0,
            ..Answered::default()
        });
        Row { answerable, rank, answer, ..Row::default() }
    }

    fn figure(name: &str, rows: &[Row]) -> Option<f64> {
        let measure = MEASURES.iter().find(|measure| measure.name == name).expect("known");
        (measure.of)(&rows.iter().collect::<Vec<_>>())
    }

    #[test]
    fn figures_of_four_questions() {
        let rows = [
            row(true, Some(1), Some((false, 0.9, true))),
            row(true, Some(3), Some((true, 0.2, false))),
            row(false, None, Some((false, 0.5, false))),
            row(false, Some(1), Some((true, 0.1, false))),
        ];
        for (name, expected) in [
            ("questions", 4.0),
            ("nDCG@10", 0.75),
            ("recall@1", 0.5),
            ("recall@5", 1.0),
            ("answer string in the printed answer", 0.5),
            ("abstained although answerable", 0.5),
            ("abstained where there is no answer", 0.5),
            ("right, of answers given", 0.5),
            // .9>.5, .9>.1, .2<.5, .2>.1
            ("abstention AUROC", 0.75),
            // Of the two that were given: |.9 − 1| and |.5 − 0|.
            ("calibration error", 0.3),
            ("citation precision", 0.25),
            ("answer ms p50", 20.0),
            ("answer ms p95", 90.0),
        ] {
            let got = figure(name, &rows).expect(name);
            assert!((got - expected).abs() < 1e-9, "{name}: {got}");
        }
        assert_eq!(figure("dollars for 1,000 answers", &rows), None);
        assert_eq!(figure("largest bin's distance from truth", &rows), None, "no bin is filled");
        assert_eq!(figure("nDCG@10, dense leg alone", &rows), None);
    }
}
