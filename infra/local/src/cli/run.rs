//! The start-up: from nothing to an answered question.

use super::{Start, ask, drop, running, say, words::command, workspace};
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
    pin::pin,
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
    say::goes_on();
    let step = Steps(Instant::now());
    let folder = running::take(data)?;
    folder.withdraw();
    let embedder = embedder_of(data, &folder, start.embedder)?;
    let gateway = listen(start.port).await?;
    let mut stopping = Stopping::listen()?;
    let executables = tokio::select! {
        executables = prepare(embedder, &step) => executables?,
        () = stopping.asked() => return Ok(never_up()),
    };
    let mut starting = pin!(bring_up(&folder, gateway, embedder, executables, &step));
    let started = tokio::select! {
        started = &mut starting => started?,
        () = stopping.asked() => {
            say!("\nstopping, as soon as the start-up can be undone …");
            // Broken off half way it would leave Postgres behind; whoever insists gets even that.
            tokio::select! {
                started = &mut starting => started?,
                () = stopping.asked() => return Ok(never_up()),
            }
        }
    };
    if !stopping.was_asked {
        tokio::select! {
            shown = show(data, &folder, &started, &step) => shown?,
            () = stopping.asked() => {}
        }
    }
    if !stopping.was_asked {
        stopping.asked().await;
    }
    say!("\nstopping …");
    folder.withdraw();
    started.stack.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// What makes the vectors of a folder. Vectors of two embedders in one space would be compared as if they were alike, and
/// passages be lost for good.
fn embedder_of(data: &Path, folder: &Folder, asked: Option<EmbedderChoice>) -> Result<EmbedderChoice> {
    let kept = folder.embedder()?;
    if let (Some(kept), Some(asked)) = (kept, asked)
        && kept != asked
    {
        bail!(
            "the vectors in {} are made by --embedder {kept}, and {asked} would spoil them: leave the option out, choose another folder with --data, or begin anew after `{}`",
            data.display(),
            command(data, "clean")
        );
    }
    let embedder = kept.or(asked).unwrap_or(EmbedderChoice::Minilm);
    folder.note_embedder(embedder)?;
    Ok(embedder)
}

fn never_up() -> ExitCode {
    say!("\nstopped before it was up");
    ExitCode::FAILURE
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

/// What takes long, and can be broken off: downloads and the build of the functions.
async fn prepare(embedder: EmbedderChoice, step: &Steps) -> Result<BTreeMap<String, PathBuf>> {
    if own_database().is_none() {
        assets::postgres_install().await?;
    }
    if embedder == EmbedderChoice::Minilm {
        assets::model_folder().await?;
    }
    step.done(match embedder {
        EmbedderChoice::Minilm => "Postgres with pgvector and the local model are here",
        EmbedderChoice::Instant => {
            "Postgres with pgvector is here; vectors are hashed words (--embedder instant), answers poor"
        }
    });
    say!("            building the function binaries …");
    let executables = build(&workspace()?).await?;
    step.done("function binaries");
    Ok(executables)
}

async fn bring_up(
    folder: &Folder,
    gateway: TcpListener,
    embedder: EmbedderChoice,
    executables: BTreeMap<String, PathBuf>,
    step: &Steps,
) -> Result<Started> {
    let mut secrets = folder.secrets()?;
    let options = Options {
        workspace: workspace()?,
        executables,
        gateway,
        embedder,
        database_url: own_database(),
        durability: Durability::Safe,
        template_overrides: BTreeMap::new(),
    };
    let stack = Stack::start(folder, &secrets, options, &|what| step.done(what)).await?;
    let demo = demo::ensure(&stack, folder, &mut secrets).await?;
    let addresses = demo::addresses(&stack, &secrets, &demo);
    folder.publish(&addresses)?;
    step.done("ready");
    stack.look_again(&[demo.organization]).await?;
    Ok(Started { stack, demo, addresses })
}

/// The user's own Postgres, by its owner's URL.
fn own_database() -> Option<String> {
    std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty())
}

/// One line a step, with the time since the start.
struct Steps(Instant);

impl Steps {
    fn done(&self, what: &str) {
        say!("{:>8.2} s  {what}", self.0.elapsed().as_secs_f64());
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

/// The first start, or the next one after a first that was broken off, drops the samples; every start ends by answering a question.
async fn show(data: &Path, folder: &Folder, started: &Started, step: &Steps) -> Result<()> {
    let client = Client::new(&started.addresses).await?;
    if !folder.has_samples() {
        let corpus = workspace()?.join("tests").join("corpus");
        say!(
            "\nDropping the sample documents into s3://{}/{}/{}/",
            started.addresses.bucket,
            demo::ORGANIZATION,
            demo::COLLECTION
        );
        drop::drop(&client, &[corpus], demo::COLLECTION).await?;
        folder.note_samples()?;
    }
    say!("\nAsking: {}\n", demo::QUESTION);
    ask::ask(data, &client, &started.demo.chatbot, demo::QUESTION).await?;
    say!("\nUp and answered in {:.1} s.\n", step.0.elapsed().as_secs_f64());
    let addresses = &started.addresses;
    say!("  API      {0}   (OpenAPI: {0}/api/v1/openapi.json)", addresses.gateway);
    say!("  S3       {}   bucket {}", addresses.s3_endpoint, addresses.bucket);
    say!("  SQS      {}", addresses.sqs_endpoint);
    say!("  key      {}", addresses.api_key);
    say!("  chatbot  {}", addresses.chatbot_id);
    say!("  all of it, for scripts: {}\n", folder.path().join("stack.json").display());
    say!("Try, in another terminal:");
    let ask = format!("ask \"{}\"", demo::NEXT_QUESTION);
    for next in [ask.as_str(), "drop ~/Documents/some.pdf", "status"] {
        say!("  {}", command(data, next));
    }
    say!("\nCtrl-C stops everything.");
    Ok(())
}
