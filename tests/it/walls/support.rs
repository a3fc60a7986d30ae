//! A stack of its own behind a proxy that takes walls away, and organizations with a row in every table.

use super::seeds::{NEED_NO_ROW, SEEDS};
use anyhow::Result;
use bytes::Bytes;
use domain::{ApiKey, ChatbotId, OrganizationId, Scope, SessionId};
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use identity::{Session, SessionKey, SessionKeys};
use jiff::Timestamp;
use local::{
    assets, database,
    folder::Folder,
    functions::{self, Build},
    postgres::{Durability, Postgres},
    stack::{EmbedderChoice, Options, Stack, function_names},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
};
use tests::{Issuer, issuer::AUDIENCE, repository, wire::Wire};
use tokio::{net::TcpListener, sync::OnceCell};
use tokio_postgres::Client;
use url::Url;
use uuid::Uuid;

static STARTED: OnceCell<Started> = OnceCell::const_new();

/// What lives as long as the process.
pub struct Started {
    pub stack: Stack,
    pub wire: Wire,
    /// As a superuser.
    pub admin_url: String,
    pub session_keys: SessionKeys,
    /// Whose tokens its functions believe.
    pub issuer: Issuer,
    _data: tempfile::TempDir,
    _postgres: Postgres,
}

/// The stack, in a runtime of its own: a test's runtime ends with the test.
pub async fn started() -> &'static Started {
    STARTED
        .get_or_init(|| async {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().expect("start a runtime");
                runtime.block_on(async move {
                    let _ = sender.send(start().await);
                    std::future::pending::<()>().await;
                });
            });
            receiver.await.expect("the stack's thread lives").expect("the stack starts")
        })
        .await
}

async fn start() -> Result<Started> {
    let workspace = repository::root();
    let names = function_names(&workspace)?;
    let packages: Vec<&str> = names.iter().map(String::as_str).chain(["local"]).collect();
    let own = std::env::current_exe()?;
    let profile = functions::profile_of(own.parent().unwrap_or(&own));
    let build = Build { workspace: &workspace, profile, packages: &packages };
    let executables = functions::build(build, &mut |_| {}).await?;
    let data = tempfile::Builder::new()
        .prefix("docent-walls-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()?;
    tests::server::watch(&data.path().join("postgres"), &[data.path()])?;
    // A server of its own: what a role may bypass is the whole server's.
    let install = assets::postgres_install().await?;
    let postgres = Postgres::start(&install, &data.path().join("postgres"), Durability::Throwaway).await?;
    let folder = Folder::take(data.path())?.expect("a folder of its own");
    let secrets = folder.secrets()?;
    let (owner, application) = (&secrets.owner_password, &secrets.application_password);
    let urls = database::create(postgres.admin_url(), "docent", owner, application).await?;
    let wire = Wire::before(([127, 0, 0, 1], postgres.port()).into()).await;
    let mut owner_url = Url::parse(&urls.owner)?;
    owner_url.set_port(Some(wire.address.port())).expect("a port");
    owner_url.set_host(Some("127.0.0.1"))?;
    let issuer = Issuer::start();
    let options = Options {
        workspace,
        executables,
        gateway: TcpListener::bind("127.0.0.1:0").await?,
        embedder: EmbedderChoice::Instant,
        database_url: Some(owner_url.into()),
        durability: Durability::Throwaway,
        template_overrides: BTreeMap::from([
            ("OidcIssuer".to_owned(), issuer.url.clone()),
            ("OidcAudience".to_owned(), AUDIENCE.to_owned()),
        ]),
    };
    let stack = Stack::start(&folder, &secrets, options, &|_| {}).await?;
    std::mem::forget(folder);
    let key = SessionKey::new(&secrets.session_token_key).expect("a key that is long enough");
    let admin_url = urls.admin.expect("the server is ours");
    let session_keys = SessionKeys::new(key);
    Ok(Started { stack, wire, admin_url, session_keys, issuer, _data: data, _postgres: postgres })
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

/// The stack as one test uses it.
pub struct Bench {
    pub started: &'static Started,
    pub admin: Client,
    http: HttpClient<HttpConnector, Full<Bytes>>,
    space: Uuid,
    /// Tables with a tenant, partitions left out.
    pub tables: Vec<String>,
}

impl Bench {
    pub async fn new() -> Self {
        let started = started().await;
        let admin = tests::database::connect(&started.admin_url).await;
        let space = admin.query_one("SELECT id FROM docent.embedding_spaces LIMIT 1", &[]).await;
        let space = space.expect("the migrator's space").get(0);
        let tables = admin
            .query(
                "SELECT relname::text FROM pg_class c WHERE relnamespace = 'docent'::regnamespace
                    AND relkind IN ('r', 'p') AND NOT relispartition
                    AND (relname = 'organizations' OR EXISTS (SELECT FROM pg_attribute a
                         WHERE a.attrelid = c.oid AND a.attname = 'organization_id'))
                  ORDER BY 1",
                &[],
            )
            .await
            .expect("the catalogue");
        let tables = tables.iter().map(|row| row.get(0)).collect();
        let http = HttpClient::builder(TokioExecutor::new()).build_http();
        Self { started, admin, http, space, tables }
    }

    /// What the seeds lack, said so that somebody can write it.
    pub fn lacking(&self) -> Vec<String> {
        let known: BTreeSet<&str> = SEEDS
            .iter()
            .map(|(_, table, _)| *table)
            .chain(NEED_NO_ROW.iter().map(|(table, _)| *table))
            .collect();
        let lacking = self.tables.iter().filter(|table| !known.contains(table.as_str()));
        lacking
            .map(|table| {
                format!(
                    "table docent.{table} has no row to steal: add one, (\"{table}\", \"{table}\", \"INSERT INTO \
                     docent.{table} (…) VALUES ({{{table}}}, {{org}}, '{{mark}}', …)\"), to SEEDS in tests/it/walls/seeds.rs, or say in \
                     NEED_NO_ROW there why it needs none"
                )
            })
            .collect()
    }

    /// One request.
    pub async fn send(&self, token: &str, method: &Method, path: &str, body: &str) -> Reply {
        self.send_as("application/json", token, method, path, body).await
    }

    /// One request with a body of this media type.
    pub async fn send_as(&self, media: &str, token: &str, method: &Method, path: &str, body: &str) -> Reply {
        // MCP wants both; elsewhere a stream would be another answer.
        let accept =
            if path.starts_with("/mcp") { "application/json, text/event-stream" } else { "application/json" };
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.started.stack.gateway))
            .header(header::CONTENT_TYPE, media)
            .header(header::ACCEPT, accept);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("a request");
        let response = self.http.request(request).await.expect("the gateway answers");
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("readable").to_bytes();
        Reply { status, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// An organization with a row in every table and a key that may do everything.
    pub async fn tenant(&self) -> Tenant {
        let mut ids = BTreeMap::new();
        for (name, _, _) in SEEDS.iter().filter(|(name, _, _)| !name.is_empty()) {
            ids.insert(*name, Uuid::now_v7());
        }
        let organization = OrganizationId(ids["org"]);
        let mark = format!("mark-{}", &Uuid::new_v4().simple().to_string()[..16]);
        let statements: Vec<String> = SEEDS
            .iter()
            .map(|(_, _, statement)| {
                let mut statement = statement.replace("{mark}", &mark).replace("{{}}", "{}");
                statement = statement.replace("{space}", &format!("'{}'", self.space));
                for (name, id) in &ids {
                    statement = statement.replace(&format!("{{{name}}}"), &format!("'{id}'::uuid"));
                }
                statement
            })
            .collect();
        if let Err(error) = self.admin.batch_execute(&statements.join(";\n")).await {
            panic!("a statement of tests/it/walls/seeds.rs does not work: {:?}", error.as_db_error());
        }
        let session = Session {
            organization,
            chatbot: ChatbotId(ids["chatbots"]),
            session: SessionId(ids["own_sessions"]),
            origin: None,
            expires_at: Timestamp::now().as_second() + 3600,
        };
        let session_token = self.started.session_keys.issue(&session);
        let key = self.key(organization, &Scope::ALL, Life::Good).await;
        Tenant { id: organization, mark, ids, key, session_token }
    }

    /// A key of an organization, as its bearer presents it.
    pub async fn key(&self, organization: OrganizationId, scopes: &[Scope], life: Life) -> String {
        let key = ApiKey::generate(organization);
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let (revoked, expires) = match life {
            Life::Good => ("NULL", "NULL"),
            Life::Revoked => ("now()", "NULL"),
            Life::Expired => ("NULL", "now() - interval '1 second'"),
        };
        let insert = format!(
            "INSERT INTO docent.api_keys (id, organization_id, name, hash, scopes, rate_limit_per_minute, revoked_at, expires_at)
             VALUES ($1, $2, 'key', $3, $4, 1000000, {revoked}, {expires})"
        );
        let hash = key.hash().to_vec();
        self.admin.execute(&insert, &[&key.id.0, &organization.0, &hash, &scopes]).await.expect("a key");
        key.reveal()
    }

    /// A hash of all that an organization has, a table each: nobody else changes it.
    pub async fn snapshot(&self, of: &Tenant) -> BTreeMap<String, String> {
        // Buckets and the moment of last use change when a key that is refused is looked up.
        let tables = self.tables.iter().filter(|table| *table != "rate_limits");
        let selects: Vec<String> = tables
            .map(|table| {
                format!(
                    "SELECT '{table}', md5(coalesce(string_agg(r.row, ',' ORDER BY r.row), '')) FROM (SELECT md5((to_jsonb(t) - \
                     'last_used_at')::text) AS row FROM docent.{table} t WHERE {} = '{}') r",
                    tenant_column(table),
                    of.id
                )
            })
            .collect();
        let rows = self.admin.query(&selects.join(" UNION ALL "), &[]).await.expect("readable");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Tables in which an organization has the id of somebody else's row.
    pub async fn planted(&self, of: &Tenant, victim: &Tenant) -> Vec<String> {
        let ids: Vec<String> = victim.ids.values().map(ToString::to_string).collect();
        let ids = ids.join("|");
        let selects: Vec<String> = self
            .tables
            .iter()
            .map(|table| {
                format!(
                    "SELECT '{table}: ' || to_jsonb(t)::text FROM docent.{table} t WHERE {} = '{}' AND to_jsonb(t)::text ~ '{ids}'",
                    tenant_column(table),
                    of.id
                )
            })
            .collect();
        let rows = self.admin.query(&selects.join(" UNION ALL "), &[]).await.expect("readable");
        rows.iter().map(|row| row.get(0)).collect()
    }
}

fn tenant_column(table: &str) -> &'static str {
    if table == "organizations" { "id" } else { "organization_id" }
}

/// How a key fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Good,
    Revoked,
    Expired,
}

/// An organization with something in every table.
pub struct Tenant {
    pub id: OrganizationId,
    /// Words that stand in its rows and nowhere else; its slug, and its collection's.
    pub mark: String,
    /// Ids of its seeds.
    pub ids: BTreeMap<&'static str, Uuid>,
    /// May do everything.
    pub key: String,
    /// Of the end user of the seed `own_sessions`.
    pub session_token: String,
}

impl Tenant {
    /// What stands for a name in a case.
    pub fn value(&self, name: &str) -> String {
        match name {
            "slug" | "mark" => self.mark.clone(),
            name => self.ids.get(name).map(ToString::to_string).unwrap_or_else(|| {
                panic!("no seed is called {name:?}: add it to tests/it/walls/seeds.rs, or name another one in tests/it/walls/cases.rs (PARAMETERS says which seed a path's parameter is)")
            }),
        }
    }

    /// Whether a text holds something of this organization that was not sent in the request.
    pub fn shows_in(&self, text: &str, sent: &str) -> Option<String> {
        let ids = self.ids.values().map(ToString::to_string);
        ids.chain([self.mark.clone()])
            .find(|word| text.contains(word.as_str()) && !sent.contains(word.as_str()))
    }
}

/// Names in braces, in order.
pub fn places(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split('{').skip(1) {
        let Some((name, _)) = part.split_once('}') else { continue };
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            found.push(name.to_owned());
        }
    }
    found
}

/// The text with each place in braces filled by what `value` says of its number, counted from `first`.
pub fn filled(text: &str, first: usize, value: impl Fn(usize, &str) -> String) -> String {
    let mut rest = text;
    let mut out = String::new();
    for (number, name) in places(text).iter().enumerate() {
        let braced = format!("{{{name}}}");
        let (before, after) = rest.split_once(&braced).expect("a place that was found");
        out.push_str(before);
        out.push_str(&value(first + number, name));
        rest = after;
    }
    out + rest
}
