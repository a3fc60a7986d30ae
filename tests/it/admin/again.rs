//! Things processed again: a document, a collection, the bucket, dead letters; and the jobs that tell of it.

use crate::stack::support::stack;
use http::{Method, StatusCode};
use local::sqs::Outgoing;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_is_cut_anew_when_it_is_reprocessed() {
    let shared = stack().await;
    let text: String =
        (0..60).map(|n| format!("Sentence number {n} says something about pumps and valves. ")).collect();
    let id = shared.completed("recut", "long.txt", &text).await;
    let path = format!("/api/v1/documents/{id}");
    let before = shared.read(&path).await["chunk_count"].as_i64().expect("a count");
    shared
        .admin(Method::PATCH, "/api/v1/collections/recut", &json!({ "chunk_size": 64 }), StatusCode::OK)
        .await;
    let reprocess = "/api/v1/collections/recut/reprocess";
    let none =
        shared.admin(Method::POST, reprocess, &json!({ "failed_only": true }), StatusCode::ACCEPTED).await;
    assert_eq!(none["documents"], 0);
    let all = shared.admin(Method::POST, reprocess, &Value::Null, StatusCode::ACCEPTED).await;
    assert_eq!(all["documents"], 1);
    shared
        .until(&path, |document| document["chunk_count"].as_i64().is_some_and(|count| count > before))
        .await;
    let runs = format!("/api/v1/ingestion-jobs?document={id}&kind=ingest");
    let jobs = shared.until(&runs, |jobs| {
        jobs["items"]
            .as_array()
            .is_some_and(|jobs| jobs.len() == 2 && jobs.iter().all(|job| job["status"] == "completed"))
    });
    let jobs = jobs.await;
    let job = &jobs["items"][0];
    assert_eq!((&job["kind"], &job["document_id"]), (&json!("ingest"), &json!(id)), "{job}");
    assert_eq!(job["done"], job["total"], "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_on_demand_tells_what_it_found() {
    let shared = stack().await;
    shared.completed("compared", "a.txt", "Something.").await;
    let begun =
        shared.admin(Method::POST, "/api/v1/ingestion/reconcile", &Value::Null, StatusCode::ACCEPTED).await;
    let path = format!("/api/v1/ingestion-jobs/{}", begun["job_id"].as_str().expect("a job"));
    let job = shared.until(&path, |job| job["status"] == "completed").await;
    assert_eq!(job["kind"], "reconcile");
    assert!(job["report"]["objects"].as_i64().is_some_and(|objects| objects > 0), "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_go_back_and_the_client_uploads_by_form() {
    let shared = stack().await;
    let client = shared.client().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("by client.txt");
    std::fs::write(&file, "Uploaded by the client.").expect("a file");
    let dropped = client.upload("by-client", "sub/by client.txt", &file).await.expect("an upload");
    assert_eq!(dropped.key, "demo/by-client/sub/by client.txt");
    let status = shared.settled(&dropped.key).await;
    assert_eq!((status.status.as_str(), status.etag.as_deref()), ("completed", Some(dropped.etag.as_str())));
    std::fs::write(&file, "").expect("a file");
    let refused = client.upload("by-client", "empty.txt", &file).await.expect_err("an empty file");
    assert!(format!("{refused:#}").contains("1 to"), "{refused:#}");

    // A letter that was sent there directly has nowhere to go back to, and stays.
    let dead = "WorkDeadLetterQueue";
    shared.stack.sqs.send(dead, Outgoing::new("{}")).expect("a dead letter");
    let moved = client.redrive().await.expect("a redrive");
    let names: Vec<&str> = moved.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ActivityDeadLetterQueue", "EventsDeadLetterQueue", "WorkDeadLetterQueue"]);
    shared.stack.sqs.purge(dead).expect("purged");
}
