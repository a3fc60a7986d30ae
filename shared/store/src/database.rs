//! Connections. A function serves one event at a time, so one connection is the rule; more are opened when
//! more is asked at once (tests, the one-machine stack).

use crate::{Error, Result, TenantTx};
use domain::OrganizationId;
use rustls::ClientConfig;
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, time::timeout};
use tokio_postgres::{Client, Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Tries of a connection while the server wakes up, and the first pause between them (doubled each time).
const CONNECT_TRIES: u32 = 5;
const CONNECT_PAUSE: Duration = Duration::from_millis(100);
/// Idleness after which a connection is asked before it is used: a function sleeps frozen between events, a suspended
/// compute hangs up meanwhile, and nobody is told before the first write.
const TRUSTED: Duration = Duration::from_secs(20);
/// How long such a connection may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Transactions that a process has open at once; as many connections are kept. A deployment's database then has at most this
/// many times its processes, and a pooler in front of it fewer.
pub const CONNECTIONS: usize = 8;
/// How long a transaction waits for one of them.
const FREE_WITHIN: Duration = Duration::from_secs(10);

/// A way to the database. Cheap to clone; opens nothing before it is asked.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    /// With the moment each was put back.
    idle: Mutex<Vec<(Arc<Client>, Instant)>>,
    free: Arc<Semaphore>,
    guard: Guard,
}

/// Whether the database's side of tenancy is checked before a connection is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// The functions: always.
    Checked,
    /// The migrator: it is what makes the walls.
    Owner,
}

impl Database {
    /// Reads a connection URL of the application's role. `sslmode=require` and above verify the server's
    /// certificate. Each connection is checked by [`crate::guard`] before its first use.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        Self::with(url, Guard::Checked)
    }

    /// The same for the owner, who runs migrations and makes organizations.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn owner(url: &str) -> anyhow::Result<Self> {
        Self::with(url, Guard::Owner)
    }

    fn with(url: &str, guard: Guard) -> anyhow::Result<Self> {
        // verify-full is what we do anyway; the driver only knows the shorter words.
        let url = url
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require");
        let mut config: Config =
            url.parse().map_err(|_| anyhow::anyhow!("DATABASE_URL is not a Postgres URL"))?;
        config.connect_timeout(Duration::from_secs(10)).application_name("docent");
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ if is_loopback(&config) => {
                config.ssl_mode(SslMode::Disable);
                None
            }
            _ => Some(tls()?),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                tls,
                idle: Mutex::default(),
                free: Arc::new(Semaphore::new(CONNECTIONS)),
                guard,
            }),
        })
    }

    /// Opens a transaction bound to a tenant. Nothing is sent that has to be waited for: `BEGIN` and the
    /// tenant travel in front of the first statement.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection can be made, [`Error::Busy`] when none came free.
    pub async fn tenant(&self, organization: OrganizationId) -> Result<TenantTx> {
        let permit = timeout(FREE_WITHIN, Arc::clone(&self.inner.free).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(Error::Busy) };
        let client = self.client().await?;
        Ok(TenantTx::begin(self.clone(), client, permit, organization))
    }

    /// A connection, kept or new. For [`crate::migrator`], [`crate::guard`] and the doors; rows are read
    /// through [`TenantTx`] only.
    pub(crate) async fn client(&self) -> Result<Arc<Client>> {
        loop {
            let kept = self.inner.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
            match kept {
                Some((client, _)) if client.is_closed() => {}
                Some((client, since)) if since.elapsed() < TRUSTED || answers(&client).await => {
                    return Ok(client);
                }
                Some(_) => {}
                None => return self.connect().await,
            }
        }
    }

    pub(crate) fn put_back(&self, client: Arc<Client>) {
        let mut idle = self.inner.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !client.is_closed() && idle.len() < CONNECTIONS {
            idle.push((client, Instant::now()));
        }
    }

    async fn connect(&self) -> Result<Arc<Client>> {
        let mut pause = CONNECT_PAUSE;
        for attempt in 1.. {
            match self.connect_once().await {
                Ok(client) => return Ok(Arc::new(client)),
                Err(error) if attempt < CONNECT_TRIES && error.is_retryable() => {
                    tracing::warn!(db.attempt = attempt, "database is not reachable, trying again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(error) => return Err(error),
            }
        }
        unreachable!("the loop returns");
    }

    async fn connect_once(&self) -> Result<Client> {
        let Inner { config, tls, guard, .. } = &*self.inner;
        let client = match tls {
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await?;
                tokio::spawn(connection);
                client
            }
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                tokio::spawn(connection);
                client
            }
        };
        if *guard == Guard::Checked {
            crate::guard::check(&client).await?;
        }
        Ok(client)
    }
}

async fn answers(client: &Client) -> bool {
    matches!(timeout(ANSWER_WITHIN, client.batch_execute("")).await, Ok(Ok(())))
}

fn is_loopback(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        tokio_postgres::config::Host::Tcp(name) => matches!(name.as_str(), "127.0.0.1" | "::1" | "localhost"),
        #[cfg(unix)]
        tokio_postgres::config::Host::Unix(_) => true,
    })
}

fn tls() -> anyhow::Result<MakeRustlsConnect> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
