//! The write path alone: real Postgres, S3 and Bedrock servers behind proxies that break on demand, and the product's
//! own `Ingestion` between them, made anew as often as a function would be.

use crate::{
    Organization, TestDatabase, database,
    database::{DIMENSION, MODEL},
    faults, repository,
};
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_s3::config::Credentials as AwsCredentials;
use aws_smithy_http_client::Builder;
use domain::IngestionJobId;
use ingestion::{Ingestion, Outcome, TRIES, extract::Extractor, unit::Clock};
use local::{
    bedrock,
    credentials::Credentials,
    functions::{self, Build},
    minilm::Embedder,
    s3,
    stack::function_names,
};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::OnceCell};
use url::Url;

const BUCKET: &str = "documents";
const GENERATION_MODEL: &str = "local.extractive";

/// A write path of a test's own.
pub struct Pipeline {
    /// Its database.
    pub database: TestDatabase,
    /// A tenant.
    pub organization: Organization,
    /// Between ingestion and Postgres.
    pub postgres: faults::Postgres,
    /// Between ingestion and S3.
    pub s3: faults::Http,
    /// Between ingestion and Bedrock.
    pub bedrock: faults::Http,
    bucket: objects::Bucket,
    credentials: Credentials,
    extractor: Arc<Extractor>,
    _server: s3::Server,
    _folder: tempfile::TempDir,
}

impl Pipeline {
    /// Starts its servers. Vectors are hashed words: what is tested is not how good they are.
    ///
    /// # Panics
    /// When something does not start.
    pub async fn start() -> Self {
        let database = database().await;
        let organization = Organization::create(&database, "acme").await;
        let folder = tempfile::tempdir().expect("make a folder");
        let credentials = Credentials::random();
        let (address, listener) = listen().await;
        let setup = s3::Setup {
            folder: folder.path().join("s3"),
            bucket: BUCKET.into(),
            region: "us-east-1".into(),
            credentials: credentials.clone(),
            rules: Vec::new(),
        };
        let server = s3::serve(listener, setup, |_| {}).await.expect("start S3");
        let s3 = faults::Http::before(address).await;
        // What the test itself puts and deletes does not break.
        let bucket = objects::Bucket::new(&aws(address, &credentials), BUCKET);
        let (address, listener) = listen().await;
        tokio::spawn(async move {
            let _ = axum::serve(listener, bedrock::router(Arc::new(Embedder::Instant))).await;
        });
        let bedrock = faults::Http::before(address).await;
        let url = Url::parse(&database.application_url).expect("a URL");
        let address = format!("{}:{}", url.host_str().unwrap_or("127.0.0.1"), url.port().unwrap_or(5432));
        let postgres = faults::Postgres::before(address.parse().expect("an address")).await;
        let extractor = Arc::new(Extractor::of(ingest_program().await.clone()));
        Self {
            database,
            organization,
            postgres,
            s3,
            bedrock,
            bucket,
            credentials,
            extractor,
            _server: server,
            _folder: folder,
        }
    }

    /// A function that has just started: new connections, nothing remembered.
    ///
    /// # Panics
    /// When the database's URL cannot be read.
    #[must_use]
    pub fn function(&self) -> Ingestion {
        Ingestion {
            database: store::Database::new(self.function_url().as_str()).expect("a URL"),
            bucket: objects::Bucket::new(&aws(self.s3.address, &self.credentials), BUCKET),
            embedder: models::Embedder::new(&aws(self.bedrock.address, &self.credentials)),
            generator: models::Generator::new(&aws(self.bedrock.address, &self.credentials)),
            header_model: GENERATION_MODEL.into(),
            extractor: Arc::clone(&self.extractor),
            ocr: ingestion::ocr::Ocr::None,
            web: pages::Policy { allow_private: true },
            embedding_model: MODEL.into(),
            embedding_dimension: DIMENSION,
            bell: queue::Bell::default(),
        }
    }

    /// The environment of the binary that deploys, between the same proxies. Its queues answer nobody.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let function_url = self.function_url().to_string();
        vec![
            ("DATABASE_URL", function_url),
            ("BUCKET", BUCKET.into()),
            ("EVENTS_QUEUE_URL", format!("http://{}/none", self.bedrock.address)),
            ("WORK_QUEUE_URL", format!("http://{}/none", self.bedrock.address)),
            ("ACTIVITY_QUEUE_URL", format!("http://{}/none", self.bedrock.address)),
            ("EMBEDDING_MODEL", MODEL.into()),
            ("GENERATION_MODEL", GENERATION_MODEL.into()),
            ("EMBEDDING_DIMENSION", DIMENSION.to_string()),
            ("AWS_ENDPOINT_URL_S3", format!("http://{}", self.s3.address)),
            ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", format!("http://{}", self.bedrock.address)),
            ("AWS_ENDPOINT_URL_SQS", format!("http://{}", self.bedrock.address)),
            ("OCR", "none".into()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ACCESS_KEY_ID", self.credentials.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.credentials.secret_access_key.clone()),
            ("AWS_LAMBDA_FUNCTION_NAME", "ingest".into()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1".into()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769".into()),
        ]
    }

    fn function_url(&self) -> Url {
        let mut url = Url::parse(&self.database.application_url).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.postgres.address.port())).expect("a port");
        url
    }

    /// Puts a document into the bucket; its key.
    ///
    /// # Panics
    /// When S3 refuses.
    pub async fn put(&self, path: &str, bytes: &[u8]) -> String {
        self.put_with(path, bytes, &[]).await
    }

    /// The same with metadata.
    ///
    /// # Panics
    /// When S3 refuses.
    pub async fn put_with(&self, path: &str, bytes: &[u8], metadata: &[(&str, &str)]) -> String {
        let key = format!("{}/{path}", self.organization.slug);
        let metadata =
            metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let upload =
            objects::Upload { content_type: "application/octet-stream", metadata, bytes: bytes.to_vec() };
        self.bucket.put(&key, upload).await.expect("put an object");
        key
    }

    /// Deletes an object.
    ///
    /// # Panics
    /// When S3 refuses.
    pub async fn delete(&self, key: &str) {
        self.bucket.delete(key).await.expect("delete an object");
    }

    /// What the bucket holds below a prefix.
    ///
    /// # Panics
    /// When S3 refuses.
    pub async fn objects(&self, prefix: &str) -> Vec<String> {
        self.listed(prefix).await.into_iter().map(|object| object.key).collect()
    }

    /// The same with what a list says of each.
    ///
    /// # Panics
    /// When S3 refuses.
    pub async fn listed(&self, prefix: &str) -> Vec<objects::Listed> {
        self.bucket.list(prefix, None).await.expect("list the bucket")
    }

    /// Delivers a message about a key until its queue would be empty, as SQS does: again after an error, a new one
    /// for what continues. Each delivery meets a new function.
    ///
    /// # Panics
    /// When the message would end in the dead letters.
    pub async fn deliver(&self, key: &str, clock: impl Fn() -> Clock) -> Outcome {
        self.deliver_from(key, 1, clock).await
    }

    /// The same for a message that was delivered before.
    ///
    /// # Panics
    /// When the message would end in the dead letters.
    pub async fn deliver_from(&self, key: &str, first: u32, clock: impl Fn() -> Clock) -> Outcome {
        let mut delivery = first;
        loop {
            match self.function().look_at(key, delivery, clock()).await {
                Ok(Outcome::Continues { .. }) => delivery = 1,
                Ok(outcome) => return outcome,
                Err(error) => {
                    delivery += 1;
                    assert!(delivery <= TRIES, "{key} would end in the dead letters: {error:#}");
                }
            }
        }
    }

    /// Compares the bucket with the database and looks at all that differs.
    ///
    /// # Panics
    /// When something refuses.
    pub async fn reconcile(&self) -> serde_json::Value {
        let (mut after, mut job): (Option<String>, Option<IngestionJobId>) = (None, None);
        loop {
            let slug = self.organization.slug.clone();
            let function = self.function();
            let compared = function.compare(&slug, after, job.map(|job| job.0), Clock::start()).await;
            let compared = compared.expect("compare").expect("an organization");
            for key in compared.keys {
                self.deliver(&key, Clock::start).await;
            }
            if compared.next.is_none() {
                return compared.report;
            }
            (after, job) = (compared.next, Some(compared.job));
        }
    }
}

/// The binary that deploys, which is also what reads files; `DOCENT_INGEST` names another build of it.
pub async fn ingest_program() -> &'static PathBuf {
    static PROGRAM: OnceCell<PathBuf> = OnceCell::const_new();
    PROGRAM
        .get_or_init(|| async {
            if let Some(other) = crate::setting("DOCENT_INGEST") {
                return PathBuf::from(other);
            }
            let workspace = repository::root();
            let names = function_names(&workspace).expect("read the template");
            let packages: Vec<&str> = names.iter().map(String::as_str).chain(["local"]).collect();
            let own = std::env::current_exe().expect("find own program");
            let profile = functions::profile_of(own.parent().expect("a folder"));
            let build = Build { workspace: &workspace, profile, packages: &packages };
            let built = functions::build(build, &mut |_| {}).await.expect("build the functions");
            built["ingest"].clone()
        })
        .await
}

fn aws(address: SocketAddr, credentials: &Credentials) -> SdkConfig {
    // No TLS: reading the machine's root certificates for each new function would be most of a test's time.
    let http = Builder::new().build_http();
    let own = AwsCredentials::new(
        credentials.access_key_id.clone(),
        credentials.secret_access_key.clone(),
        None,
        None,
        "test",
    );
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(own))
        .endpoint_url(format!("http://{address}"))
        .http_client(http)
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
            aws_smithy_async::rt::sleep::TokioSleep::new(),
        ))
        // One retry, and at once: a test has many faults to go through.
        .retry_config(
            RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(1)),
        )
        .build()
}

async fn listen() -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("find a free port");
    (listener.local_addr().expect("a bound address"), listener)
}
