//! The stack that has a data folder: which process it is, from its first moment on, and where it answers.

use super::words::command;
use anyhow::{Context as _, Result, bail, ensure};
use local::{
    assets,
    folder::{self, Addresses, Folder},
    postgres,
};
use rustix::process::Pid;
use std::path::Path;

/// Takes the data folder for this process.
pub fn take(data: &Path) -> Result<Folder> {
    let Some(folder) = Folder::take(data)? else {
        bail!(
            "a stack runs in {} already: stop it with `{}`, or give this one another folder with --data",
            data.display(),
            command(data, "down")
        );
    };
    Ok(folder)
}

/// The process that has the folder.
pub fn process(data: &Path) -> Result<Pid> {
    must_run(data)?;
    folder::process(data).and_then(Pid::from_raw).context("the stack does not say yet which process it is")
}

/// Where the stack answers.
pub fn addresses(data: &Path) -> Result<Addresses> {
    must_run(data)?;
    folder::addresses(data)?
        .with_context(|| format!("the stack in {} is still starting: try again in a moment", data.display()))
}

/// Stops the Postgres that a killed stack left behind; whether there was one.
pub async fn end_leftover(data: &Path) -> Result<bool> {
    let database = data.join("postgres");
    if folder::is_taken(data) || !database.exists() {
        return Ok(false);
    }
    postgres::end_leftover(&assets::postgres_install().await?, &database).await
}

fn must_run(data: &Path) -> Result<()> {
    ensure!(
        folder::is_taken(data),
        "no stack runs in {}: start one with `{}`",
        data.display(),
        command(data, "")
    );
    Ok(())
}
