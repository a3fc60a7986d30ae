//! Messages to topics of SNS: the body that a webhook gets, with what subscribers filter by beside it.

use aws_sdk_sns::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata as _},
    types::MessageAttributeValue,
};
use domain::topic::Topics;
use store::deliveries::Due;

/// How a name of a topic ends that keeps order and takes a message once.
const FIFO: &str = ".fifo";

/// Sends to the topics that the deployment allows.
pub struct Publisher {
    client: Client,
    topics: Topics,
}

impl Publisher {
    /// To these topics.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig, topics: Topics) -> Self {
        Self { client: Client::new(aws), topics }
    }

    /// Publishes, once; else a sentence for a person.
    pub(crate) async fn publish(&self, due: &Due, topic: &str, body: String) -> Result<(), String> {
        // The deployment's word may have changed since the target was made.
        if self.topics.of(&due.slug).as_deref() != Some(topic) {
            return Err("The topic is not one that this deployment may publish to any more.".to_owned());
        }
        let id = due.id.to_string();
        let text =
            |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build();
        let mut publish = self.client.publish().topic_arn(topic).message(body);
        publish = publish.subject(format!("Docent: {}", due.event));
        let severity = due.payload["severity"].as_str();
        for (name, value) in
            [("type", Some(due.event.as_str())), ("severity", severity), ("delivery_id", Some(id.as_str()))]
        {
            if let Some(attribute) = value.and_then(|value| text(value).ok()) {
                publish = publish.message_attributes(name, attribute);
            }
        }
        if topic.ends_with(FIFO) {
            publish = publish.message_group_id(&due.slug).message_deduplication_id(&id);
        }
        publish.send().await.map(|_| ()).map_err(|error| {
            tracing::warn!(delivery.id = %due.id, error = %DisplayErrorContext(&error), "SNS refuses");
            match error.code() {
                Some(code) => format!("SNS refuses: {code}."),
                None => "SNS does not answer.".to_owned(),
            }
        })
    }
}
