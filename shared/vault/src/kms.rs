//! KMS: gives out data keys and opens them again, each for the one organization that its encryption context names.

use crate::{DataKey, Error, Result};
use aws_sdk_kms::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::DataKeySpec,
};
use domain::{OrganizationId, limits};
use jiff::{SignedDuration, Timestamp};
use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use store::data_keys::SealedKey;
use zeroize::Zeroizing;

/// The encryption context's name for whose a data key is; the functions' permissions demand it.
const ORGANIZATION: &str = "organization";

/// A data key, just made.
pub struct Made {
    /// To seal with.
    pub key: DataKey,
    /// To keep.
    pub sealed: Vec<u8>,
}

pub struct Kms {
    client: Client,
    key_arn: String,
    /// Until then nobody waits for a service that does not answer.
    paused_until: Mutex<Timestamp>,
}

impl Kms {
    pub fn new(aws: &aws_config::SdkConfig, key_arn: &str) -> Self {
        let paused_until = Mutex::new(Timestamp::MIN);
        Self { client: Client::new(aws), key_arn: key_arn.to_owned(), paused_until }
    }

    pub fn key_arn(&self) -> &str {
        &self.key_arn
    }

    pub async fn generate(&self, organization: OrganizationId) -> Result<Made> {
        let call = self
            .client
            .generate_data_key()
            .key_id(&self.key_arn)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context(ORGANIZATION, organization.to_string())
            .send();
        let made = self.asked("make a data key", call).await?;
        let sealed = made.ciphertext_blob.map(Blob::into_inner);
        let sealed = sealed.ok_or_else(|| Error::Unavailable("a data key comes unsealed".to_owned()))?;
        Ok(Made { key: key(made.plaintext)?, sealed })
    }

    /// Opens with the key that gave it out, which need not be the one that gives them out today.
    pub async fn open(&self, organization: OrganizationId, row: &SealedKey) -> Result<DataKey> {
        let call = self
            .client
            .decrypt()
            .key_id(&row.kms_key_arn)
            .ciphertext_blob(Blob::new(row.sealed.clone()))
            .encryption_context(ORGANIZATION, organization.to_string())
            .send();
        key(self.asked("open a data key", call).await?.plaintext)
    }

    async fn asked<T, E: ProvideErrorMetadata, R>(
        &self,
        what: &str,
        call: impl Future<Output = std::result::Result<T, SdkError<E, R>>>,
    ) -> Result<T> {
        let mut now = Timestamp::now();
        if now < *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(Error::Unavailable(format!("{what}: did not answer a moment ago")));
        }
        let answer = tokio::time::timeout(Duration::from_secs(limits::KMS_SECONDS), call).await;
        let (why, has_answered) = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => {
                (error.code().unwrap_or("no answer").to_owned(), error.as_service_error().is_some())
            }
            Err(_) => (format!("no answer in {} seconds", limits::KMS_SECONDS), false),
        };
        // Who refuses one key at once may serve the next one.
        if !has_answered {
            now = Timestamp::now();
            let until = now.saturating_add(SignedDuration::from_secs(limits::KMS_PAUSE_SECONDS));
            *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) = until.unwrap_or(now);
        }
        Err(Error::Unavailable(format!("{what}: {why}")))
    }
}

fn key(plaintext: Option<Blob>) -> Result<DataKey> {
    let bytes = Zeroizing::new(plaintext.map(Blob::into_inner).unwrap_or_default());
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(Error::Unavailable("a data key has not 256 bits".to_owned()));
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}
