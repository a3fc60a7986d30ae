//! SNS as its official client speaks to it.

use super::*;
use aws_sdk_sns::{Client, error::ProvideErrorMetadata, types::MessageAttributeValue};

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:docent-demo";

async fn serve(folder: &Path) -> Client {
    use aws_sdk_sns::config::{BehaviorVersion, Config, Credentials as Key, Region};
    let credentials = Credentials::random();
    let sns = Sns::new(folder, "us-east-1", "000000000000", credentials.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, sns.router()).await });
    let key = Key::new(&credentials.access_key_id, &credentials.secret_access_key, None, None, "test");
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).http_client(http);
    let config = config.region(Region::new("us-east-1")).endpoint_url(url).credentials_provider(key);
    Client::from_conf(config.build())
}

#[tokio::test]
async fn what_is_published_is_kept_as_it_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let client = serve(folder.path()).await;
    let attribute = MessageAttributeValue::builder()
        .data_type("String")
        .string_value("critical & <more>")
        .build()
        .unwrap();
    let sent = client.publish().topic_arn(TOPIC).message("{\"a\": \"ü & <b>\"}\n").subject("Docent: test");
    let sent = sent.message_attributes("severity", attribute).send().await.unwrap();
    let kept = published(folder.path()).unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(Some(kept[0].message_id.as_str()), sent.message_id());
    assert_eq!((kept[0].topic.as_str(), kept[0].message.as_str()), (TOPIC, "{\"a\": \"ü & <b>\"}\n"));
    assert_eq!(kept[0].subject.as_deref(), Some("Docent: test"));
    assert_eq!(kept[0].attributes["severity"], "critical & <more>");
}

#[tokio::test]
async fn what_is_not_there_or_not_known_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let client = serve(folder.path()).await;
    let publish = async |topic: &str, message: &str| {
        let sent = client.publish().topic_arn(topic).message(message).send().await;
        sent.map(|_| ()).map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    for topic in ["arn:aws:sns:us-east-1:111111111111:docent-demo", "docent-demo", &format!("{TOPIC}/a")] {
        assert_eq!(publish(topic, "a").await, Err("InvalidParameter".to_owned()), "{topic}");
    }
    client.delete_topic().topic_arn(TOPIC).send().await.unwrap();
    assert_eq!(publish(TOPIC, "a").await, Err("NotFound".to_owned()));
    let made = client.create_topic().name("docent-demo").send().await.unwrap();
    assert_eq!(made.topic_arn(), Some(TOPIC));
    assert_eq!(publish(TOPIC, &"a".repeat(MESSAGE_BYTES)).await, Ok(()));
    assert_eq!(publish(TOPIC, &"a".repeat(MESSAGE_BYTES + 1)).await, Err("InvalidParameter".to_owned()));
    // A topic that keeps order wants to know which.
    let fifo = format!("{TOPIC}.fifo");
    assert_eq!(publish(&fifo, "a").await, Err("InvalidParameter".to_owned()));
    let ordered = client.publish().topic_arn(fifo).message("a").message_group_id("demo");
    ordered.message_deduplication_id("1").send().await.unwrap();
    let refused = client.list_topics().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidAction"));
    assert_eq!(published(folder.path()).unwrap().len(), 2);
}
