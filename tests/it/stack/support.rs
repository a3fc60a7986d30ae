//! The stack that the tests share, and words to use it.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use local::{
    client::{Client, Template},
    demo,
    folder::{Addresses, Folder},
    functions::{self, Build},
    postgres::Durability,
    stack::{EmbedderChoice, GENERATION_MODEL, Options, Stack, function_names},
};
use serde_json::Value;
use std::{
    collections::BTreeMap, fs::Permissions, os::unix::fs::PermissionsExt as _, path::Path, time::Duration,
};
use store::documents::Status;
use tests::{Aside, Issuer, aside, issuer::AUDIENCE, repository};
use tokio::{net::TcpListener, sync::OnceCell, time::timeout};

/// How long a document may take in a test: the machine is busy with others.
const PATIENCE: Duration = Duration::from_secs(120);

static SHARED: OnceCell<Shared> = OnceCell::const_new();

/// A running stack with its demo organization.
pub struct Shared {
    pub addresses: Addresses,
    pub stage: String,
    pub stack: Stack,
    /// Whose tokens its functions believe.
    pub issuer: Issuer,
    /// Whom its functions ask on the side.
    pub aside: Aside,
    /// The program `local`, as it was built with the functions.
    pub program: std::path::PathBuf,
    data: tempfile::TempDir,
}

/// The shared stack, started by the first test that wants it. Its servers live in a runtime of their own, since
/// every test's runtime ends with the test.
pub async fn stack() -> &'static Shared {
    SHARED
        .get_or_init(|| async {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().expect("start a runtime");
                runtime.block_on(async move {
                    let started = start().await;
                    let _ = sender.send(started);
                    std::future::pending::<()>().await;
                });
            });
            receiver.await.expect("the stack's thread lives").expect("the stack starts")
        })
        .await
}

async fn start() -> Result<Shared> {
    let workspace = repository::root();
    let names = function_names(&workspace)?;
    let mut packages: Vec<&str> = names.iter().map(String::as_str).collect();
    packages.push("local");
    let own = std::env::current_exe()?;
    // target/{profile}/deps/it-…: the profile is the folder above.
    let profile = functions::profile_of(own.parent().context("find the test's folder")?);
    let executables =
        functions::build(Build { workspace: &workspace, profile, packages: &packages }, &mut |_| {}).await?;
    // Traversable, since Postgres does not run as root.
    let data = tempfile::Builder::new()
        .prefix("docent-stack-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()?;
    tests::server::watch(&data.path().join("postgres"), &[data.path()])?;
    let folder = Folder::take(data.path())?.context("take a folder of its own")?;
    let mut secrets = folder.secrets()?;
    let (issuer, aside) = (Issuer::start(), Aside::start());
    let options = Options {
        workspace,
        executables,
        gateway: TcpListener::bind("127.0.0.1:0").await?,
        embedder: EmbedderChoice::Minilm,
        database_url: None,
        durability: Durability::Throwaway,
        template_overrides: BTreeMap::from([
            ("OidcIssuer".to_owned(), issuer.url.clone()),
            ("OidcAudience".to_owned(), AUDIENCE.to_owned()),
            ("OpenAiBaseUrl".to_owned(), aside.base_url.clone()),
            ("AnalysisModel".to_owned(), aside::MODEL.to_owned()),
        ]),
    };
    let program = options.executables["local"].clone();
    let stack = Stack::start(&folder, &secrets, options, &|_| {}).await?;
    let demo = demo::ensure(&stack, &folder, &mut secrets).await?;
    let addresses = demo::addresses(&stack, &secrets, &demo);
    folder.publish(&addresses)?;
    std::mem::forget(folder);
    Ok(Shared { stage: stack.stage.clone(), addresses, stack, issuer, aside, data, program })
}

impl Shared {
    /// A client with the demo's key, of this test's own runtime.
    pub async fn client(&self) -> Client {
        Client::new(&self.addresses).await.expect("the stack answers")
    }

    /// The stack's data folder.
    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    /// A log of a function so far.
    pub fn log(&self, function: &str) -> String {
        std::fs::read_to_string(functions::log_file(self.data.path(), function)).unwrap_or_default()
    }

    /// Makes another organization as an operator would; what `migrate` prints.
    pub async fn organization(&self, slug: &str) -> Value {
        let wish = serde_json::json!({ "action": "create_organization", "name": slug, "slug": slug });
        self.stack.invoke("migrate", &wish).await.expect("an organization is made")
    }

    /// Puts bytes under a key and waits for the document's end.
    pub async fn drop_bytes(&self, key: &str, bytes: Vec<u8>) -> Status {
        self.put(key, bytes).await;
        self.settled(key).await
    }

    /// Puts bytes under a key.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) {
        let s3 = local::client::s3(&self.addresses);
        s3.put_object()
            .bucket(&self.addresses.bucket)
            .key(key)
            .body(bytes.into())
            .send()
            .await
            .expect("S3 takes it");
    }

    /// Deletes a key.
    pub async fn delete(&self, key: &str) {
        let s3 = local::client::s3(&self.addresses);
        s3.delete_object().bucket(&self.addresses.bucket).key(key).send().await.expect("S3 deletes it");
    }

    /// A document's end.
    pub async fn settled(&self, key: &str) -> Status {
        let client = self.client().await;
        let keys = BTreeMap::from([(key.to_owned(), String::new())]);
        let statuses = timeout(PATIENCE, client.settle(&keys, |_| {})).await;
        statuses
            .unwrap_or_else(|_| panic!("{key} does not end: {}", self.log("ingest")))
            .expect("readable")
            .remove(0)
    }

    /// Waits until both queues of documents are empty. That of activity never is for long while tests do something.
    pub async fn queues_empty(&self) {
        let quiet = async {
            while ["EventsQueue", "WorkQueue"].iter().any(|name| self.stack.sqs.counts(name).total() > 0) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, quiet).await.expect("the queues empty");
    }

    /// The chatbot that reads one collection.
    pub async fn chatbot_of(&self, collection: &str) -> String {
        let like = Template {
            embedding_model: local::bedrock::LOCAL_EMBEDDING_MODEL,
            embedding_dimension: local::minilm::DIMENSION,
            generation_model: GENERATION_MODEL,
        };
        self.client().await.chatbot_of(collection, &like).await.expect("a chatbot is made").to_string()
    }

    /// One request with a key; status and JSON.
    pub async fn call(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> (StatusCode, Value) {
        let response = self.raw(key, method, path, body.into(), "application/json").await;
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("readable").to_bytes();
        (
            status,
            serde_json::from_slice(&bytes)
                .unwrap_or(Value::String(String::from_utf8_lossy(&bytes).into_owned())),
        )
    }

    /// One request with these headers; status and JSON.
    pub async fn call_with(
        &self,
        headers: &[(&str, &str)],
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> (StatusCode, Value) {
        let http: HttpClient<HttpConnector, Full<Bytes>> =
            HttpClient::builder(TokioExecutor::new()).build_http();
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.addresses.gateway));
        if headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let response = http.request(request).await.expect("the gateway answers");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("readable").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// One request with a key, whose answer must have this status; its JSON.
    pub async fn sent(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: &Value,
        expected: StatusCode,
    ) -> Value {
        let sent = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.call(key, method.clone(), path, sent).await;
        assert_eq!(status, expected, "{method} {path} {body}: {answer}");
        answer
    }

    /// One request with a key; the response as it is.
    pub async fn raw(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Bytes,
        accept: &str,
    ) -> http::Response<hyper::body::Incoming> {
        let http: HttpClient<HttpConnector, Full<Bytes>> =
            HttpClient::builder(TokioExecutor::new()).build_http();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.addresses.gateway))
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, accept)
            .body(Full::new(body))
            .expect("a request");
        http.request(request).await.expect("the gateway answers")
    }

    /// One request with a key and one more header; status, headers and body.
    pub async fn with_header(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: &str,
        (name, value): (&str, &str),
    ) -> (StatusCode, http::HeaderMap, String) {
        let http: HttpClient<HttpConnector, Full<Bytes>> =
            HttpClient::builder(TokioExecutor::new()).build_http();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.addresses.gateway))
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(name, value)
            .body(Full::new(body.to_owned().into()))
            .expect("a request");
        let response = http.request(request).await.expect("the gateway answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.expect("readable").to_bytes();
        (status, headers, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Opens a session with the demo's key.
    pub async fn session(&self, chatbot: &str) -> String {
        let path = format!("/api/v1/chatbots/{chatbot}/sessions");
        let (status, session) = self.call(&self.addresses.api_key, Method::POST, &path, "{}").await;
        assert_eq!(status, StatusCode::CREATED, "{session}");
        session["id"].as_str().expect("an id").to_owned()
    }

    /// Asks with the demo's key; the whole answer.
    pub async fn ask(&self, session: &str, question: &str) -> Value {
        let path = format!("/api/v1/sessions/{session}/messages");
        let body = serde_json::json!({ "message": question }).to_string();
        let (status, answer) = self.call(&self.addresses.api_key, Method::POST, &path, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }
}

/// A file of tests/bad or tests/corpus.
pub fn file(folder: &str, name: &str) -> Vec<u8> {
    let path = repository::root().join("tests").join(folder).join(name);
    std::fs::read(Path::new(&path)).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}
