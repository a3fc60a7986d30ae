//! The one migrator, for the cloud, one machine and the tests: numbered files, forward only, each in its own
//! transaction, under an advisory lock of its own. Runs as the database's owner on the direct endpoint.

use crate::Database;
use anyhow::{Context as _, bail, ensure};
use domain::{SpaceId, embedding};
use sha2::{Digest as _, Sha256};
use tokio_postgres::{Client, types::Type};

/// File name and text of each migration, in order.
static MIGRATIONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Any number of our own: two migrators of one database wait for each other.
const LOCK: i64 = 0x0064_6f63_656e_7401;
/// The role that the functions connect as.
pub const APPLICATION_ROLE: &str = "docent_app";
/// The oldest pgvector that searches iteratively under a filter.
const PGVECTOR_LEAST: (u32, u32) = (0, 8);

/// SHA-256 over the names and texts of all migrations, in hex: the custom resource's property that makes
/// CloudFormation call the migrator again.
#[must_use]
pub fn hash() -> String {
    let mut hasher = Sha256::new();
    for (name, text) in MIGRATIONS {
        hasher.update(checksum(name, text));
    }
    hex::encode(hasher.finalize())
}

fn checksum(name: &str, text: &str) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([0]);
    hasher.update(text.as_bytes());
    hasher.finalize().to_vec()
}

/// What the migrator makes beside tables.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// The functions' URL: its password becomes the application role's.
    pub application_url: &'a str,
    /// Model of the default embedding space.
    pub embedding_model: &'a str,
    /// Its dimension.
    pub embedding_dimension: usize,
}

/// Brings a database to the present schema, with the application's role, the embedding space, and the
/// partitions of this month and the next. Returns the names of the files that were applied now.
///
/// # Errors
/// When a file that was applied before has another text now, when pgvector is too old, or when the database
/// refuses.
pub async fn migrate(owner: &Database, target: &Target<'_>) -> anyhow::Result<Vec<String>> {
    let client = owner.client().await.context("connect as the owner")?;
    client
        .execute_typed("SELECT pg_advisory_lock($1)", &[(&LOCK, Type::INT8)])
        .await
        .context("wait for other migrators")?;
    let done = migrate_locked(&client, target).await;
    // Unlock whatever happened; a closed connection has done so already.
    let _ = client.execute_typed("SELECT pg_advisory_unlock($1)", &[(&LOCK, Type::INT8)]).await;
    done
}

async fn migrate_locked(client: &Client, target: &Target<'_>) -> anyhow::Result<Vec<String>> {
    let applied = apply(client).await?;
    check_pgvector(client).await?;
    set_password(client, target.application_url).await?;
    ensure_space(client, target.embedding_model, target.embedding_dimension).await?;
    ensure_months(client).await?;
    Ok(applied)
}

async fn ensure_months(client: &Client) -> anyhow::Result<()> {
    client
        .batch_execute(
            "SELECT docent.ensure_month(now()::date), docent.ensure_month((now() + interval '1 month')::date)",
        )
        .await
        .context("make the partitions of this month and the next")
}

/// About how many rows stand in the partitions that take what belongs to no month: none, while months are made ahead. By the
/// database's statistics, since its owner reads no tenant's rows.
///
/// # Errors
/// When the database does not answer.
pub async fn rows_of_no_month(owner: &Database) -> anyhow::Result<f64> {
    let client = owner.client().await.context("connect as the owner")?;
    let rows = client
        .query_typed(
            "SELECT coalesce(sum(n_live_tup), 0)::float8 FROM pg_stat_user_tables
              WHERE schemaname = 'docent' AND relname LIKE '%\\_default'",
            &[],
        )
        .await
        .context("count the rows of no month")?;
    owner.put_back(client);
    Ok(rows.first().map_or(0.0, |row| row.get(0)))
}

/// Makes the partitions of this month and the next, and drops those of months of which nothing is left. The names of what
/// was dropped.
///
/// # Errors
/// When the database refuses.
pub async fn maintain_months(owner: &Database) -> anyhow::Result<Vec<String>> {
    let client = owner.client().await.context("connect as the owner")?;
    ensure_months(&client).await?;
    let mut dropped = Vec::new();
    for row in client.query_typed("SELECT docent.old_months()", &[]).await.context("list old months")? {
        let name: String = row.get(0);
        // A transaction each: a lock on one month is not held while another is looked at.
        let rows = client
            .query_typed("SELECT docent.drop_if_empty($1)", &[(&name, Type::TEXT)])
            .await
            .with_context(|| format!("drop {name}"))?;
        if rows.first().is_some_and(|row| row.get(0)) {
            tracing::info!(partition.name = name, "month dropped, of which nothing was left");
            dropped.push(name);
        }
    }
    owner.put_back(client);
    Ok(dropped)
}

async fn apply(client: &Client) -> anyhow::Result<Vec<String>> {
    client
        .batch_execute(
            "CREATE SCHEMA IF NOT EXISTS docent;
             CREATE TABLE IF NOT EXISTS docent.migrations (
                 name text PRIMARY KEY, checksum bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
        )
        .await
        .context("make the list of migrations")?;
    let known = client.query_typed("SELECT name, checksum FROM docent.migrations", &[]).await?;
    let mut applied = Vec::new();
    for (name, text) in MIGRATIONS {
        let sum = checksum(name, text);
        if let Some(row) = known.iter().find(|row| row.get::<_, &str>(0) == *name) {
            ensure!(
                row.get::<_, Vec<u8>>(1) == sum,
                "migration {name} was edited after it was applied: put its text back and write a new file"
            );
            continue;
        }
        // One simple-protocol batch is one implicit transaction; ours is explicit to hold the record as well.
        let record = format!(
            "BEGIN;\n{text}\n;INSERT INTO docent.migrations (name, checksum) VALUES ('{name}', '\\x{}'); COMMIT",
            hex::encode(&sum)
        );
        if let Err(error) = client.batch_execute(&record).await {
            let _ = client.batch_execute("ROLLBACK").await;
            return Err(error).with_context(|| format!("apply migration {name}"));
        }
        tracing::info!(migration.name = name, "migration applied");
        applied.push((*name).to_owned());
    }
    Ok(applied)
}

async fn check_pgvector(client: &Client) -> anyhow::Result<()> {
    let rows =
        client.query_typed("SELECT extversion FROM pg_extension WHERE extname = 'vector'", &[]).await?;
    let version: String = rows.first().map(|row| row.get(0)).unwrap_or_default();
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    let found = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    ensure!(
        found >= PGVECTOR_LEAST,
        "pgvector {version} is too old: 0.8.0 or newer is needed (ALTER EXTENSION vector UPDATE)"
    );
    if found == PGVECTOR_LEAST && numbers.next().unwrap_or_default() < 4 {
        tracing::warn!(pgvector.version = version, "pgvector before 0.8.4 has known defects: update it");
    }
    Ok(())
}

async fn set_password(client: &Client, application_url: &str) -> anyhow::Result<()> {
    let config: tokio_postgres::Config =
        application_url.parse().map_err(|_| anyhow::anyhow!("DATABASE_URL is not a Postgres URL"))?;
    let Some(password) = config.get_password() else {
        bail!("DATABASE_URL has no password for {APPLICATION_ROLE}")
    };
    ensure!(
        config.get_user() == Some(APPLICATION_ROLE),
        "DATABASE_URL must connect as {APPLICATION_ROLE}: the policies are written for that role"
    );
    let password = std::str::from_utf8(password).context("read the password of DATABASE_URL")?;
    // Utility statements take no parameters: Postgres itself quotes the literal.
    let row = client
        .query_typed(
            "SELECT format('ALTER ROLE docent_app LOGIN PASSWORD %L', $1)",
            &[(&password, Type::TEXT)],
        )
        .await?;
    let statement: String = row.first().map(|row| row.get(0)).context("quote the password")?;
    client
        .batch_execute(&statement)
        .await
        .map_err(|_| anyhow::anyhow!("the database refuses the password of {APPLICATION_ROLE}"))
}

/// Makes an embedding space of a model and a dimension for all organizations, or finds it again; its id.
///
/// # Errors
/// When the database refuses, as it does a dimension over 4,000.
pub async fn make_space(owner: &Database, model: &str, dimension: usize) -> anyhow::Result<SpaceId> {
    let client = owner.client().await.context("connect as the owner")?;
    let space = ensure_space(&client, model, dimension).await;
    owner.put_back(client);
    space
}

async fn ensure_space(client: &Client, model: &str, dimension: usize) -> anyhow::Result<SpaceId> {
    let (conventions, languages) = embedding::known(model);
    let dimension = i32::try_from(dimension).context("read the embedding dimension")?;
    let rows = client
        .query_typed(
            "SELECT docent.ensure_space($1, '1', $2, $3, $4)",
            &[
                (&model, Type::TEXT),
                (&dimension, Type::INT4),
                (&serde_json::json!(conventions), Type::JSONB),
                (&languages, Type::TEXT_ARRAY),
            ],
        )
        .await
        .context("make the embedding space")?;
    let made = rows.first().context("read the embedding space")?;
    Ok(SpaceId(made.get(0)))
}
