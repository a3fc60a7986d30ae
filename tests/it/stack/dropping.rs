//! Bad input: every file ends as completed, as failed with a reason, or as nothing with one warning.

use super::support::{file, stack};
use domain::FailureCode;
use serde_json::json;
use std::time::Duration;

/// The sentence that the readable ones of tests/bad hold.
const SENTENCE: &str = "relief valve";

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_file_ends_with_a_reason_and_every_odd_one_is_read() {
    let shared = stack().await;
    let folder = tests::repository::root().join("tests/bad");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("tests/bad")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for name in &names {
        shared.put(&format!("demo/bad/{name}"), file("bad", name)).await;
    }
    shared.put("demo/bad/good.txt", b"The good neighbour of all these files is found.".to_vec()).await;
    for (name, code) in [
        ("empty.pdf", FailureCode::Empty),
        ("locked.pdf", FailureCode::Locked),
        ("encrypted.docx", FailureCode::Locked),
        ("truncated.docx", FailureCode::Damaged),
        ("bomb.docx", FailureCode::Hostile),
        ("deep.docx", FailureCode::Hostile),
        ("binary.txt", FailureCode::UnsupportedFormat),
        ("scan.pdf", FailureCode::NoText),
    ] {
        let status = shared.settled(&format!("demo/bad/{name}")).await;
        let failure = status.failure.unwrap_or_else(|| panic!("{name} is {}", status.status));
        assert_eq!(failure.code, code, "{name}: {}", failure.detail);
        assert!(failure.detail.len() > 20, "{name}: {}", failure.detail);
        assert_eq!(status.chunk_count, 0);
    }
    for name in [
        "owner-locked.pdf",
        "wrong-type.pdf",
        "really-docx.txt",
        "latin1.txt",
        "utf16.txt",
        "invalid-utf8.txt",
        "broken.pdf",
        "good.txt",
    ] {
        let status = shared.settled(&format!("demo/bad/{name}")).await;
        assert_eq!(status.status, "completed", "{name}: {:?}", status.failure);
        assert!(status.chunk_count > 0, "{name}");
    }
    // The rest may be read or refused, but they end.
    for name in &names {
        shared.settled(&format!("demo/bad/{name}")).await;
    }
    shared.queues_empty().await;
    assert_eq!(shared.stack.sqs.counts("WorkDeadLetterQueue").total(), 0);
    let found = shared.client().await.search(SENTENCE, Some("bad"), Some(20)).await.expect("found");
    assert!(found["items"].as_array().is_some_and(|items| !items.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_any_letters_is_kept_as_it_is() {
    let shared = stack().await;
    let key = "demo/keys/ราคา 100% + ส่วนลด/a+b c%20d.md";
    let status = shared.drop_bytes(key, "# Price\n\nThe discount is 15 % for early birds.".into()).await;
    assert_eq!((status.status.as_str(), status.key.as_str()), ("completed", key));
    let found =
        shared.client().await.search("discount early birds", Some("keys"), None).await.expect("found");
    assert_eq!(found["items"][0]["document_key"], json!(key));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nobodys_leaves_no_row_and_one_warning() {
    let shared = stack().await;
    for key in ["stray.txt", "demo/only-two", "nobody-knows/handbook/a.txt", "demo/Upper/a.txt"] {
        shared.put(key, b"text".to_vec()).await;
    }
    shared.queues_empty().await;
    let log = shared.log("ingest");
    for key in ["stray.txt", "demo/only-two", "nobody-knows/handbook/a.txt", "demo/Upper/a.txt"] {
        let spelled = format!("\"object.key\":\"{key}\"");
        let warnings =
            log.lines().filter(|line| line.contains("\"WARN\"") && line.contains(&spelled)).count();
        assert_eq!(warnings, 1, "{key}");
    }
    let known = shared
        .client()
        .await
        .statuses(&["demo/only-two".into(), "demo/Upper/a.txt".into()])
        .await
        .expect("readable");
    assert!(known.is_empty(), "{known:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_file_is_never_found_again() {
    let shared = stack().await;
    let key = "demo/deleting/secret.txt";
    shared.drop_bytes(key, b"The zebra protocol begins at noon.".to_vec()).await;
    let client = shared.client().await;
    let found = client.search("zebra protocol", Some("deleting"), None).await.expect("found");
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    shared.delete(key).await;
    let gone = async {
        while !client.statuses(&[key.to_owned()]).await.expect("readable").is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("the document goes");
    let found = client.search("zebra protocol", Some("deleting"), None).await.expect("searched");
    assert_eq!(found["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_bytes_replace_the_old_ones() {
    let shared = stack().await;
    let key = "demo/replacing/hours.txt";
    shared.drop_bytes(key, b"The office opens at nine in the morning.".to_vec()).await;
    shared.put(key, b"The office opens at seven in the morning.".to_vec()).await;
    let client = shared.client().await;
    let replaced = async {
        loop {
            let found =
                client.search("When does the office open?", Some("replacing"), None).await.expect("searched");
            let items = found["items"].as_array().expect("items").clone();
            assert!(items.len() <= 1, "one version at a time: {items:?}");
            if items
                .first()
                .is_some_and(|item| item["content"].as_str().is_some_and(|text| text.contains("seven")))
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), replaced).await.expect("the new bytes are found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_five_times_and_a_delete_before_its_create_do_no_harm() {
    let shared = stack().await;
    let key = "demo/repeating/a.txt";
    shared.put(key, b"The heron stands on one leg.".to_vec()).await;
    let event = local::s3::object_created_event("us-east-1", &shared.addresses.bucket, key, 28, "whatever")
        .to_string();
    for _ in 0..5 {
        local::queues::send(&shared.stack.sqs, "EventsQueue", event.clone(), None);
    }
    // Says the object was removed, which it was not: the object's state counts.
    let removed = local::s3::object_removed_event("us-east-1", &shared.addresses.bucket, key).to_string();
    local::queues::send(&shared.stack.sqs, "EventsQueue", removed, None);
    // Says an object was made that is not there.
    let absent = local::s3::object_created_event(
        "us-east-1",
        &shared.addresses.bucket,
        "demo/repeating/gone.txt",
        1,
        "x",
    );
    local::queues::send(&shared.stack.sqs, "EventsQueue", absent.to_string(), None);
    assert_eq!(shared.settled(key).await.status, "completed");
    shared.queues_empty().await;
    let client = shared.client().await;
    let found = client.search("heron leg", Some("repeating"), None).await.expect("found");
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    assert!(client.statuses(&["demo/repeating/gone.txt".into()]).await.expect("readable").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_an_edge_at_200_megabytes() {
    let shared = stack().await;
    let limit = usize::try_from(domain::limits::DOCUMENT_BYTES).expect("fits");
    let status = shared.drop_bytes("demo/large/over.txt", vec![b'a'; limit + 1]).await;
    assert_eq!(status.failure.expect("failed").code, FailureCode::TooLarge);
    // At the edge it is read, and refused for its text, not for its size as a file.
    let status = shared.drop_bytes("demo/large/edge.txt", vec![b'a'; limit]).await;
    let failure = status.failure.expect("20 MB of text are the next limit");
    assert!(failure.detail.contains("MB of text"), "{}", failure.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_documents_are_all_completed() {
    let shared = stack().await;
    let folder = tests::repository::root().join("tests/corpus");
    for entry in std::fs::read_dir(folder).expect("tests/corpus") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let status = shared.drop_bytes(&format!("demo/samples/{name}"), file("corpus", &name)).await;
        assert_eq!(status.status, "completed", "{name}: {:?}", status.failure);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_event_of_ingest_is_understood_and_a_bad_record_fails_alone() {
    let shared = stack().await;
    for path in tests::repository::files("events/ingest", "json") {
        let event: serde_json::Value = serde_json::from_str(&tests::repository::read(&path)).expect("JSON");
        let answer = shared.stack.invoke("ingest", &event).await.expect("ingest answers");
        let failed: Vec<_> = answer["batchItemFailures"].as_array().expect("a list").iter().collect();
        if path.contains("one-bad-record") {
            let bad = &event["Records"][1]["messageId"];
            assert_eq!(failed.len(), 1, "{path}: {answer}");
            assert_eq!(&failed[0]["itemIdentifier"], bad, "{path}");
        } else {
            assert!(failed.is_empty(), "{path}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_event_of_migrate_is_fulfilled_and_a_custom_resource_answered() {
    let client = stack().await.client().await;
    for path in tests::repository::files("events/migrate", "json") {
        let event: serde_json::Value = serde_json::from_str(&tests::repository::read(&path)).expect("JSON");
        let invoked = client.invoke_example("migrate", &event).await.expect("migrate answers");
        let answer: serde_json::Value = serde_json::from_str(&invoked.answer).expect("JSON");
        if event.get("RequestType").is_some() {
            let told: serde_json::Value =
                serde_json::from_str(&invoked.told.expect("CloudFormation is told")).expect("JSON");
            assert_eq!(told["Status"], json!("SUCCESS"), "{path}: {told}");
            assert_eq!(told["RequestId"], event["RequestId"], "{path}");
        } else if event["action"] == "maintain_months" {
            assert_eq!(answer, json!({ "dropped": [] }), "{path}: nothing is old here");
        } else {
            let made = if event["action"] == "create_space" { "space_id" } else { "api_key" };
            assert!(answer[made].as_str().is_some_and(|made| !made.is_empty()), "{path}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_control_characters_is_read_listed_and_compared() {
    let shared = stack().await;
    let key = "demo/controlled/a\u{1}b\tc.txt";
    let status = shared.drop_bytes(key, b"The tapir swims well.".to_vec()).await;
    assert_eq!(status.status, "completed", "{:?}", status.failure);
    // Everything of the organization is listed, this key among the others: it is neither missed nor forgotten.
    let job = shared.client().await.reconcile().await.expect("a comparison");
    assert_eq!(job["status"], "completed", "{job}");
    let found = shared.client().await.search("Does the tapir swim?", Some("controlled"), Some(3)).await;
    assert_eq!(found.expect("a search")["items"][0]["content"], "The tapir swims well.");
    shared.delete(key).await;
}
