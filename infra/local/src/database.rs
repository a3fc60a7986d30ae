//! Databases on the local server: made as on Neon, by a superuser for an owner who is none.

use anyhow::{Context as _, Result};
use rand::distr::{Alphanumeric, SampleString as _};
use tokio_postgres::{Client, NoTls};
use url::Url;

/// Who owns the database and runs migrations.
const OWNER: &str = "docent_owner";

/// How a database is reached.
#[derive(Debug, Clone)]
pub struct Urls {
    /// As its owner.
    pub owner: String,
    /// As the functions' role.
    pub application: String,
    /// As the server's superuser, where the server is ours.
    pub admin: Option<String>,
}

/// Makes a database with pgvector and its owner, unless they are there.
///
/// # Errors
/// When the server refuses.
pub async fn create(
    admin_url: &str,
    name: &str,
    owner_password: &str,
    application_password: &str,
) -> Result<Urls> {
    let admin = connect(admin_url).await?;
    let row = admin.query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[&OWNER]).await?;
    if row.is_none() {
        admin
            .batch_execute(&format!("CREATE ROLE {OWNER} LOGIN CREATEROLE"))
            .await
            .context("make the owner")?;
    }
    admin
        .batch_execute(&format!("ALTER ROLE {OWNER} PASSWORD '{owner_password}'"))
        .await
        .context("let the owner in")?;
    if admin.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name]).await?.is_none() {
        admin
            .batch_execute(&format!("CREATE DATABASE {name} OWNER {OWNER}"))
            .await
            .context("make the database")?;
    }
    let admin_url = with_database(admin_url, name)?;
    connect(&admin_url)
        .await?
        .batch_execute("CREATE EXTENSION IF NOT EXISTS vector")
        .await
        .context("add pgvector")?;
    Ok(Urls {
        owner: with_user(&admin_url, OWNER, owner_password)?,
        application: with_user(&admin_url, store::migrator::APPLICATION_ROLE, application_password)?,
        admin: Some(admin_url),
    })
}

/// The URLs of a database that the user owns and names.
///
/// # Errors
/// When the URL is none.
pub fn of_owner(owner_url: &str, application_password: &str) -> Result<Urls> {
    Ok(Urls {
        owner: owner_url.to_owned(),
        application: with_user(owner_url, store::migrator::APPLICATION_ROLE, application_password)?,
        admin: None,
    })
}

/// A password that needs no quoting anywhere.
#[must_use]
pub fn password() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), 32)
}

/// A connection for the stack's own housekeeping.
///
/// # Errors
/// When the server does not answer.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("connect to Postgres")?;
    tokio::spawn(connection);
    Ok(client)
}

fn with_user(url: &str, user: &str, password: &str) -> Result<String> {
    let mut url = Url::parse(url).context("read the database's URL")?;
    let set = url.set_username(user).and_then(|()| url.set_password(Some(password)));
    set.map_err(|()| {
        anyhow::anyhow!(
            "the database's URL has no place for a user: write postgres://user:password@host/database"
        )
    })?;
    Ok(url.into())
}

fn with_database(url: &str, name: &str) -> Result<String> {
    let mut url = Url::parse(url).context("read the database's URL")?;
    url.set_path(name);
    Ok(url.into())
}
