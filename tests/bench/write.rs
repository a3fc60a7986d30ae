//! The write stage through `TenantTx`, batch by batch as ingestion writes, beside `COPY BINARY` of the same rows by a superuser
//! into tables with the same indexes and no policies, and beside LangChain's two stores for Postgres where Python has them.
//!
//! ```text
//! cargo bench --profile dev -p tests --bench write -- [ROWS] [--peers PYTHON]
//! ```
//!
//! Every round has a database of its own, so each begins with empty indexes. Vectors come from nowhere: no side embeds.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use bytes::Bytes;
use domain::{SpaceId, limits};
use futures_util::{SinkExt as _, TryStreamExt as _};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use sha2::Digest as _;
use std::{
    pin::pin,
    process::Command,
    time::{Duration, Instant},
};
use store::chunks::{self, NewChunk};
use tests::{Organization, TestDatabase, database, repository};
use tokio_postgres::Client;

const ROWS: usize = 2_000;
/// Titan's, and the template's default.
const DIMENSION: usize = 1_024;
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(ROWS);
    let python =
        arguments.iter().position(|argument| argument == "--peers").and_then(|at| arguments.get(at + 1));
    let mut rounds: Vec<(f64, f64)> = Vec::new();
    for round in 1..=ROUNDS {
        let database = database().await;
        let ours = write(&database, count).await;
        let copied = copy(&database).await;
        println!(
            "round {round}: TenantTx {:.0} rows/s, COPY BINARY {:.0} rows/s, ratio {:.2}",
            rate(count, ours),
            rate(count, copied),
            copied.as_secs_f64() / ours.as_secs_f64()
        );
        if let (Some(python), Some(url)) = (python, &database.admin_url) {
            let script = repository::root().join("tests/bench/peers/write.py");
            let status = Command::new(python).arg(script).args([url, &count.to_string()]).status();
            assert!(status.expect("start Python").success(), "the peers' script failed");
        }
        rounds.push((ours.as_secs_f64(), copied.as_secs_f64()));
    }
    let mut ratios: Vec<f64> = rounds.iter().map(|(ours, copied)| copied / ours).collect();
    ratios.sort_by(f64::total_cmp);
    println!("TenantTx / COPY BINARY, median of {ROUNDS}: {:.2}", ratios[ROUNDS / 2]);
}

/// Writes a document's chunks as ingestion does: a transaction a batch.
async fn write(database: &TestDatabase, count: usize) -> Duration {
    let organization = Organization::create(database, "bench").await;
    let stored = organization.document("manuals", "bench.txt").building().await;
    let owner = database.owner().await;
    let space = "SELECT docent.ensure_space('bench', '1', $1, '{}', '{}')";
    let dimension = i32::try_from(DIMENSION).expect("a dimension");
    let space = SpaceId(owner.query_one(space, &[&dimension]).await.expect("make a space").get(0));
    let (spaces, nothing) = ([space], serde_json::json!({}));
    let rows: Vec<NewChunk> = (0..count).map(|number| row(number, DIMENSION)).collect();
    let begun = Instant::now();
    for batch in rows.chunks(limits::CHUNKS_AT_ONCE) {
        let tx = organization.tx().await;
        let written = chunks::insert(&tx, stored.id, stored.version, &spaces, &nothing, batch);
        written.await.expect("write chunks");
        tx.finish().await.expect("commit");
    }
    begun.elapsed()
}

/// The rows of a round, as bytes, into tables like theirs.
async fn copy(database: &TestDatabase) -> Duration {
    let client = database.admin().await.expect("a superuser: unset DATABASE_URL");
    let partition = "SELECT i.inhparent::regclass::text FROM pg_inherits i
                      WHERE i.inhrelid = (SELECT e.tableoid FROM docent.embeddings e
                                           WHERE vector_dims(e.vector) = $1 LIMIT 1)";
    let dimension = i32::try_from(DIMENSION).expect("a dimension");
    let partition: String =
        client.query_one(partition, &[&dimension]).await.expect("a space's partition").get(0);
    let setup = format!(
        "CREATE TABLE public.chunks (LIKE docent.chunks INCLUDING ALL);
         CREATE TABLE public.embeddings (LIKE {partition} INCLUDING ALL);
         ALTER TABLE public.embeddings ALTER COLUMN vector SET STORAGE PLAIN;"
    );
    client.batch_execute(&setup).await.expect("make tables");
    let embeddings = format!("SELECT * FROM docent.embeddings WHERE vector_dims(vector) = {DIMENSION}");
    let chunks = format!("SELECT * FROM docent.chunks WHERE id IN (SELECT chunk_id FROM ({embeddings}) e)");
    let (chunks, embeddings) = (binary(&client, &chunks).await, binary(&client, &embeddings).await);
    let begun = Instant::now();
    for (table, bytes) in [("chunks", chunks), ("embeddings", embeddings)] {
        let sink =
            client.copy_in(&format!("COPY public.{table} FROM STDIN (FORMAT BINARY)")).await.expect("copy");
        let mut sink = pin!(sink);
        for bytes in bytes {
            sink.send(bytes).await.expect("copy rows");
        }
        sink.finish().await.expect("end copy");
    }
    begun.elapsed()
}

async fn binary(client: &Client, query: &str) -> Vec<Bytes> {
    let rows =
        client.copy_out(&format!("COPY ({query}) TO STDOUT (FORMAT BINARY)")).await.expect("read rows");
    rows.try_collect().await.expect("read rows")
}

fn row(number: usize, dimension: usize) -> NewChunk {
    let mut random = StdRng::seed_from_u64(number as u64);
    let numbers: Vec<f32> = (0..dimension).map(|_| random.random_range(-1.0..1.0)).collect();
    let content: Vec<String> =
        (0..120).map(|_| format!("word{}", random.random_range(0_u32..5_000))).collect();
    let content = content.join(" ");
    let place = i32::try_from(number).expect("few rows");
    NewChunk {
        index: place,
        chunk_type: "general",
        headings: vec!["Heading".into()],
        page: Some(place / 4 + 1),
        bytes: i64::from(place) * 1_000..i64::from(place) * 1_000 + 999,
        tokens: 120,
        language: "en".into(),
        words: language::words(&content),
        confidence: 1.0,
        is_active: true,
        source_hash: sha2::Sha256::digest(&content).into(),
        context: None,
        vectors: vec![numbers.into()],
        content,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of rows")]
fn rate(count: usize, taken: Duration) -> f64 {
    count as f64 / taken.as_secs_f64()
}
