//! The real `aws-sdk-sqs` client against the local queues.

use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName,
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, QueueAttributeName,
    SendMessageBatchRequestEntry,
};

use super::*;

/// Queues `work` (two receives, then `dead`) and `dead`, a served endpoint, and a client signed with `key`.
async fn serve(key: &str) -> (Sqs, Client) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let credentials =
        Credentials { access_key_id: "LOCALKEY".to_owned(), secret_access_key: "secret".to_owned() };
    let place = Place {
        base_url: base_url.clone(),
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
    };
    let sqs = Sqs::new(place, credentials);
    sqs.create_queue("dead", QueueSettings::default());
    let settings = QueueSettings {
        max_receive_count: Some(2),
        dead_letter: Some("dead".to_owned()),
        ..QueueSettings::default()
    };
    sqs.create_queue("work", settings);
    let router = sqs.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .region(aws_sdk_sqs::config::Region::new("us-east-1"))
        .endpoint_url(base_url)
        .credentials_provider(aws_sdk_sqs::config::Credentials::new(key, "secret", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    (sqs, Client::from_conf(config))
}

#[tokio::test]
async fn a_message_travels_with_its_attributes() {
    let (sqs, client) = serve("LOCALKEY").await;
    let url = client.get_queue_url().queue_name("work").send().await.unwrap().queue_url.unwrap();
    assert_eq!(url, sqs.queue_url("work"));
    let kind = MessageAttributeValue::builder().data_type("String").string_value("split").build().unwrap();
    let trace =
        MessageSystemAttributeValue::builder().data_type("String").string_value("Root=1-2").build().unwrap();
    let sent = client
        .send_message()
        .queue_url(&url)
        .message_body("ข้อความ <&> 🙂")
        .message_group_id("acme")
        .message_attributes("kind", kind)
        .message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, trace)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.md5_of_message_body().unwrap(), message::md5_of_text("ข้อความ <&> 🙂"));
    let received = client
        .receive_message()
        .queue_url(&url)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .message_attribute_names("All")
        .send()
        .await
        .unwrap();
    let [message] = received.messages() else { panic!("one message, not {received:?}") };
    assert_eq!(message.body(), Some("ข้อความ <&> 🙂"));
    assert_eq!(message.md5_of_message_attributes(), sent.md5_of_message_attributes());
    assert_eq!(message.message_attributes().unwrap()["kind"].string_value(), Some("split"));
    let system = message.attributes().unwrap();
    let get = |name: MessageSystemAttributeName| system.get(&name).map(String::as_str);
    assert_eq!(get(MessageSystemAttributeName::ApproximateReceiveCount), Some("1"));
    assert_eq!(get(MessageSystemAttributeName::MessageGroupId), Some("acme"));
    assert_eq!(get(MessageSystemAttributeName::AwsTraceHeader), Some("Root=1-2"));
    assert!(
        get(MessageSystemAttributeName::SentTimestamp).unwrap().parse::<u64>().unwrap() > 1_700_000_000_000
    );

    client
        .delete_message()
        .queue_url(&url)
        .receipt_handle(message.receipt_handle().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(sqs.counts("work").total(), 0);
}

#[tokio::test]
async fn batches_answer_one_outcome_an_entry_and_keep_the_limits() {
    let (sqs, client) = serve("LOCALKEY").await;
    let url = sqs.queue_url("work");
    let entry = |id: usize, body: &str| {
        SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body(body).build().unwrap()
    };
    let entries = (0..10).map(|id| entry(id, if id == 3 { "bad\u{1}" } else { "good" }));
    let sent = client
        .send_message_batch()
        .queue_url(&url)
        .set_entries(Some(entries.collect()))
        .send()
        .await
        .unwrap();
    assert_eq!((sent.successful().len(), sent.failed().len()), (9, 1));
    assert_eq!((sent.failed()[0].id(), sent.failed()[0].code()), ("3", "InvalidMessageContents"));

    let eleven = (0..11).map(|id| entry(id, "x")).collect();
    let error =
        client.send_message_batch().queue_url(&url).set_entries(Some(eleven)).send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_too_many_entries_in_batch_request(), "{error:?}");
    let large = "x".repeat(MAXIMUM_MESSAGE_BYTES / 2 + 1);
    let two = vec![entry(0, &large), entry(1, &large)];
    let error = client.send_message_batch().queue_url(&url).set_entries(Some(two)).send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_batch_request_too_long());
    let twice = vec![entry(0, "x"), entry(0, "y")];
    let error =
        client.send_message_batch().queue_url(&url).set_entries(Some(twice)).send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_batch_entry_ids_not_distinct());

    let full = "x".repeat(MAXIMUM_MESSAGE_BYTES);
    client.send_message().queue_url(&url).message_body(&full).send().await.unwrap();
    let error = client.send_message().queue_url(&url).message_body(full + "x").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));

    let received = client.receive_message().queue_url(&url).max_number_of_messages(10).send().await.unwrap();
    assert_eq!(received.messages().len(), 10);
    let entries = received.messages().iter().enumerate().map(|(id, message)| {
        let handle = message.receipt_handle().unwrap();
        DeleteMessageBatchRequestEntry::builder().id(id.to_string()).receipt_handle(handle).build().unwrap()
    });
    let deleted = client
        .delete_message_batch()
        .queue_url(&url)
        .set_entries(Some(entries.collect()))
        .send()
        .await
        .unwrap();
    assert_eq!((deleted.successful().len(), sqs.counts("work").total()), (10, 0));
}

#[tokio::test]
async fn errors_are_those_that_the_client_can_tell_apart() {
    let (sqs, client) = serve("LOCALKEY").await;
    let error = client.get_queue_url().queue_name("nothing").send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_queue_does_not_exist(), "{error:?}");
    assert_eq!(error.code(), Some("AWS.SimpleQueueService.NonExistentQueue"));
    let url = sqs.queue_url("work");
    let error = client.delete_message().queue_url(&url).receipt_handle("made up").send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_receipt_handle_is_invalid());
    let error = client.receive_message().queue_url(&url).max_number_of_messages(11).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
    let (_, stranger) = serve("STRANGER").await;
    let error = stranger.list_queues().send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
}

#[tokio::test]
async fn a_long_poll_wakes_when_a_message_arrives() {
    let (sqs, client) = serve("LOCALKEY").await;
    let url = sqs.queue_url("work");
    let started = Instant::now();
    let poll = tokio::spawn(client.receive_message().queue_url(&url).wait_time_seconds(20).send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    sqs.send("work", Outgoing::new("late")).unwrap();
    let received = poll.await.unwrap().unwrap();
    assert_eq!(received.messages()[0].body(), Some("late"));
    assert!(started.elapsed() < Duration::from_secs(3), "took {:?}", started.elapsed());
}

#[tokio::test]
async fn a_message_given_back_twice_is_a_dead_letter_until_redriven() {
    let (sqs, client) = serve("LOCALKEY").await;
    let url = sqs.queue_url("work");
    sqs.send("work", Outgoing::new("poison")).unwrap();
    for _ in 0..2 {
        let received = client.receive_message().queue_url(&url).send().await.unwrap();
        let handle = received.messages()[0].receipt_handle().unwrap();
        client
            .change_message_visibility()
            .queue_url(&url)
            .receipt_handle(handle)
            .visibility_timeout(0)
            .send()
            .await
            .unwrap();
    }
    assert_eq!((sqs.counts("work").total(), sqs.counts("dead").visible), (0, 1));
    let dead = sqs.receive("dead", 1, Duration::ZERO, Some(Duration::ZERO)).await.unwrap().remove(0);
    assert_eq!(dead.system_attributes["DeadLetterQueueSourceArn"], sqs.arn("work"));
    client.start_message_move_task().source_arn(sqs.arn("dead")).send().await.unwrap();
    assert_eq!((sqs.counts("work").visible, sqs.counts("dead").total()), (1, 0));
    let again = sqs.receive("work", 1, Duration::ZERO, None).await.unwrap().remove(0);
    assert_eq!((again.body.as_str(), again.receive_count()), ("poison", 1));
}

#[tokio::test]
async fn the_poll_of_a_dead_letter_queue_wakes_when_the_source_times_out() {
    let (sqs, _) = serve("LOCALKEY").await;
    sqs.send("work", Outgoing::new("poison")).unwrap();
    for _ in 0..2 {
        let received =
            sqs.receive("work", 1, Duration::from_secs(5), Some(Duration::from_millis(50))).await.unwrap();
        assert_eq!(received.len(), 1);
    }
    let dead = sqs.receive("dead", 1, Duration::from_secs(5), None).await.unwrap();
    assert_eq!(dead.len(), 1);
}

#[tokio::test]
async fn attributes_list_and_purge_answer() {
    let (sqs, client) = serve("LOCALKEY").await;
    let url = sqs.queue_url("work");
    client.send_message().queue_url(&url).message_body("x").delay_seconds(900).send().await.unwrap();
    client.send_message().queue_url(&url).message_body("y").send().await.unwrap();
    let attributes = client
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    let attributes = attributes.attributes().unwrap();
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "1");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesDelayed], "1");
    assert!(attributes[&QueueAttributeName::RedrivePolicy].contains(&sqs.arn("dead")));
    assert_eq!(
        client.list_queues().queue_name_prefix("wo").send().await.unwrap().queue_urls(),
        std::slice::from_ref(&url)
    );
    client.purge_queue().queue_url(&url).send().await.unwrap();
    assert_eq!(sqs.counts("work").total(), 0);
}
