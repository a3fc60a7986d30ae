//! A database a test: a clone of one migrated template, a fifth of a second each.

use crate::server::{Server, server};
use anyhow::{Context as _, Result};
use domain::embedding::LOCAL_MODEL;
use local::database::{self, Urls};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use store::migrator::{self, Target};
use tokio::sync::OnceCell;
use tokio_postgres::Client;
use url::Url;
use uuid::Uuid;

/// Model of the space that the migrator makes here.
pub const MODEL: &str = LOCAL_MODEL;
/// Its dimension.
pub const DIMENSION: usize = 384;

/// A database of a test's own.
pub struct TestDatabase {
    /// As its owner, who runs migrations and makes organizations.
    pub owner_url: String,
    /// As the functions' role.
    pub application_url: String,
    /// As a superuser; absent with an own `DATABASE_URL`.
    pub admin_url: Option<String>,
    /// As the functions have it: guarded.
    pub database: store::Database,
    name: String,
}

/// A migrated database that nobody else uses.
///
/// # Panics
/// When the server refuses: the test could not run.
pub async fn database() -> TestDatabase {
    let template = template().await.expect("migrate the template database");
    clone(template).await.expect("clone the template database")
}

/// A database of a test's own with nothing in it, for what tests the migrator.
///
/// # Panics
/// When the server refuses.
pub async fn empty_database() -> TestDatabase {
    let name = next_name();
    let urls = make(server(), &name).await.expect("make an empty database");
    TestDatabase::new(urls, name).expect("read the new database's URL")
}

/// The target that the template was migrated to.
#[must_use]
pub fn target(application_url: &str) -> Target<'_> {
    Target { application_url, embedding_model: MODEL, embedding_dimension: DIMENSION }
}

impl TestDatabase {
    fn new(urls: Urls, name: String) -> Result<Self> {
        let database = store::Database::new(&urls.application)?;
        Ok(Self {
            owner_url: urls.owner,
            application_url: urls.application,
            admin_url: urls.admin,
            database,
            name,
        })
    }

    /// A connection as the owner.
    pub async fn owner(&self) -> Client {
        connect(&self.owner_url).await
    }

    /// A connection as the functions' role, without a tenant.
    pub async fn application(&self) -> Client {
        connect(&self.application_url).await
    }

    /// A connection as a superuser, who sees past every wall; `None` (and the test says so) without one.
    pub async fn admin(&self) -> Option<Client> {
        match &self.admin_url {
            Some(url) => Some(connect(url).await),
            None => {
                eprintln!("skipped: needs a superuser, and DATABASE_URL is set");
                None
            }
        }
    }
}

impl Drop for TestDatabase {
    /// On the throwaway server the database goes with it; on somebody's own server it goes now.
    fn drop(&mut self) {
        let Some(url) = server().owner_url.clone() else { return };
        let name = std::mem::take(&mut self.name);
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let owner = database::connect(&url).await?;
                owner.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
                anyhow::Ok(())
            })
        });
        let _ = dropped.join();
    }
}

/// A connection; the tests' own statements go through it, the product's through `store`.
///
/// # Panics
/// When the server does not answer.
pub async fn connect(url: &str) -> Client {
    database::connect(url).await.expect("connect to the test's database")
}

async fn template() -> Result<&'static str> {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let name = TEMPLATE.get_or_try_init(make_template).await?;
    Ok(name)
}

async fn make_template() -> Result<String> {
    let server = server();
    // The hash in the name: on somebody's own server a template is used again until migrations change.
    let name = format!("docent_tests_{}", &migrator::hash()[..12]);
    let urls = make(server, &name).await?;
    migrator::migrate(&store::Database::owner(&urls.owner)?, &target(&urls.application)).await?;
    // A database cannot be cloned while somebody is connected to it.
    let client =
        connect(server.admin_url.as_deref().or(server.owner_url.as_deref()).context("find the server")?)
            .await;
    loop {
        let row =
            client.query_one("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", &[&name]).await?;
        if row.get::<_, i64>(0) == 0 {
            return Ok(name);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn clone(template: &str) -> Result<TestDatabase> {
    let server = server();
    let name = next_name();
    let urls = match (&server.admin_url, &server.owner_url) {
        (Some(admin), _) => {
            let create = format!("CREATE DATABASE {name} TEMPLATE {template} OWNER docent_owner");
            database::connect(admin).await?.batch_execute(&create).await?;
            with_users(server, admin, &name).await?
        }
        (None, Some(owner)) => {
            let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
            database::connect(owner).await?.batch_execute(&create).await?;
            database::of_owner(&with_database(owner, &name)?, &server.application_password)?
        }
        (None, None) => anyhow::bail!("there is no server"),
    };
    TestDatabase::new(urls, name)
}

/// An empty database with pgvector, which exists already when its name is not new.
async fn make(server: &Server, name: &str) -> Result<Urls> {
    if let Some(admin) = &server.admin_url {
        return with_users(server, admin, name).await;
    }
    let owner = server.owner_url.as_deref().context("find the server")?;
    let client = database::connect(owner).await?;
    if client.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name]).await?.is_none() {
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .context("DATABASE_URL: make a database")?;
    }
    database::of_owner(&with_database(owner, name)?, &server.application_password)
}

async fn with_users(server: &Server, admin: &str, name: &str) -> Result<Urls> {
    // Roles belong to the whole server: two tests that make or alter one at once would collide.
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _guard = ONE_AT_A_TIME.lock().await;
    database::create(admin, name, &server.owner_password, &server.application_password).await
}

fn next_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // Random as well: several test processes may share somebody's own server.
    format!("docent_test_{}_{number}", &Uuid::new_v4().simple().to_string()[..8])
}

fn with_database(url: &str, name: &str) -> Result<String> {
    let mut url = Url::parse(url).context("read the database's URL")?;
    url.set_path(name);
    Ok(url.into())
}
