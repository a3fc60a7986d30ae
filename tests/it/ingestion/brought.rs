//! What a document brings beside its text: answers that people wrote, contexts that a model writes, and costs.

use super::text;
use domain::{DocumentId, FailureCode, SpaceId};
use ingestion::{Outcome, spaces::JobOutcome, unit::Clock};
use serde_json::json;
use store::{
    ai_models,
    collection_settings::{self, Settings},
    collections,
    curated::{self, Curated, Which},
    job_history,
    library::{self, Document},
    migrator, space_jobs,
};
use tests::{Pipeline, database::MODEL, invariants};

const QUESTIONS: &str = r#"{"question": "How long is the guarantee?", "answer": "Two years."}
{"question": "Who repairs the pump?", "answer": "The service in Kampala.", "source_url": "https://example.org/service"}
"#;

async fn answers(pipeline: &Pipeline) -> Vec<Curated> {
    let tx = pipeline.organization.tx().await;
    curated::list(&tx, &Which::default(), 100).await.expect("read answers")
}

/// The answers, oldest first, with how many vectors all of them have.
async fn brought(pipeline: &Pipeline) -> (Vec<String>, i64) {
    let mut answers: Vec<String> = answers(pipeline).await.into_iter().map(|one| one.answer).collect();
    answers.sort();
    let tx = pipeline.database.admin().await.expect("a superuser");
    let count = tx.query_one("SELECT count(*) FROM docent.curated_embeddings", &[]).await.expect("count");
    (answers, count.get(0))
}

async fn document(pipeline: &Pipeline, key: &str) -> Document {
    let tx = pipeline.organization.tx().await;
    let which = library::Which { text: Some(key), ..library::Which::default() };
    library::list(&tx, "documents", &which, 1).await.expect("read documents").pop().expect("a document")
}

#[tokio::test]
async fn a_file_of_answers_brings_them_replaces_them_and_takes_them_along() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put("faq/pumps.jsonl", QUESTIONS.as_bytes()).await;
    assert_eq!(pipeline.deliver(&key, Clock::start).await, Outcome::Completed { chunks: 2 });
    let both = vec!["The service in Kampala.".to_owned(), "Two years.".to_owned()];
    assert_eq!(brought(&pipeline).await, (both.clone(), 2));
    let known = document(&pipeline, &key).await;
    assert!(answers(&pipeline).await.iter().all(|one| {
        one.document == Some(known.id)
            && one.collection_slug.as_deref() == Some("faq")
            && one.source == "import"
    }));
    // The same bytes under another key bring the same answers once more.
    let second = pipeline.put("faq/copy.jsonl", QUESTIONS.as_bytes()).await;
    pipeline.deliver(&second, Clock::start).await;
    assert_eq!(brought(&pipeline).await.1, 4);
    pipeline.delete(&second).await;
    assert_eq!(pipeline.deliver(&second, Clock::start).await, Outcome::Forgotten);
    assert_eq!(brought(&pipeline).await, (both.clone(), 2));
    // A bad file says which line is bad, and nothing of the one before is said any more, as the bucket has it.
    let spoiled = format!("{QUESTIONS}{{\"question\": \"Why?\"}}\n");
    pipeline.put("faq/pumps.jsonl", spoiled.as_bytes()).await;
    let Outcome::Failed(failure) = pipeline.deliver(&key, Clock::start).await else { panic!("was read") };
    assert_eq!(failure.code, FailureCode::Damaged);
    assert!(failure.detail.contains("line 3"), "{failure}");
    assert_eq!(brought(&pipeline).await, (Vec::new(), 0));
    pipeline.put("faq/pumps.jsonl", QUESTIONS.as_bytes()).await;
    pipeline.deliver(&key, Clock::start).await;
    assert_eq!(brought(&pipeline).await, (both, 2), "as soon as it is whole again");
    // A table of questions and answers does the same.
    pipeline.delete(&key).await;
    pipeline.deliver(&key, Clock::start).await;
    let table = pipeline.put("faq/pumps.csv", b"question,answer\nHow long?,Three years.\n").await;
    pipeline.deliver(&table, Clock::start).await;
    assert_eq!(brought(&pipeline).await, (vec!["Three years.".to_owned()], 1));
    pipeline.put("faq/pumps.csv", b"question,answer,points\nHow long?,Three years.,3\n").await;
    pipeline.deliver(&table, Clock::start).await;
    assert_eq!(brought(&pipeline).await, (Vec::new(), 0), "a table like any other brings none");
    invariants::check(&pipeline, "files of answers").await;
}

#[tokio::test]
async fn questions_go_along_into_another_space_and_out_of_it() {
    let pipeline = Pipeline::start().await;
    let key = pipeline.put("faq/pumps.jsonl", QUESTIONS.as_bytes()).await;
    pipeline.deliver(&key, Clock::start).await;
    let before = document(&pipeline, &key).await;
    let owner = store::Database::owner(&pipeline.database.owner_url).expect("a URL");
    let other = migrator::make_space(&owner, "amazon.titan-embed-text-v2:0", 256).await.expect("a space");
    let tx = pipeline.organization.tx().await;
    let old = pipeline.organization.space.id;
    let collection = collections::ensure(&tx, "faq", old).await.expect("a collection");
    let job = space_jobs::begin_reembed(&tx, collection.id, other).await.expect("a job");
    tx.finish().await.expect("commit");
    let function = pipeline.function();
    let run = async |job| function.run_job("acme", job, Clock::start()).await.expect("a unit");
    assert_eq!(run(job).await, JobOutcome::Settled);
    let admin = pipeline.database.admin().await.expect("a superuser");
    let held = async |space: SpaceId| -> i64 {
        let count = "SELECT count(*) FROM docent.curated_embeddings WHERE space_id = $1";
        admin.query_one(count, &[&space.0]).await.expect("count").get(0)
    };
    assert_eq!((held(old).await, held(other).await), (2, 2));
    // What it was paid for stands with the job, and each document's passages with the document.
    let after = document(&pipeline, &key).await;
    let tx = pipeline.organization.tx().await;
    let jobs = job_history::list(&tx, &job_history::Which::default(), 10).await.expect("read jobs");
    drop(tx);
    let cost = |kind: &str| {
        let job = jobs.iter().find(|job| job.kind == kind).expect("a job");
        (
            job.tokens,
            job.cost.as_deref().map(|cost| cost.parse::<f64>().expect("a number")),
            job.tokens_are_estimated,
        )
    };
    let ((ingested, free, _), (reembedded, paid, is_estimated)) = (cost("ingest"), cost("reembed"));
    assert_eq!((ingested, free), (before.embedding_tokens, Some(0.0)), "the local model is free");
    let passages = after.embedding_tokens - before.embedding_tokens;
    assert!(
        passages > 10 && reembedded > passages,
        "questions cost as well: {reembedded} of which {passages}"
    );
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let expected = reembedded as f64 * 0.02 / 1e6;
    assert!(
        !is_estimated && paid.is_some_and(|paid| (paid - expected).abs() < 1e-8),
        "{paid:?} for {reembedded}"
    );
    assert!(after.embedding_cost.is_some_and(|cost| cost.parse::<f64>().expect("a number") > 0.0));
    // And by its purpose, whatever becomes of the jobs.
    let told = "SELECT purpose, sum(tokens)::bigint FROM docent.side_costs GROUP BY purpose ORDER BY purpose";
    let told = admin.query(told, &[]).await.expect("costs");
    let told: Vec<(String, i64)> = told.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(told, [("ingestion".to_owned(), ingested), ("reembedding".to_owned(), reembedded)]);
    let tx = pipeline.organization.tx().await;
    let job = space_jobs::begin_cleanup(&tx, collection.id, old).await.expect("a job");
    tx.finish().await.expect("commit");
    assert_eq!(run(job).await, JobOutcome::Settled);
    assert_eq!((held(old).await, held(other).await), (0, 2));
}

#[tokio::test]
async fn what_a_document_cost_is_known_and_a_copy_costs_nothing() {
    let pipeline = Pipeline::start().await;
    let tx = pipeline.organization.tx().await;
    let mut models = ai_models::list(&tx, None).await.expect("read prices");
    models.retain(|model| model.model_id == MODEL);
    models[0].input_price = Some("0.02".into());
    ai_models::put(&tx, &models).await.expect("write the organization's own price");
    tx.finish().await.expect("commit");
    let key = pipeline.put("manuals/pump.txt", &text(5, "pumps")).await;
    pipeline.deliver(&key, Clock::start).await;
    let read = document(&pipeline, &key).await;
    let cost: f64 = read.embedding_cost.as_deref().expect("a known price").parse().expect("a number");
    // Dollars a million tokens.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let expected = read.embedding_tokens as f64 * 0.02 / 1e6;
    assert!(
        read.embedding_tokens > 100 && (cost - expected).abs() < 1e-9,
        "{cost} for {}",
        read.embedding_tokens
    );
    assert!(!read.tokens_are_estimated && read.header_tokens == 0);
    // The questions that a file brings are embedded beside its passages.
    let list = pipeline.put("faq/pumps.jsonl", QUESTIONS.as_bytes()).await;
    pipeline.deliver(&list, Clock::start).await;
    let plain = pipeline.put("faq/pumps.txt", b"How long is the guarantee? Who repairs the pump?").await;
    pipeline.deliver(&plain, Clock::start).await;
    let (list, plain) = (document(&pipeline, &list).await, document(&pipeline, &plain).await);
    assert!(list.embedding_tokens >= plain.embedding_tokens + 9, "{list:?} {plain:?}");
    let copy = pipeline.put("manuals/copy.txt", &text(5, "pumps")).await;
    pipeline.deliver(&copy, Clock::start).await;
    let copied = document(&pipeline, &copy).await;
    assert_eq!((copied.embedding_tokens, copied.embedding_cost.as_deref()), (0, Some("0.000000000")));
}

#[tokio::test]
async fn a_collection_that_asks_for_it_has_contexts_written_over_its_passages() {
    let pipeline = Pipeline::start().await;
    let tx = pipeline.organization.tx().await;
    let settings = Settings {
        name: "Manuals".into(),
        description: None,
        chunk_size: 200,
        chunk_overlap: 0,
        metadata_schema: json!({}),
        chunk_type_rules: json!([]),
        contextual_headers: true,
    };
    let space = pipeline.organization.space.id;
    collection_settings::create(&tx, "manuals", space, &settings).await.expect("make collection");
    tx.finish().await.expect("commit");
    let bytes = [b"The Kyoga pump is from 1998.\n\n".to_vec(), text(6, "valves")].concat();
    let key = pipeline.put_with("manuals/pump.txt", &bytes, &[("title", "Kyoga")]).await;
    let Outcome::Completed { chunks } = pipeline.deliver(&key, Clock::start).await else {
        panic!("not built")
    };
    assert!(chunks > 3);
    let read = document(&pipeline, &key).await;
    assert!(read.header_tokens > 100, "{}", read.header_tokens);
    assert_eq!(read.header_cost.as_deref(), Some("0.000000000"), "the local model is free");
    assert_eq!(contexts(&pipeline, read.id, "Kyoga: The Kyoga pump is from 1998.%").await, chunks);
    invariants::check(&pipeline, "contextual headers").await;
}

/// Passages whose context is like this, which are found by its words and do not quote it.
async fn contexts(pipeline: &Pipeline, document: DocumentId, like: &str) -> usize {
    let admin = pipeline.database.admin().await.expect("a superuser");
    let query = "SELECT count(*) FROM docent.chunks
                  WHERE document_id = $1 AND context LIKE $2 AND search_vector @@ to_tsquery('english', '1998')
                    AND (chunk_index = 0) = (content LIKE '%1998%')";
    let row = admin.query_one(query, &[&document.0, &like]).await.expect("count");
    usize::try_from(row.get::<_, i64>(0)).expect("a count")
}
