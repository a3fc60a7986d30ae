//! The commands.

// First: the others say what they have to say by its macros.
#[macro_use]
mod say;

mod again;
mod ask;
mod drop;
mod eval;
mod invoke;
mod organization;
mod replay;
mod run;
mod running;
mod watch;
mod words;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use local::{client::Client, stack::EmbedderChoice};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The data folder when nobody says otherwise.
const DEFAULT_DATA: &str = ".local";

/// Runs the whole of Docent on this machine: Postgres with pgvector, S3, SQS, Bedrock, Lambda and API Gateway, wired
/// from infra/template.yaml, with the binaries that deploy.
///
/// Without a command it starts the stack in the foreground, fills an empty one with sample documents, and asks a
/// question. Ctrl-C stops everything. The other commands use a stack that runs.
#[derive(Parser)]
#[command(name = "local", bin_name = "cargo run -p local --", max_term_width = 100)]
pub struct Arguments {
    /// Folder of the stack's data; two stacks beside each other need two.
    #[arg(long, global = true, value_name = "DIR", default_value = DEFAULT_DATA)]
    data: PathBuf,
    #[command(flatten)]
    start: Start,
    #[command(subcommand)]
    command: Option<Command>,
}

/// How to start.
#[derive(Args)]
pub struct Start {
    /// Port of the API; another free one when it is taken and not asked for.
    #[arg(long)]
    port: Option<u16>,
    /// What makes vectors: `minilm`, or for load work `instant`, whose answers are poor. A data folder keeps the one of its
    /// first start.
    #[arg(long, value_enum)]
    embedder: Option<EmbedderChoice>,
}

#[derive(Subcommand)]
enum Command {
    /// Drop files or folders into S3, by forms that the API signs, and wait until each is completed or failed.
    Drop {
        /// Files, or folders with all that is in them; of a folder, hidden files and folders (.name) are left out.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Collection by its slug; made at its first document.
        #[arg(long, default_value = local::demo::COLLECTION)]
        collection: String,
    },
    /// Have documents read, cut and embedded again; readers keep what they see until then.
    Reprocess {
        /// Those of this collection alone.
        #[arg(long)]
        collection: Option<String>,
        /// Those that failed alone.
        #[arg(long)]
        failed: bool,
    },
    /// Compare the bucket with the documents, as happens once a day, and process what differs.
    Reconcile,
    /// Embed a collection in one more space beside the one that serves; chatbots move by activating a config version.
    Reembed {
        /// Its slug.
        collection: String,
        /// As the provider names it.
        #[arg(long, default_value = "amazon.titan-embed-text-v2:0")]
        model: String,
        /// Length of its vectors.
        #[arg(long, default_value_t = 1024)]
        dimension: u32,
    },
    /// Send every dead letter back to the queue that gave it up.
    Redrive,
    /// Ask a question; streams the answer, then lists its sources.
    Ask {
        /// 1 to 2,000 characters.
        #[arg(required = true)]
        question: Vec<String>,
        /// Ask a chatbot that reads this collection alone: "Assistant of SLUG", made at its first use, in state testing.
        #[arg(long)]
        collection: Option<String>,
    },
    /// Search passages without an answer.
    Search {
        /// 1 to 2,000 characters.
        #[arg(required = true)]
        question: Vec<String>,
        /// In this collection alone.
        #[arg(long)]
        collection: Option<String>,
        /// Passages wanted, 1 to 50.
        #[arg(long)]
        k: Option<u32>,
    },
    /// Run a question set through the stack and print how well it was found and answered; or compare two runs.
    #[command(
        override_usage = "cargo run -p local -- eval [OPTIONS] <SET>\n       cargo run -p local -- eval --compare <A.json> <B.json>"
    )]
    Eval(eval::Evaluation),
    /// Try a config version before anybody meets it: gold and recent questions answered by the old one and the new one, side by side.
    #[command(after_help = replay::HELP)]
    Replay(replay::Replaying),
    /// Invoke a function with an event of events/; {{api_key}}, {{chatbot_id}} and {{session_id}} are filled in, and
    /// {{response_url}} with an address that is listened at: what the function PUTs there is printed.
    Invoke {
        /// ingest, chat, admin or migrate.
        function: String,
        /// The event's file.
        event: PathBuf,
    },
    /// Make an organization, or give one another data key, as an operator does by invoking functions.
    Organization {
        #[command(subcommand)]
        wish: OrganizationWish,
    },
    /// Show the stack: addresses, functions, queues, documents.
    Status,
    /// Print what was published to topics of SNS.
    Notifications,
    /// Print functions' logs.
    Logs {
        /// One function only.
        function: Option<String>,
        /// Only what belongs to one request and to all that came of it, through queues and functions: a trace (the header
        /// `x-amzn-trace-id` of an answer) or a request's id (`request_id` of a problem).
        #[arg(long, value_name = "ID")]
        trace: Option<String>,
        /// Go on as more is written.
        #[arg(short, long)]
        follow: bool,
    },
    /// Stop the stack that runs in the data folder.
    Down,
    /// Delete the data folder, database and documents included.
    Clean,
}

#[derive(Subcommand)]
enum OrganizationWish {
    /// Make one, with its first API key, which is shown here, once, and its first chatbot.
    Create {
        /// For people.
        name: String,
        /// Its part of the keys in the bucket: lower-case letters, digits and '-'; made of the name when not said.
        #[arg(long)]
        slug: Option<String>,
        /// Who runs it: invited as its first administrator.
        #[arg(long)]
        admin_email: Option<String>,
    },
    /// Give one another data key, and seal anew what the one before sealed; both serve meanwhile.
    RotateKey {
        /// Its slug.
        slug: String,
    },
}

/// Runs a command.
///
/// # Errors
/// With words for a person.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let data = arguments.data;
    match arguments.command {
        None => run::run(&data, arguments.start).await,
        Some(Command::Drop { paths, collection }) => {
            drop::drop(&client(&data).await?, &paths, &collection).await
        }
        Some(Command::Reprocess { collection, failed }) => {
            again::reprocess(&client(&data).await?, collection.as_deref(), failed).await
        }
        Some(Command::Reconcile) => again::reconcile(&client(&data).await?).await,
        Some(Command::Reembed { collection, model, dimension }) => {
            again::reembed(&client(&data).await?, &collection, &model, dimension).await
        }
        Some(Command::Redrive) => again::redrive(&client(&data).await?).await,
        Some(Command::Ask { question, collection }) => {
            let client = client(&data).await?;
            let chatbot = ask::chatbot(&client, &running::addresses(&data)?, collection.as_deref()).await?;
            ask::ask(&data, &client, &chatbot, &question.join(" ")).await
        }
        Some(Command::Search { question, collection, k }) => {
            ask::search(&client(&data).await?, &question.join(" "), collection.as_deref(), k).await
        }
        Some(Command::Eval(wanted)) => match wanted.compared() {
            Some((first, second)) => eval::compare(first, second),
            None => eval::evaluate(&client(&data).await?, &running::addresses(&data)?, &wanted).await,
        },
        Some(Command::Replay(wanted)) => {
            replay::replay(&client(&data).await?, &running::addresses(&data)?, &wanted).await
        }
        Some(Command::Invoke { function, event }) => {
            invoke::invoke(&client(&data).await?, &function, &event).await
        }
        Some(Command::Organization { wish: OrganizationWish::Create { name, slug, admin_email } }) => {
            let client = client(&data).await?;
            organization::create(&client, &name, slug.as_deref(), admin_email.as_deref()).await
        }
        Some(Command::Organization { wish: OrganizationWish::RotateKey { slug } }) => {
            organization::rotate_key(&client(&data).await?, &slug).await
        }
        Some(Command::Status) => watch::status(&data).await,
        Some(Command::Notifications) => watch::notifications(&data),
        Some(Command::Logs { function, trace, follow }) => {
            watch::logs(&data, function.as_deref(), trace.as_deref(), follow).await
        }
        Some(Command::Down) => watch::down(&data).await,
        Some(Command::Clean) => watch::clean(&data).await,
    }
}

async fn client(data: &Path) -> Result<Client> {
    Client::new(&running::addresses(data)?).await
}

/// The workspace that this program was built in.
fn workspace() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    here.canonicalize().with_context(|| format!("find the workspace at {}", here.display()))
}
