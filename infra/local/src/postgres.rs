//! A Postgres server of this process's own: made once, started on a free port of 127.0.0.1, stopped
//! with the process. It knows nothing of the schema inside; `migrate` makes that.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};
use tokio::process::{Child, Command};
use tokio_postgres::NoTls;

/// Recovery after a kill can replay a good deal of log.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A neighbour can take the free port before the server does.
const START_ATTEMPTS: usize = 5;

/// Whether the data must survive the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Everything committed is on disk.
    Safe,
    /// Nothing is flushed: fast, and lost with a crash. For tests.
    Throwaway,
}

/// A running server. [`Postgres::stop`] ends it orderly; dropping it ends it at once.
pub struct Postgres {
    programs: Programs,
    cluster: PathBuf,
    child: Option<Child>,
    port: u16,
    password: String,
    admin_url: String,
    /// Held as long as the server runs, so that no second process takes it for a stale one.
    _lock: File,
}

impl Postgres {
    /// Starts the server of the folder `data`, which is made on the first call, with the programs
    /// of `install` (a folder with `bin`). An own server left over from a killed process is
    /// stopped first. Fails when another process uses the folder.
    pub async fn start(install: &Path, data: &Path, durability: Durability) -> anyhow::Result<Postgres> {
        fs::create_dir_all(data).with_context(|| format!("make the data folder {}", data.display()))?;
        let data = data.canonicalize().context("resolve the data folder")?;
        let lock = lock(&data)?;
        let account = account()?;
        let cluster = cluster_below(&data, account);
        let programs = Programs { bin: install.join("bin"), account, log: data.join("postgres.log") };
        let password = programs.create_cluster(&data, &cluster).await?;
        programs.end_leftover(&cluster).await?;
        for _ in 1..START_ATTEMPTS {
            if let Some((child, port)) = programs.try_start(&cluster, &password, durability).await? {
                let admin_url = url(port, &password, "postgres");
                let child = Some(child);
                return Ok(Postgres { programs, cluster, child, port, password, admin_url, _lock: lock });
            }
        }
        bail!("Postgres does not start; the end of {}:\n{}", programs.log.display(), tail(&programs.log))
    }

    /// The superuser's URL of the database `postgres`, with the password.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The superuser's URL of another database, whose name needs no escaping.
    pub fn url_for(&self, database: &str) -> String {
        url(self.port, &self.password, database)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Disconnects everyone, shuts down and waits until the server is gone.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        if self.programs.end(&self.cluster, "fast").await.is_err() {
            self.programs.end(&self.cluster, "immediate").await?;
        }
        child.wait().await.context("wait for Postgres to end")?;
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // Not a bare kill: the server's own children are to end as well before the caller goes on.
        let mut command = self.programs.stop_command(&self.cluster, "immediate").into_std();
        if !command.status().is_ok_and(|status| status.success()) {
            let _ = child.start_kill();
        }
    }
}

/// Where the server's files of a data folder are: inside it, or below `/var/lib/docent` when we are
/// root and the user Postgres runs as cannot reach the data folder. For removing them.
pub fn cluster_folder(data: &Path) -> anyhow::Result<PathBuf> {
    let data = data.canonicalize().unwrap_or_else(|_| data.to_owned());
    Ok(cluster_below(&data, account()?))
}

/// Stops the server of a data folder that outlived its killed parent; whether there was one.
///
/// # Errors
/// When a living process uses the folder, or the server does not stop.
pub async fn end_leftover(install: &Path, data: &Path) -> anyhow::Result<bool> {
    let data = data.canonicalize().context("resolve the data folder")?;
    let _lock = lock(&data)?;
    let account = account()?;
    let programs = Programs { bin: install.join("bin"), account, log: data.join("postgres.log") };
    programs.end_leftover(&cluster_below(&data, account)).await
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    // A file's owner is the effective user; asking the system directly would take unsafe code.
    tempfile::tempfile().and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.uid() == 0)
}

fn url(port: u16, password: &str, database: &str) -> String {
    format!("postgres://postgres:{password}@127.0.0.1:{port}/{database}")
}

fn lock(data: &Path) -> anyhow::Result<File> {
    let file = File::create(data.join("postgres.lock")).context("open the lock of the data folder")?;
    ensure!(
        file.try_lock().is_ok(),
        "another process runs Postgres on {}: stop it, or choose another data folder",
        data.display()
    );
    Ok(file)
}

/// The user and group that Postgres runs as, when that is not ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Account {
    user: u32,
    group: u32,
}

/// Postgres refuses to run as root, so root runs it as `nobody`.
fn account() -> anyhow::Result<Option<Account>> {
    if !is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("read /etc/passwd")?;
    let nobody = find_account(&users, "nobody");
    let nobody =
        nobody.context("Postgres does not run as root and there is no user nobody: run as another user")?;
    Ok(Some(nobody))
}

fn find_account(users: &str, name: &str) -> Option<Account> {
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f[0] == name)?;
    // Some systems write the largest ids as negative numbers.
    let id = |at: usize| fields.get(at)?.parse::<i64>().ok().map(|id| id.rem_euclid(1 << 32));
    Some(Account { user: u32::try_from(id(2)?).ok()?, group: u32::try_from(id(3)?).ok()? })
}

fn cluster_below(data: &Path, account: Option<Account>) -> PathBuf {
    match account {
        Some(account) if !passable(data, account) => {
            let hash = hex::encode(Sha256::digest(data.as_os_str().as_encoded_bytes()));
            Path::new("/var/lib/docent").join(&hash[..16]).join("cluster")
        }
        _ => data.join("cluster"),
    }
}

/// Whether the account may pass through a folder and all above it.
fn passable(folder: &Path, account: Account) -> bool {
    folder.ancestors().all(|folder| {
        let Ok(metadata) = fs::metadata(folder) else { return true };
        let bit = match metadata {
            ref m if m.uid() == account.user => 0o100,
            ref m if m.gid() == account.group => 0o010,
            _ => 0o001,
        };
        metadata.mode() & bit != 0
    })
}

/// The server's programs, how they are run and where they write what happens.
struct Programs {
    bin: PathBuf,
    account: Option<Account>,
    log: PathBuf,
}

impl Programs {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        // Messages are read back, and the folder we are in may be closed to the account.
        command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        if let Some(account) = self.account {
            command.uid(account.user).gid(account.group);
        }
        command
    }

    /// Makes the cluster when there is none, and returns the superuser's password.
    async fn create_cluster(&self, data: &Path, cluster: &Path) -> anyhow::Result<String> {
        let password_file = data.join("postgres.password");
        if cluster.join("PG_VERSION").is_file() {
            let password = fs::read_to_string(&password_file).with_context(|| {
                format!(
                    "read {}: without it, remove {} to begin anew",
                    password_file.display(),
                    cluster.display()
                )
            })?;
            return Ok(password.trim().to_owned());
        }
        // Made under another name first: a kill in the middle leaves no half cluster behind.
        let unfinished = cluster.with_extension("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).context("remove an unfinished cluster")?;
        }
        fs::create_dir_all(&unfinished).with_context(|| format!("make {}", unfinished.display()))?;
        let password = hex::encode(rand::random::<[u8; 16]>());
        write_private(&password_file, &password)?;
        let hand_over = tempfile::NamedTempFile::new().context("make a file for the password")?;
        fs::write(hand_over.path(), &password).context("write the password")?;
        if let Some(account) = self.account {
            for path in [unfinished.as_path(), hand_over.path()] {
                std::os::unix::fs::chown(path, Some(account.user), Some(account.group))
                    .with_context(|| format!("hand {} to the user Postgres runs as", path.display()))?;
            }
        }
        let mut command = self.command("initdb");
        command.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]);
        // Bytewise order with Unicode's own case rules, the same on every machine.
        command.args([
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ]);
        command.arg("--pwfile").arg(hand_over.path()).arg("--pgdata").arg(&unfinished);
        let output = command.output().await.context("run initdb")?;
        ensure!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        if cluster.exists() {
            // An empty folder made by somebody else; rename would refuse a full one.
            fs::remove_dir(cluster).with_context(|| format!("replace {}", cluster.display()))?;
        }
        fs::rename(&unfinished, cluster).context("put the new cluster in its place")?;
        Ok(password)
    }

    /// Stops a server of this cluster that outlived its killed parent; whether there was one. Of a server that is gone
    /// Postgres removes the traces itself, and checks more than we could.
    async fn end_leftover(&self, cluster: &Path) -> anyhow::Result<bool> {
        let pid_file = cluster.join("postmaster.pid");
        let Ok(content) = fs::read_to_string(&pid_file) else { return Ok(false) };
        let pid = content.lines().next().unwrap_or_default().trim().to_owned();
        match command_line(&pid).await {
            None => Ok(false),
            Some(line) if line.contains(&*cluster.to_string_lossy()) => {
                tracing::info!(process.pid = pid, "stop a Postgres left over from a killed run");
                if self.end(cluster, "fast").await.is_err() {
                    self.end(cluster, "immediate").await?;
                }
                Ok(true)
            }
            // The number has gone to another program; Postgres would wait for it for ever.
            Some(_) => {
                fs::remove_file(&pid_file).context("remove a stale postmaster.pid")?;
                Ok(false)
            }
        }
    }

    /// Starts the server on a free port; `None` when it ended again, as it does when somebody
    /// took the port meanwhile.
    async fn try_start(
        &self,
        cluster: &Path,
        password: &str,
        durability: Durability,
    ) -> anyhow::Result<Option<(Child, u16)>> {
        let port = free_port()?;
        let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.log);
        let log = log.with_context(|| format!("open {}", self.log.display()))?;
        let mut command = self.command("postgres");
        command.arg("-D").arg(cluster).args(["-p", &port.to_string()]);
        let settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"];
        let more = ["shared_buffers=128MB", "timezone=UTC", "log_timezone=UTC", "log_line_prefix=%m [%p] "];
        let risky: &[&str] = match durability {
            Durability::Safe => &[],
            Durability::Throwaway => &["fsync=off", "synchronous_commit=off", "full_page_writes=off"],
        };
        for setting in settings.iter().chain(&more).chain(risky) {
            command.args(["-c", setting]);
        }
        // Its own process group: Ctrl-C in a terminal is for us, and we stop the server in order.
        command.process_group(0);
        command.stdout(log.try_clone().context("share the log")?).stderr(log);
        let mut child = command.spawn().context("run postgres")?;
        match ready(&mut child, cluster, port, password).await {
            Ok(true) => Ok(Some((child, port))),
            Ok(false) => Ok(None),
            Err(error) => {
                self.end(cluster, "immediate").await.ok();
                child.kill().await.ok();
                Err(error)
            }
        }
    }

    async fn end(&self, cluster: &Path, mode: &str) -> anyhow::Result<()> {
        let output = self.stop_command(cluster, mode).output().await.context("run pg_ctl")?;
        ensure!(output.status.success(), "stop Postgres: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(())
    }

    fn stop_command(&self, cluster: &Path, mode: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command.args(["stop", "--silent", "--wait", "--timeout=30", "--mode", mode, "--pgdata"]).arg(cluster);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

/// Waits until the server answers and is ours; false when it ended.
async fn ready(child: &mut Child, cluster: &Path, port: u16, password: &str) -> anyhow::Result<bool> {
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        if child.try_wait().context("look after Postgres")?.is_some() {
            return Ok(false);
        }
        match data_directory(port, password).await {
            Ok(found) => {
                // Before anything else: another server may have got the port, even with our password.
                ensure!(
                    Path::new(&found) == cluster,
                    "port {port} is served by another Postgres ({found}): start again"
                );
                return Ok(true);
            }
            Err(error) if Instant::now() > deadline => {
                return Err(error).context("Postgres runs but does not answer");
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn data_directory(port: u16, password: &str) -> Result<String, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(&url(port, password, "postgres"), NoTls).await?;
    let connection = tokio::spawn(connection);
    let row = client.query_one("select current_setting('data_directory')", &[]).await;
    drop(client);
    connection.await.ok();
    row?.try_get(0)
}

/// A process's command line; `None` when there is no such process.
async fn command_line(pid: &str) -> Option<String> {
    pid.parse::<u32>().ok()?;
    if Path::new("/proc/self/cmdline").exists() {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).replace('\0', " "));
    }
    let output = Command::new("ps").args(["-o", "args=", "-p", pid]).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("look for a free port")?;
    Ok(listener.local_addr().context("look for a free port")?.port())
}

fn write_private(path: &Path, content: &str) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("create {}", path.display()))?;
    file.write_all(content.as_bytes()).with_context(|| format!("write {}", path.display()))
}

/// The last lines of a log, for an error message.
fn tail(log: &Path) -> String {
    const LINES: usize = 10;
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One value of one query, on a connection of its own.
    async fn ask(url: &str, query: &str) -> String {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(query, &[]).await.unwrap().get(0)
    }

    #[tokio::test]
    async fn a_cluster_is_made_stopped_killed_and_recovered() {
        let install = crate::assets::postgres_install().await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let cluster = cluster_below(&data.path().canonicalize().unwrap(), account().unwrap());
        let start = || Postgres::start(&install, data.path(), Durability::Throwaway);

        let server = start().await.unwrap();
        let (client, connection) = tokio_postgres::connect(server.admin_url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
            .batch_execute("create extension vector; create table kept as select 7::text as n")
            .await
            .unwrap();
        assert!(ask(server.admin_url(), "select version()").await.starts_with("PostgreSQL 18"));
        assert_eq!(ask(&server.url_for("template1"), "select lower('ÄÖ')").await, "äö");
        let second = start().await.err().unwrap();
        assert!(second.to_string().contains("another process"), "{second:#}");
        server.stop().await.unwrap();
        assert!(!cluster.join("postmaster.pid").exists());

        // As after a kill -9 of the parent: the server runs on, nobody holds the lock.
        assert!(!end_leftover(&install, data.path()).await.unwrap());
        let mut server = start().await.unwrap();
        let mut orphan = server.child.take().unwrap();
        drop(server);
        assert!(end_leftover(&install, data.path()).await.unwrap());
        orphan.wait().await.unwrap();
        let mut server = start().await.unwrap();
        let mut orphan = server.child.take().unwrap();
        drop(server);
        let server = start().await.unwrap();
        orphan.wait().await.unwrap();
        assert_eq!(ask(server.admin_url(), "select n from kept").await, "7");
        drop(server);

        // A number that now belongs to another program.
        fs::write(cluster.join("postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
        let server = start().await.unwrap();
        assert_eq!(ask(server.admin_url(), "select n from kept").await, "7");
        server.stop().await.unwrap();
        if !cluster.starts_with(data.path()) {
            fs::remove_dir_all(cluster.parent().unwrap()).unwrap();
        }
    }

    #[test]
    fn accounts_are_found_by_name() {
        let users = "root:x:0:0:root:/:/bin/sh\nnobody:*:-2:-2:x:/:/bin/false\nbad:x\n";
        assert_eq!(find_account(users, "nobody"), Some(Account { user: u32::MAX - 1, group: u32::MAX - 1 }));
        assert_eq!(find_account(users, "bad"), None);
        assert_eq!(find_account(users, "other"), None);
    }

    #[test]
    fn a_closed_parent_is_not_passable() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account { user: 4_000_000, group: 4_000_000 };
        assert!(passable(Path::new("/"), stranger));
        assert!(!passable(&folder.path().join("inside"), stranger));
        let cluster = cluster_below(folder.path(), Some(stranger));
        assert!(cluster.starts_with("/var/lib/docent"));
        assert_eq!(cluster_below(folder.path(), None), folder.path().join("cluster"));
    }
}
