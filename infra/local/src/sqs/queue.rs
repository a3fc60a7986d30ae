//! One queue as a state machine: time goes in as a number, so that its rules are tested without waiting.
//!
//! A message is delayed, ready or in flight. `tick` moves what is due; nothing else looks at the clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use uuid::Uuid;

use super::fault::{Fault, FaultKind};
use super::message::{MessageAttribute, Outgoing, Received, Sent, md5_of_attributes, md5_of_text};
use super::rotation::Rotation;

/// What the template says of a queue. `Default` is SQS's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// How long a received message stays hidden.
    pub visibility: Duration,
    /// Receives before a message goes to the dead-letter queue.
    pub max_receive_count: Option<u32>,
    /// The dead-letter queue's name.
    pub dead_letter: Option<String>,
    /// Age at which a message is dropped, counted from its sending.
    pub retention: Duration,
    /// How long a new message stays hidden.
    pub delay: Duration,
}

impl Default for QueueSettings {
    fn default() -> QueueSettings {
        QueueSettings {
            visibility: Duration::from_secs(30),
            max_receive_count: None,
            dead_letter: None,
            retention: Duration::from_secs(4 * 24 * 3600),
            delay: Duration::ZERO,
        }
    }
}

/// How many messages a queue holds, by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ready to be received.
    pub visible: usize,
    /// Received, neither deleted nor timed out.
    pub in_flight: usize,
    /// Not yet shown.
    pub delayed: usize,
}

impl Counts {
    /// All of them; a queue is drained when this is 0.
    pub fn total(self) -> usize {
        self.visible + self.in_flight + self.delayed
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    Delayed { until: u64 },
    InFlight { until: u64 },
}

/// A stored message. Moves between queues whole.
#[derive(Debug)]
pub(super) struct Message {
    sequence: u64,
    id: String,
    body: String,
    group: Option<String>,
    attributes: BTreeMap<String, MessageAttribute>,
    trace_header: Option<String>,
    sent_at: u64,
    expires_at: u64,
    first_received_at: Option<u64>,
    receive_count: u32,
    dead_letter_source: Option<String>,
    state: State,
}

impl Message {
    /// A message as it was sent, at `now` in milliseconds since 1970.
    pub(super) fn new(sequence: u64, outgoing: Outgoing, now: u64) -> (Message, Sent) {
        let trace: BTreeMap<_, _> = outgoing
            .trace_header
            .iter()
            .map(|header| ("AWSTraceHeader".to_owned(), MessageAttribute::string(header.clone())))
            .collect();
        let message = Message {
            sequence,
            id: Uuid::new_v4().to_string(),
            group: outgoing.group,
            trace_header: outgoing.trace_header.or(outgoing.trace_of_request),
            sent_at: now,
            expires_at: u64::MAX,
            first_received_at: None,
            receive_count: 0,
            dead_letter_source: None,
            state: State::Ready,
            body: outgoing.body,
            attributes: outgoing.attributes,
        };
        let sent = Sent {
            message_id: message.id.clone(),
            md5_of_body: md5_of_text(&message.body),
            md5_of_attributes: md5_of_attributes(&message.attributes),
            md5_of_system_attributes: md5_of_attributes(&trace),
        };
        (message, sent)
    }

    /// A redriven message is a new one: new id, new age, no receives.
    pub(super) fn renew(&mut self, now: u64) {
        self.id = Uuid::new_v4().to_string();
        self.sent_at = now;
        self.first_received_at = None;
        self.receive_count = 0;
        self.dead_letter_source = None;
    }

    /// The ARN of the queue that gave the message up, if one did.
    pub(super) fn dead_letter_source(&self) -> Option<&str> {
        self.dead_letter_source.as_deref()
    }

    /// Marks where a dead letter came from.
    pub(super) fn set_dead_letter_source(&mut self, arn: String) {
        self.dead_letter_source = Some(arn);
    }

    fn receipt_handle(&self) -> String {
        format!("{:016x}.{:08x}.{}", self.sequence, self.receive_count, self.id)
    }

    fn received(&self, sender: &str) -> Received {
        let mut system = BTreeMap::from([
            ("ApproximateReceiveCount".to_owned(), self.receive_count.to_string()),
            ("SentTimestamp".to_owned(), self.sent_at.to_string()),
            ("SenderId".to_owned(), sender.to_owned()),
            (
                "ApproximateFirstReceiveTimestamp".to_owned(),
                self.first_received_at.unwrap_or(self.sent_at).to_string(),
            ),
        ]);
        let optional = [
            ("MessageGroupId", &self.group),
            ("AWSTraceHeader", &self.trace_header),
            ("DeadLetterQueueSourceArn", &self.dead_letter_source),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                system.insert(name.to_owned(), value.clone());
            }
        }
        Received {
            message_id: self.id.clone(),
            receipt_handle: self.receipt_handle(),
            md5_of_body: md5_of_text(&self.body),
            body: self.body.clone(),
            system_attributes: system,
            attributes: self.attributes.clone(),
        }
    }
}

/// Reads the sequence number and the receive count out of a handle.
fn parse_receipt(handle: &str) -> Result<(u64, u32), Fault> {
    let mut parts = handle.splitn(3, '.');
    let mut number = || parts.next().and_then(|part| u64::from_str_radix(part, 16).ok());
    match (number(), number().and_then(|count| u32::try_from(count).ok())) {
        (Some(sequence), Some(count)) => Ok((sequence, count)),
        _ => Err(Fault::new(
            FaultKind::ReceiptHandleIsInvalid,
            format!("The input receipt handle \"{handle}\" is not a valid receipt handle."),
        )),
    }
}

/// The messages of one queue.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) settings: QueueSettings,
    /// Milliseconds since 1970.
    pub(super) created_at: u64,
    messages: HashMap<u64, Message>,
    ready: Rotation,
    /// When each delayed or in-flight message shows (again).
    timers: BTreeSet<(u64, u64)>,
    /// When each message is too old.
    expiries: BTreeSet<(u64, u64)>,
}

impl Queue {
    pub(super) fn new(settings: QueueSettings, now: u64) -> Queue {
        Queue {
            settings,
            created_at: now,
            messages: HashMap::new(),
            ready: Rotation::default(),
            timers: BTreeSet::new(),
            expiries: BTreeSet::new(),
        }
    }

    /// Takes a message in, hidden for `delay`.
    pub(super) fn accept(&mut self, mut message: Message, delay: Duration, now: u64) {
        let sequence = message.sequence;
        message.expires_at = message.sent_at + millis(self.settings.retention);
        self.expiries.insert((message.expires_at, sequence));
        if delay.is_zero() {
            message.state = State::Ready;
            self.ready.push(message.group.as_deref().unwrap_or_default(), sequence);
        } else {
            let until = now + millis(delay);
            message.state = State::Delayed { until };
            self.timers.insert((until, sequence));
        }
        self.messages.insert(sequence, message);
    }

    /// Shows what is due again, drops what is too old and returns what has been received too often.
    pub(super) fn tick(&mut self, now: u64) -> Vec<Message> {
        while let Some(&(due, sequence)) = self.expiries.first()
            && due <= now
        {
            self.expiries.pop_first();
            self.remove(sequence);
        }
        let mut dead = Vec::new();
        while let Some(&(due, sequence)) = self.timers.first()
            && due <= now
        {
            self.timers.pop_first();
            let Some(message) = self.messages.get_mut(&sequence) else { continue };
            let was_in_flight = matches!(message.state, State::InFlight { .. });
            message.state = State::Ready;
            let exhausted = self.settings.max_receive_count.is_some_and(|most| message.receive_count >= most);
            if was_in_flight && exhausted && self.settings.dead_letter.is_some() {
                dead.extend(self.remove(sequence));
            } else {
                self.ready.push(message.group.as_deref().unwrap_or_default(), sequence);
            }
        }
        dead
    }

    /// When `tick` next has something to show.
    pub(super) fn next_due(&self) -> Option<u64> {
        self.timers.first().map(|&(due, _)| due)
    }

    /// Takes up to `most` messages, groups in turn, and hides each for `visibility`.
    pub(super) fn receive(
        &mut self,
        most: usize,
        visibility: Duration,
        sender: &str,
        now: u64,
    ) -> Vec<Received> {
        let mut received = Vec::new();
        while received.len() < most
            && let Some(sequence) = self.ready.pop()
        {
            let Some(message) = self.messages.get_mut(&sequence) else { continue };
            if message.state != State::Ready {
                continue;
            }
            let until = now + millis(visibility);
            message.state = State::InFlight { until };
            message.receive_count += 1;
            message.first_received_at.get_or_insert(now);
            self.timers.insert((until, sequence));
            received.push(message.received(sender));
        }
        received
    }

    /// Deletes by the handle of the latest delivery; an older one is answered like SQS does, with a success that does nothing.
    pub(super) fn delete(&mut self, handle: &str) -> Result<(), Fault> {
        let (sequence, count) = parse_receipt(handle)?;
        if self.messages.get(&sequence).is_some_and(|message| message.receive_count == count) {
            self.remove(sequence);
        }
        Ok(())
    }

    /// Hides an in-flight message for `visibility` from now; zero gives it back.
    pub(super) fn change_visibility(
        &mut self,
        handle: &str,
        visibility: Duration,
        now: u64,
    ) -> Result<(), Fault> {
        let (sequence, count) = parse_receipt(handle)?;
        let in_flight = self.messages.get_mut(&sequence).filter(|message| message.receive_count == count);
        let Some((message, until)) = in_flight.and_then(|message| match message.state {
            State::InFlight { until } => Some((message, until)),
            State::Ready | State::Delayed { .. } => None,
        }) else {
            let words = format!(
                "Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change."
            );
            return Err(Fault::new(FaultKind::MessageNotInflight, words));
        };
        self.timers.remove(&(until, sequence));
        let until = now + millis(visibility);
        message.state = State::InFlight { until };
        self.timers.insert((until, sequence));
        Ok(())
    }

    /// Empties the queue, messages in flight included.
    pub(super) fn purge(&mut self) {
        self.messages.clear();
        self.ready.clear();
        self.timers.clear();
        self.expiries.clear();
    }

    /// Takes every message that is not in flight, oldest first.
    pub(super) fn take_waiting(&mut self) -> Vec<Message> {
        let mut waiting: Vec<u64> = self
            .messages
            .values()
            .filter(|message| !matches!(message.state, State::InFlight { .. }))
            .map(|message| message.sequence)
            .collect();
        waiting.sort_unstable();
        waiting.into_iter().filter_map(|sequence| self.remove(sequence)).collect()
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for message in self.messages.values() {
            match message.state {
                State::Ready => counts.visible += 1,
                State::Delayed { .. } => counts.delayed += 1,
                State::InFlight { .. } => counts.in_flight += 1,
            }
        }
        counts
    }

    fn remove(&mut self, sequence: u64) -> Option<Message> {
        let message = self.messages.remove(&sequence)?;
        self.expiries.remove(&(message.expires_at, sequence));
        if let State::Delayed { until } | State::InFlight { until } = message.state {
            self.timers.remove(&(until, sequence));
        }
        Some(message)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(settings: QueueSettings) -> Queue {
        Queue::new(settings, 0)
    }

    fn send(queue: &mut Queue, sequence: u64, body: &str, now: u64) {
        let (message, _) = Message::new(sequence, Outgoing::new(body), now);
        queue.accept(message, queue.settings.delay, now);
    }

    fn receive(queue: &mut Queue, now: u64) -> Vec<Received> {
        let dead = queue.tick(now);
        assert!(dead.is_empty());
        queue.receive(10, queue.settings.visibility, "me", now)
    }

    #[test]
    fn a_message_hides_while_in_flight_and_comes_back() {
        let mut queue = queue(QueueSettings::default());
        send(&mut queue, 1, "x", 0);
        assert_eq!(receive(&mut queue, 0)[0].receive_count(), 1);
        assert!(receive(&mut queue, 29_999).is_empty());
        assert_eq!(queue.counts(), Counts { in_flight: 1, ..Counts::default() });
        assert_eq!(receive(&mut queue, 30_000)[0].receive_count(), 2);
    }

    #[test]
    fn the_handle_of_an_earlier_delivery_deletes_nothing() {
        let mut queue = queue(QueueSettings::default());
        send(&mut queue, 1, "x", 0);
        let first = receive(&mut queue, 0).remove(0);
        let second = receive(&mut queue, 30_000).remove(0);
        queue.delete(&first.receipt_handle).unwrap();
        assert_eq!(queue.counts().total(), 1);
        queue.delete(&second.receipt_handle).unwrap();
        queue.delete(&second.receipt_handle).unwrap();
        assert_eq!(queue.counts().total(), 0);
        assert_eq!(queue.delete("nonsense").unwrap_err().kind, FaultKind::ReceiptHandleIsInvalid);
        assert_eq!((queue.timers.len(), queue.expiries.len()), (0, 0));
    }

    #[test]
    fn visibility_can_be_prolonged_and_given_back() {
        let mut queue = queue(QueueSettings::default());
        send(&mut queue, 1, "x", 0);
        let handle = receive(&mut queue, 0).remove(0).receipt_handle;
        queue.change_visibility(&handle, Duration::from_secs(100), 10_000).unwrap();
        assert!(receive(&mut queue, 109_999).is_empty());
        queue.change_visibility(&handle, Duration::ZERO, 109_999).unwrap();
        assert_eq!(receive(&mut queue, 109_999).len(), 1);
        let fault = queue.change_visibility(&handle, Duration::ZERO, 110_000).unwrap_err();
        assert_eq!(fault.kind, FaultKind::MessageNotInflight);
    }

    #[test]
    fn the_message_is_dead_after_the_last_allowed_receive() {
        let settings = QueueSettings {
            max_receive_count: Some(2),
            dead_letter: Some("dead".to_owned()),
            ..QueueSettings::default()
        };
        let mut queue = queue(settings);
        send(&mut queue, 1, "x", 0);
        assert_eq!(receive(&mut queue, 0).len(), 1);
        assert_eq!(receive(&mut queue, 30_000).len(), 1);
        assert_eq!(queue.tick(59_999).len(), 0);
        assert_eq!(queue.tick(60_000).len(), 1);
        assert_eq!(queue.counts().total(), 0);
    }

    #[test]
    fn a_delayed_message_shows_later_and_an_old_one_is_dropped() {
        let settings = QueueSettings {
            delay: Duration::from_secs(5),
            retention: Duration::from_secs(60),
            ..QueueSettings::default()
        };
        let mut queue = queue(settings);
        send(&mut queue, 1, "x", 0);
        assert!(receive(&mut queue, 4_999).is_empty());
        assert_eq!(queue.next_due(), Some(5_000));
        assert_eq!(receive(&mut queue, 5_000).len(), 1);
        queue.tick(60_000);
        assert_eq!(queue.counts().total(), 0);
        assert_eq!(queue.next_due(), None);
    }
}
