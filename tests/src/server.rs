//! The Postgres of this test process: started by the first test that asks, thrown away with the process.
//!
//! With an own `DATABASE_URL` (an owner who may make databases and roles) nothing is started; what needs a
//! superuser is skipped then.

use anyhow::{Context as _, Result};
use local::{
    assets, database,
    postgres::{self, Durability, Postgres},
};
use std::{
    fs::Permissions,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{OnceLock, mpsc},
};
use tempfile::TempDir;

/// Where the databases of this process are made.
#[derive(Debug, Clone)]
pub struct Server {
    /// The superuser of the database `postgres`; absent with an own `DATABASE_URL`.
    pub admin_url: Option<String>,
    /// The own `DATABASE_URL`.
    pub owner_url: Option<String>,
    /// Password of `docent_owner`, where the server is ours.
    pub owner_password: String,
    /// Password of `docent_app`.
    pub application_password: String,
}

/// The server, started once a process.
///
/// # Panics
/// When it does not start: no test could run.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start().expect("start Postgres for the tests"))
}

fn start() -> Result<Server> {
    let mut server = Server {
        admin_url: None,
        owner_url: own_database(),
        owner_password: database::password(),
        application_password: database::password(),
    };
    if server.owner_url.is_none() {
        server.admin_url = Some(start_throwaway()?);
    }
    Ok(server)
}

#[expect(clippy::disallowed_methods, reason = "the tests' own switch, no configuration of the product")]
fn own_database() -> Option<String> {
    std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty())
}

/// Starts a server on a thread of its own, which outlives the runtimes of single tests.
fn start_throwaway() -> Result<String> {
    let data = tempfile::Builder::new()
        .prefix("docent-tests-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .context("make a folder for the database")?;
    // Before the server: whatever happens from here on, nothing is left behind.
    watch(data.path(), &[])?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || hold(data, &sender));
    receiver.recv().context("wait for Postgres")?
}

fn hold(data: TempDir, sender: &mpsc::Sender<Result<String>>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("start a runtime");
    runtime.block_on(async {
        let started = async {
            let install = assets::postgres_install().await?;
            Postgres::start(&install, data.path(), Durability::Throwaway).await
        };
        match started.await {
            Ok(postgres) => {
                let _ = sender.send(Ok(postgres.admin_url().to_owned()));
                // Held until the process ends; statics and threads are not dropped then, hence the watchdog.
                std::future::pending::<()>().await;
            }
            Err(error) => {
                let _ = sender.send(Err(error));
            }
        }
    });
}

/// Waits for the end of a pipe that this process holds open, however the process ends, then stops the server
/// and removes its files. `$1` is the cluster, the rest is what to remove.
const WATCHDOG: &str = r#"
read -r _
pidfile="$1/postmaster.pid"
[ -f "$pidfile" ] && kill -QUIT "$(head -n 1 "$pidfile")"
tries=0
while [ -f "$pidfile" ] && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
shift
rm -rf "$@"
"#;

/// Sees to it that the server of `data`, its files and further folders end with this process.
///
/// # Errors
/// When the watchdog does not start.
pub fn watch(data: &Path, more: &[&Path]) -> Result<()> {
    let cluster = postgres::cluster_folder(data)?;
    let mut remove: Vec<PathBuf> = vec![data.to_owned()];
    remove.extend(more.iter().map(|path| (*path).to_owned()));
    if !cluster.starts_with(data) {
        // A folder that the server's user cannot pass: the cluster is in a folder of its own elsewhere.
        remove.extend(cluster.parent().map(Path::to_owned));
    }
    let mut watchdog = Command::new("sh")
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(&cluster)
        .args(&remove)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C is for the tests.
        .process_group(0)
        .spawn()
        .context("start the watchdog")?;
    // The pipe's end stays open as long as this process lives.
    std::mem::forget(watchdog.stdin.take());
    Ok(())
}
