//! Files of sessions between servers that lose events and functions that cannot work.

use domain::{FileId, FileKey, SessionId};
use ingestion::{Outcome, TRIES, extract::Extractor, unit::Clock};
use objects::Upload;
use std::sync::Arc;
use store::files::{self, NewFile};
use tests::pipeline::Pipeline;

/// Announces a file and uploads it; no event tells of it.
async fn attached(pipeline: &Pipeline, session: SessionId, text: &str) -> FileKey {
    let file = stray(pipeline, session, text).await;
    let size = i64::try_from(text.len()).expect("short");
    let new = NewFile { id: file.file, session, filename: "a.txt", content_type: "text/plain", size };
    let tx = pipeline.organization.tx().await;
    assert!(files::create(&tx, &new).await.expect("announced"));
    tx.finish().await.expect("committed");
    file
}

/// Uploads a file that nobody announced.
async fn stray(pipeline: &Pipeline, session: SessionId, text: &str) -> FileKey {
    let organization = pipeline.organization.id;
    let file = FileKey { organization, session, file: FileId::generate(), filename: "a.txt".into() };
    let upload = Upload { content_type: "text/plain", metadata: Vec::new(), bytes: text.into() };
    pipeline.function().bucket.put(&file.to_string(), upload).await.expect("put");
    file
}

async fn row(pipeline: &Pipeline, file: &FileKey) -> files::File {
    let tx = pipeline.organization.tx().await;
    files::get(&tx, file.session, file.file).await.expect("read").expect("a file")
}

#[tokio::test(flavor = "multi_thread")]
async fn files_whose_events_were_lost_are_read_and_strays_deleted() {
    let pipeline = Pipeline::start().await;
    let session = pipeline.organization.session().await;
    let lost = attached(&pipeline, session, "The heron sleeps standing.").await;
    let stray = stray(&pipeline, session, "Nobody announced this.").await;
    let report = pipeline.reconcile().await;
    assert_eq!((&report["orphans"], &report["objects"]), (&1.into(), &0.into()), "{report}");
    let read = row(&pipeline, &lost).await;
    assert_eq!((read.status.as_str(), read.format.as_deref()), ("completed", Some("text")));
    assert_eq!(read.text.as_deref(), Some("The heron sleeps standing."));
    assert_eq!(pipeline.objects("_sessions/").await, [lost.to_string()]);
    assert!(stray.to_string().starts_with("_sessions/"));
    // What is settled is left alone.
    assert_eq!(pipeline.deliver(&lost.to_string(), Clock::start).await, Outcome::Unchanged);
    assert_eq!(pipeline.reconcile().await["orphans"], 0);
    assert_eq!(row(&pipeline, &lost).await.updated_at, read.updated_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_worked_on_says_so_at_the_last_try_and_not_before() {
    let pipeline = Pipeline::start().await;
    let session = pipeline.organization.session().await;
    let file = attached(&pipeline, session, "The heron sleeps standing.").await;
    let key = file.to_string();
    let broken = || {
        let mut function = pipeline.function();
        function.extractor = Arc::new(Extractor::of("/there/is/no/such/program".into()));
        function
    };
    broken().look_at(&key, 1, Clock::start()).await.expect_err("our fault: again");
    assert_eq!(row(&pipeline, &file).await.status, "processing");
    let given_up = broken().look_at(&key, TRIES, Clock::start()).await.expect("given up");
    assert!(matches!(given_up, Outcome::Failed(_)), "{given_up:?}");
    let failed = row(&pipeline, &file).await;
    let code = failed.failure.map(|failure| failure.code);
    assert_eq!((failed.status.as_str(), code), ("failed", Some(domain::FailureCode::Internal)));
    // A last try that works out is no failure.
    let other = attached(&pipeline, session, "The heron wakes at dawn.").await;
    let read = pipeline.function().look_at(&other.to_string(), TRIES, Clock::start()).await.expect("read");
    assert_eq!(read, Outcome::Completed { chunks: 1 });
    assert_eq!(row(&pipeline, &other).await.status, "completed");
}
