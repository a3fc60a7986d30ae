//! What messages are signed with (Standard Webhooks): a secret of the other side's own, random and sealed where there is a key;
//! else one that is derived from the deployment's key whenever something is signed, and kept nowhere.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{
    DeliveryId, OrganizationId,
    sealed::{Column, IdentityHashKey, Place},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use store::deliveries::Signing;
use vault::Vault;

/// How a secret begins (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";
/// The number of a row's first secret.
const FIRST: i32 = 1;

/// Where secrets come from.
#[derive(Clone)]
pub struct Signer {
    /// What secrets are derived from where nothing is sealed.
    pub key: IdentityHashKey,
    /// What seals those that are not.
    pub vault: Vault,
}

/// The secret of a row that is made just now.
pub struct NewSecret {
    /// As its keeper is shown it, once.
    pub shown: String,
    /// As it is kept; `None`: not at all.
    pub sealed: Option<Vec<u8>>,
}

impl Signer {
    /// The secret for a new row.
    ///
    /// # Errors
    /// [`vault::Error`]: there is a key, and it does not answer.
    pub async fn new_secret(&self, place: Place) -> vault::Result<NewSecret> {
        if !self.vault.has_key() {
            let derived = self.derived(place.column, place.row, FIRST);
            return Ok(NewSecret { shown: spelled(&derived), sealed: None });
        }
        let shown = spelled(&rand::random::<[u8; 32]>());
        let sealed = self.vault.seal_kept(place, &shown).await?;
        Ok(NewSecret { shown, sealed })
    }

    /// The bytes that a row's messages are signed with.
    ///
    /// # Errors
    /// [`vault::Error`].
    pub(crate) async fn bytes(
        &self,
        organization: OrganizationId,
        column: Column,
        signing: &Signing,
    ) -> vault::Result<Vec<u8>> {
        let Some(sealed) = &signing.sealed else {
            return Ok(self.derived(column, signing.row, signing.number));
        };
        let shown = self.vault.open(column.of(organization, signing.row), sealed).await?;
        let text = shown.strip_prefix(SECRET_PREFIX).unwrap_or(&shown);
        BASE64_STANDARD.decode(text).map_err(|_| vault::Error::NotOfThisPlace)
    }

    fn derived(&self, column: Column, row: uuid::Uuid, number: i32) -> Vec<u8> {
        let purpose = match column {
            Column::NotificationTargetSecret => "notification-target",
            other => other.as_str(),
        };
        self.key.hash(purpose, &format!("{row}:{number}"))
    }
}

fn spelled(secret: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(secret))
}

/// The headers of Standard Webhooks; the signature (v1) is HMAC-SHA-256 of id, seconds and body.
pub(crate) fn headers(
    secret: &[u8],
    id: DeliveryId,
    seconds: i64,
    body: &str,
) -> [(&'static str, String); 3] {
    [
        ("webhook-id", id.to_string()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signature(secret, id, seconds, body)),
    ]
}

fn signature(secret: &[u8], id: DeliveryId, seconds: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::NotificationTargetId;

    #[test]
    fn a_signature_is_of_id_time_and_body() {
        // Computed with OpenSSL: printf '%s' '{id}.1.{"a":1}' | openssl dgst -sha256 -mac HMAC -macopt key:secret -binary | base64
        let id: DeliveryId = "0192f3a1-0000-7000-8000-000000000001".parse().expect("an id");
        assert_eq!(
            signature(b"secret", id, 1, r#"{"a":1}"#),
            "v1,drvQh/VFLxIDzztV742eKzdIbngm0JVQ2v8cK7RDLQ8="
        );
    }

    #[tokio::test]
    async fn without_a_key_of_kms_a_secret_is_derived_for_its_place() {
        let key = IdentityHashKey::new(&"k".repeat(32)).expect("long enough");
        let signer = Signer { key, vault: Vault::without_key() };
        let (organization, row) = (OrganizationId::generate(), NotificationTargetId::generate().0);
        let made =
            async |column: Column| signer.new_secret(column.of(organization, row)).await.expect("a secret");
        let target = made(Column::NotificationTargetSecret).await;
        assert!(target.shown.starts_with(SECRET_PREFIX) && target.sealed.is_none());
        assert_ne!(target.shown, made(Column::IntegrationSecret).await.shown);
        let signing = |row, number| Signing { row, number, sealed: None };
        let bytes = async |signing| {
            signer.bytes(organization, Column::NotificationTargetSecret, &signing).await.expect("a secret")
        };
        assert_eq!(spelled(&bytes(signing(row, FIRST)).await), target.shown);
        assert_ne!(spelled(&bytes(signing(row, 2)).await), target.shown);
        assert_ne!(spelled(&bytes(signing(NotificationTargetId::generate().0, FIRST)).await), target.shown);
    }
}
