//! A thousand conversations at once with a model that streams for ten seconds: what a turn costs beside the model's own time, and how
//! many connections it takes.
//!
//! ```text
//! cargo bench --profile ci -p tests --bench conversations -- [CONVERSATIONS]
//! ```
//!
//! Every conversation is open before the first one ends: they begin within eight seconds, and each is written for ten.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use answering::Event;
use domain::conversation::Question;
use futures_util::StreamExt as _;
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tests::{
    Organization, database,
    double::{self, Pace},
};
use tokio::task::JoinSet;

const CONVERSATIONS: usize = 1_000;
const BEGIN_WITHIN: Duration = Duration::from_secs(8);
const PACE: Pace = Pace { pieces: 50, pause: Duration::from_millis(200) };

#[tokio::main]
async fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(CONVERSATIONS);
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let passages =
        (0..200).map(|number| format!("The pump P-{number} needs oil of grade {}.", number % 50 + 20));
    acme.document("manuals", "pumps.txt").saying(passages).stored().await;
    let admin = database.admin().await.expect("a superuser: unset DATABASE_URL");
    let mut sessions = Vec::with_capacity(count);
    for _ in 0..count {
        sessions.push(acme.session().await);
    }
    admin.batch_execute("ANALYZE").await.expect("analyze");
    let answering = double::answering(&database, &double::aws(double::slow(PACE).await));
    let (open, most_open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut turns = JoinSet::new();
    let begun = Instant::now();
    for (number, session) in sessions.into_iter().enumerate() {
        let (answering, caller) = (Arc::clone(&answering), acme.caller());
        let (open, most_open) = (Arc::clone(&open), Arc::clone(&most_open));
        let at = BEGIN_WITHIN.mul_f64(share(number, count));
        turns.spawn(async move {
            tokio::time::sleep_until((begun + at).into()).await;
            most_open.fetch_max(open.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            let arrived = Instant::now();
            let turn = answering.begin(&caller, session).await.map_err(|refusal| format!("{refusal:?}"))?;
            let question =
                Question::new(&format!("Which grade of oil does the pump P-{} need?", number % 200));
            let mut events = pin!(answering.answer(turn, question.expect("a question"), arrived));
            let mut first = None;
            while let Some(event) = events.next().await {
                match event {
                    Event::Token(_) => {
                        first.get_or_insert_with(|| arrived.elapsed());
                    }
                    Event::Failed(broken) => return Err(format!("{broken:?}")),
                    Event::Citation(_) | Event::Done(_) => {}
                }
            }
            open.fetch_sub(1, Ordering::Relaxed);
            Ok((first.unwrap_or_default(), arrived.elapsed()))
        });
    }
    let most_connected = Arc::new(AtomicUsize::new(0));
    let watched = tokio::spawn(watch(admin, Arc::clone(&most_connected)));
    let (mut own, mut errors) = (Vec::new(), Vec::new());
    while let Some(ended) = turns.join_next().await {
        match ended.expect("no panic") {
            Ok((_, whole)) => own.push(whole.saturating_sub(PACE.pause * 50)),
            Err(error) => errors.push(error),
        }
    }
    watched.abort();
    own.sort_unstable();
    let at = |share: usize| own[(own.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    println!(
        "{count} conversations, {} at once: {} answered, {} errors {:?}; own time beside the model's p50 {:.0} ms, p95 {:.0} ms, \
         longest {:.0} ms; {} connections at most",
        most_open.load(Ordering::Relaxed),
        own.len(),
        errors.len(),
        errors.iter().take(3).collect::<Vec<_>>(),
        at(50),
        at(95),
        at(100),
        most_connected.load(Ordering::Relaxed)
    );
}

/// Counts the application's connections, ten times a second.
async fn watch(admin: tokio_postgres::Client, most: Arc<AtomicUsize>) {
    loop {
        let query = "SELECT count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND application_name = 'docent'";
        if let Ok(row) = admin.query_one(query, &[]).await {
            most.fetch_max(usize::try_from(row.get::<_, i64>(0)).unwrap_or_default(), Ordering::Relaxed);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of conversations")]
fn share(number: usize, of: usize) -> f64 {
    number as f64 / of as f64
}
