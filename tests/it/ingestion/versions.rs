//! Versions: what is uploaded again, under another name or with other words, and what got lost on the way.

use super::text;
use ingestion::{Outcome, unit::Clock};
use serde_json::json;
use std::time::Duration;
use store::{documents, library};
use tests::{Pipeline, faults::Trouble, invariants};

#[tokio::test]
async fn equal_bytes_are_copied_and_no_model_is_called() {
    let pipeline = Pipeline::start().await;
    let bytes = text(30, "pumps");
    let first = pipeline.put("manuals/pump.txt", &bytes).await;
    let Outcome::Completed { chunks } = pipeline.deliver(&first, Clock::start).await else {
        panic!("not built")
    };
    pipeline.bedrock.harm(0, 0, Trouble::Reset);
    // The same key: nothing to do.
    pipeline.put("manuals/pump.txt", &bytes).await;
    assert_eq!(pipeline.deliver(&first, Clock::start).await, Outcome::Unchanged);
    // Another key, and the same key with a title.
    let second = pipeline.put("manuals/copy.txt", &bytes).await;
    assert_eq!(pipeline.deliver(&second, Clock::start).await, Outcome::Completed { chunks });
    pipeline
        .put_with("manuals/pump.txt", &bytes, &[("title", "The pump"), ("document-type", "technical")])
        .await;
    // Another type of document may make other types of chunks, so that is built anew.
    let Outcome::Completed { .. } = pipeline.deliver(&first, Clock::start).await else { panic!("not built") };
    let called = pipeline.bedrock.seen();
    pipeline.put_with("manuals/copy.txt", &bytes, &[("title", "The copy")]).await;
    assert_eq!(pipeline.deliver(&second, Clock::start).await, Outcome::Completed { chunks });
    assert_eq!(pipeline.bedrock.seen(), called, "a new title costs no model call");
    let tx = pipeline.organization.tx().await;
    let mut titles: Vec<String> = documents::statuses(&tx, "documents", &[])
        .await
        .expect("read")
        .into_iter()
        .map(|s| s.title)
        .collect();
    titles.sort();
    assert_eq!(titles, ["The copy", "The pump"]);
    invariants::check(&pipeline, "copies").await;
    // A donor's deletion leaves the copy.
    pipeline.delete(&first).await;
    assert_eq!(pipeline.deliver(&first, Clock::start).await, Outcome::Forgotten);
    invariants::check(&pipeline, "the donor's deletion").await;
}

#[tokio::test]
async fn a_file_is_read_when_the_text_of_its_equal_is_gone() {
    let pipeline = Pipeline::start().await;
    let bytes = text(5, "pumps");
    let first = pipeline.put("manuals/pump.txt", &bytes).await;
    let Outcome::Completed { chunks } = pipeline.deliver(&first, Clock::start).await else {
        panic!("not built")
    };
    for object in pipeline.objects("_derived/").await {
        pipeline.delete(&object).await;
    }
    let second = pipeline.put("manuals/copy.txt", &bytes).await;
    pipeline.bedrock.harm(0, 0, Trouble::Reset);
    let looked = tokio::time::timeout(Duration::from_secs(30), pipeline.deliver(&second, Clock::start));
    assert_eq!(looked.await.expect("an end"), Outcome::Completed { chunks });
    assert!(pipeline.bedrock.seen() > 0, "it was embedded by itself");
    assert_eq!(pipeline.objects("_derived/").await.len(), 1, "with a text of its own");
    // The first one's is made good by a new upload of the same bytes with other words: no copy of itself either.
    pipeline.put_with("manuals/pump.txt", &bytes, &[("title", "The pump")]).await;
    let looked = tokio::time::timeout(Duration::from_secs(30), pipeline.deliver(&first, Clock::start));
    assert_eq!(looked.await.expect("an end"), Outcome::Completed { chunks });
    invariants::check(&pipeline, "a lost text").await;
}

#[tokio::test]
async fn a_reconciliation_repairs_both_ways_and_says_what_it_did() {
    let pipeline = Pipeline::start().await;
    let mut keys = Vec::new();
    for number in 0..5 {
        let key = pipeline.put(&format!("manuals/{number}.txt"), &text(2, "pumps")).await;
        pipeline.deliver(&key, Clock::start).await;
        keys.push(key);
    }
    // Events that nobody heard of.
    pipeline.put("manuals/1.txt", &text(2, "filters")).await;
    pipeline.delete(&keys[2]).await;
    pipeline.put("manuals/new ü+%.txt", &text(1, "valves")).await;
    // A derived object of nobody.
    let orphan = "documents/00000000-0000-7000-8000-000000000000/orphan.txt";
    let own = format!(
        "documents/{}/{}/{}.txt",
        pipeline.organization.id,
        uuid::Uuid::now_v7(),
        uuid::Uuid::now_v7()
    );
    pipeline.function().bucket.put_derived(&own, "text/plain", b"x".to_vec()).await.expect("put");
    pipeline.function().bucket.put_derived(orphan, "text/plain", b"x".to_vec()).await.expect("put");
    let report = pipeline.reconcile().await;
    assert_eq!(
        report,
        json!({ "objects": 5, "unknown": 1, "changed": 1, "gone": 1, "stuck": 0, "failed": 0, "orphans": 1 })
    );
    pipeline.function().bucket.delete_derived(orphan, None).await.expect("delete");
    invariants::check(&pipeline, "a reconciliation").await;
    let again = pipeline.reconcile().await;
    assert_eq!(again["objects"], 5);
    assert!(
        again.as_object().expect("counts").iter().all(|(name, count)| name == "objects" || count == 0),
        "{again}"
    );
}

#[tokio::test]
async fn what_is_refused_says_which_word_is_wrong() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put_with("manuals/a.txt", b"Some words.", &[("document-type", "poetry")]).await;
    let outcome = pipeline.deliver(&key, Clock::start).await;
    assert!(matches!(&outcome, Outcome::Failed(failure) if failure.detail.contains("poetry")), "{outcome:?}");
    pipeline.put_with("manuals/a.txt", b"Some words.", &[("document-type", "safety")]).await;
    assert!(matches!(pipeline.deliver(&key, Clock::start).await, Outcome::Completed { chunks: 1 }));
    invariants::check(&pipeline, "a refusal").await;
}

/// How the one document stands: its status, and its passages that can be found.
async fn stands(pipeline: &Pipeline) -> (String, usize) {
    let tx = pipeline.organization.tx().await;
    let statuses = documents::statuses(&tx, "documents", &[]).await.expect("read documents");
    let [status] = statuses.as_slice() else { panic!("one document: {statuses:?}") };
    assert_eq!(status.failure.is_some(), status.status == "failed");
    (status.status.clone(), usize::try_from(status.chunk_count).unwrap_or_default())
}

/// A look while the model refuses all calls.
async fn refused(pipeline: &Pipeline, key: &str) {
    pipeline.bedrock.harm(0, usize::MAX, Trouble::Status(403, "AccessDeniedException"));
    let outcome = pipeline.deliver(key, Clock::start).await;
    assert!(pipeline.bedrock.heal() > 0, "a model was called");
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
}

/// Why the versions of all documents failed, by the code.
async fn reasons(pipeline: &Pipeline) -> Vec<String> {
    let Some(admin) = pipeline.database.admin().await else { return Vec::new() };
    let query = "SELECT reason ->> 'code' FROM docent.document_versions WHERE state = 'failed'";
    admin.query(query, &[]).await.expect("read versions").iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_failure_of_ours_takes_no_healthy_version_of_the_same_bytes_away() {
    let pipeline = Pipeline::start().await;
    let bytes = text(3, "pumps");
    let key = pipeline.put("manuals/pump.txt", &bytes).await;
    let Outcome::Completed { chunks } = pipeline.deliver(&key, Clock::start).await else {
        panic!("not built")
    };
    let healthy = ("completed".to_owned(), chunks);
    // Processed anew.
    let tx = pipeline.organization.tx().await;
    let statuses = documents::statuses(&tx, "documents", &[]).await.expect("read documents");
    let anew = library::Anew::Document(statuses[0].id);
    assert_eq!(
        library::unsettle(&tx, "documents", anew).await.expect("unsettle"),
        std::slice::from_ref(&key)
    );
    tx.finish().await.expect("commit");
    refused(&pipeline, &key).await;
    assert_eq!(stands(&pipeline).await, healthy);
    invariants::check(&pipeline, "a reprocessing that failed").await;
    // The same bytes with other words about them.
    pipeline.put_with("manuals/pump.txt", &bytes, &[("document-type", "technical")]).await;
    refused(&pipeline, &key).await;
    assert_eq!(stands(&pipeline).await, healthy);
    if pipeline.database.admin().await.is_some() {
        assert_eq!(reasons(&pipeline).await, ["internal", "internal"], "the versions say why");
    }
    invariants::check(&pipeline, "other words that failed").await;
    // It is tried again, by the daily look too.
    assert_eq!(pipeline.reconcile().await["failed"], 1);
    assert_eq!(pipeline.deliver(&key, Clock::start).await, Outcome::Unchanged);
    assert_eq!(pipeline.reconcile().await["failed"], 0);
    invariants::check(&pipeline, "a repair").await;
}

#[tokio::test]
async fn what_failed_by_its_own_fault_or_is_of_other_bytes_is_not_found() {
    let pipeline = Pipeline::start().await;
    let bytes = text(3, "pumps");
    let key = pipeline.put("manuals/pump.txt", &bytes).await;
    let failed = ("failed".to_owned(), 0);
    assert!(matches!(pipeline.deliver(&key, Clock::start).await, Outcome::Completed { .. }));
    pipeline.put_with("manuals/pump.txt", &bytes, &[("document-type", "poetry")]).await;
    assert!(matches!(pipeline.deliver(&key, Clock::start).await, Outcome::Failed(_)));
    assert_eq!(stands(&pipeline).await, failed, "its uploader's fault");
    invariants::check(&pipeline, "a wrong word").await;
    pipeline.put("manuals/pump.txt", &bytes).await;
    assert!(matches!(pipeline.deliver(&key, Clock::start).await, Outcome::Completed { .. }));
    pipeline.put("manuals/pump.txt", &text(3, "filters")).await;
    refused(&pipeline, &key).await;
    assert_eq!(stands(&pipeline).await, failed, "what was found is not what lies there");
    invariants::check(&pipeline, "other bytes").await;
}
