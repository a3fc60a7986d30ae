//! The template's queues in the local SQS, and their side of the event-source mapping.

use crate::{
    event_source::{self, Message, MessageAttribute},
    sqs::{Outgoing, QueueSettings, Received, Sqs},
    template::Template,
};
use anyhow::{Result, anyhow};
use std::time::Duration;

/// Makes every queue of a template, under its logical id.
pub fn create(template: &Template, sqs: &Sqs) {
    for queue in template.queues() {
        let redrive = queue.redrive.as_ref();
        let settings = QueueSettings {
            visibility: queue.visibility,
            max_receive_count: redrive.map(|redrive| redrive.max_receive_count),
            dead_letter: redrive.map(|redrive| redrive.dead_letter.clone()),
            retention: queue.retention,
            delay: queue.delay,
        };
        sqs.create_queue(&queue.logical_id, settings);
    }
}

/// Puts a message into a queue from inside this process, as S3 does.
pub fn send(sqs: &Sqs, queue: &str, body: String, trace: Option<String>) {
    let message = Outgoing { trace_of_request: trace, ..Outgoing::new(body) };
    if let Err(error) = sqs.send(queue, message) {
        tracing::error!(queue, %error, "message was not taken");
    }
}

/// One queue, as a consumer sees it.
#[derive(Clone)]
pub struct Consumed {
    sqs: Sqs,
    name: String,
}

impl Consumed {
    /// The queue of a name.
    #[must_use]
    pub fn new(sqs: &Sqs, name: &str) -> Self {
        Self { sqs: sqs.clone(), name: name.to_owned() }
    }
}

impl event_source::Queue for Consumed {
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>> {
        let received =
            self.sqs.receive(&self.name, max, wait, None).await.map_err(|fault| anyhow!("{fault}"))?;
        Ok(received.into_iter().map(message).collect())
    }

    async fn delete(&self, handles: &[String]) -> Result<()> {
        for handle in handles {
            self.sqs.delete(&self.name, handle).map_err(|fault| anyhow!("{fault}"))?;
        }
        Ok(())
    }

    async fn change_visibility(&self, handles: &[String], visibility: Duration) -> Result<()> {
        for handle in handles {
            self.sqs.change_visibility(&self.name, handle, visibility).map_err(|fault| anyhow!("{fault}"))?;
        }
        Ok(())
    }
}

fn message(received: Received) -> Message {
    let attributes = received.attributes.into_iter().map(|(name, attribute)| {
        let value = MessageAttribute {
            data_type: attribute.data_type,
            string_value: attribute.string_value,
            binary_value: attribute.binary_value,
        };
        (name, value)
    });
    Message {
        message_id: received.message_id,
        receipt_handle: received.receipt_handle,
        body: received.body,
        md5_of_body: received.md5_of_body,
        md5_of_message_attributes: None,
        attributes: received.system_attributes,
        message_attributes: attributes.collect(),
    }
}
