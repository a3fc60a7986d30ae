//! The start-up: from nothing to an answered question.

use super::{Start, ask, drop, workspace};
use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use local::{
    assets,
    client::Client,
    demo,
    folder::{self, Folder},
    functions::{self, Build},
    postgres::Durability,
    stack::{self, EmbedderChoice, Options, Stack},
};
use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Where the API answers when nobody says otherwise.
const PORT: u16 = 8787;

pub async fn run(data: &Path, start: Start) -> Result<ExitCode> {
    let begun = Instant::now();
    let folder = Folder::take(data)?;
    folder.withdraw();
    let mut stopping = Stopping::listen()?;
    let started = tokio::select! {
        started = bring_up(&folder, &start, begun) => started?,
        () = stopping.asked() => {
            println!("\nstopped before it was up");
            return Ok(ExitCode::FAILURE);
        }
    };
    tokio::select! {
        shown = show(&folder, &started, begun) => shown?,
        () = stopping.asked() => {}
    }
    if !stopping.was_asked {
        stopping.asked().await;
    }
    println!("\nstopping …");
    folder.withdraw();
    started.stack.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, or `down`.
struct Stopping {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    was_asked: bool,
}

impl Stopping {
    fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("listen for Ctrl-C")?,
            terminate: signal(SignalKind::terminate()).context("listen for the end")?,
            was_asked: false,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        self.was_asked = true;
    }
}

struct Started {
    stack: Stack,
    demo: demo::Demo,
    addresses: folder::Addresses,
}

async fn bring_up(folder: &Folder, start: &Start, begun: Instant) -> Result<Started> {
    let step = Steps::new(begun);
    let workspace = workspace()?;
    let own_database = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
    if own_database.is_none() {
        assets::postgres_install().await?;
    }
    if start.embedder == EmbedderChoice::Minilm {
        assets::model_folder().await?;
    }
    step.done("Postgres with pgvector and the local model are here");
    println!("            building the function binaries …");
    let executables = build(&workspace).await?;
    step.done("function binaries");
    let mut secrets = folder.secrets()?;
    let options = Options {
        workspace,
        executables,
        gateway: listen(start.port).await?,
        embedder: start.embedder,
        database_url: own_database,
        durability: Durability::Safe,
        template_overrides: BTreeMap::new(),
    };
    let stack = Stack::start(folder, &secrets, options, &|what| step.done(what)).await?;
    let demo = demo::ensure(&stack, folder, &mut secrets).await?;
    let addresses = demo::addresses(&stack, &secrets, &demo);
    folder.publish(&addresses)?;
    step.done("ready");
    let looked = stack.look_again(&[demo.organization]).await?;
    if looked > 0 {
        println!("  {looked} documents changed while the stack was down: they are looked at again");
    }
    Ok(Started { stack, demo, addresses })
}

/// One line a step, with the time since the start.
struct Steps(Instant);

impl Steps {
    fn new(begun: Instant) -> Self {
        Self(begun)
    }

    fn done(&self, what: &str) {
        println!("{:>8.2} s  {what}", self.0.elapsed().as_secs_f64());
    }
}

async fn listen(port: Option<u16>) -> Result<TcpListener> {
    match TcpListener::bind(("127.0.0.1", port.unwrap_or(PORT))).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse && port.is_none() => {
            TcpListener::bind(("127.0.0.1", 0)).await.context("find a free port")
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {} is taken: give another one with --port", port.unwrap_or(PORT))
        }
        listener => listener.context("listen for the API"),
    }
}

/// Builds the functions as this program was built.
async fn build(workspace: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let own = std::env::current_exe().context("find own program")?;
    let names = stack::function_names(workspace)?;
    let mut packages: Vec<&str> = names.iter().map(String::as_str).collect();
    packages.push("local");
    let spinner = ProgressBar::new_spinner()
        .with_style(ProgressStyle::with_template("{elapsed:>8}  {spinner} {wide_msg}")?);
    spinner.enable_steady_tick(Duration::from_millis(120));
    let build = Build { workspace, profile: functions::profile_of(&own), packages: &packages };
    let built = functions::build(build, &mut |line| spinner.set_message(line.trim().to_owned())).await;
    spinner.finish_and_clear();
    built
}

/// The first start drops the samples; every start ends by answering a question.
async fn show(folder: &Folder, started: &Started, begun: Instant) -> Result<()> {
    let client = Client::new(&started.addresses).await?;
    if started.demo.is_new {
        let corpus = workspace()?.join("tests").join("corpus");
        println!(
            "\nDropping the sample documents into s3://{}/{}/{}/",
            started.addresses.bucket,
            demo::ORGANIZATION,
            demo::COLLECTION
        );
        drop::drop(&client, &[corpus], demo::COLLECTION).await?;
    }
    println!("\nAsking: {}\n", demo::QUESTION);
    ask::ask(&client, &started.demo.chatbot, demo::QUESTION).await?;
    println!("\nUp and answered in {:.1} s.\n", begun.elapsed().as_secs_f64());
    let Addresses { gateway, s3, sqs, key } = Addresses::of(started);
    println!("  API      {gateway}   (OpenAPI: {gateway}/api/v1/openapi.json)");
    println!("  S3       {s3}   bucket {}", started.addresses.bucket);
    println!("  SQS      {sqs}");
    println!("  key      {key}");
    println!("  all of it, for scripts: {}\n", folder.path().join("stack.json").display());
    println!("Try, in another terminal:");
    println!("  cargo run -p local -- ask \"How long is the warranty of the F-6 filter?\"");
    println!("  cargo run -p local -- drop ~/Documents/some.pdf");
    println!("  cargo run -p local -- status\n");
    println!("Ctrl-C stops everything.");
    Ok(())
}

struct Addresses<'a> {
    gateway: &'a str,
    s3: &'a str,
    sqs: &'a str,
    key: &'a str,
}

impl<'a> Addresses<'a> {
    fn of(started: &'a Started) -> Self {
        let a = &started.addresses;
        Self { gateway: &a.gateway, s3: &a.s3_endpoint, sqs: &a.sqs_endpoint, key: &a.api_key }
    }
}
