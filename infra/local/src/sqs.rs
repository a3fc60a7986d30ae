//! SQS in memory: what the real `aws-sdk-sqs` client needs, and the same queues by plain Rust calls.
//!
//! Standard queues with visibility timeouts, delays, dead letters and fair groups. Nothing is stored: the stack sends
//! again at its start what S3 still holds. It knows nothing of Docent's messages.

mod fault;
mod message;
mod queue;
mod rotation;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::credentials::Credentials;
pub use fault::{Fault, FaultKind};
pub use message::{MAXIMUM_MESSAGE_BYTES, MessageAttribute, Outgoing, Received, Sent};
pub use queue::{Counts, QueueSettings};
use queue::{Message, Queue};

/// Where the queues say that they are.
#[derive(Debug, Clone)]
pub struct Place {
    /// Scheme, host and port, no slash at the end: `http://127.0.0.1:4100`.
    pub base_url: String,
    /// `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

/// All queues of the stack. A clone is another hand on the same queues.
#[derive(Clone)]
pub struct Sqs {
    shared: Arc<Shared>,
}

struct Shared {
    place: Place,
    credentials: Credentials,
    clock: Clock,
    queues: Mutex<Queues>,
    /// Rung whenever a message may have become visible.
    arrivals: Notify,
}

#[derive(Default)]
struct Queues {
    by_name: BTreeMap<String, Queue>,
    last_sequence: u64,
}

/// Milliseconds since 1970 that never go backwards.
struct Clock {
    started: Instant,
    started_at: u64,
}

impl Clock {
    fn new() -> Clock {
        let started_at = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default();
        Clock { started: Instant::now(), started_at }
    }

    fn now(&self) -> u64 {
        self.started_at + u64::try_from(self.started.elapsed().as_millis()).unwrap_or_default()
    }
}

impl Sqs {
    /// No queues yet.
    pub fn new(place: Place, credentials: Credentials) -> Sqs {
        let shared = Shared {
            place,
            credentials,
            clock: Clock::new(),
            queues: Mutex::default(),
            arrivals: Notify::new(),
        };
        Sqs { shared: Arc::new(shared) }
    }

    /// The AWS JSON 1.0 endpoint for SDK clients.
    pub fn router(&self) -> axum::Router {
        wire::router(self.clone())
    }

    /// Makes the queue, or changes the settings of the one there is.
    pub fn create_queue(&self, name: &str, settings: QueueSettings) {
        let now = self.shared.clock.now();
        let mut queues = self.lock();
        match queues.by_name.get_mut(name) {
            Some(queue) => queue.settings = settings,
            None => {
                queues.by_name.insert(name.to_owned(), Queue::new(settings, now));
            }
        }
    }

    /// What a sender is given: `{base_url}/{account}/{name}`.
    pub fn queue_url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.shared.place.base_url, self.shared.place.account)
    }

    /// `arn:aws:sqs:{region}:{account}:{name}`.
    pub fn arn(&self, name: &str) -> String {
        format!("arn:aws:sqs:{}:{}:{name}", self.shared.place.region, self.shared.place.account)
    }

    /// The region of the ARNs.
    pub fn region(&self) -> &str {
        &self.shared.place.region
    }

    /// The queues' names, sorted.
    pub fn names(&self) -> Vec<String> {
        self.lock().by_name.keys().cloned().collect()
    }

    /// Puts a message in. Errors as SQS would.
    pub fn send(&self, name: &str, outgoing: Outgoing) -> Result<Sent, Fault> {
        outgoing.check()?;
        self.on_queues(|queues, now| {
            queues.last_sequence += 1;
            let sequence = queues.last_sequence;
            let queue = queues.get(name)?;
            let delay = outgoing.delay_seconds.map_or(queue.settings.delay, Duration::from_secs);
            let (message, sent) = Message::new(sequence, outgoing, now);
            queue.accept(message, delay, now);
            Ok(sent)
        })
    }

    /// Takes up to `most` messages, waiting up to `wait` for the first; `visibility` as the queue says when absent.
    ///
    /// Dropping the future loses no message: they are taken in the same step that returns them.
    pub async fn receive(
        &self,
        name: &str,
        most: usize,
        wait: Duration,
        visibility: Option<Duration>,
    ) -> Result<Vec<Received>, Fault> {
        let deadline = Instant::now() + wait;
        loop {
            // Listening starts before the look, so that nothing that arrives in between goes unheard.
            let mut arrival = std::pin::pin!(self.shared.arrivals.notified());
            arrival.as_mut().enable();
            let (received, next_due) = self.take(name, most, visibility)?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !received.is_empty() || left.is_zero() {
                return Ok(received);
            }
            let until_due =
                next_due.map(|due| Duration::from_millis(due.saturating_sub(self.shared.clock.now()) + 1));
            let pause = until_due.map_or(left, |due| due.min(left));
            tokio::select! {
                () = arrival => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn take(
        &self,
        name: &str,
        most: usize,
        visibility: Option<Duration>,
    ) -> Result<(Vec<Received>, Option<u64>), Fault> {
        let now = self.shared.clock.now();
        let mut queues = self.lock();
        self.tick(&mut queues, now);
        let queue = queues.get(name)?;
        let visibility = visibility.unwrap_or(queue.settings.visibility);
        let received = queue.receive(most, visibility, &self.shared.credentials.access_key_id, now);
        // Any queue's timer may feed this one: a dead letter arrives when its source's timer runs out.
        let next_due = queues.by_name.values().filter_map(Queue::next_due).min();
        Ok((received, next_due))
    }

    /// Deletes by the handle of the latest delivery.
    pub fn delete(&self, name: &str, receipt_handle: &str) -> Result<(), Fault> {
        self.on_queues(|queues, _| queues.get(name)?.delete(receipt_handle))
    }

    /// Hides a message in flight for `visibility` from now; zero gives it back at once.
    pub fn change_visibility(
        &self,
        name: &str,
        receipt_handle: &str,
        visibility: Duration,
    ) -> Result<(), Fault> {
        self.on_queues(|queues, now| queues.get(name)?.change_visibility(receipt_handle, visibility, now))
    }

    /// Empties the queue.
    pub fn purge(&self, name: &str) -> Result<(), Fault> {
        self.on_queues(|queues, _| {
            queues.get(name)?.purge();
            Ok(())
        })
    }

    /// How many messages the queue holds; all zero when there is no such queue.
    pub fn counts(&self, name: &str) -> Counts {
        self.on_queues(|queues, _| Ok(queues.get(name)?.counts())).unwrap_or_default()
    }

    /// Sends the waiting messages of a dead-letter queue back to the queues that gave them up; returns how many.
    pub fn redrive(&self, dead_letter: &str) -> Result<usize, Fault> {
        let sources: BTreeMap<String, String> =
            self.names().into_iter().map(|name| (self.arn(&name), name)).collect();
        self.on_queues(|queues, now| {
            let waiting = queues.get(dead_letter)?.take_waiting();
            let mut moved = 0;
            for mut message in waiting {
                let source = message.dead_letter_source().and_then(|arn| sources.get(arn)).cloned();
                let Some(source) = source else {
                    // Sent here directly, so there is nowhere to send it back to.
                    queues.get(dead_letter)?.accept(message, Duration::ZERO, now);
                    continue;
                };
                message.renew(now);
                queues.get(&source)?.accept(message, Duration::ZERO, now);
                moved += 1;
            }
            Ok(moved)
        })
    }

    /// Runs `work` between two ticks, then wakes whoever waits.
    fn on_queues<T>(&self, work: impl FnOnce(&mut Queues, u64) -> Result<T, Fault>) -> Result<T, Fault> {
        let now = self.shared.clock.now();
        let mut queues = self.lock();
        self.tick(&mut queues, now);
        let outcome = work(&mut queues, now);
        self.tick(&mut queues, now);
        drop(queues);
        self.shared.arrivals.notify_waiters();
        outcome
    }

    /// Moves what is due in every queue, dead letters to their queues. A dead-letter queue that is missing loses nothing:
    /// its messages stay where they were.
    fn tick(&self, queues: &mut Queues, now: u64) {
        let mut dead = Vec::new();
        for (name, queue) in &mut queues.by_name {
            let target = queue.settings.dead_letter.clone();
            dead.extend(queue.tick(now).into_iter().map(|message| (name.clone(), target.clone(), message)));
        }
        for (source, target, mut message) in dead {
            let target = target.filter(|target| queues.by_name.contains_key(target));
            if target.is_some() {
                message.set_dead_letter_source(self.arn(&source));
            }
            if let Some(queue) = queues.by_name.get_mut(target.as_ref().unwrap_or(&source)) {
                queue.accept(message, Duration::ZERO, now);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queues {
    fn get(&mut self, name: &str) -> Result<&mut Queue, Fault> {
        self.by_name.get_mut(name).ok_or_else(|| {
            Fault::new(FaultKind::QueueDoesNotExist, format!("The specified queue {name} does not exist."))
        })
    }
}

#[cfg(test)]
mod tests;
