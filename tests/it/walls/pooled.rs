//! Tenants share pooled connections: a transaction's tenant is nobody else's, also behind a pooler in transaction mode.

use domain::{ApiKey, Scope};
use futures_util::{StreamExt as _, stream};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use store::api_keys::{self, NewKey};
use tests::{Organization, TestDatabase, database};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

const TRANSACTIONS: usize = 10_000;
/// Connections that the pooler has to Postgres.
const POOLED: usize = 4;
/// Clients of the pooler; each opens up to `store::CONNECTIONS` transactions at once.
const CLIENTS: usize = 4;
const TENANTS: usize = 8;

/// Ends with the test.
struct Pooler(Child);

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where PgBouncer is; `DOCENT_PGBOUNCER` names another one.
fn pgbouncer() -> Option<PathBuf> {
    let named = tests::setting("DOCENT_PGBOUNCER").map(PathBuf::from);
    let usual = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];
    named.or_else(|| usual.iter().map(PathBuf::from).find(|path| path.exists()))
}

/// Starts it before a database; the URL of the functions' role through it.
async fn start(program: &Path, database: &TestDatabase, folder: &Path) -> (Pooler, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let mut url = Url::parse(&database.application_url).expect("a URL");
    let (host, server_port) = (url.host_str().unwrap_or("127.0.0.1").to_owned(), url.port().unwrap_or(5432));
    let name = url.path().trim_start_matches('/').to_owned();
    let password = url.password().unwrap_or_default().to_owned();
    let configuration = format!(
        "[databases]\n{name} = host={host} port={server_port} dbname={name} user=docent_app password={password}\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\npool_mode = transaction\n\
         default_pool_size = {POOLED}\nmax_client_conn = 200\nunix_socket_dir =\nignore_startup_parameters = extra_float_digits\n"
    );
    let file = folder.join("pgbouncer.ini");
    std::fs::write(&file, configuration).expect("write its configuration");
    let mut command = Command::new(program);
    if local::postgres::is_root() {
        // It does not run as root.
        command.args(["-u", "nobody"]);
    }
    let child = command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let pooler = Pooler(child.expect("start PgBouncer"));
    url.set_host(Some("127.0.0.1")).expect("a host");
    url.set_port(Some(port)).expect("a port");
    for _ in 0..100 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return (pooler, url.into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("PgBouncer does not listen");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_transactions_over_four_pooled_connections_see_their_own_rows_only() {
    let Some(program) = pgbouncer() else {
        eprintln!(
            "SKIPPED: there is no PgBouncer here (Debian's package pgbouncer, or DOCENT_PGBOUNCER=path)"
        );
        return;
    };
    let database = database().await;
    let mut tenants = Vec::new();
    for number in 0..TENANTS {
        let organization = Organization::create(&database, &format!("tenant-{number}")).await;
        let tx = organization.tx().await;
        let (key, scopes) = (ApiKey::generate(organization.id), [Scope::Chat]);
        let new = NewKey { name: &organization.slug, scopes: &scopes, ..NewKey::default() };
        api_keys::create(&tx, &key, &new).await.expect("a key");
        tx.finish().await.expect("commit");
        tenants.push(organization);
    }
    let folder = tempfile::Builder::new().prefix("docent-pooler-").tempdir().expect("a folder");
    make_readable(folder.path());
    let (_pooler, url) = start(&program, &database, folder.path()).await;
    let clients: Vec<_> = (0..CLIENTS).map(|_| store::Database::new(&url).expect("a URL")).collect();
    let seen = stream::iter(0..TRANSACTIONS)
        .map(|number| {
            let client = clients[number % CLIENTS].clone();
            // Neighbours are of different tenants, and each client meets all of them.
            let tenant = &tenants[(number / CLIENTS + number) % TENANTS];
            async move {
                let tx = client.tenant(tenant.id).await.expect("a connection");
                let keys = api_keys::list(&tx, None, 100).await.expect("keys");
                // A third leaves as one that breaks off does, without a commit.
                if number % 3 != 0 {
                    tx.finish().await.expect("commit");
                }
                let mut names: Vec<String> = keys.into_iter().map(|key| key.name).collect();
                names.sort_unstable();
                names == ["first key".to_owned(), tenant.slug.clone()]
            }
        })
        .buffer_unordered(CLIENTS * 4);
    let leaks = seen.filter(|own| std::future::ready(!own)).count().await;
    assert_eq!(leaks, 0, "of {TRANSACTIONS} transactions");
    let admin = database.owner().await;
    let connections = admin
        .query_one(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'docent_app' AND datname = current_database()",
            &[],
        )
        .await
        .expect("activity");
    // The tenants' own handle has some of its own; it was used before, one by one.
    assert!(connections.get::<_, i64>(0) <= POOLED as i64 + 1, "{connections:?}");
}

/// Whom PgBouncer runs as reads its configuration there.
fn make_readable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}
