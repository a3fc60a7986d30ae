//! The write stage through `TenantTx`, batch by batch as ingestion writes, beside `COPY BINARY` of the same rows by a superuser
//! into tables with the same indexes and no policies, and beside LangChain's two stores for Postgres where Python has them.
//!
//! ```text
//! cargo bench --profile dev -p tests --bench write -- [ROWS] [--standing ROWS] [--organizations COUNT] [--rounds COUNT] [--peers PYTHON]
//! ```
//!
//! Every round has a database of its own. Each side's tables hold rows already, loaded before their graph was built, as those of
//! a deployment of many organizations do: ours lie in their organizations' partitions, the peers' in the one table that they have
//! for everybody. Vectors come from nowhere: no side embeds.

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
use tokio_postgres::{Client, types::ToSql};

const ROWS: usize = 2_000;
/// Rows that stand in each side's tables before they are written to.
const STANDING: usize = 100_000;
/// Whose they are.
const ORGANIZATIONS: usize = 64;
/// The document that is timed.
const WRITTEN: &str = "written.txt";
/// Titan's, and the template's default.
const DIMENSION: usize = 1_024;
const ROUNDS: usize = 3;
const GENEROUS: &str = "DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET maintenance_work_mem = %L', current_database(), '1GB');
END $$";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.first().and_then(|argument| argument.parse().ok()).unwrap_or(ROWS);
    let after =
        |name| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let python = after("--peers");
    let number = |name, otherwise| after(name).map_or(otherwise, |it| it.parse().expect("a number"));
    let standing = Standing {
        rows: number("--standing", STANDING),
        organizations: number("--organizations", ORGANIZATIONS).max(1),
    };
    let rounds_in_all = number("--rounds", ROUNDS).max(1);
    let mut rounds: Vec<(f64, f64)> = Vec::new();
    for round in 1..=rounds_in_all {
        let database = database().await;
        let admin = database.admin().await.expect("a superuser: unset DATABASE_URL");
        // Every side builds its graph in memory.
        admin.batch_execute(GENEROUS).await.expect("set the database up");
        let ours = write(&database, &standing, count).await;
        let copied = copy(&database).await;
        println!(
            "round {round}: TenantTx {:.0} rows/s, COPY BINARY {:.0} rows/s, ratio {:.2}",
            rate(count, ours),
            rate(count, copied),
            copied.as_secs_f64() / ours.as_secs_f64()
        );
        if let (Some(python), Some(url)) = (python, &database.admin_url) {
            let script = repository::root().join("tests/bench/peers/write.py");
            let status = Command::new(python)
                .arg(script)
                .args([url, &count.to_string(), &standing.rows.to_string()])
                .status();
            assert!(status.expect("start Python").success(), "the peers' script failed");
        }
        rounds.push((ours.as_secs_f64(), copied.as_secs_f64()));
    }
    let mut ratios: Vec<f64> = rounds.iter().map(|(ours, copied)| copied / ours).collect();
    ratios.sort_by(f64::total_cmp);
    println!("TenantTx / COPY BINARY, median of {rounds_in_all}: {:.2}", ratios[rounds_in_all / 2]);
}

/// Writes a document's chunks as ingestion does: a transaction a batch.
async fn write(database: &TestDatabase, standing: &Standing, count: usize) -> Duration {
    let organization = Organization::create(database, "bench").await;
    let owner = database.owner().await;
    let space = "SELECT docent.ensure_space('bench', '1', $1, '{}', '{}')";
    let dimension = i32::try_from(DIMENSION).expect("a dimension");
    let space = SpaceId(owner.query_one(space, &[&dimension]).await.expect("make a space").get(0));
    standing.load(database, &organization, space).await;
    let stored = organization.document("manuals", WRITTEN).building().await;
    let (spaces, nothing) = ([space], serde_json::json!({}));
    let rows: Vec<NewChunk> = (0..count).map(|number| row(number, DIMENSION)).collect();
    settle(&database.admin().await.expect("a superuser")).await;
    let begun = Instant::now();
    for batch in rows.chunks(limits::CHUNKS_AT_ONCE) {
        let tx = organization.tx().await;
        let written = chunks::insert(&tx, stored.id, stored.version, &spaces, &nothing, batch);
        written.await.expect("write chunks");
        tx.finish().await.expect("commit");
    }
    begun.elapsed()
}

/// What was loaded is on disk before anything is timed: else who comes first pays for it.
async fn settle(client: &Client) {
    client.batch_execute("CHECKPOINT").await.expect("a superuser");
}

/// What was there before.
struct Standing {
    rows: usize,
    organizations: usize,
}

impl Standing {
    /// A document of each organization, loaded without the graph, which is built afterwards.
    async fn load(&self, database: &TestDatabase, writer: &Organization, space: SpaceId) {
        let client = database.admin().await.expect("a superuser");
        let space_table = "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                            WHERE i.inhparent = 'docent.embeddings'::regclass
                              AND pg_get_expr(c.relpartbound, c.oid) LIKE '%' || $1::uuid || '%'";
        let space_table: String =
            client.query_one(space_table, &[&space.0]).await.expect("a space's partition").get(0);
        let graph = Graph::drop(&client, "docent", &space_table).await;
        let each = self.rows / self.organizations;
        self.document(&client, writer, space, self.rows - each * (self.organizations - 1)).await;
        for number in 1..self.organizations {
            let other = Organization::create(database, &format!("standing-{number}")).await;
            self.document(&client, &other, space, each).await;
        }
        graph.build(&client).await;
    }

    async fn document(&self, client: &Client, organization: &Organization, space: SpaceId, rows: usize) {
        let stored = organization.document("manuals", "standing.txt").building().await;
        let rows = i64::try_from(rows).expect("few rows");
        let chunks = "
            INSERT INTO docent.chunks (organization_id, document_id, document_version_id, id, chunk_index, content,
                                       chunk_type, headings, section_title, page_number, byte_from, byte_to, token_count,
                                       language, search_vector, word_count, confidence_score, metadata, is_active,
                                       source_hash)
            SELECT $1, $2, $3, gen_random_uuid(), i, words, 'general', '{Heading}', 'Heading', 1, i * 1000, i * 1000 + 999,
                   120, 'en', to_tsvector('simple', words), 120, 1, '{}', true, sha256(words::bytea)
              FROM generate_series(0, $4::bigint - 1) i
             CROSS JOIN LATERAL (SELECT string_agg('word' || floor(random() * 5000 + (i + n) * 0)::integer, ' ') AS words
                                   FROM generate_series(1, 120) n) w";
        let ids: [&(dyn ToSql + Sync); 4] = [&organization.id.0, &stored.id.0, &stored.version.0, &rows];
        client.execute(chunks, &ids).await.expect("load chunks");
        let vectors = format!(
            "INSERT INTO docent.embeddings (organization_id, space_id, document_version_id, chunk_id, vector)
             SELECT organization_id, $1, document_version_id, id,
                    ARRAY(SELECT random() * 2 - 1 + chunk_index * 0 FROM generate_series(1, {DIMENSION}))::real[]::halfvec
               FROM docent.chunks WHERE document_version_id = $2"
        );
        client.execute(&vectors, &[&space.0, &stored.version.0]).await.expect("load vectors");
    }
}

/// A table's HNSW index while it is not there.
struct Graph {
    definition: String,
}

impl Graph {
    async fn drop(client: &Client, schema: &str, table: &str) -> Self {
        let query = "SELECT indexname::text, indexdef FROM pg_indexes
                      WHERE schemaname = $1 AND tablename = $2 AND indexdef LIKE '%USING hnsw%'";
        let row = client.query_one(query, &[&schema, &table]).await.expect("a graph");
        let (name, definition): (String, String) = (row.get(0), row.get(1));
        client.batch_execute(&format!("DROP INDEX {schema}.{name}")).await.expect("drop the graph");
        // On a partitioned table it says ONLY, which would build nothing.
        Self { definition: definition.replace(" ON ONLY ", " ON ") }
    }

    async fn build(self, client: &Client) {
        client.batch_execute(&self.definition).await.expect("build the graph");
    }
}

/// The rows of a round, as bytes, into tables like theirs, where as many stand.
async fn copy(database: &TestDatabase) -> Duration {
    let client = database.admin().await.expect("a superuser: unset DATABASE_URL");
    let partition = "SELECT e.tableoid::regclass::text FROM docent.embeddings e
                      WHERE vector_dims(e.vector) = $1 LIMIT 1";
    let dimension = i32::try_from(DIMENSION).expect("a dimension");
    let partition: String =
        client.query_one(partition, &[&dimension]).await.expect("a space's partition").get(0);
    let setup = format!(
        "CREATE TABLE public.chunks (LIKE docent.chunks INCLUDING ALL);
         CREATE TABLE public.embeddings (LIKE {partition} INCLUDING ALL);
         ALTER TABLE public.embeddings ALTER COLUMN vector SET STORAGE PLAIN;"
    );
    client.batch_execute(&setup).await.expect("make tables");
    let rows = |table: &str, condition: &str| {
        format!(
            "SELECT * FROM {table} WHERE document_version_id IN (
                 SELECT v.id FROM docent.document_versions v JOIN docent.documents d ON d.id = v.document_id
                  WHERE d.s3_key {condition} '%{WRITTEN}')"
        )
    };
    let graph = Graph::drop(&client, "public", "embeddings").await;
    for (table, from) in [("chunks", "docent.chunks"), ("embeddings", partition.as_str())] {
        let standing = format!("INSERT INTO public.{table} {}", rows(from, "NOT LIKE"));
        client.batch_execute(&standing).await.expect("load what stands");
    }
    graph.build(&client).await;
    let chunks = binary(&client, &rows("docent.chunks", "LIKE")).await;
    let embeddings = binary(&client, &rows(&partition, "LIKE")).await;
    settle(&client).await;
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
