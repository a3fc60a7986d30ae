//! The batch forms of the operations: what refuses a batch as a whole, and one outcome an entry otherwise.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::QueueInput;
use crate::sqs::fault::{Fault, FaultKind};

const ENTRIES_PER_BATCH: usize = 10;

/// Entries that share a queue, each with an id of the caller's.
#[derive(Deserialize)]
#[serde(bound = "E: DeserializeOwned")]
pub(super) struct BatchInput<E> {
    #[serde(flatten)]
    pub(super) queue: QueueInput,
    #[serde(rename = "Entries", default = "Vec::new")]
    pub(super) entries: Vec<Entry<E>>,
}

/// One operation of a batch.
#[derive(Deserialize)]
#[serde(bound = "E: DeserializeOwned")]
pub(super) struct Entry<E> {
    #[serde(rename = "Id")]
    id: String,
    #[serde(flatten)]
    pub(super) input: E,
}

impl<E> BatchInput<E> {
    /// Refuses a batch that SQS refuses as a whole.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.entries.is_empty() {
            let words = "There should be at least one entry in the request.";
            return Err(Fault::new(FaultKind::EmptyBatchRequest, words));
        }
        if self.entries.len() > ENTRIES_PER_BATCH {
            let words = format!(
                "Maximum number of entries per request are {ENTRIES_PER_BATCH}. You have sent {}.",
                self.entries.len()
            );
            return Err(Fault::new(FaultKind::TooManyEntriesInBatchRequest, words));
        }
        let mut seen = BTreeSet::new();
        for Entry { id, .. } in &self.entries {
            let sound = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
            if id.is_empty() || id.len() > 80 || !sound {
                let words = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
                return Err(Fault::new(FaultKind::InvalidBatchEntryId, words));
            }
            if !seen.insert(id) {
                return Err(Fault::new(FaultKind::BatchEntryIdsNotDistinct, format!("Id {id} repeated.")));
            }
        }
        Ok(())
    }

    /// One outcome an entry: a refused one hides no other.
    pub(super) fn answer(self, mut one: impl FnMut(&str, E) -> Result<Map<String, Value>, Fault>) -> Value {
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        let name = self.queue.name().to_owned();
        for Entry { id, input } in self.entries {
            match one(&name, input) {
                Ok(mut value) => {
                    value.insert("Id".to_owned(), json!(id));
                    successful.push(Value::Object(value));
                }
                Err(fault) => failed.push(json!({
                    "Id": id, "SenderFault": true, "Code": fault.kind.query_code(), "Message": fault.message,
                })),
            }
        }
        json!({ "Successful": successful, "Failed": failed })
    }
}
