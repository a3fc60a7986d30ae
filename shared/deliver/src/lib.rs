//! THE OUTBOX'S OTHER END: what waits is taken, signed, sent, and noted; again later where it was not taken.
//!
//! To webhooks and topics of those who are told of alerts, and to the system where an organization keeps its tickets. Messages
//! are those of Standard Webhooks: `webhook-id` is the same at every attempt, so that the other side does nothing twice. No
//! transaction is open while something is sent. Addresses are visited as web pages are: public ones only, and no redirect is
//! followed.

mod signing;
mod ticket;
mod topic;

pub use signing::{NewSecret, Signer};
pub use topic::Publisher;

use domain::{OrganizationId, limits, sealed::Column};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::Timestamp;
use pages::{Answered, Fetcher, Policy, Refused};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::{
    Database,
    deliveries::{self, Due, Signing, To},
    escalations,
};

/// What sends.
pub struct Courier {
    /// Where the outbox is.
    pub database: Database,
    /// What messages are signed with.
    pub signer: Signer,
    /// What publishes to topics.
    pub publisher: Publisher,
    /// Where to.
    pub policy: Policy,
}

/// What came of a round.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Taken by the other side.
    pub delivered: u64,
    /// To be tried again.
    pub postponed: u64,
    /// Given up.
    pub failed: u64,
    /// Seconds until something is due; `None`: nothing waits.
    pub again_in: Option<i64>,
}

impl Sent {
    fn count(&mut self, status: &str) {
        match status {
            "delivered" => self.delivered += 1,
            "failed" => self.failed += 1,
            _ => self.postponed += 1,
        }
    }
}

/// What came of one attempt.
#[derive(Debug, Default)]
struct Attempted {
    /// Of HTTP, where there was an answer.
    status: Option<i32>,
    /// Why it was not taken, for a person.
    error: Option<String>,
    /// Whether it is never tried again.
    is_final: bool,
    /// What the other system calls a ticket from now on.
    external: Option<String>,
}

impl Attempted {
    /// The same without having been sent.
    fn needless() -> Self {
        Self::default()
    }

    fn later(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::default() }
    }

    fn given_up(error: &str) -> Self {
        Self { is_final: true, ..Self::later(error) }
    }

    /// A secret does not open.
    fn sealed(error: &vault::Error) -> Self {
        tracing::error!(%error, "a message cannot be signed");
        Self::later("The secret that signs it cannot be opened at present.")
    }

    /// What the other side's answer means; its body, if that is JSON.
    fn of(sent: Result<Answered, Refused>) -> (Self, Value) {
        match sent {
            Ok(answered) => {
                let body = serde_json::from_slice(&answered.body).unwrap_or_default();
                (Self::of_status(answered.status), body)
            }
            Err(refused) => (Self::later(refused.to_string()), Value::Null),
        }
    }

    fn of_status(status: u16) -> Self {
        let is_taken = (200..300).contains(&status);
        let error = (!is_taken).then(|| format!("The other side answers with status {status}."));
        Self { status: Some(i32::from(status)), error, ..Self::default() }
    }

    fn is_done(&self) -> bool {
        self.error.is_none()
    }

    fn give_up(&mut self, error: String) {
        (self.error, self.is_final) = (Some(error), true);
    }
}

/// Seconds after so many attempts: 30, 60, 120 … up to two hours.
fn back_off(attempts: i32) -> i64 {
    let doubled = 15_i64.saturating_mul(1 << attempts.clamp(1, 20));
    doubled.min(limits::DELIVERY_BACK_OFF_MOST_SECONDS)
}

impl Courier {
    /// Sends what is due of an organization, some rounds at most. What is taken together is sent together: one that hangs keeps
    /// others waiting for no longer than it may take itself. Of a ticket no two are taken together, so that they arrive in their
    /// order. After so long no more is taken, and what is left waits for [`Sent::again_in`]; one round there is in any case.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn send(&self, organization: OrganizationId, so_long: Duration) -> store::Result<Sent> {
        let fetcher = Fetcher::new(self.policy);
        let mut sent = Sent::default();
        let until = Instant::now() + so_long;
        for _ in 0..limits::DELIVERY_ROUNDS {
            let tx = self.database.tenant(organization).await?;
            let due = deliveries::claim(&tx).await?;
            tx.finish().await?;
            if due.is_empty() {
                break;
            }
            let mut attempts = FuturesUnordered::new();
            for one in &due {
                attempts.push(self.send_one(organization, &fetcher, one));
            }
            // What fails to be kept of one loses nothing of the others.
            let mut unkept = None;
            while let Some(kept) = attempts.next().await {
                match kept {
                    Ok(status) => sent.count(status),
                    Err(error) => unkept = Some(error),
                }
            }
            if let Some(error) = unkept {
                return Err(error);
            }
            if Instant::now() >= until {
                break;
            }
        }
        let tx = self.database.tenant(organization).await?;
        let next = deliveries::next_due(&tx).await?;
        tx.finish().await?;
        #[expect(clippy::cast_possible_truncation, reason = "seconds of some hours")]
        let whole = next.map(|seconds| seconds.max(1.0) as i64);
        sent.again_in = whole;
        Ok(sent)
    }

    /// An attempt, and what is kept of it; in which state it is then.
    async fn send_one(
        &self,
        organization: OrganizationId,
        fetcher: &Fetcher,
        due: &Due,
    ) -> store::Result<&'static str> {
        let attempted = self.attempt(organization, fetcher, due).await;
        self.settle(organization, due, attempted).await
    }

    async fn attempt(&self, organization: OrganizationId, fetcher: &Fetcher, due: &Due) -> Attempted {
        match &due.to {
            To::Target { kind, address, .. } if kind == "sns" => {
                // As long as a webhook has.
                let patience = Duration::from_secs(limits::WEB_POST_SECONDS);
                let published = self.publisher.publish(due, address, message(due));
                match tokio::time::timeout(patience, published).await {
                    Ok(Ok(())) => Attempted::default(),
                    Ok(Err(error)) => Attempted::later(error),
                    Err(_) => Attempted::later("SNS does not answer in time."),
                }
            }
            To::Target { address, signing, .. } => {
                self.post(organization, fetcher, due, (address, signing)).await
            }
            To::TicketSystem(system) => self.tell(organization, fetcher, due, system).await,
        }
    }

    async fn post(
        &self,
        organization: OrganizationId,
        fetcher: &Fetcher,
        due: &Due,
        (address, signing): (&str, &Signing),
    ) -> Attempted {
        let secret = self.signer.bytes(organization, Column::NotificationTargetSecret, signing).await;
        let secret = match secret {
            Ok(secret) => secret,
            Err(error) => return Attempted::sealed(&error),
        };
        let body = message(due);
        let headers = signing::headers(&secret, due.id, Timestamp::now().as_second(), &body);
        match fetcher.post(address, &headers, body).await {
            Ok(status) => Attempted::of_status(status),
            Err(refused) => Attempted::later(refused.to_string()),
        }
    }

    /// Notes what came of an attempt, and what a ticket is called elsewhere, in one transaction.
    async fn settle(
        &self,
        organization: OrganizationId,
        due: &Due,
        attempted: Attempted,
    ) -> store::Result<&'static str> {
        let is_last = attempted.is_final || due.attempts >= limits::DELIVERY_ATTEMPTS;
        let status = match &attempted.error {
            None => "delivered",
            Some(_) if is_last => "failed",
            Some(_) => "pending",
        };
        let shown = attempted
            .error
            .map(|error| error.chars().take(limits::DELIVERY_ERROR_CHARACTERS).collect::<String>());
        let to = match &due.to {
            To::Target { signing, .. } => signing.row,
            To::TicketSystem(system) => system.id.0,
        };
        tracing::info!(delivery.id = %due.id, delivery.to = %to, due.event, status, attempted.status, due.attempts, "delivery attempted");
        #[expect(clippy::cast_precision_loss, reason = "two hours at most")]
        let pause = back_off(due.attempts) as f64;
        let tx = self.database.tenant(organization).await?;
        deliveries::settle(&tx, due.id, status, (attempted.status, shown.as_deref()), pause).await?;
        if let (Some(external), To::TicketSystem(system)) = (&attempted.external, &due.to) {
            escalations::keep_external(&tx, system.ticket, system.id, external).await?;
        }
        tx.finish().await?;
        Ok(status)
    }
}

/// The body of a notification.
fn message(due: &Due) -> String {
    json!({ "type": due.event, "timestamp": due.created_at, "data": due.payload }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_edge() {
        let pauses: Vec<i64> = (1..=10).map(back_off).collect();
        assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1_920, 3_840, 7_200, 7_200]);
    }

    #[test]
    fn only_a_success_is_one() {
        for (status, is_done) in
            [(200, true), (204, true), (199, false), (302, false), (409, false), (500, false)]
        {
            assert_eq!(Attempted::of_status(status).is_done(), is_done, "{status}");
        }
        let (attempted, body) = Attempted::of(Ok(Answered { status: 201, body: b"<html>".to_vec() }));
        assert!(attempted.is_done() && body.is_null());
        assert!(!Attempted::of(Err(Refused::TooSlow)).0.is_done());
    }
}
