//! The stack that has a data folder: which process it is, from its first moment on, and where it answers.

use super::words::command;
use anyhow::{Context as _, Result, bail, ensure};
use local::folder::{self, Addresses, Folder};
use rustix::process::Pid;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Takes the data folder for this process. The lock's file tells which one it is, so that `down` finds a stack that
/// is still starting.
pub fn take(data: &Path) -> Result<Folder> {
    if folder::is_taken(data) {
        bail!(
            "a stack runs in {} already: stop it with `{}`, or give this one another folder with --data",
            data.display(),
            command(data, "down")
        );
    }
    let folder = Folder::take(data)?;
    fs::write(lock_file(folder.path()), std::process::id().to_string())
        .context("write the lock's process")?;
    Ok(folder)
}

/// The process that has the folder.
pub fn process(data: &Path) -> Result<Pid> {
    must_run(data)?;
    let text = fs::read_to_string(lock_file(data)).context("read the lock's process")?;
    text.trim().parse().ok().and_then(Pid::from_raw).context("the stack does not say yet which process it is")
}

/// Where the stack answers.
pub fn addresses(data: &Path) -> Result<Addresses> {
    must_run(data)?;
    folder::addresses(data)
}

/// The file that a data folder has from its first start on.
pub fn lock_file(data: &Path) -> PathBuf {
    data.join("local.lock")
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
