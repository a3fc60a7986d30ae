//! A storm: several functions at work at once, while connections break, services refuse, and functions die in the midst of
//! their work; and documents come, change and go under their hands.

use super::{is_long, text};
use ingestion::{Outcome, TRIES, unit::Clock};
use rand::RngExt as _;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tests::{
    Pipeline,
    faults::{Cut, Trouble},
    invariants,
};
use tokio::time::{sleep, timeout};

/// Faults in a common run, and in a long one.
const FAULTS: (usize, usize) = (60, 1_000);
/// Functions at work at once.
const WORKERS: usize = 4;
/// Keys that documents come and go under.
const KEYS: usize = 12;

/// A message: a key, and how often it was delivered.
struct Message {
    key: String,
    delivery: u32,
}

/// The queue, as far as it matters: what is not acknowledged comes again, some of it twice, and after too many deliveries it is
/// a dead letter, which the operator's redrive brings back.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Vec<Message>>,
    in_flight: AtomicUsize,
    deliveries: AtomicUsize,
    dead: AtomicUsize,
}

impl Queue {
    fn send(&self, key: &str) {
        self.put(Message { key: key.to_owned(), delivery: 1 });
    }

    fn put(&self, mut message: Message) {
        if message.delivery > TRIES {
            self.dead.fetch_add(1, Ordering::SeqCst);
            message.delivery = 1;
        }
        self.waiting.lock().expect("no panic under this lock").push(message);
    }

    /// One of the messages, whichever: order means nothing.
    fn take(&self) -> Option<Message> {
        let mut waiting = self.waiting.lock().expect("no panic under this lock");
        if waiting.is_empty() {
            return None;
        }
        let place = rand::rng().random_range(0..waiting.len());
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        self.deliveries.fetch_add(1, Ordering::SeqCst);
        Some(waiting.swap_remove(place))
    }

    fn is_empty(&self) -> bool {
        self.in_flight.load(Ordering::SeqCst) == 0
            && self.waiting.lock().expect("no panic under this lock").is_empty()
    }
}

/// What went wrong, by its name.
#[derive(Default)]
struct Count(Mutex<BTreeMap<&'static str, usize>>);

impl Count {
    fn add(&self, name: &'static str, times: usize) {
        *self.0.lock().expect("no panic under this lock").entry(name).or_default() += times;
    }

    fn all(&self) -> usize {
        self.0.lock().expect("no panic under this lock").values().sum()
    }
}

struct Storm {
    pipeline: Pipeline,
    queue: Queue,
    count: Count,
    rages: AtomicBool,
    is_over: AtomicBool,
}

impl Storm {
    fn rages(&self) -> bool {
        self.rages.load(Ordering::SeqCst)
    }

    /// A function: takes messages until all is over; while the storm rages, some of it is killed at its work.
    async fn work(&self) {
        while !self.is_over.load(Ordering::SeqCst) {
            let Some(message) = self.queue.take() else {
                sleep(Duration::from_millis(5)).await;
                continue;
            };
            let kill = self.rages() && rand::rng().random_bool(0.15);
            let life = if kill { rand::rng().random_range(1..150) } else { 60_000 };
            let function = self.pipeline.function();
            let look = function.look_at(&message.key, message.delivery, Clock::start());
            match timeout(Duration::from_millis(life), look).await {
                Ok(Ok(Outcome::Continues { .. })) => self.queue.send(&message.key),
                Ok(Ok(_)) if self.rages() && rand::rng().random_bool(0.05) => {
                    // It is acknowledged, and nobody hears of it.
                    self.count.add("acknowledgements lost", 1);
                    self.queue.put(Message { delivery: message.delivery + 1, ..message });
                }
                Ok(Ok(_)) => {}
                Ok(Err(_)) => self.queue.put(Message { delivery: message.delivery + 1, ..message }),
                Err(_) => {
                    assert!(kill, "{} took more than a minute", message.key);
                    self.count.add("functions killed", 1);
                    self.queue.put(Message { delivery: message.delivery + 1, ..message });
                }
            }
            self.queue.in_flight.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// What breaks on the way to Postgres, S3 and Bedrock.
    async fn blow(&self) {
        let status = |status, name| Trouble::Status(status, name);
        while self.rages() {
            let (skip, row) = (rand::rng().random_range(0..12), rand::rng().random_range(1..3));
            let cut = if rand::rng().random_bool(0.5) { Cut::Before } else { Cut::After };
            self.pipeline.postgres.harm(skip * 3, 1, cut);
            let troubles = [
                status(500, "InternalServerException"),
                status(503, "ServiceUnavailableException"),
                status(429, "ThrottlingException"),
                Trouble::Reset,
                Trouble::Slow(Duration::from_millis(200)),
                Trouble::Garbage,
            ];
            let any = rand::rng().random_range(0..troubles.len());
            self.pipeline.bedrock.harm(skip / 4, row, troubles[any]);
            // Garbage from S3 would be a lie about the object, which no client can tell.
            self.pipeline.s3.harm(skip, row, troubles[any.min(4)]);
            sleep(Duration::from_millis(60)).await;
            self.count.add("connections to Postgres cut", self.pipeline.postgres.heal());
            self.count.add("faults of Bedrock", self.pipeline.bedrock.heal());
            self.count.add("faults of S3", self.pipeline.s3.heal());
        }
    }

    /// Documents come, change and go; two in a hundred events are told twice.
    async fn live(&self) -> usize {
        let mut events = 0;
        while self.rages() {
            // Not more than the functions can do: a full queue is no storm.
            if self.queue.waiting.lock().expect("no panic under this lock").len() > 2 * WORKERS {
                sleep(Duration::from_millis(10)).await;
                continue;
            }
            let path = format!("manuals/{}.txt", rand::rng().random_range(0..KEYS));
            let key = format!("{}/{path}", self.pipeline.organization.slug);
            match rand::rng().random_range(0..10) {
                0..2 => self.pipeline.delete(&key).await,
                // The same bytes come under several keys.
                2..4 => drop(self.pipeline.put(&path, &text(3, "equals")).await),
                _ => drop(self.pipeline.put(&path, &text(1 + events % 4, &format!("pumps {events}"))).await),
            }
            events += 1;
            self.queue.send(&key);
            if rand::rng().random_bool(0.02) {
                self.queue.send(&key);
            }
        }
        events
    }

    async fn rage(&self, faults: usize) {
        while self.count.all() < faults {
            sleep(Duration::from_millis(50)).await;
        }
        self.rages.store(false, Ordering::SeqCst);
    }

    async fn calm(&self) {
        while self.rages() || !self.queue.is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
        self.is_over.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_functions_at_once_lose_nothing_and_double_nothing() {
    let faults = if is_long() { FAULTS.1 } else { FAULTS.0 };
    let storm = Arc::new(Storm {
        pipeline: Pipeline::start().await,
        queue: Queue::default(),
        count: Count::default(),
        rages: AtomicBool::new(true),
        is_over: AtomicBool::new(false),
    });
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let storm = Arc::clone(&storm);
            tokio::spawn(async move { storm.work().await })
        })
        .collect();
    let ((), events, (), ()) = tokio::join!(storm.blow(), storm.live(), storm.rage(faults), storm.calm());
    for worker in workers {
        worker.await.expect("a worker that did not panic");
    }
    println!(
        "{} faults: {:?}; {events} events, {} deliveries, {} dead letters redriven",
        storm.count.all(),
        storm.count.0.lock().expect("no panic under this lock"),
        storm.queue.deliveries.load(Ordering::SeqCst),
        storm.queue.dead.load(Ordering::SeqCst),
    );
    assert!(storm.count.all() >= faults);
    // Panics with what was lost, doubled or left behind.
    invariants::check(&storm.pipeline, "a storm").await;
    println!("0 lost, 0 doubled");
}
