//! `local`: the whole of Docent on this machine, and commands to use it.
#![expect(clippy::disallowed_methods, reason = "a developer's tool starts in the developer's environment")]

mod cli;

use clap::Parser as _;
use std::{io::IsTerminal as _, process::ExitCode};

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new("warn,s3s=off,s3s_fs=off"))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match cli::run(cli::Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
