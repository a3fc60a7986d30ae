//! THE OUTBOX'S OTHER END: what waits is taken, signed, sent, and noted; again later where it was not taken.
//!
//! Messages are those of Standard Webhooks: `webhook-id` is the same at every attempt, so that the other side does nothing twice.
//! No transaction is open while something is sent. Addresses are visited as web pages are: public ones only, and no redirect is
//! followed.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{DeliveryId, NotificationTargetId, OrganizationId, limits, sealed::IdentityHashKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use pages::{Fetcher, Policy};
use serde_json::json;
use sha2::Sha256;
use store::{
    Database,
    deliveries::{self, Due},
};

/// How a secret begins (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";

/// What sends.
pub struct Courier {
    /// Where the outbox is.
    pub database: Database,
    /// What targets' secrets are derived from.
    pub key: IdentityHashKey,
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

/// A target's secret, as its keeper is shown it once. It is derived anew whenever something is signed, and kept nowhere.
#[must_use]
pub fn secret(key: &IdentityHashKey, target: NotificationTargetId, number: i32) -> String {
    format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(bytes(key, target, number)))
}

fn bytes(key: &IdentityHashKey, target: NotificationTargetId, number: i32) -> Vec<u8> {
    key.hash("notification-target", &format!("{target}:{number}"))
}

/// `webhook-signature` (Standard Webhooks, v1): HMAC-SHA-256 of id, seconds and body.
fn signature(secret: &[u8], id: DeliveryId, seconds: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

/// Seconds after so many attempts: 30, 60, 120 … up to two hours.
fn back_off(attempts: i32) -> i64 {
    let doubled = 15_i64.saturating_mul(1 << attempts.clamp(1, 20));
    doubled.min(limits::DELIVERY_BACK_OFF_MOST_SECONDS)
}

impl Courier {
    /// Sends what is due of an organization, some rounds at most.
    ///
    /// # Errors
    /// [`store::Error`].
    pub async fn send(&self, organization: OrganizationId) -> store::Result<Sent> {
        let fetcher = Fetcher::new(self.policy);
        let mut sent = Sent::default();
        for _ in 0..limits::DELIVERY_ROUNDS {
            let tx = self.database.tenant(organization).await?;
            let due = deliveries::claim(&tx).await?;
            tx.finish().await?;
            if due.is_empty() {
                break;
            }
            for one in due {
                self.attempt(organization, &fetcher, &one, &mut sent).await?;
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

    async fn attempt(
        &self,
        organization: OrganizationId,
        fetcher: &Fetcher,
        due: &Due,
        sent: &mut Sent,
    ) -> store::Result<()> {
        let body = json!({ "type": due.event, "timestamp": due.created_at, "data": due.payload }).to_string();
        let seconds = Timestamp::now().as_second();
        let secret = bytes(&self.key, due.target, due.signing_number);
        let headers = [
            ("webhook-id", due.id.to_string()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature(&secret, due.id, seconds, &body)),
        ];
        let (answered, error) = match fetcher.post(&due.address, &headers, body).await {
            Ok(status) if (200..300).contains(&status) => (Some(i32::from(status)), None),
            Ok(status) => {
                (Some(i32::from(status)), Some(format!("The other side answers with status {status}.")))
            }
            Err(refused) => (None, Some(refused.to_string())),
        };
        let status = match &error {
            None => "delivered",
            Some(_) if due.attempts >= limits::DELIVERY_ATTEMPTS => "failed",
            Some(_) => "pending",
        };
        match status {
            "delivered" => sent.delivered += 1,
            "failed" => sent.failed += 1,
            _ => sent.postponed += 1,
        }
        let shown =
            error.map(|error| error.chars().take(limits::DELIVERY_ERROR_CHARACTERS).collect::<String>());
        tracing::info!(delivery.id = %due.id, target.id = %due.target, due.event, status, answered, due.attempts, "delivery attempted");
        #[expect(clippy::cast_precision_loss, reason = "two hours at most")]
        let pause = back_off(due.attempts) as f64;
        let tx = self.database.tenant(organization).await?;
        deliveries::settle(&tx, due.id, status, (answered, shown.as_deref()), pause).await?;
        tx.finish().await
    }
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
    fn a_signature_is_of_id_time_and_body() {
        // Computed with OpenSSL: printf '%s' '{id}.1.{"a":1}' | openssl dgst -sha256 -mac HMAC -macopt key:secret -binary | base64
        let id: DeliveryId = "0192f3a1-0000-7000-8000-000000000001".parse().expect("an id");
        assert_eq!(
            signature(b"secret", id, 1, r#"{"a":1}"#),
            "v1,drvQh/VFLxIDzztV742eKzdIbngm0JVQ2v8cK7RDLQ8="
        );
        let key = IdentityHashKey::new(&"k".repeat(32)).expect("long enough");
        let target = NotificationTargetId::generate();
        let one = secret(&key, target, 1);
        assert!(one.starts_with(SECRET_PREFIX) && one != secret(&key, target, 2));
        assert_ne!(one, secret(&key, NotificationTargetId::generate(), 1));
    }
}
