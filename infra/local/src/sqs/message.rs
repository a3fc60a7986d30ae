//! A message: what a sender hands in, what a receiver gets, and the digests and limits that SQS keeps over both.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fault::{Fault, FaultKind};

/// The largest message, body and attributes together, and the largest batch: 1 MiB since August 2025.
pub const MAXIMUM_MESSAGE_BYTES: usize = 1_048_576;

/// One attribute of a message, in the wire's own shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, optionally with a custom suffix (`Number.int`).
    pub data_type: String,
    /// The value of a String or Number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// The value of a Binary, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

impl MessageAttribute {
    /// An attribute of type String.
    pub fn string(value: impl Into<String>) -> MessageAttribute {
        MessageAttribute {
            data_type: "String".to_owned(),
            string_value: Some(value.into()),
            binary_value: None,
        }
    }

    fn is_binary(&self) -> bool {
        self.data_type.starts_with("Binary")
    }

    fn value(&self) -> Vec<u8> {
        if self.is_binary() {
            self.binary_value.as_deref().and_then(|text| BASE64.decode(text).ok()).unwrap_or_default()
        } else {
            self.string_value.clone().unwrap_or_default().into_bytes()
        }
    }
}

/// A message on its way in. `Default` gives everything but the body.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    /// The text, 1 byte to 1 MiB.
    pub body: String,
    /// The fair queue's group (the organization).
    pub group: Option<String>,
    /// Seconds before the message shows; the queue's own delay when absent.
    pub delay_seconds: Option<u64>,
    /// The sender's own attributes.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// X-Ray's header, the one system attribute that a sender may set.
    pub trace_header: Option<String>,
    /// The trace of the request that sends it, for a message that says none itself.
    pub trace_of_request: Option<String>,
}

impl Outgoing {
    /// A message of nothing but a body.
    pub fn new(body: impl Into<String>) -> Outgoing {
        Outgoing { body: body.into(), ..Outgoing::default() }
    }

    /// What the limit counts: body, and the names, types and values of the attributes.
    pub(super) fn size(&self) -> usize {
        let attribute = |(name, attribute): (&String, &MessageAttribute)| {
            name.len() + attribute.data_type.len() + attribute.value().len()
        };
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }

    /// Refuses what SQS refuses.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.body.is_empty() {
            return Err(Fault::new(
                FaultKind::MissingParameter,
                "The request must contain the parameter MessageBody.",
            ));
        }
        if self.size() > MAXIMUM_MESSAGE_BYTES {
            let reason = format!("Message must be shorter than {MAXIMUM_MESSAGE_BYTES} bytes.");
            return Err(Fault::invalid(format!("One or more parameters are invalid. Reason: {reason}")));
        }
        if self.delay_seconds.is_some_and(|seconds| seconds > 900) {
            return Err(Fault::invalid(
                "Value for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
            ));
        }
        if self.group.as_ref().is_some_and(|group| group.is_empty() || group.len() > 128) {
            return Err(Fault::invalid("MessageGroupId must be between 1 and 128 characters long."));
        }
        if self.attributes.len() > 10 {
            return Err(Fault::invalid(
                "Number of message attributes [>10] exceeds the allowed maximum [10].",
            ));
        }
        for (name, attribute) in &self.attributes {
            check_attribute(name, attribute)?;
        }
        check_characters(&self.body)
    }
}

fn check_attribute(name: &str, attribute: &MessageAttribute) -> Result<(), Fault> {
    let known = ["String", "Number", "Binary"];
    let base = attribute.data_type.split('.').next().unwrap_or_default();
    if !known.contains(&base) {
        return Err(Fault::invalid(format!(
            "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
        )));
    }
    if attribute.value().is_empty() {
        return Err(Fault::invalid(format!(
            "The message attribute '{name}' must contain a non-empty value."
        )));
    }
    Ok(())
}

/// SQS carries the characters of XML 1.0 and no others.
fn check_characters(text: &str) -> Result<(), Fault> {
    let allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    match text.chars().find(|&character| !allowed(character)) {
        None => Ok(()),
        Some(character) => Err(Fault::new(
            FaultKind::InvalidMessageContents,
            format!(
                "Invalid character U+{:04X} in the message; allowed are #x9, #xA, #xD and #x20 upwards.",
                character as u32
            ),
        )),
    }
}

/// What a sender gets back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The message's UUID.
    pub message_id: String,
    /// Hexadecimal.
    pub md5_of_body: String,
    /// Hexadecimal; absent without attributes.
    pub md5_of_attributes: Option<String>,
    /// Hexadecimal; absent without a trace header.
    pub md5_of_system_attributes: Option<String>,
}

/// A message on its way out, with every attribute; the wire cuts it to what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The message's UUID, the same at each delivery.
    pub message_id: String,
    /// Names this delivery; the latest one deletes.
    pub receipt_handle: String,
    /// The text as sent.
    pub body: String,
    /// Hexadecimal.
    pub md5_of_body: String,
    /// `ApproximateReceiveCount`, `SentTimestamp` (ms) and the like, by SQS's names.
    pub system_attributes: BTreeMap<String, String>,
    /// The sender's own attributes.
    pub attributes: BTreeMap<String, MessageAttribute>,
}

impl Received {
    /// How often the message has been received, this time included.
    pub fn receive_count(&self) -> u32 {
        self.system_attributes
            .get("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .unwrap_or(1)
    }

    /// The record that Lambda's event-source mapping puts into `Records`.
    pub fn event_record(&self, queue_arn: &str, region: &str) -> Value {
        let attribute = |attribute: &MessageAttribute| {
            let mut value =
                json!({ "dataType": attribute.data_type, "stringListValues": [], "binaryListValues": [] });
            if let Some(text) = &attribute.string_value {
                value["stringValue"] = json!(text);
            }
            if let Some(bytes) = &attribute.binary_value {
                value["binaryValue"] = json!(bytes);
            }
            value
        };
        let attributes: BTreeMap<_, _> =
            self.attributes.iter().map(|(name, value)| (name, attribute(value))).collect();
        json!({
            "messageId": self.message_id,
            "receiptHandle": self.receipt_handle,
            "body": self.body,
            "attributes": self.system_attributes,
            "messageAttributes": attributes,
            "md5OfBody": self.md5_of_body,
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": region,
        })
    }
}

/// MD5 of a text in hexadecimal.
pub(super) fn md5_of_text(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// The digest over attributes that SQS documents: sorted by name; name, type and value each behind its length.
pub(super) fn md5_of_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    let field = |digest: &mut Md5, bytes: &[u8]| {
        digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        digest.update(bytes);
    };
    for (name, attribute) in attributes {
        field(&mut digest, name.as_bytes());
        field(&mut digest, attribute.data_type.as_bytes());
        digest.update([if attribute.is_binary() { 2 } else { 1 }]);
        field(&mut digest, &attribute.value());
    }
    Some(hex::encode(digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_md5() {
        assert_eq!(md5_of_text("hello"), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(md5_of_attributes(&BTreeMap::new()), None);
    }

    #[test]
    fn the_limit_counts_body_and_attributes() {
        let mut message = Outgoing::new("x".repeat(MAXIMUM_MESSAGE_BYTES));
        assert!(message.check().is_ok());
        message.attributes.insert("n".to_owned(), MessageAttribute::string("v"));
        assert_eq!(message.check().map_err(|fault| fault.kind), Err(FaultKind::InvalidParameterValue));
    }

    #[test]
    fn control_characters_and_empty_bodies_are_refused() {
        let kind = |body: &str| Outgoing::new(body).check().map_err(|fault| fault.kind);
        assert_eq!(kind("a\u{0}b"), Err(FaultKind::InvalidMessageContents));
        assert_eq!(kind(""), Err(FaultKind::MissingParameter));
        assert_eq!(kind("ภาษาไทย\t🙂"), Ok(()));
    }
}
