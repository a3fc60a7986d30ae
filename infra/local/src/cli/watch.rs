//! Looking after a stack: status, logs, down, clean.

use super::{
    running,
    words::{command, counted, passages_done},
};
use anyhow::{Context as _, Result, bail};
use local::{client::Client, folder, functions, postgres, sns};
use rustix::process::{Signal, kill_process, test_kill_process};
use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// How long `down` waits: a stack that is starting first waits for its Postgres, which may have to recover.
const DOWN_WAIT: Duration = Duration::from_secs(90);
/// How often `logs -f` looks.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

pub async fn status(data: &Path) -> Result<ExitCode> {
    let addresses = running::addresses(data)?;
    let client = Client::new(&addresses).await?;
    say!(
        "gateway   {}\nS3        {}  bucket {}\nSQS       {}\nSNS       {}\nBedrock   {}\nLambda    {}\n",
        addresses.gateway,
        addresses.s3_endpoint,
        addresses.bucket,
        addresses.sqs_endpoint,
        addresses.sns_endpoint,
        addresses.bedrock_endpoint,
        addresses.lambda_endpoint
    );
    let state = client.status().await?;
    for (name, instances) in state["functions"].as_object().into_iter().flatten() {
        let processes = counted(instances.as_u64().unwrap_or_default(), "process", "processes");
        say!("function  {name}: {processes}");
    }
    for (name, counts) in state["queues"].as_object().into_iter().flatten() {
        say!(
            "queue     {name}: {} waiting, {} in flight, {} delayed",
            counts["visible"],
            counts["in_flight"],
            counts["delayed"]
        );
    }
    say!("");
    for document in client.statuses(&[]).await? {
        let end = match (&document.failure, document.progress) {
            (Some(failure), _) => failure.detail.clone(),
            (None, Some((done, total))) if document.status == "processing" => passages_done(done, total),
            _ => counted(document.chunk_count, "passage", "passages"),
        };
        say!("document  {}: {}: {end}", document.key, document.status);
    }
    Ok(ExitCode::SUCCESS)
}

/// What was published to topics of SNS, oldest first.
pub fn notifications(data: &Path) -> Result<ExitCode> {
    let published = sns::published(data)?;
    if published.is_empty() {
        say!("Nothing was published yet.");
    }
    for one in published {
        let topic = one.topic.rsplit(':').next().unwrap_or_default();
        say!("{}  {topic}  {}\n  {}", one.at, one.subject.unwrap_or_default(), one.message);
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn logs(
    data: &Path,
    function: Option<&str>,
    trace: Option<&str>,
    follow: bool,
) -> Result<ExitCode> {
    let wanted = trace.map(root_of);
    let mut shown = 0_u64;
    let files: Vec<PathBuf> = match function {
        Some(name) => vec![functions::log_file(data, name)],
        None => std::fs::read_dir(data.join("logs"))
            .with_context(|| format!("there are no logs in {}", data.display()))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
            .collect(),
    };
    let mut open: Vec<(String, File, u64)> = Vec::new();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let file = File::open(&path)
            .with_context(|| format!("{name} has written no log yet, or there is no such function"))?;
        open.push((name, file, 0));
    }
    let several = open.len() > 1;
    loop {
        let mut news: Vec<(String, &str, String)> = Vec::new();
        for (name, file, read) in &mut open {
            file.seek(SeekFrom::Start(*read))?;
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            // A half-written line waits for its other half.
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            *read += whole as u64;
            // What has no time of its own belongs to what stands before it.
            let mut time = String::new();
            for line in String::from_utf8_lossy(&text[..whole]).lines() {
                if let Some(own) = time_of(line) {
                    time = own;
                }
                news.push((time.clone(), name, line.to_owned()));
            }
        }
        // Stable: of one moment, a function's lines stay in their order.
        news.sort_by(|one, other| one.0.cmp(&other.0));
        for (_, name, line) in news {
            if wanted.is_some_and(|wanted| !line.contains(wanted)) {
                continue;
            }
            shown += 1;
            if several { say!("{name:<8} {line}") } else { say!("{line}") }
        }
        if !follow {
            if let (Some(trace), 0) = (trace, shown) {
                bail!(
                    "no line of the log belongs to {trace}: it is the header `x-amzn-trace-id` of an answer, or a problem's `request_id`"
                );
            }
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(FOLLOW_EVERY).await;
    }
}

/// What all headers of a trace have in common: of `Root=1-…;Parent=…` the part `1-…`.
fn root_of(trace: &str) -> &str {
    let root = trace.split(';').find_map(|part| part.trim().strip_prefix("Root="));
    root.unwrap_or(trace).trim()
}

/// The `timestamp` of a line of JSON, which sorts as text.
fn time_of(line: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    Some(line["timestamp"].as_str()?.to_owned())
}

pub async fn down(data: &Path) -> Result<ExitCode> {
    if running::end_leftover(data).await? {
        say!("the stack was killed before; the Postgres that it left behind is stopped");
        return Ok(ExitCode::SUCCESS);
    }
    let pid = running::process(data)?;
    kill_process(pid, Signal::TERM).context("tell the stack to stop")?;
    let begun = Instant::now();
    while test_kill_process(pid).is_ok() {
        if begun.elapsed() > DOWN_WAIT {
            bail!(
                "the stack (process {}) does not stop: end it with `kill -9 {0}`; the next start recovers",
                pid.as_raw_nonzero()
            );
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    say!("stopped");
    Ok(ExitCode::SUCCESS)
}

pub async fn clean(data: &Path) -> Result<ExitCode> {
    if folder::is_taken(data) {
        bail!("a stack runs in {}: stop it first with `{}`", data.display(), command(data, "down"));
    }
    if !folder::is_of_a_stack(data) {
        say!("there is nothing in {}", data.display());
        return Ok(ExitCode::SUCCESS);
    }
    running::end_leftover(data).await?;
    let database = postgres::cluster_folder(&data.join("postgres"))?;
    for folder in [database, data.to_owned()] {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("delete {}", folder.display()))?;
        }
    }
    say!("deleted {}", data.display());
    Ok(ExitCode::SUCCESS)
}
