//! The functions' binaries: built with cargo as they stand in the workspace, and started as Lambda would.
//!
//! A process gets the template's environment and what Lambda itself sets, and nothing of the user's shell, so
//! that a function cannot lean on what the cloud does not have.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures_util::FutureExt;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::runtime_api::{Launch, Start};

/// What to build.
#[derive(Debug, Clone, Copy)]
pub struct Build<'a> {
    /// The folder of the workspace's `Cargo.toml`.
    pub workspace: &'a Path,
    /// `dev`, `ci` or `release`.
    pub profile: &'a str,
    /// The packages. One fixed selection: another one unifies features differently and compiles dependencies
    /// anew.
    pub packages: &'a [&'a str],
}

/// The profile that an executable was built with, as its folder tells: `target/debug/local` is `dev`.
pub fn profile_of(executable: &Path) -> &str {
    let folder = executable.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    match folder {
        None | Some("debug" | "deps") => "dev",
        Some(profile) => profile,
    }
}

/// A program on this machine's path: functions are started without one.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Builds packages and gives the path of each executable by its name. `progress` hears what cargo says, line
/// by line.
///
/// # Errors
/// When cargo cannot be run or the build fails; the error then holds the end of what cargo said.
pub async fn build(
    build: Build<'_>,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<BTreeMap<String, PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.args(["build", "--message-format=json-render-diagnostics", "--profile", build.profile]);
    for package in build.packages {
        command.args(["-p", package]);
    }
    // `cargo run` describes its own package in the environment; build scripts that look there would run
    // again.
    for (name, _) in std::env::vars_os() {
        let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if name.to_str().is_some_and(|name| own.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command.current_dir(build.workspace).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().with_context(|| format!("run {}", cargo.display()))?;
    let messages = child.stdout.take().context("read cargo's messages")?;
    let said = child.stderr.take().context("read what cargo says")?;

    let mut messages = BufReader::new(messages).lines();
    let (mut said, mut log) = (BufReader::new(said).lines(), Vec::new());
    let mut executables = BTreeMap::new();
    let (mut more_messages, mut more_said) = (true, true);
    while more_messages || more_said {
        tokio::select! {
            line = messages.next_line(), if more_messages => match line.context("read cargo's messages")? {
                Some(line) => executables.extend(executable_in(&line)),
                None => more_messages = false,
            },
            line = said.next_line(), if more_said => match line.context("read what cargo says")? {
                Some(line) => {
                    progress(&line);
                    log.push(line);
                }
                None => more_said = false,
            },
        }
    }
    let status = child.wait().await.context("wait for cargo")?;
    if !status.success() {
        let end = log.len().saturating_sub(60);
        bail!("cargo build failed ({status}):\n{}", log[end..].join("\n"));
    }
    Ok(executables)
}

/// The executable that a message of cargo announces.
fn executable_in(message: &str) -> Option<(String, PathBuf)> {
    #[derive(Deserialize)]
    struct Message {
        target: Target,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let message: Message = serde_json::from_str(message).ok()?;
    Some((message.target.name, message.executable?))
}

/// A function ready to be started.
#[derive(Clone)]
pub struct Program {
    /// The package's name, such as `chat`.
    pub name: String,
    /// The binary.
    pub executable: PathBuf,
    /// MB that it is told it has.
    pub memory_mb: u32,
    /// The template's environment, resolved, and the endpoints of this machine. It holds secrets.
    pub environment: BTreeMap<String, String>,
}

/// How many processes a function may have here, where the cloud has no such bound.
pub fn default_instances(function: &str) -> usize {
    match function {
        "chat" => 4,
        "ingest" | "admin" | "aggregate" | "feedback" => 2,
        _ => 1,
    }
}

/// Where a function's output goes: `<data>/logs/<function>.log`.
pub fn log_file(data: &Path, function: &str) -> PathBuf {
    data.join("logs").join(format!("{function}.log"))
}

/// Starts programs for Lambda. Logs and the functions' temporary files live below the data folder.
///
/// # Errors
/// When the folders cannot be made.
pub fn launcher(data: &Path, programs: Vec<Program>) -> Result<Launch> {
    let scratch = data.join("tmp");
    std::fs::create_dir_all(data.join("logs")).context("make the folder for logs")?;
    std::fs::create_dir_all(&scratch).context("make the folder for temporary files")?;
    // A relative path would mean something else in the process's own folder.
    let scratch = scratch.canonicalize().context("find the folder for temporary files")?;
    let (data, programs) = (data.to_owned(), by_name(programs));
    Ok(Arc::new(move |start: &Start| {
        let function = &start.function;
        let program =
            programs.get(function).with_context(|| format!("no program was built for {function}"))?;
        let log = log_file(&data, function);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&log);
        let log = log.with_context(|| format!("open the log of {function}"))?;
        let errors = log.try_clone().with_context(|| format!("open the log of {function}"))?;
        let mut command = Command::new(&program.executable);
        command.env_clear().envs(environment(program, start, &scratch)).current_dir(&scratch);
        command.stdin(Stdio::null()).stdout(log).stderr(errors).kill_on_drop(true);
        // A group of its own: Ctrl-C in the terminal is for `local` alone, and ending the group ends the
        // function's own children as well.
        command.process_group(0);
        let mut child = command.spawn().with_context(|| format!("start {}", program.executable.display()))?;
        let group = Group::of(&child);
        let exited = async move {
            let _group = group;
            match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => format!("cannot wait for the process: {error}"),
            }
        };
        Ok(exited.boxed())
    }))
}

fn by_name(programs: Vec<Program>) -> BTreeMap<String, Program> {
    programs.into_iter().map(|program| (program.name.clone(), program)).collect()
}

/// What Lambda sets, then what the template says.
fn environment(program: &Program, start: &Start, scratch: &Path) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    // Certificates are where this machine keeps them; the rest of the user's shell stays outside.
    for name in ["PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "RUST_BACKTRACE"] {
        if let Ok(value) = std::env::var(name) {
            environment.insert(name.to_owned(), value);
        }
    }
    let scratch = scratch.display().to_string();
    let own = [
        ("AWS_LAMBDA_FUNCTION_NAME", program.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", program.memory_mb.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/docent/{}", program.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local".to_owned()),
        ("AWS_LAMBDA_RUNTIME_API", start.runtime_api.clone()),
        ("_HANDLER", "bootstrap".to_owned()),
        ("TZ", ":UTC".to_owned()),
        // The SDK must not find the user's own account: neither in a home folder nor at an instance's
        // address.
        ("HOME", scratch.clone()),
        ("TMPDIR", scratch),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ];
    environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
    environment.extend(program.environment.clone());
    environment
}

/// A process with all its children; ended when dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &tokio::process::Child) -> Group {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Group(id.and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // There may be nobody left in it, which is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests;
