//! The whole stack, wired from `infra/template.yaml`: Postgres, S3, SQS, Bedrock, Lambda, the gateway.

mod look_again;

use crate::{
    assets, bedrock, clock,
    control::Control,
    credentials::Credentials,
    database::{self, Urls},
    event_source::{self, Mapping},
    folder::{Folder, Secrets},
    functions::{self, Program},
    gateway::Gateway,
    kms::Kms,
    minilm::{Embedder, MiniLm},
    postgres::{Durability, Postgres},
    queues::{self, Consumed},
    runtime_api::{InvokeOptions, Lambda, Outcome, Place, Served},
    s3::{self, NotificationRule},
    sns::Sns,
    sqs::{self, Sqs},
    template::{Resolver, Template},
};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Where everything pretends to be.
const REGION: &str = "us-east-1";
const ACCOUNT: &str = "000000000000";
/// The bucket's name.
pub const BUCKET: &str = "docent-local";
/// The model that writes answers here: it picks sentences.
pub const GENERATION_MODEL: &str = "local.extractive";
/// The topics that may be published to here: one an organization, by its slug.
const TOPICS: &str = "docent-*";
/// How long a custom resource may take to answer.
const CUSTOM_RESOURCE_WAIT: Duration = Duration::from_secs(120);

/// What makes vectors here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EmbedderChoice {
    /// all-MiniLM-L6-v2, for real answers.
    Minilm,
    /// Hashed words, instantly: for load work.
    Instant,
}

impl std::fmt::Display for EmbedderChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Minilm => "minilm",
            Self::Instant => "instant",
        })
    }
}

/// What to start.
pub struct Options {
    /// The workspace's folder.
    pub workspace: PathBuf,
    /// The built binaries by package.
    pub executables: BTreeMap<String, PathBuf>,
    /// The gateway's listener.
    pub gateway: TcpListener,
    /// What makes vectors.
    pub embedder: EmbedderChoice,
    /// The user's own database, by its owner's URL.
    pub database_url: Option<String>,
    /// How careful Postgres is.
    pub durability: Durability,
    /// Where links point; the gateway's own address when not said.
    pub template_overrides: BTreeMap<String, String>,
}

/// A running stack. [`Stack::stop`] ends it in order.
pub struct Stack {
    /// Where the API answers, without a slash at the end.
    pub gateway: String,
    /// The API's stage.
    pub stage: String,
    /// S3's endpoint.
    pub s3_endpoint: String,
    /// SQS's endpoint.
    pub sqs_endpoint: String,
    /// SNS's endpoint.
    pub sns_endpoint: String,
    /// Bedrock Runtime's endpoint.
    pub bedrock_endpoint: String,
    /// KMS's endpoint.
    pub kms_endpoint: String,
    /// Lambda's endpoint.
    pub lambda_endpoint: String,
    /// How the database is reached.
    pub urls: Urls,
    /// The functions.
    pub lambda: Lambda,
    /// The queues.
    pub sqs: Sqs,
    /// The bucket.
    pub s3: s3::Server,
    postgres: Option<Postgres>,
    tasks: Vec<JoinHandle<()>>,
}

/// The template's file in a workspace.
#[must_use]
pub fn template_file(workspace: &Path) -> PathBuf {
    workspace.join("infra").join("template.yaml")
}

/// The names of a template's functions, which are their packages.
///
/// # Errors
/// When the template cannot be read.
pub fn function_names(workspace: &Path) -> Result<Vec<String>> {
    let template = Template::read(&template_file(workspace))?;
    Ok(template.functions().iter().map(|function| function.name.clone()).collect())
}

impl Stack {
    /// Starts everything; the schema is up to date when this returns. `say` hears of each step. Not to be dropped half
    /// way: a Postgres that was only just spawned belongs to nobody yet, and would stay behind.
    ///
    /// # Errors
    /// When a part does not start.
    pub async fn start(
        folder: &Folder,
        secrets: &Secrets,
        options: Options,
        say: &dyn Fn(&str),
    ) -> Result<Stack> {
        let gateway =
            format!("http://{}", options.gateway.local_addr().context("read the gateway's address")?);
        let ocr = functions::on_path("tesseract")
            .map_or("none".to_owned(), |path| format!("tesseract:{}", path.display()));
        let mut overrides = BTreeMap::from(
            [
                ("EmbeddingModel", bedrock::LOCAL_EMBEDDING_MODEL),
                ("EmbeddingDimension", "384"),
                ("GenerationModel", GENERATION_MODEL),
                ("PublicUrl", &gateway),
                ("Ocr", &ocr),
                ("WebAllowPrivate", "true"),
                ("KmsKeyArn", "create"),
                ("NotificationTopics", TOPICS),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        overrides.extend(options.template_overrides.clone());
        let template = Template::read_with(&template_file(&options.workspace), &overrides)?;
        let credentials = Credentials {
            access_key_id: secrets.access_key_id.clone(),
            secret_access_key: secrets.secret_access_key.clone(),
        };

        let (postgres, urls) = start_database(folder, secrets, &options).await?;
        say("Postgres");
        let mut tasks = Vec::new();
        let (sqs_listener, sqs_endpoint) = listen().await?;
        let place =
            sqs::Place { base_url: sqs_endpoint.clone(), region: REGION.into(), account: ACCOUNT.into() };
        let sqs = Sqs::new(place, credentials.clone());
        queues::create(&template, &sqs);
        tasks.push(serve(sqs_listener, sqs.router()));

        let (bedrock_listener, bedrock_endpoint) = listen().await?;
        let embedder = match options.embedder {
            EmbedderChoice::Minilm => Embedder::MiniLm(MiniLm::load(&assets::model_folder().await?)?),
            EmbedderChoice::Instant => Embedder::Instant,
        };
        tasks.push(serve(bedrock_listener, bedrock::router(Arc::new(embedder))));

        let (s3_listener, s3_endpoint) = listen().await?;
        let s3 = start_s3(folder, &template, &sqs, credentials.clone(), s3_listener).await?;
        let (kms_listener, kms_endpoint) = listen().await?;
        let arns: Vec<String> = template.keys().iter().map(|key| key_arn(&key.logical_id)).collect();
        let kms = Kms::open(&folder.path().join("kms.json"), &arns, credentials.clone())?;
        tasks.push(serve(kms_listener, kms.router()));
        let (sns_listener, sns_endpoint) = listen().await?;
        let sns = Sns::new(folder.path(), REGION, ACCOUNT, credentials.clone());
        tasks.push(serve(sns_listener, sns.router()));
        say("S3, SQS, SNS, Bedrock, KMS");

        let resolver = resolver(&template, &sqs, &urls, secrets);
        let endpoints = [
            ("AWS_ENDPOINT_URL_S3", s3_endpoint.as_str()),
            ("AWS_ENDPOINT_URL_SQS", &sqs_endpoint),
            ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", &bedrock_endpoint),
            ("AWS_ENDPOINT_URL_KMS", &kms_endpoint),
            ("AWS_ENDPOINT_URL_SNS", &sns_endpoint),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", &credentials.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key),
        ];
        let lambda = start_lambda(folder, &template, &resolver, &options.executables, &endpoints).await?;
        let names = template.functions().iter().map(|function| function.name.clone()).collect();
        let control = Control::new(lambda.clone(), sqs.clone(), names);
        let (control_listener, lambda_endpoint) = listen().await?;
        tasks.push(serve(control_listener, control.router()));
        make_custom_resources(&template, &resolver, &lambda, &control, &lambda_endpoint).await?;
        say("migrations");

        tasks.extend(feed_functions(&template, &sqs, &lambda)?);
        let stage = template.api().map(|api| api.stage.clone()).unwrap_or_default();
        let front = Gateway::new(&template, ACCOUNT, lambda.clone())?;
        tasks.push(tokio::spawn(async move {
            if let Err(error) = front.serve(options.gateway).await {
                tracing::error!("the gateway stopped: {error:#}");
            }
        }));
        Ok(Stack {
            gateway,
            stage,
            s3_endpoint,
            sqs_endpoint,
            sns_endpoint,
            bedrock_endpoint,
            kms_endpoint,
            lambda_endpoint,
            urls,
            lambda,
            sqs,
            s3,
            postgres,
            tasks,
        })
    }

    /// Invokes a function and reads its JSON answer.
    ///
    /// # Errors
    /// When it fails.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Value> {
        invoke(&self.lambda, function, event).await
    }

    /// Ends everything: functions first, the database last.
    ///
    /// # Errors
    /// When Postgres does not stop.
    pub async fn stop(mut self) -> Result<()> {
        for task in &self.tasks {
            task.abort();
        }
        self.lambda.shut_down();
        drop(self.s3);
        match self.postgres.take() {
            Some(postgres) => postgres.stop().await,
            None => Ok(()),
        }
    }
}

/// A function's JSON answer.
async fn invoke(lambda: &Lambda, function: &str, event: &Value) -> Result<Value> {
    match lambda.invoke(function, event.to_string().into(), InvokeOptions::default()).await? {
        Outcome::Success(bytes) => {
            serde_json::from_slice(&bytes).with_context(|| format!("read the answer of {function}"))
        }
        Outcome::Error(error) => bail!("{function}: {error}"),
    }
}

async fn start_database(
    folder: &Folder,
    secrets: &Secrets,
    options: &Options,
) -> Result<(Option<Postgres>, Urls)> {
    if let Some(owner_url) = &options.database_url {
        return Ok((None, database::of_owner(owner_url, &secrets.application_password)?));
    }
    let install = assets::postgres_install().await?;
    let postgres = Postgres::start(&install, &folder.path().join("postgres"), options.durability).await?;
    let made = database::create(
        postgres.admin_url(),
        "docent",
        &secrets.owner_password,
        &secrets.application_password,
    )
    .await?;
    Ok((Some(postgres), made))
}

async fn start_s3(
    folder: &Folder,
    template: &Template,
    sqs: &Sqs,
    credentials: Credentials,
    listener: TcpListener,
) -> Result<s3::Server> {
    let bucket = template.buckets().first().context("the template has no bucket")?;
    let mut rules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for notification in &bucket.notifications {
        ensure!(
            notification.prefix.is_empty() && notification.suffix.is_empty(),
            "notifications with a prefix or suffix are not known on this machine: teach them in infra/local/src/s3"
        );
        rules.entry(notification.queue.clone()).or_default().push(notification.event.clone());
    }
    let rules = rules
        .into_iter()
        .map(|(queue, events)| NotificationRule { id: queue.clone(), events, queue })
        .collect();
    let setup = s3::Setup {
        folder: folder.path().join("s3"),
        bucket: BUCKET.into(),
        region: REGION.into(),
        credentials,
        rules,
    };
    let sqs = sqs.clone();
    s3::serve(listener, setup, move |notification| {
        queues::send(&sqs, &notification.queue, notification.body_json, notification.trace)
    })
    .await
}

/// The ARN of a key that the template makes.
fn key_arn(id: &str) -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}")
}

/// What `!Ref`, `!GetAtt` and secrets stand for here.
fn resolver(template: &Template, sqs: &Sqs, urls: &Urls, secrets: &Secrets) -> Resolver {
    let secret = template.parameter("SecretName").unwrap_or("docent").to_owned();
    let mut resolver = Resolver::new()
        .reference("AWS::Region", REGION)
        .reference("AWS::AccountId", ACCOUNT)
        .secret(&secret, "database_url", &urls.application)
        .secret(&secret, "owner_database_url", &urls.owner)
        .secret(&secret, "identity_hash_key", &secrets.identity_hash_key)
        .secret(&secret, "session_token_key", &secrets.session_token_key);
    for bucket in template.buckets() {
        resolver = resolver.reference(&bucket.logical_id, BUCKET).attribute(
            &bucket.logical_id,
            "Arn",
            format!("arn:aws:s3:::{BUCKET}"),
        );
    }
    for key in template.keys() {
        let id = &key.logical_id;
        resolver = resolver.reference(id, id).attribute(id, "Arn", key_arn(id));
    }
    for queue in template.queues() {
        let id = &queue.logical_id;
        resolver = resolver.reference(id, sqs.queue_url(id)).attribute(id, "Arn", sqs.arn(id)).attribute(
            id,
            "QueueName",
            id,
        );
    }
    for function in template.functions() {
        let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", function.name);
        resolver = resolver.reference(&function.logical_id, &function.name).attribute(
            &function.logical_id,
            "Arn",
            arn,
        );
    }
    resolver
}

async fn start_lambda(
    folder: &Folder,
    template: &Template,
    resolver: &Resolver,
    executables: &BTreeMap<String, PathBuf>,
    endpoints: &[(&str, &str)],
) -> Result<Lambda> {
    let mut programs = Vec::new();
    let mut served = Vec::new();
    for function in template.functions() {
        let executable = executables
            .get(&function.name)
            .with_context(|| format!("no binary was built for {}", function.name))?;
        let mut environment = template.environment(function, resolver)?;
        environment.extend(endpoints.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        programs.push(Program {
            name: function.name.clone(),
            executable: executable.clone(),
            memory_mb: function.memory_mb,
            environment,
        });
        served.push(Served {
            name: function.name.clone(),
            timeout: function.timeout,
            max_instances: functions::default_instances(&function.name),
        });
    }
    let launch = functions::launcher(folder.path(), programs)?;
    let place =
        Place { region: REGION.into(), account: ACCOUNT.into(), start_limit: Duration::from_secs(10) };
    Lambda::start(place, served, launch).await
}

/// Makes the template's custom resources as CloudFormation does: an event with a URL to answer to.
async fn make_custom_resources(
    template: &Template,
    resolver: &Resolver,
    lambda: &Lambda,
    control: &Control,
    endpoint: &str,
) -> Result<()> {
    for resource in template.custom_resources() {
        let function =
            template.function_by_id(&resource.function).context("find the custom resource's function")?;
        let id = uuid::Uuid::new_v4().to_string();
        let answer = control.expect_answer(&id);
        let event = json!({
            "RequestType": "Create",
            "ResponseURL": format!("{endpoint}/custom-resource/{id}"),
            "StackId": format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/docent/local"),
            "RequestId": id,
            "LogicalResourceId": resource.logical_id,
            "ResourceType": resource.kind,
            "ResourceProperties": template.properties(resource, resolver)?,
        });
        invoke(lambda, &function.name, &event).await?;
        let answer = tokio::time::timeout(CUSTOM_RESOURCE_WAIT, answer)
            .await
            .context("wait for the custom resource's answer")??;
        ensure!(
            answer.get("Status").and_then(Value::as_str) == Some("SUCCESS"),
            "{} failed: {}",
            resource.logical_id,
            answer.get("Reason").and_then(Value::as_str).unwrap_or("no reason given")
        );
    }
    Ok(())
}

fn feed_functions(template: &Template, sqs: &Sqs, lambda: &Lambda) -> Result<Vec<JoinHandle<()>>> {
    let sources = template.queue_sources().iter().map(|source| {
        let function = template.function_by_id(&source.function).context("find the queue's function")?;
        let most = functions::default_instances(&function.name);
        let mapping = Mapping {
            function: function.name.clone(),
            queue_arn: sqs.arn(&source.queue),
            region: REGION.into(),
            batch_size: source.batch_size,
            batching_window: source.batching_window,
            report: source.report,
            concurrency: source.maximum_concurrency.unwrap_or(most).min(most),
        };
        Ok(tokio::spawn(event_source::feed(mapping, Consumed::new(sqs, &source.queue), lambda.clone())))
    });
    let clocks = template.schedules().iter().map(|schedule| {
        let function = template.function_by_id(&schedule.function).context("find the clock's function")?;
        clock::start(lambda.clone(), function.name.clone(), schedule)
    });
    sources.chain(clocks).collect()
}

/// A free port of this machine and its URL.
async fn listen() -> Result<(TcpListener, String)> {
    let listener =
        TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.context("find a free port")?;
    let url = format!("http://{}", listener.local_addr().context("read the address")?);
    Ok((listener, url))
}

fn serve(listener: TcpListener, router: axum::Router) -> JoinHandle<()> {
    tokio::spawn(async move {
        use axum::serve::ListenerExt as _;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "a server stopped");
        }
    })
}
