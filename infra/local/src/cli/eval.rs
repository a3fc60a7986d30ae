//! A question set through the running stack, and the comparison of two runs.

use super::words::counted;
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use local::{
    client::Client,
    eval::{
        compare,
        run::{self, Report, Wish},
        set::Set,
    },
    folder::Addresses,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Failures that are told one by one; the file has them all.
const FAILURES_TOLD: usize = 5;

/// What to evaluate.
#[derive(Args)]
pub struct Evaluation {
    /// The set's folder: docs.jsonl {id, text}, questions.jsonl {id, question, answers, gold_doc, answerable}.
    #[arg(required_unless_present = "compare")]
    set: Option<PathBuf>,
    /// Only documents whose id begins so, such as en, and questions about them.
    #[arg(long, value_name = "LANG")]
    only: Option<String>,
    /// Questions at most, picked evenly.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Write the run to this file.
    #[arg(long, value_name = "FILE.json")]
    out: Option<PathBuf>,
    /// Search, and do not ask.
    #[arg(long)]
    search_only: bool,
    /// Search by words alone and by vectors alone as well.
    #[arg(long)]
    legs: bool,
    /// Ask a chatbot of this confidence threshold; 0 shows every answer, however unsure.
    #[arg(long, value_name = "0..1")]
    threshold: Option<f32>,
    /// Compare two runs; nothing is asked.
    #[arg(long, num_args = 2, value_names = ["A.json", "B.json"], conflicts_with = "set")]
    compare: Option<Vec<PathBuf>>,
}

impl Evaluation {
    /// The two files to compare.
    pub fn compared(&self) -> Option<(&Path, &Path)> {
        match self.compare.as_deref() {
            Some([first, second]) => Some((first, second)),
            _ => None,
        }
    }
}

/// Runs a set and prints its figures.
pub async fn evaluate(client: &Client, addresses: &Addresses, wanted: &Evaluation) -> Result<ExitCode> {
    let folder = wanted.set.as_deref().context("name the set's folder")?;
    let threshold = wanted.threshold;
    ensure!(threshold.is_none_or(|value| (0.0..=1.0).contains(&value)), "a threshold lies between 0 and 1");
    let set = Set::read(folder, wanted.only.as_deref(), wanted.limit)?;
    let collection = format!("eval-{}-{}", set.name, wanted.only.as_deref().unwrap_or("all"));
    ensure!(
        domain::document::is_slug(&collection),
        "{collection:?} cannot name a collection: call the folder by lower-case letters, digits and '-'"
    );
    let bar = bar(set.docs.len(), "documents")?;
    let dropped = run::drop_documents(client, &set, &collection, &|| bar.inc(1)).await?;
    bar.finish_and_clear();
    say!("{}, {dropped} of them new", counted(set.docs.len(), "document is there", "documents are there"));

    let wish = Wish { search_only: wanted.search_only, legs: wanted.legs, threshold };
    let asked = self::bar(set.questions.len(), "questions")?;
    let rows = run::ask(client, addresses, &set, &collection, &wish, &|| asked.inc(1)).await?;
    asked.finish_and_clear();
    let report = Report::new(&set, wanted.only.as_deref(), rows);
    print(&report);
    let failed: Vec<(&str, &str)> =
        report.questions.iter().filter_map(|row| Some((row.id.as_str(), row.failed.as_deref()?))).collect();
    for (question, why) in failed.iter().take(FAILURES_TOLD) {
        say!("{question} failed: {why}");
    }
    if let Some(file) = &wanted.out {
        fs::write(file, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("write {}", file.display()))?;
        say!("\nwritten to {}", file.display());
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn bar(of: usize, what: &'static str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}  {elapsed}, {eta} to go")?;
    Ok(ProgressBar::new(of as u64).with_style(style).with_message(what))
}

fn print(report: &Report) {
    say!("");
    for (name, value) in &report.figures {
        say!("{name:<40} {}", number(*value));
    }
    if !report.calibration.is_empty() {
        say!("\nconfidence from   answers   said   true");
        for bin in &report.calibration {
            say!("{:>15.1} {:>9} {:>6.2} {:>6.2}", bin.from, bin.count, bin.confidence, bin.truth);
        }
    }
}

/// Shares with four digits, times and counts with one.
fn number(value: f64) -> String {
    if value.abs() <= 1.0 { format!("{value:>8.4}") } else { format!("{value:>8.1}") }
}

/// Prints what two runs differ in.
pub fn compare(first: &Path, second: &Path) -> Result<ExitCode> {
    let (a, b) = (read(first)?, read(second)?);
    ensure!(a.set == b.set && a.only == b.only, "the runs are of different sets, which do not compare");
    let (shared, differences) = compare::compare(&a.questions, &b.questions);
    ensure!(shared > 0, "the runs share no question");
    say!(
        "{} of both runs; * marks what chance does not explain (95 %)\n",
        counted(shared, "question", "questions")
    );
    say!("{:<40} {:>8} {:>8} {:>9}   95 % of it", "", "A", "B", "B − A");
    for one in &differences {
        say!(
            "{:<40} {} {} {:>+9.4}   {:+.4} … {:+.4} {}",
            one.name,
            number(one.values.0),
            number(one.values.1),
            one.values.1 - one.values.0,
            one.interval.0,
            one.interval.1,
            if one.is_sure() { "*" } else { "" }
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> Result<Report> {
    let text = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("read {}: it is no run of eval", file.display()))
}
