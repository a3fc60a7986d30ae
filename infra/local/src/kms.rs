//! KMS on this machine, AWS JSON 1.1: `POST /` with `X-Amz-Target: TrentService.<Operation>`. It gives out data keys and opens
//! them again, under the keys that the template makes. What it seals is bound to the encryption context, as in the cloud: with
//! another one it does not open.
//!
//! The keys themselves lie in the stack's folder, readable by its owner alone: enough to be the same after a restart, and nothing
//! that protects anybody.

use crate::{credentials::Credentials, folder::write_private};
use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use anyhow::{Context as _, Result};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use uuid::Uuid;

/// KMS's own limit on a ciphertext.
const CIPHERTEXT_BYTES: usize = 6_144;
/// KMS's own limit on an encryption context, as bytes of its JSON.
const CONTEXT_BYTES: usize = 8_192;
const BODY_BYTES: usize = 64 << 10;
const NONCE: usize = 12;

/// The keys of a stack, and who may use them.
#[derive(Clone)]
pub struct Kms {
    keys: Arc<Keys>,
    credentials: Credentials,
}

/// Key material by ARN.
type Keys = BTreeMap<String, [u8; 32]>;

impl Kms {
    /// The keys of these ARNs, out of the file; those that are new are made and kept there.
    ///
    /// # Errors
    /// When the file is none of this version's, or cannot be written.
    pub fn open(file: &Path, arns: &[String], credentials: Credentials) -> Result<Self> {
        let mut kept: BTreeMap<String, String> = match std::fs::read_to_string(file) {
            Ok(text) => serde_json::from_str(&text).context("read the keys of KMS")?,
            Err(_) => BTreeMap::new(),
        };
        for arn in arns {
            kept.entry(arn.clone()).or_insert_with(|| hex::encode(rand::random::<[u8; 32]>()));
        }
        write_private(file, &serde_json::to_vec_pretty(&kept)?)?;
        let keys = kept.into_iter().map(|(arn, text)| {
            let bytes = hex::decode(&text).ok().and_then(|bytes| bytes.try_into().ok());
            Ok((arn, bytes.context("read a key of KMS")?))
        });
        Ok(Self { keys: Arc::new(keys.collect::<Result<_>>()?), credentials })
    }

    /// What answers.
    pub fn router(&self) -> Router {
        Router::new().fallback(answer).layer(DefaultBodyLimit::max(BODY_BYTES)).with_state(self.clone())
    }

    /// A key by its ARN, or by the id that its ARN ends with.
    fn key(&self, name: &str) -> Result<(String, [u8; 32]), Fault> {
        let found = self.keys.iter().find(|(arn, _)| *arn == name || arn.rsplit('/').next() == Some(name));
        let (arn, key) = found.ok_or_else(|| Fault::new("NotFoundException", "Key is not found"))?;
        Ok((arn.clone(), *key))
    }
}

/// What KMS refuses.
#[derive(Debug)]
struct Fault {
    shape: &'static str,
    message: &'static str,
}

impl Fault {
    const fn new(shape: &'static str, message: &'static str) -> Self {
        Self { shape, message }
    }
}

/// Strings by name; their order means nothing.
type EncryptionContext = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GenerateDataKey {
    key_id: String,
    #[serde(default)]
    key_spec: Option<String>,
    #[serde(default)]
    encryption_context: EncryptionContext,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Decrypt {
    ciphertext_blob: String,
    #[serde(default)]
    key_id: Option<String>,
    #[serde(default)]
    encryption_context: EncryptionContext,
}

async fn answer(State(kms): State<Kms>, headers: HeaderMap, body: Bytes) -> Response {
    let outcome = authorize(&kms, &headers).and_then(|()| dispatch(&kms, &headers, &body));
    let mut response = match outcome {
        Ok(value) => (StatusCode::OK, value.to_string()).into_response(),
        Err(fault) => {
            let told = json!({ "__type": fault.shape, "message": fault.message }).to_string();
            (StatusCode::BAD_REQUEST, told).into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// The key is looked for, the signature is not checked, as SQS's here.
fn authorize(kms: &Kms, headers: &HeaderMap) -> Result<(), Fault> {
    let header = headers.get(header::AUTHORIZATION).and_then(|header| header.to_str().ok());
    let ours = format!("Credential={}/", kms.credentials.access_key_id);
    match header {
        Some(header) if header.contains(&ours) => Ok(()),
        Some(_) => Err(Fault::new(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )),
        None => {
            Err(Fault::new("MissingAuthenticationTokenException", "Request is missing Authentication Token"))
        }
    }
}

fn dispatch(kms: &Kms, headers: &HeaderMap, body: &[u8]) -> Result<Value, Fault> {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    match target.strip_prefix("TrentService.").unwrap_or_default() {
        "GenerateDataKey" => generate_data_key(kms, &read(body)?),
        "Decrypt" => decrypt(kms, &read(body)?),
        _ => Err(Fault::new("UnknownOperationException", "The operation is not known on this machine.")),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|_| {
        Fault::new(
            "SerializationException",
            "The body is not the operation's, or has what is not known here.",
        )
    })
}

fn generate_data_key(kms: &Kms, wish: &GenerateDataKey) -> Result<Value, Fault> {
    if wish.key_spec.as_deref() != Some("AES_256") {
        return Err(Fault::new("ValidationException", "KeySpec must be AES_256 on this machine."));
    }
    let along = along(&wish.encryption_context)?;
    let (arn, key) = kms.key(&wish.key_id)?;
    let (data_key, nonce): ([u8; 32], [u8; NONCE]) = (rand::random(), rand::random());
    let payload = Payload { msg: &data_key, aad: &along };
    let text = Aes256Gcm::new((&key).into()).encrypt(&Nonce::from(nonce), payload);
    let text = text.map_err(|_| Fault::new("KMSInternalException", "The data key could not be sealed."))?;
    // Which key it was stands in front, so that Decrypt need not be told.
    let mut blob = vec![u8::try_from(arn.len()).unwrap_or(u8::MAX)];
    blob.extend_from_slice(&arn.as_bytes()[..usize::from(blob[0])]);
    blob.extend_from_slice(&nonce);
    blob.extend_from_slice(&text);
    Ok(json!({
        "CiphertextBlob": BASE64_STANDARD.encode(blob), "Plaintext": BASE64_STANDARD.encode(data_key), "KeyId": arn,
    }))
}

fn decrypt(kms: &Kms, wish: &Decrypt) -> Result<Value, Fault> {
    const INVALID: Fault = Fault::new("InvalidCiphertextException", "The ciphertext does not open.");
    let along = along(&wish.encryption_context)?;
    let blob = BASE64_STANDARD.decode(&wish.ciphertext_blob).map_err(|_| INVALID)?;
    if blob.is_empty() || blob.len() > CIPHERTEXT_BYTES {
        return Err(Fault::new("ValidationException", "CiphertextBlob must have 1 to 6144 bytes."));
    }
    let (arn, rest) = blob[1..].split_at_checked(usize::from(blob[0])).ok_or(INVALID)?;
    let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or(INVALID)?;
    let (arn, key) = kms.key(std::str::from_utf8(arn).map_err(|_| INVALID)?).map_err(|_| INVALID)?;
    if let Some(named) = &wish.key_id
        && kms.key(named)?.0 != arn
    {
        return Err(Fault::new("IncorrectKeyException", "The key is not the one that sealed this."));
    }
    let payload = Payload { msg: text, aad: &along };
    let data_key =
        Aes256Gcm::new((&key).into()).decrypt(&Nonce::from(*nonce), payload).map_err(|_| INVALID)?;
    Ok(json!({
        "Plaintext": BASE64_STANDARD.encode(data_key), "KeyId": arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

/// An encryption context as the bytes that are sealed along: JSON, whose names are in order.
fn along(context: &EncryptionContext) -> Result<Vec<u8>, Fault> {
    let along = json!(context).to_string().into_bytes();
    if along.len() > CONTEXT_BYTES {
        return Err(Fault::new("ValidationException", "EncryptionContext has more than 8192 bytes."));
    }
    Ok(along)
}

#[cfg(test)]
mod tests;
