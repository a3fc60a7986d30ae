//! How well conversations are categorised, through the code that ships: categories written by the use case of administration, the
//! question embedded, the database asked, the decision taken. With the local model, which reads English.
//!
//! ```text
//! cargo bench --profile dev -p tests --bench categories -- [SET]
//! ```
//!
//! A set is lines of `# CATEGORY` and the questions below it; those below `# -` belong to none. Below `## examples` stand what the categories
//! are told, below `## dev` what constants may be chosen on, and below `## held out` what nobody looks at while they are. `SET.json` may also be
//! `{"train": [[question, category], …], "test": …, "oos_test": …}`, and all that is asked is held out.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use answering::categorised;
use domain::{CategoryId, limits};
use local::minilm::{DIMENSION, MiniLm};
use pgvector::Vector;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};
use store::{
    TenantTx,
    categories::{self, Settings},
};
use tests::{Organization, database, repository};

/// What belongs to none.
const NONE: &str = "-";

/// What is not looked at while constants are chosen.
const HELD_OUT: &str = "held out";

/// Questions with what they are about.
#[derive(Default)]
struct Set {
    examples: BTreeMap<String, Vec<String>>,
    /// By part: `dev`, `held out`.
    asked: BTreeMap<String, Vec<(String, String)>>,
}

#[tokio::main]
async fn main() {
    let path = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let path = path.map_or_else(|| repository::root().join("tests/bench/categories.txt"), Into::into);
    let text = std::fs::read_to_string(&path).expect("a set");
    let set = if path.extension().is_some_and(|extension| extension == "json") {
        of_json(&text)
    } else {
        of_lines(&text)
    };
    let model = MiniLm::load(&local::assets::model_folder().await.expect("the model")).expect("loads");
    let embed = |text: &str| Vector::from(model.embed_now(text).expect("a vector").vector);
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    assert_eq!(acme.space.dimension, DIMENSION);

    let started = Instant::now();
    for (name, examples) in &set.examples {
        let settings = Settings { name: name.clone(), examples: examples.clone(), ..Settings::default() };
        let texts = management::categories::texts(&settings);
        let vectors: Vec<(Option<i32>, Vector)> =
            texts.iter().map(|(intent, text)| (*intent, embed(text))).collect();
        let vectors = management::categories::shaped(acme.space.id, vectors).expect("a shape");
        let tx = acme.tx().await;
        let id = CategoryId::generate();
        categories::create(&tx, id, acme.chatbot, &settings).await.expect("written");
        categories::set_vectors(&tx, acme.chatbot, id, &[vectors]).await.expect("written");
        tx.finish().await.expect("committed");
    }
    let examples: usize = set.examples.values().map(Vec::len).sum();
    println!(
        "{} categories of {examples} examples written in {:.1} s",
        set.examples.len(),
        started.elapsed().as_secs_f64()
    );
    if let Some(owner) = database.admin().await {
        owner
            .batch_execute("ANALYZE docent.category_vectors, docent.category_centroids")
            .await
            .expect("analyze");
    }

    let is_told = std::env::args().any(|argument| argument == "--wrong");
    let tx = acme.tx().await;
    for (part, asked) in &set.asked {
        let mut measured = Measured::default();
        for (question, wanted) in asked {
            let vector = embed(question);
            let started = Instant::now();
            let found = ask(&tx, &acme, &vector).await;
            measured.times.push(started.elapsed());
            measured.add(question, wanted, found);
        }
        println!("\n{part}:");
        // Whoever reads which questions go wrong has looked.
        measured.report(is_told && part != HELD_OUT);
    }
    println!();
    drop(tx);
    many(&acme).await;
}

/// How long a bot with two hundred categories of a hundred examples each is asked. Vectors are made up: only time is measured.
async fn many(acme: &Organization) {
    let bot = acme.chatbot_named("Many").await;
    let mut random = StdRng::seed_from_u64(7);
    let mut vector =
        || Vector::from((0..DIMENSION).map(|_| random.random::<f32>() - 0.5).collect::<Vec<f32>>());
    for number in 0..200 {
        let settings = Settings { name: format!("Category {number}"), ..Settings::default() };
        let examples = (0..100).map(|_| (None, vector())).collect();
        let vectors = management::categories::shaped(acme.space.id, examples).expect("a shape");
        let (tx, id) = (acme.tx().await, CategoryId::generate());
        categories::create(&tx, id, bot, &settings).await.expect("written");
        categories::set_vectors(&tx, bot, id, &[vectors]).await.expect("written");
        tx.finish().await.expect("committed");
    }
    let tx = acme.tx().await;
    let mut times = Vec::new();
    for _ in 0..100 {
        let (question, started) = (vector(), Instant::now());
        categories::nearest(&tx, bot, acme.space.id, &question).await.expect("asked");
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let ms = |place: usize| times[place].as_secs_f64() * 1_000.0;
    println!("200 categories of 100 examples: p50 {:.2} ms, p95 {:.2} ms", ms(50), ms(95));
}

async fn ask(tx: &TenantTx, acme: &Organization, vector: &Vector) -> Option<String> {
    let near = categories::nearest(tx, acme.chatbot, acme.space.id, vector).await.expect("asked");
    assert!(near.len() <= usize::try_from(limits::CATEGORIES_COMPARED).expect("few"));
    categorised(near).map(|(category, _)| category)
}

#[derive(Default)]
struct Measured {
    times: Vec<Duration>,
    right: usize,
    unknown: usize,
    inside: usize,
    refused: usize,
    outside: usize,
    /// What is wanted and what was found, of each category.
    shares: HashMap<String, (f64, f64)>,
    wrong: Vec<String>,
}

impl Measured {
    fn add(&mut self, question: &str, wanted: &str, found: Option<String>) {
        if wanted == NONE {
            self.outside += 1;
            self.refused += usize::from(found.is_none());
        } else {
            self.inside += 1;
            self.right += usize::from(found.as_deref() == Some(wanted));
            self.unknown += usize::from(found.is_none());
            self.shares.entry(wanted.to_owned()).or_default().0 += 1.0;
        }
        if found.as_deref().unwrap_or(NONE) != wanted {
            self.wrong.push(format!("{wanted} | {} | {question}", found.as_deref().unwrap_or(NONE)));
        }
        if let Some(found) = found {
            self.shares.entry(found).or_default().1 += 1.0;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    fn report(mut self, is_told: bool) {
        let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
        println!(
            "in scope: {} asked, accuracy {:.3}, not known {:.3}, of what is named right {:.3}",
            self.inside,
            share(self.right, self.inside),
            share(self.unknown, self.inside),
            share(self.right, self.inside - self.unknown)
        );
        println!("out of scope: {} asked, recall {:.3}", self.outside, share(self.refused, self.outside));
        // As a dashboard shows them: each category's part of all that have one.
        let (wanted, found) =
            self.shares.values().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let error: f64 = self
            .shares
            .values()
            .map(|one| (one.0 / wanted - one.1 / f64::max(found, 1.0)).abs())
            .sum::<f64>()
            / 2.0;
        println!("share error of the dashboard's categories: {error:.3} (half the sum of differences)");
        self.times.sort_unstable();
        let at = |share: usize| self.times[(self.times.len() * share / 100).min(self.times.len() - 1)];
        println!(
            "asking the database: p50 {:.2} ms, p95 {:.2} ms",
            at(50).as_secs_f64() * 1_000.0,
            at(95).as_secs_f64() * 1_000.0
        );
        if is_told {
            for one in &self.wrong {
                println!("{one}");
            }
        }
    }
}

fn of_lines(text: &str) -> Set {
    let mut set = Set::default();
    let (mut category, mut part) = (NONE.to_owned(), String::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("## ") {
            part = name.to_owned();
        } else if let Some(name) = line.strip_prefix("# ") {
            category = name.to_owned();
        } else if part == "examples" {
            set.examples.entry(category.clone()).or_default().push(line.to_owned());
        } else {
            set.asked.entry(part.clone()).or_default().push((line.to_owned(), category.clone()));
        }
    }
    set
}

fn of_json(text: &str) -> Set {
    let all: Value = serde_json::from_str(text).expect("JSON");
    let pairs = |name: &str| -> Vec<(String, String)> {
        let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
        all[name].as_array().into_iter().flatten().filter_map(pair).collect()
    };
    let mut set = Set::default();
    for (question, category) in pairs("train") {
        set.examples.entry(category).or_default().push(question);
    }
    let outside = pairs("oos_test").into_iter().map(|(question, _)| (question, NONE.to_owned()));
    set.asked.insert(HELD_OUT.to_owned(), pairs("test").into_iter().chain(outside).collect());
    set
}
